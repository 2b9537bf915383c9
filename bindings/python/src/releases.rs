//! Release windows.

use fanpulse_core::Error;
use fanpulse_core::scores::{Competition, ReleaseInput, release_windows};
use fanpulse_core::settings::Settings;
use pyo3::prelude::*;

use crate::call::run;
use crate::engine::{as_of, settings};
use crate::error::raised;
use crate::json::object;
use crate::rows;
use crate::viral::values;

/// How well the next Fridays suit a release, best seen from `fanpulse.types.ReleaseWindow`: one dict per Friday.
///
/// `momentum` is the index of an analysis, 0 to 10; without one `InsufficientDataError` is raised. `streams` are
/// daily streams up to `as_of`, the oldest first, a missing day `None` or NaN. `competition` lists the releases of
/// others in the genre: the day, and the followers of the artist. `settings` are those of `Engine`.
///
/// >>> from fanpulse import releases
/// >>> friday, *_ = releases.windows(as_of="2026-03-31", momentum=7.3, streams=[1000] * 60)
/// >>> friday["day"], friday["verdict"], round(friday["score"], 2)
/// ('2026-04-03', 'go', 7.84)
#[pyfunction]
#[pyo3(signature = (*, as_of, momentum, streams, competition=None, window_days=None, settings=None))]
pub(crate) fn windows<'py>(
    as_of: &Bound<'py, PyAny>,
    momentum: Option<f64>,
    streams: &Bound<'py, PyAny>,
    competition: Option<&Bound<'py, PyAny>>,
    window_days: Option<u32>,
    settings: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = as_of.py();
    let settings: Settings = self::settings(settings)?;
    settings.validate().map_err(|e| raised(py, e))?;
    let day = self::as_of(as_of)?;
    let streams = values(streams, "streams")?;
    let mut rivals = Vec::new();
    if let Some(competition) = competition {
        for (i, item) in competition.try_iter()?.enumerate() {
            let (day, followers): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item?.extract()?;
            let at = |e: rows::Fault| raised(py, Error::invalid(format!("competition {i}: {}", e.message())));
            rivals.push(Competition { day: rows::parsed(&day).map_err(at)?, followers: rows::number(&followers).map_err(at)? });
        }
    }
    let found = run(py, move |_| {
        let window_days = window_days.unwrap_or(settings.window_days);
        let input = ReleaseInput { as_of: day, momentum, streams: &streams, window_days, competition: &rivals };
        release_windows(&settings.release, &input)
    })?;
    object(py, &found)
}
