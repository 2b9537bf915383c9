//! The engine with settings of one's own, and the calls without any.

use std::sync::Arc;

use fanpulse_core::learned::ComponentBreakout;
use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Error};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::breakout::Model;
use crate::call::run;
use crate::error::raised;
use crate::input::{Given, Input};
use crate::json::{loads, object, text_of};
use crate::live::LiveArtist;
use crate::rows;
use crate::scores::Scores;

/// Settings from a dict or a JSON text; what they do not name is at its default.
pub(crate) fn settings(given: Option<&Bound<'_, PyAny>>) -> PyResult<Settings> {
    let Some(given) = given else { return Ok(Settings::default()) };
    let json = text_of(given)?;
    serde_json::from_str(&json).map_err(|e| raised(given.py(), Error::invalid(format!("settings: {e}"))))
}

/// The last day that counts.
pub(crate) fn as_of(day: &Bound<'_, PyAny>) -> PyResult<Day> {
    rows::parsed(day).map_err(|e| raised(day.py(), e.under("as_of")))
}

/// Scores with settings of your own.
///
/// `settings` is a dict or a JSON text of what is to differ from the defaults; an unknown name or a value out of
/// its bounds raises `InvalidInputError`. `breakout` is a model of `fanpulse.breakout` in place of the indicators.
/// `conflicts` says what happens to two values for one artist, component and time: "refuse", or "keep_first".
/// Engines are immutable, may be shared by threads, and can be pickled.
///
/// >>> import fanpulse
/// >>> engine = fanpulse.Engine({"window_days": 14, "viral": {"sigmas": 3}})
/// >>> engine.settings["window_days"], engine.settings["viral"]["sigmas"]
/// (14, 3.0)
/// >>> fanpulse.Engine({"window_days": 3})
/// Traceback (most recent call last):
/// fanpulse.errors.InvalidInputError: window_days is 3, outside 14 to 366
#[pyclass(frozen, module = "fanpulse")]
pub(crate) struct Engine {
    pub(crate) engine: fanpulse_core::Engine,
    model: Option<Py<Model>>,
    conflicts: &'static str,
}

