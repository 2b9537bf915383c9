//! Spikes in series.

use fanpulse_core::spikes::{SeasonalRobust, Series, SeriesReport};
use fanpulse_core::{Engine, Error, Instant};
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use serde::Serialize;

use crate::error::{Failure, Outcome};
use crate::pack::{Pack, packs};

/// Series of one start and step.
#[napi(object, object_to_js = false)]
pub struct SeriesInput {
    /// When the first step begins, RFC 3339 or a date.
    pub start: String,
    /// Length of a step, seconds.
    pub step_seconds: f64,
    /// The values, one series after the other; NaN = missing.
    pub values: Float64Array,
}

#[derive(Serialize)]
struct Report<'a> {
    status: fanpulse_core::spikes::SeriesStatus,
    judged: u64,
    spikes: &'a [fanpulse_core::spikes::SeriesSpike],
}

pub(crate) fn run(engine: &Engine, input: &SeriesInput, _: &dyn Fn() -> Outcome<()>) -> Outcome<Vec<Pack>> {
    let start: Instant = input.start.parse().map_err(|e: Error| Error::invalid(format!("start: {}", e.message())))?;
    let step = input.step_seconds * 1e6;
    if !(step.is_finite() && step.fract() == 0.0) {
        return Err(Error::invalid(format!("stepSeconds: {} is not a whole number of microseconds", input.step_seconds)).into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole; the detector checks the bounds")]
    let series = Series::new(start, step as i64, &input.values);
    let detector = SeasonalRobust::try_new(engine.settings().spikes.clone())?;
    let report: SeriesReport = detector.report(&series).map_err(Failure::from)?;
    let shown = Report { status: report.status, judged: report.judged, spikes: &report.spikes };
    packs(1, |_| &shown)
}
