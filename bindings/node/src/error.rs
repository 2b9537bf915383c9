//! Errors of the engine as JavaScript errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpulse_core::error::Location;
use fanpulse_core::{Error, ErrorKind};
use napi::Env;
use napi::bindgen_prelude::{JsObjectValue, JsValue};

use crate::fans::FAN_EVENTS;

/// A failed call: the engine's error, and the column and the value that it is about, where it is known.
pub struct Failure(Box<Details>);

struct Details {
    error: Error,
    table: Option<&'static str>,
    row: Option<usize>,
    column: Option<String>,
    value: Option<String>,
}

/// The result of whatever runs without Node.
pub type Outcome<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (table, row) = match error.location() {
            Some(Location::Observation(row)) => (Some("observations"), Some(row)),
            Some(Location::Post(row)) => (Some("posts"), Some(row)),
            Some(Location::FanEvent(row)) => (Some(FAN_EVENTS), Some(row)),
            _ => (None, None),
        };
        Self(Box::new(Details { error, table, row, column: None, value: None }))
    }
}

impl Failure {
    /// A column is wrong, or one of its rows.
    pub(crate) fn of(table: &'static str, row: Option<usize>, column: &str, message: &str, value: Option<String>) -> Self {
        let place = row.map_or_else(String::new, |row| format!(" row {row}"));
        let error = Error::invalid(format!("{table}{place}: {column}: {message}"));
        Self(Box::new(Details { error, table: Some(table), row, column: Some(column.to_owned()), value }))
    }

    /// A row's value is wrong, for the reason that the engine gives.
    pub(crate) fn at(table: &'static str, row: usize, column: &str, value: impl ToString, reason: &Error) -> Self {
        Self::of(table, Some(row), column, reason.message(), Some(value.to_string()))
    }

    /// A table is wrong as a whole.
    pub(crate) fn table(table: &'static str, message: String) -> Self {
        Self(Box::new(Details { error: Error::invalid(message), table: Some(table), row: None, column: None, value: None }))
    }

    /// An argument is wrong.
    pub(crate) fn plain(column: &str, value: String, message: String) -> Self {
        let error = Error::invalid(message);
        Self(Box::new(Details { error, table: None, row: None, column: Some(column.to_owned()), value: Some(value) }))
    }

    /// The same failure of a table, its column and value named where they are not yet.
    pub(crate) fn named(mut self, table: &'static str, name: impl FnOnce(usize) -> (&'static str, String)) -> Self {
        let details = &mut *self.0;
        if let (Some(row), None) = (details.row.filter(|_| details.table == Some(table)), &details.column) {
            let (column, value) = name(row);
            (details.column, details.value) = (Some(column.to_owned()), Some(value));
        }
        self
    }
}

const fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "INVALID_INPUT",
        ErrorKind::InsufficientData => "INSUFFICIENT_DATA",
        ErrorKind::NotFound => "NOT_FOUND",
        _ => "INTERNAL",
    }
}

/// The JavaScript error of a failure.
pub(crate) fn thrown(env: &Env, failure: &Failure) -> napi::Error {
    let failure = &*failure.0;
    let row = failure.row.and_then(|row| u32::try_from(row).ok());
    // The engine speaks of one row of a table, JavaScript of the table.
    let message = match failure.error.location() {
        Some(_) => format!("{} row {}: {}", failure.table.unwrap_or_default(), row.unwrap_or_default(), failure.error.message()),
        None => failure.error.to_string(),
    };
    let made = env.create_error(napi::Error::from_reason(message)).and_then(|mut error| {
        error.set_named_property("code", code(failure.error.kind()))?;
        error.set_named_property("table", failure.table)?;
        error.set_named_property("row", row)?;
        error.set_named_property("column", failure.column.as_deref())?;
        error.set_named_property("value", failure.value.as_deref())?;
        Ok(napi::Error::from(error.to_unknown()))
    });
    made.unwrap_or_else(|e| e)
}

/// Runs `f`; a panic must not cross into Node, which it would end.
pub(crate) fn guarded<T>(f: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the engine panicked; standard error has the details").into()))
}
