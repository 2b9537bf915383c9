//! Examples from observations: did the audience, or the streams, grow by the factor?

use fanpulse_core::Engine;
use fanpulse_core::learned::series::growth_examples;
use fanpulse_core::learned::{Conflicts, TrainingSet, beside_engine, daily_series, on_components};
use fanpulse_core::settings::Settings;

use crate::cli::{ExampleArgs, ModelInputs};
use crate::error::{Failure, Result};
use crate::progress;
use crate::score::{Inputs, Loaded, input};

/// Reads observations.
fn observations(args: &ExampleArgs) -> Result<Loaded> {
    input::load(&Inputs { files: &args.data, lenient: args.lenient, map: args.map.clone(), artist: None })
}

/// The examples of every artist and week, with the engine's own predictions of the same days as baselines.
pub(super) fn examples(args: &ExampleArgs, settings: &Settings) -> Result<TrainingSet> {
    let loaded = observations(args)?;
    let mut builder = Engine::builder().settings(settings.clone());
    let mut conflicts = Conflicts::Refuse;
    if args.lenient {
        builder = builder.keep_first_of_conflicts();
        conflicts = Conflicts::KeepFirst;
    }
    let engine = builder.build().map_err(|e| Failure::failed(e.message()))?;
    let until = loaded.latest_day()?;
    let spinner = progress::stage("measuring every artist and week");
    let made = daily_series(&loaded.data, until, settings, conflicts)
        .and_then(|series| growth_examples(&series, &settings.growth))
        .and_then(|set| beside_engine(&set, &loaded.data, &engine))
        .and_then(|set| match args.inputs {
            ModelInputs::Daily => Ok(set),
            ModelInputs::Components => on_components(&set, &loaded.data, &engine),
        });
    spinner.finish_and_clear();
    made.map_err(|e| loaded.sources.explain(e).into())
}
