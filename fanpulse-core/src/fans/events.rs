//! Fan events: what a fan did on a day, as borrowed columns.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

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

    pub(super) fn check_lengths(&self) -> Result<()> {
        let n = self.len();
        for (name, len) in [
            ("fan", Some(self.fan.len())),
            ("day", Some(self.day.len())),
            ("kind", Some(self.kind.len())),
            ("count", self.count.map(<[u32]>::len)),
            ("amount", self.amount.map(<[f64]>::len)),
            ("seconds", self.seconds.map(<[f64]>::len)),
            ("currency", self.currency.map(|c| c.code.len())),
        ] {
            if let Some(len) = len.filter(|&len| len != n) {
                return Err(Error::invalid(format!("column `{name}` has {len} rows where `artist` has {n}")));
            }
        }
        Ok(())
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
