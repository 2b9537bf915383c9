//! Histories merged where they are equal, and looked up by their distinct values.
//!
//! In whole days a million fans have few distinct histories, and far fewer distinct ages, recencies and
//! frequencies: the likelihood takes its logarithms and gamma functions once for each.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;

use super::History;

/// Distinct histories with how often each occurs, ordered by age, recency and frequency.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) rows: Vec<CountedRow>,
    /// Distinct frequencies, ascending, and how many customers have each.
    pub(super) frequencies: Vec<u32>,
    pub(super) with_frequency: Vec<f64>,
    /// Distinct ages and recencies, ascending, in units of `unit`.
    pub(super) ages: Vec<f64>,
    pub(super) recencies: Vec<f64>,
    /// The time that counts as 1, so that the rates are near 1 whatever the caller's unit.
    pub(super) unit: f64,
    pub(super) customers: usize,
}

/// One distinct history, by positions in the distinct values.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountedRow {
    pub(super) age: u32,
    pub(super) recency: u32,
    pub(super) frequency: u32,
    pub(super) weight: f64,
}

impl Counts {
    pub(super) fn of(histories: &[History]) -> Self {
        let ((ages, age_of), (recencies, recency_of)) =
            rayon::join(|| distinct(histories.iter().map(|h| h.age.to_bits())), || distinct(histories.iter().map(|h| h.recency.to_bits())));
        let (frequencies, frequency_of) = distinct(histories.iter().map(|h| u64::from(h.frequency)));
        let bits = |n: usize| usize::BITS - n.leading_zeros();
        let (low, middle) = (bits(frequencies.len()), bits(recencies.len()));
        let mut keys: Vec<u128> = Vec::new();
        let mut narrow: Vec<u64> = Vec::new();
        let places = || age_of.iter().zip(&recency_of).zip(&frequency_of).map(|((&a, &r), &f)| (a, r, f));
        let rows = if bits(ages.len()) + middle + low <= 64 {
            narrow.extend(places().map(|(a, r, f)| (u64::from(a) << middle | u64::from(r)) << low | u64::from(f)));
            narrow.par_sort_unstable();
            let unpack = |key: u64| (key >> low >> middle, key >> low & ((1 << middle) - 1), key & ((1 << low) - 1));
            narrow.chunk_by(|x, y| x == y).map(|same| row(unpack(same[0]), same.len())).collect()
        } else {
            keys.extend(places().map(|(a, r, f)| u128::from(a) << 64 | u128::from(r) << 32 | u128::from(f)));
            keys.par_sort_unstable();
            let unpack = |key: u128| ((key >> 64) as u64, (key >> 32) as u64 & 0xFFFF_FFFF, key as u64 & 0xFFFF_FFFF);
            keys.chunk_by(|x, y| x == y).map(|same| row(unpack(same[0]), same.len())).collect()
        };
        let mut counts = Self {
            rows,
            with_frequency: vec![0.0; frequencies.len()],
            frequencies: frequencies.into_iter().map(|f| f as u32).collect(),
            unit: 1.0,
            customers: histories.len(),
            ..Self::default()
        };
        let mut total = 0.0;
        for row in &counts.rows {
            counts.with_frequency[row.frequency as usize] += row.weight;
            total += row.weight * f64::from_bits(ages[row.age as usize]);
        }
        if total > 0.0 {
            counts.unit = total / histories.len() as f64;
        }
        counts.ages = ages.into_iter().map(|bits| f64::from_bits(bits) / counts.unit).collect();
        counts.recencies = recencies.into_iter().map(|bits| f64::from_bits(bits) / counts.unit).collect();
        counts
    }

    /// Σ of the frequencies.
    pub(super) fn repeats(&self) -> f64 {
        self.frequencies.iter().zip(&self.with_frequency).map(|(&x, w)| f64::from(x) * w).sum()
    }
}

fn row((age, recency, frequency): (u64, u64, u64), count: usize) -> CountedRow {
    CountedRow { age: age as u32, recency: recency as u32, frequency: frequency as u32, weight: count as f64 }
}

/// The distinct values in ascending order, and each value's position among them. Bits of floats that are not
/// negative are in the order of the floats.
fn distinct(values: impl Iterator<Item = u64>) -> (Vec<u64>, Vec<u32>) {
    let hasher = DefaultHashBuilder::default();
    let (mut seen, mut found): (Vec<u64>, HashTable<u32>) = (Vec::new(), HashTable::new());
    let (mut last, mut last_place) = (None, 0);
    let mut places: Vec<u32> = values
        .map(|value| {
            if last == Some(value) {
                return last_place;
            }
            let entry = found.entry(hasher.hash_one(value), |&i| seen[i as usize] == value, |&i| hasher.hash_one(seen[i as usize]));
            last_place = match entry {
                hashbrown::hash_table::Entry::Occupied(e) => *e.get(),
                hashbrown::hash_table::Entry::Vacant(e) => {
                    let place = seen.len() as u32;
                    e.insert(place);
                    seen.push(value);
                    place
                }
            };
            last = Some(value);
            last_place
        })
        .collect();
    let mut order: Vec<u32> = (0..seen.len() as u32).collect();
    order.par_sort_unstable_by_key(|&i| seen[i as usize]);
    let mut rank = vec![0; seen.len()];
    for (r, &i) in order.iter().enumerate() {
        rank[i as usize] = r as u32;
    }
    for place in &mut places {
        *place = rank[*place as usize];
    }
    (order.into_iter().map(|i| seen[i as usize]).collect(), places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_histories_are_merged_whatever_their_order() {
        let h = |frequency, recency, age| History { frequency, recency, age };
        let counts = Counts::of(&[h(2, 3.0, 9.0), h(0, 0.0, 3.0), h(2, 3.0, 9.0), h(1, 3.0, 9.0)]);
        let rows: Vec<(f64, f64, u32, f64)> = counts
            .rows
            .iter()
            .map(|r| {
                let (age, recency) = (counts.ages[r.age as usize], counts.recencies[r.recency as usize]);
                (age * counts.unit, recency * counts.unit, counts.frequencies[r.frequency as usize], r.weight)
            })
            .collect();
        assert_eq!(rows, [(3.0, 0.0, 0, 1.0), (9.0, 3.0, 1, 1.0), (9.0, 3.0, 2, 2.0)]);
        assert_eq!((counts.unit, counts.repeats(), &counts.with_frequency[..]), (7.5, 5.0, &[1.0, 1.0, 2.0][..]));
    }
}
