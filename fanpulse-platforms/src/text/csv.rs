//! Delimited text with a header: comma, semicolon or tab.

use std::io::Read;

use fanpulse_core::ingest::Dataset;
use memchr::memchr_iter;

use super::Source;
use super::lines::{Lines, TextFault};
use super::records::{Record, Records};
use crate::cell::utf8;
use crate::collect::Collector;
use crate::error::quoted;
use crate::fault::Fault;
use crate::layout::recognise;
use crate::{DropReason, FileReport, Format, ReadOptions, Result};

/// The delimiters that are looked for; the one that the header has most of is taken, the first of equals.
const DELIMITERS: [u8; 4] = *b",;\t|";

pub(super) fn read<R: Read>(source: Source<'_>, mut lines: Lines<R>, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport> {
    let delimiter = delimiter(&mut lines).map_err(|fault| source.text(lines.line(), fault))?;
    let mut records = Records::new(lines, delimiter);
    let (names, line) = header(source, &mut records)?;
    let layout = recognise(&names, source.name, options).map_err(|e| source.line(line, e.message()))?;
    let width = names.len();
    let mut collector = Collector::new(layout, data, options.lenient);
    loop {
        let record = match records.next() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(fault) => return Err(source.text(records.line(), fault)),
        };
        let pushed =
            if record.len() == width { collector.push(&record, record.line) } else { collector.refuse(wrong_width(&record, width)) };
        if let Err(fault) = pushed {
            return Err(source.fault(record.line, &fault));
        }
    }
    if collector.rows() == 0 {
        return Err(source.whole("there is a header but no row"));
    }
    Ok(collector.report(source.name, Format::Csv, source.compression))
}

/// The delimiter that a first line `sep=;` names, or that the header has most of.
pub(super) fn delimiter<R: Read>(lines: &mut Lines<R>) -> Result<u8, TextFault> {
    let Some((length, bytes)) = lines.find_line()? else { return Ok(b',') };
    let line = lines.ahead(length);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
    if let Some(&[delimiter]) = line.strip_prefix(b"sep=") {
        lines.consume_line(bytes);
        return Ok(delimiter);
    }
    let mut best = (b',', 0);
    for delimiter in DELIMITERS {
        let count = memchr_iter(delimiter, line).count();
        if count > best.1 {
            best = (delimiter, count);
        }
    }
    Ok(best.0)
}

/// The column names, and the number of their line.
pub(super) fn header<R: Read>(source: Source<'_>, records: &mut Records<R>) -> Result<(Vec<String>, u64)> {
    let line = records.line();
    match records.next() {
        Ok(Some(record)) => {
            let name = |i| utf8(record.field(i), "header").map(str::to_owned);
            let names = (0..record.len()).map(name).collect::<Result<Vec<_>, Box<Fault>>>();
            names.map(|names| (names, record.line)).map_err(|fault| source.fault(record.line, &fault))
        }
        Ok(None) => Err(source.whole("there is no header")),
        Err(fault) => Err(source.text(line, fault)),
    }
}

#[cold]
pub(super) fn wrong_width(record: &Record<'_>, width: usize) -> Box<Fault> {
    let fields = |n: usize| if n == 1 { "1 field".to_owned() } else { format!("{n} fields") };
    Fault::new(
        DropReason::WrongFieldCount,
        format!("{} where the header has {width}, the first is {}", fields(record.len()), quoted(record.field(0))),
    )
}
