//! One statement in numbers, as it is packed and sorted.

use chrono::{Datelike, Months, NaiveDate};
use fanpulse_core::Day;
use fanpulse_core::ingest::Metric;

use super::{AsOf, Filter};

/// Microseconds in a day.
pub(super) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// One statement; its names are numbers of the dictionaries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) artist: u32,
    pub(super) component: u16,
    pub(super) origin: u16,
    pub(super) at: i64,
    pub(super) recorded: i64,
    pub(super) value: f64,
}

/// What a statement is of.
pub(super) type PointKey = (u32, u16, i64);

impl Point {
    pub(super) const fn key(&self) -> PointKey {
        (self.artist, self.component, self.at)
    }
}

/// How many artists share a block: a daily sync then fills blocks with hundreds of points, and who asks for one
/// artist reads not much more.
pub(super) const BUCKET: u32 = 64;

/// The months since January 1970 of a day.
pub(crate) fn month(day: Day) -> i32 {
    let date = day.date();
    (date.year() - 1970) * 12 + date.month0().cast_signed()
}

/// Finds the month of a time; those of neighbouring rows mostly are the same.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    month: i32,
    span: std::ops::Range<i64>,
}

impl Calendar {
    /// The months since January 1970 of a time in microseconds, within the range of [`Day`].
    pub(super) fn month(&mut self, micros: i64) -> i32 {
        if !self.span.contains(&micros) {
            let date = NaiveDate::from_epoch_days(i32::try_from(micros.div_euclid(MICROS_PER_DAY)).unwrap_or_default()).unwrap_or_default();
            let first = date.with_day(1).unwrap_or_default();
            let next = first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
            let start = |d: NaiveDate| i64::from(d.to_epoch_days()) * MICROS_PER_DAY;
            self.month = (first.year() - 1970) * 12 + first.month0().cast_signed();
            self.span = start(first)..start(next);
        }
        self.month
    }
}

/// Which points a question takes, in numbers.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) from: i64,
    pub(super) as_of: AsOf,
    /// By component's number; a number beyond them is not taken.
    pub(super) components: Vec<bool>,
}

impl Taken {
    /// What a filter takes of these components.
    pub(super) fn new(filter: &Filter, as_of: AsOf, components: &[(String, Metric)]) -> Self {
        let takes = |(platform, metric): &(String, Metric)| {
            filter.platform.as_ref().is_none_or(|p| p == platform) && filter.metric.is_none_or(|m| m == *metric)
        };
        Self { from: filter.from.map_or(0, |t| t.micros()), as_of, components: components.iter().map(takes).collect() }
    }

    pub(super) fn takes(&self, p: &Point) -> bool {
        p.at >= self.from
            && p.at <= self.as_of.valid.micros()
            && p.recorded <= self.as_of.recorded.micros()
            && self.components.get(usize::from(p.component)).copied().unwrap_or_default()
    }
}

/// Sorts points by key and leaves of each key the statement that holds; `rank` orders origins by the names of their
/// sources.
pub(super) fn keep_what_holds(points: &mut Vec<Point>, rank: &[u32]) {
    let rank = |p: &Point| rank.get(usize::from(p.origin)).copied().unwrap_or_default();
    // Blocks are sorted runs, which a stable sort merges.
    points.sort_by(|a, b| a.key().cmp(&b.key()).then_with(|| (a.recorded, rank(a)).cmp(&(b.recorded, rank(b)))));
    let mut kept = 0;
    for i in 0..points.len() {
        if points.get(i + 1).is_none_or(|next| next.key() != points[i].key()) {
            points[kept] = points[i];
            kept += 1;
        }
    }
    points.truncate(kept);
}
