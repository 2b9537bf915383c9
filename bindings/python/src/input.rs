//! What a call is given, from whatever form it came in, and its way through the engine.

use arrow::buffer::ScalarBuffer;
use fanpulse_core::ingest::{Dataset, Names};
use fanpulse_core::report::{FanReport, ViralSeries};
use fanpulse_core::{Analysis, Day, Engine, Error};
use pyo3::prelude::*;

use crate::call::Stop;
use crate::error::raised;
use crate::rows;
use crate::scores::Labelled;
use crate::table::events::Events;
use crate::table::observations::{Defaults, Observations};
use crate::table::posts::{PostIds, Posts};
use crate::table::text::Ids;
use crate::table::time::TimeColumn;
use crate::table::{Kind, Naive, Table, pieces, source};

/// The arguments that say what the data are.
pub(crate) struct Given<'a, 'py> {
    pub(crate) observations: &'a Bound<'py, PyAny>,
    pub(crate) posts: Option<&'a Bound<'py, PyAny>>,
    pub(crate) fans: Option<&'a Bound<'py, PyAny>>,
    pub(crate) platform: Option<String>,
    pub(crate) metric: Option<String>,
    pub(crate) naive: &'a str,
}

/// Tables, or rows that were read.
pub(crate) enum Input {
    Tables { observations: Table, posts: Option<Table>, fans: Option<Table>, defaults: Defaults },
    Rows { data: Box<Dataset>, fans: Option<Table> },
}

/// How times without a zone are to be taken.
pub(crate) fn naive(py: Python<'_>, text: &str) -> PyResult<Naive> {
    match text {
        "refuse" => Ok(Naive::Refuse),
        "utc" => Ok(Naive::Utc),
        _ => Err(raised(py, Error::invalid(format!("naive is `{text}`, not `refuse` or `utc`")))),
    }
}

impl Input {
    /// Takes what Python gave: borrows tables, reads rows.
    pub(crate) fn take(given: &Given<'_, '_>) -> PyResult<Self> {
        let py = given.observations.py();
        let naive = naive(py, given.naive)?;
        let fans = given.fans.map(|fans| events(fans, naive)).transpose()?;
        let observations = source::table(given.observations, Kind::Observations, naive)?;
        let posts = given.posts.map(|posts| source::table(posts, Kind::Posts, naive)).transpose()?;
        match (observations, posts) {
            (Some(observations), None) => Ok(Self::Tables { observations, posts: None, fans, defaults: given.defaults() }),
            (Some(observations), Some(Some(posts))) => {
                Ok(Self::Tables { observations, posts: Some(posts), fans, defaults: given.defaults() })
            }
            (Some(observations), Some(None)) => {
                // Posts in rows beside observations in a table: they become a table.
                let posts = given.posts.map(|posts| source::rows(posts, Kind::Posts, naive)).transpose()?;
                Ok(Self::Tables { observations, posts, fans, defaults: given.defaults() })
            }
            (None, None | Some(None)) => {
                let mut data = Dataset::default();
                rows::observations(given.observations, naive, &mut data)?;
                given.posts.map(|posts| rows::posts(posts, naive, &mut data)).transpose()?;
                Ok(Self::Rows { data: Box::new(data), fans })
            }
            (None, Some(Some(posts))) => {
                let observations = source::rows(given.observations, Kind::Observations, naive)?;
                Ok(Self::Tables { observations, posts: Some(posts), fans, defaults: given.defaults() })
            }
        }
    }

    /// Scores everything; on the threads.
    pub(crate) fn score(self, engine: &Engine, as_of: Day, stop: &Stop) -> Result<Labelled, Error> {
        if let Self::Tables { observations, posts, fans: None, defaults } = &self
            && let Some(scored) = pieces::score(engine, observations, posts.as_ref(), defaults, as_of)
        {
            return Ok(scored);
        }
        stop.check()?;
        let mut ids = Ids::default();
        let (observations, posts, fans, dropped) = match self {
            Self::Rows { data, fans } => {
                let (data, dropped) = rows::once(*data)?;
                let (names, observations, posts) = columns(data);
                ids = Ids::known(names);
                (observations, posts, fans, dropped)
            }
            Self::Tables { observations, posts, fans, defaults } => {
                let observations = Observations::read(&observations, &defaults, &mut ids)?;
                stop.check()?;
                let (posts, dropped) = posts.map_or_else(|| Ok((Posts::none(), 0)), |posts| Posts::read(&posts, &mut ids))?;
                (observations, posts, fans, dropped)
            }
        };
        stop.check()?;
        let fans = fans.map(|table| Events::read(&table, &mut ids)).transpose()?;
        let whole = fans.map(|events| Whole::of(events, engine, &observations, ids.len(), as_of)).transpose()?;
        stop.check()?;
        let mut scores = engine.score_batch(ids.len(), &observations.columns(), &posts.columns(), as_of)?;
        scores.dropped_rows += dropped;
        Ok(Labelled { scores, artists: ids.into_artists(), post_ids: posts.id, whole })
    }
}

impl Given<'_, '_> {
    fn defaults(&self) -> Defaults {
        Defaults { platform: self.platform.clone(), metric: self.metric.clone() }
    }
}

/// Fan events, as a table whatever form they came in.
pub(crate) fn events(fans: &Bound<'_, PyAny>, naive: Naive) -> PyResult<Table> {
    match source::table(fans, Kind::FanEvents, naive)? {
        Some(table) => Ok(table),
        None => source::rows(fans, Kind::FanEvents, naive),
    }
}

/// What only a whole analysis says: the fans, and the spikes in series.
pub(crate) struct Whole {
    fans: FanReport,
    fan_ids: Names,
    spikes: Vec<Vec<ViralSeries>>,
}

impl Whole {
    fn of(events: Events, engine: &Engine, observations: &Observations, artists: usize, as_of: Day) -> Result<Self, Error> {
        let fans = FanReport::of_events(&events.columns(), as_of, &engine.settings().fans)?;
        let artists: Vec<usize> = (0..artists).collect();
        let spikes = engine.series_spikes(&observations.columns(), &artists, as_of)?;
        Ok(Self { fans, fan_ids: events.fans, spikes })
    }

    /// Completes an artist's analysis, as the engine's own `analyses` does.
    pub(crate) fn complete(&self, artist: usize, analysis: &mut Analysis) {
        analysis.superfans = Some(self.fans.superfans(artist, &self.fan_ids));
        analysis.viral_series = Some(self.spikes[artist].clone());
    }
}

/// The columns of a data set, moved.
fn columns(data: Dataset) -> (Names, Observations, Posts) {
    let (o, p) = (data.observations, data.posts);
    let observations = Observations {
        components: data.components,
        artist: o.artist.into(),
        component: o.component.into(),
        time: TimeColumn::Micros(o.at.into()),
        value: o.value.into(),
    };
    let counts = [p.likes, p.comments, p.shares, p.saves, p.views].map(ScalarBuffer::from);
    let posts = Posts {
        platforms: data.platforms,
        artist: p.artist.into(),
        platform: p.platform.into(),
        published: TimeColumn::Micros(p.at.into()),
        counts,
        id: PostIds::Owned(p.id),
    };
    (data.artists, observations, posts)
}
