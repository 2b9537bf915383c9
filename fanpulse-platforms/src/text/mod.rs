//! Text formats: bytes to lines to rows.

mod csv;
mod decode;
mod lines;
mod ndjson;
mod object;
mod records;
mod table;
mod utf16;

use std::io::Read;

use fanpulse_core::ingest::Dataset;

use crate::error::quoted;
use crate::fault::Fault;
use crate::{Compression, Error, ErrorKind, FileReport, ReadOptions, Result};
use decode::Decoded;
use lines::{Lines, TextFault};

pub(crate) use decode::Head;
pub use table::TextTable;
pub(crate) use table::read as read_table;

/// The longest line or record, in bytes. Memory stays below a few times this, whatever the file's size.
const LONGEST: usize = 1 << 20;

/// A file that is being read, for the messages.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    name: &'a str,
    compression: Option<Compression>,
}

impl Source<'_> {
    /// An error about the whole file.
    fn whole(&self, message: &str) -> Error {
        Error::invalid(format!("{}: {message}", self.name))
    }

    /// An error about one line.
    fn line(&self, line: u64, message: &str) -> Error {
        Error::invalid(format!("{}: line {line}: {message}", self.name))
    }

    /// A fault that a strict read met.
    #[cold]
    fn fault(&self, line: u64, fault: &Fault) -> Error {
        self.line(line, &fault.message)
    }

    /// A fault of the bytes themselves.
    #[cold]
    fn text(&self, line: u64, fault: TextFault) -> Error {
        match fault {
            TextFault::TooLong => {
                self.line(line, &format!("it is longer than {} bytes; a line end is missing, or a quote is left open", LONGEST))
            }
            TextFault::OpenQuote => self.line(line, "a quote is opened and never closed"),
            TextFault::Io(e) => self.io(line, e),
        }
    }

    fn io(&self, line: u64, e: std::io::Error) -> Error {
        use std::io::ErrorKind::{InvalidData, UnexpectedEof};
        if e.raw_os_error().is_some() {
            return Error::from_io(self.name, e);
        }
        let after = if line > 1 { format!(" after line {}", line - 1) } else { String::new() };
        let message = match (self.compression, e.kind()) {
            (Some(c), UnexpectedEof) => format!("the {c} data ends early{after}; the file is truncated"),
            (Some(c), _) => format!("the {c} data is damaged{after}: {e}"),
            (None, InvalidData) => format!("{e}{after}"),
            (None, _) => return Error::new(ErrorKind::Unavailable, format!("{}: it cannot be read{after}: {e}", self.name)).caused_by(e),
        };
        self.whole(&message).caused_by(e)
    }
}

/// Reads a table from bytes that are not Parquet.
pub(crate) fn read(name: &str, head: Head<impl Read>, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport> {
    let Decoded { compression, reader } = decode::decode(name, head)?;
    let source = Source { name, compression };
    let mut lines = Lines::new(reader);
    let first = lines.first_byte().map_err(|e| source.text(1, TextFault::Io(e)))?;
    match first {
        None => Err(source.whole("the file is empty")),
        Some(b'{') => ndjson::read(source, lines, options, data),
        Some(b'[') => Err(source.whole("a JSON array; write one object per line instead (NDJSON)")),
        Some(b) if b < b' ' || b == 0x7f => {
            Err(source.whole(&format!("neither a text table nor Parquet, gzip or zstd; it begins with {}", quoted(lines.peek(8)))))
        }
        Some(_) => csv::read(source, lines, options, data),
    }
}
