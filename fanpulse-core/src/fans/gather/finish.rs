//! What needs all of a fan's days: distinct days, and counts in the window that ends on the fan's last day.

use super::partition::{CLASSES, Entry, Partition};
use super::{Frame, MICROS, MILLIS_PER_HOUR};
use crate::fans::table::{FanRow, WindowActivity};
use crate::ingest::FanEventKind;
use crate::settings::FanEngagementSettings;
use crate::time::Day;

/// Words of the day bitmaps that exist at a time, so that they stay in the cache however long the history.
const BITMAP_WORDS: usize = 1 << 17;

/// Interactions of one fan in the window before `as_of` and in the one before the fan's last day. Quality in
/// millionths: a sum of integers does not depend on the order of the events.
#[derive(Debug, Clone, Copy, Default)]
struct Interactions {
    quality: u64,
    shares: u64,
    social: u64,
    quality_at_last: u64,
    shares_at_last: u64,
}

const SHARE: u32 = 3;
// Likes, comments and shares are social: the classes 1 to 3, which are their codes.
const _: () = assert!(FanEventKind::Like.code() == 1 && FanEventKind::Share.code() == 3 && FanEventKind::Ticket.code() == 7);

impl Interactions {
    #[inline(always)]
    fn add(&mut self, class: u32, n: u64, (in_window, in_last): (bool, bool), weights: &[u64; CLASSES + 1]) {
        let quality = weights[class as usize].saturating_mul(n);
        let (now, last) = (u64::from(in_window), u64::from(in_last));
        let (share, social) = (u64::from(class == SHARE) * n, u64::from(class.wrapping_sub(1) < SHARE) * n);
        self.quality = self.quality.saturating_add(now * quality);
        self.shares = self.shares.saturating_add(now * share);
        self.social = self.social.saturating_add(now * social);
        self.quality_at_last = self.quality_at_last.saturating_add(last * quality);
        self.shares_at_last = self.shares_at_last.saturating_add(last * share);
    }
}

pub(super) fn rows(partition: Partition, frame: &Frame, s: &FanEngagementSettings) -> Vec<FanRow> {
    let weights = [0.0, s.like, s.comment, 0.0, s.save, s.playlist_add, s.purchase, s.ticket].map(|w| (w * MICROS + 0.5) as u64);
    let folds = &partition.folds;
    let day_mask = (1 << frame.day_bits) - 1;
    let words = partition.entries().map(|bits| bits & day_mask).max().unwrap_or(0) as usize / 64 + 1;
    let batch = (BITMAP_WORDS / words).max(1);
    let mut out = Vec::with_capacity(folds.len());
    let (mut active, mut paid, mut interactions, mut lasts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // Paid days differ from active ones only where some events were paid and others not.
    let mixed = partition.paid == (true, true);
    for from in (0..folds.len()).step_by(batch) {
        let slots = &folds[from..folds.len().min(from + batch)];
        let n = slots.len();
        active.clear();
        active.resize(n * words, 0_u64);
        paid.clear();
        paid.resize(if mixed { n * words } else { 0 }, 0_u64);
        for entry in partition.entries().map(|bits| Entry::read(bits, frame.day_bits)) {
            let at = (entry.slot as usize).wrapping_sub(from);
            if at < n {
                let (word, bit) = (at * words + entry.back as usize / 64, 1 << (entry.back % 64));
                active[word] |= bit;
                if mixed {
                    paid[word] |= if entry.paid { bit } else { 0 };
                }
            }
        }
        lasts.clear();
        lasts.extend(active.chunks_exact(words).map(lowest));
        interactions.clear();
        interactions.resize(n, Interactions::default());
        if partition.interactions {
            let mut tally = |bits: u32, count: u64| {
                let entry = Entry::read(bits, frame.day_bits);
                let at = (entry.slot as usize).wrapping_sub(from);
                if at < n && entry.class > 0 {
                    let of: &mut Interactions = &mut interactions[at];
                    let within = (entry.back < frame.window, entry.back - lasts[at] < frame.window);
                    of.add(entry.class, count, within, &weights);
                }
            };
            partition.entries().for_each(|bits| tally(bits, 1));
            partition.extras.iter().for_each(|&(bits, count)| tally(bits, u64::from(count)));
        }
        for (i, (fold, of)) in slots.iter().zip(&interactions).enumerate() {
            let days = &active[i * words..(i + 1) * words];
            let active_days = ones(days);
            let paid_days = match partition.paid {
                (true, true) => ones(&paid[i * words..(i + 1) * words]),
                (all, _) => {
                    if all {
                        active_days
                    } else {
                        0
                    }
                }
            };
            let day = |back: u32| Day::MIN.plus(frame.as_of - back as i32);
            let activity = |from: u32, quality: u64, shares: u64| WindowActivity {
                active_days: ones_between(days, from, from.saturating_add(frame.window)),
                quality: quality as f64 / MICROS,
                shares: shares as f64,
            };
            out.push(FanRow {
                artist: (fold.key >> 32) as u32,
                fan: fold.key as u32,
                first_day: day(highest(days)),
                last_day: day(lasts[i]),
                active_days,
                paid_days,
                spend: fold.micros as f64 / MICROS,
                window_spend: fold.window_micros as f64 / MICROS,
                window_hours: fold.millis as f64 / MILLIS_PER_HOUR,
                window_social: of.social as f64,
                window: activity(0, of.quality, of.shares),
                at_last: activity(lasts[i], of.quality_at_last, of.shares_at_last),
            });
        }
    }
    // In the order of the table, so that the partitions need only be merged.
    out.sort_unstable_by_key(|row| (row.artist, row.fan));
    out
}

/// The lowest set bit: the days from the last event to `as_of`.
fn lowest(words: &[u64]) -> u32 {
    words.iter().position(|&w| w != 0).map_or(0, |i| i as u32 * 64 + words[i].trailing_zeros())
}

/// The highest set bit: the days from the first event to `as_of`.
fn highest(words: &[u64]) -> u32 {
    words.iter().rposition(|&w| w != 0).map_or(0, |i| i as u32 * 64 + 63 - words[i].leading_zeros())
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
