//! Webhooks and their deliveries on both databases, their secrets sealed.

use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Attempt, AttemptOutcome, Delivery, DeliveryFilter, DeliveryState, Webhook, WebhookEvent, WebhookStore, absent, check, no_delivery,
    stale,
};
use crate::jobs::after;
use crate::secrets::webhook_secret;
use crate::sql::{Dialect, Row, Transaction, args, narrow};
use crate::{AccountId, Cursor, DeliveryId, Error, Page, PageRequest, Result, Store, WebhookId};

macro_rules! select {
    ($which:literal) => {
        concat!("select id, account, url, secret, events, is_active, created_at, version from webhooks where ", $which)
    };
}

macro_rules! columns {
    ($before:expr, $after:literal) => {
        concat!($before, "id, webhook, account, event, kind, payload, state, attempt, next_at, created_at, ended_at", $after)
    };
}

const BY_ID: [&str; 2] = [
    columns!("select ", " from webhook_deliveries where id = $1 and ($2 is null or account = $2)"),
    columns!("select ", " from webhook_deliveries where id = $1 and ($2 is null or account = $2) for update"),
];

macro_rules! claim {
    ($before:literal, $after:literal) => {
        columns!(
            concat!(
                "update webhook_deliveries set attempt = attempt + 1, next_at = $2 where id ",
                $before,
                "select d.id from webhook_deliveries d join webhooks w on w.id = d.webhook
                 where d.state = 'pending' and d.next_at <= $1 and w.is_active order by d.next_at, d.id limit $3",
                $after,
                " returning "
            ),
            ""
        )
    };
}

/// As an array the selection runs once, whatever the planner makes of the rest.
const CLAIM: [&str; 2] = [claim!("in (", ")"), claim!("= any(array(", " for update of d skip locked))")];

#[async_trait]
impl WebhookStore for Store {
    async fn add_webhook(&self, webhook: &Webhook) -> Result<()> {
        check(webhook)?;
        let insert = "insert into webhooks (id, account, url, secret, events, is_active, created_at, version)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let Webhook { id, account, url, secret: _, events: _, is_active, created_at, version } = webhook;
        let row = args![*id, *account, url, self.sealed(webhook)?, kinds(webhook), *is_active, *created_at, *version];
        self.database().run(insert, row).await.map(drop)
    }

