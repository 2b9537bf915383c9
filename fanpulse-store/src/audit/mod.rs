//! The port for the audit log: who did what to an account, and from where. It is only ever added to.

mod sql;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use fanpulse_core::Instant;

use crate::{AccountId, ApiKeyId, AuditId, Error, Page, PageRequest, Result, UserId};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Actor {
    /// Somebody who signed in.
    User(UserId),
    /// A program with a key.
    ApiKey(ApiKeyId),
    /// FanPulse itself, for instance a job.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::ApiKey(id) => write!(f, "api_key {id}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for Actor {
    type Err = Error;

    /// Reads what [`Actor`]'s display gives.
    fn from_str(s: &str) -> Result<Self> {
        match s.split_once(' ') {
            Some(("user", id)) => id.parse().map(Self::User),
            Some(("api_key", id)) => id.parse().map(Self::ApiKey),
            None if s == "system" => Ok(Self::System),
            _ => Err(Error::invalid(format!("`{s}` is none of the actors `user ID`, `api_key ID`, `system`"))),
        }
    }
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The id.
    pub id: AuditId,
    /// Whose.
    pub account: AccountId,
    /// When.
    pub at: Instant,
    /// By whom.
    pub actor: Actor,
    /// What, for instance `artist.remove`: 1–100 characters.
    pub action: String,
    /// To what, for instance `artist ID`: 1–200 characters.
    pub subject: Option<String>,
    /// From which address, 1–100 characters.
    pub address: Option<String>,
    /// More of it, as JSON; never a secret.
    pub details: serde_json::Value,
}

/// Which entries of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whose.
    pub account: AccountId,
    /// By this actor.
    pub actor: Option<Actor>,
    /// Of this action.
    pub action: Option<String>,
    /// To this subject.
    pub subject: Option<String>,
    /// At this moment or later.
    pub from: Option<Instant>,
    /// At this moment or earlier.
    pub until: Option<Instant>,
}

impl AuditFilter {
    /// The whole log of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, actor: None, action: None, subject: None, from: None, until: None }
    }

    pub(crate) fn takes(&self, entry: &AuditEntry) -> bool {
        self.account == entry.account
            && self.actor.is_none_or(|actor| actor == entry.actor)
            && self.action.as_ref().is_none_or(|action| *action == entry.action)
            && (self.subject.is_none() || self.subject == entry.subject)
            && self.from.is_none_or(|from| from <= entry.at)
            && self.until.is_none_or(|until| entry.at <= until)
    }
}

/// The audit log by account. It goes with the account.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds entries: all or, where it fails, none.
    ///
    /// # Errors
    /// * `invalid` where a text is blank or too long; the message names the row.
    /// * `conflict` where an id exists, or an account does not.
    async fn record_audit(&self, entries: &[AuditEntry]) -> Result<()>;

    /// Entries by id, the newest first.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn audit_log(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>>;

    /// Removes at most `limit` entries of all accounts from before then. Returns how many went.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn trim_audit(&self, before: Instant, limit: u32) -> Result<u64>;
}

pub(crate) fn check(entries: &[AuditEntry]) -> Result<()> {
    let mut ids = BTreeSet::new();
    for (row, entry) in entries.iter().enumerate() {
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let texts =
            [("action", entry.action.clone(), 100), ("subject", optional(&entry.subject), 200), ("address", optional(&entry.address), 100)];
        for (what, text, most) in texts {
            let length = text.chars().count();
            if text.trim().is_empty() || length > most {
                return Err(Error::invalid(format!(
                    "audit entry {row}: {what} of {length} characters, 1 to {most} are needed, not all of them blank"
                )));
            }
        }
        if !ids.insert(entry.id) {
            return Err(exists(entry));
        }
    }
    Ok(())
}

pub(crate) fn exists(entry: &AuditEntry) -> Error {
    Error::conflict(format!("audit entry {} exists already, or account {} does not", entry.id, entry.account))
}
