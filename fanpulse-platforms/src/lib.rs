//! FanPulse's sources: readers that fill a [`Dataset`] from files.
//!
//! Four tables are read, from delimited text, NDJSON or Parquet, the text also in gzip or zstd:
//!
//! * observations: `artist_id, platform, metric, observed_at, value`,
//! * posts: `artist_id, platform, post_id, published_at, likes, comments, shares, saves, views` (empty = unknown),
//! * fan events: `artist_id, fan_id, occurred_at, kind, count, amount, seconds, currency` (the last four may be absent or empty),
//! * the audience and song timelines of Spotify for Artists, with the headers they have.
//!
//! Formats are told apart by their first bytes and tables by their header, never by the file's name. Text is
//! read as a stream: beyond the columns that it fills, a read needs a few MiB, whatever the file's size.
//! White space around a cell does not count. Other tables are read with a [`ColumnMap`].
//!
//! # Example: a CSV file
//! ```
//! use fanpulse_core::ingest::Dataset;
//! use fanpulse_platforms::{ReadOptions, Sources, read_from};
//!
//! let csv = "artist_id,platform,metric,observed_at,value\na1,spotify,followers,2026-03-31,1200\n";
//! let mut data = Dataset::default();
//! let mut sources = Sources::default();
//! sources.push(read_from("stdin", csv.as_bytes(), &ReadOptions::default(), &mut data)?)?;
//! assert_eq!(data.observations.value, [1200.0]);
//!
//! let bad = csv.replace("1200", "12x");
//! let error = read_from("a.csv", bad.as_bytes(), &ReadOptions::default(), &mut data).unwrap_err();
//! assert_eq!(error.to_string(), "a.csv: line 2: value: \"12x\" is not a number");
//! # Ok::<(), fanpulse_platforms::Error>(())
//! ```
//!
//! [`Dataset`]: fanpulse_core::ingest::Dataset

mod error;

mod column_map;
mod options;

mod cell;
mod fan_event;
mod fault;
mod layout;

mod codes;
mod collect;
mod row_map;
mod song;

mod file;
mod parquet;
mod text;

mod report;
mod sources;

pub use column_map::ColumnMap;
pub use error::{Error, ErrorKind, Result};
pub use file::{read, read_from, read_text_table};
pub use options::{Progress, ReadOptions};
pub use report::{Compression, DropReason, FileReport, Format, TableKind};
pub use sources::Sources;
pub use text::TextTable;

#[cfg(test)]
mod tests;
