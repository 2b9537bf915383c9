//! Superfans (`scoring.md` §6).

use serde::{Deserialize, Serialize};

use super::{Curve, ascending, curve, within};
use crate::{Error, Result};

/// Superfans: engagement, fan value, tiers, forecasts and segments (`scoring.md` §6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanSettings {
    /// Length of the trailing window of engagement and fan value, days, 1–366, default 90.
    pub window_days: u32,
    /// Days that a rate refers to, > 0, default 30.
    pub rate_days: f64,
    /// What a stream of unknown length counts, minutes, 0–1440, default 3.5.
    pub stream_minutes: f64,
    /// Engagement of a fan.
    pub engagement: FanEngagementSettings,
    /// Value of a fan.
    pub value: FanPointsSettings,
    /// Tiers by rank of engagement.
    pub tiers: FanTierSettings,
    /// Expected active days and expected value.
    pub forecast: FanForecastSettings,
    /// Segments.
    pub segments: FanSegmentSettings,
}

/// Engagement of a fan, 0–10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanEngagementSettings {
    /// Weight of frequency, ≥ 0, default 0.4; the four weights add up to 1.
    pub frequency_weight: f64,
    /// Weight of recency, ≥ 0, default 0.2.
    pub recency_weight: f64,
    /// Weight of quality, ≥ 0, default 0.3.
    pub quality_weight: f64,
    /// Weight of advocacy, ≥ 0, default 0.1.
    pub advocacy_weight: f64,
    /// Active days per 30 days to 0–10.
    pub frequency_curve: Curve,
    /// Days since the last event to 0–10.
    pub recency_curve: Curve,
    /// Weighted interactions per 30 days to 0–10.
    pub quality_curve: Curve,
    /// Shares per 30 days to 0–10.
    pub advocacy_curve: Curve,
    /// What a like adds to quality, ≥ 0, default 1.
    pub like: f64,
    /// What a comment adds to quality, ≥ 0, default 3.
    pub comment: f64,
    /// What a save adds to quality, ≥ 0, default 2.
    pub save: f64,
    /// What a playlist add adds to quality, ≥ 0, default 2.
    pub playlist_add: f64,
    /// What a purchase adds to quality, ≥ 0, default 5.
    pub purchase: f64,
    /// What a ticket adds to quality, ≥ 0, default 5.
    pub ticket: f64,
}

/// Points of a fan's value, 0–100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanPointsSettings {
    /// Points per hour listened in 30 days, ≥ 0, default 2.
    pub per_hour: f64,
    /// Points per percentile by hours, ≥ 0, default 0.2.
    pub per_percentile: f64,
    /// The most that listening gives, 0–100, default 40.
    pub max_listening: f64,
    /// Points of a fan active today, one less each silent day, 0–100, default 30.
    pub max_recency: f64,
    /// Points per social event, ≥ 0, default 2.
    pub per_social: f64,
    /// The most that social events give, 0–100, default 20.
    pub max_social: f64,
    /// The most that spend gives, 0–100, default 10.
    pub max_monetisation: f64,
    /// Spend at which monetisation reaches 63 %, currency units, > 0, default 50.
    pub spend_scale: f64,
}

/// Tiers by rank of engagement among the artist's fans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanTierSettings {
    /// Shares down to which a fan is platinum, gold, silver, ascending within 0–1, default 0.01, 0.05, 0.15.
    pub shares: [f64; 3],
    /// Engagement below which a fan is never above bronze, 0–10, default 2.
    pub min_engagement: f64,
}

/// Which model tells whether a fan is still active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropoutModel {
    /// BG/NBD: a fan can only be lost right after a repeat day, so that a one-time fan is active for ever.
    BgNbd,
    /// MBG/NBD: a fan can also be lost right after the first day.
    MbgNbd,
}

