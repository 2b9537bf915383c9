//! A Parquet file that several threads read at once.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::Progress;

/// Reads at positions of its own: a cloned [`File`] shares its position with the original, so that threads
/// would read each other's bytes.
#[derive(Clone)]
pub(super) struct Input {
    file: Arc<File>,
    len: u64,
}

impl Input {
    pub(super) fn new(file: File, len: u64) -> Self {
        Self { file: Arc::new(file), len }
    }
}

impl Length for Input {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Input {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::with_capacity(1 << 10, From { file: Arc::clone(&self.file), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // A damaged length must not be believed before memory is asked for.
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on are beyond the file's end")));
        }
        let mut bytes = vec![0; length];
        From { file: Arc::clone(&self.file), at: start }.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// The file's bytes from a position on.
pub(super) struct From {
    file: Arc<File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = read_at(&self.file, out, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, out, at)
}

#[cfg(windows)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    // Moves the file's position, but every read here names its own.
    std::os::windows::fs::FileExt::seek_read(file, out, at)
}

/// Tells how much of a file was read, from whatever thread.
pub(super) struct Meter<'a> {
    progress: Option<&'a Progress<'a>>,
    read: AtomicU64,
    total: u64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(progress: Option<&'a Progress<'a>>, total: u64) -> Self {
        Self { progress, read: AtomicU64::new(0), total }
    }

    pub(super) fn add(&self, bytes: u64) {
        if let Some(progress) = self.progress {
            let read = self.read.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
            progress(read.min(self.total), Some(self.total));
        }
    }
}
