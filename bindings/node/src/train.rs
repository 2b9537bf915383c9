//! A model of breakouts in the making.

use fanpulse_core::learned::{Example, Feature, Slices, Task, TrainingSet, train};
use fanpulse_core::{Day, Engine, Error};
use napi::bindgen_prelude::{Float64Array, Uint8Array};
use napi_derive::napi;

use crate::error::{Failure, Outcome};
use crate::text::Text;

/// Examples in columns, and how they are split.
#[napi(object, object_to_js = false)]
pub struct TrainInput {
    /// The examples' ids.
    pub ids: Text,
    /// Days of the predictions, UTC days since 1970-01-01.
    pub dates: Vec<i32>,
    /// Days from which the outcomes were known.
    pub known: Vec<i32>,
    /// Whether the breakout came, 0 or 1.
    pub labels: Uint8Array,
    /// The names of the features.
    pub features: Vec<String>,
    /// One row of features after the other; NaN = missing.
    pub values: Float64Array,
    /// The names of plain scores to beat.
    pub rankings: Vec<String>,
    /// One row of them after the other.
    pub ranked: Float64Array,
    /// The first day of the examples to train on.
    pub train_from: Option<String>,
    /// The first day of those to calibrate on.
    pub calibrate_from: String,
    /// The first day of those to judge on.
    pub test_from: String,
    /// The day after the last of those.
    pub test_until: Option<String>,
    /// What the examples are about, as JSON.
    pub task: String,
}

/// Trains a model; what comes of it is a model file.
pub(crate) fn run(engine: &Engine, input: &TrainInput, stopped: &dyn Fn() -> Outcome<()>) -> Outcome<String> {
    let date = |text: &String, name: &str| -> Outcome<_> {
        let wrong = |e: Error| Failure::plain(name, text.clone(), format!("{name}: {}", e.message()));
        text.parse::<Day>().map(Day::date).map_err(wrong)
    };
    let slices = Slices {
        train_from: input.train_from.as_ref().map(|d| date(d, "trainFrom")).transpose()?,
        calibrate_from: date(&input.calibrate_from, "calibrateFrom")?,
        test_from: date(&input.test_from, "testFrom")?,
        test_until: input.test_until.as_ref().map(|d| date(d, "testUntil")).transpose()?,
    };
    let task: Task = serde_json::from_str(&input.task).map_err(|e| Error::invalid(format!("task: {e}")))?;
    let day = |days: i32| Day::try_new(days).map(Day::date);
    let (width, ranks) = (input.features.len(), input.rankings.len());
    let mut examples = Vec::with_capacity(input.ids.len());
    for i in 0..input.ids.len() {
        examples.push(Example {
            id: input.ids.get(i).unwrap_or_default().to_owned(),
            date: day(input.dates[i])?,
            known: day(input.known[i])?,
            label: input.labels[i] == 1,
            features: input.values[i * width..(i + 1) * width].to_vec(),
            rankings: input.ranked[i * ranks..(i + 1) * ranks].to_vec(),
        });
    }
    stopped()?;
    let described = input.features.iter().map(|name| Feature::new(name, name, name)).collect();
    let set = TrainingSet::new(task, described, input.rankings.clone(), examples)?;
    stopped()?;
    Ok(train(&set, &slices, &engine.settings().learned)?.to_json()?)
}
