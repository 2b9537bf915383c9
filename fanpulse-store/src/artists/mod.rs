//! The port for artists: whose they are, and what the platforms call them.

mod external;
mod sql;

use std::collections::BTreeSet;

use async_trait::async_trait;
use fanpulse_core::Instant;

pub use external::{ExternalId, Scheme};

use crate::{AccountId, ArtistId, Error, Page, PageRequest, Result};

/// An artist of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artist {
    /// The id; observations of the artist carry it as text.
    pub id: ArtistId,
    /// Whose.
    pub account: AccountId,
    /// As people write it, 1–200 characters.
    pub name: String,
    /// What others call the artist, its recordings and releases; each belongs to one artist of an account.
    pub external_ids: BTreeSet<ExternalId>,
    /// When it was made.
    pub created_at: Instant,
    /// Rises with each update, from 1.
    pub version: u32,
}

/// Which artists of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtistFilter {
    /// Whose.
    pub account: AccountId,
    /// Part of the name, upper and lower case alike.
    pub name_contains: Option<String>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

impl ArtistFilter {
    /// All artists of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, name_contains: None, external_id: None }
    }
}

/// Artists by account. What belongs to another account is not found.
#[async_trait]
pub trait ArtistStore: Send + Sync {
    /// Adds an artist.
    ///
    /// # Errors
    /// * `invalid` for a name that is empty or longer than 200 characters.
    /// * `conflict` where the id exists, the account does not, or another of its artists has one of the external ids.
    async fn add_artist(&self, artist: &Artist) -> Result<()>;

    /// The artist, where the account has it.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn artist(&self, account: AccountId, id: ArtistId) -> Result<Option<Artist>>;

    /// Replaces name and external ids; `artist.version` is the version that the change was made from. Returns the new
    /// version.
    ///
    /// # Errors
    /// * `not_found` where the account has no such artist.
    /// * `conflict` where somebody else changed it since, or another artist has one of the external ids.
    /// * `invalid` as for [`ArtistStore::add_artist`].
    async fn update_artist(&self, artist: &Artist) -> Result<u32>;

    /// Removes the artist, with everything that belongs to it in the other ports but observations. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_artist(&self, account: AccountId, id: ArtistId) -> Result<bool>;

    /// Artists by name (its bytes), then id.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn artists(&self, filter: &ArtistFilter, page: &PageRequest) -> Result<Page<Artist>>;
}

pub(crate) fn check(artist: &Artist) -> Result<()> {
    let length = artist.name.chars().count();
    if artist.name.trim().is_empty() || length > 200 {
        return Err(Error::invalid(format!("artist name of {length} characters: 1 to 200 are needed, not all of them blank")));
    }
    Ok(())
}

pub(crate) fn taken(id: &ExternalId) -> Error {
    Error::conflict(format!("another artist of the account has the {id}"))
}

pub(crate) fn stale(artist: &Artist) -> Error {
    Error::conflict(format!("artist {} was changed by somebody else since version {}", artist.id, artist.version))
}

pub(crate) fn foreign(account: AccountId, id: ArtistId) -> Error {
    Error::conflict(format!("account {account} has no artist {id}"))
}

pub(crate) fn absent(id: ArtistId) -> Error {
    Error::not_found(format!("there is no artist {id}"))
}
