//! Rows checked, made small and grouped by partition.

use std::ops::Range;

use rayon::prelude::*;

use super::{Frame, MICROS};
use crate::error::Location;
use crate::ingest::{FanEventColumns, FanEventKind, MAX_AMOUNT, MAX_SECONDS};
use crate::{Day, Error, Result};

const STREAM: u8 = FanEventKind::Stream.code();
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
            let mut named: Vec<&str> = (0..=currency.names.len())
                .filter(used)
                .map(|c| currency.names.get(c).map_or("an unnamed currency", String::as_str))
                .collect();
            named.sort_unstable();
            named.dedup();
            if named.len() > 1 {
                let row = first_other_currency(events, last);
                return Err(invalid(row, format!("amounts are in {}; convert them to one currency first", named.join(", "))));
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

/// The first amount that is not in the currency of the first one.
#[cold]
fn first_other_currency(events: &FanEventColumns<'_>, last: i32) -> usize {
    let (Some(currency), Some(amount)) = (events.currency, events.amount) else { return 0 };
    let name = |row: usize| currency.names.get(usize::from(currency.code[row]));
    let mut paid = (0..events.len()).filter(|&row| events.day[row] <= last && amount[row] > 0.0);
    let first = paid.next().unwrap_or(0);
    paid.find(|&row| name(row) != name(first)).unwrap_or(first)
}

fn invalid(row: usize, what: String) -> Error {
    Error::invalid(what).at(Location::FanEvent(row))
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
        let columns = Columns::of(events, &rows);
        self.starts.clear();
        self.starts.resize(partitions + 1, 0);
        self.chosen.resize(rows.len(), SKIPPED);
        for (row, chosen) in self.chosen.iter_mut().enumerate() {
            let skip = columns.day[row] > frame.as_of || columns.count.is_some_and(|c| c[row] == 0);
            // A shift by 64, for a single partition, is one by 32 twice.
            let part = (mix(columns.key(row)) >> (shift / 2) >> (shift - shift / 2)) as u16;
            *chosen = if skip { SKIPPED } else { part };
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
        let mut all_valid = true;
        let mut staged = Staged::default();
        for (s, chosen) in self.chosen.chunks(STAGED).enumerate() {
            let from = s * STAGED;
            all_valid &= staged.fill(&columns, from..from + chosen.len(), frame);
            for (i, &part) in chosen.iter().enumerate() {
                if part == SKIPPED {
                    continue;
                }
                let place = &mut next[usize::from(part)];
                self.records[*place as usize] = Record { key: columns.key(from + i), meta: staged.meta[i], micros: staged.micros[i] };
                *place += 1;
            }
        }
        if all_valid { Ok(()) } else { self.first_error(&columns, rows.start) }
    }

    /// The error of the first row that is not valid. A row that is skipped is not looked at.
    #[cold]
    fn first_error(&self, columns: &Columns<'_>, start: usize) -> Result<()> {
        for row in (0..self.chosen.len()).filter(|&row| self.chosen[row] != SKIPPED) {
            let (kind, kinds) = (columns.kind[row], FanEventKind::ALL.len());
            let (amount, seconds) = (columns.amount.map_or(0.0, |a| a[row]), columns.seconds.map_or(0.0, |s| s[row]));
            if usize::from(kind) >= kinds {
                return Err(invalid(start + row, format!("kind {kind} is outside 0 to {}", kinds - 1)));
            } else if kind == STREAM && !allowed(seconds, MAX_SECONDS) {
                return Err(invalid(start + row, format!("seconds is {seconds}, outside 0 to {MAX_SECONDS}")));
            } else if !allowed(amount, MAX_AMOUNT) {
                let refund = "net refunds against what they refund";
                return Err(invalid(start + row, format!("amount is {amount}, outside 0 to {MAX_AMOUNT}; {refund}")));
            }
        }
        Ok(())
    }
}

/// NaN stands for "not known" and is allowed.
#[inline(always)]
fn allowed(value: f64, most: f64) -> bool {
    value.is_nan() | ((value >= 0.0) & (value <= most))
}

/// The columns of a block's rows.
struct Columns<'a> {
    artist: &'a [u32],
    fan: &'a [u32],
    day: &'a [i32],
    kind: &'a [u8],
    count: Option<&'a [u32]>,
    amount: Option<&'a [f64]>,
    seconds: Option<&'a [f64]>,
}

impl<'a> Columns<'a> {
    fn of(events: &FanEventColumns<'a>, rows: &Range<usize>) -> Self {
        Self {
            artist: &events.artist[rows.clone()],
            fan: &events.fan[rows.clone()],
            day: &events.day[rows.clone()],
            kind: &events.kind[rows.clone()],
            count: events.count.map(|c| &c[rows.clone()]),
            amount: events.amount.map(|c| &c[rows.clone()]),
            seconds: events.seconds.map(|c| &c[rows.clone()]),
        }
    }

    #[inline(always)]
    fn key(&self, row: usize) -> u64 {
        u64::from(self.artist[row]) << 32 | u64::from(self.fan[row])
    }
}

/// Rows whose records are made column by column before they are moved.
const STAGED: usize = 512;

/// The parts of some rows' records. Each column is read in a loop of its own, without a branch and without an
/// error to carry, so that the compiler can keep what it needs in registers.
struct Staged {
    meta: [u64; STAGED],
    micros: [i64; STAGED],
}

impl Default for Staged {
    fn default() -> Self {
        Self { meta: [0; STAGED], micros: [0; STAGED] }
    }
}

impl Staged {
    /// Whether all of the rows are valid.
    fn fill(&mut self, columns: &Columns<'_>, rows: Range<usize>, frame: &Frame) -> bool {
        let mut valid = true;
        let (kind, day) = (&columns.kind[rows.clone()], &columns.day[rows.clone()]);
        // The magnitude first: the count, or for streams the milliseconds.
        match columns.count {
            Some(count) => self.meta.iter_mut().zip(&count[rows.clone()]).for_each(|(m, &c)| *m = u64::from(c)),
            None => self.meta[..rows.len()].fill(1),
        }
        let unknown = |count: u64| ((count as f64 * frame.millis_per_stream + 0.5) as u64).min(MAX_MAGNITUDE);
        match columns.seconds {
            Some(seconds) => {
                for ((m, &k), &s) in self.meta.iter_mut().zip(kind).zip(&seconds[rows.clone()]) {
                    let is_stream = k == STREAM;
                    valid &= !is_stream | allowed(s, MAX_SECONDS);
                    let millis = if s.is_nan() { unknown(*m) } else { ((s * 1e3 + 0.5) as u64).min(MAX_MAGNITUDE) };
                    *m = if is_stream { millis } else { *m };
                }
            }
            None => self.meta.iter_mut().zip(kind).for_each(|(m, &k)| *m = if k == STREAM { unknown(*m) } else { *m }),
        }
        for ((m, &k), &d) in self.meta.iter_mut().zip(kind).zip(day) {
            valid &= usize::from(k) < FanEventKind::ALL.len();
            *m = u64::from(frame.as_of.abs_diff(d) & 0x1_FFFF) | u64::from(k & 0xF) << 17 | *m << 21;
        }
        if let Some(amount) = columns.amount {
            for (m, &a) in self.micros.iter_mut().zip(&amount[rows]) {
                valid &= allowed(a, MAX_AMOUNT);
                // NaN becomes 0 by the cast.
                *m = (a * MICROS + 0.5) as i64;
            }
        }
        valid
    }
}
