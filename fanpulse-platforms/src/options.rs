//! What a caller can ask of a reader.

use std::fmt;

use crate::ColumnMap;

/// Called with the bytes read so far and the file's size where it is known; from any thread.
pub type Progress<'a> = dyn Fn(u64, Option<u64>) + Sync + 'a;

/// How to read a file.
#[derive(Clone, Default)]
pub struct ReadOptions<'a> {
    /// Drop bad rows and count them by reason, instead of failing at the first. Default: fail.
    ///
    /// Faults of the whole file (a missing column, a truncated gzip) fail either way.
    pub lenient: bool,
    /// Whose it is, for files that do not say so themselves. Default: unknown.
    pub artist: Option<String>,
    /// What the columns mean, for tables of other shapes. Default: the columns' own names say it.
    pub map: Option<ColumnMap>,
    /// Where progress is told, about once per MiB. Default: nowhere.
    pub progress: Option<&'a Progress<'a>>,
}

impl fmt::Debug for ReadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("lenient", &self.lenient)
            .field("artist", &self.artist)
            .field("map", &self.map)
            .field("progress", &self.progress.map(|_| "…"))
            .finish()
    }
}
