//! Fans: tiers, segments and forecasts.

use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Array, StringArray, UInt32Array};
use arrow::record_batch::RecordBatch;
use fanpulse_core::fans::{FanSegment, KMeansSegments, Tier};
use fanpulse_core::ingest::Names;
use fanpulse_core::report::FanReport;
use fanpulse_core::settings::FanSettings;
use fanpulse_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use serde::Serialize;

use crate::call::run;
use crate::capsule;
use crate::engine::as_of;
use crate::error::{not_found, raised};
use crate::input::{events, naive};
use crate::json::{object, text_of};
use crate::table::events::Events;
use crate::table::text::Ids;

/// Everything that a call finds out.
struct Found {
    report: FanReport,
    settings: FanSettings,
    artists: Names,
    fans: Names,
}

/// The fans of some artists: a table with a row for each artist and fan, which anything that reads Arrow reads.
///
/// >>> from fanpulse import fans
/// >>> events = [
/// ...     {"artist_id": "low-tide", "fan_id": f"fan-{fan}", "occurred_at": f"2026-03-{day:02}", "kind": "stream"}
/// ...     for fan in range(20) for day in range(1, 31, 1 + fan)
/// ... ]
/// >>> scores = fans.score(events, as_of="2026-03-31")
/// >>> len(scores)
/// 20
/// >>> scores.superfans("low-tide")["tiers"]
/// {'platinum': 1, 'gold': 0, 'silver': 2, 'bronze': 17}
#[pyclass(frozen, module = "fanpulse.fans")]
pub(crate) struct FanScores {
    found: Arc<Found>,
    batch: Arc<OnceLock<RecordBatch>>,
}

/// Scores the fans of every artist: engagement, tier, segment, and what is expected of each.
///
/// `events` is a table or rows of `fanpulse.types.FanEvent`, as in `fanpulse.score`. `settings` are those of `fans` in
/// the engine's settings.
#[pyfunction]
#[pyo3(signature = (events, *, as_of, settings=None, naive="refuse"))]
pub(crate) fn fan_scores(
    events: &Bound<'_, PyAny>,
    as_of: &Bound<'_, PyAny>,
    settings: Option<&Bound<'_, PyAny>>,
    naive: &str,
) -> PyResult<FanScores> {
    let py = events.py();
    let settings = match settings {
        None => FanSettings::default(),
        Some(given) => serde_json::from_str(&text_of(given)?).map_err(|e| raised(py, Error::invalid(format!("settings: {e}"))))?,
    };
    let day = self::as_of(as_of)?;
    let table = self::events(events, self::naive(py, naive)?)?;
    let found = run(py, move |stop| {
        let mut ids = Ids::default();
        let events = Events::read(&table, &mut ids)?;
        stop.check()?;
        let report = FanReport::of_events(&events.columns(), day, &settings)?;
        Ok(Found { report, settings, artists: ids.into_names(), fans: events.fans })
    })?;
    Ok(FanScores { found: Arc::new(found), batch: Arc::default() })
}

#[derive(Serialize)]
struct Clustered<'a> {
    name: &'a str,
    silent_days: f64,
    active_days: f64,
    spend: f64,
    fans: usize,
}

impl FanScores {
    fn batch(&self, py: Python<'_>) -> PyResult<RecordBatch> {
        if let Some(batch) = self.batch.get() {
            return Ok(batch.clone());
        }
        let (found, slot) = (self.found.clone(), self.batch.clone());
        run(py, move |_| {
            let batch = batch(&found)?;
            Ok(slot.get_or_init(|| batch).clone())
        })
    }
}

#[pymethods]
impl FanScores {
    fn __len__(&self) -> usize {
        self.found.report.table().len()
    }

