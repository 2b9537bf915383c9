//! The port for observations.

mod block;
mod load;
mod origin;
mod point;
mod sql;
mod summary;

use async_trait::async_trait;
use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::{Day, Instant};
use serde::{Deserialize, Serialize};

pub use load::load;
pub use origin::{Origin, Precision, Quality};
pub use sql::Compacted;
pub use summary::{Period, Summary, SummaryFilter, SummaryStore};

pub(crate) use point::month;
pub(crate) use sql::{examine_blocks, examine_summaries};
pub(crate) use summary::{Figures, sort};

use crate::{Cursor, Error, Page, PageRequest, Result};

/// What an observation is of, without what it says. Keys are ordered by artist, platform, the metric's name and
/// time, strings by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Who said it, and what it is worth.
    pub origin: Origin,
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

/// The rows of some artists, each of them whole.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The rows by artist; observations then by component and time, which the engine scores where they lie.
    pub data: Dataset,
    /// Where the next batch begins; `None` = this was the last.
    pub next: Option<Cursor>,
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
    /// Appends the observations of `data` as said by `origin` and known from `recorded_at` on: all rows or, where it
    /// fails, none, also where the process dies in the middle.
    ///
    /// A row that says what the same source's statement known at `recorded_at` says is counted and not stored, so
    /// that an import or a job may be repeated. Any other row is added beside the older ones.
    ///
    /// # Errors
    /// * `invalid` where a value is NaN, infinite or negative, or the source is empty; the message names the row.
    /// * `conflict` where a row would change what was known in the past: the same source has another statement
    ///   for the key, recorded at that moment or later. The message names the first such row.
    async fn append(&self, origin: &Origin, recorded_at: Instant, data: &Dataset) -> Result<Appended>;

    /// What was known at `as_of.recorded` of the time up to `as_of.valid`: one statement per key, in the order of the
    /// keys.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor, else what the adapter's storage fails with.
    async fn series(&self, filter: &Filter, as_of: AsOf, page: &PageRequest) -> Result<Page<Statement>>;

    /// The same knowledge in columns, a batch of whole artists at a time. The caller asks for the next batch when it
    /// is done with one, so that memory stays that of a batch: about 2¹⁸ rows, more only where a single artist and
    /// those stored beside it have more.
    ///
    /// # Errors
    /// As [`ObservationStore::series`].
    async fn batch(&self, filter: &Filter, as_of: AsOf, after: Option<&Cursor>) -> Result<Batch>;

    /// Gives up everything observed in the calendar months before that of `before`, for good. Returns how many
    /// statements went.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn forget(&self, before: Day) -> Result<u64>;
}

/// Checks what every adapter refuses.
pub(crate) fn check(origin: &Origin, data: &Dataset) -> Result<()> {
    if origin.source.is_empty() {
        return Err(Error::invalid("the source is empty"));
    }
    let rows = &data.observations;
    for (name, len) in [("component", rows.component.len()), ("at", rows.at.len()), ("value", rows.value.len())] {
        if len != rows.len() {
            return Err(Error::invalid(format!("column `{name}` has {len} rows where `artist` has {}", rows.len())));
        }
    }
    let wrong = |row: usize, what: String| Err(Error::invalid(format!("observation row {row}: {what}")));
    for row in 0..rows.len() {
        let value = rows.value[row];
        if !(value.is_finite() && value >= 0.0) {
            return wrong(row, format!("value {value} is not a finite number of at least 0"));
        }
        if rows.artist[row] as usize >= data.artists.len() {
            return wrong(row, format!("artist {} is not one of {}", rows.artist[row], data.artists.len()));
        }
        if usize::from(rows.component[row]) >= data.components.len() {
            return wrong(row, format!("component {} is not one of {}", rows.component[row], data.components.len()));
        }
        if let Err(e) = Instant::try_new(rows.at[row]) {
            return wrong(row, e.to_string());
        }
    }
    Ok(())
}

/// The error that a row deserves which would change the past.
#[cold]
pub(crate) fn conflict(row: usize, data: &Dataset, source: &str, recorded_at: Instant) -> Error {
    let rows = &data.observations;
    let artist = data.artists.get(rows.artist[row]).unwrap_or_default();
    let component = &data.components[usize::from(rows.component[row])];
    let at = Instant::try_new(rows.at[row]).map_or_else(|_| rows.at[row].to_string(), |at| at.to_string());
    Error::conflict(format!(
        "observation row {row}: `{source}` has said other than {} of {artist} {component} at {at}, recorded at {recorded_at} or later",
        rows.value[row]
    ))
}
