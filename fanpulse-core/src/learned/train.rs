//! Training: standardise, choose the penalty, fit, calibrate on a later slice, judge on a later one still.

use super::backtest::compare;
use super::calibration::Calibration;
use super::card::{ModelCard, SliceCard};
use super::logistic::{Fit, Problem, Rows};
use super::metrics::{Evaluation, evaluate_probabilities, ranking};
use super::model::{LogisticBreakout, MODEL_FORMAT, MODEL_VERSION, ModelFeature};
use super::set::{Example, Sliced, Slices, TrainingSet};
use super::standard::Scale;
use crate::settings::{CalibrationMethod, ClassWeight, LearnedSettings};
use crate::{Error, ErrorKind, Result};

/// Penalties per example among which forward chaining chooses.
const RIDGES: [f64; 7] = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
/// The penalty where there is too little for a choice.
const DEFAULT_RIDGE: f64 = 0.01;
/// Where the forward chain cuts the training slice: trained on what lies before, judged on what lies up to the next.
const CUTS: [f64; 5] = [0.4, 0.55, 0.7, 0.85, 1.0];

/// Trains a model and judges it on examples later than all it learned from.
///
/// # Example
/// ```
/// use chrono::{NaiveDate, TimeDelta};
/// use fanpulse_core::learned::{Example, Feature, Slices, Task, TrainingSet, train};
/// let day = |n| NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default() + TimeDelta::days(n);
/// let examples = (0..400).map(|i| Example {
///     id: format!("artist {i}"),
///     date: day(i),
///     known: day(i + 7),
///     label: (i * 37) % 100 + (i * 61) % 50 > 90,
///     features: vec![((i * 37) % 100) as f64],
///     rankings: vec![],
/// });
/// let growth = Feature::new("growth_7d", "growth", "growth over the week, %");
/// let set = TrainingSet::new(Task::default(), vec![growth], vec![], examples.collect())?;
/// let slices = Slices { train_from: None, calibrate_from: day(200), test_from: day(300), test_until: None };
/// let model = train(&set, &slices, &Default::default())?;
/// assert!(model.predict(&[90.0])?.probability > model.predict(&[10.0])?.probability);
/// assert!(model.card().evaluation.auc.is_some_and(|auc| auc.value > 0.9));
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
///
/// # Errors
/// `insufficient_data` where the training slice has too few of a class; `invalid` where a setting is out of bounds,
/// slices are out of order, no feature varies, or no fit exists.
pub fn train(set: &TrainingSet, slices: &Slices, settings: &LearnedSettings) -> Result<LogisticBreakout> {
    let cut = slices.cut(set)?;
    let mut model = fit(set, &cut, settings)?;
    if !cut.test.is_empty() {
        let probabilities = model.probabilities(set, &cut.test)?;
        let base = model.card.train.base_rate();
        model.card.comparison = compare(set, &cut.test, &probabilities, &vec![base; cut.test.len()], settings)?;
        model.card.evaluation = model.card.comparison[0].evaluation.clone();
        let raw: Vec<f64> = raw_probabilities(&model, set, &cut.test)?;
        let labels: Vec<bool> = cut.test.iter().map(|e| e.label).collect();
        model.card.raw_evaluation = evaluate_probabilities(&raw, &labels, settings)?;
    }
    Ok(model)
}

/// Judges a model on all examples of a set.
///
/// # Errors
/// `not_found` where the set lacks a feature of the model.
pub fn evaluate(model: &LogisticBreakout, set: &TrainingSet, settings: &LearnedSettings) -> Result<Evaluation> {
    let examples: Vec<&Example> = set.examples().iter().collect();
    let labels: Vec<bool> = examples.iter().map(|e| e.label).collect();
    evaluate_probabilities(&model.probabilities(set, &examples)?, &labels, settings)
}

fn raw_probabilities(model: &LogisticBreakout, set: &TrainingSet, examples: &[&Example]) -> Result<Vec<f64>> {
    let columns = model.columns(set)?;
    let raw = |e: &&Example| Calibration::Identity.probability(model.log_odds(columns.iter().map(|&c| e.features[c])));
    Ok(examples.iter().map(raw).collect())
}

