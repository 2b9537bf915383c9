//! Settings of the learned breakout and of the features it reads from a chart.

use serde::{Deserialize, Serialize};

use super::within;
use crate::{Error, Result};

/// How much an example of the rarer class counts in training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// Every example counts 1.
    Equal,
    /// Both classes count the same in sum.
    Balanced,
    /// A positive example counts this much, > 0, a negative one 1.
    Positive(f64),
}

/// How raw probabilities are brought in line with what happened in the calibration slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationMethod {
    /// They are left as they are.
    Identity,
    /// A logistic curve through the log-odds.
    Platt,
    /// A monotone step function, linear between its steps.
    Isotonic,
    /// The best of the three by cross-validated log loss within the calibration slice; the raw probabilities stay
    /// where none is better by more than a standard error, since a small slice would rather add error than take it away.
    Auto,
}

/// Learned breakout (`scoring.md` §5): training, calibration and evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearnedSettings {
    /// Names of the features to use; empty = all of the training set.
    pub features: Vec<String>,
    /// Penalty on standardised coefficients per example, ≥ 0; `None` = chosen by forward chaining within the training slice.
    pub ridge: Option<f64>,
    /// Weight of the rarer class, default equal. The intercept is corrected for it, so that probabilities stay probabilities.
    pub class_weight: ClassWeight,
    /// Default auto.
    pub calibration: CalibrationMethod,
    /// Standardised features are kept within ± this, 1–1000, default 6.
    pub clip: f64,
    /// Examples that each class needs for training or for calibration, ≥ 2, default 10.
    pub min_class: u32,
    /// Newton steps at most, 1–10,000, default 100.
    pub max_iterations: u32,
    /// Newton steps smaller than this end the fit, default 1e-9.
    pub tolerance: f64,
    /// Resamples behind each 95 % interval, 0–100,000, default 1000; 0 = no intervals.
    pub resamples: u32,
    /// Seed of the resampling, default 1.
    pub seed: u64,
    /// Equally wide bins of the expected calibration error, 2–100, default 10.
    pub bins: u32,
    /// Probability from which the level is high, default 0.8.
    pub high: f64,
    /// Probability from which the level is medium, default 0.5.
    pub medium: f64,
}

impl Default for LearnedSettings {
    fn default() -> Self {
        Self {
            features: Vec::new(),
            ridge: None,
            class_weight: ClassWeight::Equal,
            calibration: CalibrationMethod::Auto,
            clip: 6.0,
            min_class: 10,
            max_iterations: 100,
            tolerance: 1e-9,
            resamples: 1000,
            seed: 1,
            bins: 10,
            high: 0.8,
            medium: 0.5,
        }
    }
}

impl LearnedSettings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("learned.min_class", self.min_class, 2, 1_000_000),
            ("learned.max_iterations", self.max_iterations, 1, 10_000),
            ("learned.resamples", self.resamples, 0, 100_000),
            ("learned.bins", self.bins, 2, 100),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        within("learned.ridge", self.ridge.unwrap_or(0.0), 0.0, 1e6)?;
        if let ClassWeight::Positive(weight) = self.class_weight {
            within("learned.class_weight", weight, 1e-6, 1e6)?;
        }
        within("learned.clip", self.clip, 1.0, 1000.0)?;
        within("learned.tolerance", self.tolerance, 1e-14, 1e-2)?;
        within("learned.high", self.high, 0.0, 1.0)?;
        within("learned.medium", self.medium, 0.0, self.high)
    }
}

