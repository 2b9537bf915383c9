//! A table through the Arrow PyCapsule interface.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::ffi::{ArrayIterator, to_array_pycapsules, to_schema_pycapsule, to_stream_pycapsule};

type Capsule<'py> = Bound<'py, PyCapsule>;

fn as_struct(batch: RecordBatch) -> (Arc<Field>, ArrayRef) {
    let field = Field::new_struct("", batch.schema().fields().clone(), false);
    (Arc::new(field), Arc::new(StructArray::from(batch)))
}

/// `__arrow_c_stream__`: a stream of this one batch.
pub(crate) fn stream<'py>(py: Python<'py>, batch: RecordBatch, requested: Option<Capsule<'py>>) -> PyResult<Capsule<'py>> {
    let (field, array) = as_struct(batch);
    Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new([Ok(array)], field)), requested)?)
}

/// `__arrow_c_array__`.
pub(crate) fn array<'py>(py: Python<'py>, batch: RecordBatch, requested: Option<Capsule<'py>>) -> PyResult<Bound<'py, PyTuple>> {
    let (field, array) = as_struct(batch);
    Ok(to_array_pycapsules(py, field, array.as_ref(), requested)?)
}

/// `__arrow_c_schema__`.
pub(crate) fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Capsule<'py>> {
    Ok(to_schema_pycapsule(py, schema)?)
}
