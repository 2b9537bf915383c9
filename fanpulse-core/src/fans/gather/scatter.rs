//! Rows checked, made small and grouped by partition.

use std::ops::Range;

use rayon::prelude::*;

use super::{Frame, MICROS};
use crate::fans::events::{FanEventColumns, FanEventKind};
use crate::{Day, Error, Result};

const STREAM: u8 = FanEventKind::Stream.code();
const MAX_AMOUNT: f64 = 1e12;
const MAX_SECONDS: f64 = 1e9;
const SCAN_ROWS: usize = 1 << 18;

/// One event, 24 bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Record {
    /// Artist and fan.
    pub(super) key: u64,
    /// Days before `as_of` (17 bits), kind (4 bits), magnitude (43 bits).
    meta: u64,
    /// What was paid, millionths.
    pub(super) micros: i64,
}

impl Record {
    pub(super) const fn back(self) -> u32 {
        (self.meta & 0x1_FFFF) as u32
    }

    pub(super) const fn kind(self) -> u8 {
        (self.meta >> 17 & 0xF) as u8
    }

    /// Milliseconds listened for a stream, the count of any other kind.
    pub(super) const fn magnitude(self) -> u64 {
        self.meta >> 21
    }
}

const MAX_MAGNITUDE: u64 = (1 << 43) - 1;

/// Mixes a key so that its top bits choose a partition and its low bits a slot there.
#[inline(always)]
pub(super) const fn mix(key: u64) -> u64 {
    let wide = (key ^ 0x9E37_79B9_7F4A_7C15) as u128 * 0xD6E8_FEB8_6659_FD93;
    (wide >> 64) as u64 ^ wide as u64
}

/// What must be known of all rows before the first is taken.
pub(super) struct Scan {
    /// Days from the oldest row to `as_of`.
    pub(super) furthest_back: u32,
    /// Rows after `as_of`, which nothing else reads.
    pub(super) later: u64,
}

impl Scan {
    /// Looks at every day and currency once.
    ///
    /// # Errors
    /// `invalid` for a day out of range, or for amounts in more than one currency, naming them.
    pub(super) fn of(events: &FanEventColumns<'_>, as_of: Day) -> Result<Self> {
        let last = as_of.days();
        let parts: Vec<(i32, u64, Vec<bool>)> = events
            .day
            .par_chunks(SCAN_ROWS)
            .enumerate()
            .map(|(c, days)| {
                let oldest = days.iter().copied().fold(last, i32::min);
                let later = days.iter().filter(|&&day| day > last).count() as u64;
                (oldest, later, currencies_of(events, c * SCAN_ROWS..c * SCAN_ROWS + days.len(), last))
            })
            .collect();
        let oldest = parts.iter().map(|p| p.0).min().unwrap_or(last);
        if oldest < Day::MIN.days() {
            let row = events.day.iter().position(|&day| day < Day::MIN.days()).unwrap_or(0);
            return Err(invalid(row, format!("day {} after 1970-01-01 is outside 1970-01-01 to 2199-12-31", events.day[row])));
        }
        if let Some(currency) = events.currency {
            let used = |code: &usize| parts.iter().any(|p| p.2.get(*code).copied().unwrap_or(false));
            let mut named: Vec<&str> =
                (0..=currency.names.len()).filter(used).map(|c| currency.names.get(c).map_or("an unknown code", String::as_str)).collect();
            named.sort_unstable();
            named.dedup();
            if named.len() > 1 {
                return Err(Error::invalid(format!("amounts are in {}; convert them to one currency first", named.join(", "))));
            }
        }
        Ok(Self { furthest_back: last.abs_diff(oldest), later: parts.iter().map(|p| p.1).sum() })
    }
}

/// Which currencies the amounts of some rows are in; the last flag stands for codes without a name.
fn currencies_of(events: &FanEventColumns<'_>, rows: Range<usize>, last: i32) -> Vec<bool> {
    let (Some(currency), Some(amount)) = (events.currency, events.amount) else { return Vec::new() };
    let unknown = currency.names.len();
    let mut used = vec![false; unknown + 1];
    for row in rows {
        if events.day[row] <= last && amount[row] > 0.0 {
            used[usize::from(currency.code[row]).min(unknown)] = true;
        }
    }
    used
}

