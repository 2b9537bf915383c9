//! The running sums of one partition's fans.

use super::scatter::{Record, mix};
use super::{Frame, Overflow};
use crate::fans::events::FanEventKind;

const STREAM: u8 = FanEventKind::Stream.code();

/// Kinds that the end must count by day: like, comment, share, save, playlist add, purchase, ticket.
pub(super) const CLASSES: usize = 7;
/// Bits of a class, 0 standing for a stream or a follow, and one for "paid".
const CLASS_BITS: u32 = 4;
const PAID: u32 = 1 << 3;
const SEGMENT: usize = 1 << 12;
const NO_ENTRY: u32 = u32::MAX;

/// One fan's sums, one cache line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fold {
    pub(super) key: u64,
    /// Days before `as_of` of the first and the last event.
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) rows: u32,
    /// The entry written last for this fan, by which most repeats on a day are left out.
    recent: u32,
    /// Listening in the window, milliseconds.
    pub(super) millis: u64,
    /// Paid in the window and in all, millionths.
    pub(super) window_micros: i64,
    pub(super) micros: i64,
}

/// What one event left for the end: its fan, class and day in 32 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) slot: u32,
    /// 0 = none, else 1 + its place among the classes.
    pub(super) class: u32,
    pub(super) paid: bool,
    pub(super) back: u32,
}

impl Entry {
    pub(super) const fn read(bits: u32, day_bits: u32) -> Self {
        let flags = bits >> day_bits & 0xF;
        // One fan and 28 bits of day, the extreme, shift by all 32 bits.
        let slot = (bits as u64 >> (day_bits + CLASS_BITS)) as u32;
        Self { slot, class: flags & (PAID - 1), paid: flags & PAID != 0, back: (bits as u64 & ((1_u64 << day_bits) - 1)) as u32 }
    }
}

/// The fans of one partition.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// Open addressing: 1 + slot, 0 = free.
    index: Vec<u32>,
    pub(super) folds: Vec<Fold>,
    /// In segments, so that growing neither copies them nor holds them twice.
    entries: Vec<Vec<u32>>,
    /// Counts beyond the first, of the entries that stand for several events.
    pub(super) extras: Vec<(u32, u32)>,
}

impl Partition {
    /// Takes records into the sums, in their order.
    pub(super) fn take(&mut self, records: &[Record], frame: &Frame) -> Result<(), Overflow> {
        for record in records {
            let slot = self.slot(record.key);
            let fold = &mut self.folds[slot as usize];
            let back = record.back();
            fold.first = fold.first.max(back);
            fold.last = fold.last.min(back);
            fold.rows = fold.rows.saturating_add(1);
            fold.micros = fold.micros.saturating_add(record.micros);
            let in_window = back < frame.window;
            fold.window_micros = fold.window_micros.saturating_add(if in_window { record.micros } else { 0 });
            let kind = record.kind();
            let class = class(kind);
            let plain = class == 0;
            if kind == STREAM && in_window {
                fold.millis = fold.millis.saturating_add(record.magnitude());
            }
            let flags = class | if record.micros > 0 { PAID } else { 0 };
            let wide = u64::from(slot) << CLASS_BITS << frame.day_bits | u64::from(flags) << frame.day_bits | u64::from(back);
            // The greatest entry is the mark for "none yet".
            let Some(entry) = u32::try_from(wide).ok().filter(|&e| e != NO_ENTRY) else { return Err(Overflow) };
            if plain && fold.recent == entry {
                continue;
            }
            fold.recent = entry;
            self.push(entry);
            if !plain && record.magnitude() > 1 {
                self.extras.push((entry, (record.magnitude() - 1) as u32));
            }
        }
        Ok(())
    }

    /// The entries in the order in which they came.
    pub(super) fn entries(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().flatten().copied()
    }

    fn push(&mut self, entry: u32) {
        match self.entries.last_mut().filter(|segment| segment.len() < SEGMENT) {
            Some(segment) => segment.push(entry),
            None => {
                let mut segment = Vec::with_capacity(SEGMENT);
                segment.push(entry);
                self.entries.push(segment);
            }
        }
    }

    #[inline(always)]
    fn slot(&mut self, key: u64) -> u32 {
        if self.folds.len() * 2 >= self.index.len() {
            self.grow();
        }
        let mask = self.index.len() - 1;
        let mut at = mix(key) as usize & mask;
        loop {
            match self.index[at] {
                0 => break,
                found if self.folds[found as usize - 1].key == key => return found - 1,
                _ => at = (at + 1) & mask,
            }
        }
        let slot = self.folds.len() as u32;
        self.index[at] = slot + 1;
        self.folds.push(Fold { key, first: 0, last: u32::MAX, rows: 0, recent: NO_ENTRY, millis: 0, window_micros: 0, micros: 0 });
        slot
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.index.len() * 2).max(64);
        self.index.clear();
        self.index.resize(size, 0);
        for (slot, fold) in self.folds.iter().enumerate() {
            let mut at = mix(fold.key) as usize & (size - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.index[at] = slot as u32 + 1;
        }
    }
}

#[inline(always)]
const fn class(kind: u8) -> u32 {
    // Like to ticket have the codes 1 to 7; streams and follows leave only their day.
    if kind as usize <= CLASSES { kind as u32 } else { 0 }
}
