//! Errors of the engine as JavaScript errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpulse_core::{Error, ErrorKind};
use napi::Env;
use napi::bindgen_prelude::{JsObjectValue, JsValue};

const fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "INVALID_INPUT",
        ErrorKind::InsufficientData => "INSUFFICIENT_DATA",
        ErrorKind::NotFound => "NOT_FOUND",
        _ => "INTERNAL",
    }
}

/// The JavaScript error of an error, with its `code`.
pub(crate) fn thrown(env: &Env, e: &Error) -> napi::Error {
    let made = env.create_error(napi::Error::from_reason(e.to_string())).and_then(|mut error| {
        error.set_named_property("code", code(e.kind()))?;
        Ok(napi::Error::from(error.to_unknown()))
    });
    made.unwrap_or_else(|failure| failure)
}

/// Runs `f`; a panic must not cross into Node, which it would end.
pub(crate) fn guarded<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the engine panicked; standard error has the details")))
}
