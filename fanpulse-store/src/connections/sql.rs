//! Grants on both databases, their tokens sealed.

use async_trait::async_trait;
use fanpulse_core::Instant;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Connection, ConnectionStore, Tokens, absent, check, stale};
use crate::secrets::tokens as tokens_of;
use crate::sql::{Row, args, narrow};
use crate::{AccountId, ConnectionId, Cursor, Error, Page, PageRequest, Result, Store};

/// The tokens as they are sealed.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    access: std::borrow::Cow<'a, str>,
    refresh: Option<std::borrow::Cow<'a, str>>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, account, platform, external_account, scopes, tokens, expires_at, created_at, version from connections where ",
            $which
        )
    };
}

#[async_trait]
impl ConnectionStore for Store {
    async fn add_connection(&self, connection: &Connection) -> Result<()> {
        check(connection)?;
        let scopes: Vec<&str> = connection.scopes.iter().map(String::as_str).collect();
        let insert = "insert into connections (id, account, platform, external_account, scopes, tokens, expires_at, created_at, version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let Connection { id, account, platform, external_account, scopes: _, tokens, created_at, version } = connection;
        let sealed = self.seal(*id, tokens)?;
        let row = args![*id, *account, platform, external_account, scopes.join(" "), sealed, tokens.expires_at, *created_at, *version];
        self.database().run(insert, row).await.map(drop)
    }

    async fn connection(&self, account: AccountId, id: ConnectionId) -> Result<Option<Connection>> {
        let row = self.database().row(select!("account = $1 and id = $2"), args![account, id]).await?;
        row.map(|row| self.read(&row)).transpose()
    }

    async fn connections(&self, account: AccountId, page: &PageRequest) -> Result<Page<Connection>> {
        let after: Option<ConnectionId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let limit = page.one_more();
        let select = select!("account = $1 and ($2 is null or id > $2) order by id limit $3");
        let rows = self.database().rows(select, args![account, after.map(|id| id.0), limit]).await?;
        Page::of(rows.iter().map(|row| self.read(row)).collect::<Result<_>>()?, page.limit, |c| c.id)
    }

    async fn expiring_connections(&self, before: Instant, limit: u32) -> Result<Vec<Connection>> {
        let rows = self.database().rows(select!("expires_at < $1 order by expires_at, id limit $2"), args![before, limit]).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    async fn replace_tokens(&self, id: ConnectionId, version: u32, tokens: &Tokens) -> Result<u32> {
        let mut tx = self.begin().await?;
        let update = "update connections set tokens = $1, expires_at = $2, version = version + 1 where id = $3 and version = $4";
        if tx.run(update, args![self.seal(id, tokens)?, tokens.expires_at, id, version]).await? == 0 {
            let there = tx.row("select version from connections where id = $1", args![id]).await?;
            return Err(if there.is_some() { stale(id, version) } else { absent(id) });
        }
        tx.commit().await?;
        Ok(version + 1)
    }

    async fn remove_connection(&self, account: AccountId, id: ConnectionId) -> Result<bool> {
        Ok(self.database().run("delete from connections where account = $1 and id = $2", args![account, id]).await? > 0)
    }
}

impl Store {
    fn seal(&self, id: ConnectionId, tokens: &Tokens) -> Result<Vec<u8>> {
        let plain = Plain {
            access: tokens.access.expose_secret().into(),
            refresh: tokens.refresh.as_ref().map(|refresh| refresh.expose_secret().into()),
        };
        let plain = serde_json::to_vec(&plain).map_err(|e| Error::internal(e.to_string()).caused_by(e))?;
        self.keys()?.keys().seal(&plain, &tokens_of(id))
    }

    fn read(&self, row: &Row) -> Result<Connection> {
        let id = ConnectionId(row.get(0)?);
        let (scopes, sealed): (String, Vec<u8>) = (row.get(4)?, row.get(5)?);
        let plain = self.keys()?.open(&sealed, &tokens_of(id))?;
        let plain: Plain<'_> =
            serde_json::from_slice(&plain).map_err(|_| Error::internal(format!("the tokens of connection {id} cannot be read")))?;
        let tokens = Tokens {
            access: SecretString::from(plain.access.into_owned()),
            refresh: plain.refresh.map(|refresh| SecretString::from(refresh.into_owned())),
            expires_at: row.instant_or_none(6)?,
        };
        Ok(Connection {
            id,
            account: AccountId(row.get(1)?),
            platform: row.get(2)?,
            external_account: row.get(3)?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            tokens,
            created_at: row.instant(7)?,
            version: narrow(row.get(8)?, "version")?,
        })
    }
}