fn built(
    py: Python<'_>,
    settings: Settings,
    model: Option<&Py<Model>>,
    conflicts: &str,
) -> PyResult<(fanpulse_core::Engine, &'static str)> {
    let mut builder = fanpulse_core::Engine::builder().settings(settings);
    if let Some(model) = model {
        let model = ComponentBreakout::try_new(model.get().model.clone()).map_err(|e| raised(py, e))?;
        builder = builder.breakout_model(Arc::new(model));
    }
    let conflicts = match conflicts {
        "refuse" => "refuse",
        "keep_first" => {
            builder = builder.keep_first_of_conflicts();
            "keep_first"
        }
        other => return Err(raised(py, Error::invalid(format!("conflicts is `{other}`, not `refuse` or `keep_first`")))),
    };
    Ok((builder.build().map_err(|e| raised(py, e))?, conflicts))
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (settings=None, *, breakout=None, conflicts="refuse"))]
    fn new(py: Python<'_>, settings: Option<&Bound<'_, PyAny>>, breakout: Option<Py<Model>>, conflicts: &str) -> PyResult<Self> {
        let (engine, conflicts) = built(py, self::settings(settings)?, breakout.as_ref(), conflicts)?;
        Ok(Self { engine, model: breakout, conflicts })
    }

    /// Scores every artist, as `fanpulse.score` does.
    #[pyo3(signature = (observations, posts=None, fans=None, *, as_of, platform=None, metric=None, naive="refuse"))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn score(
        &self,
        observations: &Bound<'_, PyAny>,
        posts: Option<&Bound<'_, PyAny>>,
        fans: Option<&Bound<'_, PyAny>>,
        as_of: &Bound<'_, PyAny>,
        platform: Option<String>,
        metric: Option<String>,
        naive: &str,
    ) -> PyResult<Scores> {
        scored(self.engine.clone(), &Given { observations, posts, fans, platform, metric, naive }, as_of)
    }

    /// Analyses one artist, as `fanpulse.analyze` does.
    #[pyo3(signature = (observations, posts=None, fans=None, *, as_of, platform=None, metric=None, naive="refuse"))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn analyze<'py>(
        &self,
        observations: &Bound<'py, PyAny>,
        posts: Option<&Bound<'py, PyAny>>,
        fans: Option<&Bound<'py, PyAny>>,
        as_of: &Bound<'py, PyAny>,
        platform: Option<String>,
        metric: Option<String>,
        naive: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        analyzed(self.engine.clone(), &Given { observations, posts, fans, platform, metric, naive }, as_of)
    }

    /// An artist that takes observations one at a time.
    fn live(&self, artist_id: &str) -> LiveArtist {
        LiveArtist::new(&self.engine, artist_id)
    }

    /// All settings in force, the defaults among them.
    #[getter]
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(py, self.engine.settings())
    }

    /// The hash of the settings, which stands on every result.
    #[getter]
    fn settings_hash(&self) -> &str {
        self.engine.settings_hash()
    }

    fn __repr__(&self) -> String {
        format!("<fanpulse.Engine: {} days, settings {}>", self.engine.settings().window_days, self.engine.settings_hash())
    }

    fn __eq__(&self, other: &Self) -> bool {
        let model = |e: &Self| e.model.as_ref().map(|m| m.get().model.clone());
        self.engine.settings() == other.engine.settings() && self.conflicts == other.conflicts && model(self) == model(other)
    }

    fn __hash__(&self) -> u64 {
        // Equal settings have equal hashes, of which 16 hexadecimal digits are a number.
        u64::from_str_radix(self.engine.settings_hash(), 16).unwrap_or(0)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let json = serde_json::to_string(self.engine.settings()).map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))?;
        let restore = py.import("fanpulse._fanpulse")?.getattr("_engine")?;
        (restore, (json, self.model.as_ref().map(|m| m.clone_ref(py)), self.conflicts)).into_pyobject(py)
    }
}

/// What a pickled engine is made from.
#[pyfunction]
pub(crate) fn _engine(py: Python<'_>, settings: &Bound<'_, PyString>, breakout: Option<Py<Model>>, conflicts: &str) -> PyResult<Engine> {
    Engine::new(py, Some(settings.as_any()), breakout, conflicts)
}

fn scored(engine: fanpulse_core::Engine, given: &Given<'_, '_>, day: &Bound<'_, PyAny>) -> PyResult<Scores> {
    let day = as_of(day)?;
    let input = Input::take(given)?;
    run(given.observations.py(), move |stop| input.score(&engine, day, stop)).map(Scores::new)
}

fn analyzed<'py>(engine: fanpulse_core::Engine, given: &Given<'_, 'py>, day: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = given.observations.py();
    let day = as_of(day)?;
    let input = Input::take(given)?;
    let json = run(py, move |stop| {
        let labelled = input.score(&engine, day, stop)?;
        let artists = labelled.scores.artists();
        if artists != 1 {
            return Err(Error::invalid(format!("analyze takes the rows of one artist, these are of {artists}")));
        }
        labelled.all_json(0..1, stop)
    })?;
    loads(py, &json[0])
}

/// The engine of a call without one.
fn engine(py: Python<'_>, given: Option<&Bound<'_, PyAny>>, window_days: Option<i64>) -> PyResult<fanpulse_core::Engine> {
    let mut settings = settings(given)?;
    if let Some(days) = window_days {
        let wrong = |_| raised(py, Error::invalid(format!("window_days is {days}, outside 14 to 366")));
        settings.window_days = u32::try_from(days).map_err(wrong)?;
    }
    built(py, settings, None, "refuse").map(|b| b.0)
}

