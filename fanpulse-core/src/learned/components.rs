//! A model on the component scores of momentum: its examples, and its place behind [`BreakoutModel`].

use super::inputs::Inputs;
use super::model::LogisticBreakout;
use super::set::{Example, Feature, TrainingSet};
use crate::ingest::Dataset;
use crate::scores::{Breakout, BreakoutFeatures, BreakoutModel};
use crate::{Day, Engine, Error, Result, Scores};

/// The component scores of momentum, by which a model may be trained.
const COMPONENTS: [&str; 4] = ["acceleration", "viral_potential", "velocity", "consistency"];

/// The set with the engine's own predictions of the same days as rankings to beat: the built-in breakout, then the
/// momentum index; 0 where momentum has too little data.
///
/// # Errors
/// As [`Engine::score`].
pub fn beside_engine(set: &TrainingSet, data: &Dataset, engine: &Engine) -> Result<TrainingSet> {
    let examples = on_each_day(set, data, engine, |e, scores, artist| {
        let value = |column: &[f64]| column.get(artist).copied().filter(|x| !x.is_nan()).unwrap_or(0.0);
        e.rankings.extend([value(&scores.breakout), value(&scores.momentum)]);
    })?;
    let mut rankings = set.rankings().to_vec();
    rankings.extend(["breakout by indicators".to_owned(), "momentum index".to_owned()]);
    TrainingSet::new(set.task().clone(), set.features().to_vec(), rankings, examples)
}

/// The set with the component scores of the same days in place of its features.
///
/// # Errors
/// As [`Engine::score`].
pub fn on_components(set: &TrainingSet, data: &Dataset, engine: &Engine) -> Result<TrainingSet> {
    let examples = on_each_day(set, data, engine, |e, scores, artist| {
        let value = |column: &[f64]| column.get(artist).copied().unwrap_or(f64::NAN);
        e.features = vec![
            value(&scores.acceleration_score),
            value(&scores.viral_potential_score),
            value(&scores.velocity_score),
            value(&scores.consistency_score),
        ];
    })?;
    let mut task = set.task().clone();
    task.inputs = Inputs::Components { settings_hash: engine.settings_hash().to_owned() };
    let feature =
        |name: &str| Feature::new(name, name, format!("component score of momentum over {} days, 0–10", engine.settings().window_days));
    TrainingSet::new(task, COMPONENTS.iter().map(|c| feature(c)).collect(), set.rankings().to_vec(), examples)
}

fn on_each_day(set: &TrainingSet, data: &Dataset, engine: &Engine, change: impl Fn(&mut Example, &Scores, usize)) -> Result<Vec<Example>> {
    let mut examples = set.examples().to_vec();
    for of_a_day in examples.chunk_by_mut(|a, b| a.date == b.date) {
        let scores = engine.score(data, Day::try_from(of_a_day[0].date)?)?;
        for e in of_a_day {
            let artist = data.artists.code(&e.id).map_or(usize::MAX, |c| c as usize);
            change(e, &scores, artist);
        }
    }
    Ok(examples)
}

/// A learned model behind [`BreakoutModel`]: it reads the component scores of momentum, as the indicators do.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use fanpulse_core::Engine;
/// use fanpulse_core::learned::{ComponentBreakout, LogisticBreakout};
/// # fn engine(json: &str) -> fanpulse_core::Result<Engine> {
/// let model = ComponentBreakout::try_new(LogisticBreakout::from_json(json)?)?;
/// Engine::builder().breakout_model(Arc::new(model)).build()
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentBreakout(LogisticBreakout);

impl ComponentBreakout {
    /// The model as one of component scores.
    ///
    /// # Errors
    /// `invalid` where it was trained on anything else: the features of a chart may have the same names, but not the
    /// same meaning.
    pub fn try_new(model: LogisticBreakout) -> Result<Self> {
        if !matches!(model.inputs(), Inputs::Components { .. } | Inputs::Own) {
            return Err(Error::invalid(format!("the model reads {}, not the component scores of momentum", model.inputs())));
        }
        match model.features().iter().find(|f| !COMPONENTS.contains(&f.name.as_str())) {
            Some(f) => Err(Error::invalid(format!(
                "the model reads a feature `{}`, which no analysis has; it has the component scores {}",
                f.name,
                COMPONENTS.join(", ")
            ))),
            None => Ok(Self(model)),
        }
    }

    /// The model itself.
    #[must_use]
    pub const fn model(&self) -> &LogisticBreakout {
        &self.0
    }
}

impl BreakoutModel for ComponentBreakout {
    fn breakout(&self, features: &BreakoutFeatures) -> Breakout {
        let scores = [features.acceleration, features.viral_potential, features.velocity, features.consistency];
        let value = |name: &str| COMPONENTS.iter().position(|c| *c == name).and_then(|i| scores[i]).filter(|x| x.is_finite());
        let values: Vec<f64> = self.0.features().iter().map(|f| value(&f.name).unwrap_or(f64::NAN)).collect();
        self.0.breakout(&values)
    }
}
