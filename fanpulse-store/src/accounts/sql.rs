//! Accounts, users and API keys on both databases.

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{Account, AccountStore, ApiKey, User, check_scopes, spelt};
use crate::sql::{Row, args};
use crate::{AccountId, ApiKeyId, Cursor, Error, Page, PageRequest, Result, Store, UserId};

const USER: &str = "select id, account, email, password_hash, verified_at, created_at from users where id = $1";
const USER_BY_EMAIL: &str = "select id, account, email, password_hash, verified_at, created_at from users where email = $1";
const USERS: &str = "select id, account, email, password_hash, verified_at, created_at from users where account = $1 order by id";
const KEY_BY_HASH: &str = "select id, account, name, hash, scopes, created_at, expires_at, revoked_at from api_keys where hash = $1";
const KEYS: &str =
    "select id, account, name, hash, scopes, created_at, expires_at, revoked_at from api_keys where account = $1 order by id";

#[async_trait]
impl AccountStore for Store {
    async fn add_account(&self, account: &Account) -> Result<()> {
        let insert = "insert into accounts (id, name, tier, created_at) values ($1, $2, $3, $4)";
        self.database().run(insert, args![account.id, &account.name, account.tier.as_str(), account.created_at]).await.map(drop)
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        let row = self.database().row("select id, name, tier, created_at from accounts where id = $1", args![id]).await?;
        row.as_ref().map(read).transpose()
    }

    async fn accounts(&self, page: &PageRequest) -> Result<Page<Account>> {
        let after: Option<AccountId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let select = "select id, name, tier, created_at from accounts where $1 is null or id > $1 order by id limit $2";
        let rows = self.database().rows(select, args![after.map(|id| id.0), page.one_more()]).await?;
        Page::of(rows.iter().map(read).collect::<Result<_>>()?, page.limit, |account| account.id)
    }

    async fn remove_account(&self, id: AccountId) -> Result<bool> {
        Ok(self.database().run("delete from accounts where id = $1", args![id]).await? > 0)
    }

    async fn add_user(&self, user: &User) -> Result<()> {
        let insert = "insert into users (id, account, email, password_hash, verified_at, created_at) values ($1, $2, $3, $4, $5, $6)";
        let User { id, account, email, password_hash, verified_at, created_at } = user;
        let row = args![*id, *account, spelt(email)?, password_hash, *verified_at, *created_at];
        self.database().run(insert, row).await.map(drop)
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.database().row(USER, args![id]).await?.as_ref().map(user).transpose()
    }

    async fn users(&self, account: AccountId) -> Result<Vec<User>> {
        self.database().rows(USERS, args![account]).await?.iter().map(user).collect()
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        self.database().row(USER_BY_EMAIL, args![email.trim().to_lowercase()]).await?.as_ref().map(user).transpose()
    }

    async fn set_password_hash(&self, id: UserId, hash: &str) -> Result<bool> {
        Ok(self.database().run("update users set password_hash = $1 where id = $2", args![hash, id]).await? > 0)
    }

    async fn verify_email(&self, id: UserId, at: Instant) -> Result<bool> {
        Ok(self.database().run("update users set verified_at = coalesce(verified_at, $1) where id = $2", args![at, id]).await? > 0)
    }

    async fn add_api_key(&self, key: &ApiKey) -> Result<()> {
        check_scopes(key)?;
        let scopes: Vec<&str> = key.scopes.iter().map(String::as_str).collect();
        let insert = "insert into api_keys (id, account, name, hash, scopes, created_at, expires_at, revoked_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let ApiKey { id, account, name, hash, scopes: _, created_at, expires_at, revoked_at } = key;
        let row = args![*id, *account, name, hash.as_slice(), scopes.join(" "), *created_at, *expires_at, *revoked_at];
        self.database().run(insert, row).await.map(drop)
    }

    async fn api_key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>> {
        self.database().row(KEY_BY_HASH, args![hash.as_slice()]).await?.as_ref().map(api_key).transpose()
    }

    async fn api_keys(&self, account: AccountId) -> Result<Vec<ApiKey>> {
        self.database().rows(KEYS, args![account]).await?.iter().map(api_key).collect()
    }

    async fn revoke_api_key(&self, account: AccountId, id: ApiKeyId, at: Instant) -> Result<bool> {
        let update = "update api_keys set revoked_at = coalesce(revoked_at, $1) where account = $2 and id = $3";
        Ok(self.database().run(update, args![at, account, id]).await? > 0)
    }
}

fn read(row: &Row) -> Result<Account> {
    let tier: String = row.get(2)?;
    let tier = tier.parse().map_err(|e: Error| Error::internal(format!("stored {e}")).caused_by(e))?;
    Ok(Account { id: AccountId(row.get(0)?), name: row.get(1)?, tier, created_at: row.instant(3)? })
}

fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: UserId(row.get(0)?),
        account: AccountId(row.get(1)?),
        email: row.get(2)?,
        password_hash: row.get(3)?,
        verified_at: row.instant_or_none(4)?,
        created_at: row.instant(5)?,
    })
}

fn api_key(row: &Row) -> Result<ApiKey> {
    let (hash, scopes): (Vec<u8>, String) = (row.get(3)?, row.get(4)?);
    Ok(ApiKey {
        id: ApiKeyId(row.get(0)?),
        account: AccountId(row.get(1)?),
        name: row.get(2)?,
        hash: hash.try_into().map_err(|h: Vec<u8>| Error::internal(format!("a stored hash of an API key has {} bytes", h.len())))?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: row.instant(5)?,
        expires_at: row.instant_or_none(6)?,
        revoked_at: row.instant_or_none(7)?,
    })
}
