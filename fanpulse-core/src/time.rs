//! Days and instants, all UTC. The engine reads no clock: every "now" is an argument.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, Result};

/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A UTC calendar day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// The first day that FanPulse takes, 1970-01-01.
    pub const MIN: Self = Self(0);
    /// The last day that FanPulse takes, 2199-12-31.
    pub const MAX: Self = Self(84_005);

    /// The day that lies `days` after 1970-01-01.
    ///
    /// # Errors
    /// `invalid` outside [`Day::MIN`]`..=`[`Day::MAX`].
    pub fn try_new(days: i32) -> Result<Self> {
        if (Self::MIN.0..=Self::MAX.0).contains(&days) {
            Ok(Self(days))
        } else {
            Err(Error::invalid(format!("day {days} after 1970-01-01 is outside 1970-01-01 to 2199-12-31")))
        }
    }

    /// The UTC calendar day of a year (1970–2199), month (1–12) and day of the month.
    ///
    /// # Errors
    /// `invalid` where there is no such day, or it is out of range.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Self> {
        NaiveDate::from_ymd_opt(year, month, day)
            .ok_or_else(|| Error::invalid(format!("there is no day {year:04}-{month:02}-{day:02}")))
            .and_then(Self::from_date)
    }

    fn from_date(date: NaiveDate) -> Result<Self> {
        Self::try_new(date.to_epoch_days()).map_err(|_| Error::invalid(format!("day {date} is outside 1970-01-01 to 2199-12-31")))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day `n` days later (earlier where `n` is negative), kept within range.
    #[must_use]
    pub fn plus(self, n: i32) -> Self {
        Self(self.0.saturating_add(n).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The civil date.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0).unwrap_or_default()
    }

    /// The weekday.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl TryFrom<NaiveDate> for Day {
    type Error = Error;

    fn try_from(date: NaiveDate) -> Result<Self> {
        Self::from_date(date)
    }
}

impl FromStr for Day {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        NaiveDate::parse_from_str(s, "%Y-%m-%d")
            .map_err(|_| Error::invalid(format!("`{s}` is not a date of the form YYYY-MM-DD")))
            .and_then(Self::from_date)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The last instant that FanPulse takes.
    const LAST: i64 = (Day::MAX.0 as i64 + 1) * MICROS_PER_DAY - 1;

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// `invalid` outside the days that [`Day`] takes.
    pub fn try_new(micros: i64) -> Result<Self> {
        if (0..=Self::LAST).contains(&micros) {
            Ok(Self(micros))
        } else {
            let shown = DateTime::from_timestamp_micros(micros)
                .map_or_else(|| format!("{micros} µs"), |t| t.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            Err(Error::invalid(format!("time {shown} is outside 1970-01-01 to 2199-12-31")))
        }
    }

    /// The instant nearest to a number of microseconds that was checked before.
    pub(crate) fn clamped(micros: i64) -> Self {
        Self(micros.clamp(0, Self::LAST))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The UTC day it falls on.
    #[must_use]
    pub const fn day(self) -> Day {
        // In range by construction: at most Day::MAX.
        #[expect(clippy::cast_possible_truncation, reason = "84,005 at most")]
        Day(self.0.div_euclid(MICROS_PER_DAY) as i32)
    }
}

impl From<Day> for Instant {
    /// The day's first instant.
    fn from(day: Day) -> Self {
        Self(i64::from(day.0) * MICROS_PER_DAY)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = DateTime::from_timestamp_micros(self.0).unwrap_or_default();
        f.write_str(&t.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromStr for Instant {
    type Err = Error;

    /// Reads RFC 3339 (`2026-03-28T10:00:00Z`, `2026-03-28 10:00:00+02:00`) or a date, which is its first instant in UTC.
    fn from_str(s: &str) -> Result<Self> {
        if s.len() <= 10 {
            return s.parse::<Day>().map(Self::from);
        }
        if let Ok(t) = DateTime::parse_from_rfc3339(s) {
            return Self::try_new(t.timestamp_micros());
        }
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
        if naive.iter().any(|f| NaiveDateTime::parse_from_str(s, f).is_ok()) {
            return Err(Error::invalid(format!("time `{s}` has no zone; write it as RFC 3339, for instance {}Z", s.replace(' ', "T"))));
        }
        Err(Error::invalid(format!("`{s}` is neither an RFC 3339 time nor a date of the form YYYY-MM-DD")))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
