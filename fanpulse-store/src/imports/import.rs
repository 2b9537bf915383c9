//! An import, and how it goes from one state to the next.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use fanpulse_core::Instant;
use serde::{Deserialize, Serialize};

use crate::{AccountId, ArtistId, Error, ImportId, Result};

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ImportState {
    /// Somebody is at it.
    Running,
    /// Its rows are stored.
    Done,
    /// It stopped at an error, and can be begun again.
    Failed,
}

impl ImportState {
    /// The name in the database and on every wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for ImportState {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        [Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or_else(|| Error::invalid(format!("`{s}` is none of the states running, done, failed")))
    }
}

/// What became of the rows of an import, each at most 2⁵³.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Rows that were read.
    pub read: u64,
    /// Rows that were new.
    pub stored: u64,
    /// Rows that said what was known already.
    pub repeated: u64,
    /// Rows that a lenient import dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// A content that is to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// The id.
    pub id: ImportId,
    /// Whose.
    pub account: AccountId,
    /// Of which artist; `None` = the content names its artists.
    pub artist: Option<ArtistId>,
    /// What it is called, mostly the name of a file, 1–255 characters.
    pub name: String,
    /// SHA-256 of the content.
    pub hash: [u8; 32],
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// What is imported.
    pub new: NewImport,
    /// How far it is.
    pub state: ImportState,
    /// How often it was begun.
    pub attempt: u32,
    /// What became of the rows in the last attempt that ended.
    pub counts: ImportCounts,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When the last attempt began.
    pub began_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
}

/// What beginning an import found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunImport {
    /// The import, as it stands now.
    pub import: Import,
    /// Whether the caller is to import it: `false` = it is imported already, or somebody is at it.
    pub is_new: bool,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Its rows are stored.
    Done(ImportCounts),
    /// It stopped.
    Failed {
        /// What became of the rows until then.
        counts: ImportCounts,
        /// Why, in the words that a person is shown.
        error: String,
    },
}

impl ImportOutcome {
    pub(crate) const fn counts(&self) -> &ImportCounts {
        match self {
            Self::Done(counts) | Self::Failed { counts, .. } => counts,
        }
    }
}

/// Which imports of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFilter {
    /// Whose.
    pub account: AccountId,
    /// Of this artist.
    pub artist: Option<ArtistId>,
    /// In this state.
    pub state: Option<ImportState>,
}

impl ImportFilter {
    /// All imports of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, artist: None, state: None }
    }

    pub(crate) fn takes(&self, import: &Import) -> bool {
        self.account == import.new.account
            && self.artist.is_none_or(|artist| import.new.artist == Some(artist))
            && self.state.is_none_or(|state| state == import.state)
    }
}

impl Import {
    pub(crate) fn begun(new: &NewImport, now: Instant) -> Self {
        let (state, counts) = (ImportState::Running, ImportCounts::default());
        Self { new: new.clone(), state, attempt: 1, counts, error: None, began_at: now, ended_at: None }
    }

    /// Whether the same content is given again by somebody who may begin it again, and then does.
    pub(crate) fn begin_again(&mut self, new: &NewImport, now: Instant, patience: Duration) -> bool {
        let patience = i64::try_from(patience.as_micros()).unwrap_or(i64::MAX);
        let silent = now.micros().saturating_sub(self.began_at.micros()) >= patience;
        let again = match self.state {
            ImportState::Running => silent || new.id == self.new.id,
            ImportState::Failed => true,
            ImportState::Done => false,
        };
        if again {
            *self = Self { attempt: self.attempt.saturating_add(1), ..Self::begun(&self.new, now) };
        }
        again
    }

    /// Ends the attempt, where it is the running one.
    pub(crate) fn end(&mut self, attempt: u32, outcome: &ImportOutcome, now: Instant) -> Result<()> {
        if self.state != ImportState::Running || self.attempt != attempt {
            return Err(super::ended(self, attempt));
        }
        self.counts = outcome.counts().clone();
        self.ended_at = Some(now);
        (self.state, self.error) = match outcome {
            ImportOutcome::Done(_) => (ImportState::Done, None),
            ImportOutcome::Failed { error, .. } => (ImportState::Failed, Some(error.clone())),
        };
        Ok(())
    }
}
