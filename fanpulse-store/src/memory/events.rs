use std::num::NonZeroUsize;

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::Memory;
use crate::events::check;
use crate::{AccountId, Error, Event, EventStore, NewEvent, Result, Tail};

/// An account's events.
#[derive(Debug, Default)]
pub(super) struct Log {
    events: Vec<Event>,
    last: u64,
}

#[async_trait]
impl EventStore for Memory {
    async fn append_events(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Event>> {
        check(events)?;
        let mut tables = self.tables();
        if let Some(event) = events.iter().find(|e| !tables.accounts.contains_key(&e.account)) {
            return Err(Error::conflict(format!("there is no account {}", event.account)));
        }
        let mut append = |NewEvent { account, kind, payload }: &NewEvent| {
            let log = tables.events.entry(*account).or_default();
            log.last += 1;
            let event = Event { id: log.last, account: *account, kind: kind.clone(), payload: payload.clone(), recorded_at: now };
            log.events.push(event.clone());
            event
        };
        Ok(events.iter().map(&mut append).collect())
    }

    async fn events(&self, account: AccountId, after: u64, limit: NonZeroUsize) -> Result<Tail> {
        let tables = self.tables();
        let Some(log) = tables.events.get(&account) else { return Ok(Tail::of(Vec::new(), after, 0)) };
        let from = log.events.partition_point(|event| event.id <= after);
        Ok(Tail::of(log.events[from..].iter().take(limit.get()).cloned().collect(), after, log.last))
    }

    async fn last_events(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, u64)>> {
        let tables = self.tables();
        Ok(accounts.iter().filter_map(|account| tables.events.get(account).map(|log| (*account, log.last))).collect())
    }

    async fn trim_events(&self, before: Instant, limit: u32) -> Result<u64> {
        let mut tables = self.tables();
        let of = |(account, log): (&AccountId, &Log)| log.events.iter().map(|e| (e.recorded_at, *account, e.id)).collect::<Vec<_>>();
        let mut old: Vec<_> = tables.events.iter().flat_map(of).filter(|(at, ..)| *at < before).collect();
        old.sort_unstable();
        old.truncate(limit as usize);
        let mut trimmed = 0;
        for (_, account, id) in old {
            if let Some(log) = tables.events.get_mut(&account) {
                let until = log.events.partition_point(|event| event.id <= id);
                trimmed += log.events.drain(..until).count() as u64;
            }
        }
        Ok(trimmed)
    }
}
