//! Where each artist's rows lie: side by side in sorted columns, or listed by a counting sort.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::error::Location;
use crate::series::Rows;
use crate::{Error, Result};

/// Rows by artist.
pub(super) enum RowIndex<'a> {
    /// The column is ascending.
    Sorted(&'a [u32]),
    /// Row numbers grouped by artist, ascending within one, and where each artist's begin.
    Listed { starts: Vec<u32>, rows: Vec<u32> },
}

/// Walks over the artists of a task in ascending order.
pub(super) enum RowCursor<'a> {
    Sorted { artist: &'a [u32], at: usize, guess: usize },
    Listed { starts: &'a [u32], rows: &'a [u32] },
}

const PIECE: usize = 1 << 16;

impl<'a> RowIndex<'a> {
    /// # Errors
    /// `invalid` where an artist number is not below `artists`.
    pub(super) fn new(artist: &'a [u32], artists: usize, location: fn(usize) -> Location) -> Result<Self> {
        // Each piece is compared with itself shifted by one row, which vectorises; the seams overlap by a row.
        let (sorted, highest) = artist
            .par_chunks(PIECE)
            .enumerate()
            .map(|(i, piece)| {
                let before = if i == 0 { 0 } else { artist[i * PIECE - 1] };
                let (ascending, highest) = scan(piece);
                (ascending && before <= piece[0], highest)
            })
            .reduce(|| (true, 0), |a, b| (a.0 && b.0, a.1.max(b.1)));
        if !artist.is_empty() && highest as usize >= artists {
            let row = artist.iter().position(|&a| a as usize >= artists).unwrap_or(0);
            return Err(Error::invalid(format!("artist number {} is not below the {artists} artists", artist[row])).at(location(row)));
        }
        if sorted {
            return Ok(Self::Sorted(artist));
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

    /// A cursor before the rows of artist `first`.
    pub(super) fn cursor(&'a self, first: u32) -> RowCursor<'a> {
        match self {
            Self::Sorted(artist) => RowCursor::Sorted { artist, at: artist.partition_point(|&a| a < first), guess: 0 },
            Self::Listed { starts, rows } => RowCursor::Listed { starts, rows },
        }
    }
}

/// Whether the numbers ascend, and the highest.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn scan(piece: &[u32]) -> (bool, u32) {
    let mut falls = 0;
    for (&a, &b) in piece.iter().zip(&piece[1..]) {
        falls |= u32::from(a > b);
    }
    match piece.last() {
        Some(&last) if falls == 0 => (true, last),
        _ => (false, piece.iter().copied().fold(0, u32::max)),
    }
}

impl<'a> RowCursor<'a> {
    /// The rows of an artist; artists are asked for in ascending order.
    #[inline(always)]
    pub(super) fn rows(&mut self, wanted: u32) -> Rows<'a> {
        match self {
            Self::Sorted { artist, at, guess } => {
                let start = *at;
                // Most artists have as many rows as the one before.
                let mut end = start + *guess;
                let hit = *guess > 0 && end <= artist.len() && artist[end - 1] == wanted;
                if !hit {
                    end = start;
                }
                while end < artist.len() && artist[end] == wanted {
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
}
