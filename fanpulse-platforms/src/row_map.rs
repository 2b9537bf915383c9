//! From a row of the dataset back to the row of the file, in little memory.

/// Beyond this many runs, neighbours are merged, and places become ranges of rows.
const MOST_RUNS: usize = 1 << 16;

/// Rows of the dataset that came one after the other from consecutive rows of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// First row of the dataset.
    row: usize,
    /// The row of the file that it came from.
    origin: u64,
    /// How many rows each row of the file gave; 0 = not known any more.
    each: u32,
}

/// The rows that one file gave to a dataset, and where they stood in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowMap {
    runs: Vec<Run>,
    start: usize,
    end: usize,
    last_origin: u64,
}

impl RowMap {
    /// A map whose first row will be the dataset's row `start`.
    pub(crate) fn starting_at(start: usize) -> Self {
        Self { runs: Vec::new(), start, end: start, last_origin: 0 }
    }

    /// Notes that the file's row `origin` gave `count` rows.
    #[inline]
    pub(crate) fn push(&mut self, origin: u64, count: usize) {
        if count == 0 {
            return;
        }
        let continues = origin == self.last_origin + 1
            && self.runs.last().is_some_and(|r| r.each as usize == count && (self.end - r.row).is_multiple_of(count));
        if !continues {
            self.start_run(origin, count);
        }
        self.end += count;
        self.last_origin = origin;
    }

    /// Notes `count` consecutive rows of the file from `origin` on, one row each.
    pub(crate) fn push_consecutive(&mut self, origin: u64, count: usize) {
        if count > 0 {
            self.push(origin, 1);
            self.end += count - 1;
            self.last_origin += count as u64 - 1;
        }
    }

    #[cold]
    fn start_run(&mut self, origin: u64, count: usize) {
        if self.runs.len() >= MOST_RUNS {
            self.halve();
        }
        self.runs.push(Run { row: self.end, origin, each: u32::try_from(count).unwrap_or(0) });
    }

    /// Merges every run with its neighbour.
    fn halve(&mut self) {
        let mut kept = 0;
        for i in (0..self.runs.len()).step_by(2) {
            self.runs[kept] = Run { each: 0, ..self.runs[i] };
            kept += 1;
        }
        self.runs.truncate(kept);
    }

    /// Counts the dataset's rows as if `by` more stood before them.
    pub(crate) fn shift(&mut self, by: usize) {
        self.start += by;
        self.end += by;
        for run in &mut self.runs {
            run.row += by;
        }
    }

    /// How many rows the dataset was given.
    pub(crate) const fn appended(&self) -> usize {
        self.end - self.start
    }

    /// The row of the file that the dataset's row came from, or the first and last that it can have come from.
    pub(crate) fn origin(&self, row: usize) -> Option<(u64, u64)> {
        let i = self.runs.partition_point(|r| r.row <= row).checked_sub(1)?;
        if row >= self.end {
            return None;
        }
        let run = self.runs[i];
        Some(match run.each {
            0 => (run.origin, self.runs.get(i + 1).map_or(self.last_origin, |next| next.origin.max(run.origin + 1) - 1)),
            each => {
                let origin = run.origin + ((row - run.row) / each as usize) as u64;
                (origin, origin)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_are_merged_when_there_are_too_many() {
        let mut map = RowMap::starting_at(5);
        // Every second row of the file was dropped.
        for row in 0..200_000_u64 {
            map.push(2 * row + 2, 1);
        }
        assert!(map.runs.len() <= MOST_RUNS);
        for row in (0..200_000).step_by(997) {
            let (first, last) = map.origin(5 + row).unwrap();
            let true_origin = 2 * row as u64 + 2;
            assert!(first <= true_origin && true_origin <= last && last - first < 64, "{first} {true_origin} {last}");
        }
        assert_eq!(map.origin(4), None);
        assert_eq!(map.origin(200_005), None);
    }

    proptest! {
        #[test]
        fn every_row_finds_its_origin(rows in proptest::collection::vec((1_u64..3, 0_usize..4), 0..200)) {
            let mut map = RowMap::starting_at(7);
            let mut expected = Vec::new();
            let mut origin = 1;
            for (step, count) in rows {
                origin += step;
                map.push(origin, count);
                expected.extend(std::iter::repeat_n(origin, count));
            }
            for (i, origin) in expected.iter().enumerate() {
                prop_assert_eq!(map.origin(7 + i), Some((*origin, *origin)));
            }
            prop_assert_eq!(map.appended(), expected.len());
        }
    }
}
