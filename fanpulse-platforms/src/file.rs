//! Files and streams: opens them, tells how far they were read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use fanpulse_core::ingest::Dataset;

use crate::error::DIRECTORY;
use crate::text::{self, Head, TextTable};
use crate::{Error, FileReport, Progress, ReadOptions, Result, parquet};

/// Reads a file of any known format and appends its rows to the dataset.
///
/// # Errors
/// `invalid` where something is wrong with what the file says, and the kind of the system's error otherwise. The
/// dataset then holds a part of the rows and should be discarded.
pub fn read(path: &Path, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport> {
    let name = path.display().to_string();
    let failed = |e: io::Error| Error::from_io(&name, e);
    let (file, total) = open(path, &name)?;
    let head = Head::new(Counted { inner: &file, read: 0, told: 0, total, progress: options.progress }).map_err(failed)?;
    match total {
        Some(len) if head.is_parquet() => parquet::read(&name, file, len, options, data),
        _ => text::read(&name, head, options, data),
    }
}

/// Reads a table of delimited text, also in gzip or zstd, whose columns the caller knows, and says how many rows it has.
///
/// # Errors
/// `invalid` where something is wrong with what the file says, or the table refuses the header or a row, and the kind
/// of the system's error otherwise.
pub fn read_text_table(path: &Path, progress: Option<&Progress<'_>>, table: &mut dyn TextTable) -> Result<u64> {
    let name = path.display().to_string();
    let failed = |e: io::Error| Error::from_io(&name, e);
    let (file, total) = open(path, &name)?;
    let head = Head::new(Counted { inner: &file, read: 0, told: 0, total, progress }).map_err(failed)?;
    if head.is_parquet() {
        return Err(Error::invalid(format!("{name}: this is Parquet; a table of delimited text is read here")));
    }
    text::read_table(&name, head, table)
}

/// The file, and its size where it is known.
fn open(path: &Path, name: &str) -> Result<(File, Option<u64>)> {
    let failed = |e: io::Error| Error::from_io(name, e);
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(Error::invalid(format!("{name}: {DIRECTORY}")));
    }
    let total = about.is_file().then_some(about.len());
    Ok((file, total))
}

/// Reads a stream of text (CSV or NDJSON, also in gzip or zstd), for instance standard input, and appends its
/// rows to the dataset; `name` stands for it in messages.
///
/// # Errors
/// As [`read`]; `invalid` also for Parquet, which has to be read from a file.
pub fn read_from(name: &str, input: impl Read, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport> {
    let counted = Counted { inner: input, read: 0, told: 0, total: None, progress: options.progress };
    let head = Head::new(counted).map_err(|e| Error::from_io(name, e))?;
    text::read(name, head, options, data)
}

/// A stream that tells how far it was read.
struct Counted<'a, R> {
    inner: R,
    read: u64,
    told: u64,
    total: Option<u64>,
    progress: Option<&'a Progress<'a>>,
}

/// How many bytes are read between two calls of [`ReadOptions::progress`].
const STEP: u64 = 1 << 20;

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.read += n as u64;
        if let Some(progress) = self.progress
            && (self.read - self.told >= STEP || (n == 0 && self.told < self.read))
        {
            self.told = self.read;
            progress(self.read, self.total);
        }
        Ok(n)
    }
}
