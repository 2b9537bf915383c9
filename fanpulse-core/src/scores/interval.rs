//! The 90 % interval of the momentum index: closed form, deterministic, without branches.
//!
//! The limits of velocity and acceleration are pushed through their curves and added up by MOVER, the method
//! of variance estimates recovery for correlated estimates (Zou & Donner 2008, Statistics in Medicine 27),
//! together with the variance of the risen share and its covariance with both.

use crate::features::MomentumFeatures;
use crate::math::exp_m1;
use crate::settings::MomentumSettings;

/// 95 % quantile of the standard normal distribution, and the terms that make it Student's t with ν degrees
/// of freedom: (z³+z)/4 and (5z⁵+16z³+3z)/96 (Abramowitz & Stegun 26.7.5).
const Z: f64 = 1.645;
const T_1: f64 = 1.524;
const T_2: f64 = 1.42;

/// Degrees of freedom per squared second difference and per squared change of the 7-day change
/// (Satterthwaite: 2E²/Var of the correlated squares).
const DF_SECOND: f64 = 0.52;
const DF_WEEKLY: f64 = 0.5;

/// The noise blind to the weekday is used from so many samples on.
const MIN_WEEKLY_SAMPLES: f64 = 8.0;

/// Below this noise the index is exact.
const SIGMA_ZERO: f64 = 1e-9;

/// What the interval is made of.
pub(super) struct IntervalInput<'a> {
    pub(super) f: &'a MomentumFeatures,
    pub(super) s: &'a MomentumSettings,
    /// Velocity and earlier velocity, % per day, and their difference.
    pub(super) v: f64,
    pub(super) u: f64,
    pub(super) a: f64,
    pub(super) velocity_score: f64,
    pub(super) acceleration_known: f64,
    pub(super) no_far: bool,
    pub(super) index: f64,
    /// Σ of the weights behind the index.
    pub(super) total: f64,
    pub(super) window: f64,
}

#[inline(always)]
fn at_least(x: f64, low: f64) -> f64 {
    if x > low { x } else { low }
}

#[inline(always)]
fn clamp_week(x: f64) -> f64 {
    let x = at_least(x, 0.0);
    (if x < 7.0 { x } else { 7.0 }) / 7.0
}

/// The interval's ends, NaN where the noise is not known.
///
/// # Formula
/// With the limits Aₗ, Aᵤ of the weighted velocity score, Bₗ, Bᵤ of the weighted acceleration score, C that of
/// the weighted risen share, r the correlation of velocity and acceleration, and D the covariance terms of the
/// risen share: MI − √(Aₗ² + Bₗ² + C² + 2(r·Aₗ·Bₗ + Dᵥ·Aₗ + Dₐ·Bₗ))/Σw, and likewise upwards.
///
/// Coverage on simulated artists (growth −0.5 to 2 % a day, noise 0.05–1 %): see `tests/suite/interval.rs`.
#[inline(always)]
pub(super) fn interval(i: &IntervalInput<'_>) -> (f64, f64) {
    let (f, s) = (i.f, i.s);
    let weekly = f.weekly_noise_samples >= MIN_WEEKLY_SAMPLES;
    let variance = if weekly { f.weekly_noise_variance } else { f.noise_variance };
    let df = if weekly { DF_WEEKLY * f.weekly_noise_samples } else { DF_SECOND * f.noise_samples };
    let sigma = variance.sqrt();
    let exact = sigma < SIGMA_ZERO;
    let variance = if exact { SIGMA_ZERO } else { variance };
    let q = (Z + T_1 / df + T_2 / (df * df)) * sigma;

    // Standard errors of velocity and acceleration per unit of σ, and their correlation (delta method).
    let (n1, n2) = (1.0 / f.days_1, 1.0 / f.days_2);
    let nk = if i.no_far { 0.0 } else { 1.0 / f.days_far };
    let k = if i.no_far { 3.0 } else { f.far };
    let c = (100.0 + i.v) / 7.0;
    let b = (100.0 + i.u) / (7.0 * (k - 2.0));
    let rv = c * (n1 + n2).sqrt();
    let ra = (c * c * n1 + (c + b) * (c + b) * n2 + b * b * nk).sqrt();
    let r = (c * c * n1 + c * (c + b) * n2) / (rv * ra);

    let al = s.velocity_weight * (i.velocity_score - s.velocity_curve.at(i.v - q * rv));
    let au = s.velocity_weight * (s.velocity_curve.at(i.v + q * rv) - i.velocity_score);
    let wa = if i.no_far { 0.0 } else { s.acceleration_weight };
    let bl = wa * (i.acceleration_known - s.acceleration_curve.at(i.a - q * ra));
    let bu = wa * (s.acceleration_curve.at(i.a + q * ra) - i.acceleration_known);

    // Variance of the risen share: P(risen) = Φ(h) for the weekly growth over √2σ; pairs that share a day
    // have correlation −½. The observed share rules where growth changed its sign within the window.
    let steps = if i.no_far { 1.0 } else { k - 1.0 };
    let weekly_growth = 0.07 * if i.no_far { i.v } else { (i.v + (k - 2.0) * i.u) / steps };
    let tau = (n1 + if i.no_far { n2 } else { nk }) / (2.0 * steps * steps);
    let h2 = weekly_growth * weekly_growth / (2.0 * variance) / (1.0 + 2.0 * tau);
    let h2 = if h2 < 1400.0 { h2 } else { 1400.0 };
    let e = 1.0 + exp_m1(-0.5 * h2);
    let p = f.risen;
    let x = at_least(0.25 * e / (1.0 + h2 / 8.0), p * (1.0 - p));
    let phi = at_least(0.398_942_28 * e, 1.5 * x);
    let vp = at_least(x / f.pairs - 2.0 * f.chains * x * x * (1.0 + 4.0 / 3.0 * x) / (f.pairs * f.pairs), 0.0);
    let no_p = p.is_nan();
    let wc = Z * 10.0 * if no_p { 0.0 } else { s.consistency_weight };
    let cc = if no_p { 0.0 } else { wc * vp.sqrt() };
    let t = if no_p { 0.0 } else { wc * std::f64::consts::FRAC_1_SQRT_2 * phi / f.pairs };
    // How much of week 2 and of week k lies among the first seven days.
    let o2 = clamp_week(21.0 - i.window);
    let ok = clamp_week(7.0 * k + 7.0 - i.window);
    let dv = t * c * (1.0 + o2) / rv;
    let da = if i.no_far { 0.0 } else { at_least(t * (c + (c + b) * o2 - b * ok) / ra, 0.0) };

    let side = |a: f64, b: f64| (a * a + b * b + cc * cc + 2.0 * (r * a * b + dv * a + da * b)).sqrt() / i.total;
    let low = at_least(i.index - side(al, bl), 0.0);
    let high = i.index + side(au, bu);
    let high = if high < 10.0 { high } else { 10.0 };
    let known = !(sigma + df).is_nan();
    let low = if exact { i.index } else { low };
    let high = if exact { i.index } else { high };
    (if known { low } else { f64::NAN }, if known { high } else { f64::NAN })
}
