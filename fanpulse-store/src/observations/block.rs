//! Many points packed into one value of the database.
//!
//! A row of its own would cost a point 60 bytes and more: PostgreSQL takes 28 for the row itself, and an index
//! entry another 16 or more. Packed, a point of a daily series takes 5 to 10 bytes, and reading it costs no row.
//!
//! # Layout
//! Version (1 byte), number of points, unit of time, then one column after the other, then the checksum, as
//! [`packing`](crate::packing) writes them. Artists, components, origins and recording times are runs. Times are runs
//! of equal steps. Values are differences where all are integers, else eight bytes each.

use super::point::Point;
use crate::Result;
use crate::packing::{EXACT, Runs, byte, damaged, integer, opened, put, put_runs, sealed, unzigzag, zigzag};

const VERSION: u8 = 1;

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
    sealed(out)
}

/// Gives each of the packed points to `take`, in their order.
///
/// # Errors
/// `internal` where the bytes are not what was packed.
pub(super) fn unpack(bytes: &[u8], mut take: impl FnMut(Point)) -> Result<()> {
    let mut rest = opened(bytes, VERSION)?;
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

const fn common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
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
