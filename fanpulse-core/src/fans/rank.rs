//! Ranks among an artist's fans: shares from the top, percentiles.

use rayon::prelude::*;

/// For each of the ascending shares, the value that a fan must reach to be within the top share of the values; ties
/// share the better rank.
///
/// The top 1 % of n fans are ⌈0.01 n⌉ fans, so that it is never empty unless the share is 0.
pub(super) fn thresholds<const N: usize>(values: &mut [f64], shares: [f64; N]) -> [f64; N] {
    let n = values.len();
    let mut best = values;
    let mut cuts = [f64::INFINITY; N];
    // The largest share first: the smaller ones lie within it.
    for (cut, share) in cuts.iter_mut().zip(shares).rev() {
        // A share that is a whole number of fans but for rounding must not count one more.
        let fans = ((share * n as f64 * (1.0 - 1e-12)).ceil() as usize).min(best.len());
        if fans > 0 {
            *cut = *best.select_nth_unstable_by(fans - 1, |a, b| b.total_cmp(a)).1;
        }
        best = &mut best[..fans];
    }
    cuts
}

/// Each value's percentile, 0–100, by mid-rank: the share of lower values plus half that of equal ones, its own among them.
pub(super) fn percentiles(values: impl ExactSizeIterator<Item = f64>, out: &mut [f64]) {
    let n = values.len();
    // Not negative, so that their bits are in their order; the many zeros need no order.
    let mut sorted: Vec<(u64, u32)> =
        values.enumerate().filter(|(_, value)| *value > 0.0).map(|(i, value)| (value.to_bits(), i as u32)).collect();
    sorted.par_sort_unstable();
    let mut below = n - sorted.len();
    out.fill(100.0 * (0.5 * below as f64) / n as f64);
    for ties in sorted.chunk_by(|a, b| a.0 == b.0) {
        let percentile = 100.0 * (below as f64 + 0.5 * ties.len() as f64) / n as f64;
        for &(_, i) in ties {
            out[i as usize] = percentile;
        }
        below += ties.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_share_rounds_up_and_takes_all_ties() {
        let mut values: Vec<f64> = (0..200).map(f64::from).collect();
        assert_eq!(thresholds(&mut values, [0.0, 0.01, 0.05, 1.0]), [f64::INFINITY, 198.0, 190.0, 0.0]);
        assert_eq!(thresholds(&mut [3.0, 1.0, 2.0], [0.01]), [3.0]);
        assert_eq!(thresholds(&mut [5.0; 40], [0.05, 0.15]), [5.0, 5.0]);
        assert_eq!(thresholds(&mut [], [0.05]), [f64::INFINITY]);
    }

    #[test]
    fn percentiles_are_mid_ranks() {
        let mut out = [0.0; 4];
        percentiles([2.0, 0.0, 2.0, 9.0].into_iter(), &mut out);
        assert_eq!(out, [50.0, 12.5, 50.0, 87.5]);
    }
}
