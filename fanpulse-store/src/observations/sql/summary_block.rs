//! The summaries of one week or month of 64 artists packed into one value of the database.
//!
//! # Layout
//! Version (1 byte), number of summaries, then one column after the other, then the checksum, as
//! [`packing`](crate::packing) writes them.

use crate::Result;
use crate::observations::summary::Figures;
use crate::packing::{Reals, Runs, damaged, integer, opened, put, put_reals, put_runs, sealed};

const VERSION: u8 = 1;

/// A series of an artist, in numbers, and what it says.
pub(super) type Row = (u32, u16, Figures);

pub(super) fn pack(rows: &[Row]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 20 + 16);
    out.push(VERSION);
    put(&mut out, rows.len() as u64);
    put_runs(&mut out, rows.iter().map(|(artist, ..)| i64::from(*artist)));
    put_runs(&mut out, rows.iter().map(|(_, component, _)| i64::from(*component)));
    put_runs(&mut out, rows.iter().map(|(.., f)| f.count.cast_signed()));
    let figures: [fn(&Figures) -> f64; 5] = [|f| f.first, |f| f.last, |f| f.min, |f| f.max, |f| f.sum];
    for figure in figures {
        put_reals(&mut out, rows.iter().map(|(.., f)| figure(f)));
    }
    sealed(out)
}

/// # Errors
/// `internal` where the bytes are not what was packed.
pub(super) fn unpack(packed: &[u8], mut take: impl FnMut(Row)) -> Result<()> {
    let mut rest = opened(packed, VERSION)?;
    let len = integer(&mut rest)?;
    let mut artists = Runs::skip(&mut rest, len)?;
    let mut components = Runs::skip(&mut rest, len)?;
    let mut counts = Runs::skip(&mut rest, len)?;
    let mut figures = Vec::with_capacity(5);
    for _ in 0..5 {
        figures.push(Reals::skip(&mut rest, len)?);
    }
    let [first, last, min, max, sum] = figures.as_mut_slice() else { return Err(damaged()) };
    for _ in 0..len {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "packed from these types")]
        let (artist, component) = (artists.next()? as u32, components.next()? as u16);
        let count = counts.next()?.cast_unsigned();
        let figures = Figures { count, first: first.next()?, last: last.next()?, min: min.next()?, max: max.next()?, sum: sum.next()? };
        take((artist, component, figures));
    }
    if rest.is_empty() { Ok(()) } else { Err(damaged()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_to_the_bit() {
        let figures = |value: f64| {
            let mut figures = Figures::of(value);
            figures.add(value * 3.0);
            figures.add(0.1 * value);
            figures
        };
        for rows in [vec![], vec![(3, 1, Figures::of(7.0)), (3, 2, figures(50_000.0)), (u32::MAX, u16::MAX, figures(0.7))]] {
            let packed = pack(&rows);
            let mut back = Vec::new();
            unpack(&packed, |row| back.push(row)).unwrap();
            assert_eq!(back, rows);
            for bit in 0..packed.len() * 8 {
                let mut damaged = packed.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(unpack(&damaged, drop).is_err(), "bit {bit}");
            }
        }
    }
}