/// Analyses one artist.
///
/// The arguments and errors are those of `score`; the rows are all of one artist. A part that cannot be computed is
/// `None`, with its reason beside it.
///
/// >>> import fanpulse
/// >>> rows = [
/// ...     {"artist_id": "low-tide", "platform": "spotify", "metric": "followers",
/// ...      "observed_at": f"2026-03-{day:02}", "value": 50_000 * 1.01**day}
/// ...     for day in range(1, 31)
/// ... ]
/// >>> fanpulse.analyze(rows, as_of="2026-03-30")["momentum"]["status"]
/// 'rapid_growth'
/// >>> fanpulse.analyze(rows[:3], as_of="2026-03-30")["momentum_reason"]
/// {'kind': 'insufficient_data', 'have': 0, 'need': 3}
/// >>> fanpulse.analyze([rows[0] | {"value": -1}], as_of="2026-03-30")
/// Traceback (most recent call last):
/// fanpulse.errors.InvalidInputError: observation row 0: value -1 is not a finite number of at least 0
#[pyfunction]
#[pyo3(signature = (observations, posts=None, fans=None, *, as_of, window_days=None, platform=None, metric=None, naive="refuse", settings=None))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub(crate) fn analyze<'py>(
    observations: &Bound<'py, PyAny>,
    posts: Option<&Bound<'py, PyAny>>,
    fans: Option<&Bound<'py, PyAny>>,
    as_of: &Bound<'py, PyAny>,
    window_days: Option<i64>,
    platform: Option<String>,
    metric: Option<String>,
    naive: &str,
    settings: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = Given { observations, posts, fans, platform, metric, naive };
    analyzed(engine(observations.py(), settings, window_days)?, &given, as_of)
}

/// Scores every artist whose rows are given, in the order in which they first appear.
///
/// `observations`, `posts` and `fans` (fan events) are each a table or rows. A table is anything that Arrow can
/// read, which goes in without a copy (pyarrow, Polars, pandas 2.2 and later, a DuckDB relation), or a dict of
/// columns (NumPy arrays, lists). Rows are dicts, described in `fanpulse.types`, as are the columns.
///
/// `as_of` is the last day that counts, a date or YYYY-MM-DD; rows dated after it are ignored. `window_days` is 14
/// to 366, 30 unless the settings say otherwise. `platform` and `metric` stand for a column that the table does not
/// have. With `fans` the analyses are whole, as `fanpulse score` writes them: superfans, and spikes in series beside viral
/// posts. Times need a zone; `naive="utc"` takes those without one as UTC. `settings` are those of `Engine`.
///
/// Raises `InvalidInputError`, naming the row, the column and the value, where one is wrong or two rows contradict
/// each other. A row that repeats another exactly counts once. The interpreter's lock is released meanwhile.
///
/// >>> import fanpulse
/// >>> rows = [
/// ...     {"artist_id": artist, "platform": "spotify", "metric": "followers",
/// ...      "observed_at": f"2026-03-{day:02}", "value": 50_000 * growth**day}
/// ...     for artist, growth in [("low-tide", 1.01), ("ebb", 0.99)]
/// ...     for day in range(1, 31)
/// ... ]
/// >>> scores = fanpulse.score(rows, as_of="2026-03-30")
/// >>> scores
/// <fanpulse.Scores: 2 artists as of 2026-03-30, 30 days>
/// >>> [(a["artist_id"], a["momentum"]["status"]) for a in scores]
/// [('low-tide', 'rapid_growth'), ('ebb', 'declining')]
#[pyfunction]
#[pyo3(signature = (observations, posts=None, fans=None, *, as_of, window_days=None, platform=None, metric=None, naive="refuse", settings=None))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub(crate) fn score(
    observations: &Bound<'_, PyAny>,
    posts: Option<&Bound<'_, PyAny>>,
    fans: Option<&Bound<'_, PyAny>>,
    as_of: &Bound<'_, PyAny>,
    window_days: Option<i64>,
    platform: Option<String>,
    metric: Option<String>,
    naive: &str,
    settings: Option<&Bound<'_, PyAny>>,
) -> PyResult<Scores> {
    let given = Given { observations, posts, fans, platform, metric, naive };
    scored(engine(observations.py(), settings, window_days)?, &given, as_of)
}
