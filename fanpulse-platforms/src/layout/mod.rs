//! What the columns of a file mean, which its header says.

mod header;
mod recognise;
mod spotify;

use fanpulse_core::ingest::Metric;

use crate::TableKind;

pub(crate) use recognise::recognise;

/// The counts of a post, in the order of the canonical columns.
pub(crate) const COUNTS: [&str; 5] = ["likes", "comments", "shares", "saves", "views"];

/// What a fan event may leave out, in the order of the canonical columns.
pub(crate) const EVENT_OPTIONS: [&str; 4] = ["count", "amount", "seconds", "currency"];

/// Where a row's text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Column(usize),
    Constant(String),
}

/// What a file's columns mean. Numbers are positions in the header.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) kind: TableKind,
    /// The header's names as they are shown.
    pub(crate) names: Vec<String>,
    pub(crate) artist: Origin,
    pub(crate) time: usize,
    pub(crate) body: Body,
}

/// What a row holds beside whose it is and when it was.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// One observation.
    Long { platform: Origin, metric: usize, value: usize },
    /// An observation for each filled cell.
    Wide { platform: Option<usize>, values: Vec<WideValue> },
    /// The streams of one song on a day.
    Song { value: usize, title: String },
    /// A post; a count without a column is unknown.
    Post { platform: Origin, id: usize, counts: [Option<usize>; 5] },
    /// What a fan did.
    FanEvent(FanEventColumns),
}

/// Where the parts of a fan event stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FanEventColumns {
    pub(crate) fan: usize,
    pub(crate) kind: usize,
    /// Without a column every row stands for one event.
    pub(crate) count: Option<usize>,
    pub(crate) amount: Option<usize>,
    pub(crate) seconds: Option<usize>,
    pub(crate) currency: Option<usize>,
}

/// A column with the values of one metric.
#[derive(Debug, Clone)]
pub(crate) struct WideValue {
    pub(crate) column: usize,
    /// Where; otherwise the row's platform says it.
    pub(crate) platform: Option<String>,
    pub(crate) metric: Metric,
}

impl Layout {
    /// Whose the whole file is, where no column says it.
    pub(crate) fn fixed_artist(&self) -> Option<&str> {
        match &self.artist {
            Origin::Column(_) => None,
            Origin::Constant(id) => Some(id),
        }
    }

    /// The columns that are read, in ascending order.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut columns = vec![self.time];
        let mut add = |origin: &Origin| {
            if let Origin::Column(i) = origin {
                columns.push(*i);
            }
        };
        add(&self.artist);
        match &self.body {
            Body::Long { platform, metric, value } => {
                add(platform);
                columns.extend([*metric, *value]);
            }
            Body::Wide { platform, values } => {
                columns.extend(platform);
                columns.extend(values.iter().map(|v| v.column));
            }
            Body::Song { value, .. } => columns.push(*value),
            Body::Post { platform, id, counts } => {
                add(platform);
                columns.push(*id);
                columns.extend(counts.iter().flatten());
            }
            Body::FanEvent(e) => {
                columns.extend([e.fan, e.kind]);
                columns.extend([e.count, e.amount, e.seconds, e.currency].into_iter().flatten());
            }
        }
        columns.sort_unstable();
        columns
    }

    /// The names of the columns that are not read.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let read = self.columns();
        let skipped = |&(i, name): &(usize, &String)| read.binary_search(&i).is_err() && !name.is_empty();
        self.names.iter().enumerate().filter(skipped).map(|(_, name)| name.clone()).collect()
    }
}
