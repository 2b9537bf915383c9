//! Where the rows of a dataset came from.

use std::fmt::Write as _;
use std::mem::discriminant;

use fanpulse_core::error::Location;
use fanpulse_core::ingest::Dataset;

use crate::error::quoted;
use crate::{Error, ErrorKind, FileReport, Result, TableKind};

/// The files that a dataset was read from, in the order of the reads.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<FileReport>,
    /// Posts that were dropped after the reads, by their row before, in ascending order.
    dropped_posts: Vec<usize>,
}

impl Sources {
    /// Adds the report of the file that was read last.
    ///
    /// # Errors
    /// `invalid` where the file's streams are counted twice: a song's timeline of an artist whose audience timeline
    /// was read too.
    pub fn push(&mut self, mut report: FileReport) -> Result<()> {
        let twice = self.files.iter().find(|f| same_streams(f, &report) || same_streams(&report, f));
        if let Some(other) = twice {
            return Err(Error::invalid(format!(
                "{}: the streams of a song are part of the audience timeline's, and {} holds the other of the same artist {}; \
                 give one of them",
                report.name,
                other.name,
                quoted(report.artist.as_deref().unwrap_or_default().as_bytes()),
            )));
        }
        if report.table == TableKind::Posts {
            report.row_map.shift(self.dropped_posts.len());
        }
        self.files.push(report);
        Ok(())
    }

    /// The reports.
    #[must_use]
    pub fn files(&self) -> &[FileReport] {
        &self.files
    }

    /// The file and the row that a row of the dataset came from, for instance `streams.csv: line 17`.
    ///
    /// In a file of which a lenient read dropped very many rows, it is a range of lines.
    #[must_use]
    pub fn locate(&self, location: Location) -> Option<String> {
        let row = match location {
            Location::Observation(row) | Location::FanEvent(row) => row,
            Location::Post(row) => self.post_before_drops(row),
            _ => return None,
        };
        let same_table = discriminant(&location);
        let files = self.files.iter().filter(|f| discriminant(&f.table.location(row)) == same_table);
        let (file, (first, last)) = files.filter_map(|f| Some((f, f.row_map.origin(row)?))).next()?;
        let mut place = format!("{}: {} {first}", file.name, file.row_noun());
        if last > first {
            let _ = write!(place, " to {last}");
        }
        Some(place)
    }

    /// An engine's error with the file and the row in place of the dataset's row.
    #[must_use]
    pub fn explain(&self, error: fanpulse_core::Error) -> Error {
        let message = match error.location().and_then(|l| self.locate(l)) {
            Some(place) => format!("{place}: {}", error.message()),
            None => error.to_string(),
        };
        let kind = match error.kind() {
            fanpulse_core::ErrorKind::Internal => ErrorKind::Internal,
            fanpulse_core::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Invalid,
        };
        Error::new(kind, message).caused_by(error)
    }

    /// Drops the posts that repeat an earlier one exactly, and says how many these were. A lenient call
    /// drops posts that repeat an earlier one with other values as well.
    ///
    /// # Errors
    /// `invalid` in a strict call where one post stands twice with different values; the message names both places.
    pub fn drop_repeated_posts(&mut self, data: &mut Dataset, lenient: bool) -> Result<u64> {
        let repeats = data.repeated_posts();
        if let Some(&(row, first, _)) = repeats.iter().find(|(_, _, exact)| !exact && !lenient) {
            let e = data.conflicting_post(row);
            let place = |row| self.locate(Location::Post(row)).unwrap_or_else(|| format!("post {row}"));
            return Err(Error::invalid(format!("{}: {}; it stood first in {}", place(row), e.message(), place(first))).caused_by(e));
        }
        let mut rows: Vec<usize> = repeats.into_iter().map(|(row, _, _)| row).collect();
        rows.sort_unstable();
        data.drop_posts(&rows);
        let before: Vec<usize> = rows.iter().map(|&row| self.post_before_drops(row)).collect();
        self.dropped_posts.extend(before);
        self.dropped_posts.sort_unstable();
        Ok(rows.len() as u64)
    }

    /// The row that a post had before any was dropped.
    fn post_before_drops(&self, row: usize) -> usize {
        // The i-th dropped row left `dropped[i] - i` rows before it, a number that never falls.
        let mut low = 0;
        let mut high = self.dropped_posts.len();
        while low < high {
            let mid = low.midpoint(high);
            if self.dropped_posts[mid] - mid <= row {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        row + low
    }
}

/// Whether `song` holds streams that `audience` holds too.
fn same_streams(song: &FileReport, audience: &FileReport) -> bool {
    song.table == TableKind::SpotifySongTimeline && audience.table == TableKind::SpotifyAudienceTimeline && song.artist == audience.artist
}
