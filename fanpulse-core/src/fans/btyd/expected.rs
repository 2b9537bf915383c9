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
        if !(horizon > 0.0 && age >= 0.0) {
            return 0.0;
        }
        let visits = self.r + f64::from(frequency);
        let stays = self.b + f64::from(frequency) + f64::from(self.shift());
        let time = self.alpha + age;
        // An active fan's rate is not above (r+x)/(α+T) on average, since leaving only lowers it.
        let most = visits * (horizon / time);
        series(self.a, stays, visits, time, horizon).unwrap_or_else(|| integral(self.a, stays, visits, horizon / time)).clamp(0.0, most)
    }
}

/// By the hypergeometric series; None where it would be slow or lose digits.
fn series(a: f64, stays: f64, visits: f64, time: f64, horizon: f64) -> Option<f64> {
    let z = horizon / (time + horizon);
    // ln(1 − z), without forming 1 − z.
    let log = -ln_1p(horizon / time);
    let exponent = (a - 1.0) * log;
    let c = a + stays - 1.0;
    let first = c - visits;
    if z > MAX_Z || exponent.abs() > MAX_EXPONENT || first < -MAX_EXPONENT {
        return None;
    }
    // H = C(₂F₁ − 1)/(a − 1), term by term; whether it is done is asked only every few terms.
    let (mut term, mut sum, mut size, mut k) = (first * z, first * z, (first * z).abs(), 1.0);
    for _ in 0..MAX_TERMS / TERMS {
        let mut ratio = 0.0;
        for _ in 0..TERMS {
            ratio = (first + k) * (a + k - 1.0) * z / ((c + k) * (k + 1.0));
            term *= ratio;
            sum += term;
            size = size.max(term.abs());
            k += 1.0;
        }
        // The rest is no longer than a geometric series of the larger of this ratio and its limit, z.
        let limit = ratio.abs().max(z);
        if limit < 1.0 && term.abs() <= PRECISION * size * (1.0 - limit) {
            let rise = -log * exp_m1_over(exponent);
            let (plus, minus) = (rise * (c + (a - 1.0) * sum), sum);
            let value = plus - minus;
            let largest = plus.abs().max(minus.abs()).max(size).max((rise * (a - 1.0) * size).abs());
            return (value > MIN_REMAINDER * largest).then_some(value);
        }
    }
    None
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
                        if let Some(by_series) = series(a, b + x, visits, time, horizon) {
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
        check(BgNbd, cdnow, (0, 0.0, 39.0), 1.196_723_193_320_816_8);
        check(BgNbd, cdnow, (0, 38.86, 39.0), 0.195_098_052_011_262_64);
        check(BgNbd, cdnow, (26, 38.86, 39.0), 18.300_550_978_716_548);
        check(BgNbd, cdnow, (100_000, 100_000.0, 365.0), 364.457_744_396_975_05);
        check(MbgNbd, cdnow, (0, 0.0, 365.0), 5.009_127_026_229_677_7);
        check(BgNbd, [1.0, 2.4, 0.5, 30.0], (3, 200.0, 365.0), 3.756_323_579_810_917_5);
        check(BgNbd, [12.0, 0.05, 2.5, 3.0], (1, 1.0, 365.0), 1.095_454_329_804_182_8);
        check(MbgNbd, [0.001, 40.0, 0.01, 0.01], (0, 0.0, 365.0), 363.080_454_518_438_37);
        check(BgNbd, [0.2, 0.3, 150.0, 0.5], (2, 9.0, 90.0), 477.149_914_287_302_07);
        check(BgNbd, [80.0, 3.0, 0.7, 2.0], (4, 5.0, 365.0), 1.088_607_582_255_153_9);
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
