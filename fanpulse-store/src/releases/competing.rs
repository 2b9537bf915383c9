//! Releases by others.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use fanpulse_core::scores::Competition;
use fanpulse_core::{Day, Instant};

use super::{ReleaseStore, check_text, spelt};
use crate::{AccountId, Error, PageRequest, Result};

/// A release by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetingRelease {
    /// Who told of it, for instance `spotify`, 1–40 characters.
    pub source: String,
    /// What the source calls it, 1–200 characters; a source tells of it once.
    pub external_id: String,
    /// As people write it, 1–200 characters.
    pub title: String,
    /// Whose, as people write it, 1–200 characters.
    pub artist_name: String,
    /// Its genre, 1–100 characters, in small letters where it is stored.
    pub genre: String,
    /// The day it comes out.
    pub day: Day,
    /// Followers of its artist; `None` = unknown.
    pub followers: Option<u64>,
    /// When the source told.
    pub recorded_at: Instant,
}

/// Which releases by others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetingFilter {
    /// As the account knows them.
    pub account: AccountId,
    /// Of this genre, upper and lower case alike.
    pub genre: String,
    /// On this day or later.
    pub from: Day,
    /// On this day or earlier.
    pub until: Day,
}

impl CompetingFilter {
    pub(crate) fn takes(&self, release: &CompetingRelease) -> bool {
        spelt(&self.genre) == release.genre && (self.from..=self.until).contains(&release.day)
    }
}

/// What [`release_windows`](fanpulse_core::scores::release_windows) asks for. A release of whose artist's followers nothing
/// is known competes, but not as a major one.
///
/// # Errors
/// What [`ReleaseStore::competing_releases`] fails with.
pub async fn load_competition(store: &dyn ReleaseStore, filter: &CompetingFilter) -> Result<Vec<Competition>> {
    const PAGE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
    let (mut request, mut all) = (PageRequest::first(PAGE), Vec::new());
    loop {
        let page = store.competing_releases(filter, &request).await?;
        #[expect(clippy::cast_precision_loss, reason = "a stored count is at most 2⁵³")]
        let competition = |c: &super::CompetingRelease| Competition { day: c.day, followers: c.followers.map_or(f64::NAN, |f| f as f64) };
        all.extend(page.items.iter().map(competition));
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// What a release is known by within an account, in the order of the answers.
pub(crate) type CompetingKey = (i32, String, String);

pub(crate) fn key(release: &CompetingRelease) -> CompetingKey {
    (release.day.days(), release.source.clone(), release.external_id.clone())
}

/// Checks what every adapter refuses; returns the releases with their genres in the one spelling.
pub(crate) fn check_competing(releases: &[CompetingRelease]) -> Result<Vec<CompetingRelease>> {
    let mut seen = BTreeSet::new();
    let mut spelled = Vec::with_capacity(releases.len());
    for (row, r) in releases.iter().enumerate() {
        let texts = [
            ("source", &r.source, 40),
            ("external_id", &r.external_id, 200),
            ("title", &r.title, 200),
            ("artist_name", &r.artist_name, 200),
            ("genre", &r.genre, 100),
        ];
        let wrong = |e: &dyn std::fmt::Display| Error::invalid(format!("competing release row {row}: {e}"));
        for (what, text, most) in texts {
            check_text(what, text, most).map_err(|e| wrong(&e).caused_by(e))?;
        }
        if let Some(count) = r.followers.filter(|count| *count > 1 << 53) {
            return Err(wrong(&format_args!("followers {count} are above 2^53")));
        }
        if !seen.insert((&r.source, &r.external_id)) {
            return Err(wrong(&format_args!("`{}` of {} comes twice", r.external_id, r.source)));
        }
        spelled.push(CompetingRelease { genre: spelt(&r.genre), ..r.clone() });
    }
    Ok(spelled)
}
