//! Parquet: column chunks are decoded in parallel, each into its part of the dataset's columns.

mod chunk;
mod dictionary;
mod input;
mod merge;
mod names;
mod numbers;
mod rows;
mod schema;
mod table;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpulse_core::ingest::Dataset;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;

use crate::layout::{Body, recognise};
use crate::{Error, FileReport, ReadOptions, Result};
use input::{Input, Meter};

/// A file whose footer was read.
struct Source<'a> {
    name: &'a str,
    input: Input,
    metadata: ArrowReaderMetadata,
    meter: Meter<'a>,
}

/// What ends a read.
enum Failure {
    /// The file is damaged.
    Damaged(ParquetError),
    /// A row is at fault, counted from 0 in the file.
    Row(u64, Box<crate::fault::Fault>),
    Whole(Error),
}

impl From<ParquetError> for Failure {
    fn from(e: ParquetError) -> Self {
        Self::Damaged(e)
    }
}

impl From<arrow::error::ArrowError> for Failure {
    fn from(e: arrow::error::ArrowError) -> Self {
        Self::Damaged(e.into())
    }
}

/// Reads a table from a Parquet file of `len` bytes.
pub(crate) fn read(name: &str, file: File, len: u64, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport> {
    // Decoders have panicked on damaged files before; whoever reads a damaged file gets an error all the same.
    let outcome = catch_unwind(AssertUnwindSafe(|| read_table(name, file, len, options, data)));
    let failure = match outcome {
        Ok(Ok(report)) => return Ok(report),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::Damaged(ParquetError::General("the decoder gave up".to_owned())),
    };
    Err(match failure {
        Failure::Damaged(ParquetError::External(e)) if e.is::<std::io::Error>() => {
            Error::new(crate::ErrorKind::Unavailable, format!("{name}: it cannot be read: {e}"))
        }
        Failure::Damaged(e) => Error::invalid(format!("{name}: damaged Parquet: {}", one_line(&e))).caused_by(e),
        Failure::Row(row, fault) => Error::invalid(format!("{name}: row {}: {}", row + 1, fault.message)),
        Failure::Whole(e) => e,
    })
}

fn read_table(name: &str, file: File, len: u64, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport, Failure> {
    let whole = |message: &str| Failure::Whole(Error::invalid(format!("{name}: {message}")));
    let input = Input::new(file, len);
    let found = ArrowReaderMetadata::load(&input, ArrowReaderOptions::new())?;
    let names: Vec<String> = found.schema().fields().iter().map(|f| f.name().clone()).collect();
    let layout = recognise(&names, name, options).map_err(|e| whole(e.message()))?;
    let schema = schema::wanted(found.schema(), &layout).map_err(|message| whole(&message))?;
    let metadata = ArrowReaderMetadata::try_new(found.metadata().clone(), ArrowReaderOptions::new().with_schema(schema))?;
    let source = Source { name, input, metadata, meter: Meter::new(options.progress, len) };
    let groups = chunk::groups(&source)?;
    if groups.iter().all(|g| g.rows == 0) {
        return Err(whole("there is a header but no row"));
    }
    match layout.body {
        Body::Long { .. } | Body::Post { .. } | Body::FanEvent(_) => table::read(&source, &groups, layout, options.lenient, data),
        Body::Wide { .. } | Body::Song { .. } => rows::read(&source, layout, options.lenient, data),
    }
}

/// The decoder's message without line breaks or a full stop.
fn one_line(e: &ParquetError) -> String {
    const LONGEST: usize = 200;
    let text = e.to_string();
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
    line.trim_end_matches('.').to_owned()
}
