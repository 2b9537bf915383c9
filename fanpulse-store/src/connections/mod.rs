//! The port for grants to read platforms, with their tokens.

mod sql;

use std::collections::BTreeSet;

use async_trait::async_trait;
use fanpulse_core::Instant;
use secrecy::SecretString;

use crate::{AccountId, ConnectionId, Error, Page, PageRequest, Result};

/// What a platform gave for reading it.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Opens the platform's API.
    pub access: SecretString,
    /// Gives the next access token; some platforms give none.
    pub refresh: Option<SecretString>,
    /// From when on the access token opens nothing; `None` = the platform does not say.
    pub expires_at: Option<Instant>,
}

/// A grant to read a platform.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The id.
    pub id: ConnectionId,
    /// Whose.
    pub account: AccountId,
    /// Where, for instance `youtube`.
    pub platform: String,
    /// The platform's name for who granted it; an account has it once on a platform.
    pub external_account: String,
    /// What was granted; no scope has a blank.
    pub scopes: BTreeSet<String>,
    /// What the platform gave; sealed where it is stored.
    pub tokens: Tokens,
    /// When it was granted.
    pub created_at: Instant,
    /// Rises with each change of the tokens, from 1.
    pub version: u32,
}

/// Grants to read platforms. What belongs to another account is not found.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Adds a grant.
    ///
    /// # Errors
    /// * `invalid` where a scope is empty or has a blank.
    /// * `conflict` where the id exists, the account does not, or it has a grant of the same platform and external
    ///   account.
    async fn add_connection(&self, connection: &Connection) -> Result<()>;

    /// The grant, where the account has it.
    ///
    /// # Errors
    /// `unavailable` where its key is not given.
    async fn connection(&self, account: AccountId, id: ConnectionId) -> Result<Option<Connection>>;

    /// The account's grants, the oldest first.
    ///
    /// # Errors
    /// As [`ConnectionStore::connection`], and `invalid` for a foreign cursor.
    async fn connections(&self, account: AccountId, page: &PageRequest) -> Result<Page<Connection>>;

    /// Grants of all accounts whose access token expires before `before`, the first to expire first, at most `limit`.
    ///
    /// # Errors
    /// As [`ConnectionStore::connection`].
    async fn expiring_connections(&self, before: Instant, limit: u32) -> Result<Vec<Connection>>;

    /// Puts other tokens in the place of those of `version`. Returns the new version.
    ///
    /// # Errors
    /// * `not_found` where there is no such grant.
    /// * `conflict` where somebody else replaced the tokens since: read them again.
    async fn replace_tokens(&self, id: ConnectionId, version: u32, tokens: &Tokens) -> Result<u32>;

    /// Forgets a grant and its tokens. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_connection(&self, account: AccountId, id: ConnectionId) -> Result<bool>;
}

pub(crate) fn check(connection: &Connection) -> Result<()> {
    match connection.scopes.iter().find(|s| s.is_empty() || s.contains(char::is_whitespace)) {
        Some(scope) => Err(Error::invalid(format!("scope `{scope}` is empty or has a blank"))),
        None => Ok(()),
    }
}

pub(crate) fn stale(id: ConnectionId, version: u32) -> Error {
    Error::conflict(format!("the tokens of connection {id} were replaced since version {version}"))
}

pub(crate) fn absent(id: ConnectionId) -> Error {
    Error::not_found(format!("there is no connection {id}"))
}
