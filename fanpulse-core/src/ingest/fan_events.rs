//! Fan events: what a fan did on a day, as rows and as columns, borrowed or owned.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::columns::check_same_length;
use crate::{Error, Instant, Result};

/// What a fan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[non_exhaustive]
pub enum FanEventKind {
    /// Listened to a track.
    Stream,
    /// Liked a track or a post.
    Like,
    /// Commented.
    Comment,
    /// Shared: the fan speaks for the artist.
    Share,
    /// Saved to the own library.
    Save,
    /// Added to a playlist.
    PlaylistAdd,
    /// Bought music or merchandise.
    Purchase,
    /// Bought a ticket.
    Ticket,
    /// Followed.
    Follow,
}

impl FanEventKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 9] =
        [Self::Stream, Self::Like, Self::Comment, Self::Share, Self::Save, Self::PlaylistAdd, Self::Purchase, Self::Ticket, Self::Follow];

    /// The kind's code in [`FanEventColumns::kind`], its position in [`FanEventKind::ALL`].
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind's name in files and APIs, for instance `playlist_add`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Like => "like",
            Self::Comment => "comment",
            Self::Share => "share",
            Self::Save => "save",
            Self::PlaylistAdd => "playlist_add",
            Self::Purchase => "purchase",
            Self::Ticket => "ticket",
            Self::Follow => "follow",
        }
    }
}

impl fmt::Display for FanEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FanEventKind {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == s).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            Error::invalid(format!("unknown fan event `{s}`; the known ones are {}", known.join(", ")))
        })
    }
}

/// The currency of each amount.
#[derive(Debug, Clone, Copy)]
pub struct CurrencyColumn<'a> {
    /// What the codes stand for, for instance `EUR`.
    pub names: &'a [String],
    /// Position in `names`; read only where the row has an amount.
    pub code: &'a [u16],
}

/// Fan events in long format, one row each, in any order.
///
/// Rows may be raw (one stream each) or summed by day (`count` streams). An artist and a fan are numbers
/// that the caller gave, for instance with [`crate::ingest::Names`]; the same fan of two artists counts for each.
#[derive(Debug, Clone, Copy)]
pub struct FanEventColumns<'a> {
    /// The artist's number.
    pub artist: &'a [u32],
    /// The fan's number.
    pub fan: &'a [u32],
    /// UTC day since 1970-01-01.
    pub day: &'a [i32],
    /// Code of a [`FanEventKind`].
    pub kind: &'a [u8],
    /// How many events the row stands for; absent = 1 each. A row that stands for none is skipped.
    pub count: Option<&'a [u32]>,
    /// What was paid for the whole row, ≥ 0, at most 10¹², kept to a millionth; NaN = nothing was sold.
    pub amount: Option<&'a [f64]>,
    /// How long the row's streams lasted in all, seconds, ≥ 0, at most 10⁹; NaN = unknown.
    pub seconds: Option<&'a [f64]>,
    /// The amounts' currency, where it is known.
    pub currency: Option<CurrencyColumn<'a>>,
}

impl FanEventColumns<'_> {
    /// No events.
    pub const EMPTY: FanEventColumns<'static> =
        FanEventColumns { artist: &[], fan: &[], day: &[], kind: &[], count: None, amount: None, seconds: None, currency: None };

    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.artist.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.artist.is_empty()
    }

    pub(crate) fn check_lengths(&self) -> Result<()> {
        let optional = [
            ("count", self.count.map(<[u32]>::len)),
            ("amount", self.amount.map(<[f64]>::len)),
            ("seconds", self.seconds.map(<[f64]>::len)),
            ("currency", self.currency.map(|c| c.code.len())),
        ];
        let given = optional.into_iter().filter_map(|(name, len)| Some((name, len?)));
        check_same_length(
            self.len(),
            [("fan", self.fan.len()), ("day", self.day.len()), ("kind", self.kind.len())].into_iter().chain(given),
        )
    }
}

/// The most that one row may say was paid, currency units.
pub const MAX_AMOUNT: f64 = 1e12;
/// The longest that one row's streams may last in all, seconds.
pub const MAX_SECONDS: f64 = 1e9;

