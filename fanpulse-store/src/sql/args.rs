//! What goes into a statement and what comes out, the same for both databases.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Decode, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;

use super::Dialect;
use crate::{Error, Result};

/// One argument; its type is known even where it is null, as PostgreSQL asks for.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Int(Option<i64>),
    Real(Option<f64>),
    Bool(Option<bool>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    /// `any($1)`, PostgreSQL only.
    Ints(Vec<i64>),
    /// `any($1)`, PostgreSQL only.
    Texts(Vec<String>),
    /// `unnest($1)`, PostgreSQL only.
    Blobs(Vec<Vec<u8>>),
    /// `any($1)`, PostgreSQL only.
    Uuids(Vec<Uuid>),
}

/// The arguments of a statement, in the order of their numbers.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Arg::from($value)),*] };
}
pub(crate) use args;

macro_rules! from {
    ($($type:ty => $variant:ident, |$v:ident| $convert:expr;)*) => {$(
        impl From<$type> for Arg {
            fn from($v: $type) -> Self {
                Self::$variant(Some($convert))
            }
        }

        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(|$v| $convert))
            }
        }
    )*};
}

from! {
    i64 => Int, |v| v;
    i32 => Int, |v| i64::from(v);
    u32 => Int, |v| i64::from(v);
    f64 => Real, |v| v;
    bool => Bool, |v| v;
    String => Text, |v| v;
    &str => Text, |v| v.to_owned();
    &String => Text, |v| v.clone();
    Vec<u8> => Bytes, |v| v;
    &[u8] => Bytes, |v| v.to_vec();
    Uuid => Uuid, |v| v;
    fanpulse_core::Instant => Int, |v| v.micros();
    fanpulse_core::Day => Int, |v| i64::from(v.days());
}

impl Arg {
    /// A list: `= any($1)` on PostgreSQL, `in (select value from json_each($1))` on SQLite.
    pub(crate) fn texts(dialect: Dialect, list: &[&str]) -> Self {
        match dialect {
            Dialect::Sqlite => serde_json::Value::from(list).to_string().into(),
            Dialect::Postgres => Self::Texts(list.iter().map(|&s| s.to_owned()).collect()),
        }
    }

    /// A list of numbers, as [`Arg::texts`].
    pub(crate) fn ints(dialect: Dialect, list: Vec<i64>) -> Self {
        match dialect {
            Dialect::Sqlite => serde_json::Value::from(list).to_string().into(),
            Dialect::Postgres => Self::Ints(list),
        }
    }
}

pub(super) fn for_sqlite(args: Vec<Arg>) -> std::result::Result<SqliteArguments, BoxDynError> {
    let mut out = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Int(v) => Arguments::add(&mut out, v),
            Arg::Real(v) => Arguments::add(&mut out, v),
            Arg::Bool(v) => Arguments::add(&mut out, v),
            Arg::Text(v) => Arguments::add(&mut out, v),
            Arg::Bytes(v) => Arguments::add(&mut out, v),
            Arg::Uuid(v) => Arguments::add(&mut out, v),
            Arg::Ints(_) | Arg::Texts(_) | Arg::Blobs(_) | Arg::Uuids(_) => Err("SQLite takes no arrays".into()),
        }?;
    }
    Ok(out)
}

pub(super) fn for_postgres(args: Vec<Arg>) -> std::result::Result<PgArguments, BoxDynError> {
    let mut out = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Int(v) => Arguments::add(&mut out, v),
            Arg::Real(v) => Arguments::add(&mut out, v),
            Arg::Bool(v) => Arguments::add(&mut out, v),
            Arg::Text(v) => Arguments::add(&mut out, v),
            Arg::Bytes(v) => Arguments::add(&mut out, v),
            Arg::Uuid(v) => Arguments::add(&mut out, v),
            Arg::Ints(v) => Arguments::add(&mut out, v),
            Arg::Texts(v) => Arguments::add(&mut out, v),
            Arg::Blobs(v) => Arguments::add(&mut out, v),
            Arg::Uuids(v) => Arguments::add(&mut out, v),
        }?;
    }
    Ok(out)
}

/// One row that was found.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value in a column, counted from 0: `i64`, `f64`, `bool`, `String`, `Vec<u8>`, `Uuid`, or an `Option` of them.
    pub(crate) fn get<T>(&self, column: usize) -> Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(|e| Error::internal(format!("column {column} of a stored row cannot be read: {e}")).caused_by(e))
    }

    /// A moment that is stored as microseconds.
    pub(crate) fn instant(&self, column: usize) -> Result<fanpulse_core::Instant> {
        stored_instant(self.get(column)?)
    }

    /// A moment that is stored as microseconds, or none.
    pub(crate) fn instant_or_none(&self, column: usize) -> Result<Option<fanpulse_core::Instant>> {
        self.get::<Option<i64>>(column)?.map(stored_instant).transpose()
    }
}

/// A moment that is stored as microseconds.
fn stored_instant(micros: i64) -> Result<fanpulse_core::Instant> {
    fanpulse_core::Instant::try_new(micros).map_err(|e| Error::internal(format!("a stored {e}")).caused_by(e))
}

/// A stored number in the type that its values have.
pub(crate) fn narrow<N: TryFrom<i64>>(number: i64, what: &str) -> Result<N> {
    N::try_from(number).map_err(|_| Error::internal(format!("stored {what} {number} is out of range")))
}
