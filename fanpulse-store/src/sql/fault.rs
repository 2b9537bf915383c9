//! What a database fails with, in the crate's own kinds and in words that say what to do.

use std::sync::Arc;

use crate::{Error, ErrorKind};

/// The name of a database in messages.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<str>);

impl Place {
    pub(crate) fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The crate's error for sqlx's.
    pub(crate) fn fault(&self, e: sqlx::Error) -> Error {
        let (kind, said) = match &e {
            sqlx::Error::Database(d) if d.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => sqlite(&**d),
            sqlx::Error::Database(d) => postgres(&**d),
            sqlx::Error::Io(io) => (ErrorKind::Unavailable, format!("cannot be reached: {io}")),
            sqlx::Error::Tls(tls) => (ErrorKind::Unavailable, format!("cannot be reached over TLS: {tls}")),
            sqlx::Error::PoolTimedOut => (ErrorKind::Unavailable, "is busy or away: no connection became free in time".to_owned()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => (ErrorKind::Unavailable, "was closed".to_owned()),
            sqlx::Error::Configuration(e) => (ErrorKind::Invalid, format!("cannot be named so: {e}")),
            other => (ErrorKind::Internal, other.to_string()),
        };
        Error::new(kind, format!("database {}: {said}", self.0)).caused_by(e)
    }
}

/// <https://www.sqlite.org/rescode.html>
fn sqlite(e: &dyn sqlx::error::DatabaseError) -> (ErrorKind, String) {
    let code = e.code().and_then(|c| c.parse::<u32>().ok()).unwrap_or_default();
    let said = match code & 0xff {
        5 | 6 => "is busy: another process holds its write lock".to_owned(),
        8 => "is read-only, nothing was changed; check the owner and the permissions of the file and its folder".to_owned(),
        10 => format!("cannot be read or written, nothing was changed: {}", e.message()),
        13 => "the disk is full, nothing was changed; make room and try again".to_owned(),
        14 => "cannot be opened; check the path and the permissions of the file and its folder".to_owned(),
        11 => return (ErrorKind::Internal, "is damaged (malformed); `fanpulse doctor` says what to do".to_owned()),
        26 => {
            return (
                ErrorKind::Internal,
                "is not a SQLite database, or its beginning is damaged; `fanpulse doctor` says what to do".to_owned(),
            );
        }
        1 if e.message().starts_with("no such table") || e.message().starts_with("no such column") => return undone(e),
        _ => return constraint(e),
    };
    (ErrorKind::Unavailable, said)
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn postgres(e: &dyn sqlx::error::DatabaseError) -> (ErrorKind, String) {
    let code = e.code().unwrap_or_default();
    let said = match &*code {
        "53100" => "the disk is full, nothing was changed; make room and try again".to_owned(),
        "53300" => "has no connection left; lower the pool or raise max_connections".to_owned(),
        "25006" => "is read-only, nothing was changed; it may be a standby".to_owned(),
        "28P01" | "28000" => "refuses the user or its password".to_owned(),
        "3D000" => format!("does not exist: {}", e.message()),
        "40001" | "40P01" | "55P03" => format!("a concurrent change won, try again: {}", e.message()),
        // PostgreSQL's text has every character but this one.
        "22021" | "22P05" => return (ErrorKind::Invalid, "takes no text with a NUL character".to_owned()),
        "42P01" | "42703" => return undone(e),
        "XX001" | "XX002" => return (ErrorKind::Internal, format!("is damaged: {}", e.message())),
        c if ["08", "53", "57", "58"].iter().any(|class| c.starts_with(class)) => e.message().to_owned(),
        _ => return constraint(e),
    };
    (ErrorKind::Unavailable, said)
}

/// Somebody undid a step of the schema, or never took it.
fn undone(e: &dyn sqlx::error::DatabaseError) -> (ErrorKind, String) {
    (ErrorKind::Conflict, format!("lacks a part of the schema ({}); run `fanpulse migrate up`", e.message()))
}

fn constraint(e: &dyn sqlx::error::DatabaseError) -> (ErrorKind, String) {
    use sqlx::error::ErrorKind as Kind;
    let kind = match e.kind() {
        Kind::UniqueViolation | Kind::ForeignKeyViolation | Kind::ExclusionViolation => ErrorKind::Conflict,
        Kind::NotNullViolation | Kind::CheckViolation => ErrorKind::Invalid,
        _ => ErrorKind::Internal,
    };
    (kind, e.message().to_owned())
}
