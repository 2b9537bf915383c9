//! The model card: what a model was made from, what it is for, and how good it was on later data.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::backtest::Comparison;
use super::metrics::{Estimate, Evaluation};
use super::set::{Example, Feature, Task, TrainingSet};
use crate::settings::LearnedSettings;

/// One slice of the examples.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SliceCard {
    /// Date of the first example, `YYYY-MM-DD`; empty where there is none.
    pub first: String,
    /// Date of the last example.
    pub last: String,
    /// Examples.
    pub rows: usize,
    /// Positive ones.
    pub positives: usize,
}

impl SliceCard {
    pub(super) fn of(examples: &[&Example]) -> Self {
        let date = |e: Option<&&Example>| e.map(|e| e.date.to_string()).unwrap_or_default();
        Self {
            first: date(examples.first()),
            last: date(examples.last()),
            rows: examples.len(),
            positives: examples.iter().filter(|e| e.label).count(),
        }
    }

    /// Share of positive examples; 0 without examples.
    #[must_use]
    pub fn base_rate(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.positives as f64 / self.rows as f64 }
    }
}

/// A model's card. It holds aggregate figures only, no example.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModelCard {
    /// Data, horizon and label.
    pub task: Task,
    /// Features offered to the training.
    pub features: Vec<Feature>,
    /// For the coefficients.
    pub train: SliceCard,
    /// For the calibration.
    pub calibrate: SliceCard,
    /// For the evaluation.
    pub test: SliceCard,
    /// Examples left out because their label was not known when the next slice began.
    pub purged: usize,
    /// Penalty per example on standardised coefficients.
    pub ridge: f64,
    /// The settings of the training.
    pub settings: LearnedSettings,
    /// The calibration that was kept.
    pub calibration: String,
    /// Features that never varied over the training slice and were left out.
    pub unused: Vec<String>,
    /// What a user should know: a separable slice, a calibration that was not possible.
    pub notes: Vec<String>,
    /// On the test slice.
    pub evaluation: Evaluation,
    /// On the test slice, before calibration.
    pub raw_evaluation: Evaluation,
    /// The model, the plain rankings and the base rate on the test slice; the model first.
    pub comparison: Vec<Comparison>,
}

impl ModelCard {
    pub(super) fn new(
        set: &TrainingSet,
        train: SliceCard,
        calibrate: SliceCard,
        test: SliceCard,
        ridge: f64,
        settings: &LearnedSettings,
    ) -> Self {
        let (task, features, settings) = (set.task().clone(), set.features().to_vec(), settings.clone());
        Self { task, features, train, calibrate, test, ridge, settings, ..Self::default() }
    }

    /// The card as Markdown, without coefficients.
    #[must_use]
    pub fn to_markdown(&self, title: &str) -> String {
        let mut text = format!("# Model card: {title}\n\n| | |\n|---|---|\n");
        let t = &self.task;
        for (name, value) in [("Data", &t.data), ("Observed", &t.observed), ("Horizon", &t.horizon), ("Label", &t.label)] {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        let _ = writeln!(text, "| Model | logistic regression, {} features, ridge {} per example |", self.features.len(), self.ridge);
        let _ = writeln!(text, "| Calibration | {} |", self.calibration);
        text.push_str("\n## Slices\n\n| slice | first | last | examples | positive | base rate |\n|---|---|---|---|---|---|\n");
        for (name, s) in [("train", &self.train), ("calibrate", &self.calibrate), ("test", &self.test)] {
            let _ = writeln!(text, "| {name} | {} | {} | {} | {} | {:.3} |", s.first, s.last, s.rows, s.positives, s.base_rate());
        }
        let _ = writeln!(text, "\nLeft out because the outcome was not known when the next slice began: {}.", self.purged);
        let _ = writeln!(text, "\n## Out of time, on the test slice\n\n{}", table(&self.comparison));
        let raw = &self.raw_evaluation;
        let _ = writeln!(
            text,
            "Expected calibration error {} over {} equally wide bins ({} before calibration), {} over bins of equal size.",
            number(self.evaluation.calibration_error),
            self.settings.bins,
            number(raw.calibration_error),
            number(self.evaluation.calibration_error_equal_mass)
        );
        text.push_str("\n| predicted | came true | examples |\n|---|---|---|\n");
        for bin in &self.evaluation.reliability {
            let _ = writeln!(text, "| {:.3} | {:.3} | {} |", bin.predicted, bin.observed, bin.rows);
        }
        text.push_str("\n## Features\n\n| feature | family | meaning |\n|---|---|---|\n");
        for f in &self.features {
            let _ = writeln!(text, "| `{}` | {} | {} |", f.name, f.family, f.meaning);
        }
        if !self.unused.is_empty() {
            let _ = writeln!(text, "\nNot used, because they never varied: {}.", self.unused.join(", "));
        }
        for note in &self.notes {
            let _ = writeln!(text, "\nNote: {note}.");
        }
        text
    }
}

fn number(x: Option<f64>) -> String {
    x.map_or_else(|| "–".to_owned(), |x| format!("{x:.3}"))
}

fn estimate(x: Option<Estimate>) -> String {
    x.map_or_else(|| "–".to_owned(), |e| format!("{:.3} ({:.3} to {:.3})", e.value, e.low, e.high))
}

/// A comparison as a Markdown table; intervals hold 95 %.
#[must_use]
pub fn table(comparison: &[Comparison]) -> String {
    let mut text = String::from("| | AUC | AP | Brier | log loss | ECE | the model's gain in AUC |\n|---|---|---|---|---|---|---|\n");
    for c in comparison {
        let e = &c.evaluation;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            c.name,
            estimate(e.auc),
            estimate(e.average_precision),
            number(e.brier),
            number(e.log_loss),
            number(e.calibration_error),
            estimate(c.auc_gain)
        );
    }
    text
}
