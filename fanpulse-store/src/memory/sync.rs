use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{Memory, Tables};
use crate::connections::absent;
use crate::sync::{check, stale};
use crate::{AccountId, ConnectionId, Result, SyncCursor, SyncCursorStore};

impl Tables {
    fn has_connection(&self, account: AccountId, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(|c| c.account == account)
    }
}

#[async_trait]
impl SyncCursorStore for Memory {
    async fn sync_cursor(&self, account: AccountId, connection: ConnectionId, metric: &str) -> Result<Option<SyncCursor>> {
        let tables = self.tables();
        let of_account = tables.has_connection(account, connection);
        Ok(tables.sync_cursors.get(&(connection, metric.to_owned())).filter(|_| of_account).cloned())
    }

    async fn sync_cursors(&self, account: AccountId, connection: ConnectionId) -> Result<Vec<SyncCursor>> {
        let tables = self.tables();
        let of_account = tables.has_connection(account, connection);
        Ok(tables.sync_cursors.values().filter(|s| of_account && s.connection == connection).cloned().collect())
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
        let mut tables = self.tables();
        if !tables.has_connection(account, connection) {
            return Err(absent(connection));
        }
        let key = (connection, metric.to_owned());
        if tables.sync_cursors.get(&key).map_or(0, |s| s.version) != version {
            return Err(stale(connection, metric, version));
        }
        let (metric, place, version) = (metric.to_owned(), place.map(str::to_owned), version.saturating_add(1));
        tables.sync_cursors.insert(key, SyncCursor { connection, metric, place, moved_at: now, version });
        Ok(version)
    }
}