/// Trains and calibrates, without judging.
pub(super) fn fit(set: &TrainingSet, cut: &Sliced<'_>, settings: &LearnedSettings) -> Result<LogisticBreakout> {
    settings.validate()?;
    let columns = chosen_columns(set, settings)?;
    let train = SliceCard::of(&cut.train);
    let calibrate = SliceCard::of(&cut.calibrate);
    let need = settings.min_class as usize;
    let rarer = train.positives.min(train.rows - train.positives);
    if rarer < need {
        return Err(Error::new(
            ErrorKind::InsufficientData,
            format!(
                "the training slice has {} positive and {} negative examples, each class needs {need}",
                train.positives,
                train.rows - train.positives
            ),
        ));
    }
    let mut notes = Vec::new();
    let ridge = match settings.ridge {
        Some(ridge) => ridge,
        None => choose_ridge(&cut.train, &columns, settings)?,
    };
    let design = Design::of(&cut.train, &columns, settings.clip);
    let fitted = design.fit(&cut.train, ridge, settings)?;
    if fitted.separated {
        notes.push("the features separate the classes of the training slice; only the penalty keeps the coefficients finite".to_owned());
    }
    let unused: Vec<String> = columns.iter().filter(|c| !design.columns.contains(c)).map(|&c| set.features()[c].name.clone()).collect();
    let features = design
        .columns
        .iter()
        .zip(&design.scales)
        .enumerate()
        .map(|(j, (&c, scale))| {
            let f = &set.features()[c];
            ModelFeature {
                name: f.name.clone(),
                family: f.family.clone(),
                meaning: f.meaning.clone(),
                mean: scale.mean,
                sd: scale.sd,
                missing: scale.missing,
                coefficient: fitted.beta[j + 1],
                standard_error: fitted.standard_errors[j + 1],
            }
        })
        .collect();
    let mut model = LogisticBreakout {
        format: MODEL_FORMAT.to_owned(),
        version: MODEL_VERSION,
        features,
        intercept: fitted.beta[0],
        intercept_standard_error: fitted.standard_errors[0],
        clip: settings.clip,
        calibration: Calibration::Identity,
        high: settings.high,
        medium: settings.medium,
        card: ModelCard::new(set, train, calibrate, SliceCard::of(&cut.test), ridge, settings),
    };
    let rarer = model.card.calibrate.positives.min(model.card.calibrate.rows - model.card.calibrate.positives);
    if settings.calibration != CalibrationMethod::Identity && rarer < need {
        notes.push(format!("not calibrated: the rarer class has {rarer} examples in the calibration slice, {need} are needed"));
    } else {
        let x: Vec<f64> = cut.calibrate.iter().map(|e| model.log_odds(design.columns.iter().map(|&c| e.features[c]))).collect();
        let labels: Vec<bool> = cut.calibrate.iter().map(|e| e.label).collect();
        model.calibration = Calibration::learn(settings.calibration, &x, &labels)?;
    }
    model.card.calibration = model.calibration.name().to_owned();
    model.card.purged = cut.purged;
    model.card.unused = unused;
    model.card.notes = notes;
    Ok(model)
}

fn chosen_columns(set: &TrainingSet, settings: &LearnedSettings) -> Result<Vec<usize>> {
    if settings.features.is_empty() {
        return Ok((0..set.features().len()).collect());
    }
    let find = |name: &String| {
        set.features()
            .iter()
            .position(|f| f.name == *name)
            .ok_or_else(|| Error::invalid(format!("learned.features names `{name}`, which the training set lacks")))
    };
    settings.features.iter().map(find).collect()
}

/// Standardised features.
struct Design {
    columns: Vec<usize>,
    scales: Vec<Scale>,
    x: Rows,
}

