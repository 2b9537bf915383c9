//! The port for events: what happened on an account, told to everybody who watches it, on whatever replica.

mod channel;
mod fanout;
mod sql;

use std::num::NonZeroUsize;

use async_trait::async_trait;
use fanpulse_core::Instant;
use serde_json::Value;

pub use fanout::{Fanout, Heard, Subscription};

use crate::{AccountId, Error, Result};

/// The longest payload as JSON, in bytes.
const LONGEST_PAYLOAD: usize = 64 * 1024;

/// An event that is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Whose.
    pub account: AccountId,
    /// What happened, for instance `alert.fired`: 1–100 characters from `!` to `~`, so that it is one line of any protocol.
    pub kind: String,
    /// What is told of it: at most 65,536 bytes of JSON. It is for those who watch the account, so it should hold
    /// no secret.
    pub payload: Value,
}

/// An event that was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number within the account: 1, 2, 3 … without a gap.
    pub id: u64,
    /// Whose.
    pub account: AccountId,
    /// What happened.
    pub kind: String,
    /// What is told of it.
    pub payload: Value,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// What comes after a number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tail {
    /// `Some(until)` = what came after the number that was asked for is not known any more up to this one: it was
    /// trimmed, or the number is not one of this account's. Whoever asked should read the state anew and go on from
    /// `until`.
    pub missed_until: Option<u64>,
    /// The events after that in their order, without a gap.
    pub events: Vec<Event>,
}

/// A log of events for each account.
///
/// An account's events become visible in the order of their numbers: who has seen number n and asks for what comes
/// after n, misses none and gets none twice, however many transactions append at the same time. Each therefore holds
/// its account's log from its first event to its end: events are best appended last.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Records events, all or none, and returns them in their order with their numbers.
    ///
    /// # Errors
    /// * `invalid` where a kind or a payload is out of its range.
    /// * `conflict` where an account does not exist.
    async fn append_events(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Event>>;

    /// What comes after number `after`, at most `limit`; 0 asks from the beginning.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn events(&self, account: AccountId, after: u64, limit: NonZeroUsize) -> Result<Tail>;

    /// The last number of each of these accounts that ever had an event, in no particular order.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn last_events(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, u64)>>;

    /// Forgets the events of each account up to the last that was recorded before then, of all accounts about `limit`.
    /// Returns how many.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn trim_events(&self, before: Instant, limit: u32) -> Result<u64>;
}

pub(crate) fn check(events: &[NewEvent]) -> Result<()> {
    for (i, NewEvent { kind, payload, .. }) in events.iter().enumerate() {
        if !(1..=100).contains(&kind.len()) || !kind.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::invalid(format!("event {i}: kind {kind:?} is not 1 to 100 characters from `!` to `~`")));
        }
        let length = payload.to_string().len();
        if length > LONGEST_PAYLOAD {
            return Err(Error::invalid(format!("event {i}: payload of {length} bytes, at most {LONGEST_PAYLOAD} are kept")));
        }
    }
    Ok(())
}

impl Tail {
    /// What comes after `after`, of a log that holds these events of greater numbers, in order, and whose last number is
    /// this.
    pub(crate) fn of(mut events: Vec<Event>, after: u64, last: u64) -> Self {
        let Some(first) = events.first().map(|event| event.id) else {
            return Self { missed_until: (last != after).then_some(last), events };
        };
        // What a trim took out of the middle is met when the reader comes there.
        let whole = (first..).zip(&events).take_while(|(id, event)| *id == event.id).count();
        events.truncate(whole);
        Self { missed_until: (first - 1 != after).then_some(first - 1), events }
    }
}
