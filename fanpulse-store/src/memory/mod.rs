//! The reference adapters: everything in memory, gone with the process.

mod accounts;
mod artists;
mod connections;
mod events;
mod jobs;
mod observations;
mod posts;
mod scores;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use jobs::MemoryJobs;
pub use observations::MemoryObservations;

use fanpulse_core::Instant;
use fanpulse_core::ingest::Post;

use crate::posts::PostKey;
use crate::{Account, AccountId, ApiKey, ApiKeyId, Artist, ArtistId, Connection, ConnectionId, Score, ScoreKey, User, UserId};

/// Accounts, users, API keys, connections, artists, posts, scores and events in memory.
#[derive(Debug, Default)]
pub struct Memory {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    accounts: BTreeMap<AccountId, Account>,
    users: BTreeMap<UserId, User>,
    api_keys: BTreeMap<ApiKeyId, ApiKey>,
    artists: BTreeMap<ArtistId, Artist>,
    connections: BTreeMap<ConnectionId, Connection>,
    posts: BTreeMap<PostKey, (Instant, Post)>,
    scores: BTreeMap<ScoreKey, Score>,
    events: BTreeMap<AccountId, events::Log>,
}

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Every change is one insertion or removal after all checks.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[test]
    fn conforms() {
        pollster::block_on(conformance::accounts(async || Memory::default()));
        pollster::block_on(conformance::artists(async || Memory::default()));
        pollster::block_on(conformance::connections(async || Memory::default()));
        pollster::block_on(conformance::posts(async || Memory::default()));
        pollster::block_on(conformance::scores(async || Memory::default()));
        pollster::block_on(conformance::events(async || Memory::default()));
        pollster::block_on(conformance::jobs(async || MemoryJobs::default()));
    }
}
