//! A trailing window whose median costs a binary search and one short move per value.

/// The last `capacity` values, also kept in ascending order.
#[derive(Debug, Clone)]
pub(super) struct SortedWindow {
    capacity: usize,
    /// Where the next value goes once the window is full, which is where the oldest stands.
    next: usize,
    in_time: Vec<f64>,
    in_order: Vec<f64>,
}

impl SortedWindow {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, next: 0, in_time: Vec::new(), in_order: Vec::new() }
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
        fn the_median_is_that_of_the_sorted_last_values(values in prop::collection::vec(-5_i32..5, 1..120), capacity in 1_usize..20) {
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
