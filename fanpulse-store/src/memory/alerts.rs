use std::collections::BTreeMap;

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::alerts::Fired;

use super::Memory;
use crate::alerts::{absent_rule, check_rule, stale_rule, taken};
use crate::{
    AccountId, AlertFilter, AlertId, AlertRule, AlertRuleFilter, AlertRuleId, AlertStore, ArtistId, Cursor, Error, Page, PageRequest,
    RaisedAlert, Result,
};

/// Alerts, their rules, and the events that were told: of which artist, and when.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    rules: BTreeMap<AlertRuleId, AlertRule>,
    alerts: BTreeMap<AlertId, RaisedAlert>,
    fired: BTreeMap<(AccountId, String), (ArtistId, Instant)>,
}

impl Alerts {
    pub(super) fn forget_artist(&mut self, id: ArtistId) {
        self.rules.retain(|_, rule| rule.artist != Some(id));
        self.alerts.retain(|_, alert| alert.artist != id);
        self.fired.retain(|_, (artist, _)| *artist != id);
    }

    pub(super) fn forget_account(&mut self, id: AccountId) {
        self.rules.retain(|_, rule| rule.account != id);
    }

    fn of(&mut self, account: AccountId, id: AlertId) -> Option<&mut RaisedAlert> {
        self.alerts.get_mut(&id).filter(|a| a.account == account)
    }
}

#[async_trait]
impl AlertStore for Memory {
    async fn add_alert_rule(&self, rule: &AlertRule) -> Result<()> {
        check_rule(rule)?;
        let mut tables = self.tables();
        tables.has_artist(rule.account, rule.artist)?;
        if tables.alerts.rules.contains_key(&rule.id) || !tables.accounts.contains_key(&rule.account) {
            return Err(Error::conflict(format!("alert rule {} exists already, or account {} does not", rule.id, rule.account)));
        }
        tables.alerts.rules.insert(rule.id, rule.clone());
        Ok(())
    }

    async fn alert_rule(&self, account: AccountId, id: AlertRuleId) -> Result<Option<AlertRule>> {
        Ok(self.tables().alerts.rules.get(&id).filter(|r| r.account == account).cloned())
    }

    async fn update_alert_rule(&self, rule: &AlertRule) -> Result<u32> {
        check_rule(rule)?;
        let mut tables = self.tables();
        let old = tables.alerts.rules.get(&rule.id).filter(|r| r.account == rule.account).ok_or_else(|| absent_rule(rule.id))?;
        if old.version != rule.version {
            return Err(stale_rule(rule));
        }
        let new = AlertRule { created_at: old.created_at, version: rule.version + 1, ..rule.clone() };
        tables.has_artist(rule.account, rule.artist)?;
        tables.alerts.rules.insert(rule.id, new);
        Ok(rule.version + 1)
    }

    async fn remove_alert_rule(&self, account: AccountId, id: AlertRuleId) -> Result<bool> {
        let mut tables = self.tables();
        let there = tables.alerts.rules.get(&id).is_some_and(|r| r.account == account);
        Ok(there && tables.alerts.rules.remove(&id).is_some())
    }

    async fn alert_rules(&self, filter: &AlertRuleFilter, page: &PageRequest) -> Result<Page<AlertRule>> {
        let after: Option<AlertRuleId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let fits = tables.alerts.rules.values().filter(|r| filter.takes(r) && after.is_none_or(|after| r.id > after));
        Page::of(fits.cloned().collect(), page.limit, |r| r.id)
    }

    async fn raise_alerts(&self, alerts: &[RaisedAlert]) -> Result<Vec<AlertId>> {
        let mut tables = self.tables();
        let mut new: BTreeMap<(AccountId, String), &RaisedAlert> = BTreeMap::new();
        for alert in alerts {
            tables.has_artist(alert.account, Some(alert.artist))?;
            let event = (alert.account, alert.key.clone());
            if tables.alerts.fired.contains_key(&event) || new.contains_key(&event) {
                continue;
            }
            if tables.alerts.alerts.contains_key(&alert.id) || new.values().any(|a| a.id == alert.id) {
                return Err(taken(alert.id));
            }
            new.insert(event, alert);
        }
        let ids = new.values().map(|a| a.id).collect();
        for (event, alert) in new {
            tables.alerts.fired.insert(event, (alert.artist, alert.raised_at));
            tables.alerts.alerts.insert(alert.id, alert.clone());
        }
        Ok(ids)
    }

    async fn fired(&self, account: AccountId, artist: ArtistId) -> Result<Fired> {
        let mut fired = Fired::default();
        for ((of, key), (whose, at)) in &self.tables().alerts.fired {
            if *of == account && *whose == artist {
                fired.insert(key.clone(), *at);
            }
        }
        Ok(fired)
    }

    async fn alert(&self, account: AccountId, id: AlertId) -> Result<Option<RaisedAlert>> {
        Ok(self.tables().alerts.of(account, id).cloned())
    }

    async fn alerts(&self, filter: &AlertFilter, page: &PageRequest) -> Result<Page<RaisedAlert>> {
        let before: Option<AlertId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let fits = tables.alerts.alerts.values().rev().filter(|a| filter.takes(a) && before.is_none_or(|before| a.id < before));
        Page::of(fits.cloned().collect(), page.limit, |a| a.id)
    }

    async fn unread_alerts(&self, account: AccountId) -> Result<u64> {
        Ok(self.tables().alerts.alerts.values().filter(|a| a.account == account && a.read_at.is_none()).count() as u64)
    }

    async fn read_alert(&self, account: AccountId, id: AlertId, at: Instant) -> Result<bool> {
        Ok(self.tables().alerts.of(account, id).map(|alert| alert.read_at.get_or_insert(at)).is_some())
    }

    async fn resolve_alert(&self, account: AccountId, id: AlertId, at: Instant) -> Result<bool> {
        Ok(self.tables().alerts.of(account, id).map(|alert| alert.resolved_at.get_or_insert(at)).is_some())
    }

    async fn remove_expired_alerts(&self, now: Instant, limit: u32) -> Result<u64> {
        let mut tables = self.tables();
        let expired = tables.alerts.alerts.values().filter(|a| a.expires_at.is_some_and(|at| at <= now));
        let mut expired: Vec<(Option<Instant>, AlertId)> = expired.map(|a| (a.expires_at, a.id)).collect();
        expired.sort_unstable();
        expired.truncate(limit as usize);
        for (_, id) in &expired {
            tables.alerts.alerts.remove(id);
        }
        Ok(expired.len() as u64)
    }

    async fn forget_fired(&self, before: Instant, limit: u32) -> Result<u64> {
        let mut tables = self.tables();
        let old = tables.alerts.fired.iter().filter(|(_, (_, at))| *at < before);
        let mut old: Vec<_> = old.map(|(event, (_, at))| (*at, event.clone())).collect();
        old.sort_unstable();
        old.truncate(limit as usize);
        for (_, event) in &old {
            tables.alerts.fired.remove(event);
        }
        Ok(old.len() as u64)
    }
}
