//! What came of reading a file.

use std::collections::BTreeMap;
use std::fmt;

use fanpulse_core::error::Location;
use fanpulse_core::ingest::Dataset;

use crate::layout::Layout;
use crate::row_map::RowMap;

macro_rules! names {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type { $($(#[$doc])* $variant,)* }

        impl $type {
            /// Its name in files and APIs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// How the rows are written.
    Format {
        /// Delimited text with a header.
        Csv = "csv",
        /// One JSON object per line.
        Ndjson = "ndjson",
        /// Apache Parquet.
        Parquet = "parquet",
    }
}

names! {
    /// What a text file is packed in.
    Compression {
        /// gzip, of one or more members.
        Gzip = "gzip",
        /// Zstandard, of one or more frames.
        Zstd = "zstd",
    }
}

names! {
    /// Which table a file holds; its header says so.
    TableKind {
        /// Observations, long or (with a column map) wide.
        Observations = "observations",
        /// Posts with their counts.
        Posts = "posts",
        /// What fans did.
        FanEvents = "fan_events",
        /// The audience timeline of Spotify for Artists.
        SpotifyAudienceTimeline = "spotify_audience_timeline",
        /// A song's timeline of Spotify for Artists.
        SpotifySongTimeline = "spotify_song_timeline",
    }
}

names! {
    /// Why a lenient read dropped something.
    DropReason {
        /// Text where a number belongs, or a count that is not whole.
        BadNumber = "bad_number",
        /// A number below 0.
        Negative = "negative",
        /// NaN or an infinity.
        NotFinite = "not_finite",
        /// A time that cannot be read, has no zone, or is outside 1970–2199.
        BadTime = "bad_time",
        /// A metric that FanPulse does not know.
        UnknownMetric = "unknown_metric",
        /// A kind of fan event that FanPulse does not know.
        UnknownKind = "unknown_kind",
        /// Something else where text belongs.
        BadText = "bad_text",
        /// An empty field that has to be there.
        MissingField = "missing_field",
        /// Bytes that are not UTF-8.
        InvalidUtf8 = "invalid_utf8",
        /// More or fewer fields than the header has.
        WrongFieldCount = "wrong_field_count",
        /// A line that is not one JSON object.
        BadJson = "bad_json",
        /// A number above what a count or a code can hold.
        TooLarge = "too_large",
        /// The same row once more (dropped by strict reads too).
        Repeated = "repeated",
        /// Another value for what an earlier row has said.
        Conflicting = "conflicting",
    }
}

/// What came of reading one file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileReport {
    /// The file's path as it was given.
    pub name: String,
    /// How its rows are written.
    pub format: Format,
    /// What it is packed in.
    pub compression: Option<Compression>,
    /// Which table it holds.
    pub table: TableKind,
    /// Whose it is, where the options or the file's name said so rather than the file itself.
    pub artist: Option<String>,
    /// The file's rows, without header and blank lines.
    pub rows: u64,
    /// Observations appended to the dataset.
    pub observations: usize,
    /// Posts appended to the dataset.
    pub posts: usize,
    /// Fan events appended to the dataset.
    pub fan_events: usize,
    /// What was dropped, by reason: rows, or single cells of a table with several value columns.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Columns that were not read, as the header spells them.
    pub skipped_columns: Vec<String>,
    /// Which row of the file each of the dataset's rows came from.
    pub(crate) row_map: RowMap,
}

/// What was read, whatever came of it.
pub(crate) struct Read<'a> {
    pub(crate) name: &'a str,
    pub(crate) format: Format,
    pub(crate) compression: Option<Compression>,
    pub(crate) layout: &'a Layout,
    pub(crate) rows: u64,
}

impl TableKind {
    /// How many rows the dataset has in the table that a file of this kind fills.
    pub(crate) fn rows_of(self, data: &Dataset) -> usize {
        match self {
            Self::Posts => data.posts.len(),
            Self::FanEvents => data.fan_events.len(),
            Self::Observations | Self::SpotifyAudienceTimeline | Self::SpotifySongTimeline => data.observations.len(),
        }
    }

    /// Where a row of that table is.
    pub(crate) const fn location(self, row: usize) -> Location {
        match self {
            Self::Posts => Location::Post(row),
            Self::FanEvents => Location::FanEvent(row),
            Self::Observations | Self::SpotifyAudienceTimeline | Self::SpotifySongTimeline => Location::Observation(row),
        }
    }
}

impl FileReport {
    pub(crate) fn new(read: Read<'_>, dropped: BTreeMap<DropReason, u64>, row_map: RowMap) -> Self {
        let (appended, table) = (row_map.appended(), read.layout.kind);
        let (posts, fan_events) = match table {
            TableKind::Posts => (appended, 0),
            TableKind::FanEvents => (0, appended),
            _ => (0, 0),
        };
        Self {
            name: read.name.to_owned(),
            format: read.format,
            compression: read.compression,
            table,
            artist: read.layout.fixed_artist().map(str::to_owned),
            rows: read.rows,
            observations: appended - posts - fan_events,
            posts,
            fan_events,
            dropped,
            skipped_columns: read.layout.skipped(),
            row_map,
        }
    }

    /// How much was dropped, for whatever reason.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// What a person calls a row of this file.
    pub(crate) const fn row_noun(&self) -> &'static str {
        match self.format {
            Format::Parquet => "row",
            Format::Csv | Format::Ndjson => "line",
        }
    }
}