/// One fan event: what a fan did, how often, and what it brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FanEvent<S = String> {
    /// Whose fan.
    pub artist_id: S,
    /// Which fan.
    pub fan_id: S,
    /// When; only the UTC day counts.
    pub occurred_at: Instant,
    /// What the fan did.
    pub kind: FanEventKind,
    /// How many times; absent = once.
    #[serde(default)]
    pub count: Option<u32>,
    /// What was paid for all of it, 0–10¹² currency units; absent = nothing was sold.
    #[serde(default)]
    pub amount: Option<f64>,
    /// How long the streams lasted in all, 0–10⁹ seconds; absent = unknown.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// The amount's currency, for instance `EUR`; absent = unknown.
    #[serde(default)]
    pub currency: Option<S>,
}

/// Fan events, one row each, in columns.
///
/// The last four columns are empty until a row says something in them, and as long as the others from then on.
#[derive(Debug, Clone, Default)]
pub struct FanEventTable {
    /// Position in [`Dataset::artists`](super::Dataset::artists).
    pub artist: Vec<u32>,
    /// Position in [`Dataset::fans`](super::Dataset::fans).
    pub fan: Vec<u32>,
    /// UTC day since 1970-01-01.
    pub day: Vec<i32>,
    /// Code of a [`FanEventKind`].
    pub kind: Vec<u8>,
    /// How many events the row stands for; empty = one each.
    pub count: Vec<u32>,
    /// What was paid, NaN = nothing was sold.
    pub amount: Vec<f64>,
    /// How long the streams lasted, NaN = unknown.
    pub seconds: Vec<f64>,
    /// Position in [`Dataset::currencies`](super::Dataset::currencies), [`FanEventTable::NO_CURRENCY`] = unknown.
    pub currency: Vec<u16>,
}

/// One row of a [`FanEventTable`], in codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FanEventRow {
    /// The artist's code.
    pub artist: u32,
    /// The fan's code.
    pub fan: u32,
    /// UTC day since 1970-01-01.
    pub day: i32,
    /// Code of a [`FanEventKind`].
    pub kind: u8,
    /// How many events.
    pub count: u32,
    /// What was paid, NaN = nothing was sold.
    pub amount: f64,
    /// How long the streams lasted, NaN = unknown.
    pub seconds: f64,
    /// The currency's code, [`FanEventTable::NO_CURRENCY`] = unknown.
    pub currency: u16,
}

impl FanEventTable {
    /// Stands for a currency that is not known.
    pub const NO_CURRENCY: u16 = u16::MAX;

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.artist.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.artist.is_empty()
    }

    /// Appends a row.
    #[inline]
    pub fn push(&mut self, row: FanEventRow) {
        let before = self.len();
        self.artist.push(row.artist);
        self.fan.push(row.fan);
        self.day.push(row.day);
        self.kind.push(row.kind);
        push_unusual(&mut self.count, before, 1, row.count, row.count == 1);
        push_unusual(&mut self.amount, before, f64::NAN, row.amount, row.amount.is_nan());
        push_unusual(&mut self.seconds, before, f64::NAN, row.seconds, row.seconds.is_nan());
        push_unusual(&mut self.currency, before, Self::NO_CURRENCY, row.currency, row.currency == Self::NO_CURRENCY);
    }

    /// The rows as the engine reads them, with the names of the currencies.
    #[must_use]
    pub fn columns<'a>(&'a self, currencies: &'a [String]) -> FanEventColumns<'a> {
        FanEventColumns {
            artist: &self.artist,
            fan: &self.fan,
            day: &self.day,
            kind: &self.kind,
            count: (!self.count.is_empty()).then_some(&self.count),
            amount: (!self.amount.is_empty()).then_some(&self.amount),
            seconds: (!self.seconds.is_empty()).then_some(&self.seconds),
            currency: (!self.currency.is_empty()).then_some(CurrencyColumn { names: currencies, code: &self.currency }),
        }
    }
}

/// Appends to a column that is empty as long as every row has the usual value.
#[inline]
fn push_unusual<T: Copy>(column: &mut Vec<T>, before: usize, usual: T, value: T, is_usual: bool) {
    if !is_usual || !column.is_empty() {
        column.resize(before, usual);
        column.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_positions_and_names_are_read_back() {
        for (i, kind) in FanEventKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), i);
            assert_eq!(kind.as_str().parse::<FanEventKind>().unwrap(), kind);
        }
        assert!("streem".parse::<FanEventKind>().unwrap_err().to_string().contains("playlist_add"));
    }

    #[test]
    fn columns_of_different_length_are_named() {
        let events = FanEventColumns { artist: &[0, 0], fan: &[0, 1], day: &[1, 2], kind: &[0], ..FanEventColumns::EMPTY };
        assert_eq!(events.check_lengths().unwrap_err().to_string(), "column `kind` has 1 rows where `artist` has 2");
    }
}
