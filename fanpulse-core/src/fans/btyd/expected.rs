//! Repeat days expected of an active fan.

use super::dropout::ActivityParameters;
use super::special::{exp, exp_m1_over, ln_1p, ln_beta};
use crate::math::{exp_m1, ln};

/// Beyond this share of the horizon in the whole time the series is slow.
const MAX_Z: f64 = 0.98;
/// Beyond this the series has terms so large that they cancel.
const MAX_EXPONENT: f64 = 30.0;
const MAX_TERMS: u32 = 4_000;
const TERMS: u32 = 6;
/// Relative to the largest term; a remainder of 10⁻⁵ of it then still has ten digits.
const PRECISION: f64 = 1e-15;
/// How much of the larger part must remain after a subtraction.
const MIN_REMAINDER: f64 = 1e-5;
/// Below this, the integral takes the limit at p = 0 out.
const SMALL_A: f64 = 0.3;

impl ActivityParameters {
    /// Repeat days expected within `horizon` after an `age`, of a fan who is active then and has come back
    /// `frequency` times, ≥ 0. With frequency and age 0: of a new fan.
    ///
    /// # Formula
    /// (a+b'−1)/(a−1) · [1 − ((α+T)/(α+T+t))^(r+x) ₂F₁(r+x, b'; a+b'−1; t/(α+T+t))] with b' = b+x for BG/NBD (Fader,
    /// Hardie, Lee 2005, eq. 10) and b' = b+x+1 for MBG/NBD. By Euler's transformation the bracket is
    /// 1 − (1−z)^(a−1) ₂F₁(a+b'−1−r−x, a−1; a+b'−1; z), which has no power of x, and by taking a − 1 out of both
    /// parts it has no singularity at a = 1 either. Where the series is slow or cancels, the expectation
    /// E[(1 − (1+pτ)^−(r+x))/p] over p ~ Beta(a, b'), τ = t/(α+T), is integrated instead.
    #[must_use]
    pub fn expected_if_alive(&self, frequency: u32, age: f64, horizon: f64) -> f64 {
        let [expected] = self.expected_within(frequency, age, [horizon]);
        expected
    }

    /// The same for several horizons at once, which share the coefficients of the series.
    pub(in crate::fans) fn expected_within<const H: usize>(&self, frequency: u32, age: f64, horizons: [f64; H]) -> [f64; H] {
        let visits = self.r + f64::from(frequency);
        let stays = self.b + f64::from(frequency) + f64::from(self.shift());
        let time = self.alpha + age.max(0.0);
        let by_series = series(self.a, stays, visits, time, &horizons);
        std::array::from_fn(|h| {
            let horizon = horizons[h];
            if !horizon.is_finite() || horizon <= 0.0 || !age.is_finite() {
                return 0.0;
            }
            // An active fan's rate is not above (r+x)/(α+T) on average, since leaving only lowers it.
            let most = visits * (horizon / time);
            by_series[h].unwrap_or_else(|| integral(self.a, stays, visits, horizon / time)).clamp(0.0, most)
        })
    }
}

