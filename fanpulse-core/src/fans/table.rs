//! The fan table: one row per artist and fan.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::gather::gather;
use crate::ingest::FanEventColumns;
use crate::settings::FanSettings;
use crate::{Day, Error, Result};

/// What a fan did within a window.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct WindowActivity {
    /// Distinct days with an event.
    pub active_days: u32,
    /// Interactions, weighted by kind.
    pub quality: f64,
    /// Shares.
    pub shares: f64,
}

/// One fan of one artist.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FanRow {
    /// The artist's number.
    pub artist: u32,
    /// The fan's number.
    pub fan: u32,
    /// Day of the first event.
    pub first_day: Day,
    /// Day of the last event.
    pub last_day: Day,
    /// Distinct days with an event, ≥ 1.
    pub active_days: u32,
    /// Distinct days on which something was paid; what is bought on one day is one purchase.
    pub paid_days: u32,
    /// Paid in all, currency units.
    pub spend: f64,
    /// Paid in the window, currency units.
    pub window_spend: f64,
    /// Listened in the window, hours.
    pub window_hours: f64,
    /// Likes, comments and shares in the window.
    pub window_social: f64,
    /// The window that ends on `as_of`.
    pub window: WindowActivity,
    /// The window that ended on the fan's last day.
    pub at_last: WindowActivity,
}

/// The fans of one artist within a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtistFans {
    /// The artist's number.
    pub artist: u32,
    /// The rows of the table that are the artist's.
    pub rows: Range<usize>,
}

/// One row per artist and fan, ordered by artist, then fan.
///
/// # Example: a table of three events
/// ```
/// use fanpulse_core::Day;
/// use fanpulse_core::fans::{FanEventColumns, FanEventKind, FanTable};
/// use fanpulse_core::settings::FanSettings;
///
/// let as_of = Day::from_ymd(2026, 3, 31)?;
/// let today = as_of.days();
/// let events = FanEventColumns {
///     artist: &[7, 7, 7],
///     fan: &[2, 1, 2],
///     day: &[today, today - 3, today - 40],
///     kind: &[FanEventKind::Stream.code(), FanEventKind::Share.code(), FanEventKind::Purchase.code()],
///     amount: Some(&[f64::NAN, f64::NAN, 24.99]),
///     ..FanEventColumns::EMPTY
/// };
/// let table = FanTable::from_events(&events, as_of, &FanSettings::default())?;
/// let fan = &table.rows()[1];
/// assert_eq!((fan.fan, fan.active_days, fan.paid_days, fan.spend), (2, 2, 1, 24.99));
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FanTable {
    as_of: Day,
    rows: Vec<FanRow>,
    artists: Vec<ArtistFans>,
    later: u64,
}

impl FanTable {
    /// The table of some events, in any order. Events after `as_of` are left out and counted.
    ///
    /// # Errors
    /// `invalid` for columns of different length; for a kind, day, amount or length out of bounds, naming the
    /// row; for amounts in more than one currency, naming them.
    pub fn from_events(events: &FanEventColumns<'_>, as_of: Day, settings: &FanSettings) -> Result<Self> {
        gather(events, as_of, settings)
    }

    /// The table of fans that were aggregated elsewhere, in any order.
    ///
    /// # Errors
    /// `invalid`, naming the artist, the fan and the value, for a number that is not finite or is negative, days
    /// out of order or after `as_of`, more active days than there were, or a fan that is there twice.
    pub fn from_rows(mut rows: Vec<FanRow>, as_of: Day) -> Result<Self> {
        rows.par_sort_unstable_by_key(|row| (row.artist, row.fan));
        rows.iter().try_for_each(|row| check(row, as_of))?;
        if let Some(pair) = rows.windows(2).find(|p| (p[0].artist, p[0].fan) == (p[1].artist, p[1].fan)) {
            return Err(Error::invalid(format!("fan {} of artist {} is there twice", pair[0].fan, pair[0].artist)));
        }
        Ok(Self { as_of, artists: artists_of(&rows), rows, later: 0 })
    }

    /// The table of parts that are each in order, with no fan in two.
    pub(super) fn from_parts(parts: Vec<Vec<FanRow>>, as_of: Day, later: u64) -> Result<Self> {
        let mut order: Vec<(u64, u32, u32)> = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        for (p, part) in parts.iter().enumerate() {
            let keys = part.iter().enumerate();
            order.extend(keys.map(|(i, row)| (u64::from(row.artist) << 32 | u64::from(row.fan), p as u32, i as u32)));
        }
        order.par_sort_unstable_by_key(|entry| entry.0);
        let rows: Vec<FanRow> = order.par_iter().map(|&(_, p, i)| parts[p as usize][i as usize]).collect();
        Ok(Self { as_of, artists: artists_of(&rows), rows, later })
    }

    /// The last day that counted.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.as_of
    }

    /// All fans, ordered by artist, then fan.
    #[must_use]
    pub fn rows(&self) -> &[FanRow] {
        &self.rows
    }

    /// The artists, ordered by number.
    #[must_use]
    pub fn artists(&self) -> &[ArtistFans] {
        &self.artists
    }

    /// How many fans, a fan of two artists counted twice.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no fan.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows of events after `as_of`, which were left out.
    #[must_use]
    pub const fn later_events(&self) -> u64 {
        self.later
    }
}

impl FanRow {
    /// Days from the last event to `as_of`.
    #[must_use]
    pub const fn silent_days(&self, as_of: Day) -> u32 {
        as_of.days().abs_diff(self.last_day.days())
    }

    /// Days from the first event to `as_of`.
    #[must_use]
    pub const fn age_days(&self, as_of: Day) -> u32 {
        as_of.days().abs_diff(self.first_day.days())
    }
}

fn artists_of(rows: &[FanRow]) -> Vec<ArtistFans> {
    let mut start = 0;
    rows.chunk_by(|a, b| a.artist == b.artist)
        .map(|fans| {
            let range = start..start + fans.len();
            start = range.end;
            ArtistFans { artist: fans[0].artist, rows: range }
        })
        .collect()
}

fn check(row: &FanRow, as_of: Day) -> Result<()> {
    let invalid = |what: String| Error::invalid(format!("fan {} of artist {}: {what}", row.fan, row.artist));
    for (name, value) in [
        ("spend", row.spend),
        ("window_spend", row.window_spend),
        ("window_hours", row.window_hours),
        ("window_social", row.window_social),
        ("window.quality", row.window.quality),
        ("window.shares", row.window.shares),
        ("at_last.quality", row.at_last.quality),
        ("at_last.shares", row.at_last.shares),
    ] {
        if !(0.0..=1e18).contains(&value) {
            return Err(invalid(format!("{name} is {value}, outside 0 to 1e18")));
        }
    }
    if row.first_day > row.last_day || row.last_day > as_of {
        return Err(invalid(format!("first day {}, last day {} and {as_of} are not in this order", row.first_day, row.last_day)));
    }
    let days = row.last_day.days().abs_diff(row.first_day.days()) + 1;
    if row.active_days == 0 || row.active_days > days || (row.active_days == 1) != (days == 1) {
        return Err(invalid(format!("{} active days do not fit {days} days from first to last", row.active_days)));
    }
    if row.paid_days > row.active_days || (row.paid_days == 0) != (row.spend == 0.0) {
        return Err(invalid(format!("{} paid days do not fit {} active days and spend {}", row.paid_days, row.active_days, row.spend)));
    }
    Ok(())
}
