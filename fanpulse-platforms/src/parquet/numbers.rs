//! Columns of times and numbers.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Float64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use fanpulse_core::Day;
use fanpulse_core::time::MICROS_PER_DAY;

use super::Failure;
use super::chunk::{Bad, Chunk, damaged};
use super::dictionary::{Known, Texts};
use crate::cell::{self, Cell};
use crate::fan_event::{self, Bound};
use crate::fault::Fault;

/// Reads times as microseconds since 1970.
pub(super) fn times(chunk: Chunk<'_>, out: &mut [i64], bad: &mut Bad) -> Result<(), Failure> {
    let mut known = Known::new();
    chunk.each(|rows, array| {
        if !matches!(array.data_type(), DataType::Dictionary(..)) {
            return micros(array, &mut out[rows.clone()], |row, fault| bad.meet(rows.start + row, fault), chunk.name);
        }
        let texts = Texts::new(array)?;
        known.look_at(&texts);
        for (row, &key) in rows.zip(texts.keys().iter()) {
            let cell = || texts.get(key).map_or(Cell::Missing, |t| Cell::text(t.as_bytes()));
            match known.get(key, || cell::time(cell(), chunk.name)) {
                Ok(micros) => out[row] = micros,
                Err(fault) => {
                    if !bad.meet(row, fault) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    })
}

/// Reads times as days since 1970.
pub(super) fn days(chunk: Chunk<'_>, out: &mut [i32], bad: &mut Bad) -> Result<(), Failure> {
    let mut micros = vec![0; out.len()];
    times(chunk, &mut micros, bad)?;
    for (day, at) in out.iter_mut().zip(micros) {
        // Only a row at fault is out of range.
        *day = i32::try_from(at.div_euclid(MICROS_PER_DAY)).unwrap_or(0);
    }
    Ok(())
}

/// Turns dates and times of any unit into microseconds; whether to read on.
pub(super) fn micros(array: &ArrayRef, out: &mut [i64], meet: impl FnMut(usize, Box<Fault>) -> bool, name: &str) -> Result<bool, Failure> {
    Ok(match array.data_type() {
        DataType::Date32 => fill::<Date32Type>(array.as_primitive(), out, from_days, meet, name),
        DataType::Date64 => fill::<Date64Type>(array.as_primitive(), out, |ms| ms.saturating_mul(1_000), meet, name),
        DataType::Timestamp(TimeUnit::Second, _) => {
            fill::<TimestampSecondType>(array.as_primitive(), out, |s| s.saturating_mul(1_000_000), meet, name)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            fill::<TimestampMillisecondType>(array.as_primitive(), out, |ms| ms.saturating_mul(1_000), meet, name)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => fill::<TimestampMicrosecondType>(array.as_primitive(), out, |us| us, meet, name),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            fill::<TimestampNanosecondType>(array.as_primitive(), out, |ns| ns.div_euclid(1_000), meet, name)
        }
        _ => return Err(damaged("times were decoded as something else")),
    })
}

/// One past the last microsecond that FanPulse takes.
const END: i64 = (Day::MAX.days() as i64 + 1) * MICROS_PER_DAY;

/// Days of any size without overflow: beyond the clamp they are out of range all the same.
fn from_days(days: i32) -> i64 {
    i64::from(days.clamp(-100_000_000, 100_000_000)) * MICROS_PER_DAY
}

/// First a pass that the compiler turns into wide instructions; a second one only where something is wrong.
fn fill<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    out: &mut [i64],
    micros: impl Fn(T::Native) -> i64,
    mut meet: impl FnMut(usize, Box<Fault>) -> bool,
    name: &str,
) -> bool {
    let mut wrong = array.null_count() > 0;
    for (out, &v) in out.iter_mut().zip(array.values().iter()) {
        *out = micros(v);
        wrong |= !(0..END).contains(out);
    }
    if !wrong {
        return true;
    }
    (0..array.len()).all(|i| {
        let cell = if array.is_null(i) { Cell::Missing } else { Cell::Time(out[i]) };
        cell::time(cell, name).map_or_else(|fault| meet(i, fault), |_| true)
    })
}

/// Reads values: finite and not negative.
pub(super) fn values(chunk: Chunk<'_>, out: &mut [f64], bad: &mut Bad) -> Result<(), Failure> {
    chunk.each(|rows, array| {
        let numbers = floats(array)?;
        let out = &mut out[rows.clone()];
        let mut wrong = numbers.null_count() > 0;
        for (out, &v) in out.iter_mut().zip(numbers.values().iter()) {
            *out = v + 0.0;
            wrong |= !(0.0..=f64::MAX).contains(&v);
        }
        if !wrong {
            return Ok(true);
        }
        Ok((0..numbers.len()).all(|i| {
            let read = cell::value(number(&numbers, i), chunk.name);
            let fault = match read {
                Ok(Some(_)) => return true,
                Ok(None) => Fault::missing(chunk.name),
                Err(fault) => fault,
            };
            bad.meet(rows.start + i, fault)
        }))
    })
}

/// Reads counts: whole, not negative, NaN where nothing stands.
pub(super) fn counts(chunk: Chunk<'_>, out: &mut [f64], bad: &mut Bad) -> Result<(), Failure> {
    each_number(chunk, out, bad, |cell| cell::count(cell, chunk.name))
}

/// Reads how many events each row stands for; 1 where nothing stands.
pub(super) fn event_counts(chunk: Chunk<'_>, out: &mut [u32], bad: &mut Bad) -> Result<(), Failure> {
    each_number(chunk, out, bad, |cell| fan_event::times(cell, chunk.name))
}

/// Reads numbers between 0 and a bound, NaN where nothing stands.
pub(super) fn bounded(chunk: Chunk<'_>, out: &mut [f64], bound: Bound, bad: &mut Bad) -> Result<(), Failure> {
    each_number(chunk, out, bad, |cell| fan_event::bounded(cell, chunk.name, bound))
}

fn each_number<T>(chunk: Chunk<'_>, out: &mut [T], bad: &mut Bad, read: impl Fn(Cell<'_>) -> Result<T, Box<Fault>>) -> Result<(), Failure> {
    chunk.each(|rows, array| {
        let numbers = floats(array)?;
        for (i, out) in out[rows.clone()].iter_mut().enumerate() {
            match read(number(&numbers, i)) {
                Ok(found) => *out = found,
                Err(fault) => {
                    if !bad.meet(rows.start + i, fault) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    })
}

/// The numbers as floating point, whatever they were.
pub(super) fn floats(array: &ArrayRef) -> Result<PrimitiveArray<Float64Type>, Failure> {
    match array.as_primitive_opt::<Float64Type>() {
        Some(floats) => Ok(floats.clone()),
        None => Ok(cast(array, &DataType::Float64)?.as_primitive().clone()),
    }
}

#[inline]
pub(super) fn number(numbers: &PrimitiveArray<Float64Type>, i: usize) -> Cell<'static> {
    if numbers.is_null(i) { Cell::Missing } else { Cell::Number(numbers.value(i)) }
}
