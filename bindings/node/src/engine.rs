//! The engine as JavaScript holds it, and its calls on this thread and on another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanpulse_core::learned::{ComponentBreakout, LogisticBreakout};
use fanpulse_core::settings::Settings;
use fanpulse_core::{Engine, Error, ErrorKind};
use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Env, Task};
use napi_derive::napi;

use crate::clusters::{self, ClusterInput, ClusterOutput};
use crate::error::{Failure, Outcome, guarded, thrown};
use crate::fans::{self, FanInput, FanOutput};
use crate::pack::Pack;
use crate::score::{self, ScoreInput, ScoreOutput};
use crate::series::{self, SeriesInput};
use crate::train::{self, TrainInput};

/// Tells work on another thread that nobody waits for it any more.
#[napi]
#[derive(Default)]
pub struct Stop(Arc<AtomicBool>);

#[napi]
impl Stop {
    /// Work goes on until told otherwise.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the work at the next step.
    #[napi]
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Work on a thread of libuv's pool. What it reads is let go on Node's own thread.
pub struct Work<I, O> {
    engine: Engine,
    input: I,
    stop: Arc<AtomicBool>,
    run: Run<I, O>,
}

/// What is done, asking between its steps whether it still is to be.
type Run<I, O> = fn(&Engine, &I, &dyn Fn() -> Outcome<()>) -> Outcome<O>;

impl<I: Send, O: Send + ToNapiValue + TypeName + 'static> Task for Work<I, O> {
    type Output = Outcome<O>;
    type JsValue = O;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let stopped = || match self.stop.load(Ordering::Relaxed) {
            true => Err(Failure::from(Error::new(ErrorKind::Internal, "stopped"))),
            false => Ok(()),
        };
        Ok(stopped().and_then(|()| guarded(|| (self.run)(&self.engine, &self.input, &stopped))))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<O> {
        output.map_err(|e| thrown(&env, &e))
    }
}

/// Settings and models, behind the `Engine` of JavaScript.
#[napi(js_name = "NativeEngine")]
pub struct NativeEngine(pub(crate) Engine);

#[napi]
impl NativeEngine {
    /// An engine with settings as JSON; what is left out has its default. A model file takes the place of the indicators;
    /// of two values for one artist, component and time the first may be kept.
    #[napi(constructor)]
    pub fn new(env: Env, settings: String, model: Option<String>, keep_first: Option<bool>) -> napi::Result<Self> {
        let made = || -> Outcome<Engine> {
            let settings: Settings = serde_json::from_str(&settings).map_err(|e| Error::invalid(format!("settings: {e}")))?;
            let mut builder = Engine::builder().settings(settings);
            if let Some(model) = model {
                builder = builder.breakout_model(Arc::new(ComponentBreakout::try_new(LogisticBreakout::from_json(&model)?)?));
            }
            if keep_first == Some(true) {
                builder = builder.keep_first_of_conflicts();
            }
            Ok(builder.build()?)
        };
        guarded(made).map(Self).map_err(|e| thrown(&env, &e))
    }

    /// All settings in force, as JSON.
    #[napi(getter)]
    pub fn settings(&self) -> String {
        serde_json::to_string(self.0.settings()).unwrap_or_default()
    }

    /// The hash of the settings.
    #[napi(getter)]
    pub fn settings_hash(&self) -> String {
        self.0.settings_hash().to_owned()
    }

    /// Scores on this thread.
    #[napi]
    pub fn score(&self, env: Env, input: ScoreInput) -> napi::Result<ScoreOutput> {
        guarded(|| score::run(&self.0, &input, &|| Ok(()))).map_err(|e| thrown(&env, &e))
    }

    /// Scores on another thread.
    #[napi(ts_return_type = "Promise<ScoreOutput>")]
    pub fn score_async(&self, input: ScoreInput, stop: &Stop) -> AsyncTask<Work<ScoreInput, ScoreOutput>> {
        AsyncTask::new(Work { engine: self.0.clone(), input, stop: stop.0.clone(), run: score::run })
    }

    /// Judges fans on this thread.
    #[napi]
    pub fn fans(&self, env: Env, input: FanInput) -> napi::Result<FanOutput> {
        guarded(|| fans::run(&self.0, &input, &|| Ok(()))).map_err(|e| thrown(&env, &e))
    }

    /// Judges fans on another thread.
    #[napi(ts_return_type = "Promise<FanOutput>")]
    pub fn fans_async(&self, input: FanInput, stop: &Stop) -> AsyncTask<Work<FanInput, FanOutput>> {
        AsyncTask::new(Work { engine: self.0.clone(), input, stop: stop.0.clone(), run: fans::run })
    }

    /// Groups fans on this thread.
    #[napi]
    pub fn clusters(&self, env: Env, input: ClusterInput) -> napi::Result<ClusterOutput> {
        guarded(|| clusters::run(&self.0, &input, &|| Ok(()))).map_err(|e| thrown(&env, &e))
    }

    /// Groups fans on another thread.
    #[napi(ts_return_type = "Promise<ClusterOutput>")]
    pub fn clusters_async(&self, input: ClusterInput, stop: &Stop) -> AsyncTask<Work<ClusterInput, ClusterOutput>> {
        AsyncTask::new(Work { engine: self.0.clone(), input, stop: stop.0.clone(), run: clusters::run })
    }

    /// Trains a model on this thread; what comes of it is a model file.
    #[napi]
    pub fn train(&self, env: Env, input: TrainInput) -> napi::Result<String> {
        guarded(|| train::run(&self.0, &input, &|| Ok(()))).map_err(|e| thrown(&env, &e))
    }

    /// Trains a model on another thread.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn train_async(&self, input: TrainInput, stop: &Stop) -> AsyncTask<Work<TrainInput, String>> {
        AsyncTask::new(Work { engine: self.0.clone(), input, stop: stop.0.clone(), run: train::run })
    }

    /// Looks for spikes in series on this thread.
    #[napi]
    pub fn spikes(&self, env: Env, input: SeriesInput) -> napi::Result<Vec<Pack>> {
        guarded(|| series::run(&self.0, &input, &|| Ok(()))).map_err(|e| thrown(&env, &e))
    }

    /// Looks for spikes in series on another thread.
    #[napi(ts_return_type = "Promise<Array<Pack>>")]
    pub fn spikes_async(&self, input: SeriesInput, stop: &Stop) -> AsyncTask<Work<SeriesInput, Vec<Pack>>> {
        AsyncTask::new(Work { engine: self.0.clone(), input, stop: stop.0.clone(), run: series::run })
    }
}
