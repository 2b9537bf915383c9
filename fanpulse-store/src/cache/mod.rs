//! Scores that are asked for often, kept where they are quicker to get than from the database.

mod local;
#[cfg(feature = "redis")]
mod redis;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use fanpulse_core::Day;

pub use local::LocalScores;
#[cfg(feature = "redis")]
pub use redis::RedisScores;

use crate::{ArtistId, Result, Score, ScoreStore};

/// What a cache knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// An artist's latest score of a kind; `None` = there is none.
    Latest(Option<Score>),
    /// Nothing. With the ticket, what is then read from the database can be kept; without one it cannot.
    Nothing(Option<Ticket>),
}

/// Proves that a score was read from the database after a cache was asked for it: what is kept with a ticket is worth
/// nothing once the artist was forgotten in between, so that a slow reader does not put back what a writer replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub u64);

/// A cache of the latest scores. It may lose anything at any time and never fails: one that is away knows nothing.
#[async_trait]
pub trait ScoreCache: Send + Sync {
    /// An artist's latest score of a kind.
    async fn latest(&self, artist: ArtistId, kind: &str) -> Known;

    /// Keeps what was read, for those who ask later.
    async fn keep(&self, ticket: Ticket, artist: ArtistId, kind: &str, latest: Option<&Score>);

    /// Forgets what it knows of artists, in every replica that shares it.
    async fn forget(&self, artists: &[ArtistId]);
}

/// A store of scores behind a cache: the latest are read through it, and forgotten when newer ones are stored here.
/// What is stored past it, by another way to the database, is seen when the cache's time has passed.
pub struct CachedScores<S> {
    store: S,
    cache: Arc<dyn ScoreCache>,
    found: AtomicU64,
    missed: AtomicU64,
}

impl<S: std::fmt::Debug> std::fmt::Debug for CachedScores<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedScores").field("store", &self.store).field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// How often the latest scores were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// And were in the cache.
    pub found: u64,
    /// And were read from the database.
    pub missed: u64,
}

impl<S> CachedScores<S> {
    /// The store behind this cache.
    pub fn new(store: S, cache: Arc<dyn ScoreCache>) -> Self {
        Self { store, cache, found: AtomicU64::new(0), missed: AtomicU64::new(0) }
    }

    /// How often the cache had what was asked for, since the start.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts { found: self.found.load(Ordering::Relaxed), missed: self.missed.load(Ordering::Relaxed) }
    }

    /// Forgets what the cache knows of artists, for instance of some that were removed.
    pub async fn forget(&self, artists: &[ArtistId]) {
        self.cache.forget(artists).await;
    }
}

#[async_trait]
impl<S: ScoreStore> ScoreStore for CachedScores<S> {
    async fn put_scores(&self, scores: &[Score]) -> Result<u64> {
        let put = self.store.put_scores(scores).await;
        // Where it failed too: a commit whose answer was lost may have happened.
        let artists: BTreeSet<ArtistId> = scores.iter().map(|score| score.key.artist).collect();
        self.cache.forget(&artists.into_iter().collect::<Vec<_>>()).await;
        put
    }

    async fn latest_score(&self, artist: ArtistId, kind: &str, until: Day) -> Result<Option<Score>> {
        let latest = match self.cache.latest(artist, kind).await {
            Known::Latest(latest) => {
                self.found.fetch_add(1, Ordering::Relaxed);
                latest
            }
            Known::Nothing(ticket) => {
                self.missed.fetch_add(1, Ordering::Relaxed);
                let latest = self.store.latest_score(artist, kind, Day::MAX).await?;
                if let Some(ticket) = ticket {
                    self.cache.keep(ticket, artist, kind, latest.as_ref()).await;
                }
                latest
            }
        };
        match latest {
            // Somebody looks back.
            Some(later) if later.key.as_of > until => self.store.latest_score(artist, kind, until).await,
            latest => Ok(latest),
        }
    }

    async fn score_trend(&self, artist: ArtistId, kind: &str, from: Day, until: Day) -> Result<Vec<Score>> {
        self.store.score_trend(artist, kind, from, until).await
    }
}
