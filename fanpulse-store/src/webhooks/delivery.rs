//! One event on its way to one webhook.

use std::str::FromStr;

use fanpulse_core::Instant;
use sha2::{Digest, Sha256};

use crate::{AccountId, DeliveryId, Error, Result, WebhookId};

/// Something that an account's webhooks are told.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookEvent {
    /// Whose.
    pub account: AccountId,
    /// Names the event within the account, 1–200 characters: under one key it is told once.
    pub key: String,
    /// What it is, for instance `alert.raised`: 1–100 characters without a blank.
    pub kind: String,
    /// What is told, as JSON.
    pub payload: serde_json::Value,
}

impl WebhookEvent {
    pub(crate) fn check(&self) -> Result<()> {
        for (what, text, most) in [("key", &self.key, 200), ("kind", &self.kind, 100)] {
            let length = text.chars().count();
            if !(1..=most).contains(&length) {
                return Err(Error::invalid(format!("event {what} of {length} characters: 1 to {most} are needed")));
            }
        }
        if self.kind.contains(char::is_whitespace) {
            return Err(Error::invalid(format!("kind of event `{}` has a blank", self.kind)));
        }
        Ok(())
    }

    /// The delivery to a webhook. Its id follows from webhook and key, so that whoever publishes gives the same at the
    /// same time.
    pub(crate) fn delivery(&self, webhook: WebhookId, now: Instant) -> Delivery {
        let digest = Sha256::new().chain_update(webhook.0).chain_update(&self.key).finalize();
        let mut random = [0; 10];
        random.copy_from_slice(&digest[..10]);
        Delivery {
            id: DeliveryId::new(now, random),
            webhook,
            event: self.clone(),
            state: DeliveryState::Pending,
            attempt: 0,
            next_at: Some(now),
            created_at: now,
            ended_at: None,
        }
    }
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// It is to be told, for the first time or again.
    Pending,
    /// The webhook took it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// The name in the database and on every wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        [Self::Pending, Self::Delivered, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or_else(|| Error::invalid(format!("`{s}` is none of the states pending, delivered, failed")))
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The id, the same for every attempt.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// What is told.
    pub event: WebhookEvent,
    /// How far it is.
    pub state: DeliveryState,
    /// The number of the last attempt that began, from 1; 0 = none yet.
    pub attempt: u32,
    /// When it is due, or due again where the attempt that is under way is not heard of; `None` = it ended.
    pub next_at: Option<Instant>,
    /// When the event was published.
    pub created_at: Instant,
    /// When it was delivered, or given up.
    pub ended_at: Option<Instant>,
}

impl Delivery {
    /// Ends the attempt, where it is the last that began.
    pub(crate) fn settle(&mut self, attempt: u32, outcome: &AttemptOutcome, now: Instant) -> Result<Attempt> {
        if self.state != DeliveryState::Pending || self.attempt != attempt || attempt == 0 {
            let (id, state, last) = (self.id, self.state.as_str(), self.attempt);
            return Err(Error::conflict(format!("attempt {attempt} of delivery {id} is over: it is {state} at attempt {last}")));
        }
        let (state, next_at, status, error) = match outcome {
            AttemptOutcome::Delivered { status } => (DeliveryState::Delivered, None, Some(*status), None),
            AttemptOutcome::Again { status, error, at } => (DeliveryState::Pending, Some(*at), *status, Some(error.clone())),
            AttemptOutcome::GivenUp { status, error } => (DeliveryState::Failed, None, *status, Some(error.clone())),
        };
        (self.state, self.next_at) = (state, next_at);
        self.ended_at = next_at.is_none().then_some(now);
        Ok(Attempt { number: attempt, at: now, status, error })
    }

    /// Makes it due; whoever is at it is at it no longer.
    pub(crate) fn replay(&mut self, now: Instant) {
        // The number that is skipped belongs to nobody.
        self.attempt = self.attempt.saturating_add(1);
        (self.state, self.next_at, self.ended_at) = (DeliveryState::Pending, Some(now), None);
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The webhook took it.
    Delivered {
        /// The HTTP status.
        status: u16,
    },
    /// It did not, and is told again.
    Again {
        /// The HTTP status; `None` = there was no answer.
        status: Option<u16>,
        /// Why.
        error: String,
        /// When it is told again.
        at: Instant,
    },
    /// It did not, and is told no more.
    GivenUp {
        /// The HTTP status; `None` = there was no answer.
        status: Option<u16>,
        /// Why.
        error: String,
    },
}

/// An attempt that was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// When it was settled.
    pub at: Instant,
    /// The HTTP status; `None` = there was no answer.
    pub status: Option<u16>,
    /// Why the webhook did not take it; `None` = it did.
    pub error: Option<String>,
}

/// Which deliveries of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Whose.
    pub account: AccountId,
    /// To this webhook.
    pub webhook: Option<WebhookId>,
    /// In this state.
    pub state: Option<DeliveryState>,
}

impl DeliveryFilter {
    /// All deliveries of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, webhook: None, state: None }
    }

    pub(crate) fn takes(&self, delivery: &Delivery) -> bool {
        self.account == delivery.event.account
            && self.webhook.is_none_or(|webhook| webhook == delivery.webhook)
            && self.state.is_none_or(|state| state == delivery.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_one_name() {
        for state in [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Failed] {
            assert_eq!(state.as_str().parse::<DeliveryState>().unwrap(), state);
        }
        assert!("gone".parse::<DeliveryState>().unwrap_err().message().contains("`gone`"));
    }
}
