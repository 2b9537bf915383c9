//! What replicas share, chosen by what there is: Redis, PostgreSQL, or one process alone.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::LocalScores;
use crate::signals::{LocalSignals, PostgresSignals, Relay, Signals};
use crate::sql::Dialect;
use crate::{CachedScores, Fanout, LimitStore, LocalLimits, Result, SqlLimits, Store, Times};

/// How old a cached score may be where a signal was lost, or scores were stored by a process that sends none.
const AGE: Duration = Duration::from_secs(60);

/// How often the log of events is looked at where no signal came.
const POLL: Duration = Duration::from_secs(2);

/// How many bytes of scores a process keeps.
const BYTES: u64 = 64 << 20;

/// What replicas share. With a Redis it is there; on PostgreSQL without one, limits are rows and signals go by LISTEN and
/// NOTIFY; on SQLite, which serves one process, all is in that process. Whatever is in Redis can be lost: the database
/// has all that must not be.
#[derive(Clone)]
pub struct Shared {
    /// Rate limits.
    pub limits: Arc<dyn LimitStore>,
    /// Scores, the latest of them cached.
    pub scores: Arc<CachedScores<Store>>,
    /// Events as they happen.
    pub events: Fanout,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("scores", &self.scores).field("events", &self.events).finish_non_exhaustive()
    }
}

impl Shared {
    /// Begins to share. A Redis that is away is no error: until it comes, limits hold in each process, scores come from the
    /// database, and events as often as the log is looked at.
    ///
    /// # Errors
    /// `invalid` where the Redis URL has not the form `redis://user:password@host:port/number`, or Redis is not built in.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn connect(store: &Store, redis: Option<&str>) -> Result<Self> {
        if let Some(url) = redis {
            return Self::through_redis(store, url);
        }
        let (limits, signals): (Arc<dyn LimitStore>, Arc<dyn Signals>) = match store.database().dialect() {
            Dialect::Sqlite => (Arc::new(LocalLimits::default()), Arc::new(LocalSignals::default())),
            Dialect::Postgres => {
                let signals = Relay::of(Arc::new(PostgresSignals::new(store)?));
                (Arc::new(SqlLimits::new(store.clone(), Times::Servers)), Arc::new(signals))
            }
        };
        let scores = CachedScores::new(store.clone(), Arc::new(LocalScores::new(BYTES, AGE, Arc::clone(&signals))));
        Ok(Self { limits, scores: Arc::new(scores), events: Fanout::new(Arc::new(store.clone()), signals, POLL) })
    }

    #[cfg(feature = "redis")]
    fn through_redis(store: &Store, url: &str) -> Result<Self> {
        use crate::{Redis, RedisLimits, RedisScores, RedisSignals};

        let redis = Arc::new(Redis::open(url)?);
        let limits = RedisLimits::new(Arc::clone(&redis), Times::Servers, Arc::new(LocalLimits::default()));
        let scores = CachedScores::new(store.clone(), Arc::new(RedisScores::new(Arc::clone(&redis), AGE)));
        let signals = Arc::new(RedisSignals::new(redis));
        let events = Fanout::new(Arc::new(store.clone()), signals, POLL);
        Ok(Self { limits: Arc::new(limits), scores: Arc::new(scores), events })
    }

    #[cfg(not(feature = "redis"))]
    fn through_redis(_: &Store, _: &str) -> Result<Self> {
        Err(not_built_in())
    }
}

#[cfg(not(feature = "redis"))]
pub(crate) fn not_built_in() -> crate::Error {
    crate::Error::invalid("Redis is not built in: build with the feature `redis`, or unset REDIS_URL")
}
