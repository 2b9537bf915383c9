//! The port for accounts, those who sign in to them, and their keys to the API.

mod sql;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use fanpulse_core::Instant;

use crate::{AccountId, ApiKeyId, Error, Page, PageRequest, Result, UserId};

/// What an account pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// One artist.
    Solo,
    /// A manager's roster.
    Pro,
    /// A label.
    Label,
    /// Without bounds.
    Enterprise,
}

impl Tier {
    /// The name in the database and on every wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Pro => "pro",
            Self::Label => "label",
            Self::Enterprise => "enterprise",
        }
    }
}

impl FromStr for Tier {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        [Self::Solo, Self::Pro, Self::Label, Self::Enterprise]
            .into_iter()
            .find(|t| t.as_str() == s)
            .ok_or_else(|| Error::invalid(format!("`{s}` is none of the tiers solo, pro, label, enterprise")))
    }
}

/// Whose rows are whose: everything else belongs to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// As people write it.
    pub name: String,
    /// What it pays for.
    pub tier: Tier,
    /// When it was made.
    pub created_at: Instant,
}

/// A person who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// To which account.
    pub account: AccountId,
    /// The address, in small letters; nobody else has it, in whatever account.
    pub email: String,
    /// The password's hash in the PHC format; never the password.
    pub password_hash: String,
    /// When the address was found to be theirs; `None` = not yet.
    pub verified_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, account, email, password_hash: _, verified_at, created_at } = self;
        f.debug_struct("User")
            .field("id", id)
            .field("account", account)
            .field("email", email)
            .field("verified_at", verified_at)
            .field("created_at", created_at)
            .finish_non_exhaustive()
    }
}

/// A key to the API, of which only the hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// Whose.
    pub account: AccountId,
    /// What it is for, as people write it.
    pub name: String,
    /// SHA-256 of the key, which was shown once.
    pub hash: [u8; 32],
    /// What it may do, for instance `artists:read`; no scope has a blank.
    pub scopes: BTreeSet<String>,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it opens nothing; `None` = never.
    pub expires_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_active(&self, now: Instant) -> bool {
        self.revoked_at.is_none_or(|at| now < at) && self.expires_at.is_none_or(|at| now < at)
    }
}

/// Accounts, users and API keys.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    /// `conflict` where the id exists.
    async fn add_account(&self, account: &Account) -> Result<()>;

    /// The account.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn account(&self, id: AccountId) -> Result<Option<Account>>;

    /// All accounts, the oldest first, for the jobs that go through them.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn accounts(&self, page: &PageRequest) -> Result<Page<Account>>;

    /// Removes an account with everything that belongs to it, observations excepted. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_account(&self, id: AccountId) -> Result<bool>;

    /// Adds a user; the address is put in small letters.
    ///
    /// # Errors
    /// * `invalid` where the address has no `@` between two parts, or a blank.
    /// * `conflict` where the id or the address exists, or the account does not.
    async fn add_user(&self, user: &User) -> Result<()>;

    /// The user.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn user(&self, id: UserId) -> Result<Option<User>>;

    /// All users of an account, the oldest first; an account has few.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn users(&self, account: AccountId) -> Result<Vec<User>>;

    /// The user with this address, upper and lower case alike.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn user_by_email(&self, email: &str) -> Result<Option<User>>;

    /// Replaces the password's hash. Whether there is such a user.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn set_password_hash(&self, id: UserId, hash: &str) -> Result<bool>;

    /// The address is theirs since `at`; the first time counts. Whether there is such a user.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn verify_email(&self, id: UserId, at: Instant) -> Result<bool>;

    /// Adds a key.
    ///
    /// # Errors
    /// * `invalid` where a scope is empty or has a blank.
    /// * `conflict` where the id or the hash exists, or the account does not.
    async fn add_api_key(&self, key: &ApiKey) -> Result<()>;

    /// The key with this hash, active or not: ask [`ApiKey::is_active`].
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn api_key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>>;

    /// All keys of an account, the oldest first; an account has few.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn api_keys(&self, account: AccountId) -> Result<Vec<ApiKey>>;

    /// Takes a key back at `at`; the first time counts. Whether the account has such a key.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn revoke_api_key(&self, account: AccountId, id: ApiKeyId, at: Instant) -> Result<bool>;
}

/// The one spelling of an address.
pub(crate) fn spelt(email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    let parts = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if parts && !email.contains(char::is_whitespace) && email.len() <= 254 {
        Ok(email)
    } else {
        Err(Error::invalid(format!("`{email}` is no e-mail address")))
    }
}

pub(crate) fn check_scopes(key: &ApiKey) -> Result<()> {
    match key.scopes.iter().find(|s| s.is_empty() || s.contains(char::is_whitespace)) {
        Some(scope) => Err(Error::invalid(format!("scope `{scope}` is empty or has a blank"))),
        None => Ok(()),
    }
}
