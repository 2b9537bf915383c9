//! Tiers and segments of an artist's fans (`scoring.md` §6), the built-in [`FanSegmenter`].

use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::engagement::{FanPoints, engagement};
use super::forecast::{ArtistForecast, FanForecast, Forecaster, fit_artists};
use super::rank::{percentiles, thresholds};
use super::segmentation::{FanSegmenter, Segmentation};
use super::table::{FanRow, FanTable};
use crate::settings::FanSettings;
use crate::{Day, Result};

/// A fan's rank by engagement among the artist's fans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The top 1 %.
    Platinum,
    /// The top 5 %.
    Gold,
    /// The top 15 %.
    Silver,
    /// The rest.
    Bronze,
}

impl Tier {
    /// Every tier, the best first.
    pub const ALL: [Self; 4] = [Self::Platinum, Self::Gold, Self::Silver, Self::Bronze];

    /// The tier's name in files and APIs, for instance `platinum`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platinum => "platinum",
            Self::Gold => "gold",
            Self::Silver => "silver",
            Self::Bronze => "bronze",
        }
    }
}

/// What kind of fan it is; every fan is in exactly one segment, the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FanSegment {
    /// Highly engaged and among the most valuable.
    Champions,
    /// Was engaged when last seen, and is probably leaving.
    AtRisk,
    /// New and engaged.
    NewPromising,
    /// Engaged.
    Loyal,
    /// The rest.
    NeedNurturing,
}

impl FanSegment {
    /// Every segment, in the order in which they are tried.
    pub const ALL: [Self; 5] = [Self::Champions, Self::AtRisk, Self::NewPromising, Self::Loyal, Self::NeedNurturing];

    /// The segment's name in files and APIs, for instance `at_risk`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Champions => "champions",
            Self::AtRisk => "at_risk",
            Self::NewPromising => "new_promising",
            Self::Loyal => "loyal",
            Self::NeedNurturing => "need_nurturing",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FanSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The scores of one fan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FanScore {
    /// Engagement at `as_of`, 0–10.
    pub engagement: f64,
    /// Engagement on the fan's last active day, 0–10.
    pub engagement_at_last: f64,
    /// Fan value, 0–100.
    pub value: f64,
    /// Percentile by hours among the artist's fans, 0–100.
    pub hours_percentile: f64,
    /// Rank by engagement.
    pub tier: Tier,
    /// Kind of fan.
    pub segment: FanSegment,
    /// What is expected of the fan; absent where no model could be fitted.
    pub forecast: Option<FanForecast>,
}

/// Fans that one thread takes at least.
const MIN_ROWS: usize = 1 << 12;

const UNSCORED: FanScore = FanScore {
    engagement: 0.0,
    engagement_at_last: 0.0,
    value: 0.0,
    hours_percentile: 0.0,
    tier: Tier::Bronze,
    segment: FanSegment::NeedNurturing,
    forecast: None,
};

/// The scores of a table's fans, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct FanScores {
    /// One per row of the table.
    pub fans: Vec<FanScore>,
    /// One per artist of the table: the models behind the forecasts.
    pub artists: Vec<ArtistForecast>,
}

/// Tiers and segments by engagement, with BG/NBD (or MBG/NBD) and Gamma–Gamma for what is expected.
///
/// # Example: twelve fans, one of whom shares daily
/// ```
/// use fanpulse_core::Day;
/// use fanpulse_core::fans::{EngagementTiers, FanEventColumns, FanEventKind, FanSegment, FanTable, Tier};
/// use fanpulse_core::settings::FanSettings;
///
/// let as_of = Day::from_ymd(2026, 3, 31)?;
/// let (mut fan, mut day, mut kind) = (Vec::new(), Vec::new(), Vec::new());
/// for f in 0..12_u32 {
///     for back in 0..if f == 7 { 80 } else { 3 } {
///         fan.push(f);
///         day.push(as_of.days() - back * 9 % 80);
///         kind.push(if f == 7 { FanEventKind::Share.code() } else { FanEventKind::Stream.code() });
///     }
/// }
/// let artist = vec![0; fan.len()];
/// let events = FanEventColumns { artist: &artist, fan: &fan, day: &day, kind: &kind, ..FanEventColumns::EMPTY };
/// let settings = FanSettings::default();
/// let table = FanTable::from_events(&events, as_of, &settings)?;
/// let scores = EngagementTiers::try_new(settings)?.score(&table)?;
/// assert_eq!(scores.fans[7].tier, Tier::Platinum);
/// assert_eq!(scores.fans[0].segment, FanSegment::NeedNurturing);
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct EngagementTiers {
    settings: FanSettings,
}

