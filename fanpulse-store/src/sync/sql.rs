//! Sync cursors on both databases.

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{SyncCursor, SyncCursorStore, check, stale};
use crate::connections::absent;
use crate::sql::{Row, args, narrow};
use crate::{AccountId, ConnectionId, Result, Store};

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select s.connection, s.metric, s.place, s.moved_at, s.version from sync_cursors s join connections c on c.id = s.connection
             where c.account = $1 and s.connection = $2 ",
            $which
        )
    };
}

#[async_trait]
impl SyncCursorStore for Store {
    async fn sync_cursor(&self, account: AccountId, connection: ConnectionId, metric: &str) -> Result<Option<SyncCursor>> {
        self.database().row(select!("and s.metric = $3"), args![account, connection, metric]).await?.as_ref().map(read).transpose()
    }

    async fn sync_cursors(&self, account: AccountId, connection: ConnectionId) -> Result<Vec<SyncCursor>> {
        self.database().rows(select!("order by s.metric"), args![account, connection]).await?.iter().map(read).collect()
    }

    async fn move_sync_cursor(
        &self,
        account: AccountId,
        connection: ConnectionId,
        metric: &str,
        version: u32,
        place: Option<&str>,
        now: Instant,
    ) -> Result<u32> {
        check(metric)?;
        let change = match version {
            0 => {
                "insert into sync_cursors (connection, metric, place, moved_at, version)
                 select id, $3, $4, $5, $6 + 1 from connections where account = $1 and id = $2 on conflict do nothing"
            }
            _ => {
                "update sync_cursors set place = $4, moved_at = $5, version = version + 1 where connection = $2 and metric = $3
                 and version = $6 and exists (select 1 from connections c where c.account = $1 and c.id = $2)"
            }
        };
        let place = place.map(str::to_owned);
        let changed = self.database().run(change, args![account, connection, metric, place, now, version]).await?;
        if changed > 0 {
            return Ok(version.saturating_add(1));
        }
        let there = "select version from connections where account = $1 and id = $2";
        let there = self.database().row(there, args![account, connection]).await?.is_some();
        Err(if there { stale(connection, metric, version) } else { absent(connection) })
    }
}

fn read(row: &Row) -> Result<SyncCursor> {
    Ok(SyncCursor {
        connection: ConnectionId(row.get(0)?),
        metric: row.get(1)?,
        place: row.get(2)?,
        moved_at: row.instant(3)?,
        version: narrow(row.get(4)?, "version")?,
    })
}
