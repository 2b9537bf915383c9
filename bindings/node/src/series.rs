//! Spikes in series.

use fanpulse_core::error::Insufficient;
use fanpulse_core::spikes::{SeasonalRobust, Series, SeriesReport, SeriesSpike, SeriesStatus};
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
    status: SeriesStatus,
    reason: Option<Insufficient>,
    judged: u64,
    spikes: &'a [SeriesSpike],
}

/// A step in microseconds.
pub(crate) fn step_micros(seconds: f64) -> Outcome<i64> {
    let step = seconds * 1e6;
    if !(step.is_finite() && step.fract() == 0.0) {
        return Err(Error::invalid(format!("stepSeconds: {seconds} is not a whole number of microseconds")).into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole; the detector checks the bounds")]
    Ok(step as i64)
}

pub(crate) fn run(engine: &Engine, input: &SeriesInput, _: &dyn Fn() -> Outcome<()>) -> Outcome<Vec<Pack>> {
    let start: Instant = input.start.parse().map_err(|e: Error| Error::invalid(format!("start: {}", e.message())))?;
    let series = Series::new(start, step_micros(input.step_seconds)?, &input.values);
    let detector = SeasonalRobust::try_new(engine.settings().spikes.clone())?;
    let report: SeriesReport = detector.report(&series).map_err(Failure::from)?;
    let reason = match report.status {
        SeriesStatus::InsufficientData(lack) => Some(lack),
        _ => None,
    };
    let shown = Report { status: report.status, reason, judged: report.judged, spikes: &report.spikes };
    packs(1, |_| &shown)
}
