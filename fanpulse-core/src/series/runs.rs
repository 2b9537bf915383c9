//! What is asked of whole runs of rows at once, in loops that vectorise: where a run ends, whether its values are valid.

use crate::ingest::{ObservationColumns, Times};
use crate::math::LANES;
use crate::time::MICROS_PER_DAY;

/// How many rows from `start` on have its component and consecutive days. The guess, the run before, is
/// checked as a whole first, which vectorises.
#[inline(always)]
pub(super) fn run_length(c: &ObservationColumns<'_>, start: usize, end: usize, guess: usize) -> usize {
    let guess = guess.min(end - start);
    let code = c.component[start];
    let mut run = 1;
    if guess > 1 && same(&c.component[start..start + guess], code) && guess_holds(&c.time, start, guess) {
        run = guess;
    }
    let step = match c.time {
        Times::Days(_) => 1,
        Times::Micros(_) => MICROS_PER_DAY,
    };
    while start + run < end && c.component[start + run] == code && c.time.key(start + run).wrapping_sub(c.time.key(start + run - 1)) == step
    {
        run += 1;
    }
    run
}

#[inline(always)]
fn same(codes: &[u16], code: u16) -> bool {
    let mut bad = 0;
    for &c in codes {
        bad |= c ^ code;
    }
    bad == 0
}

#[inline(always)]
fn guess_holds(time: &Times<'_>, start: usize, len: usize) -> bool {
    match time {
        Times::Days(days) => {
            let days = &days[start..start + len];
            let mut want = days[0];
            let mut bad = 0;
            for &day in days {
                bad |= day ^ want;
                want = want.wrapping_add(1);
            }
            bad == 0
        }
        Times::Micros(micros) => {
            let micros = &micros[start..start + len];
            let mut want = micros[0];
            let mut bad = 0;
            for &t in micros {
                bad |= t ^ want;
                want = want.wrapping_add(MICROS_PER_DAY);
            }
            bad == 0
        }
    }
}

/// Whether all are finite and not negative: as bits, below those of infinity. −0 is left to the slower path.
#[inline(always)]
pub(super) fn all_valid(values: &[f64]) -> bool {
    const INFINITY: u64 = 0x7FF0_0000_0000_0000;
    let mut bad = 0;
    for v in values {
        bad |= u64::from(v.to_bits() >= INFINITY);
    }
    bad == 0
}

/// Whether an artist has the component at all: one without a value counts for nothing.
#[inline(always)]
pub(super) fn has_any(days: &[f64]) -> bool {
    match days.last() {
        Some(last) if !last.is_nan() => true,
        _ => days.iter().any(|v| !v.is_nan()),
    }
}

/// Whether all are missing, or finite and not negative. By the extremes, which step over NaN: two instructions
/// for a group of lanes, where the comparisons themselves would be rewritten as tests of the bits.
#[inline(always)]
pub(crate) fn all_valid_or_missing(values: &[f64]) -> bool {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let (mut lowest, mut highest) = ([0.0; LANES], [0.0; LANES]);
    for chunk in chunks {
        widen(chunk, &mut lowest, &mut highest);
    }
    // The last lanes overlap the ones before, which is cheaper than a loop over the rest.
    match values.last_chunk::<LANES>() {
        Some(tail) => widen(tail, &mut lowest, &mut highest),
        None => {
            let mut tail = [0.0; LANES];
            tail[..rest.len()].copy_from_slice(rest);
            widen(&tail, &mut lowest, &mut highest);
        }
    }
    let mut bad = false;
    for l in 0..LANES {
        bad |= (lowest[l] < 0.0) | (highest[l] == f64::INFINITY);
    }
    !bad
}

#[inline(always)]
fn widen(values: &[f64; LANES], lowest: &mut [f64; LANES], highest: &mut [f64; LANES]) {
    for l in 0..LANES {
        let v = values[l];
        lowest[l] = if v < lowest[l] { v } else { lowest[l] };
        highest[l] = if v > highest[l] { v } else { highest[l] };
    }
}
