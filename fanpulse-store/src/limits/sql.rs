//! Limits as rows, for all replicas on a database.

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{Allowance, Limit, LimitStore, SLACK, Times, check};
use crate::sql::{Dialect, args};
use crate::{Error, Result, Store};

/// Limits in the database: one statement each, which waits for others that take from the same key.
///
/// On PostgreSQL the table is unlogged: limits begin anew after the server has crashed. SQLite is on the callers' machine,
/// whose one clock they share.
#[derive(Debug, Clone)]
pub struct SqlLimits {
    store: Store,
    times: Times,
}

impl SqlLimits {
    /// Limits in this database.
    #[must_use]
    pub const fn new(store: Store, times: Times) -> Self {
        Self { store, times }
    }
}

/// `$2` what it costs, `$3` the whole limit, `$4` the caller's time or, to go by the server's, null; as
/// [`Limit::take`](super::Limit) says.
macro_rules! take {
    ($greatest:literal, $now:literal) => {
        concat!(
            "insert into limits (key, spent_until, seen_at, granted)
             select $1, now.micros + $2, now.micros, true from (select ", $now, " as micros) as now where true
             on conflict (key) do update set seen_at = excluded.seen_at,
                granted = ", take!(@spent $greatest), " + $2 <= excluded.seen_at + $3,
                spent_until = ", take!(@spent $greatest),
                    " + case when ", take!(@spent $greatest), " + $2 <= excluded.seen_at + $3 then $2 else 0 end
             returning spent_until - seen_at, granted"
        )
    };
    (@spent $greatest:literal) => {
        concat!(
            "case when limits.spent_until > excluded.seen_at + $3 + $5 then excluded.seen_at + $3 else ",
            $greatest, "(limits.spent_until, excluded.seen_at) end"
        )
    };
}

const TAKE: [&str; 2] =
    [take!("max", "$4"), take!("greatest", "coalesce($4, cast(extract(epoch from clock_timestamp()) * 1000000 as bigint))")];

#[async_trait]
impl LimitStore for SqlLimits {
    async fn take(&self, key: &str, limit: Limit, count: u32, now: Instant) -> Result<Allowance> {
        check(key, limit, count)?;
        let dialect = self.store.database().dialect();
        let now = (dialect == Dialect::Sqlite || self.times == Times::Callers).then_some(now);
        let take = args![key, limit.cost(count), limit.span(), now, SLACK];
        let rows = self.store.database().changed(TAKE[usize::from(dialect == Dialect::Postgres)], take).await?;
        let row = rows.first().ok_or_else(|| Error::internal("a limit was taken from and no row came back"))?;
        Ok(limit.answer(count, row.get(1)?, row.get(0)?))
    }

    async fn trim_limits(&self, now: Instant, limit: u32) -> Result<u64> {
        let delete = "delete from limits where key in (select key from limits where spent_until < $1 limit $2)";
        self.store.database().run(delete, args![now.micros() - 60_000_000, limit]).await
    }
}
