//! Walk-forward evaluation, ablation and learning curve.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::card::SliceCard;
use super::metrics::{Estimate, Evaluation, auc_gain, evaluate_probabilities, evaluate_ranking};
use super::set::{Example, Slices, TrainingSet};
use super::train::fit;
use crate::math::Draws;
use crate::settings::LearnedSettings;
use crate::{Error, ErrorKind, Result};

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The model, a plain ranking, or the base rate.
    pub name: String,
    /// How good it is.
    pub evaluation: Evaluation,
    /// By how much the model's AUC exceeds it; `None` for the model itself.
    pub auc_gain: Option<Estimate>,
}

/// The model, the set's plain rankings and the base rate on the same examples; the model first.
pub(super) fn compare(
    set: &TrainingSet,
    examples: &[&Example],
    probabilities: &[f64],
    base_rates: &[f64],
    settings: &LearnedSettings,
) -> Result<Vec<Comparison>> {
    let labels: Vec<bool> = examples.iter().map(|e| e.label).collect();
    let model = evaluate_probabilities(probabilities, &labels, settings)?;
    let mut lines = vec![Comparison { name: "learned model".to_owned(), evaluation: model, auc_gain: None }];
    for (j, name) in set.rankings().iter().enumerate() {
        let scores: Vec<f64> = examples.iter().map(|e| e.rankings[j]).collect();
        lines.push(Comparison {
            name: name.clone(),
            evaluation: evaluate_ranking(&scores, &labels, settings)?,
            auc_gain: auc_gain(probabilities, &scores, &labels, settings)?,
        });
    }
    lines.push(Comparison {
        name: "base rate of the training slice".to_owned(),
        evaluation: evaluate_probabilities(base_rates, &labels, settings)?,
        auc_gain: auc_gain(probabilities, base_rates, &labels, settings)?,
    });
    Ok(lines)
}

/// How a walk-forward evaluation moves through time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkForward {
    /// First day of the first test slice.
    pub test_from: NaiveDate,
    /// Examples dated from here on are left out.
    pub test_until: NaiveDate,
    /// Length of each test slice; the model is trained anew for each, months, ≥ 1.
    pub step_months: u32,
    /// Length of the calibration slice before it, months, ≥ 1.
    pub calibrate_months: u32,
}

/// One step of a walk-forward evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The test slice.
    pub test: SliceCard,
    /// The examples it was trained on.
    pub train: SliceCard,
    /// The calibration that was kept.
    pub calibration: String,
    /// AUC on the slice alone; `None` where it has one class.
    pub auc: Option<f64>,
}

/// Result of a walk-forward evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// The model, the plain rankings and the base rate over all steps; the model first.
    pub comparison: Vec<Comparison>,
    /// One per slice with examples.
    pub steps: Vec<Step>,
}

/// Walks forward through time: each slice is predicted by a model that was trained and calibrated only on examples
/// whose label was known when the slice began.
///
/// # Errors
/// `insufficient_data` where the first slice has too little before it, or there is nothing to test; otherwise as [`super::train`].
pub fn backtest(set: &TrainingSet, plan: &WalkForward, settings: &LearnedSettings) -> Result<Backtest> {
    settings.validate()?;
    if plan.step_months == 0 || plan.calibrate_months == 0 || plan.test_from >= plan.test_until {
        return Err(Error::invalid(format!(
            "walk-forward from {} until {} by {} months with {} months of calibration is empty",
            plan.test_from, plan.test_until, plan.step_months, plan.calibrate_months
        )));
    }
    let out_of_range = || Error::invalid(format!("walk-forward from {} leaves the calendar", plan.test_from));
    let (mut from, mut k) = (plan.test_from, 0);
    let (mut examples, mut probabilities, mut base_rates, mut steps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    while from < plan.test_until {
        // Counted from the first day, or the 31st would become the 28th for good.
        k += plan.step_months;
        let until = plan.test_from.checked_add_months(Months::new(k)).ok_or_else(out_of_range)?.min(plan.test_until);
        let calibrate_from = from.checked_sub_months(Months::new(plan.calibrate_months)).ok_or_else(out_of_range)?;
        let cut = Slices { train_from: None, calibrate_from, test_from: from, test_until: Some(until) }.cut(set)?;
        if !cut.test.is_empty() {
            let model = fit(set, &cut, settings)?;
            let p = model.probabilities(set, &cut.test)?;
            let labels: Vec<bool> = cut.test.iter().map(|e| e.label).collect();
            let alone = evaluate_ranking(&p, &labels, &LearnedSettings { resamples: 0, ..settings.clone() })?;
            base_rates.extend(vec![model.card.train.base_rate(); p.len()]);
            probabilities.extend(p);
            examples.extend(cut.test);
            steps.push(Step {
                test: model.card.test,
                train: model.card.train,
                calibration: model.card.calibration,
                auc: alone.auc.map(|a| a.value),
            });
        }
        from = until;
    }
    if examples.is_empty() {
        let message = format!("there is no example from {} until {}", plan.test_from, plan.test_until);
        return Err(Error::new(ErrorKind::InsufficientData, message));
    }
    Ok(Backtest { comparison: compare(set, &examples, &probabilities, &base_rates, settings)?, steps })
}

/// What a family of features is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ablation {
    /// The family.
    pub family: String,
    /// Test slice, trained without the family; `None` where nothing is left.
    pub without: Option<Evaluation>,
    /// Test slice, trained on the family alone; `None` where it never varies.
    pub alone: Option<Evaluation>,
}

