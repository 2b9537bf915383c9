//! Alerts and their rules on both databases.

use async_trait::async_trait;
use fanpulse_core::alerts::Fired;
use fanpulse_core::{Day, Instant};

use super::{AlertFilter, AlertRule, AlertRuleFilter, AlertStore, RaisedAlert, absent_rule, check_rule, stale_rule, taken};
use crate::sql::{Row, Transaction, args, narrow};
use crate::{AccountId, AlertId, AlertRuleId, ArtistId, Cursor, Error, ErrorKind, Page, PageRequest, Result, Store};

macro_rules! select_rule {
    ($which:literal) => {
        concat!("select id, account, artist, rule, is_active, created_at, version from alert_rules where ", $which)
    };
}

macro_rules! select_alert {
    ($which:literal) => {
        concat!(
            "select id, account, artist, key, rule, kind, cast(as_of as bigint), raised_at, title, message, evidence, expires_at, read_at,
                resolved_at from alerts where ",
            $which
        )
    };
}

#[async_trait]
impl AlertStore for Store {
    async fn add_alert_rule(&self, rule: &AlertRule) -> Result<()> {
        check_rule(rule)?;
        let mut tx = self.begin().await?;
        tx.has_artist(rule.account, rule.artist).await?;
        let insert =
            "insert into alert_rules (id, account, artist, rule, is_active, created_at, version) values ($1, $2, $3, $4, $5, $6, $7)";
        let AlertRule { id, account, artist, rule: _, is_active, created_at, version } = rule;
        let row = args![*id, *account, artist.map(|id| id.0), text(rule)?, *is_active, *created_at, *version];
        tx.run(insert, row).await?;
        tx.commit().await
    }

    async fn alert_rule(&self, account: AccountId, id: AlertRuleId) -> Result<Option<AlertRule>> {
        self.database().row(select_rule!("account = $1 and id = $2"), args![account, id]).await?.as_ref().map(rule).transpose()
    }

    async fn update_alert_rule(&self, rule: &AlertRule) -> Result<u32> {
        check_rule(rule)?;
        let mut tx = self.begin().await?;
        let update = "update alert_rules set artist = $1, rule = $2, is_active = $3, version = version + 1
            where account = $4 and id = $5 and version = $6";
        let row = args![rule.artist.map(|id| id.0), text(rule)?, rule.is_active, rule.account, rule.id, rule.version];
        if tx.run(update, row).await? == 0 {
            let there = tx.row("select version from alert_rules where account = $1 and id = $2", args![rule.account, rule.id]).await?;
            return Err(if there.is_some() { stale_rule(rule) } else { absent_rule(rule.id) });
        }
        tx.has_artist(rule.account, rule.artist).await?;
        tx.commit().await?;
        Ok(rule.version + 1)
    }

    async fn remove_alert_rule(&self, account: AccountId, id: AlertRuleId) -> Result<bool> {
        Ok(self.database().run("delete from alert_rules where account = $1 and id = $2", args![account, id]).await? > 0)
    }

    async fn alert_rules(&self, filter: &AlertRuleFilter, page: &PageRequest) -> Result<Page<AlertRule>> {
        let after: Option<AlertRuleId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let select = select_rule!(
            "account = $1 and ($2 is null or artist is null or artist = $2) and ($3 is null or is_active = $3)
             and ($4 is null or id > $4) order by id limit $5"
        );
        let args = args![filter.account, filter.artist.map(|id| id.0), filter.active, after.map(|id| id.0), page.one_more()];
        let rows = self.database().rows(select, args).await?;
        Page::of(rows.iter().map(rule).collect::<Result<_>>()?, page.limit, |r| r.id)
    }

    async fn raise_alerts(&self, alerts: &[RaisedAlert]) -> Result<Vec<AlertId>> {
        let mut tx = self.begin().await?;
        let new = tx.raise_alerts(alerts).await?;
        tx.commit().await?;
        Ok(new)
    }

    async fn fired(&self, account: AccountId, artist: ArtistId) -> Result<Fired> {
        let mut fired = Fired::default();
        let select = "select key, raised_at from fired_alerts where account = $1 and artist = $2";
        for row in self.database().rows(select, args![account, artist]).await? {
            fired.insert(row.get(0)?, row.instant(1)?);
        }
        Ok(fired)
    }

    async fn alert(&self, account: AccountId, id: AlertId) -> Result<Option<RaisedAlert>> {
        self.database().row(select_alert!("account = $1 and id = $2"), args![account, id]).await?.as_ref().map(alert).transpose()
    }

    async fn alerts(&self, filter: &AlertFilter, page: &PageRequest) -> Result<Page<RaisedAlert>> {
        let before: Option<AlertId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let AlertFilter { account, artist, kind, read, resolved, from } = filter;
        let select = select_alert!(
            "account = $1 and ($2 is null or artist = $2) and ($3 is null or kind = $3) and ($4 is null or (read_at is not null) = $4)
             and ($5 is null or (resolved_at is not null) = $5) and ($6 is null or raised_at >= $6) and ($7 is null or id < $7)
             order by id desc limit $8"
        );
        let (artist, kind, before) = (artist.map(|id| id.0), kind.map(|kind| kind.as_str()), before.map(|id| id.0));
        let rows = self.database().rows(select, args![*account, artist, kind, *read, *resolved, *from, before, page.one_more()]).await?;
        Page::of(rows.iter().map(alert).collect::<Result<_>>()?, page.limit, |a| a.id)
    }

