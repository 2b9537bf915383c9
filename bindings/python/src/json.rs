//! Results as Python's own objects, by way of JSON: Python's reader makes dicts faster than a call per key from here would.

use fanpulse_core::{Error, ErrorKind};
use pyo3::prelude::*;
use serde::Serialize;

use crate::error::raised;

/// A JSON text as dicts and lists.
pub(crate) fn loads<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.getattr("loads")?.call1((json,))
}

/// Each JSON text as dicts and lists.
pub(crate) fn loads_all(py: Python<'_>, json: &[String]) -> PyResult<Vec<Py<PyAny>>> {
    let loads = py.import("json")?.getattr("loads")?;
    json.iter().map(|text| Ok(loads.call1((text,))?.unbind())).collect()
}

/// A value as dicts and lists.
pub(crate) fn object<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let json = serde_json::to_string(value)
        .map_err(|e| raised(py, Error::new(ErrorKind::Internal, "a result cannot be written as JSON").caused_by(e)))?;
    loads(py, &json)
}

/// A dict, or the JSON text of one, as JSON text.
pub(crate) fn text_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<pyo3::types::PyString>() {
        Ok(text) => Ok(text.to_str()?.to_owned()),
        Err(_) => value.py().import("json")?.call_method1("dumps", (value,))?.extract(),
    }
}
