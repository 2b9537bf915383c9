//! The analysis of one artist and its JSON form (`server.md`, "Columns of `fanpulse score`").

use std::borrow::Cow;

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::Superfans;
use crate::error::Insufficient;
use crate::ingest::Metric;
use crate::scores::{Breakout, ComponentScore, FanValue, Momentum};
use crate::spikes::EvidenceDay;
use crate::{Day, Instant};

/// What the data behind an analysis were like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Counters that fell within the window.
    pub counter_resets: u32,
    /// Component-days of the window that were carried forward.
    pub filled_days: u32,
    /// Days of the window without an audience index.
    pub missing_days: u32,
}

/// A viral post with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViralPost {
    /// Where it was published.
    pub platform: String,
    /// The platform's id of it; empty where the caller gave none.
    pub post_id: String,
    /// When it was published.
    pub published_at: Instant,
    /// Likes + comments + shares.
    pub engagement: f64,
    /// Mean of the other posts.
    pub mean: f64,
    /// Population standard deviation of the other posts.
    pub sd: f64,
    /// Standard deviations above the mean; `None` where not defined.
    pub z: Option<f64>,
    /// Multiple of the mean; `None` where the mean is 0.
    pub lift: Option<f64>,
    /// How many other posts it was compared with.
    pub others: u32,
}

/// A spike in one of the artist's daily series, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViralSeries {
    /// Where it was measured.
    pub platform: String,
    /// What was measured.
    pub metric: Metric,
    /// The day on which it could first be told.
    pub start: Day,
    /// The day that stands out most.
    pub peak: Day,
    /// The last day above the usual; `None` while it goes on.
    pub end: Option<Day>,
    /// Value of the peak, per day.
    pub value: f64,
    /// What was expected there: level and weekday.
    pub baseline: f64,
    /// value/baseline; `None` where nothing was expected.
    pub lift: Option<f64>,
    /// Score of the peak, in standard deviations of the series' own noise made symmetric.
    pub z: f64,
    /// The score that was needed at the start.
    pub threshold: f64,
    /// The days above the threshold.
    pub evidence: Vec<EvidenceDay>,
}

/// Everything FanPulse says of an artist as of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Whose.
    pub artist_id: String,
    /// The last day of the window.
    pub as_of: Day,
    /// Length of the window, days.
    pub window_days: u32,
    /// Name and version of the definition of the scores.
    pub algorithm: &'static str,
    /// Hash of the settings.
    pub settings_hash: String,
    /// Fan Value Score, or what it lacks.
    pub fvs: Result<FanValue, Insufficient>,
    /// Momentum index, or what it lacks.
    pub momentum: Result<Momentum, Insufficient>,
    /// Viral posts of the baseline, in the order of the input.
    pub viral_posts: Vec<ViralPost>,
    /// Spikes in the daily series that went on within the window, in the order of their start; `None` where nobody
    /// looked, as in scores by the batch: see [`Engine::series_spikes`](crate::Engine::series_spikes).
    pub viral_series: Option<Vec<ViralSeries>>,
    /// Breakout, or what the momentum behind it lacks.
    pub breakout: Result<Breakout, Insufficient>,
    /// The fans, or what they lack; `None` where nobody looked, as in scores by the batch: see
    /// [`FanReport`](super::FanReport).
    pub superfans: Option<Result<Superfans, Insufficient>>,
    /// What the data were like.
    pub quality: Quality,
}

impl Serialize for Analysis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("artist_id", &self.artist_id)?;
        map.serialize_entry("as_of", &self.as_of)?;
        map.serialize_entry("window_days", &self.window_days)?;
        map.serialize_entry("algorithm", self.algorithm)?;
        map.serialize_entry("settings_hash", &self.settings_hash)?;
        part(&mut map, "fvs", "fvs_reason", &self.fvs)?;
        part(&mut map, "momentum", "momentum_reason", &self.momentum)?;
        map.serialize_entry("viral", &Viral { posts: &self.viral_posts, series: self.viral_series.as_deref() })?;
        part(&mut map, "breakout", "breakout_reason", &self.breakout)?;
        match &self.superfans {
            Some(superfans) => part(&mut map, "superfans", "superfans_reason", superfans)?,
            None => map.serialize_entry("superfans", &())?,
        }
        map.serialize_entry("quality", &self.quality)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Viral<'a> {
    posts: &'a [ViralPost],
    series: Option<&'a [ViralSeries]>,
}

fn part<M: SerializeMap, T: Serialize>(map: &mut M, name: &str, reason: &str, value: &Result<T, Insufficient>) -> Result<(), M::Error> {
    match value {
        Ok(value) => map.serialize_entry(name, value),
        Err(lack) => {
            map.serialize_entry(name, &())?;
            map.serialize_entry(reason, lack)
        }
    }
}

impl Serialize for Insufficient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("kind", "insufficient_data")?;
        map.serialize_entry("have", &Plain(self.have))?;
        map.serialize_entry("need", &Plain(self.need))?;
        map.end()
    }
}

/// A number that is written without a point where it is whole.
struct Plain(f64);

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
        if self.0.fract() == 0.0 && self.0.abs() < 1e9 { serializer.serialize_i64(self.0 as i64) } else { serializer.serialize_f64(self.0) }
    }
}

struct Components<'a>(&'a [ComponentScore]);

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|c| (c.name, c)))
    }
}

impl Serialize for FanValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("score", &self.score)?;
        map.serialize_entry("coverage", &self.coverage)?;
        map.serialize_entry("components", &Components(&self.components))?;
        map.end()
    }
}

impl Serialize for Momentum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.index)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("coverage", &self.coverage)?;
        map.serialize_entry("interval90", &self.interval90)?;
        map.serialize_entry("velocity_se", &self.velocity_se)?;
        map.serialize_entry("components", &Components(&self.components))?;
        if self.neutral_contribution > 0.0 {
            map.serialize_entry("neutral_contribution", &self.neutral_contribution)?;
        }
        map.end()
    }
}

impl Serialize for Breakout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("probability", &self.probability)?;
        map.serialize_entry("level", &self.level)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("drivers", &Drivers(&self.drivers))?;
        if !self.contributions.is_empty() {
            map.serialize_entry("contributions", &Contributions(self))?;
        }
        map.end()
    }
}

struct Drivers<'a>(&'a [(Cow<'static, str>, bool)]);

impl Serialize for Drivers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, speaks)| (name, speaks)))
    }
}

struct Contributions<'a>(&'a Breakout);

impl Serialize for Contributions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.drivers.iter().map(|d| &d.0).zip(&self.0.contributions))
    }
}
