//! A rule of an account.

use fanpulse_core::Instant;
use fanpulse_core::alerts::Rule;

use crate::{AccountId, AlertRuleId, ArtistId, Error, Result};

/// A rule that raises alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// The id.
    pub id: AlertRuleId,
    /// Whose.
    pub account: AccountId,
    /// Of which artist; `None` = of all of the account.
    pub artist: Option<ArtistId>,
    /// What it looks at, as the engine takes it; its name there is the id.
    pub rule: Rule,
    /// Whether it raises anything at present.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Instant,
    /// Rises with each update, from 1.
    pub version: u32,
}

/// Which rules of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRuleFilter {
    /// Whose.
    pub account: AccountId,
    /// That hold for this artist: its own, and those of all artists.
    pub artist: Option<ArtistId>,
    /// Active, or not.
    pub active: Option<bool>,
}

impl AlertRuleFilter {
    /// All rules of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, artist: None, active: None }
    }

    pub(crate) fn takes(&self, rule: &AlertRule) -> bool {
        self.account == rule.account
            && self.artist.is_none_or(|artist| rule.artist.is_none_or(|of| of == artist))
            && self.active.is_none_or(|active| active == rule.is_active)
    }
}

pub(crate) fn check_rule(rule: &AlertRule) -> Result<()> {
    rule.rule.validate().map_err(|e| Error::invalid(e.to_string()).caused_by(e))?;
    if rule.rule.id != rule.id.to_string() {
        return Err(Error::invalid(format!("alert rule {} is named `{}`, its name must be its id", rule.id, rule.rule.id)));
    }
    Ok(())
}

pub(crate) fn stale_rule(rule: &AlertRule) -> Error {
    Error::conflict(format!("alert rule {} was changed by somebody else since version {}", rule.id, rule.version))
}

pub(crate) fn absent_rule(id: AlertRuleId) -> Error {
    Error::not_found(format!("there is no alert rule {id}"))
}
