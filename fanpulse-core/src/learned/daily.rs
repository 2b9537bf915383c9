//! From observations to the daily series that examples and predictions are made of.

use super::series::DailySeries;
use crate::ingest::Dataset;
use crate::series::{AudienceIndex, Class, Filled, Frame, Gather, Layout, Rows};
use crate::settings::Settings;
use crate::{Day, Error, Result};

/// Whether two different values for one artist, component and time are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// They are an error that names both rows.
    Refuse,
    /// The first counts.
    KeepFirst,
}

/// The audience index of every artist over its whole history up to `until`, or that of its streams where it has no
/// audience component (`scoring.md` §1), in the order of the artist numbers. Each is 1 on its first day; an artist without
/// any has an empty series. Rows after `until` play no part.
///
/// # Errors
/// `invalid` where a row is out of bounds or contradicts another; the error names the row.
pub fn daily_series(data: &Dataset, until: Day, settings: &Settings, conflicts: Conflicts) -> Result<Vec<DailySeries>> {
    let columns = data.observations();
    if u32::try_from(columns.artist.len()).is_err() {
        return Err(Error::invalid(format!("{} observations; 4,294,967,295 at most", columns.artist.len())));
    }
    let layout = Layout::new(&data.components, &data.platforms);
    let frame = Frame::new(settings, until, conflicts == Conflicts::Refuse);
    let mut rows: Vec<u32> = (0_u32..).take(columns.artist.len()).collect();
    rows.sort_by_key(|&row| columns.artist[row as usize]);
    let mut rows_of: Vec<&[u32]> = vec![&[]; data.artists.len()];
    for chunk in rows.chunk_by(|&a, &b| columns.artist[a as usize] == columns.artist[b as usize]) {
        rows_of[columns.artist[chunk[0] as usize] as usize] = chunk;
    }
    let (mut gather, mut filled, mut index) = (Gather::default(), Filled::default(), AudienceIndex::default());
    let mut series = Vec::with_capacity(rows_of.len());
    for (id, rows) in data.artists.iter().zip(rows_of) {
        gather.copied_rows(&layout, &columns, Rows::List(rows), frame)?;
        index_of(&gather, settings, &mut filled, &mut index);
        let first = index.values.iter().position(|x| !x.is_nan()).unwrap_or(index.values.len());
        let back = i32::try_from(index.values.len() - first).unwrap_or(i32::MAX);
        series.push(DailySeries { id: id.to_owned(), start: until.plus(1 - back), values: index.values[first..].to_vec() });
    }
    Ok(series)
}

/// Links the artist's audience components, or its streams, over all of their days.
fn index_of(gather: &Gather, settings: &Settings, filled: &mut Filled, index: &mut AudienceIndex) {
    let has_audience = gather.series().iter().any(|s| s.class.is_audience());
    let counts = |class: Class| match class {
        Class::Followers => Some((settings.audience.followers, settings.max_fill_days as usize)),
        Class::Listeners => Some((settings.audience.monthly_listeners, settings.max_fill_days as usize)),
        Class::Streams if !has_audience => Some((1.0, 0)),
        _ => None,
    };
    // Gathered rows are laid out by the gatherer itself, which borrows nothing.
    let days = |s| gather.days(s, &[]);
    let span = gather.series().iter().filter(|s| counts(s.class).is_some()).map(|s| days(s).len()).max().unwrap_or(0);
    filled.reset(span);
    for s in gather.series() {
        if let Some((weight, max_fill)) = counts(s.class) {
            filled.push(days(s), weight, max_fill, span);
        }
    }
    let whole = Settings { window_days: u32::try_from(span).unwrap_or(u32::MAX), ..settings.clone() };
    index.link(filled, &whole);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;
    use crate::ingest::{Metric, Observation};

    fn push(data: &mut Dataset, artist: &str, platform: &str, metric: Metric, day: Day, value: f64) {
        data.push_observation(&Observation { artist_id: artist, platform, metric, observed_at: Instant::from(day), value }).unwrap();
    }

    #[test]
    fn audience_is_linked_streams_stand_in_and_the_future_is_not_seen() {
        let day = |n| Day::from_ymd(2026, 1, 1).unwrap().plus(n);
        let mut data = Dataset::default();
        for n in [2, 0, 1, 6, 9] {
            push(&mut data, "a", "spotify", Metric::Followers, day(n), 100.0 + f64::from(n));
            push(&mut data, "a", "spotify", Metric::Streams, day(n), 5.0);
            push(&mut data, "b", "spotify", Metric::Streams, day(n), 2.0 * f64::from(n));
        }
        push(&mut data, "c", "spotify", Metric::Saves, day(1), 5.0);
        push(&mut data, "a", "tiktok", Metric::Followers, day(2), 1e6);
        let series = daily_series(&data, day(8), &Settings::default(), Conflicts::Refuse).unwrap();
        assert_eq!(series.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        let a = &series[0];
        // Levels are carried over three days; a platform that joins is no growth.
        assert_eq!((a.start, a.values.len()), (day(0), 9));
        assert!((a.values[1] - 1.01).abs() < 1e-12 && (a.values[2] - 1.02).abs() < 1e-12 && a.values[5] == a.values[2], "{a:?}");
        // Streams of zero have no index, and gaps stay gaps.
        let b = &series[1];
        assert_eq!((b.start, b.values[0], b.values[1]), (day(1), 1.0, 2.0));
        assert!(b.values[2].is_nan() && (b.values[5] - 6.0).abs() < 1e-12);
        assert!(series[2].values.is_empty());
        push(&mut data, "a", "spotify", Metric::Followers, day(2), 7.0);
        assert!(daily_series(&data, day(8), &Settings::default(), Conflicts::Refuse).unwrap_err().message().contains("two values"));
        assert_eq!(daily_series(&data, day(8), &Settings::default(), Conflicts::KeepFirst).unwrap()[0], series[0]);
    }
}
