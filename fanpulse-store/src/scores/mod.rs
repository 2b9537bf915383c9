//! The port for computed scores: the latest of an artist, and how it came there.

mod sql;

use std::collections::BTreeSet;

use async_trait::async_trait;
use fanpulse_core::{Day, Instant};

use crate::{ArtistId, Error, Result};

/// What a score is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScoreKey {
    /// Whose.
    pub artist: ArtistId,
    /// Which, for instance `fvs` or `momentum`: 1–40 characters.
    pub kind: String,
    /// The last day that counted.
    pub as_of: Day,
}

/// A computed score.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What it is of.
    pub key: ScoreKey,
    /// The score; `None` = too little data, and `document` says what is lacking.
    pub value: Option<f64>,
    /// Components, coverage, evidence, as JSON.
    pub document: serde_json::Value,
    /// The algorithm's version, for instance `fanpulse-1`.
    pub algorithm: String,
    /// The hash of the settings that it was computed with.
    pub settings_hash: String,
    /// When it was computed.
    pub computed_at: Instant,
}

/// Computed scores by artist, kind and day.
#[async_trait]
pub trait ScoreStore: Send + Sync {
    /// Puts scores in the place of those of the same keys: all or, where it fails, none. A score never replaces one
    /// that was computed later. Returns how many were put.
    ///
    /// # Errors
    /// * `invalid` where a value is not finite, a key comes twice, or a kind is empty or longer than 40 characters.
    /// * `conflict` where an artist does not exist.
    async fn put_scores(&self, scores: &[Score]) -> Result<u64>;

    /// The score of the latest day up to `until`.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn latest_score(&self, artist: ArtistId, kind: &str, until: Day) -> Result<Option<Score>>;

    /// The scores of these days, both inclusive, in their order.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn score_trend(&self, artist: ArtistId, kind: &str, from: Day, until: Day) -> Result<Vec<Score>>;
}

pub(crate) fn check(scores: &[Score]) -> Result<()> {
    let mut keys = BTreeSet::new();
    for (i, score) in scores.iter().enumerate() {
        if let Some(value) = score.value.filter(|v| !v.is_finite()) {
            return Err(Error::invalid(format!("score {i}: value {value} is not finite")));
        }
        if !keys.insert(&score.key) {
            return Err(Error::invalid(format!(
                "score {i}: {} of artist {} as of {} comes twice",
                score.key.kind, score.key.artist, score.key.as_of
            )));
        }
        let length = score.key.kind.chars().count();
        if !(1..=40).contains(&length) {
            return Err(Error::invalid(format!("score {i}: kind `{}` has {length} characters, 1 to 40 are needed", score.key.kind)));
        }
    }
    Ok(())
}
