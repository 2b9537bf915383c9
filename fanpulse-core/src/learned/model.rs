//! A trained model: prediction with drivers, and the model file.

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::card::ModelCard;
use super::inputs::Inputs;
use super::set::{Example, TrainingSet};
use super::standard::Scale;
use crate::scores::{Breakout, Level};
use crate::{Error, Result};

/// What a model file says it is.
pub const MODEL_FORMAT: &str = "fanpulse-breakout";
/// Version of the model file that this release writes and reads.
pub const MODEL_VERSION: u32 = 1;

/// One feature of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFeature {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: String,
    /// What it measures.
    pub meaning: String,
    /// Mean over the training slice, in its own unit.
    pub mean: f64,
    /// Standard deviation over the training slice, in its own unit.
    pub sd: f64,
    /// Share of the training slice without it, 0–1.
    pub missing: f64,
    /// Log-odds per standard deviation.
    pub coefficient: f64,
    /// Standard error of the coefficient.
    pub standard_error: f64,
}

/// What one feature adds to a prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Driver {
    /// The feature's name.
    pub feature: String,
    /// Its value, in its own unit; `None` = missing, which adds nothing.
    pub value: Option<f64>,
    /// What it adds to the raw log-odds, against the average of the training slice. The contributions and the
    /// intercept add up to the raw log-odds.
    pub contribution: f64,
}

/// A learned prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// Calibrated, 0–1.
    pub probability: f64,
    /// The band it falls in.
    pub level: Level,
    /// Before calibration.
    pub log_odds: f64,
    /// The largest contribution first; as many as the model has features.
    pub drivers: Vec<Driver>,
}

/// A logistic model of a breakout (`scoring.md` §5): standardised features, coefficients, calibration, and its card.
///
/// What it reads is part of it ([`LogisticBreakout::inputs`]): one trained on component scores stands behind
/// [`crate::scores::BreakoutModel`] as a [`super::ComponentBreakout`], one trained on daily series or on a chart predicts the
/// artists of a data set from those.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticBreakout {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) features: Vec<ModelFeature>,
    pub(super) intercept: f64,
    pub(super) intercept_standard_error: f64,
    pub(super) clip: f64,
    pub(super) calibration: Calibration,
    pub(super) high: f64,
    pub(super) medium: f64,
    pub(super) card: ModelCard,
}

impl LogisticBreakout {
    /// The features it reads, in the order of [`LogisticBreakout::predict`].
    #[must_use]
    pub fn features(&self) -> &[ModelFeature] {
        &self.features
    }

    /// Log-odds of an example whose every feature is average.
    #[must_use]
    pub const fn intercept(&self) -> f64 {
        self.intercept
    }

    /// How raw log-odds become probabilities.
    #[must_use]
    pub const fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Where it comes from and how good it is.
    #[must_use]
    pub const fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Where its features come from.
    #[must_use]
    pub const fn inputs(&self) -> &Inputs {
        &self.card.task.inputs
    }

    /// The prediction in the form of every breakout; NaN = missing.
    pub(super) fn breakout(&self, values: &[f64]) -> Breakout {
        let probability = self.calibration.probability(self.log_odds(values.iter().copied()));
        let contributions: Vec<f64> = self.contributions(values.iter().copied()).collect();
        let drivers = self.features.iter().zip(&contributions).map(|(f, &c)| (f.name.clone().into(), c > 0.0)).collect();
        Breakout { probability, level: self.level(probability), model: "logistic", drivers, contributions }
    }

    fn scale(feature: &ModelFeature) -> Scale {
        Scale { mean: feature.mean, sd: feature.sd, missing: feature.missing }
    }

    /// Contribution of each feature to the log-odds.
    fn contributions<'a>(&'a self, values: impl Iterator<Item = f64> + 'a) -> impl Iterator<Item = f64> + 'a {
        self.features.iter().zip(values).map(|(f, x)| f.coefficient * Self::scale(f).apply(x, self.clip))
    }

    pub(super) fn log_odds(&self, values: impl Iterator<Item = f64>) -> f64 {
        self.intercept + self.contributions(values).sum::<f64>()
    }

    fn level(&self, probability: f64) -> Level {
        if probability >= self.high {
            Level::High
        } else if probability >= self.medium {
            Level::Medium
        } else {
            Level::Low
        }
    }

