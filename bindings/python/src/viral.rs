//! Spikes in series.

use arrow::buffer::ScalarBuffer;
use fanpulse_core::error::Insufficient;
use fanpulse_core::settings::SpikeSettings;
use fanpulse_core::spikes::{Reading, SeasonalRobust, Series, SeriesSpike, SeriesStatus};
use fanpulse_core::{Error, Instant};
use pyo3::prelude::*;
use pyo3::types::PyFloat;
use serde::Serialize;

use crate::call::run;
use crate::error::raised;
use crate::json::{object, text_of};
use crate::rows;
use crate::table::{Column, Kind, Naive, number, source};

#[derive(Serialize)]
struct Report {
    status: SeriesStatus,
    reason: Option<Insufficient>,
    judged: u64,
    spikes: Vec<SeriesSpike>,
}

#[derive(Serialize)]
struct Verdict {
    z: Option<f64>,
    threshold: Option<f64>,
    started: bool,
    ended: Option<SeriesSpike>,
}

fn detector(settings: Option<&Bound<'_, PyAny>>) -> PyResult<SeasonalRobust> {
    let Some(given) = settings else { return Ok(SeasonalRobust::default()) };
    let py = given.py();
    let settings: SpikeSettings =
        serde_json::from_str(&text_of(given)?).map_err(|e| raised(py, Error::invalid(format!("settings: {e}"))))?;
    SeasonalRobust::try_new(settings).map_err(|e| raised(py, e))
}

/// A list of numbers in whatever form, NaN where one is missing.
pub(crate) fn values(given: &Bound<'_, PyAny>, name: &'static str) -> PyResult<ScalarBuffer<f64>> {
    let array = source::column(given, Kind::Values, name, Naive::Refuse)?;
    let data_type = array.data_type().clone();
    let column = Column { kind: Kind::Values, name, data_type, chunks: vec![array], naive: Naive::Refuse };
    number::floats(&column).map_err(|e| raised(given.py(), e))
}

fn step(py: Python<'_>, seconds: f64) -> PyResult<i64> {
    let micros = (seconds * 1e6).round();
    #[expect(clippy::cast_possible_truncation, reason = "within bounds")]
    if micros > 0.0 && micros < 1e15 {
        Ok(micros as i64)
    } else {
        Err(raised(py, Error::invalid(format!("step_seconds is {seconds}, outside 1 to 604800"))))
    }
}

fn start_of(start: &Bound<'_, PyAny>) -> PyResult<Instant> {
    rows::instant(start, Naive::Refuse).map_err(|e| raised(start.py(), e.under("start")))
}

/// The spikes of a series of flows (streams, views or mentions per step), a `fanpulse.types.SpikeReport`.
///
/// `values` is a list, a NumPy array or an Arrow array; `None`, NaN and null are missing. `start` is when the first
/// step begins, `step_seconds` 1 second to 7 days. `settings` are those of `spikes` in the engine's settings.
///
/// >>> from fanpulse import viral
/// >>> streams = [10_000 + day * 7919 % 1001 for day in range(365)]
/// >>> streams[300] *= 3
/// >>> spikes = viral.spikes(streams, start="2025-01-01")["spikes"]
/// >>> [(spike["start"], round(spike["lift"])) for spike in spikes]
/// [('2025-10-28T00:00:00Z', 3)]
#[pyfunction]
#[pyo3(signature = (values, *, start, step_seconds=86_400.0, settings=None))]
pub(crate) fn spikes<'py>(
    values: &Bound<'py, PyAny>,
    start: &Bound<'py, PyAny>,
    step_seconds: f64,
    settings: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let (detector, start, step) = (detector(settings)?, start_of(start)?, step(py, step_seconds)?);
    let values = self::values(values, "values")?;
    let report = run(py, move |_| detector.report(&Series::new(start, step, &values)))?;
    let reason = match report.status {
        SeriesStatus::InsufficientData(lack) => Some(lack),
        _ => None,
    };
    object(py, &Report { status: report.status, reason, judged: report.judged, spikes: report.spikes })
}

/// Finds spikes while they happen: the verdicts of `spikes`, one reading at a time.
///
/// >>> from fanpulse import viral
/// >>> stream = viral.SpikeStream("2026-01-01", step_seconds=3600)
/// >>> started = [stream.push(5000 if hour == 700 else 500 + hour * 7919 % 101)["started"] for hour in range(720)]
/// >>> started.index(True), sum(started)
/// (700, 1)
#[pyclass(module = "fanpulse.viral")]
pub(crate) struct SpikeStream {
    stream: fanpulse_core::spikes::SpikeStream,
}

#[pymethods]
impl SpikeStream {
    #[new]
    #[pyo3(signature = (start, *, step_seconds=86_400.0, settings=None))]
    fn new(start: &Bound<'_, PyAny>, step_seconds: f64, settings: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let py = start.py();
        let stream = detector(settings)?.stream(start_of(start)?, step(py, step_seconds)?).map_err(|e| raised(py, e))?;
        Ok(Self { stream })
    }

    /// Takes the next reading, `None` where it is missing, and says what it was: a `fanpulse.types.Verdict`.
    #[pyo3(signature = (value))]
    fn push<'py>(&mut self, py: Python<'py>, value: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let number = |v: &Bound<'py, PyAny>| match v.cast::<PyFloat>() {
            Ok(float) => Ok(float.value()),
            Err(_) => rows::number(v).map_err(|e| raised(py, e.under("value"))),
        };
        let value = value.as_ref().map(number).transpose()?.unwrap_or(f64::NAN);
        let verdict = self.stream.push(Reading::new(value)).map_err(|e| raised(py, e))?;
        object(
            py,
            &Verdict { z: verdict.z, threshold: verdict.threshold, started: verdict.started, ended: verdict.ended.map(|spike| *spike) },
        )
    }

    /// The spike that goes on, if one does.
    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(py, &self.stream.open())
    }
}
