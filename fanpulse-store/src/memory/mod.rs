//! The reference adapters: everything in memory, gone with the process.

mod accounts;
mod alerts;
mod artists;
mod audit;
mod connections;
mod events;
mod fan_events;
mod imports;
mod jobs;
mod observations;
mod posts;
mod releases;
mod scores;
mod sync;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use jobs::MemoryJobs;
pub use observations::MemoryObservations;

use fanpulse_core::Instant;
use fanpulse_core::ingest::Post;

use crate::posts::PostKey;
use crate::{
    Account, AccountId, ApiKey, ApiKeyId, Artist, ArtistId, AuditEntry, AuditId, Connection, ConnectionId, Import, ImportId, Score,
    ScoreKey, SyncCursor, User, UserId,
};

/// Everything but observations and jobs in memory.
#[derive(Debug, Default)]
pub struct Memory {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    accounts: BTreeMap<AccountId, Account>,
    users: BTreeMap<UserId, User>,
    api_keys: BTreeMap<ApiKeyId, ApiKey>,
    alerts: alerts::Alerts,
    artists: BTreeMap<ArtistId, Artist>,
    audit: BTreeMap<AuditId, AuditEntry>,
    connections: BTreeMap<ConnectionId, Connection>,
    fan_events: fan_events::FanEvents,
    imports: BTreeMap<ImportId, Import>,
    posts: BTreeMap<PostKey, (Instant, Post)>,
    releases: releases::Releases,
    scores: BTreeMap<ScoreKey, Score>,
    events: BTreeMap<AccountId, events::Log>,
    sync_cursors: BTreeMap<(ConnectionId, String), SyncCursor>,
    webhooks: webhooks::Webhooks,
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
        pollster::block_on(conformance::alerts(async || Memory::default()));
        pollster::block_on(conformance::artists(async || Memory::default()));
        pollster::block_on(conformance::audit(async || Memory::default()));
        pollster::block_on(conformance::connections(async || Memory::default()));
        pollster::block_on(conformance::fan_events(async || Memory::default()));
        pollster::block_on(conformance::imports(async || Memory::default()));
        pollster::block_on(conformance::posts(async || Memory::default()));
        pollster::block_on(conformance::releases(async || Memory::default()));
        pollster::block_on(conformance::scores(async || Memory::default()));
        pollster::block_on(conformance::events(async || Memory::default()));
        pollster::block_on(conformance::sync_cursors(async || Memory::default()));
        pollster::block_on(conformance::webhooks(async || Memory::default()));
        pollster::block_on(conformance::jobs(async || MemoryJobs::default()));
    }
}