    async fn webhook(&self, account: AccountId, id: WebhookId) -> Result<Option<Webhook>> {
        let row = self.database().row(select!("account = $1 and id = $2"), args![account, id]).await?;
        row.map(|row| self.webhook_of(&row)).transpose()
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<u32> {
        check(webhook)?;
        let mut tx = self.begin().await?;
        let update = "update webhooks set url = $1, secret = $2, events = $3, is_active = $4, version = version + 1
            where account = $5 and id = $6 and version = $7";
        let Webhook { id, account, url, is_active, version, .. } = webhook;
        let row = args![url, self.sealed(webhook)?, kinds(webhook), *is_active, *account, *id, *version];
        if tx.run(update, row).await? == 0 {
            let there = tx.row("select version from webhooks where account = $1 and id = $2", args![*account, *id]).await?;
            return Err(if there.is_some() { stale(webhook) } else { absent(*id) });
        }
        tx.commit().await?;
        Ok(version + 1)
    }

    async fn remove_webhook(&self, account: AccountId, id: WebhookId) -> Result<bool> {
        Ok(self.database().run("delete from webhooks where account = $1 and id = $2", args![account, id]).await? > 0)
    }

    async fn webhooks(&self, account: AccountId, page: &PageRequest) -> Result<Page<Webhook>> {
        let after: Option<WebhookId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let select = select!("account = $1 and ($2 is null or id > $2) order by id limit $3");
        let rows = self.database().rows(select, args![account, after.map(|id| id.0), page.one_more()]).await?;
        Page::of(rows.iter().map(|row| self.webhook_of(row)).collect::<Result<_>>()?, page.limit, |w| w.id)
    }

    async fn publish(&self, event: &WebhookEvent, now: Instant) -> Result<Vec<DeliveryId>> {
        let mut tx = self.begin().await?;
        let new = tx.publish(event, now).await?;
        tx.commit().await?;
        Ok(new)
    }

    async fn claim_deliveries(&self, limit: u32, lease: Duration, now: Instant) -> Result<Vec<Delivery>> {
        let until = after(now, lease)?;
        let mut tx = self.begin().await?;
        let rows = tx.rows(CLAIM[usize::from(tx.dialect() == Dialect::Postgres)], args![now, until, limit]).await?;
        let mut claimed = rows.iter().map(delivery).collect::<Result<Vec<_>>>()?;
        tx.commit().await?;
        claimed.sort_by_key(|d| d.id);
        Ok(claimed)
    }

    async fn settle_delivery(&self, id: DeliveryId, attempt: u32, outcome: &AttemptOutcome, now: Instant) -> Result<()> {
        let mut tx = self.begin().await?;
        let mut delivery = locked(&mut tx, None, id).await?;
        let Attempt { number, at, status, error } = match delivery.settle(attempt, outcome, now) {
            Ok(attempt) => attempt,
            Err(refused) => {
                // The next claim, which skips what is locked, must not pass over it.
                tx.rollback().await?;
                return Err(refused);
            }
        };
        write_back(&mut tx, &delivery).await?;
        let insert = "insert into webhook_attempts (delivery, attempt, at, status, error) values ($1, $2, $3, $4, $5)";
        tx.run(insert, args![id, number, at, status.map(i32::from), error]).await?;
        tx.commit().await
    }

    async fn replay_delivery(&self, account: AccountId, id: DeliveryId, now: Instant) -> Result<()> {
        let mut tx = self.begin().await?;
        let mut delivery = locked(&mut tx, Some(account), id).await?;
        delivery.replay(now);
        write_back(&mut tx, &delivery).await?;
        tx.commit().await
    }

    async fn delivery(&self, account: AccountId, id: DeliveryId) -> Result<Option<Delivery>> {
        self.database().row(BY_ID[0], args![id, Some(account.0)]).await?.as_ref().map(delivery).transpose()
    }

    async fn deliveries(&self, filter: &DeliveryFilter, page: &PageRequest) -> Result<Page<Delivery>> {
        let before: Option<DeliveryId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let select = columns!(
            "select ",
            " from webhook_deliveries where account = $1 and ($2 is null or webhook = $2) and ($3 is null or state = $3)
              and ($4 is null or id < $4) order by id desc limit $5"
        );
        let DeliveryFilter { account, webhook, state } = filter;
        let (webhook, before) = (webhook.map(|id| id.0), before.map(|id| id.0));
        let rows =
            self.database().rows(select, args![*account, webhook, state.map(DeliveryState::as_str), before, page.one_more()]).await?;
        Page::of(rows.iter().map(delivery).collect::<Result<_>>()?, page.limit, |d| d.id)
    }

    async fn attempts(&self, account: AccountId, id: DeliveryId) -> Result<Vec<Attempt>> {
        let select = "select a.attempt, a.at, a.status, a.error from webhook_attempts a join webhook_deliveries d on d.id = a.delivery
            where d.account = $1 and d.id = $2 order by a.attempt";
        self.database().rows(select, args![account, id]).await?.iter().map(attempt).collect()
    }

    async fn trim_deliveries(&self, before: Instant, limit: u32) -> Result<u64> {
        let delete = "delete from webhook_deliveries where id in
            (select id from webhook_deliveries where ended_at < $1 order by ended_at limit $2)";
        self.database().run(delete, args![before, limit]).await
    }
}

impl Transaction {
    /// As [`WebhookStore::publish`], with whatever else happens in this unit of work: the deliveries are there once it is
    /// committed, and never where it is not.
    ///
    /// # Errors
    /// Those of [`WebhookStore::publish`].
    pub async fn publish(&mut self, event: &WebhookEvent, now: Instant) -> Result<Vec<DeliveryId>> {
        event.check()?;
        let mut new = Vec::new();
        let webhooks = "select id, events from webhooks where account = $1 and is_active order by id";
        for row in self.rows(webhooks, args![event.account]).await? {
            let (webhook, kinds): (_, String) = (WebhookId(row.get(0)?), row.get(1)?);
            if !kinds.is_empty() && !kinds.split_whitespace().any(|kind| kind == event.kind) {
                continue;
            }
            let Delivery { id, state, attempt, next_at, created_at, .. } = event.delivery(webhook, now);
            let insert = "insert into webhook_deliveries
                (id, webhook, account, event, kind, payload, state, attempt, next_at, created_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing";
            let WebhookEvent { account, key, kind, payload } = event;
            let row = args![id, webhook, *account, key, kind, payload.to_string(), state.as_str(), attempt, next_at, created_at];
            if self.run(insert, row).await? > 0 {
                new.push(id);
            }
        }
        Ok(new)
    }
}

impl Store {
    fn sealed(&self, webhook: &Webhook) -> Result<Vec<u8>> {
        self.keys()?.keys().seal(webhook.secret.expose_secret().as_bytes(), &webhook_secret(webhook.id))
    }

