//! Limits within a process, in bounded memory.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use fanpulse_core::Instant;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::{Allowance, Limit, LimitStore, check};
use crate::Result;

const SHARDS: usize = 64;

/// Limits within a process. A key takes 24 bytes however long it is: what is kept is a hash of it, of 128 bits, with
/// secrets that the process draws at its start.
///
/// It remembers a given number of keys. Where more come, those that may take everything again are forgotten, and after
/// them those that have spent least: somebody who comes from millions of addresses does not free the one that is
/// being held back.
#[derive(Debug)]
pub struct LocalLimits {
    shards: Box<[Mutex<HashTable<Spent>>]>,
    hashers: [RandomState; 2],
    /// In each shard.
    most: usize,
}

#[derive(Debug)]
struct Spent {
    key: [u64; 2],
    until: i64,
}

impl Default for LocalLimits {
    /// For a million keys, which take up to 50 MB.
    fn default() -> Self {
        Self::with_keys(1_000_000)
    }
}

impl LocalLimits {
    /// Limits that remember so many keys, at least 64.
    #[must_use]
    pub fn with_keys(most: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hashers: [RandomState::new(), RandomState::new()], most: (most / SHARDS).max(1) }
    }

    /// How many keys are remembered at present.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}

#[async_trait]
impl LimitStore for LocalLimits {
    async fn take(&self, key: &str, limit: Limit, count: u32, now: Instant) -> Result<Allowance> {
        check(key, limit, count)?;
        let now = now.micros();
        let key = [self.hashers[0].hash_one(key), self.hashers[1].hash_one(key)];
        // A change is one assignment or insertion.
        let mut shard = self.shards[key[0] as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= self.most && shard.find(key[1], |spent| spent.key == key).is_none() {
            make_room(&mut shard, now);
        }
        let (granted, until) = match shard.entry(key[1], |spent| spent.key == key, |spent| spent.key[1]) {
            Entry::Occupied(mut entry) => {
                let (granted, until) = limit.take(entry.get().until, count, now);
                entry.get_mut().until = until;
                (granted, until)
            }
            Entry::Vacant(entry) => {
                let (granted, until) = limit.take(now, count, now);
                entry.insert(Spent { key, until });
                (granted, until)
            }
        };
        Ok(limit.answer(count, granted, until - now))
    }
}

/// Forgets keys that have nothing spent and, where these are few, an eighth of all: those that have spent least.
fn make_room(shard: &mut HashTable<Spent>, now: i64) {
    let before = shard.len();
    shard.retain(|spent| spent.until > now);
    let mut goes = (before / 8).max(1).saturating_sub(before - shard.len());
    if goes == 0 {
        return;
    }
    let mut until: Vec<i64> = shard.iter().map(|spent| spent.until).collect();
    let (_, &mut threshold, _) = until.select_nth_unstable(goes - 1);
    shard.retain(|spent| {
        let stays = spent.until > threshold || goes == 0;
        goes -= usize::from(!stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance;

    #[test]
    fn conforms() {
        pollster::block_on(conformance::limits(async || LocalLimits::default()));
    }

    /// Memory stays what it was said to be, and whoever is being held back is not let go by the crowd.
    #[test]
    fn a_crowd_of_keys_is_forgotten_before_one_that_spent_all() {
        let limits = LocalLimits::with_keys(10_000);
        let now: Instant = "2026-03-01".parse().unwrap();
        let take =
            |key: &str| pollster::block_on(limits.take(key, Limit::try_new(3, Duration::from_secs(60), 3).unwrap(), 1, now)).unwrap();
        while take("held back").is_granted() {}
        for number in 0..1_000_000 {
            assert_eq!(take(&format!("ip {number}")).remaining, 2);
        }
        assert!(limits.keys() <= 10_000 && limits.keys() > 8_000, "{}", limits.keys());
        assert!(!take("held back").is_granted());
    }

    #[test]
    fn what_has_come_back_is_forgotten_first() {
        let limits = LocalLimits::with_keys(64 * 100);
        let at = |second: i64| Instant::try_new(1_772_000_000_000_000 + second * 1_000_000).unwrap();
        let limit = Limit::try_new(1, Duration::from_secs(10), 10).unwrap();
        let take = |key: String, second| pollster::block_on(limits.take(&key, limit, 1, at(second))).unwrap();
        (0..3000).for_each(|n| assert!(take(format!("early {n}"), 0).is_granted()));
        (0..2000).for_each(|n| assert!(take(format!("late {n}"), 15).is_granted()));
        (0..2000).for_each(|n| assert!(take(format!("later {n}"), 16).is_granted()));
        assert!(limits.keys() < 7000);
        (0..2000).for_each(|n| assert_eq!(take(format!("late {n}"), 16).remaining, 8, "{n} was not forgotten"));
    }
}
