use async_trait::async_trait;
use fanpulse_core::Instant;

use super::Memory;
use crate::connections::{absent, check, stale};
use crate::{AccountId, Connection, ConnectionId, ConnectionStore, Cursor, Error, Page, PageRequest, Result, Tokens};

#[async_trait]
impl ConnectionStore for Memory {
    async fn add_connection(&self, connection: &Connection) -> Result<()> {
        check(connection)?;
        let mut tables = self.tables();
        let granted = |c: &Connection| (c.account, c.platform.clone(), c.external_account.clone());
        let taken = tables.connections.values().any(|c| c.id == connection.id || granted(c) == granted(connection));
        if taken || !tables.accounts.contains_key(&connection.account) {
            return Err(Error::conflict("the connection exists already, or its account does not"));
        }
        tables.connections.insert(connection.id, connection.clone());
        Ok(())
    }

    async fn connection(&self, account: AccountId, id: ConnectionId) -> Result<Option<Connection>> {
        Ok(self.tables().connections.get(&id).filter(|c| c.account == account).cloned())
    }

    async fn connections(&self, account: AccountId, page: &PageRequest) -> Result<Page<Connection>> {
        let after: Option<ConnectionId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let of_account = tables.connections.values().filter(|c| c.account == account && after.is_none_or(|after| c.id > after));
        Page::of(of_account.cloned().collect(), page.limit, |c| c.id)
    }

    async fn expiring_connections(&self, before: Instant, limit: u32) -> Result<Vec<Connection>> {
        let mut found: Vec<Connection> =
            self.tables().connections.values().filter(|c| c.tokens.expires_at.is_some_and(|at| at < before)).cloned().collect();
        found.sort_by_key(|c| (c.tokens.expires_at, c.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn replace_tokens(&self, id: ConnectionId, version: u32, tokens: &Tokens) -> Result<u32> {
        let mut tables = self.tables();
        let connection = tables.connections.get_mut(&id).ok_or_else(|| absent(id))?;
        if connection.version != version {
            return Err(stale(id, version));
        }
        connection.tokens = tokens.clone();
        connection.version += 1;
        Ok(connection.version)
    }

    async fn remove_connection(&self, account: AccountId, id: ConnectionId) -> Result<bool> {
        let mut tables = self.tables();
        let there = tables.connections.get(&id).is_some_and(|c| c.account == account);
        if there {
            tables.sync_cursors.retain(|(connection, _), _| *connection != id);
        }
        Ok(there && tables.connections.remove(&id).is_some())
    }
}
