//! The running sums of one partition's fans.

use super::scatter::{Record, mix};
use super::{Frame, Overflow};
use crate::ingest::FanEventKind;

const STREAM: u8 = FanEventKind::Stream.code();

/// Kinds that the end must count by day: like, comment, share, save, playlist add, purchase, ticket.
pub(super) const CLASSES: usize = 7;
/// Bits of a class, 0 standing for a stream or a follow, and one for "paid".
const CLASS_BITS: u32 = 4;
const PAID: u32 = 1 << 3;
const SEGMENT: usize = 1 << 12;
/// Places of the index per fan, at least: sparse, so that the first place looked at is mostly the right one.
const INDEX_PER_FAN: usize = 4;
/// Bits of the slot in a place of the index; the rest are of the hash.
const SLOT: u32 = (1 << 20) - 1;
const FREE: u32 = u32::MAX;

/// One fan's sums. Small, since it is what the records of all fans fall upon at random.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fold {
    pub(super) key: u64,
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
    /// Open addressing: some bits of the key's hash and the slot, or free. By the bits the right place is known
    /// without a look at the fan's sums, for which the next record would have to wait.
    index: Vec<u32>,
    pub(super) folds: Vec<Fold>,
    /// In segments, so that growing neither copies them nor holds them twice.
    entries: Vec<Vec<u32>>,
    /// Counts beyond the first, of the entries that stand for several events.
    pub(super) extras: Vec<(u32, u32)>,
    /// Whether some events were paid, and whether some were not.
    pub(super) paid: (bool, bool),
    /// Whether some events were neither streams nor follows.
    pub(super) interactions: bool,
}

impl Partition {
    /// Takes records into the sums, in their order.
    pub(super) fn take(&mut self, records: &[Record], frame: &Frame) -> Result<(), Overflow> {
        let (mut any_paid, mut any_free, mut any_class) = (false, false, false);
        for record in records {
            let slot = self.slot(record.key)?;
            let fold = &mut self.folds[slot as usize];
            let back = record.back();
            let kind = record.kind();
            // Multiplied rather than chosen by: whether an old event is in the window cannot be predicted.
            let in_window = back < frame.window;
            fold.micros = fold.micros.saturating_add(record.micros);
            fold.window_micros = fold.window_micros.saturating_add(i64::from(in_window) * record.micros);
            fold.millis = fold.millis.saturating_add(u64::from(in_window & (kind == STREAM)) * record.magnitude());
            let class = class(kind);
            let paid = record.micros > 0;
            (any_paid, any_free, any_class) = (any_paid | paid, any_free | !paid, any_class | (class > 0));
            let flags = class | if paid { PAID } else { 0 };
            let wide = u64::from(slot) << CLASS_BITS << frame.day_bits | u64::from(flags) << frame.day_bits | u64::from(back);
            let Ok(entry) = u32::try_from(wide) else { return Err(Overflow) };
            self.push(entry);
            if class > 0 && record.magnitude() > 1 {
                self.extras.push((entry, (record.magnitude() - 1) as u32));
            }
        }
        self.paid = (self.paid.0 | any_paid, self.paid.1 | any_free);
        self.interactions |= any_class;
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
    fn slot(&mut self, key: u64) -> Result<u32, Overflow> {
        if self.folds.len() * INDEX_PER_FAN >= self.index.len() {
            self.grow();
        }
        let hash = mix(key);
        let mask = self.index.len() - 1;
        let tag = tag(hash);
        let mut at = hash as usize & mask;
        loop {
            let found = self.index[at];
            if found & !SLOT == tag && found != FREE && self.folds[(found & SLOT) as usize].key == key {
                return Ok(found & SLOT);
            }
            if found == FREE {
                return self.insert(at, key, tag);
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn insert(&mut self, at: usize, key: u64, tag: u32) -> Result<u32, Overflow> {
        // The last slot with the last tag would be the mark for "free".
        let slot = u32::try_from(self.folds.len()).ok().filter(|&slot| slot < SLOT).ok_or(Overflow)?;
        self.index[at] = tag | slot;
        self.folds.push(Fold { key, millis: 0, window_micros: 0, micros: 0 });
        Ok(slot)
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.index.len() * 2).max(64);
        self.index.clear();
        self.index.resize(size, FREE);
        for (slot, fold) in self.folds.iter().enumerate() {
            let hash = mix(fold.key);
            let mut at = hash as usize & (size - 1);
            while self.index[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.index[at] = tag(hash) | slot as u32;
        }
    }
}

/// The bits of a hash that choose neither the partition nor, in a small partition, the place.
#[inline(always)]
const fn tag(hash: u64) -> u32 {
    (hash >> 28) as u32 & !SLOT
}

#[inline(always)]
const fn class(kind: u8) -> u32 {
    // Like to ticket have the codes 1 to 7; streams and follows leave only their day.
    if kind as usize <= CLASSES { kind as u32 } else { 0 }
}