    /// The prediction for features in the order of [`LogisticBreakout::features`]; NaN = missing.
    ///
    /// # Errors
    /// `invalid` where their number differs or one is infinite.
    pub fn predict(&self, values: &[f64]) -> Result<Prediction> {
        if values.len() != self.features.len() {
            return Err(Error::invalid(format!("{} features given where the model has {}", values.len(), self.features.len())));
        }
        if let Some((f, x)) = self.features.iter().zip(values).find(|(_, x)| x.is_infinite()) {
            return Err(Error::invalid(format!("feature `{}` is {x}, not finite", f.name)));
        }
        let log_odds = self.log_odds(values.iter().copied());
        let probability = self.calibration.probability(log_odds);
        let driver = |((f, &x), contribution): ((&ModelFeature, &f64), f64)| Driver {
            feature: f.name.clone(),
            value: (!x.is_nan()).then_some(x),
            contribution,
        };
        let mut drivers: Vec<Driver> =
            self.features.iter().zip(values).zip(self.contributions(values.iter().copied())).map(driver).collect();
        drivers.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()).then_with(|| a.feature.cmp(&b.feature)));
        Ok(Prediction { probability, level: self.level(probability), log_odds, drivers })
    }

    /// Where the model's features stand among a set's columns.
    ///
    /// # Errors
    /// `not_found` where the set lacks one.
    pub fn columns(&self, set: &TrainingSet) -> Result<Vec<usize>> {
        let find = |f: &ModelFeature| {
            set.features()
                .iter()
                .position(|g| g.name == f.name)
                .ok_or_else(|| Error::new(crate::ErrorKind::NotFound, format!("the examples have no feature `{}`", f.name)))
        };
        self.features.iter().map(find).collect()
    }

    /// The prediction for an example of a set.
    ///
    /// # Errors
    /// `not_found` where the set lacks a feature of the model.
    pub fn predict_example(&self, set: &TrainingSet, example: &Example) -> Result<Prediction> {
        let columns = self.columns(set)?;
        self.predict(&columns.into_iter().map(|c| example.features[c]).collect::<Vec<f64>>())
    }

    /// Calibrated probabilities of examples of a set, in their order.
    ///
    /// # Errors
    /// `not_found` where the set lacks a feature of the model.
    pub fn probabilities(&self, set: &TrainingSet, examples: &[&Example]) -> Result<Vec<f64>> {
        let columns = self.columns(set)?;
        let one = |e: &&Example| self.calibration.probability(self.log_odds(columns.iter().map(|&c| e.features[c])));
        Ok(examples.iter().map(one).collect())
    }

    /// The model file: JSON with format, version, coefficients and the card.
    ///
    /// # Errors
    /// `internal` where a number is not finite, which training rules out.
    pub fn to_json(&self) -> Result<String> {
        self.validate()?;
        serde_json::to_string_pretty(self)
            .map_err(|e| Error::new(crate::ErrorKind::Internal, "the model could not be written as JSON").caused_by(e))
    }

    /// Reads a model file; the model predicts what the written one did, bit for bit.
    ///
    /// # Errors
    /// `invalid` where the file is not a model of this version or a number in it is out of range.
    pub fn from_json(json: &str) -> Result<Self> {
        /// Read first, so that a file of a later version is told apart from a damaged one.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head =
            serde_json::from_str(json).map_err(|e| Error::invalid("this is no model file: format and version are missing").caused_by(e))?;
        if head.format != MODEL_FORMAT {
            return Err(Error::invalid(format!("model format is `{}`, not `{MODEL_FORMAT}`", head.format)));
        }
        if head.version != MODEL_VERSION {
            return Err(Error::invalid(format!("model file has version {}, this release reads {MODEL_VERSION}", head.version)));
        }
        let model: Self = serde_json::from_str(json).map_err(|e| Error::invalid(format!("the model file is damaged: {e}")).caused_by(e))?;
        model.validate()?;
        Ok(model)
    }

    fn validate(&self) -> Result<()> {
        for f in &self.features {
            let finite = [f.mean, f.sd, f.missing, f.coefficient, f.standard_error].iter().all(|x| x.is_finite());
            if !finite || f.sd <= 0.0 {
                return Err(Error::invalid(format!("feature `{}` of the model is not finite or has no spread", f.name)));
            }
        }
        if !self.intercept.is_finite() || !(1.0..=1000.0).contains(&self.clip) {
            return Err(Error::invalid(format!("the model's intercept {} or clip {} is out of range", self.intercept, self.clip)));
        }
        if !(0.0..=1.0).contains(&self.high) || !(0.0..=self.high).contains(&self.medium) {
            return Err(Error::invalid(format!("the model's levels {} and {} are not ascending within 0 to 1", self.medium, self.high)));
        }
        self.calibration.validate()
    }
}