impl EngagementTiers {
    /// Tiers and segments with these settings.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn try_new(settings: FanSettings) -> Result<Self> {
        settings.validate()?;
        Ok(Self { settings })
    }

    /// The scores of a table's fans.
    ///
    /// # Errors
    /// `invalid` for a history that no table of this crate holds.
    pub fn score(&self, table: &FanTable) -> Result<FanScores> {
        let artists = fit_artists(table, &self.settings.forecast)?;
        // In parallel, since the pages of so large a table are given out as they are first written to.
        let mut fans: Vec<FanScore> = (0..table.len()).into_par_iter().with_min_len(MIN_ROWS).map(|_| UNSCORED).collect();
        let mut rest = &mut fans[..];
        let mut tasks = Vec::with_capacity(artists.len());
        for (artist, models) in table.artists().iter().zip(&artists) {
            let (own, others) = rest.split_at_mut(artist.rows.len());
            rest = others;
            tasks.push((&table.rows()[artist.rows.clone()], own, models));
        }
        tasks.into_par_iter().for_each(|(rows, out, models)| self.score_artist(rows, out, models, table.as_of()));
        Ok(FanScores { fans, artists })
    }

    fn score_artist(&self, rows: &[FanRow], out: &mut [FanScore], models: &ArtistForecast, as_of: Day) {
        let s = &self.settings;
        let mut ranks = vec![0.0; rows.len()];
        percentiles(rows.iter().map(|row| row.window_hours), &mut ranks);
        let forecaster = Forecaster::new(rows, as_of, models, &s.forecast);
        out.par_iter_mut().with_min_len(MIN_ROWS).zip(rows).enumerate().for_each(|(i, (score, row))| {
            score.engagement = engagement(&row.window, row.silent_days(as_of), s);
            score.engagement_at_last = engagement(&row.at_last, 0, s);
            score.hours_percentile = ranks[i];
            score.value = FanPoints::of(row, ranks[i], as_of, s).total();
            score.forecast = forecaster.as_ref().map(|f| f.of(row));
        });
        drop(forecaster);
        let mut values = ranks;
        out.par_iter().with_min_len(MIN_ROWS).map(|f| f.engagement).collect_into_vec(&mut values);
        let tiers = thresholds(&mut values, s.tiers.shares);
        let by_spend = out.iter().any(|f| f.forecast.is_some_and(|c| c.value.is_some()));
        let worth = |f: &FanScore| if by_spend { f.forecast.and_then(|c| c.value).unwrap_or(0.0) } else { f.value };
        out.par_iter().with_min_len(MIN_ROWS).map(worth).collect_into_vec(&mut values);
        let [champions] = thresholds(&mut values, [s.segments.champion_share]);
        out.par_iter_mut().with_min_len(MIN_ROWS).zip(rows).for_each(|(score, row)| {
            score.tier = self.tier(score.engagement, &tiers);
            score.segment = self.segment_of(score, row, worth(score) >= champions, as_of);
        });
    }

    fn tier(&self, engagement: f64, cuts: &[f64; 3]) -> Tier {
        match cuts.iter().position(|&cut| engagement >= cut) {
            Some(best) if engagement >= self.settings.tiers.min_engagement => Tier::ALL[best],
            _ => Tier::Bronze,
        }
    }

    fn segment_of(&self, score: &FanScore, row: &FanRow, most_valuable: bool, as_of: Day) -> FanSegment {
        let s = &self.settings.segments;
        let leaving = score.forecast.is_some_and(|f| f.p_alive < s.alive) || row.silent_days(as_of) > s.silent_days;
        if score.engagement >= s.champion_engagement && most_valuable {
            FanSegment::Champions
        } else if score.engagement_at_last >= s.engaged && leaving {
            FanSegment::AtRisk
        } else if row.age_days(as_of) <= s.new_days && score.engagement >= s.engaged {
            FanSegment::NewPromising
        } else if score.engagement >= s.engaged {
            FanSegment::Loyal
        } else {
            FanSegment::NeedNurturing
        }
    }
}

impl FanScores {
    /// The segments alone.
    #[must_use]
    pub fn segmentation(&self) -> Segmentation {
        let names = FanSegment::ALL.map(|s| s.as_str().to_owned()).to_vec();
        Segmentation { names, of_fan: self.fans.iter().map(|f| f.segment as u16).collect() }
    }
}

impl FanSegmenter for EngagementTiers {
    fn segment(&self, table: &FanTable) -> Result<Segmentation> {
        Ok(self.score(table)?.segmentation())
    }
}
