//! Delimited text whose columns the caller knows.

use std::io::Read;

use super::csv::{delimiter, header, wrong_width};
use super::decode::Decoded;
use super::lines::{Lines, TextFault};
use super::records::Records;
use super::{Head, Source, decode};
use crate::Result;
use crate::cell::{trimmed, utf8};
use crate::error::quoted;

/// Takes a table row by row. What it refuses becomes an error that names the file and the line.
pub trait TextTable {
    /// Takes the names of the columns.
    ///
    /// # Errors
    /// What is wrong with them, lower case.
    fn header(&mut self, names: &[String]) -> std::result::Result<(), String>;

    /// Takes a row of as many cells, without space at either end; an empty one is missing.
    ///
    /// # Errors
    /// What is wrong with it, lower case; it names the column and the value.
    fn row(&mut self, cells: &[&str]) -> std::result::Result<(), String>;
}

/// Reads a table and says how many rows it has.
pub(crate) fn read(name: &str, head: Head<impl Read>, table: &mut dyn TextTable) -> Result<u64> {
    let Decoded { compression, reader } = decode::decode(name, head)?;
    let source = Source { name, compression };
    let mut lines = Lines::new(reader);
    match lines.first_byte().map_err(|e| source.text(1, TextFault::Io(e)))? {
        None => return Err(source.whole("the file is empty")),
        Some(b'{' | b'[') => return Err(source.whole("this is JSON; a table of delimited text with a header is read here")),
        Some(b) if b < b' ' || b == 0x7f => {
            return Err(source.whole(&format!("no delimited text, gzip or zstd; it begins with {}", quoted(lines.peek(8)))));
        }
        Some(_) => {}
    }
    let delimiter = delimiter(&mut lines).map_err(|fault| source.text(lines.line(), fault))?;
    let mut records = Records::new(lines, delimiter);
    let (names, line) = header(source, &mut records)?;
    table.header(&names).map_err(|message| source.line(line, &message))?;
    let mut rows = 0;
    loop {
        let record = match records.next() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(fault) => return Err(source.text(records.line(), fault)),
        };
        if record.len() != names.len() {
            return Err(source.fault(record.line, &wrong_width(&record, names.len())));
        }
        let cells = (0..record.len()).map(|i| utf8(trimmed(record.field(i)), &names[i]));
        let cells: Vec<&str> = cells.collect::<std::result::Result<_, _>>().map_err(|fault| source.fault(record.line, &fault))?;
        table.row(&cells).map_err(|message| source.line(record.line, &message))?;
        rows += 1;
    }
    if rows == 0 { Err(source.whole("there is a header but no row")) } else { Ok(rows) }
}
