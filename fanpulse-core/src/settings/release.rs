//! Settings of release windows (`scoring.md` §7).

use serde::{Deserialize, Serialize};

use super::{Curve, curve, within};
use crate::{Error, Result};

/// Release windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReleaseSettings {
    /// How many Fridays ahead, 1–52, default 8.
    pub fridays: u32,
    /// Weight of the momentum index, > 0, default 0.30.
    pub momentum_weight: f64,
    /// Weight of competition, ≥ 0, default 0.25.
    pub competition_weight: f64,
    /// Weight of the weekday's history, ≥ 0, default 0.20.
    pub history_weight: f64,
    /// Weight of readiness, ≥ 0, default 0.15.
    pub readiness_weight: f64,
    /// Weight of the calendar, ≥ 0, default 0.10.
    pub calendar_weight: f64,
    /// Followers from which a competing artist is a major one, ≥ 0, default 1,000,000.
    pub major_followers: f64,
    /// What the releases of the day leave, by their number, ascending; more than the last bound count like it.
    pub competition: [CompetitionStep; 5],
    /// Days of history, 7–366, default 180.
    pub history_days: u32,
    /// Days of history that a weekday's ratio needs, 7–366, default 30.
    pub min_history_days: u32,
    /// (ratio of the weekday's mean to that of all days, score from there on), ascending; the first counts for all below.
    pub history: [(f64, f64); 5],
    /// Score of a history that is too short, 0–10, default 7.
    pub unknown_history_score: f64,
    /// Growth of the last week over the first, %, to 0–10.
    pub readiness_curve: Curve,
    /// Scores of the calendar.
    pub calendar: CalendarSettings,
    /// The forecast of the first week's streams.
    pub first_week: FirstWeekSettings,
    /// Score from which the verdict is go, default 7.5.
    pub go: f64,
    /// Score from which the verdict is caution, default 5.
    pub caution: f64,
}

/// What so many releases of a day leave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompetitionStep {
    /// The most releases that it holds for.
    pub up_to: u32,
    /// The score, 0–10.
    pub score: f64,
    /// What each major artist among them takes off it, ≥ 0.
    pub per_major: f64,
}

/// What the season leaves, each 0–10.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalendarSettings {
    /// Days around a holiday that count as the holiday, 0–30, default 2.
    pub holiday_days: u32,
    /// At a holiday, default 3.
    pub holiday: f64,
    /// After 15 December, default 5.
    pub december: f64,
    /// In January and February, default 9.
    pub winter: f64,
    /// From June to August, default 8.
    pub summer: f64,
    /// On any other day, default 7.
    pub otherwise: f64,
}

/// The forecast of the first week's streams.
///
/// # Formula
/// Mean daily streams × 7 × `lift` × (`score_base` + `score_slope`·score) × (`momentum_base` + `momentum_slope`·MI).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FirstWeekSettings {
    /// How far a release lifts the days, > 0, default 2.5.
    pub lift: f64,
    /// Default 0.7.
    pub score_base: f64,
    /// Default 0.06.
    pub score_slope: f64,
    /// Default 0.8.
    pub momentum_base: f64,
    /// Default 0.04.
    pub momentum_slope: f64,
    /// Half the width of the range as a share of the forecast, 0–1, default 0.3.
    pub range: f64,
}

const fn step(up_to: u32, score: f64, per_major: f64) -> CompetitionStep {
    CompetitionStep { up_to, score, per_major }
}

impl Default for ReleaseSettings {
    fn default() -> Self {
        Self {
            fridays: 8,
            momentum_weight: 0.30,
            competition_weight: 0.25,
            history_weight: 0.20,
            readiness_weight: 0.15,
            calendar_weight: 0.10,
            major_followers: 1e6,
            competition: [step(0, 10.0, 0.0), step(3, 9.0, 0.5), step(7, 7.0, 0.5), step(15, 5.0, 0.3), step(u32::MAX, 3.0, 0.2)],
            history_days: 180,
            min_history_days: 30,
            history: [(0.0, 5.0), (0.9, 6.0), (1.0, 7.0), (1.1, 8.0), (1.2, 9.0)],
            unknown_history_score: 7.0,
            readiness_curve: curve(&[(-10.0, 4.0), (-5.0, 5.5), (0.0, 7.0), (5.0, 8.0), (10.0, 9.0), (20.0, 10.0)]),
            calendar: CalendarSettings::default(),
            first_week: FirstWeekSettings::default(),
            go: 7.5,
            caution: 5.0,
        }
    }
}

