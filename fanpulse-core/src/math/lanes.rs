//! Sums in a fixed order of eight lanes, so that every vector width gives the same bits.

/// Lanes of every reduction.
pub(crate) const LANES: usize = 8;

/// Scratch space of whole lanes that begins at a cache line, so that none of them lie on two.
#[derive(Debug, Default)]
pub(crate) struct LaneColumn {
    values: Vec<f64>,
    start: usize,
}

impl LaneColumn {
    /// Makes room for so many lane groups where there is less; then all are 0.
    #[inline(always)]
    pub(crate) fn fit(&mut self, groups: usize) {
        if self.len() < groups {
            self.grow(groups);
        }
    }

    #[cold]
    fn grow(&mut self, groups: usize) {
        const LINE: usize = 64;
        let n = groups * LANES;
        self.values = vec![0.0; n + LINE / size_of::<f64>()];
        self.start = self.values.as_ptr().align_offset(LINE).min(self.values.len() - n);
        self.values.truncate(self.start + n);
    }
}

impl std::ops::Deref for LaneColumn {
    type Target = [[f64; LANES]];

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        self.values[self.start..].as_chunks().0
    }
}

impl std::ops::DerefMut for LaneColumn {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.values[self.start..].as_chunks_mut().0
    }
}

/// Adds the lanes up in a fixed tree.
#[inline(always)]
pub(crate) fn reduce(a: [f64; LANES]) -> f64 {
    // Seen as eight neighbouring stores, the lanes make the compiler vectorise the loop that fills them; seen as
    // eight terms of a sum they would not.
    let a = std::hint::black_box(a);
    let mut b = [0.0; 4];
    for l in 0..4 {
        b[l] = a[l] + a[l + 4];
    }
    (b[0] + b[2]) + (b[1] + b[3])
}

/// The sum of several runs of at least eight values each, and the least of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    sum: [f64; LANES],
    /// Steps over NaN.
    lowest: [f64; LANES],
}

impl Tally {
    /// Adds a run. Its last lane group overlaps the one before, with what is counted already struck out, so that no
    /// element is left to a scalar loop.
    #[inline(always)]
    pub(crate) fn add(&mut self, values: &[f64]) {
        let Self { mut sum, mut lowest } = *self;
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for l in 0..LANES {
                sum[l] += chunk[l];
                lowest[l] = if chunk[l] < lowest[l] { chunk[l] } else { lowest[l] };
            }
        }
        if let Some(tail) = values.last_chunk::<LANES>() {
            let keep = &FROM_END[rest.len()];
            for l in 0..LANES {
                sum[l] += tail[l] * keep[l];
                lowest[l] = if tail[l] < lowest[l] { tail[l] } else { lowest[l] };
            }
        }
        *self = Self { sum, lowest };
    }

    /// The sum of all runs.
    #[inline(always)]
    pub(crate) fn total(&self) -> f64 {
        reduce(self.sum)
    }

    /// Not 0 where a value was negative.
    #[inline(always)]
    pub(crate) fn negative(&self) -> u64 {
        let mut negative = 0;
        for l in 0..LANES {
            negative |= u64::from(self.lowest[l] < 0.0);
        }
        negative
    }
}

/// Row n keeps the first n lanes.
pub(crate) const FIRST: [[f64; LANES]; LANES + 1] = mask(false);
/// Row n keeps the last n lanes.
const FROM_END: [[f64; LANES]; LANES + 1] = mask(true);

const fn mask(from_end: bool) -> [[f64; LANES]; LANES + 1] {
    let mut rows = [[0.0; LANES]; LANES + 1];
    let mut n = 0;
    while n <= LANES {
        let mut l = 0;
        while l < n {
            rows[n][if from_end { LANES - 1 - l } else { l }] = 1.0;
            l += 1;
        }
        n += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_columns_grow_and_begin_at_a_cache_line() {
        let mut column = LaneColumn::default();
        for (wanted, groups) in [(3, 3), (2, 3), (40, 40)] {
            column.fit(wanted);
            assert_eq!((column.len(), column.as_ptr().addr() % 64), (groups, 0));
            column[wanted - 1] = [1.0; LANES];
        }
        assert_eq!(column.as_flattened().iter().sum::<f64>(), 8.0);
    }

    #[test]
    fn every_length_adds_up() {
        for n in 8..70_u32 {
            let values: Vec<f64> = (1..=n).map(f64::from).collect();
            let mut tally = Tally::default();
            tally.add(&values);
            tally.add(&values);
            assert_eq!((tally.total(), tally.negative()), (f64::from(n * (n + 1)), 0), "{n}");
            for at in 0..values.len() {
                let mut values = values.clone();
                values[at] = -1.0;
                let mut tally = tally;
                tally.add(&values);
                assert_ne!(tally.negative(), 0, "{at} of {n}");
            }
        }
    }
}
