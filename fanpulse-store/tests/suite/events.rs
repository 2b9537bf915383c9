//! The log of events among many writers, of which some fail, and readers that come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fanpulse_core::Instant;
use fanpulse_store::{Account, AccountId, AccountStore, Event, EventStore, NewEvent, Store, Tier};
use serde_json::json;

use super::databases::stores;

pub fn at(seconds: i64) -> Instant {
    Instant::try_new(1_772_000_000_000_000 + seconds * 1_000_000).unwrap()
}

pub fn account(number: u8) -> AccountId {
    AccountId::new(at(0), [number; 10])
}

pub async fn add_accounts(store: &Store, count: u8) {
    for number in 0..count {
        let account = Account { id: account(number), name: format!("label {number}"), tier: Tier::Label, created_at: at(0) };
        store.add_account(&account).await.unwrap();
    }
}

pub fn event(account: AccountId, number: u64) -> NewEvent {
    NewEvent { account, kind: "scores.stored".to_owned(), payload: json!(number) }
}

/// Numbers that look random and are the same each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Writes for several accounts at once, some of it in vain; what was committed, by account.
async fn write(store: Store, writer: u64) -> BTreeMap<AccountId, BTreeSet<u64>> {
    let (mut dice, mut written) = (Dice(writer), BTreeMap::<_, BTreeSet<u64>>::new());
    for round in 0..60 {
        let events: Vec<NewEvent> =
            (0..=dice.roll(4)).map(|n| event(account(dice.roll(3) as u8), writer * 1_000_000 + round * 100 + n)).collect();
        let mut tx = store.begin().await.unwrap();
        tx.append_events(&events, at(0)).await.unwrap();
        // Others may commit what they began later.
        tokio::time::sleep(Duration::from_micros(dice.roll(3000))).await;
        if dice.roll(5) == 0 {
            drop(tx);
            continue;
        }
        tx.commit().await.unwrap();
        for event in events {
            written.entry(event.account).or_default().insert(event.payload.as_u64().unwrap());
        }
    }
    written
}

/// Reads an account's log until it is done and read to its end, and again from random numbers.
async fn read(store: Store, of: AccountId, seed: u64, done: Arc<AtomicBool>) -> Vec<Event> {
    let (mut dice, mut heard) = (Dice(seed), Vec::<Event>::new());
    loop {
        let ended = done.load(Ordering::Acquire);
        let from = if dice.roll(3) == 0 { dice.roll(heard.len() as u64 + 1) } else { heard.len() as u64 };
        let limit = NonZeroUsize::new(1 + dice.roll(20) as usize).unwrap();
        let tail = store.events(of, from, limit).await.unwrap();
        assert_eq!(tail.missed_until, None);
        for event in tail.events.iter().cloned() {
            match heard.get(event.id as usize - 1) {
                Some(before) => assert_eq!(*before, event, "it is what it was"),
                None => {
                    assert_eq!(event.id, heard.len() as u64 + 1, "none is left out");
                    heard.push(event);
                }
            }
        }
        if ended && tail.events.is_empty() && from == heard.len() as u64 {
            return heard;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_event_is_lost_or_doubled_among_many_writers() {
    for (store, database) in stores().await {
        add_accounts(&store, 3).await;
        let done = Arc::new(AtomicBool::new(false));
        let mut readers = Vec::new();
        for seed in 0..3_u8 {
            let replica = Store::connect(&database.url).await.unwrap();
            readers.push(tokio::spawn(read(replica, account(seed), u64::from(seed), Arc::clone(&done))));
        }
        let mut writers = Vec::new();
        for writer in 1..=4 {
            writers.push(tokio::spawn(write(Store::connect(&database.url).await.unwrap(), writer)));
        }
        let mut written = BTreeMap::<AccountId, BTreeSet<u64>>::new();
        for writer in writers {
            for (account, numbers) in writer.await.unwrap() {
                written.entry(account).or_default().extend(numbers);
            }
        }
        done.store(true, Ordering::Release);
        for (number, reader) in (0..).zip(readers) {
            let heard = reader.await.unwrap();
            let numbers: BTreeSet<u64> = heard.iter().map(|event| event.payload.as_u64().unwrap()).collect();
            assert!(numbers.len() > 50, "{}", numbers.len());
            assert_eq!(numbers.len(), heard.len(), "none came twice");
            assert_eq!(numbers, written[&account(number)], "all that was committed and nothing else");
        }
        store.close().await;
    }
}

/// A number that was taken by a transaction that has not ended holds back those after it, so that nobody goes past it.
#[tokio::test]
async fn what_is_not_committed_is_waited_for() {
    let [_, (store, database)] = stores().await;
    add_accounts(&store, 2).await;
    let mut slow = store.begin().await.unwrap();
    slow.append_events(&[event(account(0), 1)], at(0)).await.unwrap();
    let replica = Store::connect(&database.url).await.unwrap();
    replica.append_events(&[event(account(1), 2)], at(0)).await.unwrap();
    let quick = tokio::spawn(async move { replica.append_events(&[event(account(0), 3)], at(0)).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!quick.is_finished() && store.last_events(&[account(0)]).await.unwrap().is_empty());
    slow.commit().await.unwrap();
    assert_eq!(quick.await.unwrap()[0].id, 2);
    let tail = store.events(account(0), 0, NonZeroUsize::MIN.saturating_add(9)).await.unwrap();
    assert_eq!(tail.events.iter().map(|e| (e.id, e.payload.as_u64().unwrap())).collect::<Vec<_>>(), [(1, 1), (2, 3)]);
}

#[tokio::test]
async fn an_event_is_there_with_what_it_was_appended_with() {
    for (store, _database) in stores().await {
        add_accounts(&store, 1).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.append_events(&[event(account(0), 1)], at(0)).await.unwrap()[0].id, 1);
        drop(tx);
        assert!(store.last_events(&[account(0)]).await.unwrap().is_empty(), "rolled back");
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.append_events(&[event(account(0), 2)], at(0)).await.unwrap()[0].id, 1, "its number is given again");
        assert_eq!(tx.append_events(&[event(account(0), 3)], at(0)).await.unwrap()[0].id, 2);
        tx.commit().await.unwrap();
        assert_eq!(store.last_events(&[account(0)]).await.unwrap(), [(account(0), 2)]);
    }
}
