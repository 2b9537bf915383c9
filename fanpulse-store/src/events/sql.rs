//! Events on both databases.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use async_trait::async_trait;
use fanpulse_core::Instant;
use serde_json::{Value, json};

use super::{Event, EventStore, NewEvent, Tail, check};
use crate::sql::{Arg, Dialect, Row, Transaction, args};
use crate::{AccountId, Error, Result, Store};

/// How many events go into one statement.
const PART: usize = 2000;

/// The row is locked until the transaction ends, and PostgreSQL unlocks it only after its changes are visible. So the next
/// one's numbers are seen by nobody who does not see these, and those of a transaction that failed are given again.
const NUMBER: &str = "insert into event_heads (account, last) values ($1, $2)
    on conflict (account) do update set last = event_heads.last + excluded.last returning last";

const INSERT: &str = "insert into events (account, id, kind, payload, recorded_at) values ($1, $2, $3, $4, $5)";
const INSERT_MANY: &str = "insert into events (account, id, kind, payload, recorded_at)
    select account, id, kind, payload, $2 from json_to_recordset(cast($1 as json)) as new (account uuid, id bigint, kind text, payload text)";

const LAST: [&str; 2] = [
    "select account, last from event_heads where account in (select unhex(value) from json_each($1))",
    "select account, last from event_heads where account = any(cast($1 as uuid[]))",
];

impl Transaction {
    /// As [`EventStore::append_events`], with whatever else happens in this unit of work: the events are there once it is
    /// committed, and never where it is not. [`Fanout::tell`](super::Fanout::tell) them then, so that nobody waits for
    /// them longer than need be.
    ///
    /// Until it ends, others that append to the same accounts wait: append last. Two units of work that append to
    /// several accounts in calls of their own may wait for each other, in which case PostgreSQL ends one of them.
    ///
    /// # Errors
    /// As [`EventStore::append_events`], and `unavailable` where PostgreSQL ended it.
    pub async fn append_events(&mut self, events: &[NewEvent], now: Instant) -> Result<Vec<Event>> {
        check(events)?;
        // In one order, so that two such calls do not wait for each other.
        let mut next: BTreeMap<AccountId, u64> = BTreeMap::new();
        for event in events {
            *next.entry(event.account).or_default() += 1;
        }
        for (account, number) in &mut next {
            let count = i64::try_from(*number).unwrap_or(i64::MAX);
            let row = self.row(NUMBER, args![*account, count]).await?;
            let last: i64 = row.ok_or_else(|| Error::internal("an account's log was locked and no row came back"))?.get(0)?;
            *number = (last - count + 1).unsigned_abs();
        }
        let numbered: Vec<Event> = events
            .iter()
            .map(|NewEvent { account, kind, payload }| {
                let next = next.entry(*account).or_default();
                let id = *next;
                *next += 1;
                Event { id, account: *account, kind: kind.clone(), payload: payload.clone(), recorded_at: now }
            })
            .collect();
        for part in numbered.chunks(PART) {
            match self.dialect() {
                Dialect::Sqlite => {
                    for Event { id, account, kind, payload, .. } in part {
                        self.run(INSERT, args![*account, number(*id), kind, payload.to_string(), now]).await?;
                    }
                }
                Dialect::Postgres => {
                    self.run(INSERT_MANY, args![Value::from_iter(part.iter().map(row)).to_string(), now]).await?;
                }
            }
        }
        Ok(numbered)
    }
}

#[async_trait]
impl EventStore for Store {
    async fn append_events(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Event>> {
        let mut tx = self.begin().await?;
        let appended = tx.append_events(events, now).await?;
        tx.commit().await?;
        Ok(appended)
    }

    async fn events(&self, account: AccountId, after: u64, limit: NonZeroUsize) -> Result<Tail> {
        let found = stored(self, account, after, limit).await?;
        if !found.is_empty() {
            return Ok(Tail::of(found, after, after));
        }
        let last = self.last_events(&[account]).await?.first().map_or(0, |(_, last)| *last);
        if last <= after {
            return Ok(Tail::of(found, after, last));
        }
        // They came between the two statements, or they were trimmed.
        Ok(Tail::of(stored(self, account, after, limit).await?, after, last))
    }

    async fn last_events(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, u64)>> {
        let ids: Vec<String> = accounts.iter().map(|id| id.0.simple().to_string()).collect();
        let dialect = self.database().dialect();
        let ids = Arg::texts(dialect, &ids.iter().map(String::as_str).collect::<Vec<_>>());
        let rows = self.database().rows(LAST[usize::from(dialect == Dialect::Postgres)], vec![ids]).await?;
        rows.iter().map(|row| Ok((AccountId(row.get(0)?), row.get::<i64>(1)?.unsigned_abs()))).collect()
    }

    async fn trim_events(&self, before: Instant, limit: u32) -> Result<u64> {
        // Clocks differ, so an earlier number may have been recorded later: it goes too, or a gap would stay.
        let select = "select account, max(id) from
            (select account, id from events where recorded_at < $1 order by recorded_at limit $2) as old group by account";
        let mut trimmed = 0;
        for row in self.database().rows(select, args![before, limit]).await? {
            let (account, last) = (AccountId(row.get(0)?), row.get::<i64>(1)?);
            trimmed += self.database().run("delete from events where account = $1 and id <= $2", args![account, last]).await?;
        }
        Ok(trimmed)
    }
}

async fn stored(store: &Store, account: AccountId, after: u64, limit: NonZeroUsize) -> Result<Vec<Event>> {
    let select = "select id, kind, payload, recorded_at from events where account = $1 and id > $2 order by id limit $3";
    let limit = i64::try_from(limit.get()).unwrap_or(i64::MAX);
    let rows = store.database().rows(select, args![account, number(after), limit]).await?;
    rows.iter().map(|row| event(account, row)).collect()
}

/// A number as it is stored; beyond what is ever stored, one that nothing comes after.
fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

fn row(event: &Event) -> Value {
    json!({ "account": event.account, "id": event.id, "kind": event.kind, "payload": event.payload.to_string() })
}

fn event(account: AccountId, row: &Row) -> Result<Event> {
    let (id, payload): (i64, String) = (row.get(0)?, row.get(2)?);
    let payload = serde_json::from_str(&payload)
        .map_err(|e| Error::internal(format!("the stored payload of event {id} of account {account} is no JSON: {e}")).caused_by(e))?;
    Ok(Event { id: id.unsigned_abs(), account, kind: row.get(1)?, payload, recorded_at: row.instant(3)? })
}
