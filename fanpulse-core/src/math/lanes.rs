//! Sums in a fixed order of eight lanes, so that every vector width gives the same bits.

/// Lanes of every reduction.
pub(crate) const LANES: usize = 8;

/// Adds the lanes up in a fixed tree.
#[inline(always)]
pub(crate) fn reduce(a: [f64; LANES]) -> f64 {
    // Seen as eight neighbouring stores, the lanes make the compiler vectorise the loop that fills them; seen as
    // eight terms of a sum they would not.
    let a = std::hint::black_box(a);
    let mut b = [0.0; 4];
    for l in 0..4 {
        b[l] = a[l] + a[l + 4];
    }
    (b[0] + b[2]) + (b[1] + b[3])
}

/// The sum of at least eight values. The last lane group overlaps the one before, with what is counted already
/// struck out, so that no element is left to a scalar loop.
#[inline(always)]
pub(crate) fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for l in 0..LANES {
            lanes[l] += chunk[l];
        }
    }
    if let Some(tail) = values.last_chunk::<LANES>() {
        let keep = &FROM_END[rest.len()];
        for l in 0..LANES {
            lanes[l] += tail[l] * keep[l];
        }
    }
    reduce(lanes)
}

/// Row n keeps the first n lanes.
pub(crate) const FIRST: [[f64; LANES]; LANES + 1] = mask(false);
/// Row n keeps the last n lanes.
const FROM_END: [[f64; LANES]; LANES + 1] = mask(true);

const fn mask(from_end: bool) -> [[f64; LANES]; LANES + 1] {
    let mut rows = [[0.0; LANES]; LANES + 1];
    let mut n = 0;
    while n <= LANES {
        let mut l = 0;
        while l < n {
            rows[n][if from_end { LANES - 1 - l } else { l }] = 1.0;
            l += 1;
        }
        n += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_adds_up() {
        for n in 8..70_u32 {
            let values: Vec<f64> = (1..=n).map(f64::from).collect();
            assert_eq!(sum(&values), f64::from(n * (n + 1) / 2), "{n}");
        }
    }
}
