//! The port for observations, and reading from it into the engine's tables.

use std::num::NonZeroUsize;

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::ingest::{Dataset, Metric, Observation};

use crate::{Error, Result};

/// What an observation is of, without what it says. Keys are ordered by artist, platform, the metric's name and
/// time, strings by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose.
    pub artist_id: String,
    /// Where.
    pub platform: String,
    /// What.
    pub metric: Metric,
    /// When it was true.
    pub observed_at: Instant,
}

impl Key {
    fn order(&self) -> (&str, &str, &str, Instant) {
        (&self.artist_id, &self.platform, self.metric.as_str(), self.observed_at)
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl From<&Observation> for Key {
    fn from(o: &Observation) -> Self {
        Self { artist_id: o.artist_id.clone(), platform: o.platform.clone(), metric: o.metric, observed_at: o.observed_at }
    }
}

/// An observation with who said so and since when it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What was said.
    pub observation: Observation,
    /// Who said it, for instance `spotify-export`.
    pub source: String,
    /// When FanPulse was told.
    pub recorded_at: Instant,
}

/// The two moments that a question is asked as of, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AsOf {
    /// The last moment of interest: nothing observed later is seen.
    pub valid: Instant,
    /// The moment whose knowledge is asked for: nothing recorded later is seen.
    pub recorded: Instant,
}

/// Which observations; every `None` = all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Of this artist.
    pub artist_id: Option<String>,
    /// On this platform.
    pub platform: Option<String>,
    /// Of this metric.
    pub metric: Option<Metric>,
    /// Observed at this moment or later.
    pub from: Option<Instant>,
}

impl Filter {
    /// Whether an observation with this key is asked for.
    #[must_use]
    pub fn takes(&self, key: &Key) -> bool {
        self.artist_id.as_ref().is_none_or(|a| *a == key.artist_id)
            && self.platform.as_ref().is_none_or(|p| *p == key.platform)
            && self.metric.is_none_or(|m| m == key.metric)
            && self.from.is_none_or(|from| from <= key.observed_at)
    }
}

/// Which part of a long answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The most that may come.
    pub limit: NonZeroUsize,
    /// The cursor of the page before; `None` = from the beginning.
    pub after: Option<Key>,
}

/// A part of a long answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In the order of their keys.
    pub items: Vec<Statement>,
    /// Where the next page begins; `None` = this was the last.
    pub next: Option<Key>,
}

/// What became of the rows that were appended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appended {
    /// Rows that were new.
    pub stored: u64,
    /// Rows that said what their source had already said.
    pub repeated: u64,
}

/// Append-only observations with two times.
///
/// Each source has its own history of each key. For one key the statement that was recorded last holds,
/// whichever source made it; of statements recorded at the same moment, that of the source whose name sorts
/// last.
#[async_trait]
pub trait ObservationStore: Send + Sync {
    /// Appends what `source` said, as known from `recorded_at` on: all rows or, where it fails, none.
    ///
    /// A row that says what the same source's statement known at `recorded_at` says is counted and not stored, so
    /// that an import or a job may be repeated. Any other row is added beside the older ones.
    ///
    /// # Errors
    /// * `invalid` where a value is NaN, infinite or negative, or the source is empty; the message names the row.
    /// * `conflict` where a row would change what was known in the past: the same source has another statement
    ///   for the key, recorded at that moment or later.
    async fn append(&self, source: &str, recorded_at: Instant, observations: &[Observation]) -> Result<Appended>;

    /// What was known at `as_of.recorded` of the time up to `as_of.valid`: one statement per key.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn series(&self, filter: &Filter, as_of: AsOf, page: &PageRequest) -> Result<Page>;
}

/// How many observations [`load`] holds at a time besides the table that it fills.
const LOAD_PAGE: NonZeroUsize = NonZeroUsize::new(8192).unwrap();

/// Appends what was known to the engine's table, page by page and in an order that the engine scores in place.
/// Returns how many rows came.
///
/// # Errors
/// What [`ObservationStore::series`] fails with; the rows of the pages before are in `data` then.
pub async fn load(store: &dyn ObservationStore, filter: &Filter, as_of: AsOf, data: &mut Dataset) -> Result<u64> {
    let mut request = PageRequest { limit: LOAD_PAGE, after: None };
    let mut rows = 0;
    loop {
        let page = store.series(filter, as_of, &request).await?;
        for statement in &page.items {
            data.push_observation(&statement.observation).map_err(|e| Error::invalid(e.to_string()).caused_by(e))?;
            rows += 1;
        }
        match page.next {
            Some(key) => request.after = Some(key),
            None => return Ok(rows),
        }
    }
}

/// Checks what every adapter refuses.
pub(crate) fn check(source: &str, observations: &[Observation]) -> Result<()> {
    if source.is_empty() {
        return Err(Error::invalid("the source is empty"));
    }
    match observations.iter().enumerate().find(|(_, o)| !(o.value.is_finite() && o.value >= 0.0)) {
        Some((row, o)) => Err(Error::invalid(format!("observation row {row}: value {} is not a finite number of at least 0", o.value))),
        None => Ok(()),
    }
}
