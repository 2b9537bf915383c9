//! What someone wants to be told of, once.

use std::collections::BTreeMap;

use fanpulse_core::Error;
use fanpulse_core::alerts::{AlertBatch, AlertFigures, AlertSettings, Fired, Rule, evaluate_all};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use crate::call::{Stop, run};
use crate::error::raised;
use crate::json::{object, text_of};
use crate::rows::{self, shown};
use crate::scores::Scores;
use crate::table::Naive;

/// Analyses as they were given, not yet read.
enum Given {
    Scores(Py<Scores>),
    Json(Vec<String>),
}

impl Given {
    fn take(given: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        match given.cast::<Scores>() {
            Ok(scores) => Ok(Self::Scores(scores.clone().unbind())),
            Err(_) => each(given, name).map(Self::Json),
        }
    }

    /// Reads them, on the threads.
    fn figures(&self, name: &str, stop: &Stop) -> Result<Vec<AlertFigures>, Error> {
        match self {
            Self::Scores(scores) => scores.get().labelled.figures(stop),
            Self::Json(all) => read(all, name, AlertFigures::from_json),
        }
    }
}

/// One dict, or each of several, as JSON text.
fn each(given: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<String>> {
    let py = given.py();
    let text = |i: usize, item: &Bound<'_, PyAny>| -> PyResult<String> {
        let wrong = |why: String| raised(py, Error::invalid(format!("{name} {i}: {why}")));
        if !item.is_instance_of::<PyDict>() && !item.is_instance_of::<PyString>() {
            return Err(wrong(format!("{} is not a dict", shown(item))));
        }
        // A date among the values, a reference to itself: what JSON cannot say.
        text_of(item).map_err(|e| wrong(e.value(py).to_string()))
    };
    if given.is_instance_of::<PyDict>() || given.is_instance_of::<PyString>() {
        return Ok(vec![text(0, given)?]);
    }
    let items =
        given.try_iter().map_err(|_| raised(py, Error::invalid(format!("{name}: {} is neither a dict nor several", shown(given)))))?;
    items.enumerate().map(|(i, item)| text(i, &item?)).collect()
}

fn read<T>(all: &[String], name: &str, one: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let about = |i: usize, e: Error| Error::invalid(format!("{name} {i}: {}", e.message()));
    all.iter().enumerate().map(|(i, json)| one(json).map_err(|e| about(i, e))).collect()
}

/// The entries of a mapping from text, which may be absent.
fn entries<'py, T>(
    given: Option<&Bound<'py, PyAny>>,
    name: &'static str,
    value: impl Fn(&Bound<'py, PyAny>) -> Result<T, rows::Fault>,
) -> PyResult<Vec<(String, T)>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let py = given.py();
    let mapping = given.cast::<PyMapping>().map_err(|_| raised(py, Error::invalid(format!("{name}: {} is not a dict", shown(given)))))?;
    let mut all = Vec::new();
    for item in mapping.items()? {
        let (key, at): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item.extract()?;
        let key = rows::text(&key).map_err(|e| raised(py, e.within(name)))?.to_owned();
        let value = value(&at).map_err(|e| raised(py, e.within(&format!("{name}[{key:?}]"))))?;
        all.push((key, value));
    }
    Ok(all)
}

/// What is to be told of artists and has not been told before: alerts with their evidence, and what has then been told.
///
/// `current` is a `Scores`, an analysis, or several of different artists; `previous` likewise those before them, which
/// `fanpulse.types.Alert` compares with. Built in are viral posts, a momentum index of 9 and a breakout probability
/// of 0.8, which `settings` (`momentum_index`, `breakout_probability`) move; `rules` are one's own, dicts of
/// `fanpulse.types.Rule`. `superfan_churn` says for artists what share of their superfans is at risk, 0 to 1.
///
/// `fired` is what was told: the alerts' keys and when. The second result is the same with these alerts; give it to
/// the next call, and an event is told once, however often the job runs. `now` is the time of the alerts, from
/// which rules cool down. Raises `InvalidInputError`, naming the rule or the analysis, the field, its value and the bound.
///
/// >>> import fanpulse
/// >>> rows = [
/// ...     {"artist_id": "low-tide", "platform": "spotify", "metric": "followers",
/// ...      "observed_at": f"2026-03-{day:02}", "value": 50_000 * 1.01**day}
/// ...     for day in range(1, 31)
/// ... ]
/// >>> scores = fanpulse.score(rows, as_of="2026-03-30")
/// >>> rules = [{"id": "slow", "kind": "growth_stall", "operator": "<", "threshold": 2.5}]
/// >>> alerts, fired = fanpulse.alerts(scores, rules=rules, now="2026-03-31T06:00:00Z")
/// >>> alerts[0]["key"], round(alerts[0]["evidence"]["value"], 2)
/// ('rule/slow/low-tide/2026-03-30', 1.0)
/// >>> fired
/// {'rule/slow/low-tide/2026-03-30': '2026-03-31T06:00:00Z'}
/// >>> fanpulse.alerts(scores, rules=rules, fired=fired, now="2026-03-31T07:00:00Z")[0]
/// []
/// >>> fanpulse.alerts(scores, rules=[rules[0] | {"threshold": 101}], now="2026-03-31T06:00:00Z")
/// Traceback (most recent call last):
/// fanpulse.errors.InvalidInputError: rules 0: `slow`: threshold is 101, outside -100 to 100
#[pyfunction]
#[pyo3(signature = (current, previous=None, *, now, rules=None, fired=None, superfan_churn=None, settings=None))]
pub(crate) fn alerts<'py>(
    current: &Bound<'py, PyAny>,
    previous: Option<&Bound<'py, PyAny>>,
    now: &Bound<'py, PyAny>,
    rules: Option<&Bound<'py, PyAny>>,
    fired: Option<&Bound<'py, PyAny>>,
    superfan_churn: Option<&Bound<'py, PyAny>>,
    settings: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = current.py();
    let settings: AlertSettings = settings.map_or_else(
        || Ok(AlertSettings::default()),
        |s| serde_json::from_str(&text_of(s)?).map_err(|e| raised(py, Error::invalid(format!("settings: {e}")))),
    )?;
    let now = rows::instant(now, Naive::Refuse).map_err(|e| raised(py, e.under("now")))?;
    let rules = read(&rules.map_or_else(|| Ok(Vec::new()), |r| each(r, "rules"))?, "rules", Rule::from_json).map_err(|e| raised(py, e))?;
    let mut told = Fired::default();
    for (key, at) in entries(fired, "fired", |at| rows::instant(at, Naive::Refuse))? {
        told.insert(key, at);
    }
    let superfan_churn: BTreeMap<String, f64> = entries(superfan_churn, "superfan_churn", rows::number)?.into_iter().collect();
    let given = Given::take(current, "current")?;
    let before = previous.map(|p| Given::take(p, "previous")).transpose()?;
    let (alerts, fired) = run(py, move |stop| {
        let current = given.figures("current", stop)?;
        let previous = before.map_or_else(|| Ok(Vec::new()), |p| p.figures("previous", stop))?;
        stop.check()?;
        let alerts = evaluate_all(&settings, &rules, AlertBatch { current, previous, superfan_churn }, &told, now)?;
        told.record(&alerts);
        Ok((alerts, told))
    })?;
    Ok((object(py, &alerts)?, object(py, &fired)?))
}
