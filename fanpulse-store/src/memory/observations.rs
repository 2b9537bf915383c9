use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::{Day, Instant};

use crate::observations::{Figures, check, conflict, month, sort};
use crate::{
    Appended, AsOf, Batch, Cursor, Error, Filter, Key, ObservationStore, Origin, Page, PageRequest, Result, Statement, Summary,
    SummaryFilter, SummaryStore,
};

/// The statements of one key: the value by when it was recorded and who said it, which is also the order in
/// which they hold.
type Statements = BTreeMap<(Instant, String), (Origin, f64)>;

/// Observations in memory.
#[derive(Debug, Default)]
pub struct MemoryObservations {
    keys: Mutex<BTreeMap<Key, Statements>>,
}

impl MemoryObservations {
    fn keys(&self) -> MutexGuard<'_, BTreeMap<Key, Statements>> {
        // Rows are checked before any is stored, so a panic leaves whole batches behind.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ObservationStore for MemoryObservations {
    async fn append(&self, origin: &Origin, recorded_at: Instant, data: &Dataset) -> Result<Appended> {
        check(origin, data)?;
        let mut keys = self.keys();
        let mut new: BTreeMap<Key, f64> = BTreeMap::new();
        let mut repeated = 0;
        for row in 0..data.observations.len() {
            let (key, value) = (key(data, row)?, data.observations.value[row]);
            let stored = || keys.get(&key).into_iter().flatten().filter(|((_, source), _)| *source == origin.source);
            let known = stored().rfind(|((at, _), _)| *at <= recorded_at).map(|(_, (origin, value))| (origin, *value));
            if new.get(&key).map(|value| (origin, *value)).or(known) == Some((origin, value)) {
                repeated += 1;
            } else if new.contains_key(&key) || stored().any(|((at, _), _)| *at >= recorded_at) {
                return Err(conflict(row, data, &origin.source, recorded_at));
            } else {
                new.insert(key, value);
            }
        }
        let appended = Appended { stored: new.len() as u64, repeated };
        for (key, value) in new {
            keys.entry(key).or_default().insert((recorded_at, origin.source.clone()), (origin.clone(), value));
        }
        Ok(appended)
    }

    async fn series(&self, filter: &Filter, as_of: AsOf, page: &PageRequest) -> Result<Page<Statement>> {
        let after: Option<Key> = page.after.as_ref().map(Cursor::place).transpose()?;
        let keys = self.keys();
        let start = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let known = keys.range((start, Bound::Unbounded)).filter_map(|(key, statements)| known(key, statements, filter, as_of));
        Page::of(known.take(page.limit.get().saturating_add(1)).collect(), page.limit, |s| Key::from(&s.observation))
    }

    async fn batch(&self, filter: &Filter, as_of: AsOf, after: Option<&Cursor>) -> Result<Batch> {
        let after: Option<String> = after.map(Cursor::place).transpose()?;
        let keys = self.keys();
        let mut batch = Batch { data: Dataset::default(), next: None };
        let mut artist: Option<&str> = None;
        for (key, statements) in keys.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key.artist_id > *after)) {
            // An artist is never cut.
            if artist.is_some_and(|a| a != key.artist_id) && batch.data.observations.len() >= 1 << 18 {
                batch.next = artist.map(|a| Cursor::at(&a)).transpose()?;
                break;
            }
            artist = Some(&key.artist_id);
            if let Some(s) = known(key, statements, filter, as_of) {
                batch.data.push_observation(&s.observation).map_err(|e| Error::internal(e.to_string()).caused_by(e))?;
            }
        }
        Ok(batch)
    }

    async fn forget(&self, before: Day) -> Result<u64> {
        let mut gone = 0;
        self.keys().retain(|key, statements| {
            let kept = month(key.observed_at.day()) >= month(before);
            gone += if kept { 0 } else { statements.len() as u64 };
            kept
        });
        Ok(gone)
    }
}

#[async_trait]
impl SummaryStore for MemoryObservations {
    async fn summaries(&self, filter: &SummaryFilter) -> Result<Vec<Summary>> {
        let mut figures: BTreeMap<(String, Metric, Day), Figures> = BTreeMap::new();
        for (key, statements) in self.keys().iter().filter(|(key, _)| key.artist_id == filter.artist_id) {
            let start = filter.period.start(key.observed_at.day());
            let Some((_, (_, value))) = statements.last_key_value() else { continue };
            if filter.takes(&key.platform, key.metric) && filter.takes_start(start) {
                let of = figures.entry((key.platform.clone(), key.metric, start));
                of.and_modify(|figures| figures.add(*value)).or_insert(Figures::of(*value));
            }
        }
        let summary = |((platform, metric, start), figures): (&(String, Metric, Day), &Figures)| figures.summary(platform, *metric, *start);
        let mut summaries: Vec<Summary> = figures.iter().map(summary).collect();
        sort(&mut summaries);
        Ok(summaries)
    }

    async fn refresh_summaries(&self, _limit: u32) -> Result<u64> {
        Ok(0)
    }
}

fn key(data: &Dataset, row: usize) -> Result<Key> {
    let rows = &data.observations;
    let component = &data.components[usize::from(rows.component[row])];
    Ok(Key {
        artist_id: data.artists.get(rows.artist[row]).unwrap_or_default().to_owned(),
        platform: component.platform.clone(),
        metric: component.metric,
        observed_at: Instant::try_new(rows.at[row]).map_err(|e| Error::invalid(format!("observation row {row}: {e}")).caused_by(e))?,
    })
}

fn known(key: &Key, statements: &Statements, filter: &Filter, as_of: AsOf) -> Option<Statement> {
    if key.observed_at > as_of.valid || !filter.takes(key) {
        return None;
    }
    let ((recorded_at, _), (origin, value)) = statements.iter().rfind(|((at, _), _)| *at <= as_of.recorded)?;
    let Key { artist_id, platform, metric, observed_at } = key.clone();
    let observation = Observation { artist_id, platform, metric, observed_at, value: *value };
    Some(Statement { observation, origin: origin.clone(), recorded_at: *recorded_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        pollster::block_on(crate::conformance::observations(async || MemoryObservations::default()));
        pollster::block_on(crate::conformance::summaries(async || MemoryObservations::default()));
    }
}
