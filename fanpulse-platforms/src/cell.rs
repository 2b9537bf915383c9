//! One cell of a row, whatever the format, and what it is read as.

use fanpulse_core::Instant;
use fanpulse_core::time::MICROS_PER_DAY;

use crate::DropReason;
use crate::error::quoted;
use crate::fault::Fault;

/// A count above this is not exact as a floating-point number.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// What stands in a row under a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    /// Not empty, without space at either end; not checked to be UTF-8.
    Text(&'a [u8]),
    Number(f64),
    /// Microseconds since 1970, not checked to be in range.
    Time(i64),
    /// Something that no column takes, by its name.
    Other(&'static str),
}

impl<'a> Cell<'a> {
    /// The cell that some text is: without the space around it, missing where nothing is left.
    #[inline]
    pub(crate) fn text(bytes: &'a [u8]) -> Self {
        match trimmed(bytes) {
            [] => Self::Missing,
            text => Self::Text(text),
        }
    }
}

/// The bytes without ASCII space at either end.
#[inline]
pub(crate) fn trimmed(bytes: &[u8]) -> &[u8] {
    // Almost no cell begins or ends with space, so this is two comparisons.
    match bytes {
        [first, .., last] if *first > b' ' && *last > b' ' => bytes,
        _ => bytes.trim_ascii(),
    }
}

/// A row of cells, counted as the header counts its columns.
pub(crate) trait Row {
    fn cell(&self, column: usize) -> Cell<'_>;
}

/// Reads a name (an artist's, a platform's), which has to be there.
#[inline]
pub(crate) fn name<'a>(cell: Cell<'a>, column: &str) -> Result<&'a [u8], Box<Fault>> {
    match cell {
        Cell::Text(text) => Ok(text),
        Cell::Missing => Err(Fault::missing(column)),
        Cell::Number(v) => Err(Fault::new(DropReason::BadText, format!("{column}: {v} is a number, not text; put it in quotes"))),
        Cell::Time(_) => Err(Fault::new(DropReason::BadText, format!("{column}: a time is not text"))),
        Cell::Other(what) => Err(Fault::new(DropReason::BadText, format!("{column}: {what} is not text"))),
    }
}

/// The text, once it is known to be UTF-8.
#[inline]
pub(crate) fn utf8<'a>(text: &'a [u8], column: &str) -> Result<&'a str, Box<Fault>> {
    std::str::from_utf8(text).map_err(|e| {
        Fault::new(
            DropReason::InvalidUtf8,
            format!("{column}: {} is not UTF-8 from its byte {} on; save the file as UTF-8", quoted(text), e.valid_up_to() + 1),
        )
    })
}

/// Reads an observation's value: finite and not negative. `None` = nothing stands there.
#[inline]
pub(crate) fn value(cell: Cell<'_>, column: &str) -> Result<Option<f64>, Box<Fault>> {
    match cell {
        Cell::Text(text) => match number(text) {
            Some(v) => in_bounds(v, column, || quoted(text)).map(Some),
            None => Err(not_a_number(text, column)),
        },
        Cell::Missing => Ok(None),
        Cell::Number(v) => in_bounds(v, column, || v.to_string()).map(Some),
        Cell::Time(_) => Err(Fault::new(DropReason::BadNumber, format!("{column}: a time is not a number"))),
        Cell::Other(what) => Err(Fault::new(DropReason::BadNumber, format!("{column}: {what} is not a number"))),
    }
}

/// Reads a post's count: whole, not negative, at most 2⁵³. NaN = unknown.
#[inline]
pub(crate) fn count(cell: Cell<'_>, column: &str) -> Result<f64, Box<Fault>> {
    let Some(v) = value(cell, column)? else { return Ok(f64::NAN) };
    if v.fract() != 0.0 {
        return Err(Fault::new(DropReason::BadNumber, format!("{column}: {v} is not a whole number")));
    }
    if v > MAX_COUNT {
        return Err(Fault::new(DropReason::TooLarge, format!("{column}: {v} is above 2^53")));
    }
    Ok(v)
}

/// The value where it is finite and not negative; never −0.
#[inline]
pub(crate) fn in_bounds(v: f64, column: &str, shown: impl Fn() -> String) -> Result<f64, Box<Fault>> {
    if (0.0..=f64::MAX).contains(&v) {
        return Ok(v + 0.0);
    }
    Err(if v.is_finite() {
        Fault::new(DropReason::Negative, format!("{column}: {} is below 0", shown()))
    } else {
        Fault::new(DropReason::NotFinite, format!("{column}: {} is not a finite number", shown()))
    })
}

