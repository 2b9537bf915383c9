//! Records of delimited text: a quick path for lines without quotes, `csv-core` for the others.

use std::io::Read;
use std::ops::Range;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr_iter, memchr2};

use super::LONGEST;
use super::lines::{Lines, TextFault};
use crate::cell::{Cell, Row};

/// Delimited text as records of fields.
pub(super) struct Records<R> {
    lines: Lines<R>,
    delimiter: u8,
    quoted: Reader,
    /// Where each field of the record at hand ends, its delimiter not counted.
    ends: Vec<usize>,
    /// The fields of a record with quotes, without the quotes.
    unquoted: Vec<u8>,
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
    /// Bytes between the end of a field and the start of the next.
    gap: usize,
    /// The number of the line on which it begins.
    pub(super) line: u64,
}

impl<'a> Record<'a> {
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub(super) fn field(&self, i: usize) -> &'a [u8] {
        let Some(&end) = self.ends.get(i) else { return &[] };
        let start = if i == 0 { 0 } else { self.ends[i - 1] + self.gap };
        &self.bytes[start..end]
    }
}

impl Row for Record<'_> {
    #[inline]
    fn cell(&self, column: usize) -> Cell<'_> {
        Cell::text(self.field(column))
    }
}

/// Where the bytes of the record at hand are.
enum Place {
    /// In the window, just passed over: `bytes` of them, the first `length` of which are the fields.
    Behind {
        bytes: usize,
        length: usize,
    },
    Unquoted(Range<usize>),
}

impl<R: Read> Records<R> {
    pub(super) fn new(lines: Lines<R>, delimiter: u8) -> Self {
        let quoted = ReaderBuilder::new().delimiter(delimiter).build();
        Self { lines, delimiter, quoted, ends: Vec::new(), unquoted: Vec::new() }
    }

    /// The number of the next line.
    pub(super) const fn line(&self) -> u64 {
        self.lines.line()
    }

    /// The next record that is not a blank line; `None` at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, TextFault> {
        let (place, line) = loop {
            let line = self.lines.line();
            let Some((length, bytes)) = self.lines.find_line()? else { return Ok(None) };
            let text = self.lines.ahead(length);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if memchr2(b'"', b'\r', text).is_some() {
                let fields = self.read_quoted()?;
                if fields == 0 {
                    continue;
                }
                break (Place::Unquoted(0..self.ends[fields - 1]), line);
            }
            let length = text.len();
            if length == 0 {
                self.lines.consume_line(bytes);
                continue;
            }
            self.ends.clear();
            self.ends.extend(memchr_iter(self.delimiter, text));
            self.ends.push(length);
            self.lines.consume_line(bytes);
            break (Place::Behind { bytes, length }, line);
        };
        Ok(Some(match place {
            Place::Behind { bytes, length } => Record { bytes: &self.lines.behind(bytes)[..length], ends: &self.ends, gap: 1, line },
            Place::Unquoted(range) => Record { bytes: &self.unquoted[range], ends: &self.ends, gap: 0, line },
        }))
    }

    /// Reads a record that has quotes, or lone carriage returns; gives the number of its fields, 0 for none.
    #[cold]
    fn read_quoted(&mut self) -> Result<usize, TextFault> {
        self.quoted.reset();
        let (mut written, mut fields, mut quotes, mut passed) = (0, 0, 0_usize, 0);
        self.unquoted.resize(self.unquoted.capacity().max(1 << 12), 0);
        self.ends.resize(self.ends.capacity().max(16), 0);
        loop {
            self.lines.complete_pair()?;
            let window = self.lines.window();
            let at_end = window.is_empty();
            let (result, read, wrote, ended) = self.quoted.read_record(window, &mut self.unquoted[written..], &mut self.ends[fields..]);
            quotes += memchr_iter(b'"', &window[..read]).count();
            self.lines.consume(read);
            passed += read;
            written += wrote;
            fields += ended;
            if passed > LONGEST {
                return Err(TextFault::TooLong);
            }
            match result {
                ReadRecordResult::InputEmpty => {
                    self.lines.fill()?;
                }
                ReadRecordResult::OutputFull => {
                    let more = self.unquoted.len() * 2;
                    self.unquoted.resize(more, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let more = self.ends.len() * 2;
                    self.ends.resize(more, 0);
                }
                ReadRecordResult::Record if at_end && quotes % 2 == 1 => return Err(TextFault::OpenQuote),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    fields = 0;
                    break;
                }
            }
        }
        self.ends.truncate(fields);
        Ok(fields)
    }
}
