//! Errors of the engine as Python exceptions.

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

/// Nothing goes by that name.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::NotFound, message)
}