/// By the hypergeometric series; None where it would be slow or lose digits.
fn series<const H: usize>(a: f64, stays: f64, visits: f64, time: f64, horizons: &[f64; H]) -> [Option<f64>; H] {
    let c = a + stays - 1.0;
    let first = c - visits;
    // ln(1 − z), without forming 1 − z.
    let logs = horizons.map(|horizon| -ln_1p(horizon / time));
    let all = horizons.map(|horizon| horizon / (time + horizon));
    let fit = |h: usize| all[h] <= MAX_Z && ((a - 1.0) * logs[h]).abs() <= MAX_EXPONENT && first >= -MAX_EXPONENT;
    // A horizon that does not fit runs along as one of length 0.
    let z: [f64; H] = std::array::from_fn(|h| if fit(h) { all[h] } else { 0.0 });
    let longest = z.iter().fold(0.0_f64, |m, &v| m.max(v));
    let mut found = [None; H];
    if longest == 0.0 {
        return found;
    }
    // H = C(₂F₁ − 1)/(a − 1), term by term; whether it is done is asked only every few terms.
    let mut term = z.map(|z| first * z);
    let mut sum = term;
    let mut size = term.map(f64::abs);
    let mut k = 1.0;
    for _ in 0..MAX_TERMS / TERMS {
        let mut coefficient = 0.0;
        for _ in 0..TERMS {
            coefficient = (first + k) * (a + k - 1.0) / ((c + k) * (k + 1.0));
            for h in 0..H {
                term[h] *= coefficient * z[h];
                sum[h] += term[h];
                size[h] = size[h].max(term[h].abs());
            }
            k += 1.0;
        }
        // The rest is no longer than a geometric series of the larger of this ratio and its limit, z.
        let limit = |h: usize| (coefficient * z[h]).abs().max(z[h]);
        if (0..H).all(|h| limit(h) < 1.0 && term[h].abs() <= PRECISION * size[h] * (1.0 - limit(h))) {
            for h in (0..H).filter(|&h| fit(h)) {
                let rise = -logs[h] * exp_m1_over((a - 1.0) * logs[h]);
                let (plus, minus) = (rise * (c + (a - 1.0) * sum[h]), sum[h]);
                let value = plus - minus;
                let largest = plus.abs().max(minus.abs()).max(size[h]).max((rise * (a - 1.0) * size[h]).abs());
                found[h] = (value > MIN_REMAINDER * largest).then_some(value);
            }
            return found;
        }
    }
    found
}