    fn webhook_of(&self, row: &Row) -> Result<Webhook> {
        let id = WebhookId(row.get(0)?);
        let (sealed, events): (Vec<u8>, String) = (row.get(3)?, row.get(4)?);
        let secret = String::from_utf8(self.keys()?.open(&sealed, &webhook_secret(id))?);
        Ok(Webhook {
            id,
            account: AccountId(row.get(1)?),
            url: row.get(2)?,
            secret: SecretString::from(secret.map_err(|_| Error::internal(format!("the secret of webhook {id} is no text")))?),
            events: events.split_whitespace().map(str::to_owned).collect(),
            is_active: row.get(5)?,
            created_at: row.instant(6)?,
            version: narrow(row.get(7)?, "version")?,
        })
    }
}

fn kinds(webhook: &Webhook) -> String {
    webhook.events.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

async fn locked(tx: &mut Transaction, account: Option<AccountId>, id: DeliveryId) -> Result<Delivery> {
    let select = BY_ID[usize::from(tx.dialect() == Dialect::Postgres)];
    let found = tx.row(select, args![id, account.map(|id| id.0)]).await?;
    found.as_ref().map(delivery).transpose()?.ok_or_else(|| no_delivery(id))
}

async fn write_back(tx: &mut Transaction, d: &Delivery) -> Result<()> {
    let update = "update webhook_deliveries set state = $1, attempt = $2, next_at = $3, ended_at = $4 where id = $5";
    tx.run(update, args![d.state.as_str(), d.attempt, d.next_at, d.ended_at, d.id]).await.map(drop)
}

fn delivery(row: &Row) -> Result<Delivery> {
    let id = DeliveryId(row.get(0)?);
    let stored = |e: &dyn std::fmt::Display| Error::internal(format!("the stored delivery {id}: {e}"));
    let (payload, state): (String, String) = (row.get(5)?, row.get(6)?);
    let payload = serde_json::from_str(&payload).map_err(|e| stored(&e))?;
    Ok(Delivery {
        id,
        webhook: WebhookId(row.get(1)?),
        event: WebhookEvent { account: AccountId(row.get(2)?), key: row.get(3)?, kind: row.get(4)?, payload },
        state: state.parse().map_err(|e: Error| stored(&e))?,
        attempt: narrow(row.get(7)?, "attempt")?,
        next_at: row.instant_or_none(8)?,
        created_at: row.instant(9)?,
        ended_at: row.instant_or_none(10)?,
    })
}

fn attempt(row: &Row) -> Result<Attempt> {
    Ok(Attempt {
        number: narrow(row.get(0)?, "attempt")?,
        at: row.instant(1)?,
        status: row.get::<Option<i64>>(2)?.map(|status| narrow(status, "status")).transpose()?,
        error: row.get(3)?,
    })
}
