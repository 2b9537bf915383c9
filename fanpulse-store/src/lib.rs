//! Where FanPulse keeps what it was told: the storage ports, and their reference adapter in memory.
//!
//! Observations are append-only and have two times: when the platform's figure was true (`observed_at`), and
//! when FanPulse was told (`recorded_at`). A correction adds a row and removes none, so that a report as of any
//! past moment can be made again. No clock is read here: `recorded_at` is an argument.
//!
//! Every adapter passes [`conformance`], one suite of what the ports promise.
//!
//! # Example: what was known before a correction, and after it
//! ```
//! use fanpulse_core::ingest::{Dataset, Metric, Observation};
//! use fanpulse_store::{AsOf, Filter, MemoryObservations, ObservationStore, Origin, load};
//!
//! # pollster::block_on(async {
//! let store = MemoryObservations::default();
//! let said = |value| -> Result<Dataset, Box<dyn std::error::Error>> {
//!     let mut data = Dataset::default();
//!     let observed_at = "2026-03-01".parse()?;
//!     let metric = Metric::Streams;
//!     data.push_observation(&Observation { artist_id: "low-tide", platform: "spotify", metric, observed_at, value })?;
//!     Ok(data)
//! };
//! let origin = Origin::from("spotify-export");
//! store.append(&origin, "2026-03-02".parse()?, &said(900.0)?).await?;
//! store.append(&origin, "2026-03-09".parse()?, &said(870.0)?).await?;
//!
//! let known = |recorded: &str| AsOf { valid: "2026-03-31".parse().unwrap(), recorded: recorded.parse().unwrap() };
//! let mut before = Dataset::default();
//! load(&store, &Filter::default(), known("2026-03-08"), &mut before).await?;
//! assert_eq!(before.observations.value, [900.0]);
//! let mut after = Dataset::default();
//! load(&store, &Filter::default(), known("2026-03-09"), &mut after).await?;
//! assert_eq!(after.observations.value, [870.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod accounts;
mod alerts;
mod artists;
mod audit;
mod backup;
mod cache;
pub mod conformance;
mod connections;
mod error;
mod events;
mod examine;
mod fan_events;
mod ids;
mod imports;
mod jobs;
mod keys;
mod limits;
mod memory;
mod migrate;
mod observations;
mod packing;
mod paging;
mod posts;
#[cfg(feature = "redis")]
mod redis_connection;
mod releases;
mod scores;
mod secrets;
mod shared;
mod signals;
mod sql;
mod store;
mod sync;
pub mod testing;
mod webhooks;

pub use accounts::{Account, AccountStore, ApiKey, Tier, User};
pub use alerts::{AlertFilter, AlertRule, AlertRuleFilter, AlertStore, RaisedAlert};
pub use artists::{Artist, ArtistFilter, ArtistStore, ExternalId, Scheme};
pub use audit::{Actor, AuditEntry, AuditFilter, AuditStore};
pub use backup::Replace;
pub use cache::{CacheCounts, CachedScores, Known, LocalScores, ScoreCache, Ticket};
pub use connections::{Connection, ConnectionStore, Tokens};
pub use error::{Error, ErrorKind, Result};
pub use events::{Event, EventStore, Fanout, Heard, NewEvent, Subscription, Tail};
pub use examine::{Finding, examine_redis};
pub use fan_events::{FanEventFilter, FanEventStore, load_fan_events};
pub use ids::{
    AccountId, AlertId, AlertRuleId, ApiKeyId, ArtistId, AuditId, ConnectionId, DeliveryId, ImportId, JobId, ReleaseId, UserId, WebhookId,
};
pub use imports::{BegunImport, Import, ImportCounts, ImportFilter, ImportOutcome, ImportState, ImportStore, NewImport};
pub use jobs::{
    Backoff, Beat, Enqueued, Fired, Job, JobCount, JobFilter, JobState, JobStore, Lease, Missed, NewJob, Outcome, Priority, Queue, Rate,
    Schedule, ScheduledJob, Wanted,
};
pub use keys::Keyring;
pub use limits::{Allowance, Limit, LimitStore, LocalLimits, SqlLimits, Times};
pub use memory::{Memory, MemoryJobs, MemoryObservations};
pub use migrate::{Migrated, SchemaStep, Target};
pub use observations::{
    Appended, AsOf, Batch, Compacted, Filter, Key, ObservationStore, Origin, Period, Precision, Quality, Statement, Summary, SummaryFilter,
    SummaryStore, load,
};
pub use paging::{Cursor, Page, PageRequest};
pub use posts::{PostFilter, PostStore, load_posts};
pub use releases::{CompetingFilter, CompetingRelease, Release, ReleaseFilter, ReleaseStore, load_competition};
pub use scores::{Score, ScoreKey, ScoreStore};
pub use shared::Shared;
pub use signals::{Listener, LocalSignals, PostgresSignals, Relay, Signal, Signals};
pub use sql::Transaction;
pub use store::Store;
pub use sync::{SyncCursor, SyncCursorStore};
pub use webhooks::{Attempt, AttemptOutcome, Delivery, DeliveryFilter, DeliveryState, Webhook, WebhookEvent, WebhookStore};

#[cfg(feature = "redis")]
pub use cache::RedisScores;
#[cfg(feature = "redis")]
pub use limits::RedisLimits;
#[cfg(feature = "redis")]
pub use redis_connection::Redis;
#[cfg(feature = "redis")]
pub use signals::RedisSignals;