fn invalid(row: usize, what: String) -> Error {
    Error::invalid(format!("fan event row {row}: {what}"))
}

/// The records of some consecutive rows, grouped by partition, in the order of the rows within each.
#[derive(Debug, Default)]
pub(super) struct Block {
    records: Vec<Record>,
    /// Where each partition begins.
    starts: Vec<u32>,
    /// Each row's partition; rows to skip have none.
    chosen: Vec<u16>,
}

const SKIPPED: u16 = u16::MAX;

impl Block {
    pub(super) fn records(&self, partition: usize) -> &[Record] {
        match self.starts.get(partition..partition + 2) {
            Some(bounds) => &self.records[bounds[0] as usize..bounds[1] as usize],
            None => &[],
        }
    }

    pub(super) fn fill(&mut self, events: &FanEventColumns<'_>, rows: Range<usize>, frame: &Frame, partitions: usize) -> Result<()> {
        let shift = 64 - partitions.trailing_zeros();
        self.starts.clear();
        self.starts.resize(partitions + 1, 0);
        self.chosen.clear();
        for row in rows.clone() {
            let skip = events.day[row] > frame.as_of || events.count.is_some_and(|c| c[row] == 0);
            // A shift by 64, for a single partition, is one by 32 twice.
            let part = (mix(key(events, row)) >> (shift / 2) >> (shift - shift / 2)) as u16;
            self.chosen.push(if skip { SKIPPED } else { part });
            self.starts[usize::from(part) + 1] += u32::from(!skip);
        }
        for p in 0..partitions {
            self.starts[p + 1] += self.starts[p];
        }
        let total = self.starts[partitions] as usize;
        if self.records.len() < total {
            self.records.resize(total, Record::default());
        }
        let mut next: Vec<u32> = self.starts[..partitions].to_vec();
        for (row, &part) in rows.zip(&self.chosen) {
            if part == SKIPPED {
                continue;
            }
            let place = &mut next[usize::from(part)];
            self.records[*place as usize] = record(events, row, frame)?;
            *place += 1;
        }
        Ok(())
    }
}

#[inline(always)]
fn key(events: &FanEventColumns<'_>, row: usize) -> u64 {
    u64::from(events.artist[row]) << 32 | u64::from(events.fan[row])
}

#[inline(always)]
fn record(events: &FanEventColumns<'_>, row: usize, frame: &Frame) -> Result<Record> {
    let kind = events.kind[row];
    if usize::from(kind) >= FanEventKind::ALL.len() {
        return Err(invalid(row, format!("kind {kind} is outside 0 to {}", FanEventKind::ALL.len() - 1)));
    }
    let count = events.count.map_or(1, |c| c[row]);
    let seconds = events.seconds.map_or(f64::NAN, |s| s[row]);
    let magnitude = if kind == STREAM {
        let millis = if seconds.is_nan() {
            f64::from(count) * frame.millis_per_stream
        } else if (0.0..=MAX_SECONDS).contains(&seconds) {
            seconds * 1e3
        } else {
            return Err(invalid(row, format!("seconds is {seconds}, outside 0 to 1000000000")));
        };
        ((millis + 0.5) as u64).min(MAX_MAGNITUDE)
    } else {
        u64::from(count)
    };
    let amount = events.amount.map_or(f64::NAN, |a| a[row]);
    let micros = if amount.is_nan() {
        0
    } else if (0.0..=MAX_AMOUNT).contains(&amount) {
        (amount * MICROS + 0.5) as i64
    } else {
        return Err(invalid(row, format!("amount is {amount}, outside 0 to 1000000000000; net refunds against what they refund")));
    };
    let back = frame.as_of.abs_diff(events.day[row]);
    Ok(Record { key: key(events, row), meta: u64::from(back) | u64::from(kind) << 17 | magnitude << 21, micros })
}
