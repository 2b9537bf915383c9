//! Commands on the database: `migrate`, `backup`, `restore`, `keys`, `doctor`.

mod args;
mod doctor;
mod keys;

use std::future::Future;
use std::path::Path;

use fanpulse_store::{Replace, Store, Target};

pub(crate) use args::{BackupArgs, DoctorArgs, KeysArgs, MigrateArgs, RestoreArgs};
pub(crate) use doctor::doctor;
pub(crate) use keys::keys;

use crate::error::{Failure, Result};
use crate::output::{self, Target as Output};
use args::Migrate;

pub(crate) fn migrate(args: &MigrateArgs) -> Result<()> {
    let lines = wait(async {
        let store = match args.to {
            Migrate::Status | Migrate::Down => existing(&args.database.url).await?,
            Migrate::Up | Migrate::To { .. } => Store::connect(&args.database.url).await?,
        };
        let target = match args.to {
            Migrate::Up => Target::Latest,
            Migrate::Down => Target::Previous,
            Migrate::To { version } => Target::Version(version),
            Migrate::Status => {
                let line = |s: &fanpulse_store::SchemaStep| format!("{:<24}{}", s.name, if s.applied { "applied" } else { "missing" });
                return Ok(store.schema().await?.iter().map(line).collect());
            }
        };
        let done = store.migrate(target).await?;
        store.close().await;
        let mut lines: Vec<String> = done.undone.iter().map(|name| format!("undone  {name}")).collect();
        lines.extend(done.applied.iter().map(|name| format!("applied {name}")));
        if lines.is_empty() {
            lines.push("nothing to do".to_owned());
        }
        Ok(lines)
    })?;
    print(&lines)
}

pub(crate) fn backup(args: &BackupArgs) -> Result<()> {
    wait(async {
        let store = existing(&args.database.url).await?;
        store.backup(&args.file).await
    })?;
    print(&[format!("wrote {}", args.file.display()), "the key file is no part of it: keep both, apart from each other".to_owned()])
}

pub(crate) fn restore(args: &RestoreArgs) -> Result<()> {
    let Some(target) = file(&args.database.url) else {
        return Err(Failure::failed(
            "PostgreSQL brings its own: pg_restore --clean --if-exists --no-owner --single-transaction --dbname=\"$DATABASE_URL\" BACKUP",
        ));
    };
    let replace = if args.force { Replace::Existing } else { Replace::Never };
    wait(Store::restore(&args.file, target, replace))?;
    print(&[format!("restored {} from {}", target.display(), args.file.display())])
}

/// Runs what waits for a database.
fn wait<T>(work: impl Future<Output = fanpulse_store::Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::failed(format!("cannot start: {e}")))?;
    runtime.block_on(work).map_err(|e| Failure::failed(e.message()))
}

/// Connects to a database that is there: to look at one must not make it.
async fn existing(url: &str) -> fanpulse_store::Result<Store> {
    if let Some(path) = file(url)
        && !path.exists()
    {
        return Err(fanpulse_store::Error::not_found(format!(
            "database {}: there is no such file; `fanpulse migrate up` makes it, --database or DATABASE_URL name another",
            path.display()
        )));
    }
    Store::connect(url).await
}

/// The path of a SQLite database.
fn file(url: &str) -> Option<&Path> {
    match url.split_once("://") {
        Some(("sqlite", path)) => Some(Path::new(path)),
        Some(_) => None,
        None => Some(Path::new(url.strip_prefix("sqlite:").unwrap_or(url))),
    }
}

fn print(lines: &[String]) -> Result<()> {
    output::write(&Output::Stdout, |out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))
}
