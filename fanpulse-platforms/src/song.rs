//! A song's days: where they stand in time, and whether one comes twice.

use std::collections::BTreeMap;

use fanpulse_core::time::MICROS_PER_DAY;

use crate::DropReason;
use crate::fault::Fault;

/// The days of one song.
///
/// Streams of several songs add up to the artist's, so the songs must not stand at the same instant, where they
/// would be two values for one key. Each song has its own instant within the day, made from its title:
/// so the order of the files does not matter, and a song that is read twice repeats its rows exactly.
#[derive(Debug, Default)]
pub(crate) struct Song {
    offset: i64,
    /// Value and row of each day: at most as many as there are days from 1970 to 2199.
    days: BTreeMap<i64, (f64, u64)>,
}

impl Song {
    pub(crate) fn new(title: &str) -> Self {
        // FNV-1a: the same on every machine and in every version.
        let hash = title.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        // Never midnight, where the artist's own streams stand.
        let offset = 1 + (hash % (MICROS_PER_DAY as u64 - 1)) as i64;
        Self { offset, days: BTreeMap::new() }
    }

    /// Whether the day was there before with the same value.
    pub(crate) fn repeats(&mut self, day: i64, value: f64, origin: u64, column: &str) -> Result<bool, Box<Fault>> {
        match self.days.get(&day) {
            None => {
                self.days.insert(day, (value, origin));
                Ok(false)
            }
            Some((first, _)) if first.to_bits() == value.to_bits() => Ok(true),
            Some((first, line)) => {
                Err(Fault::new(DropReason::Conflicting, format!("{column}: the day has {value} here and {first} in line {line}")))
            }
        }
    }

    /// The song's instant of the day.
    pub(crate) const fn instant(&self, day: i64) -> i64 {
        day * MICROS_PER_DAY + self.offset
    }
}
