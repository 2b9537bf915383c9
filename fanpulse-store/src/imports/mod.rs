//! The port for imports: which files an account gave, and what became of them.

mod import;
mod sql;

use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

pub use import::{BegunImport, Import, ImportCounts, ImportFilter, ImportOutcome, ImportState, NewImport};

use crate::{AccountId, Error, ImportId, Page, PageRequest, Result};

/// Imports by account. What belongs to another account is not found.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Begins to import a content, once for an account and artist: where it is imported already, or somebody is at it,
    /// that import is returned and nothing is changed.
    ///
    /// One that failed is begun again as a further attempt under its id, and so is one that runs under the id that is
    /// given here, or for longer than `patience`: whoever was at it is taken for dead, and can no longer end it.
    ///
    /// # Errors
    /// * `invalid` where the name is blank or longer than 255 characters.
    /// * `conflict` where the id is that of another content, or the account or its artist does not exist.
    async fn begin_import(&self, import: &NewImport, now: Instant, patience: Duration) -> Result<BegunImport>;

    /// Says what became of an attempt.
    ///
    /// # Errors
    /// * `not_found` where the account has no such import.
    /// * `conflict` where it is not running any more, or another attempt is.
    /// * `invalid` where a count is above 2⁵³.
    async fn end_import(&self, account: AccountId, id: ImportId, attempt: u32, outcome: &ImportOutcome, now: Instant) -> Result<()>;

    /// The import, where the account has it.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn import(&self, account: AccountId, id: ImportId) -> Result<Option<Import>>;

    /// Imports, the newest first.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn imports(&self, filter: &ImportFilter, page: &PageRequest) -> Result<Page<Import>>;
}

pub(crate) fn check(import: &NewImport) -> Result<()> {
    let length = import.name.chars().count();
    if import.name.trim().is_empty() || length > 255 {
        return Err(Error::invalid(format!("import name of {length} characters: 1 to 255 are needed, not all of them blank")));
    }
    Ok(())
}

pub(crate) fn check_outcome(outcome: &ImportOutcome) -> Result<()> {
    let ImportCounts { read, stored, repeated, dropped } = outcome.counts();
    let named = [("read", read), ("stored", stored), ("repeated", repeated)].into_iter();
    for (what, count) in named.chain(dropped.iter().map(|(reason, count)| (reason.as_str(), count))) {
        if *count > 1 << 53 {
            return Err(Error::invalid(format!("count {count} of `{what}` is above 2^53")));
        }
    }
    Ok(())
}

pub(crate) fn unknown(import: &NewImport) -> Error {
    Error::conflict(format!("import {} exists with another content, or account {} does not", import.id, import.account))
}

pub(crate) fn absent(id: ImportId) -> Error {
    Error::not_found(format!("there is no import {id}"))
}

pub(crate) fn ended(import: &Import, attempt: u32) -> Error {
    let (id, state, last) = (import.new.id, import.state.as_str(), import.attempt);
    Error::conflict(format!("attempt {attempt} of import {id} is over: it is {state} at attempt {last}"))
}