/// What is asked of a chart's debuts, and how their features are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChartSettings {
    /// Places of the chart, 10–1000, default 100.
    pub places: u32,
    /// Weeks of a debut that are observed before the prediction, 4–26, default 4.
    pub observe_weeks: u32,
    /// Weeks after those in which the breakout may come, 1–104, default 27: weeks 5 to 31.
    pub horizon_weeks: u32,
    /// A breakout is a place up to this, below `places`, default 10.
    pub top: u32,
    /// Weeks of past moves that a move is compared with, 4–520, default 52.
    pub surprise_weeks: u32,
    /// Bandwidth of that comparison, log-odds of the place, default 0.35.
    pub surprise_bandwidth: f64,
    /// Bandwidth of the rates of success in the place, log-odds, default 0.3.
    pub rate_level_bandwidth: f64,
    /// Bandwidth of the rates of success in the last move, log-odds, default 0.35.
    pub rate_move_bandwidth: f64,
    /// Songs that a rate of success is shrunk by, towards the mean of all, default 3.
    pub rate_prior: f64,
    /// Songs that a rate of success needs, default 100.
    pub rate_min_songs: u32,
}

impl Default for ChartSettings {
    fn default() -> Self {
        Self {
            places: 100,
            observe_weeks: 4,
            horizon_weeks: 27,
            top: 10,
            surprise_weeks: 52,
            surprise_bandwidth: 0.35,
            rate_level_bandwidth: 0.3,
            rate_move_bandwidth: 0.35,
            rate_prior: 3.0,
            rate_min_songs: 100,
        }
    }
}

impl ChartSettings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("chart.places", self.places, 10, 1000),
            ("chart.observe_weeks", self.observe_weeks, 4, 26),
            ("chart.horizon_weeks", self.horizon_weeks, 1, 104),
            ("chart.top", self.top, 1, self.places.saturating_sub(1)),
            ("chart.surprise_weeks", self.surprise_weeks, 4, 520),
            ("chart.rate_min_songs", self.rate_min_songs, 1, 1_000_000),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        within("chart.surprise_bandwidth", self.surprise_bandwidth, 1e-3, 10.0)?;
        within("chart.rate_level_bandwidth", self.rate_level_bandwidth, 1e-3, 10.0)?;
        within("chart.rate_move_bandwidth", self.rate_move_bandwidth, 1e-3, 10.0)?;
        within("chart.rate_prior", self.rate_prior, 1e-3, 1e6)
    }
}

/// What is asked of daily series: growth by a factor over a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrowthSettings {
    /// Days between two examples of one series, 1–366, default 7.
    pub step_days: u32,
    /// Days ahead, 1–366, default 14.
    pub horizon_days: u32,
    /// The factor that is a breakout, > 1, default 1.5.
    pub factor: f64,
    /// Present days per week that a mean needs, 1–7, default 3.
    pub min_week_days: u32,
    /// Pairs of days that steadiness and surprise need, 1–28, default 5.
    pub min_pairs: u32,
}

impl Default for GrowthSettings {
    fn default() -> Self {
        Self { step_days: 7, horizon_days: 14, factor: 1.5, min_week_days: 3, min_pairs: 5 }
    }
}

impl GrowthSettings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("growth.step_days", self.step_days, 1, 366),
            ("growth.horizon_days", self.horizon_days, 1, 366),
            ("growth.min_week_days", self.min_week_days, 1, 7),
            ("growth.min_pairs", self.min_pairs, 1, 28),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        within("growth.factor", self.factor, 1.0, 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_bad_fields_are_named() {
        LearnedSettings::default().validate().unwrap();
        ChartSettings::default().validate().unwrap();
        let error = LearnedSettings { ridge: Some(-1.0), ..LearnedSettings::default() }.validate().unwrap_err();
        assert_eq!(error.to_string(), "learned.ridge is -1, outside 0 to 1000000");
        let error = ChartSettings { top: 100, ..ChartSettings::default() }.validate().unwrap_err();
        assert_eq!(error.to_string(), "chart.top is 100, outside 1 to 99");
        let error = LearnedSettings { class_weight: ClassWeight::Positive(f64::NAN), ..LearnedSettings::default() };
        assert_eq!(error.validate().unwrap_err().to_string(), "learned.class_weight is NaN, outside 0.000001 to 1000000");
    }
}
