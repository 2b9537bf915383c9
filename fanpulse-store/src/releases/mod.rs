//! The port for releases: those that an account has scheduled, and those of others that compete with them.

mod competing;
mod sql;

use async_trait::async_trait;
use fanpulse_core::{Day, Instant};

pub use competing::{CompetingFilter, CompetingRelease, load_competition};

pub(crate) use competing::{CompetingKey, check_competing, key};

use crate::{AccountId, ArtistId, Error, Page, PageRequest, ReleaseId, Result};

/// A release that an account has scheduled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The id.
    pub id: ReleaseId,
    /// Whose.
    pub account: AccountId,
    /// By which artist.
    pub artist: ArtistId,
    /// As people write it, 1–200 characters.
    pub title: String,
    /// Its genre, 1–100 characters, in small letters where it is stored.
    pub genre: String,
    /// The day it comes out.
    pub day: Day,
    /// When it was made.
    pub created_at: Instant,
    /// Rises with each update, from 1.
    pub version: u32,
}

/// Which releases of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFilter {
    /// Whose.
    pub account: AccountId,
    /// By this artist.
    pub artist: Option<ArtistId>,
    /// On this day or later.
    pub from: Option<Day>,
    /// On this day or earlier.
    pub until: Option<Day>,
}

impl ReleaseFilter {
    /// All releases of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, artist: None, from: None, until: None }
    }

    pub(crate) fn takes(&self, release: &Release) -> bool {
        self.account == release.account
            && self.artist.is_none_or(|artist| artist == release.artist)
            && self.from.is_none_or(|from| from <= release.day)
            && self.until.is_none_or(|until| release.day <= until)
    }
}

/// Scheduled and competing releases by account. What belongs to another account is not found.
#[async_trait]
pub trait ReleaseStore: Send + Sync {
    /// Adds a release; its genre is put in small letters.
    ///
    /// # Errors
    /// * `invalid` where the title or the genre is blank or too long.
    /// * `conflict` where the id exists, or the account has no such artist.
    async fn add_release(&self, release: &Release) -> Result<()>;

    /// The release, where the account has it.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn release(&self, account: AccountId, id: ReleaseId) -> Result<Option<Release>>;

    /// Replaces artist, title, genre and day; `release.version` is the version that the change was made from. Returns the
    /// new version.
    ///
    /// # Errors
    /// * `not_found` where the account has no such release.
    /// * `conflict` where somebody else changed it since, or the account has no such artist.
    /// * `invalid` as for [`ReleaseStore::add_release`].
    async fn update_release(&self, release: &Release) -> Result<u32>;

    /// Removes a release. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_release(&self, account: AccountId, id: ReleaseId) -> Result<bool>;

    /// Releases by day, then id.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn releases(&self, filter: &ReleaseFilter, page: &PageRequest) -> Result<Page<Release>>;

    /// Puts releases by others in the place of what was told of them before: all or, where it fails, none. What was told
    /// later stays. Returns how many were put.
    ///
    /// # Errors
    /// * `invalid` where a name is blank or too long, a count is above 2⁵³, or a release comes twice; the message names
    ///   the row.
    /// * `conflict` where the account does not exist.
    async fn put_competing_releases(&self, account: AccountId, releases: &[CompetingRelease]) -> Result<u64>;

    /// Releases by others of a genre by day, then source and its id.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn competing_releases(&self, filter: &CompetingFilter, page: &PageRequest) -> Result<Page<CompetingRelease>>;

    /// Forgets at most `limit` releases by others, of all accounts, that came out before this day. Returns how many it
    /// forgot.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn forget_competing_releases(&self, before: Day, limit: u32) -> Result<u64>;
}

/// The one spelling of a genre.
pub(crate) fn spelt(genre: &str) -> String {
    genre.trim().to_lowercase()
}

/// Refuses a text that is blank or longer than so many characters.
pub(crate) fn check_text(what: &str, text: &str, most: usize) -> Result<()> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > most {
        return Err(Error::invalid(format!("{what} of {length} characters: 1 to {most} are needed, not all of them blank")));
    }
    Ok(())
}

pub(crate) fn check(release: &Release) -> Result<()> {
    check_text("title", &release.title, 200)?;
    check_text("genre", &release.genre, 100)
}

pub(crate) fn stale(release: &Release) -> Error {
    Error::conflict(format!("release {} was changed by somebody else since version {}", release.id, release.version))
}

pub(crate) fn absent(id: ReleaseId) -> Error {
    Error::not_found(format!("there is no release {id}"))
}