impl Default for CalendarSettings {
    fn default() -> Self {
        Self { holiday_days: 2, holiday: 3.0, december: 5.0, winter: 9.0, summer: 8.0, otherwise: 7.0 }
    }
}

impl Default for FirstWeekSettings {
    fn default() -> Self {
        Self { lift: 2.5, score_base: 0.7, score_slope: 0.06, momentum_base: 0.8, momentum_slope: 0.04, range: 0.3 }
    }
}

impl ReleaseSettings {
    pub(super) fn validate(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("release.fridays", self.fridays, 1, 52),
            ("release.history_days", self.history_days, 7, 366),
            ("release.min_history_days", self.min_history_days, 7, 366),
            ("release.calendar.holiday_days", self.calendar.holiday_days, 0, 30),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        const BIG: f64 = 1e6;
        const TINY: f64 = 1e-6;
        let (c, f) = (&self.calendar, &self.first_week);
        let (low, high) = self.readiness_curve.range();
        for (name, value, low, high) in [
            ("release.momentum_weight", self.momentum_weight, TINY, BIG),
            ("release.competition_weight", self.competition_weight, 0.0, BIG),
            ("release.history_weight", self.history_weight, 0.0, BIG),
            ("release.readiness_weight", self.readiness_weight, 0.0, BIG),
            ("release.calendar_weight", self.calendar_weight, 0.0, BIG),
            ("release.major_followers", self.major_followers, 0.0, 1e15),
            ("release.unknown_history_score", self.unknown_history_score, 0.0, 10.0),
            ("release.readiness_curve", low, 0.0, 10.0),
            ("release.readiness_curve", high, 0.0, 10.0),
            ("release.calendar.holiday", c.holiday, 0.0, 10.0),
            ("release.calendar.december", c.december, 0.0, 10.0),
            ("release.calendar.winter", c.winter, 0.0, 10.0),
            ("release.calendar.summer", c.summer, 0.0, 10.0),
            ("release.calendar.otherwise", c.otherwise, 0.0, 10.0),
            ("release.first_week.lift", f.lift, TINY, BIG),
            ("release.first_week.score_base", f.score_base, 0.0, BIG),
            ("release.first_week.score_slope", f.score_slope, 0.0, BIG),
            ("release.first_week.momentum_base", f.momentum_base, 0.0, BIG),
            ("release.first_week.momentum_slope", f.momentum_slope, 0.0, BIG),
            ("release.first_week.range", f.range, 0.0, 1.0),
            ("release.go", self.go, 0.0, 10.0),
            ("release.caution", self.caution, 0.0, self.go),
        ] {
            within(name, value, low, high)?;
        }
        for step in &self.competition {
            within("release.competition.score", step.score, 0.0, 10.0)?;
            within("release.competition.per_major", step.per_major, 0.0, 10.0)?;
        }
        if let Some(w) = self.competition.windows(2).find(|w| w[0].up_to >= w[1].up_to) {
            return Err(Error::invalid(format!("release.competition.up_to is not ascending: {} then {}", w[0].up_to, w[1].up_to)));
        }
        for &(ratio, score) in &self.history {
            within("release.history ratio", ratio, 0.0, BIG)?;
            within("release.history score", score, 0.0, 10.0)?;
        }
        match self.history.windows(2).find(|w| w[0].0 >= w[1].0) {
            Some(w) => Err(Error::invalid(format!("release.history is not ascending: {} then {}", w[0].0, w[1].0))),
            None => Ok(()),
        }
    }
}
