//! Python's objects as tables: anything with the Arrow PyCapsule interface, dicts of arrays, dicts of lists.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, LargeStringArray, PrimitiveArray, TimestampMicrosecondArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Field, Int64Type, Schema, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use fanpulse_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use pyo3_arrow::buffer::AnyBufferProtocol;
use pyo3_arrow::input::{AnyArray, AnyRecordBatch};

use super::{Kind, Naive, Table};
use crate::error::raised;
use crate::rows::{Fault, instant, number, shown, text};

/// The table behind an object, or none where its rows have to be read one by one.
pub(crate) fn table(object: &Bound<'_, PyAny>, kind: Kind, naive: Naive) -> PyResult<Option<Table>> {
    let py = object.py();
    let invalid = |message: String| raised(py, Error::invalid(format!("{}: {message}", kind.plural())));
    if has_arrow(object)? {
        let (schema, batches) = stream(&importable(object)?)?;
        return Ok(Some(Table { kind, schema, batches: batches.map_err(invalid)?, naive }));
    }
    if let Ok(columns) = object.cast::<PyDict>() {
        return dict(columns, kind, naive).map(Some);
    }
    if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
        return Err(invalid(format!("{} is text, not a table; read the file first", shown(object))));
    }
    if object.hasattr("collect")? {
        return Err(invalid(format!("a {} holds no rows yet; call its `collect()`", object.get_type().name()?)));
    }
    Ok(None)
}

fn has_arrow(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(object.hasattr("__arrow_c_stream__")? || object.hasattr("__arrow_c_array__")?)
}

