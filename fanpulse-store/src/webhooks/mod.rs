//! The port for webhooks: where an account wants to be told of events, and how far the telling is.

mod delivery;
mod sql;

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;
use secrecy::SecretString;

pub use delivery::{Attempt, AttemptOutcome, Delivery, DeliveryFilter, DeliveryState, WebhookEvent};

use crate::{AccountId, DeliveryId, Error, Page, PageRequest, Result, WebhookId};

/// A subscription to an account's events.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The id.
    pub id: WebhookId,
    /// Whose.
    pub account: AccountId,
    /// Where to tell, `https://…` or `http://…`, at most 2000 bytes.
    pub url: String,
    /// What the deliveries are signed with; sealed where it is stored.
    pub secret: SecretString,
    /// Which kinds of events; none = all. No kind has a blank.
    pub events: BTreeSet<String>,
    /// Whether anything is told at present.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Instant,
    /// Rises with each update, from 1.
    pub version: u32,
}

impl Webhook {
    /// Whether an event of this kind is told.
    #[must_use]
    pub fn takes(&self, kind: &str) -> bool {
        self.is_active && (self.events.is_empty() || self.events.contains(kind))
    }
}

/// Webhooks and their deliveries. What belongs to another account is not found.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Adds a webhook.
    ///
    /// # Errors
    /// * `invalid` where the URL is none of these, or a kind of event is empty or has a blank.
    /// * `conflict` where the id exists, or the account does not.
    async fn add_webhook(&self, webhook: &Webhook) -> Result<()>;

    /// The webhook, where the account has it.
    ///
    /// # Errors
    /// `unavailable` where the key of its secret is not given.
    async fn webhook(&self, account: AccountId, id: WebhookId) -> Result<Option<Webhook>>;

    /// Replaces URL, secret, kinds of events and whether it is active; `webhook.version` is the version that the change
    /// was made from. Returns the new version.
    ///
    /// # Errors
    /// * `not_found` where the account has no such webhook.
    /// * `conflict` where somebody else changed it since.
    /// * `invalid` as for [`WebhookStore::add_webhook`].
    async fn update_webhook(&self, webhook: &Webhook) -> Result<u32>;

    /// Removes a webhook with its deliveries. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_webhook(&self, account: AccountId, id: WebhookId) -> Result<bool>;

    /// The account's webhooks, the oldest first.
    ///
    /// # Errors
    /// As [`WebhookStore::webhook`], and `invalid` for a foreign cursor.
    async fn webhooks(&self, account: AccountId, page: &PageRequest) -> Result<Page<Webhook>>;

    /// Makes a delivery of the event for each of the account's webhooks that takes it, due at `now`. Returns those that
    /// are new, by webhook: an event that is published again under its key is not delivered again.
    ///
    /// # Errors
    /// `invalid` where the key or the kind is empty or too long, or the kind has a blank.
    async fn publish(&self, event: &WebhookEvent, now: Instant) -> Result<Vec<DeliveryId>>;

    /// At most `limit` pending deliveries of active webhooks that are due, those first that are due for longest. Each is
    /// the caller's for `lease`; after that, it is due again. It is one attempt more each time.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn claim_deliveries(&self, limit: u32, lease: Duration, now: Instant) -> Result<Vec<Delivery>>;

    /// Says what became of an attempt; it is kept, and the delivery goes on, or ends.
    ///
    /// # Errors
    /// * `not_found` where there is no such delivery.
    /// * `conflict` where it is not pending, or another attempt has begun since.
    async fn settle_delivery(&self, id: DeliveryId, attempt: u32, outcome: &AttemptOutcome, now: Instant) -> Result<()>;

    /// Makes a delivery due at `now`, whatever became of it; who is at it meanwhile can no longer settle it.
    ///
    /// # Errors
    /// `not_found` where the account has no such delivery.
    async fn replay_delivery(&self, account: AccountId, id: DeliveryId, now: Instant) -> Result<()>;

    /// The delivery, where the account has it.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn delivery(&self, account: AccountId, id: DeliveryId) -> Result<Option<Delivery>>;

    /// Deliveries, the newest first.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn deliveries(&self, filter: &DeliveryFilter, page: &PageRequest) -> Result<Page<Delivery>>;

    /// The attempts of a delivery that were settled, the first first; one that is not among them was never heard of again.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn attempts(&self, account: AccountId, id: DeliveryId) -> Result<Vec<Attempt>>;

    /// Removes at most `limit` deliveries of all accounts that ended before then. Returns how many went.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn trim_deliveries(&self, before: Instant, limit: u32) -> Result<u64>;
}

pub(crate) fn check(webhook: &Webhook) -> Result<()> {
    let url = &webhook.url;
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if host.is_none_or(str::is_empty) || url.len() > 2000 || url.contains(char::is_whitespace) {
        return Err(Error::invalid(format!("`{url}` is no URL of at most 2000 bytes that begins with https:// or http://")));
    }
    match webhook.events.iter().find(|kind| kind.is_empty() || kind.contains(char::is_whitespace)) {
        Some(kind) => Err(Error::invalid(format!("kind of event `{kind}` is empty or has a blank"))),
        None => Ok(()),
    }
}

pub(crate) fn stale(webhook: &Webhook) -> Error {
    Error::conflict(format!("webhook {} was changed by somebody else since version {}", webhook.id, webhook.version))
}

pub(crate) fn absent(id: WebhookId) -> Error {
    Error::not_found(format!("there is no webhook {id}"))
}

pub(crate) fn no_delivery(id: DeliveryId) -> Error {
    Error::not_found(format!("there is no delivery {id}"))
}
