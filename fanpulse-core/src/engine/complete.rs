//! All that FanPulse says of a data set, beyond what the batch computes.

use super::Engine;
use crate::ingest::Dataset;
use crate::report::{Analysis, FanReport};
use crate::{Day, Result};

impl Engine {
    /// The whole analysis of every artist of a data set: the scores of [`Engine::score`], and beyond them the spikes in
    /// the daily series ([`Engine::series_spikes`]) and the fans ([`FanReport`]).
    ///
    /// # Errors
    /// Those of the three.
    ///
    /// # Example: nobody has fan events
    /// ```
    /// use fanpulse_core::ingest::{Dataset, Metric, Observation};
    /// use fanpulse_core::{Day, Engine, Instant};
    /// let as_of = Day::from_ymd(2026, 3, 31)?;
    /// let mut data = Dataset::default();
    /// let o = Observation { artist_id: "a", platform: "x", metric: Metric::Streams, observed_at: Instant::from(as_of), value: 5.0 };
    /// data.push_observation(&o)?;
    /// let analyses = Engine::default().analyses(&data, as_of)?;
    /// assert!(analyses[0].viral_series.as_ref().is_some_and(Vec::is_empty));
    /// assert!(analyses[0].superfans.as_ref().is_some_and(Result::is_err));
    /// # Ok::<(), fanpulse_core::Error>(())
    /// ```
    pub fn analyses(&self, data: &Dataset, as_of: Day) -> Result<Vec<Analysis>> {
        let scores = self.score(data, as_of)?;
        let fans = FanReport::of(data, as_of, &self.settings().fans)?;
        let artists: Vec<usize> = (0..scores.artists()).collect();
        let spikes = self.series_spikes(&data.observations(), &artists, as_of)?;
        let one = |(artist, spikes)| Analysis {
            viral_series: Some(spikes),
            superfans: Some(fans.superfans(artist, &data.fans)),
            ..scores.analysis(artist)
        };
        Ok(artists.into_iter().zip(spikes).map(one).collect())
    }
}
