//! The port for signals: what replicas tell each other so that nobody need ask. A signal may be lost; whatever it
//! says can be found in the database.

mod local;
mod postgres;
#[cfg(feature = "redis")]
mod redis;

use async_trait::async_trait;

pub use local::{LocalSignals, Relay};
pub use postgres::PostgresSignals;
#[cfg(feature = "redis")]
pub use redis::RedisSignals;

use crate::{AccountId, ArtistId, Result};

/// The name that replicas find each other by.
const CHANNEL: &str = "fanpulse";

/// How many artists one message names, so that it stays below the 8,000 bytes that PostgreSQL takes.
const NAMED: usize = 200;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// An account has events up to this number.
    Events {
        /// Whose.
        account: AccountId,
        /// The last of them.
        last: u64,
    },
    /// Scores of these artists were stored.
    Scores(Vec<ArtistId>),
    /// Something may have been told and not heard: look at everything.
    Lost,
}

/// A way to tell other replicas.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells everybody who listens, the caller too. Who does not hear it now never will.
    ///
    /// # Errors
    /// `unavailable` where it cannot be told; nothing is lost by that but time.
    async fn send(&self, signals: &[Signal]) -> Result<()>;

    /// Begins to listen.
    fn listen(&self) -> Box<dyn Listener>;
}

/// Somebody who listens.
#[async_trait]
pub trait Listener: Send {
    /// The next signal. It waits as long as there is none and mends its connection by itself: [`Signal::Lost`] comes
    /// first once it is connected, each time.
    async fn next(&mut self) -> Signal;
}

impl Signal {
    /// Signals as messages.
    fn texts(signals: &[Self]) -> Vec<String> {
        let mut texts = Vec::new();
        for signal in signals {
            match signal {
                Self::Events { account, last } => texts.push(format!("events {account} {last}")),
                Self::Scores(artists) => texts.extend(artists.chunks(NAMED).map(|part| {
                    let ids: Vec<String> = part.iter().map(ToString::to_string).collect();
                    format!("scores {}", ids.join(" "))
                })),
                Self::Lost => texts.push("lost".to_owned()),
            }
        }
        texts
    }

    /// A message as a signal; `None` = it is another program's or another version's.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        match words.next()? {
            "events" => Some(Self::Events { account: words.next()?.parse().ok()?, last: words.next()?.parse().ok()? }),
            "scores" => words.map(|id| id.parse().ok()).collect::<Option<Vec<_>>>().map(Self::Scores),
            "lost" => Some(Self::Lost),
            _ => None,
        }
    }
}

/// A task that ends with its owner.
#[derive(Debug)]
pub(crate) struct Task(tokio::task::AbortHandle);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_was_told() {
        let now: fanpulse_core::Instant = "2026-03-01".parse().unwrap();
        let artists: Vec<ArtistId> = (0..=250).map(|n| ArtistId::new(now, [n as u8; 10])).collect();
        let told =
            [Signal::Events { account: AccountId::new(now, [1; 10]), last: 12 }, Signal::Scores(artists[..2].to_vec()), Signal::Lost];
        let texts = Signal::texts(&told);
        assert_eq!(texts.iter().map(|text| Signal::parse(text).unwrap()).collect::<Vec<_>>(), told);
        let texts = Signal::texts(&[Signal::Scores(artists)]);
        assert_eq!(texts.len(), 2);
        assert!(texts.iter().all(|text| text.len() < 8000));
        for other in ["", "events", "events x 1", "events 0195d3f0-0000-7000-8000-000000000000 -1", "scores x", "tune 440", "\u{0}"] {
            assert_eq!(Signal::parse(other), None, "{other}");
        }
    }
}
