//! Borrowed columns: what the batch engine reads without copying.

use std::fmt;

use ndarray::ArrayView2;

use super::Component;
use crate::time::MICROS_PER_DAY;
use crate::{Day, Error, Instant, Result};

/// A column of times.
#[derive(Debug, Clone, Copy)]
pub enum Times<'a> {
    /// UTC days since 1970-01-01; at most one row per artist, component and day.
    Days(&'a [i32]),
    /// Microseconds since 1970-01-01T00:00:00Z; a day's rows are aggregated by the metric's kind.
    Micros(&'a [i64]),
}

impl Times<'_> {
    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Days(c) => c.len(),
            Self::Micros(c) => c.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row's day, saturated far outside the days that FanPulse takes.
    #[inline(always)]
    pub(crate) fn day(&self, row: usize) -> i32 {
        match self {
            Self::Days(c) => c[row],
            Self::Micros(c) => {
                let day = c[row].div_euclid(MICROS_PER_DAY);
                i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
            }
        }
    }

    /// The row's instant, kept within those that FanPulse takes.
    pub(crate) fn instant(&self, row: usize) -> Instant {
        match self {
            Self::Days(c) => Instant::clamped(i64::from(c[row]) * MICROS_PER_DAY),
            Self::Micros(c) => Instant::clamped(c[row]),
        }
    }

    /// A key that orders rows in time and is equal only for equal times.
    #[inline(always)]
    pub(crate) fn key(&self, row: usize) -> i64 {
        match self {
            Self::Days(c) => i64::from(c[row]),
            Self::Micros(c) => c[row],
        }
    }
}

/// Observations in long format, one row each, in any order; rows sorted by artist,
/// then component, then time are scored without being moved.
#[derive(Debug, Clone, Copy)]
pub struct ObservationColumns<'a> {
    /// What the codes in `component` stand for; each component once.
    pub components: &'a [Component],
    /// The artist's number, from 0.
    pub artist: &'a [u32],
    /// Position in `components`.
    pub component: &'a [u16],
    /// When it was observed.
    pub time: Times<'a>,
    /// The value, finite and not negative.
    pub value: &'a [f64],
}

impl ObservationColumns<'_> {
    /// No observations.
    pub const EMPTY: ObservationColumns<'static> =
        ObservationColumns { components: &[], artist: &[], component: &[], time: Times::Days(&[]), value: &[] };

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
        check_same_length(self.len(), [("component", self.component.len()), ("time", self.time.len()), ("value", self.value.len())])
    }
}

/// Posts in long format, one row each, in any order. A count that is not known is NaN.
#[derive(Debug, Clone, Copy)]
pub struct PostColumns<'a> {
    /// What the codes in `platform` stand for; each platform once.
    pub platforms: &'a [String],
    /// The artist's number, from 0, the same numbers as in the observations.
    pub artist: &'a [u32],
    /// Position in `platforms`.
    pub platform: &'a [u16],
    /// When it was published.
    pub published: Times<'a>,
    /// Likes, NaN = unknown.
    pub likes: &'a [f64],
    /// Comments, NaN = unknown.
    pub comments: &'a [f64],
    /// Shares, NaN = unknown.
    pub shares: &'a [f64],
    /// Saves, NaN = unknown.
    pub saves: &'a [f64],
    /// Views, NaN = unknown.
    pub views: &'a [f64],
}

impl PostColumns<'_> {
    /// No posts.
    pub const EMPTY: PostColumns<'static> = PostColumns {
        platforms: &[],
        artist: &[],
        platform: &[],
        published: Times::Days(&[]),
        likes: &[],
        comments: &[],
        shares: &[],
        saves: &[],
        views: &[],
    };

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
        let columns = [
            ("platform", self.platform.len()),
            ("published", self.published.len()),
            ("likes", self.likes.len()),
            ("comments", self.comments.len()),
            ("shares", self.shares.len()),
            ("saves", self.saves.len()),
            ("views", self.views.len()),
        ];
        check_same_length(self.len(), columns)
    }
}

/// Checks that what codes stand for, each a `what`, is listed once.
///
/// # Errors
/// `invalid`, naming the first that is not.
pub(crate) fn check_each_once<T: PartialEq + fmt::Display>(what: &str, listed: &[T]) -> Result<()> {
    for (i, one) in listed.iter().enumerate() {
        if listed[..i].contains(one) {
            return Err(Error::invalid(format!("{what} `{one}` is listed twice")));
        }
    }
    Ok(())
}

/// Checks that columns are as long as the artists' column, which has `n` rows.
///
/// # Errors
/// `invalid`, naming the first that is not.
pub(super) fn check_same_length(n: usize, columns: impl IntoIterator<Item = (&'static str, usize)>) -> Result<()> {
    match columns.into_iter().find(|(_, len)| *len != n) {
        None => Ok(()),
        Some((name, len)) => Err(Error::invalid(format!("column `{name}` has {len} rows where `artist` has {n}"))),
    }
}

/// One component of a dense grid.
#[derive(Debug, Clone)]
pub struct GridComponent<'a> {
    /// Which series it is.
    pub component: Component,
    /// Daily values, artists × days, NaN = missing.
    pub values: ArrayView2<'a, f64>,
}

/// Daily values as a dense grid, artists × days for each component.
#[derive(Debug, Clone)]
pub struct GridColumns<'a> {
    /// The day of column 0.
    pub first_day: Day,
    /// The components, each once, all of the same shape.
    pub components: Vec<GridComponent<'a>>,
}

impl GridColumns<'_> {
    /// How many artists.
    #[must_use]
    pub fn artists(&self) -> usize {
        self.components.first().map_or(0, |c| c.values.nrows())
    }

    pub(crate) fn check_shapes(&self) -> Result<()> {
        let Some(first) = self.components.first() else { return Ok(()) };
        for (i, c) in self.components.iter().enumerate() {
            if c.values.dim() != first.values.dim() {
                return Err(Error::invalid(format!(
                    "component `{}` has the shape {:?} where `{}` has {:?}",
                    c.component,
                    c.values.dim(),
                    first.component,
                    first.values.dim()
                )));
            }
            if self.components[..i].iter().any(|d| d.component == c.component) {
                return Err(Error::invalid(format!("component `{}` is listed twice", c.component)));
            }
        }
        Ok(())
    }
}
