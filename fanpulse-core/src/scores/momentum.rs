//! Momentum index, 0–10 (`scoring.md` §3).

use serde::Serialize;

use super::ComponentScore;
use super::fan_value::weighted;
use super::interval::{IntervalInput, interval};
use crate::error::Insufficient;
use crate::features::MomentumFeatures;
use crate::math::{exp_m1, ln};
use crate::settings::MomentumSettings;

/// What a momentum index says in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// [0, 3).
    Declining,
    /// [3, 5).
    Stable,
    /// [5, 7).
    Growing,
    /// [7, 9).
    RapidGrowth,
    /// [9, 10].
    Viral,
}

impl Status {
    /// The status of an index, with the bounds of the settings.
    #[must_use]
    pub fn of(index: f64, settings: &MomentumSettings) -> Self {
        let all = [Self::Declining, Self::Stable, Self::Growing, Self::RapidGrowth, Self::Viral];
        all[settings.status_bounds.iter().filter(|&&bound| index >= bound).count()]
    }

    /// The status as it is written in files and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declining => "declining",
            Self::Stable => "stable",
            Self::Growing => "growing",
            Self::RapidGrowth => "rapid_growth",
            Self::Viral => "viral",
        }
    }
}

/// A momentum index and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Momentum {
    /// 0–10.
    pub index: f64,
    /// The index in a word.
    pub status: Status,
    /// Σ of the weights of the components with data.
    pub coverage: f64,
    /// 90 % interval of the index, within 0–10; `None` where the noise cannot be estimated.
    pub interval90: Option<(f64, f64)>,
    /// Standard error of velocity, % per day; `None` where the noise cannot be estimated.
    pub velocity_se: Option<f64>,
    /// The components with data.
    pub components: Vec<ComponentScore>,
    /// What acceleration and consistency add to the index where they are not available and count as neutral;
    /// with it the contributions add up to the index.
    pub neutral_contribution: f64,
}

/// Makes a momentum index of an artist's features.
pub trait MomentumModel: Send + Sync {
    /// The index of one artist.
    ///
    /// # Errors
    /// [`Insufficient`] where the last two weeks have too few days.
    fn momentum(&self, features: &MomentumFeatures) -> Result<Momentum, Insufficient>;
}

/// FanPulse's published weighting.
///
/// # Formula
/// MI = Σ wᵢsᵢ / Σ wᵢ of velocity, acceleration, consistency and viral potential.
#[derive(Debug, Clone)]
pub struct WeightedMomentum {
    settings: MomentumSettings,
    window_days: u32,
}

impl WeightedMomentum {
    /// The weighting with these settings, for a window of so many days.
    #[must_use]
    pub const fn new(settings: MomentumSettings, window_days: u32) -> Self {
        Self { settings, window_days }
    }
}

/// The built-in index as plain numbers; NaN = not available.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MomentumScores {
    pub(crate) index: f64,
    pub(crate) coverage: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) velocity_se: f64,
    pub(crate) velocity: f64,
    pub(crate) velocity_score: f64,
    pub(crate) acceleration: f64,
    pub(crate) acceleration_score: f64,
    pub(crate) consistency_score: f64,
    pub(crate) viral_potential_score: f64,
}