/// By the trapezoidal rule on the logit of p, which converges geometrically for an integrand that falls off on both sides.
///
/// The line through g(0) and g(1) is integrated exactly and only the rest by the rule, so that neither a nor b'
/// near 0 makes a long tail.
fn integral(a: f64, stays: f64, visits: f64, tau: f64) -> f64 {
    let mean = a / (a + stays);
    let at_zero = visits * tau;
    // g(p) = (1 − (1+pτ)^−n)/p.
    let g = |p: f64| {
        let log = visits * ln_1p(p * tau);
        if p < 1e-280 { at_zero } else { -exp_m1(-log.min(700.0)) / p }
    };
    let at_one = g(1.0);
    let log_beta = ln_beta(a, stays);
    // Where a is not small the tail towards p = 0 is short, and g(0), which may be huge, would only cancel.
    let at_zero_apart = if a < SMALL_A { at_zero } else { 0.0 };
    let density = |u: f64| {
        // p and 1 − p by the side on which neither loses digits.
        let e = exp(-u.abs());
        let small = e / (1.0 + e);
        let (p, rest) = if u < 0.0 { (small, 1.0 / (1.0 + e)) } else { (1.0 / (1.0 + e), small) };
        let log_small = -u.abs() - ln_1p(e);
        let (log_p, log_rest) = if u < 0.0 { (log_small, -ln_1p(e)) } else { (-ln_1p(e), log_small) };
        exp(a * log_p + stays * log_rest - log_beta) * (g(p) - (at_zero_apart * rest + at_one * p))
    };
    // The bump has the mode a/b' and the width √(1/a + 1/b'), but the rest flattens it where a or b' is small.
    let width = (1.0 / (a + 1.0) + 1.0 / (stays + 1.0)).sqrt();
    let step = (width * 0.25).min(0.125);
    let centre = ln((a + 1.0) / (stays + 1.0));
    let mut sum = density(centre);
    for direction in [-step, step] {
        let (mut u, mut small) = (centre, 0);
        for _ in 0..20_000 {
            u += direction;
            let term = density(u);
            sum += term;
            small = if term.abs() <= 1e-17 * sum.abs() { small + 1 } else { 0 };
            if small > 20 || u.abs() > 690.0 {
                break;
            }
        }
    }
    at_zero_apart * (1.0 - mean) + at_one * mean + sum * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DropoutModel;

    #[test]
    fn series_and_integral_agree_wherever_both_work() {
        let mut compared = 0;
        for a in [1e-3, 0.2, 0.793, 1.0, 1.000_000_1, 2.5, 12.0] {
            for b in [0.05, 0.9, 2.4, 40.0] {
                for x in [0.0, 1.0, 7.0, 300.0, 100_000.0] {
                    for (time, horizon) in [(4.4, 39.0), (400.0, 30.0), (35.0, 365.0)] {
                        let visits = 0.243 + x;
                        let by_integral = integral(a, b + x, visits, horizon / time);
                        if let [Some(by_series)] = series(a, b + x, visits, time, &[horizon]) {
                            compared += 1;
                            let off = (by_series / by_integral - 1.0).abs();
                            assert!(off < 2e-9, "a {a} b {b} x {x} T {time} t {horizon}: {by_series} {by_integral}");
                        }
                    }
                }
            }
        }
        assert!(compared > 300, "{compared}");
    }

    fn check(model: DropoutModel, [a, b, r, alpha]: [f64; 4], (frequency, age, horizon): (u32, f64, f64), want: f64) {
        let got = ActivityParameters { model, r, alpha, a, b }.expected_if_alive(frequency, age, horizon);
        assert!((got / want - 1.0).abs() < 1e-10, "{got} is not {want}");
    }

    #[test]
    fn expectations_match_the_defining_formula_in_forty_digits() {
        use DropoutModel::{BgNbd, MbgNbd};
        // Evaluated with mpmath's hyp2f1; the first line is the published fit of CDNOW for a new customer.
        let cdnow = [0.793, 2.426, 0.243, 4.414];
        check(BgNbd, cdnow, (0, 0.0, 39.0), 1.196_723_193_320_817);
        check(BgNbd, cdnow, (0, 38.86, 39.0), 0.195_098_052_011_262_64);
        check(BgNbd, cdnow, (26, 38.86, 39.0), 18.300_550_978_716_548);
        check(BgNbd, cdnow, (100_000, 100_000.0, 365.0), 364.457_744_396_975_05);
        check(MbgNbd, cdnow, (0, 0.0, 365.0), 5.009_127_026_229_678);
        check(BgNbd, [1.0, 2.4, 0.5, 30.0], (3, 200.0, 365.0), 3.756_323_579_810_917_5);
        check(BgNbd, [12.0, 0.05, 2.5, 3.0], (1, 1.0, 365.0), 1.095_454_329_804_182_8);
        check(MbgNbd, [0.001, 40.0, 0.01, 0.01], (0, 0.0, 365.0), 363.080_454_518_438_4);
        check(BgNbd, [0.2, 0.3, 150.0, 0.5], (2, 9.0, 90.0), 477.149_914_287_302_07);
        check(BgNbd, [80.0, 3.0, 0.7, 2.0], (4, 5.0, 365.0), 1.088_607_582_255_154);
        check(BgNbd, [0.5, 0.4, 0.2, 30.0], (0, 30.0, 90.0), 0.215_853_747_182_914_4);
    }

    #[test]
    fn expectations_are_finite_and_grow_with_the_horizon_for_any_parameters() {
        for &r in &[1e-5, 0.24, 30.0, 1e5] {
            for &alpha in &[1e-5, 4.4, 1e6] {
                for &a in &[1e-5, 0.8, 1.0, 50.0, 1e5] {
                    for &b in &[1e-5, 2.4, 1e5] {
                        for &(x, age) in &[(0, 0.0), (0, 90.0), (3, 90.0), (100_000, 100_000.0)] {
                            let p = ActivityParameters { model: DropoutModel::MbgNbd, r, alpha, a, b };
                            let (short, long) = (p.expected_if_alive(x, age, 30.0), p.expected_if_alive(x, age, 365.0));
                            assert!(short.is_finite() && long.is_finite() && short >= 0.0, "{p:?} {x} {age}: {short} {long}");
                            assert!(long >= short * (1.0 - 1e-6), "{p:?} {x} {age}: {short} {long}");
                        }
                    }
                }
            }
        }
    }
}
