//! Tables of columns: Arrow without a copy, NumPy arrays, lists.

pub(crate) mod events;
pub(crate) mod number;
pub(crate) mod observations;
pub(crate) mod pieces;
pub(crate) mod posts;
mod scan;
pub(crate) mod source;
pub(crate) mod text;
pub(crate) mod time;
mod unlike;

use std::fmt;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use fanpulse_core::Error;
use rayon::prelude::*;

/// Rows that one thread works on at a time.
pub(crate) const PIECE: usize = 1 << 16;

/// Which table it is, as errors say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Observations,
    Posts,
    FanEvents,
    Examples,
    /// A list of numbers outside any table.
    Values,
}

impl Kind {
    /// The name of the argument.
    const fn plural(self) -> &'static str {
        match self {
            Self::Observations => "observations",
            Self::Posts => "posts",
            Self::FanEvents => "fans",
            Self::Examples => "examples",
            Self::Values => "values",
        }
    }

    /// An error about a cell.
    pub(crate) fn fault(self, row: usize, column: &str, message: impl fmt::Display) -> Error {
        Error::invalid(format!("{} row {row}: {column}: {message}", self.row()))
    }

    /// The columns of the table, those that may be absent last.
    pub(crate) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Observations => &["artist_id", "observed_at", "value", "platform", "metric"],
            Self::Posts => &["artist_id", "platform", "post_id", "published_at", "likes", "comments", "shares", "saves", "views"],
            Self::FanEvents => &["artist_id", "fan_id", "occurred_at", "kind", "count", "amount", "seconds", "currency"],
            Self::Examples => &["id", "date", "known", "label"],
            Self::Values => &[],
        }
    }

    /// Whether the table is nothing without a column.
    pub(crate) fn needs(self, name: &str) -> bool {
        let needed = if self == Self::Observations { 3 } else { 4 };
        self.columns().iter().take(needed).any(|column| *column == name)
    }

    const fn row(self) -> &'static str {
        match self {
            Self::Observations => "observation",
            Self::Posts => "post",
            Self::FanEvents => "fan event",
            Self::Examples => "example",
            Self::Values => "list",
        }
    }
}

/// How times without a zone are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naive {
    /// They are refused.
    Refuse,
    /// As UTC.
    Utc,
}

/// A table as it came.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) kind: Kind,
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) naive: Naive,
}

/// One column of a table in its chunks.
#[derive(Clone)]
pub(crate) struct Column {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) data_type: DataType,
    pub(crate) chunks: Vec<ArrayRef>,
    pub(crate) naive: Naive,
}

impl Table {
    /// How many rows.
    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// A column that may be absent.
    pub(crate) fn optional(&self, name: &'static str) -> Result<Option<Column>, Error> {
        let mut found = self.schema.fields().iter().enumerate().filter(|(_, field)| field.name() == name);
        let Some((i, field)) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(Error::invalid(format!("{}: column `{name}` is there twice", self.kind.plural())));
        }
        let chunks: Vec<ArrayRef> = self.batches.iter().map(|batch| batch.column(i).clone()).filter(|chunk| !chunk.is_empty()).collect();
        Ok(Some(Column { kind: self.kind, name, data_type: field.data_type().clone(), chunks, naive: self.naive }))
    }

    /// A column that must be there.
    pub(crate) fn column(&self, name: &'static str) -> Result<Column, Error> {
        self.optional(name)?.ok_or_else(|| self.missing(name, ""))
    }

    /// The error that says which columns there are.
    pub(crate) fn missing(&self, name: &str, advice: &str) -> Error {
        let names: Vec<String> = self.schema.fields().iter().map(|f| format!("`{}`", f.name())).collect();
        let there = if names.is_empty() { "there are none".to_owned() } else { format!("there are {}", names.join(", ")) };
        Error::invalid(format!("{}: column `{name}` is missing; {there}{advice}", self.kind.plural()))
    }
}

impl Column {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(|c| c.len()).sum()
    }

    /// An error about a row.
    pub(crate) fn fault(&self, row: usize, message: impl fmt::Display) -> Error {
        self.kind.fault(row, self.name, message)
    }

    /// An error about the column.
    pub(crate) fn wrong_type(&self, wanted: &str) -> Error {
        Error::invalid(format!("{}: column `{}` is {}, not {wanted}", self.kind.plural(), self.name, self.data_type))
    }

    /// Each chunk with the number of its first row.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = (usize, &ArrayRef)> {
        self.chunks.iter().scan(0, |start, chunk| {
            let first = *start;
            *start += chunk.len();
            Some((first, chunk))
        })
    }

    /// Refuses nulls.
    pub(crate) fn complete(&self) -> Result<(), Error> {
        if self.data_type == DataType::Null && self.len() > 0 {
            return Err(self.fault(0, "missing (null)"));
        }
        for (first, chunk) in self.offsets() {
            if let Some(nulls) = chunk.nulls().filter(|n| n.null_count() > 0) {
                let row = (0..chunk.len()).position(|i| nulls.is_null(i)).unwrap_or(0);
                return Err(self.fault(first + row, "missing (null)"));
            }
        }
        Ok(())
    }
}

/// The pieces of `n` rows, for the threads.
pub(crate) fn pieces(n: usize) -> impl IndexedParallelIterator<Item = std::ops::Range<usize>> {
    (0..n.div_ceil(PIECE)).into_par_iter().map(move |i| i * PIECE..((i + 1) * PIECE).min(n))
}
