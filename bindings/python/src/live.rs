//! One artist, kept up to date observation by observation.

use fanpulse_core::Engine;
use fanpulse_core::ingest::{Metric, Observation};
use fanpulse_core::report::explain;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::call::briefly;
use crate::engine::as_of;
use crate::error::raised;
use crate::json::object;
use crate::rows;
use crate::table::Naive;

/// An artist that takes observations one at a time; its analysis has the bits that `score` gives for the same rows.
///
/// >>> import fanpulse
/// >>> artist = fanpulse.LiveArtist("low-tide")
/// >>> for day in range(1, 31):
/// ...     artist.observe("spotify", "followers", f"2026-03-{day:02}", 50_000 * 1.01**day)
/// >>> artist.analyze("2026-03-30")["momentum"]["status"]
/// 'rapid_growth'
#[pyclass(module = "fanpulse")]
pub(crate) struct LiveArtist {
    artist: fanpulse_core::LiveArtist,
    id: String,
}

impl LiveArtist {
    pub(crate) fn new(engine: &Engine, artist_id: &str) -> Self {
        Self { artist: engine.live(artist_id), id: artist_id.to_owned() }
    }
}

#[pymethods]
impl LiveArtist {
    #[new]
    #[pyo3(signature = (artist_id, *, settings=None))]
    fn init(py: Python<'_>, artist_id: &str, settings: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let settings = crate::engine::settings(settings)?;
        let engine = Engine::builder().settings(settings).build().map_err(|e| raised(py, e))?;
        Ok(Self::new(&engine, artist_id))
    }

    /// Takes an observation.
    ///
    /// Raises `InvalidInputError` for a value that is not finite and at least 0, or another value at the same time;
    /// the artist is then as before.
    fn observe(
        &mut self,
        platform: &str,
        metric: &Bound<'_, PyString>,
        observed_at: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = metric.py();
        let metric: Metric = metric.to_str()?.parse().map_err(|e| raised(py, e))?;
        let observed_at = rows::instant(observed_at, Naive::Refuse).map_err(|e| raised(py, e.under("observed_at")))?;
        let value = rows::number(value).map_err(|e| raised(py, e.under("value")))?;
        let row = Observation { artist_id: "", platform, metric, observed_at, value };
        self.artist.observe_row(&row).map_err(|e| raised(py, e))
    }

    /// Takes a post, or the newer counts of one that it has; a dict of `fanpulse.types.Post`, whose artist is not looked at.
    fn observe_post(&mut self, post: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = post.py();
        let post = rows::post_of_artist(post).map_err(|e| raised(py, e.within("post")))?;
        self.artist.observe_post(&post).map_err(|e| raised(py, e))
    }

    /// The analysis as of a day, a dict; what is dated after it plays no part.
    fn analyze<'py>(&self, as_of: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = as_of.py();
        let day = self::as_of(as_of)?;
        let analysis = briefly(py, || self.artist.analyze(day))?;
        object(py, &analysis)
    }

    /// The analysis as of a day, in words.
    fn explain(&self, as_of: &Bound<'_, PyAny>) -> PyResult<String> {
        let day = self::as_of(as_of)?;
        briefly(as_of.py(), || Ok(explain(&self.artist.analyze(day)?, self.artist.settings())))
    }

    /// The artist's id.
    #[getter]
    fn artist_id(&self) -> &str {
        &self.id
    }

    /// Observations that repeated another exactly.
    #[getter]
    fn dropped_rows(&self) -> u64 {
        self.artist.dropped_rows()
    }

    fn __repr__(&self) -> String {
        format!("<fanpulse.LiveArtist {:?}>", self.id)
    }
}