/// Trains without each family of features, and on each alone. Intervals are left out.
///
/// # Errors
/// As [`super::train`].
pub fn ablation(set: &TrainingSet, slices: &Slices, settings: &LearnedSettings) -> Result<Vec<Ablation>> {
    let chosen = |f: &&super::Feature| settings.features.is_empty() || settings.features.contains(&f.name);
    let judged = |keep: &dyn Fn(&str) -> bool| -> Result<Option<Evaluation>> {
        let features: Vec<String> = set.features().iter().filter(chosen).filter(|f| keep(&f.family)).map(|f| f.name.clone()).collect();
        if features.is_empty() {
            return Ok(None);
        }
        let settings = LearnedSettings { features, resamples: 0, ..settings.clone() };
        let cut = slices.cut(set)?;
        match fit(set, &cut, &settings) {
            Ok(model) => {
                let labels: Vec<bool> = cut.test.iter().map(|e| e.label).collect();
                evaluate_probabilities(&model.probabilities(set, &cut.test)?, &labels, &settings).map(Some)
            }
            Err(e) if e.kind() == ErrorKind::Invalid && e.message().starts_with("no feature varies") => Ok(None),
            Err(e) => Err(e),
        }
    };
    let one =
        |family: &str| Ok(Ablation { family: family.to_owned(), without: judged(&|f| f != family)?, alone: judged(&|f| f == family)? });
    set.families().into_iter().map(one).collect()
}

/// One point of a learning curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearningPoint {
    /// Examples trained on.
    pub rows: usize,
    /// Draws that had enough of both classes.
    pub repeats: usize,
    /// Mean AUC on the test slice; `None` where no draw gave one.
    pub auc: Option<f64>,
    /// Mean average precision on the test slice.
    pub average_precision: Option<f64>,
}

/// Trains on drawn parts of the training slice and judges each on the whole test slice.
///
/// # Errors
/// As [`super::train`]; a draw with too few of a class is left out and shows in `repeats`.
pub fn learning_curve(
    set: &TrainingSet,
    slices: &Slices,
    sizes: &[usize],
    repeats: u32,
    settings: &LearnedSettings,
) -> Result<Vec<LearningPoint>> {
    let whole = slices.cut(set)?;
    let labels: Vec<bool> = whole.test.iter().map(|e| e.label).collect();
    let quick = LearnedSettings { resamples: 0, ..settings.clone() };
    let mut draws = Draws::new(settings.seed);
    let mut curve = Vec::with_capacity(sizes.len());
    for &size in sizes {
        let (mut auc, mut ap, mut done) = (0.0, 0.0, 0_usize);
        let rows = size.min(whole.train.len());
        // The whole slice can be drawn in one way only.
        for _ in 0..if rows == whole.train.len() { 1 } else { repeats } {
            let mut cut = whole.clone();
            let mut drawn = draws.shuffled(whole.train.len());
            drawn.truncate(rows);
            drawn.sort_unstable();
            cut.train = drawn.into_iter().map(|i| whole.train[i]).collect();
            let model = match fit(set, &cut, &quick) {
                Ok(model) => model,
                Err(e) if e.kind() == ErrorKind::InsufficientData => continue,
                Err(e) => return Err(e),
            };
            let found = evaluate_ranking(&model.probabilities(set, &cut.test)?, &labels, &quick)?;
            if let (Some(a), Some(p)) = (found.auc, found.average_precision) {
                (auc, ap, done) = (auc + a.value, ap + p.value, done + 1);
            }
        }
        let mean = |sum: f64| (done > 0).then(|| sum / done as f64);
        curve.push(LearningPoint { rows, repeats: done, auc: mean(auc), average_precision: mean(ap) });
    }
    Ok(curve)
}
