//! Passes over whole columns, compiled for several instruction sets, of which one is chosen at run time. No closures: they would be
//! compiled for the least of the CPUs.

use multiversion::multiversion;

/// Whether every day is from 0 to `last`.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn days_within(days: &[i32], last: i32) -> bool {
    let mut bad = 0;
    for &day in days {
        bad |= u32::from(day.cast_unsigned() > last.cast_unsigned());
    }
    bad == 0
}

/// Whether every time is from 0 to below `end`.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn times_within(times: &[i64], end: i64) -> bool {
    let mut bad = 0;
    for &time in times {
        bad |= u64::from(time < 0) | u64::from(time >= end);
    }
    bad == 0
}

/// The latest time.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn latest(times: &[i64]) -> i64 {
    let mut latest = i64::MIN;
    for &time in times {
        latest = if time > latest { time } else { latest };
    }
    latest
}

/// Whether every count is NaN or a whole number from 0 to 2⁵³.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn are_counts(counts: &[f64]) -> bool {
    /// From here on every float is whole; below, adding it leaves no room for a fraction.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let mut bad = 0_u64;
    for &count in counts {
        let rounded = (count + WHOLE) - WHOLE;
        let fraction = u64::from(rounded != count) & u64::from(count < WHOLE);
        let outside = u64::from(count < 0.0) | u64::from(count > 2.0 * WHOLE);
        bad |= fraction | outside;
    }
    bad == 0
}

/// The highest key.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn highest(keys: &[u32]) -> u32 {
    let mut highest = 0;
    for &key in keys {
        highest = if key > highest { key } else { highest };
    }
    highest
}

/// Whether every key is one below `next`, or is `next` itself, which then is one higher.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn in_order(keys: &[u32], mut next: u32) -> bool {
    for block in keys.chunks(64) {
        // Most blocks hold one key that is not new.
        let mut differ = 0;
        for &key in block {
            differ |= key ^ block[0];
        }
        if differ == 0 && block[0] < next {
            continue;
        }
        for &key in block {
            if key > next {
                return false;
            }
            next += u32::from(key == next);
        }
    }
    true
}

/// Whether no number is below the one before it.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn ascending(numbers: &[u32]) -> bool {
    let mut bad = 0;
    for (a, b) in numbers.iter().zip(&numbers[numbers.len().min(1)..]) {
        bad |= u32::from(a > b);
    }
    bad == 0
}

/// Writes `p·factor + m`; the highest `p` and `m`.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn pairs(p: &[u32], m: &[u32], factor: u32, out: &mut [u16]) -> (u32, u32) {
    let (mut highest_p, mut highest_m) = (0, 0);
    for ((o, &p), &m) in out.iter_mut().zip(p).zip(m) {
        highest_p = if p > highest_p { p } else { highest_p };
        highest_m = if m > highest_m { m } else { highest_m };
        #[expect(clippy::cast_possible_truncation, reason = "below 2^16 where both are in range, which the caller checks")]
        let pair = p.wrapping_mul(factor).wrapping_add(m) as u16;
        *o = pair;
    }
    (highest_p, highest_m)
}

/// The same for keys of a byte.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn byte_pairs(p: &[u8], m: &[u8], factor: u16, out: &mut [u16]) -> (u8, u8) {
    let (mut highest_p, mut highest_m) = (0, 0);
    for ((o, &p), &m) in out.iter_mut().zip(p).zip(m) {
        highest_p = if p > highest_p { p } else { highest_p };
        highest_m = if m > highest_m { m } else { highest_m };
        *o = u16::from(p).wrapping_mul(factor).wrapping_add(u16::from(m));
    }
    (highest_p, highest_m)
}

/// Marks the pairs that occur; rows mostly come in runs.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn mark(codes: &[u16], used: &mut [bool]) {
    for run in codes.chunks(32) {
        let first = run[0];
        let mut differ = 0;
        for &code in run {
            differ |= code ^ first;
        }
        if differ == 0 {
            used[usize::from(first)] = true;
        } else {
            for &code in run {
                used[usize::from(code)] = true;
            }
        }
    }
}

/// Writes integers as floats; whether all are from 0 to below 2⁵², which is exact.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(crate) fn floats_of(integers: &[i64], out: &mut [f64]) -> bool {
    /// 2⁵², whose lowest mantissa bits are the integer that is set in them.
    const UNIT: u64 = 0x4330_0000_0000_0000;
    let mut all = 0;
    for (o, &i) in out.iter_mut().zip(integers) {
        let bits = i.cast_unsigned();
        all |= bits;
        *o = f64::from_bits(bits | UNIT) - f64::from_bits(UNIT);
    }
    all < 1 << 52
}

/// How often a number differs from the one before it.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx2", "x86_64+avx2", "aarch64+neon"))]
pub(crate) fn changes(numbers: &[u32]) -> u32 {
    let mut changes = 0;
    for (a, b) in numbers.iter().zip(&numbers[numbers.len().min(1)..]) {
        changes += u32::from(a != b);
    }
    changes
}
