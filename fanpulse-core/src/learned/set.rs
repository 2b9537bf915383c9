//! What a model is trained and judged on: dated, labelled examples.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use crate::{Error, Result};

/// What one column of an example means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name, for instance `climb_1w`.
    pub name: String,
    /// The family that an ablation leaves out as a whole, for instance `trajectory`.
    pub family: String,
    /// What it measures, in a phrase.
    pub meaning: String,
}

impl Feature {
    /// A feature of this name, family and meaning.
    #[must_use]
    pub fn new(name: impl Into<String>, family: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { name: name.into(), family: family.into(), meaning: meaning.into() }
    }
}

/// One artist at one time, with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Whose.
    pub id: String,
    /// The day by which it falls into a slice. Its features may hold nothing that was not known at the prediction.
    pub date: NaiveDate,
    /// The day from which the label was known: an example trains nothing that predicts before it.
    pub known: NaiveDate,
    /// Whether the breakout came.
    pub label: bool,
    /// As many as the set has features; NaN = missing.
    pub features: Vec<f64>,
    /// As many as the set has rankings; higher = likelier.
    pub rankings: Vec<f64>,
}

/// What the examples are about; it goes into the model card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    /// Where the examples come from.
    pub data: String,
    /// When a prediction is made.
    pub observed: String,
    /// How far ahead it looks.
    pub horizon: String,
    /// What counts as a breakout.
    pub label: String,
    /// Where the features come from.
    pub inputs: Inputs,
}

/// Examples of one task, kept by date and id.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    task: Task,
    features: Vec<Feature>,
    rankings: Vec<String>,
    examples: Vec<Example>,
}

impl TrainingSet {
    /// A set of these examples. `rankings` name the plain scores that a model has to beat.
    ///
    /// # Errors
    /// `invalid` where a name occurs twice, an example has another number of features or rankings, a feature is
    /// infinite, a ranking is not finite, or a label was known before the example's date.
    pub fn new(task: Task, features: Vec<Feature>, rankings: Vec<String>, mut examples: Vec<Example>) -> Result<Self> {
        let mut names: Vec<&str> = features.iter().map(|f| f.name.as_str()).collect();
        names.sort_unstable();
        if let Some(w) = names.windows(2).find(|w| w[0] == w[1]) {
            return Err(Error::invalid(format!("feature `{}` occurs twice", w[0])));
        }
        for e in &examples {
            let who = || format!("example `{}` of {}", e.id, e.date);
            if e.features.len() != features.len() || e.rankings.len() != rankings.len() {
                return Err(Error::invalid(format!(
                    "{} has {} features and {} rankings where the set has {} and {}",
                    who(),
                    e.features.len(),
                    e.rankings.len(),
                    features.len(),
                    rankings.len()
                )));
            }
            if let Some(i) = e.features.iter().position(|x| x.is_infinite()) {
                return Err(Error::invalid(format!("{}: feature `{}` is infinite", who(), features[i].name)));
            }
            if let Some(i) = e.rankings.iter().position(|x| !x.is_finite()) {
                return Err(Error::invalid(format!("{}: ranking `{}` is {}, not finite", who(), rankings[i], e.rankings[i])));
            }
            if e.known < e.date {
                return Err(Error::invalid(format!("{}: its label was known on {}, before it", who(), e.known)));
            }
        }
        examples.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| a.id.cmp(&b.id)));
        Ok(Self { task, features, rankings, examples })
    }

    /// What the examples are about.
    #[must_use]
    pub const fn task(&self) -> &Task {
        &self.task
    }

    /// What the columns mean.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Names of the plain scores that a model has to beat.
    #[must_use]
    pub fn rankings(&self) -> &[String] {
        &self.rankings
    }

    /// By date, then id.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// Families of features, in the order of their first member.
    #[must_use]
    pub fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = Vec::new();
        for f in &self.features {
            if !families.contains(&f.family.as_str()) {
                families.push(&f.family);
            }
        }
        families
    }

    /// The examples whose label was known on `day`.
    #[must_use]
    pub fn known_by(&self, day: NaiveDate) -> Self {
        self.filtered(|e| e.known <= day)
    }

    /// The examples that `keep` wants.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Example) -> bool) -> Self {
        Self { examples: self.examples.iter().filter(|e| keep(e)).cloned().collect(), ..self.clone() }
    }
}

/// Where one training set is cut in time. A random split would let a model learn from an artist's other days and
/// from the future, so there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slices {
    /// Trained are examples dated from here on, where given.
    pub train_from: Option<NaiveDate>,
    /// Calibrated are examples dated from here on; earlier ones train, where their label was known by then.
    pub calibrate_from: NaiveDate,
    /// Tested are examples dated from here on; earlier ones calibrate, where their label was known by then.
    pub test_from: NaiveDate,
    /// Examples dated from here on are left out, where given.
    pub test_until: Option<NaiveDate>,
}

