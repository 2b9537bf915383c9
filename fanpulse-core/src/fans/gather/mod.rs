//! From fan events in any order to one row per fan, in parallel and in bounded memory.
//!
//! A chunk of rows is cut into blocks; each block writes its rows as small records, grouped by partition of the
//! fans (`scatter`), and each partition then takes its records of all blocks into its fans' running sums, which
//! lie in the cache while it does so (`partition`). What needs all of a fan's days at once (distinct days, the
//! window that ends on the fan's last day) is kept as 4 bytes per event and resolved at the end (`finish`).
//! Every sum is one of integers (amounts in millionths, listening in milliseconds), so neither the order of the
//! rows nor the number of threads changes a bit.

mod finish;
mod partition;
mod scatter;

use rayon::prelude::*;

use self::partition::Partition;
use self::scatter::{Block, Scan};
use super::table::{FanRow, FanTable};
use crate::ingest::FanEventColumns;
use crate::settings::FanSettings;
use crate::{Day, Error, Result};

/// Rows of a block: its records stay within 6 MB.
const BLOCK_ROWS: usize = 1 << 18;
/// Blocks of a chunk, which bounds the records that exist at a time to about 100 MB.
const CHUNK_BLOCKS: usize = 16;
/// Rows from which a further partition pays.
const PARTITION_ROWS: usize = 1 << 12;
const MAX_PARTITIONS: usize = 1 << 9;

/// Amounts are summed in millionths.
pub(super) const MICROS: f64 = 1e6;
/// Listening is summed in milliseconds.
pub(super) const MILLIS_PER_HOUR: f64 = 3_600_000.0;

/// What the partitions need to know of the whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    as_of: i32,
    window: u32,
    millis_per_stream: f64,
    /// Bits of a day counted back from `as_of`.
    day_bits: u32,
}

/// Why the partitions could not take the records: they have more fans each than an entry can tell apart.
pub(super) struct Overflow;

pub(super) fn gather(events: &FanEventColumns<'_>, as_of: Day, settings: &FanSettings) -> Result<FanTable> {
    settings.validate()?;
    events.check_lengths()?;
    let scan = Scan::of(events, as_of)?;
    let frame = Frame {
        as_of: as_of.days(),
        window: settings.window_days,
        millis_per_stream: settings.stream_minutes * 60_000.0,
        day_bits: 32 - scan.furthest_back.leading_zeros(),
    };
    let mut partitions = (events.len() / PARTITION_ROWS).next_power_of_two().min(MAX_PARTITIONS);
    let folded = loop {
        match fold(events, &frame, partitions)? {
            Ok(folded) => break folded,
            // So many fans are rare: starting again with more partitions costs less than wider entries for all.
            Err(Overflow) if partitions < 1 << 14 => partitions *= 8,
            Err(Overflow) => return Err(Error::invalid("there are more fans than the table can hold")),
        }
    };
    let parts: Vec<Vec<FanRow>> = folded.into_par_iter().map(|p| finish::rows(p, &frame, &settings.engagement)).collect();
    FanTable::from_parts(parts, as_of, scan.later)
}

fn fold(events: &FanEventColumns<'_>, frame: &Frame, partitions: usize) -> Result<Result<Vec<Partition>, Overflow>> {
    let n = events.len();
    let block_rows = BLOCK_ROWS.min(n.div_ceil(CHUNK_BLOCKS)).max(1);
    let mut folds: Vec<Partition> = (0..partitions).map(|_| Partition::default()).collect();
    let mut blocks: Vec<Block> = (0..CHUNK_BLOCKS).map(|_| Block::default()).collect();
    for chunk in (0..n).step_by(block_rows * CHUNK_BLOCKS) {
        let failures: Vec<Option<Error>> = blocks
            .par_iter_mut()
            .enumerate()
            .map(|(i, block)| {
                let start = (chunk + i * block_rows).min(n);
                block.fill(events, start..(start + block_rows).min(n), frame, partitions).err()
            })
            .collect();
        // The first in the order of the rows, whichever thread met one first.
        if let Some(error) = failures.into_iter().flatten().next() {
            return Err(error);
        }
        let overflow = folds.par_iter_mut().enumerate().any(|(p, fold)| blocks.iter().any(|b| fold.take(b.records(p), frame).is_err()));
        if overflow {
            return Ok(Err(Overflow));
        }
    }
    Ok(Ok(folds))
}
