//! Columns of numbers as 64-bit floats, borrowed where they are.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use fanpulse_core::Error;
use rayon::prelude::*;

use super::{Column, PIECE, scan};

/// The largest count up to which floating point has every integer.
pub(crate) const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// The column as floats; a null is NaN.
///
/// # Errors
/// `invalid` for a column that is not of numbers, or an integer above 2⁵³.
pub(crate) fn floats(column: &Column) -> Result<ScalarBuffer<f64>, Error> {
    if let ([only], DataType::Float64) = (&column.chunks[..], &column.data_type)
        && only.null_count() == 0
    {
        return Ok(only.as_primitive::<Float64Type>().values().clone());
    }
    if let Some(whole) = whole(column) {
        return Ok(whole);
    }
    let mut out = vec![0.0; column.len()];
    let mut rest = &mut out[..];
    for (first, chunk) in column.offsets() {
        let (into, after) = rest.split_at_mut(chunk.len());
        rest = after;
        convert(column, first, chunk, into)?;
    }
    Ok(out.into())
}

/// 64-bit integers without nulls, from 0 to below 2⁵², as floats: what most counts are.
fn whole(column: &Column) -> Option<ScalarBuffer<f64>> {
    if column.data_type != DataType::Int64 || column.chunks.iter().any(|c| c.null_count() > 0) {
        return None;
    }
    let mut out = vec![0.0; column.len()];
    let mut rest = &mut out[..];
    for chunk in &column.chunks {
        let (into, after) = rest.split_at_mut(chunk.len());
        rest = after;
        let integers = chunk.as_primitive::<Int64Type>().values();
        if !into.par_chunks_mut(PIECE).zip(integers.par_chunks(PIECE)).all(|(out, integers)| scan::floats_of(integers, out)) {
            return None;
        }
    }
    Some(out.into())
}

/// A column without nulls as floats.
pub(crate) fn complete_floats(column: &Column) -> Result<ScalarBuffer<f64>, Error> {
    column.complete()?;
    floats(column)
}

/// Counts: whole numbers from 0 to 2⁵³; NaN = unknown.
pub(crate) fn counts(column: &Column) -> Result<ScalarBuffer<f64>, Error> {
    if let Some(whole) = whole(column) {
        return Ok(whole);
    }
    let values = floats(column)?;
    if values.par_chunks(PIECE).all(scan::are_counts) {
        return Ok(values);
    }
    let good = |v: f64| v.is_nan() || (v.fract() == 0.0 && (0.0..=MAX_COUNT).contains(&v));
    let row = values.iter().position(|&v| !good(v)).unwrap_or(0);
    Err(column.fault(row, format!("{} is not a whole number from 0 to 2^53 (null = unknown)", values[row])))
}

fn convert(column: &Column, first: usize, chunk: &ArrayRef, out: &mut [f64]) -> Result<(), Error> {
    #[expect(clippy::cast_precision_loss, reason = "integers are checked against 2⁵³")]
    match chunk.data_type() {
        DataType::Null => out.fill(f64::NAN),
        DataType::Float64 => each(chunk.as_primitive::<Float64Type>(), out, |v| v),
        DataType::Float32 => each(chunk.as_primitive::<Float32Type>(), out, f64::from),
        DataType::Int8 => each(chunk.as_primitive::<Int8Type>(), out, f64::from),
        DataType::Int16 => each(chunk.as_primitive::<Int16Type>(), out, f64::from),
        DataType::Int32 => each(chunk.as_primitive::<Int32Type>(), out, f64::from),
        DataType::UInt8 => each(chunk.as_primitive::<UInt8Type>(), out, f64::from),
        DataType::UInt16 => each(chunk.as_primitive::<UInt16Type>(), out, f64::from),
        DataType::UInt32 => each(chunk.as_primitive::<UInt32Type>(), out, f64::from),
        DataType::Int64 => {
            let ints = chunk.as_primitive::<Int64Type>();
            exact(column, first, ints, |v| v.unsigned_abs() <= 1 << 53)?;
            each(ints, out, |v| v as f64);
        }
        DataType::UInt64 => {
            let ints = chunk.as_primitive::<UInt64Type>();
            exact(column, first, ints, |v| v <= 1 << 53)?;
            each(ints, out, |v| v as f64);
        }
        DataType::Decimal128(_, scale) => {
            let ints = chunk.as_primitive::<Decimal128Type>();
            let unit = 10_f64.powi(i32::from(*scale));
            exact(column, first, ints, |v| v.unsigned_abs() <= 1 << 53)?;
            each(ints, out, |v| v as f64 / unit);
        }
        _ => return Err(column.wrong_type("a number")),
    }
    Ok(())
}

fn each<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, out: &mut [f64], f: impl Fn(T::Native) -> f64 + Sync) {
    let values = array.values();
    out.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE)).for_each(|(out, values)| {
        out.iter_mut().zip(values).for_each(|(o, v)| *o = f(*v));
    });
    if let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) {
        out.iter_mut().enumerate().filter(|(i, _)| nulls.is_null(*i)).for_each(|(_, o)| *o = f64::NAN);
    }
}

fn exact<T: ArrowPrimitiveType>(
    column: &Column,
    first: usize,
    array: &PrimitiveArray<T>,
    good: impl Fn(T::Native) -> bool + Sync,
) -> Result<(), Error>
where
    T::Native: std::fmt::Display,
{
    if array.values().par_chunks(PIECE).all(|piece| piece.iter().all(|&v| good(v))) {
        return Ok(());
    }
    // What stands under a null is not a value.
    match (0..array.len()).find(|&i| array.is_valid(i) && !good(array.value(i))) {
        Some(i) => Err(column.fault(first + i, format!("{} is beyond 2^53, where floating point skips integers", array.value(i)))),
        None => Ok(()),
    }
}
