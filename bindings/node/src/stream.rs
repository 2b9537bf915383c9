//! Spikes while they happen.

use fanpulse_core::spikes::{Reading, SeasonalRobust, SeriesSpike};
use napi::Env;
use napi_derive::napi;
use serde::Serialize;

use crate::engine::NativeEngine;
use crate::error::{Failure, Outcome, guarded, thrown};
use crate::live::instant;
use crate::pack::{Pack, packs};
use crate::series::step_micros;

#[derive(Serialize)]
struct Verdict<'a> {
    z: Option<f64>,
    threshold: Option<f64>,
    started: bool,
    ended: Option<&'a SeriesSpike>,
}

/// A stream behind the `SpikeStream` of JavaScript.
#[napi(js_name = "NativeStream")]
pub struct NativeStream(fanpulse_core::spikes::SpikeStream);

#[napi]
impl NativeStream {
    /// A stream whose first step begins at a time in microseconds since 1970-01-01T00:00:00Z.
    #[napi(constructor)]
    pub fn new(env: Env, engine: &NativeEngine, micros: f64, step_seconds: f64) -> napi::Result<Self> {
        let made = || -> Outcome<Self> {
            let detector = SeasonalRobust::try_new(engine.0.settings().spikes.clone())?;
            Ok(Self(detector.stream(instant(micros)?, step_micros(step_seconds)?)?))
        };
        guarded(made).map_err(|e| thrown(&env, &e))
    }

    /// Takes the next reading, NaN where it is missing, and says what it was.
    #[napi]
    pub fn push(&mut self, env: Env, value: f64) -> napi::Result<Vec<Pack>> {
        let push = || -> Outcome<Vec<Pack>> {
            let wrong = |e: fanpulse_core::Error| Failure::plain("value", value.to_string(), e.message().to_owned());
            let said = self.0.push(Reading::new(value)).map_err(wrong)?;
            let ended = said.ended.as_deref();
            packs(1, |_| Verdict { z: said.z, threshold: said.threshold, started: said.started, ended })
        };
        guarded(push).map_err(|e| thrown(&env, &e))
    }

    /// The spike that goes on, if one does.
    #[napi]
    pub fn open(&self, env: Env) -> napi::Result<Vec<Pack>> {
        guarded(|| self.0.open().map_or_else(|| Ok(Vec::new()), |spike| packs(1, |_| spike))).map_err(|e| thrown(&env, &e))
    }
}
