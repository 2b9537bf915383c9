//! FanPulse for Python: rows in as dicts, analyses out as dicts.

mod error;
mod rows;

use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Engine, Error};
use pyo3::prelude::*;
use pyo3::types::PyList;
use rayon::prelude::*;

use error::{raised, released};
use rows::Rows;

#[pymodule]
mod _fanpulse {
    #[pymodule_export]
    use super::{analyze, score};

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Analyses one artist.
///
/// `observations` and `posts` are dicts in any order, described in `fanpulse.types`. `as_of` is the last day of
/// the window, a date or YYYY-MM-DD; rows dated after it are ignored. `window_days` is 14 to 366. A part that
/// cannot be computed is `None`, with its reason beside it.
///
/// Raises `InvalidInputError`, naming the row, the field and the value, where a row is wrong, two rows contradict
/// each other, or the rows are not all of one artist. A row that repeats another exactly counts once.
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
#[pyo3(
    signature = (observations, posts=None, *, as_of, window_days=30),
    text_signature = "(observations, posts=(), *, as_of, window_days=30)"
)]
fn analyze<'py>(
    observations: &Bound<'py, PyAny>,
    posts: Option<&Bound<'py, PyAny>>,
    as_of: &Bound<'py, PyAny>,
    window_days: i64,
) -> PyResult<Bound<'py, PyAny>> {
    let py = observations.py();
    let rows = Rows::read(observations, posts)?;
    let artists = rows.artists();
    if artists != 1 {
        return Err(raised(py, Error::invalid(format!("analyze takes the rows of one artist, these are of {artists}"))));
    }
    scored(py, rows, as_of, window_days)?.get_item(0)
}

/// Analyses every artist whose rows are given, in the order in which they first appear.
///
/// The arguments and errors are those of `analyze`. The interpreter's lock is released while it scores, on every
/// processor.
///
/// >>> import fanpulse
/// >>> rows = [
/// ...     {"artist_id": artist, "platform": "spotify", "metric": "followers",
/// ...      "observed_at": f"2026-03-{day:02}", "value": 50_000 * growth**day}
/// ...     for artist, growth in [("low-tide", 1.01), ("ebb", 0.99)]
/// ...     for day in range(1, 31)
/// ... ]
/// >>> [(a["artist_id"], a["momentum"]["status"]) for a in fanpulse.score(rows, as_of="2026-03-30")]
/// [('low-tide', 'rapid_growth'), ('ebb', 'declining')]
#[pyfunction]
#[pyo3(
    signature = (observations, posts=None, *, as_of, window_days=30),
    text_signature = "(observations, posts=(), *, as_of, window_days=30)"
)]
fn score<'py>(
    observations: &Bound<'py, PyAny>,
    posts: Option<&Bound<'py, PyAny>>,
    as_of: &Bound<'py, PyAny>,
    window_days: i64,
) -> PyResult<Bound<'py, PyList>> {
    scored(observations.py(), Rows::read(observations, posts)?, as_of, window_days)
}

fn scored<'py>(py: Python<'py>, rows: Rows, as_of: &Bound<'py, PyAny>, window_days: i64) -> PyResult<Bound<'py, PyList>> {
    let as_of: Day = rows::parsed(as_of).map_err(|e| raised(py, e.under("as_of")))?;
    let analyses = released(py, || {
        let window_days =
            u32::try_from(window_days).map_err(|_| Error::invalid(format!("window_days is {window_days}, outside 14 to 366")))?;
        let engine = Engine::builder().settings(Settings { window_days, ..Settings::default() }).build()?;
        let scores = engine.score(&rows.dataset()?, as_of)?;
        let json = |artist| serde_json::to_string(&scores.analysis(artist));
        let analyses: Result<Vec<String>, _> = (0..scores.artists()).into_par_iter().map(json).collect();
        analyses.map_err(|e| Error::new(fanpulse_core::ErrorKind::Internal, "an analysis cannot be written as JSON").caused_by(e))
    })?;
    // Python's own reader makes dicts faster than one call per key from here would.
    let loads = py.import("json")?.getattr("loads")?;
    let list = PyList::empty(py);
    for analysis in analyses {
        list.append(loads.call1((analysis,))?)?;
    }
    Ok(list)
}
