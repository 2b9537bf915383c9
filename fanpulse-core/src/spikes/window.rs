//! A trailing window whose median costs one short pass, or a binary search and one move, per value.

use multiversion::multiversion;

use crate::math::LANES;

/// A window of at most so many values is rewritten as a whole, which needs no search and guesses nothing.
const SHORT: usize = 256;

/// The last `capacity` values, also kept in ascending order.
#[derive(Debug, Clone)]
pub(super) struct SortedWindow {
    capacity: usize,
    /// Where the next value goes once the window is full, which is where the oldest stands.
    next: usize,
    in_time: Vec<f64>,
    in_order: Vec<f64>,
    /// Where a short window is written to next.
    spare: Vec<f64>,
}

impl SortedWindow {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, next: 0, in_time: Vec::new(), in_order: Vec::new(), spare: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.in_time.len()
    }

    pub(super) fn clear(&mut self) {
        self.next = 0;
        self.in_time.clear();
        self.in_order.clear();
    }

    /// Takes a value that is not NaN and drops the oldest one where the window is full.
    pub(super) fn push(&mut self, value: f64) {
        if self.in_time.len() < self.capacity {
            let to = self.in_order.partition_point(|&v| v < value);
            self.in_time.push(value);
            self.in_order.insert(to, value);
            return;
        }
        let old = std::mem::replace(&mut self.in_time[self.next], value);
        self.next = if self.next + 1 == self.capacity { 0 } else { self.next + 1 };
        if (LANES + 2..=SHORT).contains(&self.capacity) {
            self.spare.resize(self.capacity, 0.0);
            exchange(&self.in_order, old, value, &mut self.spare);
            std::mem::swap(&mut self.in_order, &mut self.spare);
            return;
        }
        // Only what lies between the value that goes and the one that comes has to move.
        let [to, from] = places(&self.in_order, [value, old]);
        if from < to {
            self.in_order.copy_within(from + 1..to, from);
            self.in_order[to - 1] = value;
        } else {
            self.in_order.copy_within(to..from, to + 1);
            self.in_order[to] = value;
        }
    }

    /// The median; 0 of an empty window.
    pub(super) fn median(&self) -> f64 {
        middle(&self.in_order)
    }

    /// The median absolute deviation from `center`, in O(n log n): for the few times that no window of residuals exists yet.
    pub(super) fn deviation_from(&self, center: f64) -> f64 {
        let mut deviations: Vec<f64> = self.in_order.iter().map(|v| (v - center).abs()).collect();
        deviations.sort_unstable_by(f64::total_cmp);
        middle(&deviations)
    }
}

/// Writes the ascending values, of which `old` is one, with `value` in its place and in order.
///
/// Without the first value that is not below `old`, c, a place keeps its value where that is below the new one; else
/// it takes the larger of its neighbour's and the new one.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn exchange(ascending: &[f64], old: f64, value: f64, out: &mut [f64]) {
    let n = ascending.len();
    out[0] = place(without(ascending[0], ascending[1], old), f64::NEG_INFINITY, value);
    out[n - 1] = place(f64::INFINITY, without(ascending[n - 2], ascending[n - 1], old), value);
    let inner = n - 2;
    for start in (0..inner).step_by(LANES) {
        // The last lanes overlap those before them.
        let at = start.min(inner - LANES);
        let Some(around) = ascending[at..].first_chunk::<{ LANES + 2 }>() else { return };
        let mut lanes = [0.0; LANES];
        for l in 0..LANES {
            lanes[l] = place(without(around[l + 1], around[l + 2], old), without(around[l], around[l + 1], old), value);
        }
        out[at + 1..at + 1 + LANES].copy_from_slice(&lanes);
    }
}

// Functions, since a closure would be compiled for the least of the CPUs.
#[inline(always)]
fn without(here: f64, next: f64, old: f64) -> f64 {
    if here < old { here } else { next }
}

#[inline(always)]
fn place(here: f64, before: f64, value: f64) -> f64 {
    let larger = if before < value { value } else { before };
    if here < value { here } else { larger }
}

/// How many of the ascending values lie below each of two: one search for both, whose steps do not wait for each other.
#[inline]
fn places(ascending: &[f64], below: [f64; 2]) -> [usize; 2] {
    let mut first = [0; 2];
    let mut left = ascending.len();
    while left > 0 {
        let half = left.div_ceil(2);
        for (first, below) in first.iter_mut().zip(below) {
            // Without a branch, which would be guessed wrong half of the time.
            *first = std::hint::select_unpredictable(ascending[*first + half - 1] < below, *first + half, *first);
        }
        left -= half;
    }
    first
}

fn middle(ascending: &[f64]) -> f64 {
    let n = ascending.len();
    match n {
        0 => 0.0,
        _ if n % 2 == 1 => ascending[n / 2],
        _ => 0.5 * (ascending[n / 2 - 1] + ascending[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_median_is_that_of_the_sorted_last_values(values in prop::collection::vec(-5_i32..5, 1..120), capacity in 1_usize..40) {
            let mut window = SortedWindow::new(capacity);
            for i in 0..values.len() {
                window.push(f64::from(values[i]));
                let mut last: Vec<f64> = values[(i + 1).saturating_sub(capacity)..=i].iter().map(|&v| f64::from(v)).collect();
                last.sort_by(f64::total_cmp);
                let n = last.len();
                prop_assert_eq!(&window.in_order, &last);
                prop_assert_eq!(window.median(), (last[(n - 1) / 2] + last[n / 2]) / 2.0);
            }
        }
    }
}
