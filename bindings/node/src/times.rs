//! Times that JavaScript gave, and how the engine reads them.

use std::borrow::Cow;

use fanpulse_core::ingest::Times;
use fanpulse_core::{Day, Error, Instant};
use napi::bindgen_prelude::{BigInt64Array, Float64Array, Int32Array, Uint8Array};
use napi_derive::napi;
use rayon::prelude::*;

use crate::columns::ROWS;
use crate::error::{Failure, Outcome};

/// A column of times, in the one of the forms that is given.
#[napi(object, object_to_js = false)]
pub struct TimeColumn {
    /// UTC days since 1970-01-01.
    pub days: Option<Int32Array>,
    /// Milliseconds since 1970-01-01T00:00:00Z, as JavaScript's `Date` has them; fractions count.
    pub millis: Option<Float64Array>,
    /// The same as whole numbers.
    pub big_millis: Option<BigInt64Array>,
    /// Microseconds since then, whole.
    pub micros: Option<Float64Array>,
    /// Texts of 20 bytes each, most of them like `2026-03-28T10:00:00Z`; they stand for as many of the first rows, `micros` for the others.
    pub stamps: Option<Uint8Array>,
}

/// Times before this, March 1973, are older than anything that is measured: they are in another unit.
pub(crate) const TOO_EARLY: f64 = 1e11;

/// Bytes of a stamp.
pub(crate) const STAMP: usize = 20;

impl TimeColumn {
    /// Times that were text: stamps, and microseconds of all rows, which count where there is no stamp.
    pub(crate) fn texts(&self) -> (&[[u8; STAMP]], &[f64]) {
        (self.stamps.as_deref().unwrap_or_default().as_chunks().0, self.micros.as_deref().unwrap_or_default())
    }

    /// The times as the engine reads them; days are borrowed.
    pub(crate) fn read(&self, table: &'static str, column: &'static str) -> Outcome<TimesRead<'_>> {
        if let Some(days) = &self.days {
            return Ok(TimesRead::Days(days));
        }
        if self.micros.is_some() || self.stamps.is_some() {
            // Read from text, which leaves no doubt about the unit.
            let (stamps, micros) = self.texts();
            let one = |(row, stamp): (usize, &[u8; STAMP])| {
                let text = std::str::from_utf8(stamp).unwrap_or_default();
                let read = text.parse::<Instant>().map(Instant::micros);
                read.map_err(|e| Failure::at(table, row, column, format!("'{text}'"), &e))
            };
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within the times that are allowed")]
            let others = micros.iter().skip(stamps.len()).map(|&m| Ok(m as i64));
            return stamps.iter().enumerate().map(one).chain(others).collect::<Outcome<_>>().map(TimesRead::Micros);
        }
        if let Some(millis) = &self.big_millis {
            #[expect(clippy::cast_precision_loss, reason = "exact within the times that are allowed")]
            return read_millis(millis, |&m| m as f64, |&m| m as f64 * 1000.0, table, column);
        }
        let millis: &[f64] = self.millis.as_deref().unwrap_or_default();
        read_millis(millis, |&m| m, |&m| (m * 1000.0).round(), table, column)
    }
}

fn read_millis<'a, T: Sync + Copy>(
    times: &[T],
    millis: impl Fn(&T) -> f64 + Sync,
    micros: impl Fn(&T) -> f64 + Sync,
    table: &'static str,
    column: &'static str,
) -> Outcome<TimesRead<'a>> {
    #[expect(clippy::cast_possible_truncation, reason = "out of range saturates, which is refused below")]
    let read: Vec<i64> = times.par_iter().with_min_len(ROWS).map(|t| micros(t) as i64).collect();
    let bad = read.par_iter().with_min_len(ROWS).position_first(|&t| Instant::try_new(t).is_err());
    let bad = bad.or_else(|| times.iter().position(|t| millis(t).is_nan()));
    let unit = |row: usize, like: &str| {
        let value = millis(&times[row]).to_string();
        let message = format!("{value} looks like {like}; milliseconds since 1970-01-01 are wanted");
        Failure::of(table, Some(row), column, &message, Some(value))
    };
    if let Some(row) = bad {
        let value = millis(&times[row]);
        if value >= 1e14 {
            return Err(unit(row, if value >= 1e17 { "nanoseconds" } else { "microseconds" }));
        }
        let reason = if value.is_nan() {
            Error::invalid("NaN is not a time")
        } else {
            Instant::try_new(read[row]).err().unwrap_or_else(|| Error::invalid("not a time"))
        };
        return Err(Failure::at(table, row, column, value, &reason));
    }
    let latest = read.par_iter().with_min_len(ROWS).max();
    #[expect(clippy::cast_precision_loss, reason = "a comparison")]
    if let Some(&latest) = latest.filter(|&&t| (t as f64) < TOO_EARLY * 1000.0) {
        return Err(unit(read.iter().position(|&t| t == latest).unwrap_or(0), "seconds"));
    }
    Ok(TimesRead::Micros(read))
}

/// Times that the engine can borrow.
pub(crate) enum TimesRead<'a> {
    Days(&'a [i32]),
    Micros(Vec<i64>),
}

impl<'a> TimesRead<'a> {
    pub(crate) fn times(&self) -> Times<'_> {
        match self {
            Self::Days(days) => Times::Days(days),
            Self::Micros(micros) => Times::Micros(micros),
        }
    }

    /// Days, each that of its instant.
    pub(crate) fn into_days(self) -> Cow<'a, [i32]> {
        match self {
            Self::Days(days) => Cow::Borrowed(days),
            Self::Micros(micros) => {
                let day = |&t: &i64| Instant::try_new(t).map_or(i32::MIN, |t| t.day().days());
                micros.par_iter().with_min_len(ROWS).map(day).collect::<Vec<_>>().into()
            }
        }
    }

    pub(crate) fn micros(&self, table: &'static str, column: &'static str) -> Outcome<Cow<'_, [i64]>> {
        match self {
            Self::Micros(micros) => Ok(Cow::Borrowed(micros)),
            Self::Days(days) => {
                let one = |(row, &day): (usize, &i32)| {
                    Day::try_new(day).map(|d| Instant::from(d).micros()).map_err(|e| Failure::at(table, row, column, day, &e))
                };
                days.iter().enumerate().map(one).collect::<Outcome<Vec<i64>>>().map(Cow::Owned)
            }
        }
    }

    pub(crate) fn shown(&self, row: usize) -> String {
        match self {
            Self::Days(days) => Day::try_new(days[row]).map_or_else(|_| days[row].to_string(), |d| d.to_string()),
            Self::Micros(micros) => Instant::try_new(micros[row]).map_or_else(|_| micros[row].to_string(), |t| t.to_string()),
        }
    }
}
