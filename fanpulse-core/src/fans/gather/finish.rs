//! What needs all of a fan's days: distinct days, and counts in the window that ends on the fan's last day.

use super::partition::{CLASSES, Entry, Partition};
use super::{Frame, MICROS, MILLIS_PER_HOUR};
use crate::fans::events::FanEventKind;
use crate::fans::table::{FanRow, WindowActivity};
use crate::settings::FanEngagementSettings;
use crate::time::Day;

/// Words of the day bitmaps that exist at a time, so that they stay in the cache however long the history.
const BITMAP_WORDS: usize = 1 << 17;

/// Counts of one fan by class, in the window before `as_of` and in the one before the fan's last day.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    now: [u64; CLASSES],
    at_last: [u64; CLASSES],
}

const LIKE: usize = 0;
const COMMENT: usize = 1;
const SHARE: usize = 2;

// The classes are the kinds of the codes 1 to 7, in that order.
const _: () = assert!(FanEventKind::Like.code() == 1 && FanEventKind::Share.code() == 3 && FanEventKind::Ticket.code() == 7);

pub(super) fn rows(partition: Partition, frame: &Frame, settings: &FanEngagementSettings) -> Vec<FanRow> {
    let folds = &partition.folds;
    let words = folds.iter().map(|f| f.first).max().unwrap_or(0) as usize / 64 + 1;
    let batch = (BITMAP_WORDS / words).max(1);
    let mut out = Vec::with_capacity(folds.len());
    let (mut active, mut paid, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for from in (0..folds.len()).step_by(batch) {
        let slots = &folds[from..folds.len().min(from + batch)];
        for bitmap in [&mut active, &mut paid] {
            bitmap.clear();
            bitmap.resize(slots.len() * words, 0_u64);
        }
        counts.clear();
        counts.resize(slots.len(), Counts::default());
        let mut tally = |bits: u32, n: u64| {
            let entry = Entry::read(bits, frame.day_bits);
            let at = (entry.slot as usize).wrapping_sub(from);
            let Some(fold) = slots.get(at) else { return };
            let (word, bit) = (at * words + entry.back as usize / 64, 1 << (entry.back % 64));
            active[word] |= bit;
            if entry.paid {
                paid[word] |= bit;
            }
            if entry.class > 0 {
                let class = entry.class as usize - 1;
                let of: &mut Counts = &mut counts[at];
                of.now[class] += if entry.back < frame.window { n } else { 0 };
                of.at_last[class] += if entry.back - fold.last < frame.window { n } else { 0 };
            }
        };
        partition.entries().for_each(|bits| tally(bits, 1));
        partition.extras.iter().for_each(|&(bits, n)| tally(bits, u64::from(n)));
        for (i, (fold, counts)) in slots.iter().zip(&counts).enumerate() {
            let days = &active[i * words..(i + 1) * words];
            let paid_days = ones(&paid[i * words..(i + 1) * words]);
            let day = |back: u32| Day::MIN.plus(frame.as_of - back as i32);
            out.push(FanRow {
                artist: (fold.key >> 32) as u32,
                fan: fold.key as u32,
                first_day: day(fold.first),
                last_day: day(fold.last),
                rows: fold.rows,
                active_days: ones(days),
                paid_days,
                spend: fold.micros as f64 / MICROS,
                window_spend: fold.window_micros as f64 / MICROS,
                window_hours: fold.millis as f64 / MILLIS_PER_HOUR,
                window_social: (counts.now[LIKE] + counts.now[COMMENT] + counts.now[SHARE]) as f64,
                window: activity(days, 0, frame.window, &counts.now, settings),
                at_last: activity(days, fold.last, frame.window, &counts.at_last, settings),
            });
        }
    }
    // In the order of the table, so that the partitions need only be merged.
    out.sort_unstable_by_key(|row| (row.artist, row.fan));
    out
}

fn activity(days: &[u64], from: u32, window: u32, counts: &[u64; CLASSES], s: &FanEngagementSettings) -> WindowActivity {
    let weights = [s.like, s.comment, 0.0, s.save, s.playlist_add, s.purchase, s.ticket];
    let quality = counts.iter().zip(weights).map(|(&n, w)| n as f64 * w).sum();
    WindowActivity { active_days: ones_between(days, from, from.saturating_add(window)), quality, shares: counts[SHARE] as f64 }
}

fn ones(words: &[u64]) -> u32 {
    words.iter().map(|w| w.count_ones()).sum()
}

/// The set bits at `from..to`.
fn ones_between(words: &[u64], from: u32, to: u32) -> u32 {
    let (first, last) = (from as usize / 64, (to as usize).div_ceil(64).min(words.len()));
    (first..last)
        .map(|w| {
            let base = w as u32 * 64;
            let low = if from > base { u64::MAX << (from - base) } else { u64::MAX };
            let high = if to < base + 64 { (1 << (to - base)) - 1 } else { u64::MAX };
            (words[w] & low & high).count_ones()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_between_are_those_of_a_plain_count() {
        let words = [0xDEAD_BEEF_0123_4567, 0x8000_0000_0000_0001, 0xFFFF_0000_FFFF_0000];
        let bit = |i: u32| u32::from(words[i as usize / 64] >> (i % 64) & 1 == 1);
        for from in 0..192 {
            for to in from..=250 {
                assert_eq!(ones_between(&words, from, to), (from..to.min(192)).map(bit).sum::<u32>(), "{from}..{to}");
            }
        }
    }
}