    /// What an artist's fans look like as a whole, a `fanpulse.types.Superfans`: what an analysis says of them.
    ///
    /// Raises `NotFoundError` where the events name no such artist.
    fn superfans<'py>(&self, py: Python<'py>, artist_id: &str) -> PyResult<Bound<'py, PyAny>> {
        let found = &self.found;
        let superfans = found.artists.code(artist_id).and_then(|code| found.report.superfans(code as usize, &found.fans).ok());
        object(py, &superfans.ok_or_else(|| raised(py, not_found(format!("there is no artist {artist_id:?}"))))?)
    }

    /// Groups the fans of all artists by how recent, frequent and paying they are: the groups, and each row's group.
    ///
    /// `clusters` is 2 to 16; without it, as many as the data show, at most 8. The same seed gives the same groups.
    #[pyo3(signature = (clusters=None, *, seed=0))]
    fn clusters<'py>(&self, py: Python<'py>, clusters: Option<usize>, seed: u64) -> PyResult<(Bound<'py, PyAny>, Vec<u16>)> {
        let found = self.found.clone();
        let found = run(py, move |_| {
            let model = clusters.map_or_else(|| Ok(KMeansSegments::elbow(seed)), |k| KMeansSegments::with_clusters(k, seed))?;
            let (rows, as_of) = (found.report.table().rows(), found.report.table().as_of());
            let features: Vec<[f64; 3]> =
                rows.iter().map(|row| [f64::from(row.silent_days(as_of)), f64::from(row.active_days), row.spend]).collect();
            model.cluster(&features)
        })?;
        let groups: Vec<Clustered<'_>> = found
            .clusters
            .iter()
            .map(|c| Clustered { name: &c.name, silent_days: c.centre[0], active_days: c.centre[1], spend: c.centre[2], fans: c.fans })
            .collect();
        Ok((object(py, &groups)?, found.of_fan))
    }

    /// The artists' ids.
    #[getter]
    fn artist_ids(&self) -> Vec<&str> {
        self.found.report.table().artists().iter().filter_map(|a| self.found.artists.get(a.artist)).collect()
    }

    /// The table as a Polars data frame.
    fn to_polars<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.getattr("DataFrame")?.call1((slf,))
    }

    /// The table as a pandas data frame; needs pyarrow.
    fn to_pandas<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_arrow(slf)?.call_method0("to_pandas")
    }

    /// The table as a pyarrow table.
    fn to_arrow<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(&self, py: Python<'py>, requested_schema: Option<Bound<'py, PyCapsule>>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::stream(py, self.batch(py)?, requested_schema)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        capsule::array(py, self.batch(py)?, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.batch(py)?.schema())
    }

    fn __repr__(&self) -> String {
        let t = &self.found.report.table();
        format!("<fanpulse.FanScores: {} fans of {} artists as of {}>", t.len(), t.artists().len(), t.as_of())
    }
}

fn batch(found: &Found) -> Result<RecordBatch, Error> {
    let (rows, fans, as_of) = (found.report.table().rows(), &found.report.scores().fans, found.report.table().as_of());
    let [first, second] = found.settings.forecast.horizons;
    let coded = |names: &[&str], code: &dyn Fn(usize) -> i32| -> Result<ArrayRef, Error> {
        let keys = Int32Array::from_iter_values((0..rows.len()).map(code));
        DictionaryArray::try_new(keys, Arc::new(StringArray::from(names.to_vec())))
            .map(|a| Arc::new(a) as ArrayRef)
            .map_err(|e| Error::new(ErrorKind::Internal, "fans cannot be written as a column").caused_by(e))
    };
    let figure = |of: &dyn Fn(usize) -> Option<f64>| Arc::new(Float64Array::from_iter((0..rows.len()).map(of))) as ArrayRef;
    let whole = |of: &dyn Fn(usize) -> u32| Arc::new(UInt32Array::from_iter_values((0..rows.len()).map(of))) as ArrayRef;
    let day = |of: &dyn Fn(usize) -> i32| Arc::new(Date32Array::from_iter_values((0..rows.len()).map(of))) as ArrayRef;
    let text = |of: &dyn Fn(usize) -> u32, names: &Names| {
        Arc::new(StringArray::from_iter_values((0..rows.len()).map(|i| names.get(of(i)).unwrap_or_default()))) as ArrayRef
    };
    let forecast = |i: usize| fans[i].forecast;
    let (near, far) = (format!("active_days_{first}"), format!("active_days_{second}"));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("artist_id", text(&|i| rows[i].artist, &found.artists)),
        ("fan_id", text(&|i| rows[i].fan, &found.fans)),
        ("tier", coded(&Tier::ALL.map(Tier::as_str), &|i| fans[i].tier as i32)?),
        ("segment", coded(&FanSegment::ALL.map(FanSegment::as_str), &|i| fans[i].segment as i32)?),
        ("engagement", figure(&|i| Some(fans[i].engagement))),
        ("engagement_at_last", figure(&|i| Some(fans[i].engagement_at_last))),
        ("value", figure(&|i| Some(fans[i].value))),
        ("hours_percentile", figure(&|i| Some(fans[i].hours_percentile))),
        ("p_alive", figure(&|i| forecast(i).map(|f| f.p_alive))),
        (&near, figure(&|i| forecast(i).map(|f| f.active_days[0]))),
        (&far, figure(&|i| forecast(i).map(|f| f.active_days[1]))),
        ("expected_value", figure(&|i| forecast(i).and_then(|f| f.value))),
        ("value_lost", figure(&|i| forecast(i).and_then(|f| f.value_lost))),
        ("first_day", day(&|i| rows[i].first_day.days())),
        ("last_day", day(&|i| rows[i].last_day.days())),
        ("silent_days", whole(&|i| rows[i].silent_days(as_of))),
        ("active_days", whole(&|i| rows[i].active_days)),
        ("paid_days", whole(&|i| rows[i].paid_days)),
        ("spend", figure(&|i| Some(rows[i].spend))),
    ];
    RecordBatch::try_from_iter(columns).map_err(|e| Error::new(ErrorKind::Internal, "the fans are no table").caused_by(e))
}