/// Reads a decimal number; a run of digits, the usual case, without going through a string.
#[inline]
fn number(text: &[u8]) -> Option<f64> {
    if (1..=15).contains(&text.len()) {
        let mut n = 0_u64;
        let mut digits = true;
        for b in text {
            let digit = b.wrapping_sub(b'0');
            digits &= digit <= 9;
            n = n.wrapping_mul(10).wrapping_add(u64::from(digit));
        }
        if digits {
            #[expect(clippy::cast_precision_loss, reason = "15 digits are exact")]
            return Some(n as f64);
        }
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cold]
fn not_a_number(text: &[u8], column: &str) -> Box<Fault> {
    if let Err(fault) = utf8(text, column) {
        return fault;
    }
    let grouped = text.iter().any(u8::is_ascii_digit) && text.iter().all(|b| b.is_ascii_digit() || b"+-., '".contains(b));
    let hint = if grouped { "; write it without thousands separators and with a decimal point" } else { "" };
    Fault::new(DropReason::BadNumber, format!("{column}: {} is not a number{hint}", quoted(text)))
}

/// Reads a time as microseconds since 1970-01-01T00:00:00Z.
#[inline]
pub(crate) fn time(cell: Cell<'_>, column: &str) -> Result<i64, Box<Fault>> {
    match cell {
        Cell::Text(text) => match canonical_time(text) {
            Some(micros) => Ok(micros),
            None => other_time(text, column),
        },
        Cell::Missing => Err(Fault::missing(column)),
        Cell::Number(v) => {
            Err(Fault::new(DropReason::BadTime, format!("{column}: {v} is a number; write times as RFC 3339 or YYYY-MM-DD")))
        }
        Cell::Time(micros) => Instant::try_new(micros).map(Instant::micros).map_err(|e| bad_time(&e, column)),
        Cell::Other(what) => Err(Fault::new(DropReason::BadTime, format!("{column}: {what} is not a time"))),
    }
}

#[cold]
pub(crate) fn bad_time(e: &fanpulse_core::Error, column: &str) -> Box<Fault> {
    Fault::new(DropReason::BadTime, format!("{column}: {}", e.message()))
}

/// Reads whatever else core takes for a time.
#[cold]
fn other_time(text: &[u8], column: &str) -> Result<i64, Box<Fault>> {
    const LONGEST: usize = 40;
    let shown = utf8(text, column)?;
    if shown.len() > LONGEST || shown.chars().any(char::is_control) {
        return Err(Fault::new(DropReason::BadTime, format!("{column}: {} is not a time", quoted(text))));
    }
    shown.parse::<Instant>().map(Instant::micros).map_err(|e| bad_time(&e, column))
}

/// Reads `YYYY-MM-DD` and `YYYY-MM-DDTHH:MM:SS[.ffffff]Z` of 1970 to 2199; `None` for anything else.
#[inline]
fn canonical_time(text: &[u8]) -> Option<i64> {
    let (date, clock) = text.split_at_checked(10)?;
    let day = canonical_day(date)?;
    let midnight = i64::from(day) * MICROS_PER_DAY;
    if clock.is_empty() { Some(midnight) } else { Some(midnight + canonical_clock(clock)?) }
}

#[inline]
fn canonical_day(s: &[u8]) -> Option<i32> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = s else { return None };
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    if !(1970..=2199).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    // Days from civil date, with years that begin in March (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468)
}

const fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => {
            if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) {
                29
            } else {
                28
            }
        }
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn canonical_clock(s: &[u8]) -> Option<i64> {
    let &[b'T', h0, h1, b':', m0, m1, b':', s0, s1, ref rest @ ..] = s else { return None };
    let (h, m, s) = (two(h0, h1)?, two(m0, m1)?, two(s0, s1)?);
    if h > 23 || m > 59 || s > 59 {
        return None;
    }
    let fraction = match rest {
        b"Z" => 0,
        [b'.', digits @ .., b'Z'] if matches!(digits.len(), 1..=6) && digits.iter().all(u8::is_ascii_digit) => {
            let n = digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0'));
            n * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    Some((i64::from(h) * 3600 + i64::from(m) * 60 + i64::from(s)) * 1_000_000 + fraction)
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i32> {
    let (t, o) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (t <= 9 && o <= 9).then(|| i32::from(t) * 10 + i32::from(o))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanpulse_core::Day;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn canonical_times_read_as_core_reads_them(micros in 0..=i64::from(Day::MAX.days()) * MICROS_PER_DAY, unit in 0_u32..=6) {
            let t = Instant::try_new(micros / 10_i64.pow(unit) * 10_i64.pow(unit)).unwrap();
            prop_assert_eq!(canonical_time(t.to_string().as_bytes()), Some(t.micros()));
            prop_assert_eq!(canonical_time(t.day().to_string().as_bytes()), Some(Instant::from(t.day()).micros()));
        }

        #[test]
        fn what_reads_as_canonical_reads_the_same_in_core(text in "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,7})?Z)?") {
            if let Some(micros) = canonical_time(text.as_bytes()) {
                prop_assert_eq!(text.parse::<Instant>().unwrap().micros(), micros);
            }
        }

        #[test]
        fn numbers_read_as_the_standard_library_reads_them(text in "[-+]?[0-9]{0,18}([.][0-9]{0,4})?(e[0-9])?") {
            prop_assert_eq!(number(text.as_bytes()).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits));
        }
    }

    #[test]
    fn every_day_of_the_range_is_read() {
        for days in 0..=Day::MAX.days() {
            let day = Day::try_new(days).unwrap();
            assert_eq!(canonical_day(day.to_string().as_bytes()), Some(days));
        }
    }
}
