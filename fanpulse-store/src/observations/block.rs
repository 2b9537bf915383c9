//! Many points packed into one value of the database.
//!
//! A row of its own would cost a point 60 bytes and more: PostgreSQL takes 28 for the row itself, and an index
//! entry another 16 or more. Packed, a point of a daily series takes 5 to 10 bytes, and reading it costs no row.
//!
//! # Layout
//! Version (1 byte), number of points, unit of time, then one column after the other, then the CRC-32 of all that
//! (4 bytes, little-endian). Integers are LEB128, signed ones zigzag first. Artists, components, origins and
//! recording times are runs: the difference to the run before, and the length less one. Times are runs of equal
//! steps. Values are differences where all are integers, else eight bytes each.

use super::point::Point;
use crate::{Error, Result};

const VERSION: u8 = 1;
/// Above this, floating point skips integers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Packs points, which are sorted by artist, component and time.
pub(super) fn pack(points: &[Point]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 10 + 32);
    out.push(VERSION);
    put(&mut out, points.len() as u64);
    // The largest unit in which all times are whole: a day, mostly.
    let unit = points.iter().fold(0, |unit, p| common_divisor(unit, p.at)).max(1);
    put(&mut out, unit.cast_unsigned());
    put_runs(&mut out, points.iter().map(|p| i64::from(p.artist)));
    put_runs(&mut out, points.iter().map(|p| i64::from(p.component)));
    put_runs(&mut out, points.iter().map(|p| i64::from(p.origin)));
    put_runs(&mut out, points.iter().map(|p| p.recorded));
    let mut before = 0;
    put_runs(&mut out, points.iter().map(|p| p.at / unit - std::mem::replace(&mut before, p.at / unit)));
    let integers = points.iter().all(|p| p.value.fract() == 0.0 && p.value <= EXACT);
    out.push(u8::from(integers));
    let mut before = 0;
    for p in points {
        #[expect(clippy::cast_possible_truncation, reason = "checked: a whole number that is not too large")]
        if integers {
            let value = p.value as i64;
            put(&mut out, zigzag(value - std::mem::replace(&mut before, value)));
        } else {
            out.extend_from_slice(&p.value.to_le_bytes());
        }
    }
    out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
    out
}

/// Gives each of the packed points to `take`, in their order.
///
/// # Errors
/// `internal` where the bytes are not what was packed.
pub(super) fn unpack(bytes: &[u8], mut take: impl FnMut(Point)) -> Result<()> {
    let Some((content, sum)) = bytes.split_last_chunk::<4>() else { return Err(damaged()) };
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return Err(damaged());
    }
    let mut rest = content;
    let version = byte(&mut rest)?;
    if version != VERSION {
        return Err(Error::internal(format!("a block of observations has version {version}; use the newer fanpulse that wrote it")));
    }
    let (len, unit) = (integer(&mut rest)?, integer(&mut rest)?.cast_signed());
    let mut artists = Runs::skip(&mut rest, len)?;
    let mut components = Runs::skip(&mut rest, len)?;
    let mut origins = Runs::skip(&mut rest, len)?;
    let mut recorded = Runs::skip(&mut rest, len)?;
    let mut steps = Runs::skip(&mut rest, len)?;
    let integers = byte(&mut rest)? == 1;
    let (mut at, mut value) = (0_i64, 0_i64);
    for _ in 0..len {
        at = at.wrapping_add(steps.next()?);
        #[expect(clippy::cast_precision_loss, reason = "packed from an f64")]
        let real = if integers {
            value = value.wrapping_add(unzigzag(integer(&mut rest)?));
            value as f64
        } else {
            let (bytes, after) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            rest = after;
            f64::from_le_bytes(*bytes)
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "packed from these types")]
        take(Point {
            artist: artists.next()? as u32,
            component: components.next()? as u16,
            origin: origins.next()? as u16,
            at: at.wrapping_mul(unit),
            recorded: recorded.next()?,
            value: real,
        });
    }
    if rest.is_empty() { Ok(()) } else { Err(damaged()) }
}

