//! What the component codes of a batch mean for the scores, worked out once per batch.

use crate::ingest::{Component, Metric, MetricKind};

/// The part a component plays in the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Followers or subscribers: audience, weight 1.
    Followers,
    /// Monthly listeners: audience, weight 0.5.
    Listeners,
    /// Streams per day.
    Streams,
    /// Streams per day, derived from a counter; counts where the platform reports no streams.
    DerivedStreams,
    /// Saves per day.
    Saves,
    /// Playlist adds per day.
    PlaylistAdds,
    /// Not used by the scores of this crate.
    Other,
}

impl Class {
    const fn of(metric: Metric) -> Self {
        match metric {
            Metric::Followers | Metric::Subscribers => Self::Followers,
            Metric::MonthlyListeners => Self::Listeners,
            Metric::Streams => Self::Streams,
            Metric::TotalStreams => Self::DerivedStreams,
            Metric::Saves => Self::Saves,
            Metric::PlaylistAdds => Self::PlaylistAdds,
            _ => Self::Other,
        }
    }

    /// Whether it is part of the audience index.
    #[inline(always)]
    pub(crate) const fn is_audience(self) -> bool {
        matches!(self, Self::Followers | Self::Listeners)
    }
}

/// One component code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeInfo {
    pub(crate) class: Class,
    pub(crate) kind: MetricKind,
    /// Position of the platform among the batch's platforms in the order of their names.
    pub(crate) platform: u32,
    /// Position in the canonical order (class, platform, metric), in which everything is added up,
    /// whatever order the caller's codes have.
    pub(crate) rank: u32,
}

/// All component codes of a batch, and the posts' platforms in the same numbering.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) codes: Vec<CodeInfo>,
    /// The codes in the order of their ranks.
    pub(crate) by_rank: Vec<usize>,
    pub(crate) post_platforms: Vec<u32>,
}

impl Layout {
    pub(crate) fn new(components: &[Component], post_platforms: &[String]) -> Self {
        let mut names: Vec<&str> =
            components.iter().map(|c| c.platform.as_str()).chain(post_platforms.iter().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        let number = |name: &str| names.binary_search(&name).map_or(u32::MAX, |i| u32::try_from(i).unwrap_or(u32::MAX));

        let mut by_rank: Vec<usize> = (0..components.len()).collect();
        by_rank.sort_by_key(|&i| (Class::of(components[i].metric), number(&components[i].platform), components[i].metric));
        let mut codes: Vec<CodeInfo> = components
            .iter()
            .map(|c| CodeInfo { class: Class::of(c.metric), kind: c.metric.kind(), platform: number(&c.platform), rank: 0 })
            .collect();
        for (rank, &i) in (0_u32..).zip(&by_rank) {
            codes[i].rank = rank;
        }
        Self { codes, by_rank, post_platforms: post_platforms.iter().map(|p| number(p)).collect() }
    }
}
