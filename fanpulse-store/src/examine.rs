//! Looking a database over: what is wrong, and what to do about it.

use crate::fan_events::examine_fan_events;
use crate::observations::{examine_blocks, examine_summaries};
use crate::sql::{Dialect, args};
use crate::{ErrorKind, Result, Store, migrate};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What, for instance `schema`.
    pub what: &'static str,
    /// What is wrong with it; `None` = nothing.
    pub problem: Option<String>,
    /// What to do about that.
    pub remedy: Option<&'static str>,
}

const RESTORE: &str =
    "stop every fanpulse that uses the file, keep a copy of it, and restore the last backup: fanpulse restore BACKUP --force";

/// Whether a Redis answers and does what is asked of it. Within a Tokio runtime.
pub async fn examine_redis(url: &str) -> Finding {
    const REMEDY: &str = "see that it runs and that its user may run scripts, or unset REDIS_URL: the same is done without it";
    let problem = ask(url).await.err().map(|e| e.message().to_owned());
    let remedy = problem.is_some().then_some(REMEDY);
    Finding { what: "redis", problem, remedy }
}

#[cfg(feature = "redis")]
async fn ask(url: &str) -> Result<()> {
    crate::Redis::with_patience(url, std::time::Duration::from_secs(3))?.check().await
}

#[cfg(not(feature = "redis"))]
async fn ask(_: &str) -> Result<()> {
    Err(crate::shared::not_built_in())
}

impl Store {
    /// Looks over schema, structure, references, observations, fan events and secrets. It reads everything and changes nothing.
    ///
    /// # Errors
    /// `unavailable` where the database cannot be asked at all; what is wrong with its content is a finding.
    pub async fn examine(&self) -> Result<Vec<Finding>> {
        let mut findings = vec![found("structure", self.structure().await, RESTORE)?];
        let schema = found("schema", migrate::check(self.database()).await, "run `fanpulse migrate up`, or use the newer fanpulse")?;
        let usable = findings.iter().all(|f| f.problem.is_none()) && schema.problem.is_none();
        findings.push(schema);
        if usable {
            findings.push(found("observations", examine_blocks(self.database()).await, RESTORE)?);
            findings.push(found("summaries", examine_summaries(self.database()).await, RESTORE)?);
            findings.push(found("fan events", examine_fan_events(self.database()).await, RESTORE)?);
            let keys = "give the keys that sealed them: FANPULSE_KEYS, or the key file beside the database";
            findings.push(found("secrets", self.secrets().await, keys)?);
        }
        Ok(findings)
    }

    /// SQLite's own check of every page and index, and of references between tables.
    async fn structure(&self) -> Result<()> {
        if self.database().dialect() == Dialect::Postgres {
            return self.database().rows("select 1", args![]).await.map(drop);
        }
        for check in [
            "pragma integrity_check(3)",
            "select 'a row of ' || \"table\" || ' refers to nothing in ' || parent from pragma_foreign_key_check limit 3",
        ] {
            let said: Vec<String> = self.database().rows(check, args![]).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
            if let Some(wrong) = said.iter().find(|s| *s != "ok") {
                return Err(crate::Error::internal(format!("database {}: is damaged: {}", self.place(), wrong.replace('\n', " "))));
            }
        }
        Ok(())
    }
}

fn found(what: &'static str, result: Result<()>, remedy: &'static str) -> Result<Finding> {
    match result {
        Ok(()) => Ok(Finding { what, problem: None, remedy: None }),
        Err(e) if e.kind() == ErrorKind::Unavailable && what == "structure" => Err(e),
        Err(e) => Ok(Finding { what, problem: Some(e.message().to_owned()), remedy: Some(remedy) }),
    }
}
