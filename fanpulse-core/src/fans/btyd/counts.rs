//! Histories by frequency, in columns, merged where they are equal.
//!
//! All that depends on the frequency is then the same for a whole run of rows, and what is left are two times per
//! row, which a loop over columns takes in whole lanes. In whole days a million fans have few distinct histories.

use std::ops::Range;

use rayon::prelude::*;

use super::History;
use crate::math::LANES;

/// Rows of a piece, whose terms are added up by one thread; fixed, so that a sum does not depend on the threads.
const PIECE: usize = 4_096;
/// Frequencies below this, or below the number of histories, are looked up in a table.
const TABLE: usize = 1 << 12;

/// Distinct histories with how often each occurs, ordered by frequency, age and recency.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Distinct frequencies, ascending, and how many customers have each.
    pub(super) frequencies: Vec<u32>,
    pub(super) with_frequency: Vec<f64>,
    /// Rows of one frequency, as many as one thread takes.
    pub(super) pieces: Vec<Piece>,
    /// Ages and recencies in units of `unit`, and how many customers have both. Each frequency's rows are padded to
    /// whole lanes by rows that nobody has.
    pub(super) ages: Vec<f64>,
    pub(super) recencies: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// The time that counts as 1, so that the rates are near 1 whatever the caller's unit.
    pub(super) unit: f64,
    pub(super) customers: usize,
    /// How many histories differ.
    pub(super) distinct: usize,
}

/// Some rows of one frequency, by its position among the frequencies.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) frequency: usize,
    pub(super) rows: Range<usize>,
}

/// Age and recency in one number that sorts like them: bits of floats that are not negative are in the order of the floats.
const fn key(age: f64, recency: f64) -> u128 {
    (age.to_bits() as u128) << 64 | recency.to_bits() as u128
}

impl Counts {
    pub(super) fn of(histories: &[History]) -> Self {
        let places = Places::of(histories);
        let mut sizes = vec![0_usize; places.frequencies.len()];
        histories.iter().for_each(|h| sizes[places.of_frequency(h.frequency)] += 1);
        // Without a repeat day the recency is 0, and there are more such fans than others.
        let never = places.frequencies.first().filter(|&&x| x == 0).map_or(0, |_| sizes[0]);
        let mut next: Vec<usize> = sizes
            .iter()
            .scan(0, |end, size| {
                *end += size;
                Some(*end - size)
            })
            .collect();
        let (mut alone, mut keys) = (Vec::with_capacity(never), vec![0_u128; histories.len() - never]);
        for h in histories {
            if h.frequency == 0 {
                alone.push(h.age.to_bits());
            } else {
                let place = &mut next[places.of_frequency(h.frequency)];
                keys[*place - never] = key(h.age, h.recency);
                *place += 1;
            }
        }
        alone.par_sort_unstable();
        let mut groups: Vec<&mut [u128]> = Vec::with_capacity(sizes.len());
        let mut rest = &mut keys[..];
        for &size in &sizes[usize::from(never > 0)..] {
            let (group, others) = rest.split_at_mut(size);
            groups.push(group);
            rest = others;
        }
        groups.par_iter_mut().for_each(|group| group.par_sort_unstable());

        let mut counts = Self { unit: 1.0, customers: histories.len(), ..Self::default() };
        if never > 0 {
            counts.add(0, alone.chunk_by(|a, b| a == b).map(|same| (f64::from_bits(same[0]), 0.0, same.len())));
        }
        for (&x, group) in places.frequencies[usize::from(never > 0)..].iter().zip(groups) {
            let merged = group.chunk_by(|a, b| a == b);
            counts.add(x, merged.map(|same| (f64::from_bits((same[0] >> 64) as u64), f64::from_bits(same[0] as u64), same.len())));
        }
        let total: f64 = counts.ages.iter().zip(&counts.weights).map(|(age, w)| age * w).sum();
        if total > 0.0 {
            counts.unit = total / histories.len() as f64;
            counts.ages.iter_mut().chain(&mut counts.recencies).for_each(|t| *t /= counts.unit);
        }
        counts
    }

    /// Takes the rows of the next frequency: age, recency, how many.
    fn add(&mut self, frequency: u32, rows: impl Iterator<Item = (f64, f64, usize)>) {
        let start = self.ages.len();
        let mut customers = 0;
        for (age, recency, count) in rows {
            self.ages.push(age);
            self.recencies.push(recency);
            self.weights.push(count as f64);
            customers += count;
        }
        self.distinct += self.ages.len() - start;
        self.close(frequency, customers as f64, start);
    }

    /// Pads the rows from `start` on and cuts them into pieces.
    fn close(&mut self, frequency: u32, customers: f64, start: usize) {
        let end = start + (self.ages.len() - start).next_multiple_of(LANES);
        // Any time would do where nobody has it.
        let (age, recency) = (self.ages.last().copied().unwrap_or(1.0), self.recencies.last().copied().unwrap_or(1.0));
        self.ages.resize(end, age);
        self.recencies.resize(end, recency);
        self.weights.resize(end, 0.0);
        let place = self.frequencies.len();
        self.pieces.extend((start..end).step_by(PIECE).map(|from| Piece { frequency: place, rows: from..end.min(from + PIECE) }));
        self.frequencies.push(frequency);
        self.with_frequency.push(customers);
    }

