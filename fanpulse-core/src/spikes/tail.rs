//! Tail probabilities of counts, as normal deviates.

use crate::math::{exp_m1, ln};

/// eˣ, the argument kept where the exponential is defined.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    exp_m1(x.clamp(-690.0, 690.0)) + 1.0
}

/// The normal deviate whose upper tail has probability `p`, for `p` ≤ ½ (at most 37).
///
/// # Formula
/// Abramowitz and Stegun 26.2.23: absolute error below 4.5e-4.
pub(super) fn deviate_of_upper_tail(p: f64) -> f64 {
    let t = (-2.0 * ln(p.clamp(1e-300, 0.5))).sqrt();
    t - (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)))
}

/// P(X > x) + ½ P(X = x) for a count X with mean μ > 0 and variance μ + α μ²: negative binomial, Poisson at α = 0.
///
/// # Formula
/// The recurrence P(k+1)/P(k) = μ/(μ + r) · (r + k)/(k + 1) with r = 1/α. Half of P(x) makes a discrete tail
/// exceed a level as often as a continuous one does on average. Beyond 40 standard deviations the value is that at 40.
pub(super) fn mid_upper_tail(x: f64, mean: f64, dispersion: f64) -> f64 {
    let sd = (mean + dispersion * mean * mean).sqrt();
    let x = x.min((mean + 40.0 * sd + 100.0).floor());
    // P(k+1)/P(k) = (a + b k)/(k + 1)
    let shrink = 1.0 + dispersion * mean;
    let (a, b) = (mean / shrink, dispersion * mean / shrink);
    let mut p = if dispersion < 1e-6 { exp(-mean) } else { exp(-ln(1.0 + dispersion * mean) / dispersion) };
    let mut k = 0.0;
    while k < x {
        p *= (a + b * k) / (k + 1.0);
        k += 1.0;
    }
    let mut tail = 0.5 * p;
    loop {
        p *= (a + b * k) / (k + 1.0);
        k += 1.0;
        tail += p;
        if p <= 1e-12 * tail || k > x + 10_000.0 {
            return tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_of_the_normal_table() {
        for (p, z) in [(0.5, 0.0), (0.05, 1.644_854), (0.01, 2.326_348), (0.001, 3.090_232), (1e-6, 4.753_424), (1e-9, 5.997_807)] {
            assert!((deviate_of_upper_tail(p) - z).abs() < 4.6e-4, "{p}");
        }
    }

    #[test]
    fn tails_of_poisson_and_negative_binomial() {
        // scipy.stats: poisson.sf(k, mu) + poisson.pmf(k, mu)/2; nbinom with n = 1/alpha, p = 1/(1 + alpha mu).
        for (x, mean, dispersion, want) in TABLE {
            let got = mid_upper_tail(x, mean, dispersion);
            assert!((got / want - 1.0).abs() < 1e-9, "{x} {mean} {dispersion}: {got}");
        }
    }

    const TABLE: [(f64, f64, f64, f64); 5] = [
        (3.0, 0.2, 0.0, 6.026607428101e-04),
        (20.0, 10.0, 0.0, 2.521301318857e-03),
        (40.0, 12.0, 0.0, 1.005308965048e-10),
        (9.0, 2.0, 1.0, 2.167691239479e-02),
        (60.0, 14.0, 0.3, 3.390092883454e-04),
    ];
}
