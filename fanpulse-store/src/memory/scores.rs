use async_trait::async_trait;
use fanpulse_core::Day;

use super::Memory;
use crate::scores::check;
use crate::{ArtistId, Error, Result, Score, ScoreKey, ScoreStore};

#[async_trait]
impl ScoreStore for Memory {
    async fn put_scores(&self, scores: &[Score]) -> Result<u64> {
        check(scores)?;
        let mut tables = self.tables();
        if let Some(score) = scores.iter().find(|s| !tables.artists.contains_key(&s.key.artist)) {
            return Err(Error::conflict(format!("there is no artist {}", score.key.artist)));
        }
        let mut put = 0;
        for score in scores {
            if tables.scores.get(&score.key).is_none_or(|old| old.computed_at <= score.computed_at) {
                tables.scores.insert(score.key.clone(), score.clone());
                put += 1;
            }
        }
        Ok(put)
    }

    async fn latest_score(&self, artist: ArtistId, kind: &str, until: Day) -> Result<Option<Score>> {
        Ok(self.score_trend(artist, kind, Day::MIN, until).await?.pop())
    }

    async fn score_trend(&self, artist: ArtistId, kind: &str, from: Day, until: Day) -> Result<Vec<Score>> {
        let key = |as_of| ScoreKey { artist, kind: kind.to_owned(), as_of };
        if from > until {
            return Ok(Vec::new());
        }
        Ok(self.tables().scores.range(key(from)..=key(until)).map(|(_, score)| score.clone()).collect())
    }
}
