//! The reference adapter: everything in memory, gone with the process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::ingest::Observation;

use crate::observations::check;
use crate::{Appended, AsOf, Error, ErrorKind, Filter, Key, ObservationStore, Page, PageRequest, Result, Statement};

/// The statements of one key: the value by when it was recorded and who said it, which is also the order in
/// which they hold.
type Statements = BTreeMap<(Instant, String), f64>;

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
    async fn append(&self, source: &str, recorded_at: Instant, observations: &[Observation]) -> Result<Appended> {
        check(source, observations)?;
        let mut keys = self.keys();
        let mut new: BTreeMap<Key, f64> = BTreeMap::new();
        let mut repeated = 0;
        for (row, o) in observations.iter().enumerate() {
            let key = Key::from(o);
            let stored = || keys.get(&key).into_iter().flatten().filter(|((_, s), _)| s == source);
            let known = new.get(&key).or_else(|| stored().rfind(|((at, _), _)| *at <= recorded_at).map(|(_, v)| v));
            if known == Some(&o.value) {
                repeated += 1;
            } else if new.contains_key(&key) || stored().any(|((at, _), _)| *at >= recorded_at) {
                return Err(conflict(row, o, source, recorded_at));
            } else {
                new.insert(key, o.value);
            }
        }
        let appended = Appended { stored: new.len() as u64, repeated };
        for (key, value) in new {
            keys.entry(key).or_default().insert((recorded_at, source.to_owned()), value);
        }
        Ok(appended)
    }

    async fn series(&self, filter: &Filter, as_of: AsOf, page: &PageRequest) -> Result<Page> {
        let keys = self.keys();
        let start = page.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut known = keys
            .range((start, Bound::Unbounded))
            .filter(|(key, _)| key.observed_at <= as_of.valid && filter.takes(key))
            .filter_map(|(key, statements)| {
                let ((at, source), value) = statements.iter().rfind(|((at, _), _)| *at <= as_of.recorded)?;
                Some(statement(key, *at, source, *value))
            });
        let items: Vec<Statement> = known.by_ref().take(page.limit.get()).collect();
        let next = known.next().and(items.last()).map(|s| Key::from(&s.observation));
        Ok(Page { items, next })
    }
}

fn statement(key: &Key, recorded_at: Instant, source: &str, value: f64) -> Statement {
    let Key { artist_id, platform, metric, observed_at } = key.clone();
    Statement { observation: Observation { artist_id, platform, metric, observed_at, value }, source: source.to_owned(), recorded_at }
}

#[cold]
fn conflict(row: usize, o: &Observation, source: &str, recorded_at: Instant) -> Error {
    let Observation { artist_id, platform, metric, observed_at, value } = o;
    Error::new(
        ErrorKind::Conflict,
        format!(
            "observation row {row}: `{source}` has said other than {value} of {artist_id} {platform} {metric} at \
             {observed_at}, recorded at {recorded_at} or later"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        pollster::block_on(crate::conformance::observations(async || MemoryObservations::default()));
    }
}