/// The built-in index, without branches.
#[inline(always)]
pub(crate) fn momentum(f: &MomentumFeatures, s: &MomentumSettings, window: f64) -> MomentumScores {
    // A stand-in for what is missing keeps the logarithm within its domain; the result is struck out below.
    let none = (f.week_1 + f.week_2).is_nan();
    let no_far = f.week_far.is_nan();
    let m1 = if none { 1.0 } else { f.week_1 };
    let m2 = if none { 1.0 } else { f.week_2 };
    let mk = if none | no_far { m2 } else { f.week_far };
    let far = if no_far { 3.0 } else { f.far };

    let v = 100.0 * exp_m1(ln(m1 / m2) / 7.0);
    let u = 100.0 * exp_m1(ln(m2 / mk) / (7.0 * (far - 2.0)));
    let a = v - u;
    let velocity_score = s.velocity_curve.at(v);
    let acceleration_known = s.acceleration_curve.at(a);
    let acceleration_score = if no_far { f64::NAN } else { acceleration_known };
    let consistency_score = 10.0 * f.risen;
    let by_excess = s.excess_curve.at(f.excess);
    let by_share = s.viral_share_curve.at(f.viral_share);
    let potential = if by_excess > by_share { by_excess } else { by_share };
    let viral_potential_score = if f.excess.is_nan() { f64::NAN } else { potential };

    // Acceleration and consistency that are not available count as neutral, viral potential not at all.
    let a_used = if no_far { s.neutral_score } else { acceleration_known };
    let c_used = if f.risen.is_nan() { s.neutral_score } else { consistency_score };
    let (wvp, vp_used) = weighted(s.viral_potential_weight, viral_potential_score);
    let total = s.velocity_weight + s.acceleration_weight + s.consistency_weight + wvp;
    let sum = s.velocity_weight * velocity_score + s.acceleration_weight * a_used + s.consistency_weight * c_used + vp_used;
    let index = sum / total;
    let index = if index < 10.0 { index } else { 10.0 };
    let coverage = s.velocity_weight
        + if no_far { 0.0 } else { s.acceleration_weight }
        + if f.risen.is_nan() { 0.0 } else { s.consistency_weight }
        + wvp;

    let per_day = (100.0 + v) / 7.0;
    let velocity_se = per_day * (f.noise_variance * (1.0 / f.days_1 + 1.0 / f.days_2)).sqrt();
    let (low, high) = interval(&IntervalInput { f, s, v, u, a, velocity_score, acceleration_known, no_far, index, total, window });

    let strike = |x: f64| if none { f64::NAN } else { x };
    MomentumScores {
        index: strike(index),
        coverage: strike(coverage),
        low: strike(low),
        high: strike(high),
        velocity_se: strike(velocity_se),
        velocity: strike(v),
        velocity_score: strike(velocity_score),
        acceleration: if no_far { f64::NAN } else { strike(a) },
        acceleration_score: strike(acceleration_score),
        consistency_score: strike(consistency_score),
        viral_potential_score: strike(viral_potential_score),
    }
}

impl MomentumScores {
    /// The index with its parts.
    pub(crate) fn assemble(&self, f: &MomentumFeatures, s: &MomentumSettings) -> Result<Momentum, Insufficient> {
        if self.index.is_nan() {
            let have = if f.days_1 < f.days_2 { f.days_1 } else { f.days_2 };
            return Err(Insufficient { have, need: f64::from(s.min_week_days) });
        }
        let parts = [
            ("velocity", self.velocity, self.velocity_score, s.velocity_weight),
            ("acceleration", self.acceleration, self.acceleration_score, s.acceleration_weight),
            ("consistency", f.risen, self.consistency_score, s.consistency_weight),
            ("viral_potential", f.excess, self.viral_potential_score, s.viral_potential_weight),
        ];
        let has_viral_potential = !self.viral_potential_score.is_nan();
        let total = s.velocity_weight
            + s.acceleration_weight
            + s.consistency_weight
            + if has_viral_potential { s.viral_potential_weight } else { 0.0 };
        let components = parts
            .into_iter()
            .filter(|p| !p.2.is_nan())
            .map(|(name, raw, score, weight)| ComponentScore { name, raw, score, weight, contribution: weight * score / total })
            .collect();
        let neutral = |missing: bool, weight: f64| if missing { weight * s.neutral_score / total } else { 0.0 };
        Ok(Momentum {
            neutral_contribution: neutral(self.acceleration_score.is_nan(), s.acceleration_weight)
                + neutral(self.consistency_score.is_nan(), s.consistency_weight),
            index: self.index,
            status: Status::of(self.index, s),
            coverage: self.coverage,
            interval90: (!self.low.is_nan()).then_some((self.low, self.high)),
            velocity_se: (!self.velocity_se.is_nan()).then_some(self.velocity_se),
            components,
        })
    }
}

impl MomentumModel for WeightedMomentum {
    fn momentum(&self, features: &MomentumFeatures) -> Result<Momentum, Insufficient> {
        momentum(features, &self.settings, f64::from(self.window_days)).assemble(features, &self.settings)
    }
}