    async fn unread_alerts(&self, account: AccountId) -> Result<u64> {
        let row = self.database().row("select count(*) from alerts where account = $1 and read_at is null", args![account]).await?;
        Ok(row.map_or(Ok(0), |row| row.get::<i64>(0))?.unsigned_abs())
    }

    async fn read_alert(&self, account: AccountId, id: AlertId, at: Instant) -> Result<bool> {
        let update = "update alerts set read_at = coalesce(read_at, $1) where account = $2 and id = $3";
        Ok(self.database().run(update, args![at, account, id]).await? > 0)
    }

    async fn resolve_alert(&self, account: AccountId, id: AlertId, at: Instant) -> Result<bool> {
        let update = "update alerts set resolved_at = coalesce(resolved_at, $1) where account = $2 and id = $3";
        Ok(self.database().run(update, args![at, account, id]).await? > 0)
    }

    async fn remove_expired_alerts(&self, now: Instant, limit: u32) -> Result<u64> {
        let delete = "delete from alerts where id in (select id from alerts where expires_at <= $1 order by expires_at limit $2)";
        self.database().run(delete, args![now, limit]).await
    }

    async fn forget_fired(&self, before: Instant, limit: u32) -> Result<u64> {
        let delete = "delete from fired_alerts where (account, key) in
            (select account, key from fired_alerts where raised_at < $1 order by raised_at limit $2)";
        self.database().run(delete, args![before, limit]).await
    }
}

impl Transaction {
    /// As [`AlertStore::raise_alerts`], with whatever else happens in this unit of work, for instance enqueueing the jobs
    /// that send them. On PostgreSQL it waits for another unit of work that raises the same event.
    ///
    /// # Errors
    /// `conflict` where an account has no such artist, or an id exists.
    pub async fn raise_alerts(&mut self, alerts: &[RaisedAlert]) -> Result<Vec<AlertId>> {
        // In one order for everybody, so that none waits for the other.
        let mut sorted: Vec<&RaisedAlert> = alerts.iter().collect();
        sorted.sort_by(|a, b| (a.account, &a.key).cmp(&(b.account, &b.key)));
        let mut new = Vec::new();
        for a in sorted {
            let told = "insert into fired_alerts (account, key, artist, raised_at)
                select account, $2, id, $4 from artists where account = $1 and id = $3 on conflict do nothing";
            if self.run(told, args![a.account, &a.key, a.artist, a.raised_at]).await? == 0 {
                self.has_artist(a.account, Some(a.artist)).await?;
                continue;
            }
            let insert = "insert into alerts
                (id, account, artist, key, rule, kind, as_of, raised_at, title, message, evidence, expires_at, read_at, resolved_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
            let RaisedAlert { id, account, artist, key, rule, kind, as_of, raised_at, title, message, evidence, .. } = a;
            let mut row = args![*id, *account, *artist, key, rule.map(|id| id.0), kind.as_str(), *as_of, *raised_at, title, message];
            row.extend(args![evidence.to_string(), a.expires_at, a.read_at, a.resolved_at]);
            self.run(insert, row).await.map_err(|e| if e.kind() == ErrorKind::Conflict { taken(*id).caused_by(e) } else { e })?;
            new.push(a.id);
        }
        Ok(new)
    }
}

fn text(rule: &AlertRule) -> Result<String> {
    serde_json::to_string(&rule.rule).map_err(|e| Error::internal(e.to_string()).caused_by(e))
}

fn rule(row: &Row) -> Result<AlertRule> {
    let id = AlertRuleId(row.get(0)?);
    let text: String = row.get(3)?;
    Ok(AlertRule {
        id,
        account: AccountId(row.get(1)?),
        artist: row.get::<Option<_>>(2)?.map(ArtistId),
        rule: serde_json::from_str(&text).map_err(|e| Error::internal(format!("the stored alert rule {id}: {e}")).caused_by(e))?,
        is_active: row.get(4)?,
        created_at: row.instant(5)?,
        version: narrow(row.get(6)?, "version")?,
    })
}

fn alert(row: &Row) -> Result<RaisedAlert> {
    let id = AlertId(row.get(0)?);
    let stored = |e: &dyn std::fmt::Display| Error::internal(format!("the stored alert {id}: {e}"));
    let (kind, evidence): (String, String) = (row.get(5)?, row.get(10)?);
    Ok(RaisedAlert {
        id,
        account: AccountId(row.get(1)?),
        artist: ArtistId(row.get(2)?),
        key: row.get(3)?,
        rule: row.get::<Option<_>>(4)?.map(AlertRuleId),
        kind: kind.parse().map_err(|e: fanpulse_core::Error| stored(&e))?,
        as_of: Day::try_new(narrow(row.get(6)?, "day")?).map_err(|e| stored(&e))?,
        raised_at: row.instant(7)?,
        title: row.get(8)?,
        message: row.get(9)?,
        evidence: serde_json::from_str(&evidence).map_err(|e| stored(&e))?,
        expires_at: row.instant_or_none(11)?,
        read_at: row.instant_or_none(12)?,
        resolved_at: row.instant_or_none(13)?,
    })
}
