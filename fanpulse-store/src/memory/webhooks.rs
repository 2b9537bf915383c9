use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::Memory;
use crate::jobs::after;
use crate::webhooks::{absent, check, no_delivery, stale};
use crate::{
    AccountId, Attempt, AttemptOutcome, Cursor, Delivery, DeliveryFilter, DeliveryId, Error, Page, PageRequest, Result, Webhook,
    WebhookEvent, WebhookId, WebhookStore,
};

/// Webhooks, and their deliveries with the attempts that were settled.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    webhooks: BTreeMap<WebhookId, Webhook>,
    deliveries: BTreeMap<DeliveryId, (Delivery, Vec<Attempt>)>,
}

impl Webhooks {
    pub(super) fn forget_account(&mut self, id: AccountId) {
        self.webhooks.retain(|_, webhook| webhook.account != id);
        self.deliveries.retain(|_, (delivery, _)| delivery.event.account != id);
    }
}

#[async_trait]
impl WebhookStore for Memory {
    async fn add_webhook(&self, webhook: &Webhook) -> Result<()> {
        check(webhook)?;
        let mut tables = self.tables();
        if tables.webhooks.webhooks.contains_key(&webhook.id) || !tables.accounts.contains_key(&webhook.account) {
            return Err(Error::conflict(format!("webhook {} exists already, or account {} does not", webhook.id, webhook.account)));
        }
        tables.webhooks.webhooks.insert(webhook.id, webhook.clone());
        Ok(())
    }

    async fn webhook(&self, account: AccountId, id: WebhookId) -> Result<Option<Webhook>> {
        Ok(self.tables().webhooks.webhooks.get(&id).filter(|w| w.account == account).cloned())
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<u32> {
        check(webhook)?;
        let mut tables = self.tables();
        let old = tables.webhooks.webhooks.get_mut(&webhook.id).filter(|w| w.account == webhook.account);
        let old = old.ok_or_else(|| absent(webhook.id))?;
        if old.version != webhook.version {
            return Err(stale(webhook));
        }
        *old = Webhook { created_at: old.created_at, version: webhook.version + 1, ..webhook.clone() };
        Ok(old.version)
    }

    async fn remove_webhook(&self, account: AccountId, id: WebhookId) -> Result<bool> {
        let mut tables = self.tables();
        if tables.webhooks.webhooks.get(&id).is_none_or(|w| w.account != account) {
            return Ok(false);
        }
        tables.webhooks.deliveries.retain(|_, (delivery, _)| delivery.webhook != id);
        Ok(tables.webhooks.webhooks.remove(&id).is_some())
    }

    async fn webhooks(&self, account: AccountId, page: &PageRequest) -> Result<Page<Webhook>> {
        let after: Option<WebhookId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let of_account = tables.webhooks.webhooks.values().filter(|w| w.account == account && after.is_none_or(|after| w.id > after));
        Page::of(of_account.cloned().collect(), page.limit, |w| w.id)
    }

    async fn publish(&self, event: &WebhookEvent, now: Instant) -> Result<Vec<DeliveryId>> {
        event.check()?;
        let mut tables = self.tables();
        let Webhooks { webhooks, deliveries } = &mut tables.webhooks;
        let mut new = Vec::new();
        for webhook in webhooks.values().filter(|w| w.account == event.account && w.takes(&event.kind)) {
            let told = deliveries.values().any(|(d, _)| d.webhook == webhook.id && d.event.key == event.key);
            if !told {
                let delivery = event.delivery(webhook.id, now);
                new.push(delivery.id);
                deliveries.insert(delivery.id, (delivery, Vec::new()));
            }
        }
        Ok(new)
    }

    async fn claim_deliveries(&self, limit: u32, lease: Duration, now: Instant) -> Result<Vec<Delivery>> {
        let until = after(now, lease)?;
        let mut tables = self.tables();
        let Webhooks { webhooks, deliveries } = &mut tables.webhooks;
        let active = |d: &Delivery| webhooks.get(&d.webhook).is_some_and(|w| w.is_active);
        let due = deliveries.values_mut().map(|(d, _)| d).filter(|d| d.next_at.is_some_and(|at| at <= now) && active(d));
        let mut due: Vec<&mut Delivery> = due.collect();
        due.sort_by_key(|d| (d.next_at, d.id));
        due.truncate(limit as usize);
        due.sort_by_key(|d| d.id);
        let begin = |d: &mut Delivery| {
            d.attempt += 1;
            d.next_at = Some(until);
            d.clone()
        };
        Ok(due.into_iter().map(begin).collect())
    }

    async fn settle_delivery(&self, id: DeliveryId, attempt: u32, outcome: &AttemptOutcome, now: Instant) -> Result<()> {
        let mut tables = self.tables();
        let (delivery, attempts) = tables.webhooks.deliveries.get_mut(&id).ok_or_else(|| no_delivery(id))?;
        attempts.push(delivery.settle(attempt, outcome, now)?);
        Ok(())
    }

    async fn replay_delivery(&self, account: AccountId, id: DeliveryId, now: Instant) -> Result<()> {
        let mut tables = self.tables();
        let found = tables.webhooks.deliveries.get_mut(&id).filter(|(d, _)| d.event.account == account);
        found.ok_or_else(|| no_delivery(id))?.0.replay(now);
        Ok(())
    }

    async fn delivery(&self, account: AccountId, id: DeliveryId) -> Result<Option<Delivery>> {
        let tables = self.tables();
        Ok(tables.webhooks.deliveries.get(&id).map(|(d, _)| d).filter(|d| d.event.account == account).cloned())
    }

    async fn deliveries(&self, filter: &DeliveryFilter, page: &PageRequest) -> Result<Page<Delivery>> {
        let before: Option<DeliveryId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let fits = tables.webhooks.deliveries.values().rev().map(|(d, _)| d);
        let fits = fits.filter(|d| filter.takes(d) && before.is_none_or(|before| d.id < before));
        Page::of(fits.cloned().collect(), page.limit, |d| d.id)
    }

    async fn attempts(&self, account: AccountId, id: DeliveryId) -> Result<Vec<Attempt>> {
        let tables = self.tables();
        let found = tables.webhooks.deliveries.get(&id).filter(|(d, _)| d.event.account == account);
        Ok(found.map(|(_, attempts)| attempts.clone()).unwrap_or_default())
    }

    async fn trim_deliveries(&self, before: Instant, limit: u32) -> Result<u64> {
        let mut tables = self.tables();
        let ended = tables.webhooks.deliveries.values().filter(|(d, _)| d.ended_at.is_some_and(|at| at < before));
        let mut ended: Vec<_> = ended.map(|(d, _)| (d.ended_at, d.id)).collect();
        ended.sort_unstable();
        ended.truncate(limit as usize);
        for (_, id) in &ended {
            tables.webhooks.deliveries.remove(id);
        }
        Ok(ended.len() as u64)
    }
}
