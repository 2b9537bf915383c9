//! Breakout by indicators (`scoring.md` §5).

use std::borrow::Cow;

use serde::Serialize;

use crate::settings::BreakoutSettings;

/// How near a breakout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Probability below 0.5.
    Low,
    /// Probability from 0.5.
    Medium,
    /// Probability from 0.8.
    High,
}

/// A breakout prediction with what drives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Breakout {
    /// 0–1.
    pub probability: f64,
    /// The band it falls in.
    pub level: Level,
    /// Name of the model.
    pub model: &'static str,
    /// Which drivers speak for a breakout, in a fixed order.
    pub drivers: Vec<(Cow<'static, str>, bool)>,
    /// What each driver adds to the log-odds, in the order of `drivers`; empty where the model does not add up.
    pub contributions: Vec<f64>,
}

/// What a breakout is predicted from: the component scores of momentum, 0–10; `None` = not available.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakoutFeatures {
    /// Score of acceleration.
    pub acceleration: Option<f64>,
    /// Score of viral potential.
    pub viral_potential: Option<f64>,
    /// Score of velocity.
    pub velocity: Option<f64>,
    /// Score of consistency.
    pub consistency: Option<f64>,
}

/// Predicts a breakout.
pub trait BreakoutModel: Send + Sync {
    /// The prediction for one artist.
    fn breakout(&self, features: &BreakoutFeatures) -> Breakout;
}

/// Counts how many of four component scores reach their threshold; needs no training data.
#[derive(Debug, Clone, Default)]
pub struct Indicators {
    settings: BreakoutSettings,
}

impl Indicators {
    /// The indicators with these thresholds.
    #[must_use]
    pub const fn new(settings: BreakoutSettings) -> Self {
        Self { settings }
    }
}

/// The probability of the built-in model; a score that is NaN is not met. Without branches.
#[inline(always)]
pub(crate) fn probability(acceleration: f64, viral_potential: f64, velocity: f64, consistency: f64, s: &BreakoutSettings) -> f64 {
    let met = |score: f64, threshold: f64| if score >= threshold { 1.0 } else { 0.0 };
    let n = met(acceleration, s.acceleration)
        + met(viral_potential, s.viral_potential)
        + met(velocity, s.velocity)
        + met(consistency, s.consistency);
    let mut p = s.probabilities[0];
    p = if n >= 1.0 { s.probabilities[1] } else { p };
    p = if n >= 2.0 { s.probabilities[2] } else { p };
    p = if n >= 3.0 { s.probabilities[3] } else { p };
    if n >= 4.0 { s.probabilities[4] } else { p }
}

impl BreakoutModel for Indicators {
    fn breakout(&self, features: &BreakoutFeatures) -> Breakout {
        let s = &self.settings;
        let (a, vp) = (features.acceleration.unwrap_or(f64::NAN), features.viral_potential.unwrap_or(f64::NAN));
        let (v, c) = (features.velocity.unwrap_or(f64::NAN), features.consistency.unwrap_or(f64::NAN));
        let probability = probability(a, vp, v, c, s);
        let level = if probability >= s.high {
            Level::High
        } else if probability >= s.medium {
            Level::Medium
        } else {
            Level::Low
        };
        let drivers = vec![
            ("acceleration".into(), a >= s.acceleration),
            ("viral_potential".into(), vp >= s.viral_potential),
            ("velocity".into(), v >= s.velocity),
            ("consistency".into(), c >= s.consistency),
        ];
        Breakout { probability, level, model: "indicators", drivers, contributions: Vec::new() }
    }
}