/// Expected active days and expected value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanForecastSettings {
    /// The model of activity, default BG/NBD.
    pub model: DropoutModel,
    /// Fans (for amounts: paying fans) from which an artist has a fit of its own, ≥ 10, default 100.
    pub min_fit_fans: u32,
    /// Horizons of expected active days, days, ascending within 1–3660, default 30 and 90.
    pub horizons: [u32; 2],
    /// Horizon of expected value, days, 1–3660, default 365.
    pub value_days: u32,
    /// Active days that the artist's mean share of paying days weighs against the fan's own, > 0, default 10.
    pub paying_prior_days: f64,
    /// Most iterations of a fit, 1–10,000, default 200.
    pub max_iterations: u32,
}

/// Segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanSegmentSettings {
    /// Engagement from which a fan can be a champion, 0–10, default 8.
    pub champion_engagement: f64,
    /// Share of the fans by expected value within which a fan can be a champion, 0–1, default 0.05.
    pub champion_share: f64,
    /// Engagement from which a fan is loyal, or new and promising, or once lost at risk, 0–10, default 6.
    pub engaged: f64,
    /// P(alive) below which an engaged fan is at risk, 0–1, default 0.5.
    pub alive: f64,
    /// Silent days above which an engaged fan is at risk, default 30.
    pub silent_days: u32,
    /// Days since the first event up to which a fan is new, default 90.
    pub new_days: u32,
    /// Days since the last event up to which a fan counts as active in the insights, default 30.
    pub active_days: u32,
    /// Shares of the fans whose share of the value is told, ascending within 0–1, default 0.01, 0.05, 0.15.
    pub top_shares: [f64; 3],
}

impl Default for FanSettings {
    fn default() -> Self {
        Self {
            window_days: 90,
            rate_days: 30.0,
            stream_minutes: 3.5,
            engagement: FanEngagementSettings::default(),
            value: FanPointsSettings::default(),
            tiers: FanTierSettings::default(),
            forecast: FanForecastSettings::default(),
            segments: FanSegmentSettings::default(),
        }
    }
}

impl Default for FanEngagementSettings {
    fn default() -> Self {
        Self {
            frequency_weight: 0.4,
            recency_weight: 0.2,
            quality_weight: 0.3,
            advocacy_weight: 0.1,
            frequency_curve: curve(&[(0.0, 0.0), (1.0, 2.0), (4.0, 5.0), (12.0, 8.0), (24.0, 10.0)]),
            recency_curve: curve(&[(0.0, 10.0), (7.0, 8.0), (30.0, 5.0), (60.0, 2.0), (90.0, 0.0)]),
            quality_curve: curve(&[(0.0, 0.0), (1.0, 3.0), (5.0, 6.0), (15.0, 8.0), (40.0, 10.0)]),
            advocacy_curve: curve(&[(0.0, 0.0), (1.0, 4.0), (3.0, 7.0), (10.0, 10.0)]),
            like: 1.0,
            comment: 3.0,
            save: 2.0,
            playlist_add: 2.0,
            purchase: 5.0,
            ticket: 5.0,
        }
    }
}

impl Default for FanPointsSettings {
    fn default() -> Self {
        Self {
            per_hour: 2.0,
            per_percentile: 0.2,
            max_listening: 40.0,
            max_recency: 30.0,
            per_social: 2.0,
            max_social: 20.0,
            max_monetisation: 10.0,
            spend_scale: 50.0,
        }
    }
}

impl Default for FanTierSettings {
    fn default() -> Self {
        Self { shares: [0.01, 0.05, 0.15], min_engagement: 2.0 }
    }
}

impl Default for FanForecastSettings {
    fn default() -> Self {
        Self {
            model: DropoutModel::BgNbd,
            min_fit_fans: 100,
            horizons: [30, 90],
            value_days: 365,
            paying_prior_days: 10.0,
            max_iterations: 200,
        }
    }
}

impl Default for FanSegmentSettings {
    fn default() -> Self {
        Self {
            champion_engagement: 8.0,
            champion_share: 0.05,
            engaged: 6.0,
            alive: 0.5,
            silent_days: 30,
            new_days: 90,
            active_days: 30,
            top_shares: [0.01, 0.05, 0.15],
        }
    }
}

