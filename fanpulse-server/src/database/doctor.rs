//! `fanpulse doctor`: what is wrong, and the command that mends it.

use fanpulse_store::{ErrorKind, Finding, Keyring};

use super::args::DoctorArgs;
use super::keys::{Source, source};
use super::{existing, print, wait};
use crate::error::{Failure, Result};

pub(crate) fn doctor(args: &DoctorArgs) -> Result<()> {
    let findings = wait(async {
        let mut findings = Vec::new();
        let keys = match source(&args.keys, &args.database.url) {
            Ok(Source::Given(keys)) => Ok(Some(keys)),
            Ok(Source::File(path)) => match Keyring::from_file(&path) {
                // It is made when the first secret is.
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
                keys => keys.map(Some),
            },
            Ok(Source::Unknown) => Ok(None),
            Err(e) => Err(e),
        };
        let keys = keys.unwrap_or_else(|e| {
            findings.push(finding("keys", e.message(), "put the right keys there"));
            None
        });
        match existing(&args.database.url).await {
            Ok(store) => {
                let store = match keys {
                    Some(keys) => store.with_keys(keys),
                    None => store,
                };
                findings.extend(store.examine().await?);
                store.close().await;
            }
            Err(e) => findings.push(finding("database", e.message(), remedy(e.kind()))),
        }
        // An empty variable is one that was taken back.
        if let Some(url) = args.redis.as_deref().filter(|url| !url.is_empty()) {
            findings.push(fanpulse_store::examine_redis(url).await);
        }
        Ok(findings)
    })?;
    let mut lines = Vec::new();
    for Finding { what, problem, remedy } in &findings {
        match problem {
            None => lines.push(format!("ok   {what}")),
            Some(problem) => {
                // Other commands send the reader here.
                let problem = problem.replace("; `fanpulse doctor` says what to do", "");
                lines.push(format!("BAD  {what}: {problem}"));
                lines.extend(remedy.map(|remedy| format!("     to do: {remedy}")));
            }
        }
    }
    print(&lines)?;
    match findings.iter().filter(|f| f.problem.is_some()).count() {
        0 => Ok(()),
        n => Err(Failure::failed(format!("{n} of {} checks failed", findings.len()))),
    }
}

fn finding(what: &'static str, problem: &str, remedy: &'static str) -> Finding {
    Finding { what, problem: Some(problem.to_owned()), remedy: Some(remedy) }
}

const fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "make it, or name the one you mean",
        ErrorKind::Unavailable => "see that it is there, runs, and may be read and written by this user",
        ErrorKind::Internal => "if it was FanPulse's, keep a copy of it and restore the last backup: fanpulse restore BACKUP --force",
        _ => "name another database by --database or DATABASE_URL",
    }
}
