//! Columns of times as days or as microseconds, borrowed where they are.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use fanpulse_core::ingest::Times;
use fanpulse_core::time::MICROS_PER_DAY;
use fanpulse_core::{Day, Error, Instant};
use rayon::prelude::*;

use super::text::{Texts, coded};
use super::{Column, Naive, PIECE, scan};

/// The end of the first year that FanPulse takes. A column that ends before it holds times in another unit than it says.
pub(super) const YEAR: i64 = 365 * MICROS_PER_DAY;
/// The first microsecond that FanPulse does not take.
const END: i64 = (Day::MAX.days() as i64 + 1) * MICROS_PER_DAY;

/// A column of times.
#[derive(Clone)]
pub(crate) enum TimeColumn {
    Days(ScalarBuffer<i32>),
    Micros(ScalarBuffer<i64>),
}

impl TimeColumn {
    pub(crate) fn times(&self) -> Times<'_> {
        match self {
            Self::Days(days) => Times::Days(days),
            Self::Micros(micros) => Times::Micros(micros),
        }
    }

    /// As UTC days.
    pub(crate) fn days(self) -> ScalarBuffer<i32> {
        match self {
            Self::Days(days) => days,
            #[expect(clippy::cast_possible_truncation, reason = "checked: at most Day::MAX")]
            Self::Micros(micros) => {
                micros.par_iter().with_min_len(PIECE).map(|m| m.div_euclid(MICROS_PER_DAY) as i32).collect::<Vec<_>>().into()
            }
        }
    }
}

/// Reads a column of times, every one within the days that FanPulse takes.
///
/// # Errors
/// `invalid` for another type, a null, a time without a zone, or a time that is out of range.
pub(crate) fn times(column: &Column) -> Result<TimeColumn, Error> {
    column.complete()?;
    match &column.data_type {
        DataType::Date32 => dates(column),
        DataType::Date64 => micros::<Date64Type>(column, |v| v.saturating_mul(1_000)),
        DataType::Timestamp(unit, zone) => {
            if zone.is_none() && column.naive == Naive::Refuse && column.len() > 0 {
                return Err(naive(column));
            }
            let read = match unit {
                TimeUnit::Second => micros::<TimestampSecondType>(column, |v| v.saturating_mul(1_000_000)),
                TimeUnit::Millisecond => micros::<TimestampMillisecondType>(column, |v| v.saturating_mul(1_000)),
                TimeUnit::Microsecond => micros::<TimestampMicrosecondType>(column, |v| v),
                TimeUnit::Nanosecond => micros::<TimestampNanosecondType>(column, |v| v.div_euclid(1_000)),
            }?;
            in_its_unit(column, &read)?;
            Ok(read)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => written(column),
        DataType::Int64 | DataType::Int32 | DataType::UInt64 | DataType::Float64 if column.len() > 0 => {
            Err(column.wrong_type("a time: a number does not say its unit; cast it to a timestamp with a zone, or to a date"))
        }
        _ if column.len() == 0 => Ok(TimeColumn::Days(Vec::new().into())),
        _ => Err(column.wrong_type("a date, a timestamp with a zone, or text")),
    }
}

fn naive(column: &Column) -> Error {
    column.wrong_type("a time with a zone; give the column its zone, or pass naive='utc' where it is UTC already")
}

pub(super) fn joined<T: ArrowPrimitiveType>(column: &Column) -> ScalarBuffer<T::Native> {
    let values = |chunk: &ArrayRef| -> ScalarBuffer<T::Native> {
        let array: &PrimitiveArray<T> = chunk.as_primitive();
        array.values().clone()
    };
    match &column.chunks[..] {
        [only] => values(only),
        several => {
            let mut all = Vec::with_capacity(column.len());
            several.iter().for_each(|chunk| all.extend_from_slice(&values(chunk)));
            all.into()
        }
    }
}

fn dates(column: &Column) -> Result<TimeColumn, Error> {
    let days = joined::<Date32Type>(column);
    let good = |d: i32| (0..=Day::MAX.days()).contains(&d);
    if !days.par_chunks(PIECE).all(|piece| scan::days_within(piece, Day::MAX.days())) {
        let row = days.iter().position(|&d| !good(d)).unwrap_or(0);
        let e = Day::try_new(days[row]).map_or_else(|e| e.message().to_owned(), |d| d.to_string());
        return Err(column.fault(row, e));
    }
    Ok(TimeColumn::Days(days))
}

fn micros<T: ArrowPrimitiveType<Native = i64>>(column: &Column, convert: impl Fn(i64) -> i64 + Sync) -> Result<TimeColumn, Error> {
    let raw = joined::<T>(column);
    let good = |v: i64| (0..END).contains(&convert(v));
    let as_they_are = matches!(column.data_type, DataType::Timestamp(TimeUnit::Microsecond, _));
    let within = |piece: &[i64]| if as_they_are { scan::times_within(piece, END) } else { piece.iter().all(|&v| good(v)) };
    if !raw.par_chunks(PIECE).all(within) {
        let row = raw.iter().position(|&v| !good(v)).unwrap_or(0);
        let e = Instant::try_new(convert(raw[row])).map_or_else(|e| e.message().to_owned(), |t| t.to_string());
        return Err(column.fault(row, format!("{e}; is {} its unit?", column.data_type)));
    }
    if as_they_are {
        return Ok(TimeColumn::Micros(raw));
    }
    Ok(TimeColumn::Micros(raw.par_iter().with_min_len(PIECE).map(|&v| convert(v)).collect::<Vec<_>>().into()))
}

/// Refuses seconds that are said to be milliseconds, and the like: they all fall into 1970.
fn in_its_unit(column: &Column, read: &TimeColumn) -> Result<(), Error> {
    let TimeColumn::Micros(micros) = read else { return Ok(()) };
    let Some(latest) = micros.par_chunks(PIECE).map(scan::latest).max() else { return Ok(()) };
    if latest >= YEAR {
        return Ok(());
    }
    let row = micros.iter().position(|m| *m == latest).unwrap_or(0);
    let shown = Instant::try_new(latest).map_or_else(|_| latest.to_string(), |t| t.to_string());
    Err(column.fault(row, format!("{shown} is the latest time, all are in 1970; {} is probably not their unit", column.data_type)))
}

/// Times written as text, each distinct one read once.
fn written(column: &Column) -> Result<TimeColumn, Error> {
    let mut all = vec![0_i64; column.len()];
    let mut rest = &mut all[..];
    for chunk in coded(column)? {
        let (out, after) = rest.split_at_mut(chunk.keys.len());
        rest = after;
        let texts = Texts::of(chunk.values.as_ref()).ok_or_else(|| column.wrong_type("text"))?;
        let read: Vec<Result<i64, Error>> =
            (0..chunk.values.len()).into_par_iter().map(|i| texts.get(i).parse::<Instant>().map(Instant::micros)).collect();
        for (i, slot) in out.iter_mut().enumerate() {
            match read.get(chunk.keys.get(i)) {
                Some(Ok(micros)) => *slot = *micros,
                Some(Err(e)) => return Err(column.fault(chunk.first_row + i, e.message())),
                None => return Err(column.fault(chunk.first_row + i, "dictionary index out of range")),
            }
        }
    }
    Ok(TimeColumn::Micros(all.into()))
}
