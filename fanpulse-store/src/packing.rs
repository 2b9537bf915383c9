//! Numbers packed into bytes: what the blocks of observations, fan events and summaries are made of.
//!
//! Integers are LEB128, signed ones zigzag first. A column of runs holds the difference to the run before, and the
//! run's length less one. A packed value ends with the CRC-32 of what stands before (4 bytes, little-endian).

use crate::{Error, Result};

/// Above this, floating point skips integers.
pub(crate) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Ends a packed value with its checksum.
pub(crate) fn sealed(mut out: Vec<u8>) -> Vec<u8> {
    out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
    out
}

/// What stands before the checksum, which fits, and behind the version, which is the known one.
///
/// # Errors
/// `internal` where the bytes are not what was packed.
pub(crate) fn opened(bytes: &[u8], version: u8) -> Result<&[u8]> {
    let Some((content, sum)) = bytes.split_last_chunk::<4>() else { return Err(damaged()) };
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return Err(damaged());
    }
    let mut rest = content;
    match byte(&mut rest)? {
        found if found == version => Ok(rest),
        found => Err(Error::internal(format!("a stored block has version {found}; use the newer fanpulse that wrote it"))),
    }
}

#[cold]
pub(crate) fn damaged() -> Error {
    Error::internal("a stored block is damaged: its checksum does not fit; `fanpulse doctor` says what to do")
}

pub(crate) const fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)).cast_unsigned()
}

pub(crate) const fn unzigzag(v: u64) -> i64 {
    (v >> 1).cast_signed() ^ -(v & 1).cast_signed()
}

pub(crate) fn put(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push((v & 0x7f) as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

pub(crate) fn put_runs(out: &mut Vec<u8>, values: impl Iterator<Item = i64>) {
    let (mut before, mut run) = (0, None::<(i64, u64)>);
    let mut end = |out: &mut Vec<u8>, (value, len): (i64, u64)| {
        put(out, zigzag(value.wrapping_sub(std::mem::replace(&mut before, value))));
        put(out, len - 1);
    };
    for value in values {
        match &mut run {
            Some((v, len)) if *v == value => *len += 1,
            _ => {
                if let Some(run) = run.replace((value, 1)) {
                    end(out, run);
                }
            }
        }
    }
    if let Some(run) = run {
        end(out, run);
    }
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn byte(rest: &mut &[u8]) -> Result<u8> {
    let (first, after) = rest.split_first().ok_or_else(damaged)?;
    *rest = after;
    Ok(*first)
}

#[inline]
pub(crate) fn integer(rest: &mut &[u8]) -> Result<u64> {
    let mut v = 0;
    for shift in (0..64).step_by(7) {
        let b = byte(rest)?;
        v |= u64::from(b & 0x7f) << shift;
        if b < 0x80 {
            return Ok(v);
        }
    }
    Err(damaged())
}

/// The next `len` bytes.
pub(crate) fn bytes<'a>(rest: &mut &'a [u8], len: u64) -> Result<&'a [u8]> {
    let len = usize::try_from(len).ok().filter(|len| *len <= rest.len()).ok_or_else(damaged)?;
    let (taken, after) = rest.split_at(len);
    *rest = after;
    Ok(taken)
}

pub(crate) fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str> {
    let len = integer(rest)?;
    std::str::from_utf8(bytes(rest, len)?).map_err(|_| damaged())
}

/// Reads a column of runs value by value.
pub(crate) struct Runs<'a> {
    rest: &'a [u8],
    value: i64,
    left: u64,
}