    /// Every `stride`-th row, in the same units: what most of the rows say, at a part of the cost.
    pub(super) fn every(&self, stride: usize) -> Self {
        let mut part = Self { unit: self.unit, ..Self::default() };
        let mut seen = 0;
        for pieces in self.pieces.chunk_by(|a, b| a.frequency == b.frequency) {
            let (start, mut customers) = (part.ages.len(), 0.0);
            for row in pieces.iter().flat_map(|p| p.rows.clone()).filter(|&row| self.weights[row] > 0.0) {
                seen += 1;
                if seen % stride == 0 {
                    part.ages.push(self.ages[row]);
                    part.recencies.push(self.recencies[row]);
                    part.weights.push(self.weights[row]);
                    customers += self.weights[row];
                }
            }
            if customers > 0.0 {
                part.distinct += part.ages.len() - start;
                part.customers += customers as usize;
                part.close(self.frequencies[pieces[0].frequency], customers, start);
            }
        }
        part
    }

    /// Σ of the frequencies.
    pub(super) fn repeats(&self) -> f64 {
        self.frequencies.iter().zip(&self.with_frequency).map(|(&x, w)| f64::from(x) * w).sum()
    }

    /// Σ of the ages, in units of `unit`.
    pub(super) fn time(&self) -> f64 {
        self.ages.iter().zip(&self.weights).map(|(age, w)| age * w).sum()
    }
}

/// The distinct frequencies, and where each stands among them.
struct Places {
    frequencies: Vec<u32>,
    table: Vec<u32>,
}

impl Places {
    fn of(histories: &[History]) -> Self {
        let most = histories.iter().map(|h| h.frequency).max().unwrap_or(0) as usize;
        if most < TABLE.max(histories.len()) {
            let mut table = vec![0; most + 1];
            histories.iter().for_each(|h| table[h.frequency as usize] = 1);
            let frequencies: Vec<u32> = (0..=most as u32).filter(|&x| table[x as usize] == 1).collect();
            frequencies.iter().zip(0..).for_each(|(&x, place)| table[x as usize] = place);
            return Self { frequencies, table };
        }
        let mut frequencies: Vec<u32> = histories.iter().map(|h| h.frequency).collect();
        frequencies.par_sort_unstable();
        frequencies.dedup();
        Self { frequencies, table: Vec::new() }
    }

    fn of_frequency(&self, frequency: u32) -> usize {
        match self.table.get(frequency as usize) {
            Some(&place) => place as usize,
            None => self.frequencies.partition_point(|&x| x < frequency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h(frequency: u32, recency: f64, age: f64) -> History {
        History { frequency, recency, age }
    }

    /// Frequency, age, recency and how many, of the rows that somebody has.
    fn rows(counts: &Counts) -> Vec<(u32, f64, f64, f64)> {
        let of = |piece: &Piece| piece.rows.clone().map(|row| (counts.frequencies[piece.frequency], row)).collect::<Vec<_>>();
        let all = counts.pieces.iter().flat_map(of);
        let time = |t: f64| (t * counts.unit * 1e9).round() / 1e9;
        all.map(|(x, row)| (x, time(counts.ages[row]), time(counts.recencies[row]), counts.weights[row])).filter(|r| r.3 > 0.0).collect()
    }

    #[test]
    fn equal_histories_are_merged_whatever_their_order() {
        let counts = Counts::of(&[h(2, 3.0, 9.0), h(0, 0.0, 3.0), h(2, 3.0, 9.0), h(1, 3.0, 9.0)]);
        assert_eq!(rows(&counts), [(0, 3.0, 0.0, 1.0), (1, 9.0, 3.0, 1.0), (2, 9.0, 3.0, 2.0)]);
        assert_eq!((counts.unit, counts.repeats(), &counts.with_frequency[..]), (7.5, 5.0, &[1.0, 1.0, 2.0][..]));
        assert_eq!((counts.distinct, counts.ages.len()), (3, 3 * LANES));
    }

    #[test]
    fn frequencies_far_apart_are_ordered_like_near_ones() {
        let counts = Counts::of(&[h(9_000_000, 3.0, 9.0), h(0, 0.0, 4.0), h(7, 3.0, 9.0), h(9_000_000, 3.0, 8.0)]);
        assert_eq!(rows(&counts), [(0, 4.0, 0.0, 1.0), (7, 9.0, 3.0, 1.0), (9_000_000, 8.0, 3.0, 1.0), (9_000_000, 9.0, 3.0, 1.0)]);
    }

    #[test]
    fn a_part_keeps_the_units_and_every_so_many_rows() {
        let histories: Vec<History> = (0..10_000_u32).map(|i| h(i % 3, f64::from(i % 3), 5.0 + f64::from(i))).collect();
        let all = Counts::of(&histories);
        let part = all.every(10);
        assert_eq!((part.unit, part.distinct, part.customers), (all.unit, 1_000, 1_000));
        assert!((part.time() / all.time() - 0.1).abs() < 1e-3);
        assert_eq!(all.pieces.iter().map(|p| p.rows.len()).max(), Some(3_336));
    }
}