/// The table as arrow-rs can import it: Polars hands a column of nothing but nulls over with a buffer too many.
fn importable<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let module = object.get_type().module()?;
    if !module.to_str()?.starts_with("polars.") || !object.hasattr("with_columns")? {
        return Ok(object.clone());
    }
    let polars = py.import("polars")?;
    let null = polars.getattr("Null")?;
    let mut names = Vec::new();
    for (name, data_type) in object
        .getattr("schema")?
        .call_method0("items")?
        .try_iter()?
        .map(|item| item?.extract())
        .collect::<PyResult<Vec<(String, Bound<'py, PyAny>)>>>()?
    {
        if data_type.eq(&null)? {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Ok(object.clone());
    }
    let floats = polars.getattr("col")?.call1((names,))?.call_method1("cast", (polars.getattr("Float64")?,))?;
    object.call_method1("with_columns", (floats,))
}

type Batches = (arrow::datatypes::SchemaRef, Result<Vec<RecordBatch>, String>);

/// Reads a stream to its end, other threads running meanwhile: the producer may need them.
fn stream(object: &Bound<'_, PyAny>) -> PyResult<Batches> {
    let py = object.py();
    let of_table: AnyRecordBatch = object.extract().map_err(|e| not_a_table(object, e))?;
    let mut reader = of_table.into_reader().map_err(|e| not_a_table(object, e))?;
    let schema = reader.schema();
    let mut batches = Vec::new();
    loop {
        match py.detach(|| reader.next()) {
            Some(Ok(batch)) => batches.push(batch),
            Some(Err(e)) => return Ok((schema, Err(format!("the table cannot be read: {e}")))),
            None => return Ok((schema, Ok(batches))),
        }
        py.check_signals()?;
    }
}

/// An exporter's own exception passes; that of a stream without columns becomes one of FanPulse.
fn not_a_table(object: &Bound<'_, PyAny>, e: PyErr) -> PyErr {
    let py = object.py();
    if !e.is_instance_of::<pyo3::exceptions::PyValueError>(py) && !e.is_instance_of::<pyo3::exceptions::PyTypeError>(py) {
        return e;
    }
    let kind = object.get_type().name().map_or_else(|_| "object".to_owned(), |n| n.to_string());
    let error = raised(py, Error::invalid(format!("a {kind} is not a table of columns that Arrow can hand over")));
    error.set_cause(py, Some(e));
    error
}

/// Dicts, one a row, as a table of the columns that at least one of them has.
pub(crate) fn rows(rows: &Bound<'_, PyAny>, kind: Kind, naive: Naive) -> PyResult<Table> {
    let py = rows.py();
    let mut names: Vec<String> = kind.columns().iter().map(|&name| name.to_owned()).collect();
    let mut columns: Vec<Bound<'_, PyList>> = names.iter().map(|_| PyList::empty(py)).collect();
    let items = rows
        .try_iter()
        .map_err(|_| raised(py, Error::invalid(format!("{}: {} is neither a table nor rows", kind.plural(), shown(rows)))))?;
    let mut count = 0;
    for item in items {
        let item = item?;
        let row = item
            .cast::<PyDict>()
            .map_err(|_| raised(py, Error::invalid(format!("{} row {count}: {} is not a dict", kind.row(), shown(&item)))))?;
        for (name, column) in names.iter().zip(&columns) {
            column.append(row.get_item(name)?)?;
        }
        if kind == Kind::Examples {
            for (name, value) in row {
                let name: String = name.extract()?;
                if !names.contains(&name) {
                    let column = PyList::new(py, vec![None::<bool>; count])?;
                    column.append(value)?;
                    names.push(name);
                    columns.push(column);
                }
            }
        }
        count += 1;
    }
    let table = PyDict::new(py);
    for (name, column) in names.iter().zip(&columns) {
        let absent = count > 0 && column.iter().all(|value| value.is_none());
        if !absent || kind.needs(name) {
            table.set_item(name, column)?;
        }
    }
    dict(&table, kind, naive)
}

fn dict(columns: &Bound<'_, PyDict>, kind: Kind, naive: Naive) -> PyResult<Table> {
    let py = columns.py();
    let (mut fields, mut arrays): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (name, value) in columns {
        let name = name.cast::<PyString>().map_err(|_| raised(py, wrong(kind, &shown(&name), "is not the name of a column")))?.to_string();
        let array = column(&value, kind, &name, naive)?;
        if let Some(other) = arrays.first().filter(|other| other.len() != array.len()) {
            let message = format!("has {} rows where `{}` has {}", array.len(), fields[0].name(), other.len());
            return Err(raised(py, wrong(kind, &format!("column `{name}`"), &message)));
        }
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let rows = arrays.first().map_or(0, |a| a.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
        .map_err(|e| raised(py, wrong(kind, "the columns", &format!("are no table: {e}"))))?;
    Ok(Table { kind, schema, batches: vec![batch], naive })
}

fn wrong(kind: Kind, what: &str, message: &str) -> Error {
    Error::invalid(format!("{}: {what} {message}", kind.plural()))
}

/// One column, as a single chunk.
pub(crate) fn column(value: &Bound<'_, PyAny>, kind: Kind, name: &str, naive: Naive) -> PyResult<ArrayRef> {
    let py = value.py();
    if has_arrow(value)? {
        let array: AnyArray = value.extract()?;
        let (chunks, field) = array.into_chunked_array()?.into_inner();
        return match &chunks[..] {
            [] => Ok(arrow::array::new_empty_array(field.data_type())),
            [only] => Ok(only.clone()),
            several => {
                let several: Vec<&dyn Array> = several.iter().map(|c| c.as_ref()).collect();
                arrow::compute::concat(&several).map_err(|e| raised(py, wrong(kind, &format!("column `{name}`"), &e.to_string())))
            }
        };
    }
    if value.hasattr("dtype")? && value.hasattr("__array__")? {
        if let Some(array) = numpy(value, kind, name)? {
            return Ok(array);
        }
        return list(&value.call_method0("tolist")?, kind, name, naive);
    }
    if value.is_instance_of::<PyString>() {
        return Err(raised(py, wrong(kind, &format!("column `{name}`"), &format!("is {}, not a list or an array", shown(value)))));
    }
    list(value, kind, name, naive)
}

/// A NumPy array of numbers or times without a copy where it is contiguous; none for text and objects.
fn numpy(value: &Bound<'_, PyAny>, kind: Kind, name: &str) -> PyResult<Option<ArrayRef>> {
    let py = value.py();
    let numpy = py.import("numpy")?;
    let masked = numpy.getattr("ma")?.getattr("MaskedArray")?;
    if value.is_instance(&masked)? {
        return Ok(None); // as a list, a masked value is None
    }
    let array = numpy.call_method1("asarray", (value,))?;
    let dimensions: usize = array.getattr("ndim")?.extract()?;
    if dimensions != 1 {
        return Err(raised(py, wrong(kind, &format!("column `{name}`"), &format!("has {dimensions} dimensions, not one"))));
    }
    let dtype = array.getattr("dtype")?;
    let letter: String = dtype.getattr("kind")?.extract()?;
    let contiguous = |array: &Bound<'_, PyAny>, dtype: Bound<'_, PyAny>| -> PyResult<ArrayRef> {
        // Copies only what is strided or of the other byte order.
        let array = numpy.call_method1("ascontiguousarray", (array, dtype))?;
        let buffer: AnyBufferProtocol = array.extract()?;
        Ok(buffer.into_arrow_array()?)
    };
    match letter.as_str() {
        "f" if dtype.getattr("itemsize")?.extract::<usize>()? == 2 => contiguous(&array, numpy.getattr("float32")?).map(Some),
        "f" if dtype.getattr("itemsize")?.extract::<usize>()? > 8 => contiguous(&array, numpy.getattr("float64")?).map(Some),
        "f" | "i" | "u" => contiguous(&array, dtype.call_method1("newbyteorder", ("=",))?).map(Some),
        "M" => {
            let (unit, count): (String, i64) = numpy.call_method1("datetime_data", (&dtype,))?.extract()?;
            let unit = match (unit.as_str(), count) {
                ("D" | "s" | "ms" | "us" | "ns", 1) => unit,
                ("W" | "M" | "Y", _) | ("D", _) => "D".to_owned(),
                _ => "us".to_owned(),
            };
            let array = array.call_method1("astype", (format!("datetime64[{unit}]"),))?;
            let ints = contiguous(&array.call_method1("view", ("int64",))?, numpy.getattr("int64")?)?;
            let ints = ints.as_primitive::<Int64Type>().values().clone();
            Ok(Some(match unit.as_str() {
                "D" => days(&ints),
                "s" => stamps::<TimestampSecondType>(ints),
                "ms" => stamps::<TimestampMillisecondType>(ints),
                "ns" => stamps::<TimestampNanosecondType>(ints),
                _ => stamps::<TimestampMicrosecondType>(ints),
            }))
        }
        "U" | "S" | "O" | "T" => Ok(None),
        _ => Err(raised(py, wrong(kind, &format!("column `{name}`"), &format!("is an array of {dtype}, which no column can be")))),
    }
}

/// NumPy's "not a time".
const NAT: i64 = i64::MIN;

fn present(ints: &[i64]) -> Option<NullBuffer> {
    ints.contains(&NAT).then(|| ints.iter().map(|&v| v != NAT).collect())
}

fn stamps<T: ArrowPrimitiveType<Native = i64>>(ints: ScalarBuffer<i64>) -> ArrayRef {
    let nulls = present(&ints);
    Arc::new(PrimitiveArray::<T>::new(ints, nulls))
}

fn days(ints: &ScalarBuffer<i64>) -> ArrayRef {
    let days: Vec<i32> = ints.iter().map(|&d| i32::try_from(d).unwrap_or(if d < 0 { i32::MIN } else { i32::MAX })).collect();
    Arc::new(PrimitiveArray::<Date32Type>::new(days.into(), present(ints)))
}

/// What the values of a column are read as.
enum Role {
    Text,
    Time,
    Number,
}

fn role(name: &str) -> Role {
    match name {
        "artist_id" | "platform" | "metric" | "post_id" | "fan_id" | "kind" | "currency" | "id" => Role::Text,
        "observed_at" | "published_at" | "occurred_at" | "date" | "known" => Role::Time,
        _ => Role::Number,
    }
}

/// A column from Python's own objects; `None` is a null.
fn list(values: &Bound<'_, PyAny>, kind: Kind, name: &str, naive: Naive) -> PyResult<ArrayRef> {
    let py = values.py();
    let fault = |row: usize, fault: Fault| raised(py, kind.fault(row, name, fault.message()));
    let items = values
        .try_iter()
        .map_err(|_| raised(py, wrong(kind, &format!("column `{name}`"), &format!("is {}, not a list or an array", shown(values)))))?;
    let items = items.enumerate();
    fn each<'py, T>(
        items: impl Iterator<Item = (usize, PyResult<Bound<'py, PyAny>>)>,
        read: impl Fn(&Bound<'py, PyAny>) -> Result<T, Fault>,
        fault: impl Fn(usize, Fault) -> PyErr,
    ) -> PyResult<Vec<Option<T>>> {
        let mut all = Vec::new();
        for (row, item) in items {
            let item = item?;
            all.push(if item.is_none() { None } else { Some(read(&item).map_err(|e| fault(row, e))?) });
        }
        Ok(all)
    }
    Ok(match role(name) {
        Role::Text => {
            let owned = |item: &Bound<'_, PyAny>| -> Result<String, Fault> { Ok(text(item)?.to_owned()) };
            Arc::new(LargeStringArray::from(each(items, owned, fault)?))
        }
        Role::Time => {
            let micros = |item: &Bound<'_, PyAny>| -> Result<i64, Fault> { Ok(instant(item, naive)?.micros()) };
            Arc::new(TimestampMicrosecondArray::from(each(items, micros, fault)?).with_timezone("UTC"))
        }
        // What an example says of itself may be a yes or a no.
        Role::Number if kind == Kind::Examples => {
            let flag = |item: &Bound<'_, PyAny>| item.extract::<bool>().map(|yes| f64::from(u8::from(yes))).or_else(|_| number(item));
            Arc::new(Float64Array::from(each(items, flag, fault)?))
        }
        Role::Number => Arc::new(Float64Array::from(each(items, number, fault)?)),
    })
}
