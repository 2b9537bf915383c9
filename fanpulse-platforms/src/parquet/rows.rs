//! Tables that do not give one dataset row per file row: row by row, as text is read.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, PrimitiveArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use fanpulse_core::ingest::Dataset;

use super::chunk::{damaged, reader};
use super::dictionary::Texts;
use super::numbers::{floats, micros, number};
use super::{Failure, Source};
use crate::cell::{Cell, Row};
use crate::collect::Collector;
use crate::layout::Layout;
use crate::{FileReport, Format};

pub(super) fn read(source: &Source<'_>, layout: Layout, lenient: bool, data: &mut Dataset) -> Result<FileReport, Failure> {
    let columns = layout.columns();
    let groups = source.metadata.metadata().num_row_groups();
    let bytes = source.metadata.metadata().row_groups().iter().map(|g| u64::try_from(g.compressed_size()).unwrap_or(0));
    let (bytes, rows) = (bytes.sum::<u64>(), source.metadata.metadata().file_metadata().num_rows().max(1));
    let mut places = vec![None; layout.names.len()];
    for (place, &column) in columns.iter().enumerate() {
        places[column] = Some(place);
    }
    let mut collector = Collector::new(layout, data, lenient);
    for batch in reader(source, (0..groups).collect(), &columns)? {
        let batch = batch?;
        let cells = batch.columns().iter().map(Cells::new).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let number = collector.rows();
            let row = BatchRow { cells: &cells, places: &places, row };
            collector.push(&row, number + 1).map_err(|fault| Failure::Row(number, fault))?;
        }
        source.meter.add(share(bytes, &batch, rows));
    }
    Ok(collector.report(source.name, Format::Parquet, None))
}

/// The batch's share of the file's bytes.
fn share(bytes: u64, batch: &RecordBatch, rows: i64) -> u64 {
    bytes.saturating_mul(batch.num_rows() as u64) / rows.unsigned_abs()
}

/// A column of a batch.
enum Cells<'a> {
    Text { texts: Texts<'a>, keys: Cow<'a, [i32]> },
    Number(PrimitiveArray<Float64Type>),
    Time { array: &'a ArrayRef, micros: Vec<i64> },
}

impl<'a> Cells<'a> {
    fn new(array: &'a ArrayRef) -> Result<Self, Failure> {
        match array.data_type() {
            DataType::Dictionary(..) => {
                let texts = Texts::new(array)?;
                let keys = texts.keys();
                Ok(Self::Text { texts, keys })
            }
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                let mut out = vec![0; array.len()];
                // What is out of range is found again when the row's turn comes.
                micros(array, &mut out, |_, _| true, "")?;
                Ok(Self::Time { array, micros: out })
            }
            t if t.is_numeric() => Ok(Self::Number(floats(array)?)),
            _ => Err(damaged("a column was decoded as something else")),
        }
    }
}

struct BatchRow<'a> {
    cells: &'a [Cells<'a>],
    /// Where each of the file's columns stands in the batch.
    places: &'a [Option<usize>],
    row: usize,
}

impl Row for BatchRow<'_> {
    fn cell(&self, column: usize) -> Cell<'_> {
        match self.places[column].map(|place| &self.cells[place]) {
            None => Cell::Missing,
            Some(Cells::Text { texts, keys }) => texts.get(keys[self.row]).map_or(Cell::Missing, |text| Cell::text(text.as_bytes())),
            Some(Cells::Number(numbers)) => number(numbers, self.row),
            Some(Cells::Time { array, .. }) if array.is_null(self.row) => Cell::Missing,
            Some(Cells::Time { micros, .. }) => Cell::Time(micros[self.row]),
        }
    }
}
