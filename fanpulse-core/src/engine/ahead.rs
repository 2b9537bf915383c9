//! Fetches what the next artists need while the current one is worked on.
//!
//! A core has only so many loads from memory under way at once, and one more has to wait. So each column is asked for
//! between other steps, not all of them at a time: see `benches/README.md`.

use crate::ingest::{ObservationColumns, PostColumns, Times};
use crate::math::prefetch;
use crate::series::Rows;

/// How many artists ahead a grid's rows are fetched: one comes too late for part of them.
pub(super) const GRID_ROWS: usize = 3;

/// The values of the next artist's rows, if it has as many as this one.
#[inline(always)]
pub(super) fn values(c: &ObservationColumns<'_>, rows: Rows<'_>) {
    if let Rows::Range(start, end) = rows {
        prefetch(c.value, end, end - start);
    }
}

/// What says which values these are.
#[inline(always)]
pub(super) fn keys(c: &ObservationColumns<'_>, rows: Rows<'_>) {
    if let Rows::Range(start, end) = rows {
        let len = end - start;
        prefetch(c.component, end, len);
        prefetch(c.artist, end, len);
        times(&c.time, end, len);
    }
}

/// The posts of the artist after the next, if both have as many as this one.
#[inline(always)]
pub(super) fn posts(c: &PostColumns<'_>, rows: Rows<'_>) {
    if let Rows::Range(start, end) = rows {
        let len = end - start;
        let next = end + len;
        for column in [c.likes, c.comments, c.shares, c.saves, c.views] {
            prefetch(column, next, len);
        }
        times(&c.published, next, len);
        prefetch(c.platform, next, len);
        prefetch(c.artist, next, len);
    }
}

#[inline(always)]
fn times(times: &Times<'_>, from: usize, len: usize) {
    match times {
        Times::Days(days) => prefetch(days, from, len),
        Times::Micros(micros) => prefetch(micros, from, len),
    }
}
