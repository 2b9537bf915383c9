//! Scores in the memory of a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;

use super::{Known, ScoreCache, Ticket};
use crate::signals::{Signal, Signals, Task};
use crate::{ArtistId, Score};

/// Artists share so many counters.
const COUNTERS: usize = 16_384;

/// A round of all counters, which begins when everything is forgotten, is so many of a ticket's numbers.
const ROUND: u32 = 40;

/// Scores in the memory of a process, bounded by bytes and age. Where replicas share a database each tells the others what
/// it forgets; a signal that is lost leaves them a score that is as old as the cache's time at most.
pub struct LocalScores {
    inner: Arc<Inner>,
    signals: Arc<dyn Signals>,
    _task: Task,
}

impl std::fmt::Debug for LocalScores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalScores").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

struct Inner {
    cache: Cache<(ArtistId, Box<str>), Entry>,
    /// Of the artists, by their ids; an entry that is older than its artist's counter is worth nothing.
    counters: Box<[AtomicU64]>,
    rounds: AtomicU64,
}

#[derive(Clone)]
struct Entry {
    ticket: Ticket,
    latest: Option<Arc<Score>>,
    bytes: u32,
}

impl LocalScores {
    /// A cache of about so many bytes, whose entries are at most so old.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn new(bytes: u64, age: Duration, signals: Arc<dyn Signals>) -> Self {
        let weigh = |_: &(ArtistId, Box<str>), entry: &Entry| entry.bytes;
        let cache = Cache::builder().max_capacity(bytes).weigher(weigh).time_to_live(age).build();
        let counters = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        let inner = Arc::new(Inner { cache, counters, rounds: AtomicU64::new(0) });
        let (mut listener, heard) = (signals.listen(), Arc::downgrade(&inner));
        let task = Task::spawn(async move {
            loop {
                let signal = listener.next().await;
                let Some(inner) = heard.upgrade() else { return };
                match signal {
                    Signal::Scores(artists) => inner.forget(&artists),
                    Signal::Lost => {
                        inner.rounds.fetch_add(1, Ordering::SeqCst);
                    }
                    Signal::Events { .. } => {}
                }
            }
        });
        Self { inner, signals, _task: task }
    }

    /// About how many bytes it takes at present.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.cache.run_pending_tasks();
        self.inner.cache.weighted_size()
    }
}

impl Inner {
    fn counter(&self, artist: ArtistId) -> &AtomicU64 {
        // The end of an id is random.
        &self.counters[artist.0.as_u128() as usize % COUNTERS]
    }

    fn ticket(&self, artist: ArtistId) -> Ticket {
        Ticket(self.rounds.load(Ordering::SeqCst) << ROUND | self.counter(artist).load(Ordering::SeqCst))
    }

    fn forget(&self, artists: &[ArtistId]) {
        for artist in artists {
            self.counter(*artist).fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl ScoreCache for LocalScores {
    async fn latest(&self, artist: ArtistId, kind: &str) -> Known {
        let now = self.inner.ticket(artist);
        match self.inner.cache.get(&(artist, Box::from(kind))) {
            Some(entry) if entry.ticket == now => Known::Latest(entry.latest.map(|score| (*score).clone())),
            _ => Known::Nothing(Some(now)),
        }
    }

    async fn keep(&self, ticket: Ticket, artist: ArtistId, kind: &str, latest: Option<&Score>) {
        // A tree of JSON takes several times as much as its text.
        let document = latest.map_or(0, |score| score.document.to_string().len());
        let bytes = u32::try_from(300 + kind.len() + 4 * document).unwrap_or(u32::MAX);
        let entry = Entry { ticket, latest: latest.map(|score| Arc::new(score.clone())), bytes };
        self.inner.cache.insert((artist, Box::from(kind)), entry);
    }

    async fn forget(&self, artists: &[ArtistId]) {
        self.inner.forget(artists);
        // Who does not hear it goes by the age of what it has.
        let _told = self.signals.send(&[Signal::Scores(artists.to_vec())]).await;
    }
}
