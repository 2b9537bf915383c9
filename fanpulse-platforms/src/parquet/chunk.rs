//! The columns of one row group, decoded in batches.

use std::ops::Range;

use arrow::array::{ArrayRef, RecordBatch};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use super::{Failure, Source};
use crate::DropReason;
use crate::fault::Fault;

/// Rows decoded at a time: enough to spread the costs of a batch, few enough to stay in the cache.
const BATCH: usize = 1 << 14;

/// A row group: its number, and its rows in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) index: usize,
    pub(super) first: u64,
    pub(super) rows: usize,
}

/// The file's row groups.
pub(super) fn groups(source: &Source<'_>) -> Result<Vec<Group>, Failure> {
    let mut first = 0_u64;
    let mut groups = Vec::new();
    for (index, group) in source.metadata.metadata().row_groups().iter().enumerate() {
        let rows = usize::try_from(group.num_rows()).map_err(|_| damaged("a row group has fewer than 0 rows"))?;
        groups.push(Group { index, first, rows });
        first = first.checked_add(rows as u64).ok_or_else(|| damaged("the row groups claim more than 2^64 rows"))?;
    }
    Ok(groups)
}

pub(super) fn damaged(what: &str) -> Failure {
    Failure::Damaged(ParquetError::General(what.to_owned()))
}

/// Reads columns of the row groups, in ascending order of the columns.
pub(super) fn reader(source: &Source<'_>, groups: Vec<usize>, columns: &[usize]) -> Result<ParquetRecordBatchReader, Failure> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source.input.clone(), source.metadata.clone());
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
    Ok(builder.with_projection(mask).with_row_groups(groups).with_batch_size(BATCH).build()?)
}

/// Calls `each` with the rows of the group that a batch holds, until it gives `false`.
pub(super) fn each_batch(
    source: &Source<'_>,
    group: Group,
    columns: &[usize],
    mut each: impl FnMut(Range<usize>, &RecordBatch) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut row = 0;
    for batch in reader(source, vec![group.index], columns)? {
        let batch = batch?;
        let rows = row..row + batch.num_rows();
        if rows.end > group.rows {
            return Err(damaged("a row group has more rows than it says"));
        }
        row = rows.end;
        if !each(rows, &batch)? {
            return Ok(());
        }
    }
    if row < group.rows {
        return Err(damaged("a row group has fewer rows than it says"));
    }
    Ok(())
}

/// The rows of a column chunk that are at fault.
#[derive(Debug, Default)]
pub(super) struct Bad {
    lenient: bool,
    /// In a lenient read: all of them, counted from 0 in the group, in ascending order.
    pub(super) rows: Vec<(usize, DropReason)>,
    /// In a strict read: the first.
    pub(super) first: Option<(usize, Box<Fault>)>,
}

impl Bad {
    pub(super) fn new(lenient: bool) -> Self {
        Self { lenient, ..Self::default() }
    }

    /// Notes the fault; whether to read on.
    #[cold]
    pub(super) fn meet(&mut self, row: usize, fault: Box<Fault>) -> bool {
        if self.lenient {
            self.rows.push((row, fault.reason));
        } else {
            self.first = Some((row, fault));
        }
        self.lenient
    }

    /// Notes the fault of several rows; whether to read on.
    #[cold]
    pub(super) fn meet_all(&mut self, rows: Range<usize>, fault: Box<Fault>) -> bool {
        if self.lenient {
            self.rows.extend(rows.map(|row| (row, fault.reason)));
            true
        } else {
            self.meet(rows.start, fault)
        }
    }
}

/// A column chunk to read.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) group: Group,
    pub(super) column: usize,
    /// The column's name, for messages.
    pub(super) name: &'a str,
}

impl Chunk<'_> {
    pub(super) fn each(&self, mut each: impl FnMut(Range<usize>, &ArrayRef) -> Result<bool, Failure>) -> Result<(), Failure> {
        each_batch(self.source, self.group, &[self.column], |rows, batch| each(rows, batch.column(0)))
    }
}