#[cold]
fn damaged() -> Error {
    Error::internal("a block of observations is damaged: its checksum does not fit; `fanpulse doctor` says what to do")
}

const fn common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

const fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)).cast_unsigned()
}

const fn unzigzag(v: u64) -> i64 {
    (v >> 1).cast_signed() ^ -(v & 1).cast_signed()
}

fn put(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push((v & 0x7f) as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn put_runs(out: &mut Vec<u8>, values: impl Iterator<Item = i64>) {
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

fn byte(rest: &mut &[u8]) -> Result<u8> {
    let (first, after) = rest.split_first().ok_or_else(damaged)?;
    *rest = after;
    Ok(*first)
}

#[inline]
fn integer(rest: &mut &[u8]) -> Result<u64> {
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

/// Reads a column of runs value by value.
struct Runs<'a> {
    rest: &'a [u8],
    value: i64,
    left: u64,
}

impl<'a> Runs<'a> {
    /// The column of `len` values that begins here; leaves `rest` behind it.
    fn skip(rest: &mut &'a [u8], len: u64) -> Result<Self> {
        let column = Self { rest, value: 0, left: 0 };
        let mut seen = 0_u64;
        while seen < len {
            integer(rest)?;
            seen = seen.checked_add(integer(rest)?).and_then(|s| s.checked_add(1)).ok_or_else(damaged)?;
        }
        if seen == len { Ok(column) } else { Err(damaged()) }
    }

    #[inline]
    fn next(&mut self) -> Result<i64> {
        if self.left == 0 {
            self.value = self.value.wrapping_add(unzigzag(integer(&mut self.rest)?));
            self.left = integer(&mut self.rest)? + 1;
        }
        self.left -= 1;
        Ok(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observations::point::MICROS_PER_DAY;

    fn unpacked(bytes: &[u8]) -> Result<Vec<Point>> {
        let mut points = Vec::new();
        unpack(bytes, |p| points.push(p))?;
        Ok(points)
    }

    fn point(artist: u32, at: i64, value: f64) -> Point {
        Point { artist, component: 3, origin: 2, at, recorded: 1_775_000_000_123_456, value }
    }

    #[test]
    fn what_is_packed_comes_back_to_the_bit() {
        let daily: Vec<Point> =
            (0..3).flat_map(|a| (0..31).map(move |d| point(a, d * MICROS_PER_DAY, (a + 7) as f64 * d as f64))).collect();
        let odd = vec![
            point(0, 0, 0.0),
            point(0, 1, f64::MIN_POSITIVE),
            point(9, 7_258_118_399_999_999, 0.1 + 0.2),
            Point { component: u16::MAX, origin: u16::MAX, ..point(u32::MAX, 5, f64::MAX) },
            Point { recorded: 0, ..point(u32::MAX, 6, 9_007_199_254_740_993.0) },
        ];
        let large = vec![point(1, 0, EXACT), point(1, 1, 0.0), point(1, 2, EXACT)];
        for points in [daily, odd, large, Vec::new()] {
            let bytes = pack(&points);
            let back = unpacked(&bytes).unwrap();
            assert_eq!(back, points);
            assert!(back.iter().zip(&points).all(|(a, b)| a.value.to_bits() == b.value.to_bits()));
        }
    }

    #[test]
    fn a_daily_series_takes_few_bytes_a_point() {
        let points: Vec<Point> = (0..64)
            .flat_map(|a| (0..31).map(move |d| point(a, d * MICROS_PER_DAY, (50_000 + 131 * d + 977 * i64::from(a)) as f64)))
            .collect();
        let bytes = pack(&points).len();
        assert!(bytes < points.len() * 4, "{bytes} bytes for {} points", points.len());
    }

    #[test]
    fn every_damaged_bit_is_noticed() {
        let bytes = pack(&[point(1, 86_400, 5.5), point(2, 86_401, 6.0)]);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unpacked(&damaged).is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(unpacked(&bytes[..len]).is_err(), "cut to {len} bytes");
        }
    }
}
