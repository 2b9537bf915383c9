//! Weeks and months of a series in a few figures.

use async_trait::async_trait;
use chrono::Datelike;
use fanpulse_core::Day;
use fanpulse_core::ingest::{Metric, MetricKind};

use crate::Result;

/// What is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// Monday to Sunday (ISO 8601), UTC.
    Week,
    /// A calendar month, UTC.
    Month,
}

impl Period {
    /// The first day of the week or month that a day is in.
    #[must_use]
    pub fn start(self, day: Day) -> Day {
        let back = match self {
            Self::Week => day.weekday().num_days_from_monday(),
            Self::Month => day.date().day0(),
        };
        day.plus(-back.cast_signed())
    }

    pub(super) const fn code(self) -> i32 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
        }
    }
}

/// A week or a month of one series, as it is known now.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Where.
    pub platform: String,
    /// What.
    pub metric: Metric,
    /// The first day of the week or month.
    pub start: Day,
    /// How many observations there are.
    pub count: u64,
    /// The first of them.
    pub first: f64,
    /// The last of them.
    pub last: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// All of them together; `None` where they do not add up, as levels and counters.
    pub sum: Option<f64>,
}

/// Which weeks or months of an artist; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryFilter {
    /// Whose.
    pub artist_id: String,
    /// Weeks or months.
    pub period: Period,
    /// On this platform.
    pub platform: Option<String>,
    /// Of this metric.
    pub metric: Option<Metric>,
    /// That begin on this day or later.
    pub from: Option<Day>,
    /// That begin on this day or earlier.
    pub until: Option<Day>,
}

impl SummaryFilter {
    /// All weeks, or all months, of an artist.
    #[must_use]
    pub fn of(artist_id: impl Into<String>, period: Period) -> Self {
        Self { artist_id: artist_id.into(), period, platform: None, metric: None, from: None, until: None }
    }

    pub(crate) fn takes(&self, platform: &str, metric: Metric) -> bool {
        self.platform.as_ref().is_none_or(|p| p == platform) && self.metric.is_none_or(|m| m == metric)
    }

    pub(crate) fn takes_start(&self, start: Day) -> bool {
        self.from.is_none_or(|from| from <= start) && self.until.is_none_or(|until| start <= until)
    }
}

/// Summaries of observations, derived from what holds at present.
#[async_trait]
pub trait SummaryStore: Send + Sync {
    /// Weeks or months by platform, the metric's name and time. They say exactly what the observations say that were
    /// appended before the call, late ones and corrections included.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn summaries(&self, filter: &SummaryFilter) -> Result<Vec<Summary>>;

    /// Makes at most `limit` of the summaries anew that late rows have changed, so that those who ask need not wait for
    /// it. One is what a call of [`ObservationStore::append`](crate::ObservationStore::append) changes for up to 64
    /// artists and a month. Returns how many were made.
    ///
    /// # Errors
    /// What the adapter's storage fails with; those made before stay.
    async fn refresh_summaries(&self, limit: u32) -> Result<u64>;
}

/// The figures of a week or a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    pub(crate) count: u64,
    pub(crate) first: f64,
    pub(crate) last: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) sum: f64,
}

impl Figures {
    pub(crate) const fn of(value: f64) -> Self {
        Self { count: 1, first: value, last: value, min: value, max: value, sum: value }
    }

    /// Adds the value that follows in time.
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1;
        self.last = value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
    }

    pub(crate) fn summary(self, platform: &str, metric: Metric, start: Day) -> Summary {
        let Self { count, first, last, min, max, sum } = self;
        let sum = (metric.kind() == MetricKind::Flow).then_some(sum);
        Summary { platform: platform.to_owned(), metric, start, count, first, last, min, max, sum }
    }
}

/// Puts summaries in the order of the answers.
pub(crate) fn sort(summaries: &mut [Summary]) {
    summaries.sort_by(|a, b| (&a.platform, a.metric.as_str(), a.start).cmp(&(&b.platform, b.metric.as_str(), b.start)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let day = |y, m, d| Day::from_ymd(y, m, d).unwrap();
        // 2026-01-01 is a Thursday.
        for (on, week, month) in [
            (day(2026, 1, 1), day(2025, 12, 29), day(2026, 1, 1)),
            (day(2026, 1, 4), day(2025, 12, 29), day(2026, 1, 1)),
            (day(2026, 1, 5), day(2026, 1, 5), day(2026, 1, 1)),
            (day(2024, 2, 29), day(2024, 2, 26), day(2024, 2, 1)),
            (Day::MIN, Day::MIN, Day::MIN),
        ] {
            assert_eq!((Period::Week.start(on), Period::Month.start(on)), (week, month), "{on}");
        }
    }
}