impl<'a> Runs<'a> {
    /// The column of `len` values that begins here; leaves `rest` behind it.
    pub(crate) fn skip(rest: &mut &'a [u8], len: u64) -> Result<Self> {
        let column = Self { rest, value: 0, left: 0 };
        let mut seen = 0_u64;
        while seen < len {
            integer(rest)?;
            seen = seen.checked_add(integer(rest)?).and_then(|s| s.checked_add(1)).ok_or_else(damaged)?;
        }
        if seen == len { Ok(column) } else { Err(damaged()) }
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Result<i64> {
        if self.left == 0 {
            self.value = self.value.wrapping_add(unzigzag(integer(&mut self.rest)?));
            self.left = integer(&mut self.rest)? + 1;
        }
        self.left -= 1;
        Ok(self.value)
    }
}

/// How a column of reals is kept: as whole numbers, as millionths, or as the bits of each.
const WHOLE: u8 = 1;
const MILLIONTHS: u8 = 2;
const BITS: u8 = 3;
/// Every value is NaN.
const NONE: u8 = 0;

/// Puts a column of reals of at least 0, NaN = unknown, which come back to the bit.
pub(crate) fn put_reals(out: &mut Vec<u8>, values: impl Iterator<Item = f64> + Clone) {
    let known = || values.clone().filter(|v| !v.is_nan());
    // The sign of a zero would be lost.
    let scaled = |scale: f64| {
        move |v: f64| v.is_sign_positive() && (v * scale).round() <= EXACT && ((v * scale).round() / scale).to_bits() == v.to_bits()
    };
    let (mode, scale) = match () {
        () if known().next().is_none() => (NONE, 0.0),
        () if known().all(scaled(1.0)) => (WHOLE, 1.0),
        () if known().all(scaled(1e6)) => (MILLIONTHS, 1e6),
        () => (BITS, 0.0),
    };
    out.push(mode);
    #[expect(clippy::cast_possible_truncation, reason = "checked: a whole number that is not too large")]
    match mode {
        NONE => {}
        BITS => put_runs(out, values.map(|v| v.to_bits().cast_signed())),
        _ => put_runs(out, values.map(|v| if v.is_nan() { -1 } else { (v * scale).round() as i64 })),
    }
}

/// Reads a column of reals value by value.
pub(crate) struct Reals<'a> {
    mode: u8,
    runs: Runs<'a>,
}

impl<'a> Reals<'a> {
    /// The column of `len` values that begins here; leaves `rest` behind it.
    pub(crate) fn skip(rest: &mut &'a [u8], len: u64) -> Result<Self> {
        match byte(rest)? {
            NONE => Ok(Self { mode: NONE, runs: Runs { rest: &[], value: 0, left: 0 } }),
            mode @ (WHOLE | MILLIONTHS | BITS) => Ok(Self { mode, runs: Runs::skip(rest, len)? }),
            _ => Err(damaged()),
        }
    }

    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "packed from an f64")]
    pub(crate) fn next(&mut self) -> Result<f64> {
        if self.mode == NONE {
            return Ok(f64::NAN);
        }
        let value = self.runs.next()?;
        Ok(match self.mode {
            BITS => f64::from_bits(value.cast_unsigned()),
            _ if value < 0 => f64::NAN,
            MILLIONTHS => value as f64 / 1e6,
            _ => value as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_come_back_to_the_bit() {
        let nan = f64::NAN;
        let columns: [&[f64]; 8] = [
            &[],
            &[nan, nan],
            &[0.0, 187.0, nan, EXACT],
            &[9.99, nan, 0.000_001, 12.5],
            &[0.1 + 0.2, nan],
            &[f64::MIN_POSITIVE, 1e12],
            &[-0.0, 1.0],
            &[1e300, 0.5],
        ];
        for column in columns {
            let mut out = Vec::new();
            put_reals(&mut out, column.iter().copied());
            let mut rest = out.as_slice();
            let mut reals = Reals::skip(&mut rest, column.len() as u64).unwrap();
            assert!(rest.is_empty());
            for expected in column {
                let value = reals.next().unwrap();
                assert!(value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan(), "{value} for {expected}");
            }
        }
    }

    #[test]
    fn prices_take_few_bytes() {
        let mut out = Vec::new();
        put_reals(&mut out, (0..1000).map(|i| 9.99 + f64::from(i % 3)));
        assert!(out.len() < 6 * 1000, "{} bytes", out.len());
    }
}
