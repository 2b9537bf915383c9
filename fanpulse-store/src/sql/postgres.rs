//! The database of many replicas.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres, SqlSafeStr};

use super::{Arg, Place, Row, args};
use crate::{Error, Result};

/// The oldest server that FanPulse is tested with.
const OLDEST: i64 = 15;

pub(super) async fn connect(url: &str) -> Result<(PgPool, Place)> {
    // The parser's own message would repeat the URL, and with it the password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| Error::invalid("the database URL is not of the form postgres://user:password@host:port/database"))?;
    let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string());
    let place = Place::new(format!("{} on {host}", options.get_database().unwrap_or(options.get_username())));
    let options = options.application_name("fanpulse");
    // A pool would try again and again to reach a server that is not there.
    let mut first = PgConnection::connect_with(&options).await.map_err(|e| place.fault(e))?;
    let version = rows(&mut first, "select cast(current_setting('server_version_num') as bigint) / 10000", Vec::new()).await;
    let version: i64 = match version.map_err(|e| place.fault(e))?.first() {
        Some(row) => row.get(0)?,
        None => 0,
    };
    if version < OLDEST {
        return Err(Error::invalid(format!("database {}: is PostgreSQL {version}, at least {OLDEST} is needed", place.as_str())));
    }
    first.close().await.map_err(|e| place.fault(e))?;
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .before_acquire(|connection, seen| Box::pin(async move { Ok(seen.idle_for < RESTED || connection.ping().await.is_ok()) }))
        .connect_lazy_with(options);
    Ok((pool, place))
}

/// A connection that rested so long is asked whether it is still one, which costs a round trip.
const RESTED: Duration = Duration::from_millis(200);

pub(super) async fn rows<'e>(e: impl sqlx::PgExecutor<'e>, sql: impl SqlSafeStr, args: Vec<Arg>) -> sqlx::Result<Vec<Row>> {
    let args = args::for_postgres(args).map_err(sqlx::Error::Encode)?;
    Ok(sqlx::query_with::<Postgres, _>(sql, args).fetch_all(e).await?.into_iter().map(Row::Postgres).collect())
}

pub(super) async fn run<'e>(e: impl sqlx::PgExecutor<'e>, sql: impl SqlSafeStr, args: Vec<Arg>) -> sqlx::Result<u64> {
    let args = args::for_postgres(args).map_err(sqlx::Error::Encode)?;
    Ok(sqlx::query_with::<Postgres, _>(sql, args).execute(e).await?.rows_affected())
}

pub(super) async fn copy_in(
    tx: &mut sqlx::Transaction<'static, Postgres>,
    statement: &str,
    chunks: impl Iterator<Item = Vec<u8>> + Send,
) -> sqlx::Result<u64> {
    let mut copy = tx.copy_in_raw(statement).await?;
    for chunk in chunks {
        copy.send(chunk).await?;
    }
    copy.finish().await
}
