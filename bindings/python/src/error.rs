//! Errors of the engine as Python exceptions, and the one place where the interpreter's lock is released.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpulse_core::{Error, ErrorKind};
use pyo3::prelude::*;

pyo3::import_exception!(fanpulse.errors, InvalidInputError);
pyo3::import_exception!(fanpulse.errors, InsufficientDataError);
pyo3::import_exception!(fanpulse.errors, NotFoundError);
pyo3::import_exception!(fanpulse.errors, InternalError);

/// The exception of an error, with its cause as `__cause__`.
pub(crate) fn raised(py: Python<'_>, e: Error) -> PyErr {
    let message = e.to_string();
    let raised = match e.kind() {
        ErrorKind::Invalid => InvalidInputError::new_err(message),
        ErrorKind::InsufficientData => InsufficientDataError::new_err(message),
        ErrorKind::NotFound => NotFoundError::new_err(message),
        _ => InternalError::new_err(message),
    };
    if let Some(cause) = std::error::Error::source(&e) {
        raised.set_cause(py, Some(InternalError::new_err(cause.to_string())));
    }
    raised
}

/// Runs `f` without the interpreter's lock.
pub(crate) fn released<T: Send>(py: Python<'_>, f: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    // PyO3's own exception for a panic is not an `Exception`, and would end a server's worker.
    let caught = py.detach(|| catch_unwind(AssertUnwindSafe(f)));
    caught
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the engine panicked; standard error has the details")))
        .map_err(|e| raised(py, e))
}
