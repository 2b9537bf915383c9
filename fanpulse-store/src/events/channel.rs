//! An account's latest events as a replica remembers them, so that one read serves everybody who watches it there.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, watch};

use super::{Event, EventStore, Tail};
use crate::{AccountId, Result};

/// How many events one read brings, and a subscriber holds at most.
pub(super) const BATCH: NonZeroUsize = match NonZeroUsize::new(64) {
    Some(batch) => batch,
    None => NonZeroUsize::MIN,
};

/// How many of the latest events are remembered for those who are a little behind.
const REMEMBERED: usize = 128;

/// An account that somebody watches.
#[derive(Debug)]
pub(super) struct Channel {
    account: AccountId,
    /// Goes up by one whenever there may be something new. What was read at the present turn need not be read again.
    turn: watch::Sender<u64>,
    /// The last number that was read.
    known: AtomicU64,
    recent: Mutex<Recent>,
}

#[derive(Debug)]
struct Recent {
    /// Without a gap up to `last`.
    events: VecDeque<Arc<Event>>,
    last: u64,
    read_at: u64,
}

/// What a subscriber is to hear.
pub(super) struct News {
    pub(super) missed_until: Option<u64>,
    pub(super) events: VecDeque<Arc<Event>>,
}

impl Channel {
    /// A channel that knows the log up to `last`, and reads what came since at the first question.
    pub(super) fn new(account: AccountId, last: u64) -> Self {
        let recent = Mutex::new(Recent { events: VecDeque::new(), last, read_at: 0 });
        Self { account, turn: watch::Sender::new(1), known: AtomicU64::new(last), recent }
    }

    pub(super) const fn account(&self) -> AccountId {
        self.account
    }

    pub(super) fn turns(&self) -> watch::Receiver<u64> {
        self.turn.subscribe()
    }

    /// Somebody says that the log goes up to this number.
    pub(super) fn heard(&self, last: u64) {
        if last > self.known.load(Ordering::Acquire) {
            self.turn.send_modify(|turn| *turn += 1);
        }
    }

    /// The log's last number is this; a smaller one than before where the database was restored.
    pub(super) fn looked(&self, last: u64) {
        if last != self.known.load(Ordering::Acquire) {
            self.turn.send_modify(|turn| *turn += 1);
        }
    }

    /// What comes after a number, for a subscriber who has seen this turn.
    pub(super) async fn after(&self, store: &dyn EventStore, after: u64, turn: u64) -> Result<News> {
        {
            let mut recent = self.recent.lock().await;
            if recent.read_at < turn {
                self.read(store, &mut recent, turn).await?;
            }
            if after == recent.last {
                return Ok(News { missed_until: None, events: VecDeque::new() });
            }
            let first = recent.last - recent.events.len() as u64;
            if (first..recent.last).contains(&after) {
                let from = usize::try_from(after - first).unwrap_or_default();
                return Ok(News { missed_until: None, events: recent.events.iter().skip(from).take(BATCH.get()).cloned().collect() });
            }
        }
        // Far behind, or ahead of what is remembered.
        let Tail { missed_until, events } = store.events(self.account, after, BATCH).await?;
        Ok(News { missed_until, events: events.into_iter().map(Arc::new).collect() })
    }

    async fn read(&self, store: &dyn EventStore, recent: &mut Recent, turn: u64) -> Result<()> {
        loop {
            let Tail { missed_until, events } = store.events(self.account, recent.last, BATCH).await?;
            if let Some(until) = missed_until {
                recent.events.clear();
                recent.last = until;
            }
            let full = events.len() == BATCH.get();
            for event in events {
                recent.last = event.id;
                recent.events.push_back(Arc::new(event));
            }
            let more = recent.events.len().saturating_sub(REMEMBERED);
            recent.events.drain(..more);
            self.known.store(recent.last, Ordering::Release);
            if !full && missed_until.is_none() {
                recent.read_at = turn;
                return Ok(());
            }
        }
    }
}
