//! Events as they happen, to everybody in this process who watches an account.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use fanpulse_core::Instant;
use tokio::sync::watch;

use super::channel::{Channel, News};
use super::{Event, EventStore, NewEvent};
use crate::signals::{Signal, Signals, Task};
use crate::{AccountId, Result};

/// The fan-out of events in one process; clones are the same.
///
/// The log is the truth, and signals only say when to look at it. A signal that is lost delays: every `poll` the log's
/// last numbers are looked at all the same. Nothing is queued for subscribers: each has its place in the log, reads on
/// from there and holds 64 events at most, so that one who is slow costs nothing but time of its own.
///
/// # Example
/// ```
/// use std::{sync::Arc, time::Duration};
/// use fanpulse_core::Instant;
/// use fanpulse_store::{Account, AccountId, AccountStore, Fanout, Heard, LocalSignals, Memory, NewEvent, Tier};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let now: Instant = "2026-03-01T10:00:00Z".parse()?;
/// let (store, account) = (Arc::new(Memory::default()), AccountId::new(now, [7; 10]));
/// store.add_account(&Account { id: account, name: "Low Tide".to_owned(), tier: Tier::Solo, created_at: now }).await?;
///
/// let fanout = Fanout::new(store, Arc::new(LocalSignals::default()), Duration::from_secs(2));
/// let mut subscription = fanout.subscribe(account, None).await?;
/// let payload = serde_json::json!({"artist": "Low Tide"});
/// fanout.append(&[NewEvent { account, kind: "alert.fired".to_owned(), payload }], now).await?;
/// let Heard::Event(event) = subscription.next().await? else { panic!() };
/// assert_eq!((event.id, event.kind.as_str()), (1, "alert.fired"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Fanout {
    inner: Arc<Inner>,
    _tasks: Arc<[Task; 2]>,
}

struct Inner {
    store: Arc<dyn EventStore>,
    signals: Arc<dyn Signals>,
    channels: Mutex<HashMap<AccountId, Weak<Channel>>>,
}

impl std::fmt::Debug for Fanout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fanout").field("channels", &self.inner.channels().len()).finish_non_exhaustive()
    }
}

impl Fanout {
    /// The fan-out of this log. It listens to signals and looks at the log every `poll` until its last clone is dropped.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, signals: Arc<dyn Signals>, poll: Duration) -> Self {
        let mut listener = signals.listen();
        let inner = Arc::new(Inner { store, signals, channels: Mutex::default() });
        let (hears, polls) = (Arc::downgrade(&inner), Arc::downgrade(&inner));
        let hear = Task::spawn(async move {
            loop {
                let signal = listener.next().await;
                let Some(inner) = hears.upgrade() else { return };
                match signal {
                    Signal::Events { account, last } => inner.heard(account, last),
                    Signal::Lost => inner.look().await,
                    Signal::Scores(_) => {}
                }
            }
        });
        let look = Task::spawn(async move {
            loop {
                tokio::time::sleep(poll).await;
                let Some(inner) = polls.upgrade() else { return };
                inner.look().await;
            }
        });
        Self { inner, _tasks: Arc::new([hear, look]) }
    }

    /// Records events and tells them.
    ///
    /// # Errors
    /// Those of [`EventStore::append_events`].
    pub async fn append(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Event>> {
        let appended = self.inner.store.append_events(events, now).await?;
        self.tell(&appended).await;
        Ok(appended)
    }

    /// Tells events that were recorded, once the transaction that recorded them is committed. Where that is forgotten or
    /// fails they are heard of all the same, later.
    pub async fn tell(&self, events: &[Event]) {
        let mut last: HashMap<AccountId, u64> = HashMap::new();
        for event in events {
            last.entry(event.account).and_modify(|id| *id = event.id.max(*id)).or_insert(event.id);
        }
        last.iter().for_each(|(account, last)| self.inner.heard(*account, *last));
        let signals: Vec<Signal> = last.into_iter().map(|(account, last)| Signal::Events { account, last }).collect();
        // What is not told is found by looking.
        let _told = self.inner.signals.send(&signals).await;
    }

    /// Everything of an account that comes after number `after`, and from then on as it happens; `None` = from now on.
    /// It may be any number that was heard before, of this or another replica.
    ///
    /// # Errors
    /// What the log's storage fails with.
    pub async fn subscribe(&self, account: AccountId, after: Option<u64>) -> Result<Subscription> {
        let last = self.inner.store.last_events(&[account]).await?.first().map_or(0, |(_, last)| *last);
        let channel = self.inner.channel(account, last);
        let turns = channel.turns();
        Ok(Subscription { fanout: self.clone(), channel, turns, at: after.unwrap_or(last), ready: VecDeque::new() })
    }
}

impl Inner {
    fn channels(&self) -> MutexGuard<'_, HashMap<AccountId, Weak<Channel>>> {
        // Every change is one insertion or removal.
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn channel(&self, account: AccountId, last: u64) -> Arc<Channel> {
        let mut channels = self.channels();
        if let Some(channel) = channels.get(&account).and_then(Weak::upgrade) {
            return channel;
        }
        let channel = Arc::new(Channel::new(account, last));
        channels.insert(account, Arc::downgrade(&channel));
        channel
    }

    fn heard(&self, account: AccountId, last: u64) {
        let channel = self.channels().get(&account).and_then(Weak::upgrade);
        if let Some(channel) = channel {
            channel.heard(last);
        }
    }

    /// Looks at the last number of every account that is watched.
    async fn look(&self) {
        let watched: Vec<Arc<Channel>> = {
            let mut channels = self.channels();
            channels.retain(|_, channel| channel.strong_count() > 0);
            channels.values().filter_map(Weak::upgrade).collect()
        };
        if watched.is_empty() {
            return;
        }
        let accounts: Vec<AccountId> = watched.iter().map(|channel| channel.account()).collect();
        // A database that is away is looked at again.
        let Ok(last) = self.store.last_events(&accounts).await else { return };
        let last: HashMap<AccountId, u64> = last.into_iter().collect();
        for channel in watched {
            channel.looked(last.get(&channel.account()).copied().unwrap_or_default());
        }
    }
}

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Heard {
    /// The next event; its number is what a later [`Fanout::subscribe`] goes on from.
    Event(Arc<Event>),
    /// What came up to this number is not known any more, or the number that was gone on from is not one of this
    /// account's: read the state anew. The next event is the one after it.
    Missed {
        /// Goes on from here.
        until: u64,
    },
}

/// A place in an account's log.
#[derive(Debug)]
pub struct Subscription {
    fanout: Fanout,
    channel: Arc<Channel>,
    turns: watch::Receiver<u64>,
    at: u64,
    ready: VecDeque<Arc<Event>>,
}

impl Subscription {
    /// The next of the account, as soon as it happens. A call that is given up takes nothing with it.
    ///
    /// # Errors
    /// What the log's storage fails with. The place is kept: after a pause this may be called again.
    pub async fn next(&mut self) -> Result<Heard> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.at = event.id;
                return Ok(Heard::Event(event));
            }
            let turn = *self.turns.borrow_and_update();
            let News { missed_until, events } = self.channel.after(&*self.fanout.inner.store, self.at, turn).await?;
            self.ready = events;
            if let Some(until) = missed_until {
                self.at = until;
                return Ok(Heard::Missed { until });
            }
            if self.ready.is_empty() {
                // The channel is ours too and does not go.
                let _turned = self.turns.changed().await;
            }
        }
    }

    /// How many events wait in memory for [`Subscription::next`]: at most 64.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.len()
    }
}
