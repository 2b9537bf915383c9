//! The embedded database: one file, one writer, readers beside it.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlSafeStr, Sqlite};

use super::{Arg, Place, Row, args};
use crate::{Error, Result};

/// How long a statement waits for another process's write lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// SQLite takes one writer at a time. Within a process writers queue here, fairly, and not at the file's lock.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

pub(super) async fn connect(path: &Path, place: &Place) -> Result<Pools> {
    create(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        // What is deleted may be personal: it is overwritten, not only given free.
        .pragma("secure_delete", "on");
    // SQLite itself rolls back where the disk is full, which sqlx does not notice: it would begin no other transaction.
    let pool = SqlitePoolOptions::new()
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
        .idle_timeout(None)
        .max_lifetime(None);
    let writer = first_connection(pool.clone().max_connections(1), &options).await.map_err(|e| place.fault(e))?;
    let readers = pool.max_connections(4).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Pools { writer, readers })
}

/// Who opens a new file first turns its journal on, which SQLite's own waiting for locks does not cover.
async fn first_connection(pool: SqlitePoolOptions, options: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    const STEP: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some("5") && waited < PATIENCE => {
                tokio::time::sleep(STEP).await;
                waited += STEP;
            }
            connected => return connected,
        }
    }
}

/// Makes the file for its owner alone: what is in it is personal.
fn create(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(Error::unavailable(format!("database {}: cannot be created: {e}", path.display())).caused_by(e)),
    }
}

pub(super) async fn rows<'e>(e: impl sqlx::SqliteExecutor<'e>, sql: impl SqlSafeStr, args: Vec<Arg>) -> sqlx::Result<Vec<Row>> {
    let args = args::for_sqlite(args).map_err(sqlx::Error::Encode)?;
    Ok(sqlx::query_with::<Sqlite, _>(sql, args).fetch_all(e).await?.into_iter().map(Row::Sqlite).collect())
}

pub(super) async fn run<'e>(e: impl sqlx::SqliteExecutor<'e>, sql: impl SqlSafeStr, args: Vec<Arg>) -> sqlx::Result<u64> {
    let args = args::for_sqlite(args).map_err(sqlx::Error::Encode)?;
    Ok(sqlx::query_with::<Sqlite, _>(sql, args).execute(e).await?.rows_affected())
}