impl Design {
    /// Leaves out what never varies.
    fn of(examples: &[&Example], columns: &[usize], clip: f64) -> Self {
        // Column by column what lies row by row, in one walk over the examples.
        let n = examples.len();
        let mut values = vec![0.0; n * columns.len()];
        for (i, example) in examples.iter().enumerate() {
            columns.iter().enumerate().for_each(|(j, &c)| values[j * n + i] = example.features[c]);
        }
        let scaled = columns.iter().enumerate().filter_map(|(j, &c)| Scale::of(&values[j * n..(j + 1) * n]).map(|s| (c, s)));
        let (columns, scales): (Vec<usize>, Vec<Scale>) = scaled.unzip();
        let mut x = Rows::new(columns.len());
        for example in examples {
            x.push(columns.iter().zip(&scales).map(|(&c, s)| s.apply(example.features[c], clip)));
        }
        Self { columns, scales, x }
    }

    /// The fit, its intercept corrected for the class weights.
    ///
    /// # Formula
    /// Prior correction β₀ − ln(w₊/w₋): King and Zeng, Political Analysis 9 (2001) 137–163.
    fn fit(&self, examples: &[&Example], ridge: f64, settings: &LearnedSettings) -> Result<Fit> {
        if self.columns.is_empty() {
            return Err(Error::invalid("no feature varies over the training slice"));
        }
        let y: Vec<bool> = examples.iter().map(|e| e.label).collect();
        let n = y.len() as f64;
        let positives = y.iter().filter(|y| **y).count() as f64;
        let (up, down) = match settings.class_weight {
            ClassWeight::Equal => (1.0, 1.0),
            ClassWeight::Balanced => (0.5 * n / positives, 0.5 * n / (n - positives)),
            ClassWeight::Positive(weight) => (weight, 1.0),
        };
        let weights: Vec<f64> = y.iter().map(|&y| if y { up } else { down }).collect();
        let problem = Problem {
            x: &self.x,
            y: &y,
            weights: &weights,
            ridge: ridge * weights.iter().sum::<f64>(),
            max_iterations: settings.max_iterations,
            tolerance: settings.tolerance,
        };
        let mut fit = problem.fit()?;
        fit.beta[0] -= crate::math::ln(up / down);
        Ok(fit)
    }

    fn log_odds(&self, fit: &Fit, example: &Example, clip: f64) -> f64 {
        let z = self.columns.iter().zip(&self.scales).map(|(&c, s)| s.apply(example.features[c], clip));
        fit.beta[0] + z.zip(&fit.beta[1..]).map(|(z, b)| z * b).sum::<f64>()
    }
}

/// The penalty with the best ranking when each part of the training slice is predicted from what was known before it.
/// Ranking is what chooses, since probabilities are set right by the calibration; of equals the stronger wins.
///
/// # Formula
/// The largest sum over the parts of AUC + average precision.
fn choose_ridge(train: &[&Example], columns: &[usize], settings: &LearnedSettings) -> Result<f64> {
    let mut gains = [0.0; RIDGES.len()];
    let mut judged = false;
    for w in CUTS.windows(2) {
        let at = |share: f64| (share * train.len() as f64) as usize;
        let (from, to) = (at(w[0]), at(w[1]));
        let Some(first) = train.get(from) else { continue };
        let before: Vec<&Example> = train[..from].iter().copied().filter(|e| e.known <= first.date).collect();
        let positives = before.iter().filter(|e| e.label).count();
        if positives.min(before.len() - positives) < settings.min_class as usize {
            continue;
        }
        let design = Design::of(&before, columns, settings.clip);
        if design.columns.is_empty() {
            continue;
        }
        let labels: Vec<bool> = train[from..to].iter().map(|e| e.label).collect();
        for (gain, &ridge) in gains.iter_mut().zip(&RIDGES) {
            let fit = design.fit(&before, ridge, settings)?;
            let scores: Vec<f64> = train[from..to].iter().map(|e| design.log_odds(&fit, e, settings.clip)).collect();
            if let Some((auc, ap)) = ranking(&scores, &labels) {
                *gain += auc + ap;
                judged = true;
            }
        }
    }
    let best = (0..RIDGES.len()).max_by(|&a, &b| gains[a].total_cmp(&gains[b])).filter(|_| judged);
    Ok(best.map_or(DEFAULT_RIDGE, |i| RIDGES[i]))
}
