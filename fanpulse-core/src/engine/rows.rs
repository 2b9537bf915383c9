//! Where each artist's rows lie: side by side in sorted columns, or listed by a counting sort.

use crate::error::Location;
use crate::series::Rows;
use crate::{Error, Result};

/// Rows by artist.
pub(super) enum RowIndex<'a> {
    /// The column is taken to be ascending; the cursors find out whether it is.
    Sorted(&'a [u32]),
    /// Row numbers grouped by artist, ascending within one, and where each artist's begin.
    Listed { starts: Vec<u32>, rows: Vec<u32> },
}

/// Walks over the artists of a task in ascending order.
pub(super) enum RowCursor<'a> {
    Sorted { artist: &'a [u32], at: usize, until: usize, guess: usize },
    Listed { starts: &'a [u32], rows: &'a [u32] },
}

/// Rows looked at before a column is taken to be sorted: most that are not show it there.
const LOOK: usize = 4096;

impl<'a> RowIndex<'a> {
    /// A column whose first rows are ascending, taken to be sorted; any other is grouped.
    ///
    /// # Errors
    /// As [`RowIndex::listed`].
    pub(super) fn new(artist: &'a [u32], artists: usize, location: fn(usize) -> Location) -> Result<Self> {
        if artist[..LOOK.min(artist.len())].is_sorted() { Ok(Self::Sorted(artist)) } else { Self::listed(artist, artists, location) }
    }

    /// Groups the rows of a column in any order.
    ///
    /// # Errors
    /// `invalid` where an artist number is not below `artists`.
    pub(super) fn listed(artist: &'a [u32], artists: usize, location: fn(usize) -> Location) -> Result<Self> {
        if let Some(row) = artist.iter().position(|&a| a as usize >= artists) {
            return Err(Error::invalid(format!("artist number {} is not below the {artists} artists", artist[row])).at(location(row)));
        }
        let Ok(_) = u32::try_from(artist.len()) else {
            return Err(Error::invalid(format!(
                "{} rows that are not sorted by artist; 4,294,967,295 at most, or sort them",
                artist.len()
            )));
        };
        let mut starts = vec![0_u32; artists + 1];
        for &a in artist {
            starts[a as usize + 1] += 1;
        }
        for i in 0..artists {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; artist.len()];
        for (row, &a) in (0_u32..).zip(artist) {
            let slot = &mut next[a as usize];
            rows[*slot as usize] = row;
            *slot += 1;
        }
        Ok(Self::Listed { starts, rows })
    }

    /// A cursor over the rows of the artists from `first` up to `end`.
    pub(super) fn cursor(&'a self, first: u32, end: u32) -> RowCursor<'a> {
        match self {
            Self::Sorted(artist) => {
                // The last task also takes what lies behind, so that a number that is too high is noticed.
                let until = if end == u32::MAX { artist.len() } else { artist.partition_point(|&a| a < end) };
                RowCursor::Sorted { artist, at: artist.partition_point(|&a| a < first), until, guess: 0 }
            }
            Self::Listed { starts, rows } => RowCursor::Listed { starts, rows },
        }
    }
}

impl<'a> RowCursor<'a> {
    /// The rows of an artist; artists are asked for in ascending order.
    #[inline(always)]
    pub(super) fn rows(&mut self, wanted: u32) -> Rows<'a> {
        match self {
            Self::Sorted { artist, at, until, guess } => {
                let start = *at;
                // Most artists have as many rows as the one before.
                let mut end = start + *guess;
                if end > *until || !all_of(&artist[start..end], wanted) {
                    end = start;
                }
                while end < *until && artist[end] == wanted {
                    end += 1;
                }
                *at = end;
                *guess = end - start;
                Rows::Range(start, end)
            }
            Self::Listed { starts, rows } => {
                let i = wanted as usize;
                Rows::List(&rows[starts[i] as usize..starts[i + 1] as usize])
            }
        }
    }

    /// A cursor over a piece of an ascending column, all of it.
    pub(super) const fn of_piece(artist: &'a [u32]) -> Self {
        Self::Sorted { artist, at: 0, until: artist.len(), guess: 0 }
    }

    /// Whether every row of the artists asked for has been met: if not, the column is not ascending or has an
    /// artist number that is too high.
    pub(super) const fn is_finished(&self) -> bool {
        match self {
            Self::Sorted { at, until, .. } => *at == *until,
            Self::Listed { .. } => true,
        }
    }
}

/// Where the rows of artists from `next` on begin in a column taken to be ascending, looked for from `start` and first at a guess.
pub(super) fn end_of(column: &[u32], start: usize, guess: usize, next: u32) -> usize {
    let rest = &column[start..];
    let ends = |at: usize| rest.get(at).is_none_or(|&a| a >= next) && (at == 0 || rest[at - 1] < next);
    if guess <= rest.len() && ends(guess) {
        return start + guess;
    }
    let mut far = guess.max(64);
    while far < rest.len() && rest[far] < next {
        far *= 2;
    }
    start + rest[..far.min(rest.len())].partition_point(|&a| a < next)
}

#[inline(always)]
fn all_of(artists: &[u32], wanted: u32) -> bool {
    let mut bad = 0;
    for &a in artists {
        bad |= a ^ wanted;
    }
    bad == 0
}
