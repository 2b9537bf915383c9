//! Sums in a fixed order of eight lanes, so that every vector width gives the same bits.

/// Lanes of every reduction.
pub(crate) const LANES: usize = 8;

/// Adds the lanes up in a fixed tree.
#[inline(always)]
pub(crate) fn reduce(a: [f64; LANES]) -> f64 {
    ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
}

/// The sum of the values, element i in lane i mod 8.
#[inline(always)]
pub(crate) fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for l in 0..LANES {
            lanes[l] += chunk[l];
        }
    }
    for (lane, v) in lanes.iter_mut().zip(rest) {
        *lane += v;
    }
    reduce(lanes)
}
