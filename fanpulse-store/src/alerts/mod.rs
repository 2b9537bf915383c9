//! The port for alerts: the rules that raise them, what they said, and what has been told already.

mod rule;
mod sql;

use async_trait::async_trait;
use fanpulse_core::alerts::{Alert, AlertKind, Fired};
use fanpulse_core::{Day, Instant};

pub use rule::{AlertRule, AlertRuleFilter};

use crate::{AccountId, AlertId, AlertRuleId, ArtistId, Error, Page, PageRequest, Result};

pub(crate) use rule::{absent_rule, check_rule, stale_rule};

/// An alert that was raised.
#[derive(Debug, Clone, PartialEq)]
pub struct RaisedAlert {
    /// The id.
    pub id: AlertId,
    /// Whose.
    pub account: AccountId,
    /// Of which artist.
    pub artist: ArtistId,
    /// Names the event: an account has one alert of it, ever.
    pub key: String,
    /// The rule behind it; `None` for a built-in one. The rule may be gone since.
    pub rule: Option<AlertRuleId>,
    /// What it tells of.
    pub kind: AlertKind,
    /// The last day of the data behind it.
    pub as_of: Day,
    /// When it was raised.
    pub raised_at: Instant,
    /// A line in plain words.
    pub title: String,
    /// What happened, compared with what, in plain words.
    pub message: String,
    /// The numbers, the baseline and the days, as JSON.
    pub evidence: serde_json::Value,
    /// From when on it may go; `None` = it stays.
    pub expires_at: Option<Instant>,
    /// When somebody read it.
    pub read_at: Option<Instant>,
    /// When somebody said that it is dealt with.
    pub resolved_at: Option<Instant>,
}

impl RaisedAlert {
    /// The alert that the engine gave, of an artist whose name there is its id, unread.
    ///
    /// # Errors
    /// `invalid` where the artist or the rule is not named by an id.
    pub fn try_new(id: AlertId, account: AccountId, alert: &Alert, expires_at: Option<Instant>) -> Result<Self> {
        let Alert { key, rule, kind, artist_id, as_of, raised_at, title, message, evidence } = alert;
        Ok(Self {
            id,
            account,
            artist: artist_id.parse()?,
            key: key.clone(),
            rule: rule.as_ref().map(|rule| rule.parse()).transpose()?,
            kind: *kind,
            as_of: *as_of,
            raised_at: *raised_at,
            title: title.clone(),
            message: message.clone(),
            evidence: serde_json::to_value(evidence).map_err(|e| Error::internal(e.to_string()).caused_by(e))?,
            expires_at,
            read_at: None,
            resolved_at: None,
        })
    }
}

/// Which alerts of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFilter {
    /// Whose.
    pub account: AccountId,
    /// Of this artist.
    pub artist: Option<ArtistId>,
    /// Of this kind.
    pub kind: Option<AlertKind>,
    /// Read, or not.
    pub read: Option<bool>,
    /// Resolved, or not.
    pub resolved: Option<bool>,
    /// Raised at this moment or later.
    pub from: Option<Instant>,
}

impl AlertFilter {
    /// All alerts of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, artist: None, kind: None, read: None, resolved: None, from: None }
    }

    pub(crate) fn takes(&self, alert: &RaisedAlert) -> bool {
        self.account == alert.account
            && self.artist.is_none_or(|artist| artist == alert.artist)
            && self.kind.is_none_or(|kind| kind == alert.kind)
            && self.read.is_none_or(|read| read == alert.read_at.is_some())
            && self.resolved.is_none_or(|resolved| resolved == alert.resolved_at.is_some())
            && self.from.is_none_or(|from| from <= alert.raised_at)
    }
}

/// Alerts and their rules by account. What belongs to another account is not found.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// Adds a rule.
    ///
    /// # Errors
    /// * `invalid` where the rule is, or its name is not its id.
    /// * `conflict` where the id exists, or the account or its artist does not.
    async fn add_alert_rule(&self, rule: &AlertRule) -> Result<()>;

    /// The rule, where the account has it.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn alert_rule(&self, account: AccountId, id: AlertRuleId) -> Result<Option<AlertRule>>;

    /// Replaces everything of a rule but its account and when it was made; `rule.version` is the version that the change
    /// was made from. Returns the new version.
    ///
    /// # Errors
    /// * `not_found` where the account has no such rule.
    /// * `conflict` where somebody else changed it since, or the account has no such artist.
    /// * `invalid` as for [`AlertStore::add_alert_rule`].
    async fn update_alert_rule(&self, rule: &AlertRule) -> Result<u32>;

    /// Removes a rule; its alerts stay. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_alert_rule(&self, account: AccountId, id: AlertRuleId) -> Result<bool>;

    /// Rules, the oldest first.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn alert_rules(&self, filter: &AlertRuleFilter, page: &PageRequest) -> Result<Page<AlertRule>>;

    /// Keeps those of the alerts whose events have not been told to their account before: all of them or, where it
    /// fails, none. Returns the ids of those that are new; however many processes raise an event, for one it is new.
    ///
    /// # Errors
    /// `conflict` where an account has no such artist, or an id exists.
    async fn raise_alerts(&self, alerts: &[RaisedAlert]) -> Result<Vec<AlertId>>;

    /// What has been told of an artist, which is what [`evaluate`](fanpulse_core::alerts::evaluate) asks for. It outlives
    /// the alerts, until [`AlertStore::forget_fired`].
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn fired(&self, account: AccountId, artist: ArtistId) -> Result<Fired>;

    /// The alert, where the account has it.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn alert(&self, account: AccountId, id: AlertId) -> Result<Option<RaisedAlert>>;

    /// Alerts, the newest first.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn alerts(&self, filter: &AlertFilter, page: &PageRequest) -> Result<Page<RaisedAlert>>;

    /// How many alerts of an account nobody has read.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn unread_alerts(&self, account: AccountId) -> Result<u64>;

    /// Somebody read the alert at `at`; the first time counts. Whether the account has such an alert.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn read_alert(&self, account: AccountId, id: AlertId, at: Instant) -> Result<bool>;

    /// The alert is dealt with since `at`; the first time counts. Whether the account has such an alert.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn resolve_alert(&self, account: AccountId, id: AlertId, at: Instant) -> Result<bool>;

    /// Removes at most `limit` alerts that have expired by `now`; their events stay told. Returns how many went.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_expired_alerts(&self, now: Instant, limit: u32) -> Result<u64>;

    /// Forgets at most `limit` events that were told before then, so that they could be told again. Returns how many it
    /// forgot.
    ///
    /// It should lie further back than the longest cool-down and the window of the analyses, else an event is told
    /// twice.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn forget_fired(&self, before: Instant, limit: u32) -> Result<u64>;
}

pub(crate) fn taken(id: AlertId) -> Error {
    Error::conflict(format!("alert {id} exists already"))
}