impl FanSettings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        let (e, v, t, f, s) = (&self.engagement, &self.value, &self.tiers, &self.forecast, &self.segments);
        for (name, value, low, high) in [
            ("fans.window_days", self.window_days, 1, 366),
            ("fans.forecast.min_fit_fans", f.min_fit_fans, 10, 1_000_000_000),
            ("fans.forecast.horizons", f.horizons[0], 1, f.horizons[1]),
            ("fans.forecast.horizons", f.horizons[1], 1, 3_660),
            ("fans.forecast.value_days", f.value_days, 1, 3_660),
            ("fans.forecast.max_iterations", f.max_iterations, 1, 10_000),
            ("fans.segments.silent_days", s.silent_days, 0, 3_660),
            ("fans.segments.new_days", s.new_days, 0, 3_660),
            ("fans.segments.active_days", s.active_days, 0, 3_660),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        const BIG: f64 = 1e6;
        const TINY: f64 = 1e-6;
        for (name, value, low, high) in [
            ("fans.rate_days", self.rate_days, TINY, BIG),
            ("fans.stream_minutes", self.stream_minutes, 0.0, 1_440.0),
            ("fans.engagement.frequency_weight", e.frequency_weight, 0.0, 1.0),
            ("fans.engagement.recency_weight", e.recency_weight, 0.0, 1.0),
            ("fans.engagement.quality_weight", e.quality_weight, 0.0, 1.0),
            ("fans.engagement.advocacy_weight", e.advocacy_weight, 0.0, 1.0),
            ("fans.engagement.like", e.like, 0.0, BIG),
            ("fans.engagement.comment", e.comment, 0.0, BIG),
            ("fans.engagement.save", e.save, 0.0, BIG),
            ("fans.engagement.playlist_add", e.playlist_add, 0.0, BIG),
            ("fans.engagement.purchase", e.purchase, 0.0, BIG),
            ("fans.engagement.ticket", e.ticket, 0.0, BIG),
            ("fans.value.per_hour", v.per_hour, 0.0, BIG),
            ("fans.value.per_percentile", v.per_percentile, 0.0, BIG),
            ("fans.value.max_listening", v.max_listening, 0.0, 100.0),
            ("fans.value.max_recency", v.max_recency, 0.0, 100.0),
            ("fans.value.per_social", v.per_social, 0.0, BIG),
            ("fans.value.max_social", v.max_social, 0.0, 100.0),
            ("fans.value.max_monetisation", v.max_monetisation, 0.0, 100.0),
            ("fans.value.spend_scale", v.spend_scale, TINY, 1e12),
            ("fans.tiers.min_engagement", t.min_engagement, 0.0, 10.0),
            ("fans.forecast.paying_prior_days", f.paying_prior_days, TINY, BIG),
            ("fans.segments.champion_engagement", s.champion_engagement, 0.0, 10.0),
            ("fans.segments.champion_share", s.champion_share, 0.0, 1.0),
            ("fans.segments.engaged", s.engaged, 0.0, 10.0),
            ("fans.segments.alive", s.alive, 0.0, 1.0),
        ] {
            within(name, value, low, high)?;
        }
        let weights = e.frequency_weight + e.recency_weight + e.quality_weight + e.advocacy_weight;
        within("the sum of the fans.engagement weights", weights, 1.0 - 1e-9, 1.0 + 1e-9)?;
        let points = v.max_listening + v.max_recency + v.max_social + v.max_monetisation;
        within("the sum of the fans.value maxima", points, 0.0, 100.0)?;
        ascending("fans.tiers.shares", &t.shares, 1.0)?;
        ascending("fans.segments.top_shares", &s.top_shares, 1.0)?;
        for (name, curve) in [
            ("fans.engagement.frequency_curve", &e.frequency_curve),
            ("fans.engagement.recency_curve", &e.recency_curve),
            ("fans.engagement.quality_curve", &e.quality_curve),
            ("fans.engagement.advocacy_curve", &e.advocacy_curve),
        ] {
            let (low, high) = curve.range();
            within(name, low, 0.0, 10.0)?;
            within(name, high, 0.0, 10.0)?;
        }
        Ok(())
    }
}