/// The examples of the three slices.
#[derive(Debug, Clone, PartialEq)]
pub struct Sliced<'a> {
    /// For the coefficients.
    pub train: Vec<&'a Example>,
    /// For the calibration.
    pub calibrate: Vec<&'a Example>,
    /// For the evaluation.
    pub test: Vec<&'a Example>,
    /// Left out because their label was not known yet when the next slice began.
    pub purged: usize,
}

impl Slices {
    /// Cuts a set.
    ///
    /// # Errors
    /// `invalid` unless the dates are in order.
    pub fn cut<'a>(&self, set: &'a TrainingSet) -> Result<Sliced<'a>> {
        let from = self.train_from.unwrap_or(NaiveDate::MIN);
        let until = self.test_until.unwrap_or(NaiveDate::MAX);
        if !(from < self.calibrate_from && self.calibrate_from <= self.test_from && self.test_from <= until) {
            return Err(Error::invalid(format!(
                "slices are not in order: train from {from}, calibrate from {}, test from {}, until {until}",
                self.calibrate_from, self.test_from
            )));
        }
        let mut sliced = Sliced { train: Vec::new(), calibrate: Vec::new(), test: Vec::new(), purged: 0 };
        for e in set.examples() {
            if e.date < from || e.date >= until {
                continue;
            }
            let (slice, end) = if e.date < self.calibrate_from {
                (&mut sliced.train, self.calibrate_from)
            } else if e.date < self.test_from {
                (&mut sliced.calibrate, self.test_from)
            } else {
                (&mut sliced.test, NaiveDate::MAX)
            };
            if e.known < end {
                slice.push(e);
            } else {
                sliced.purged += 1;
            }
        }
        Ok(sliced)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::learned::logistic::sigmoid;
    use crate::math::Draws;

    pub(crate) fn day(n: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::TimeDelta::days(n)
    }

    /// `n` examples a day apart: `signal` drives the label, `noise` does not, `constant` is one. The label is known
    /// 30 days later.
    pub(crate) fn synthetic(n: usize, seed: u64) -> TrainingSet {
        let mut draws = Draws::new(seed);
        let mut normal = || (0..12).map(|_| draws.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0;
        let examples = (0..n)
            .map(|i| {
                let (signal, noise) = (normal(), normal());
                let threshold = 0.5 * (1.0 + normal() / 6.0);
                Example {
                    id: format!("artist {i:05}"),
                    date: day(i as i64),
                    known: day(i as i64 + 30),
                    label: sigmoid(1.5 * signal - 1.5) > threshold,
                    features: vec![signal, noise, 3.0],
                    rankings: vec![signal],
                }
            })
            .collect();
        let feature = |name: &str, family: &str| Feature::new(name, family, "synthetic");
        let features = vec![feature("signal", "real"), feature("noise", "noise"), feature("constant", "noise")];
        TrainingSet::new(Task { data: "synthetic".into(), ..Task::default() }, features, vec!["signal alone".into()], examples).unwrap()
    }

    #[test]
    fn no_slice_learns_from_a_label_that_a_later_slice_could_not_have_known() {
        let set = synthetic(300, 1);
        let slices = Slices { train_from: None, calibrate_from: day(100), test_from: day(200), test_until: Some(day(250)) };
        let cut = slices.cut(&set).unwrap();
        assert_eq!((cut.train.len(), cut.calibrate.len(), cut.test.len(), cut.purged), (70, 70, 50, 60));
        assert!(cut.train.iter().all(|e| e.known < day(100)) && cut.calibrate.iter().all(|e| e.known < day(200)));
        assert!(Slices { calibrate_from: day(300), ..slices }.cut(&set).is_err());
    }

    #[test]
    fn bad_examples_are_named() {
        let example = Example { id: "a".into(), date: day(1), known: day(2), label: true, features: vec![1.0], rankings: vec![] };
        let check = |e: Example, message: &str| {
            let error = TrainingSet::new(Task::default(), vec![Feature::new("x", "x", "")], vec![], vec![e]).unwrap_err();
            assert_eq!(error.to_string(), message);
        };
        check(Example { features: vec![f64::INFINITY], ..example.clone() }, "example `a` of 2000-01-02: feature `x` is infinite");
        check(Example { known: day(0), ..example.clone() }, "example `a` of 2000-01-02: its label was known on 2000-01-01, before it");
        check(Example { features: vec![], ..example }, "example `a` of 2000-01-02 has 0 features and 0 rankings where the set has 1 and 0");
    }
}
