use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{Memory, Tables};
use crate::accounts::{check_scopes, spelt};
use crate::{Account, AccountId, AccountStore, ApiKey, ApiKeyId, ArtistId, Cursor, Error, Page, PageRequest, Result, User, UserId};

fn exists(what: &str) -> Error {
    Error::conflict(format!("{what} exists already, or its account does not"))
}

#[async_trait]
impl AccountStore for Memory {
    async fn add_account(&self, account: &Account) -> Result<()> {
        let mut tables = self.tables();
        if tables.accounts.contains_key(&account.id) {
            return Err(Error::conflict(format!("account {} exists already", account.id)));
        }
        tables.accounts.insert(account.id, account.clone());
        Ok(())
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        Ok(self.tables().accounts.get(&id).cloned())
    }

    async fn accounts(&self, page: &PageRequest) -> Result<Page<Account>> {
        let after: Option<AccountId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let following = tables.accounts.values().filter(|a| after.is_none_or(|after| a.id > after));
        Page::of(following.cloned().collect(), page.limit, |account| account.id)
    }

    async fn remove_account(&self, id: AccountId) -> Result<bool> {
        let mut tables = self.tables();
        tables.users.retain(|_, user| user.account != id);
        tables.api_keys.retain(|_, key| key.account != id);
        let artists: Vec<ArtistId> = tables.artists.values().filter(|a| a.account == id).map(|a| a.id).collect();
        artists.into_iter().for_each(|artist| tables.forget_artist(artist));
        tables.alerts.forget_account(id);
        tables.audit.retain(|_, entry| entry.account != id);
        tables.fan_events.erase(id);
        tables.webhooks.forget_account(id);
        tables.releases.forget_account(id);
        let Tables { connections, sync_cursors, imports, .. } = &mut *tables;
        connections.retain(|_, connection| connection.account != id);
        sync_cursors.retain(|(connection, _), _| connections.contains_key(connection));
        imports.retain(|_, import| import.new.account != id);
        tables.events.remove(&id);
        Ok(tables.accounts.remove(&id).is_some())
    }

    async fn add_user(&self, user: &User) -> Result<()> {
        let user = User { email: spelt(&user.email)?, ..user.clone() };
        let mut tables = self.tables();
        let taken = tables.users.values().any(|u| u.id == user.id || u.email == user.email);
        if taken || !tables.accounts.contains_key(&user.account) {
            return Err(exists("the user or the address"));
        }
        tables.users.insert(user.id, user);
        Ok(())
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        Ok(self.tables().users.get(&id).cloned())
    }

    async fn users(&self, account: AccountId) -> Result<Vec<User>> {
        Ok(self.tables().users.values().filter(|u| u.account == account).cloned().collect())
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        let email = email.trim().to_lowercase();
        Ok(self.tables().users.values().find(|u| u.email == email).cloned())
    }

    async fn set_password_hash(&self, id: UserId, hash: &str) -> Result<bool> {
        Ok(self.tables().users.get_mut(&id).map(|user| hash.clone_into(&mut user.password_hash)).is_some())
    }

    async fn verify_email(&self, id: UserId, at: Instant) -> Result<bool> {
        Ok(self.tables().users.get_mut(&id).map(|user| user.verified_at.get_or_insert(at)).is_some())
    }

    async fn add_api_key(&self, key: &ApiKey) -> Result<()> {
        check_scopes(key)?;
        let mut tables = self.tables();
        let taken = tables.api_keys.values().any(|k| k.id == key.id || k.hash == key.hash);
        if taken || !tables.accounts.contains_key(&key.account) {
            return Err(exists("the API key"));
        }
        tables.api_keys.insert(key.id, key.clone());
        Ok(())
    }

    async fn api_key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>> {
        Ok(self.tables().api_keys.values().find(|k| k.hash == *hash).cloned())
    }

    async fn api_keys(&self, account: AccountId) -> Result<Vec<ApiKey>> {
        Ok(self.tables().api_keys.values().filter(|k| k.account == account).cloned().collect())
    }

    async fn revoke_api_key(&self, account: AccountId, id: ApiKeyId, at: Instant) -> Result<bool> {
        let mut tables = self.tables();
        let key = tables.api_keys.get_mut(&id).filter(|k| k.account == account);
        Ok(key.map(|key| key.revoked_at.get_or_insert(at)).is_some())
    }
}
