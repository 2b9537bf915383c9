//! Spikes in the artists' daily series: a pass of its own, so that the batch does not pay for it.

use rayon::prelude::*;

use super::Engine;
use crate::error::Location;
use crate::ingest::{Metric, MetricKind, ObservationColumns, check_each_once};
use crate::report::ViralSeries;
use crate::settings::ViralSettings;
use crate::spikes::{CounterPrecision, SeasonalRobust, Series, SeriesSpike, counter_flows};
use crate::{Day, Error, Result};

/// What a detector takes at most; whatever lies above is no count of anything and stays out.
const MOST: f64 = 1e15;

impl Engine {
    /// The spikes in the daily series of some artists, given by number, each once, that went on within the window.
    ///
    /// As with posts, viral is what reaches [`ViralSettings::min_lift`](crate::settings::ViralSettings::min_lift) times
    /// the expected value, and `min_engagement` in all: the detector alone, which is set to an alarm a month in a series
    /// without spikes, would list noise. Judged are flows and counters, each by its whole history up to `as_of`; levels are not. Where a platform reports
    /// streams, its counter of streams is left out. A counter whose every reading has three figures is taken for rounded,
    /// and what rounding can explain is no spike; neither is a day that was filled in. The batch itself does not look for
    /// spikes in series: it costs more than all scores of the artist, and grows with the history.
    ///
    /// # Errors
    /// `invalid` where columns differ in length or a code is out of bounds, naming the row.
    ///
    /// # Example: one day of streams that tripled
    /// ```
    /// use fanpulse_core::ingest::{Dataset, Metric, Observation};
    /// use fanpulse_core::{Day, Engine, Instant};
    /// let as_of = Day::from_ymd(2026, 3, 31)?;
    /// let mut data = Dataset::default();
    /// for back in 0..200 {
    ///     let usual = 9_000.0 + f64::from(back * 7919 % 1001);
    ///     data.push_observation(&Observation {
    ///         artist_id: "low-tide",
    ///         platform: "spotify",
    ///         metric: Metric::Streams,
    ///         observed_at: Instant::from(as_of.plus(-back)),
    ///         value: if back == 5 { 3.0 * usual } else { usual },
    ///     })?;
    /// }
    /// let spikes = Engine::default().series_spikes(&data.observations(), &[0], as_of)?;
    /// assert_eq!((spikes[0].len(), spikes[0][0].peak), (1, as_of.plus(-5)));
    /// # Ok::<(), fanpulse_core::Error>(())
    /// ```
    pub fn series_spikes(&self, observations: &ObservationColumns<'_>, artists: &[usize], as_of: Day) -> Result<Vec<Vec<ViralSeries>>> {
        observations.check_lengths()?;
        check_each_once("component", observations.components)?;
        let detector = SeasonalRobust::try_new(self.settings().spikes.clone())?;
        let grouped = Grouped::new(observations, artists, as_of)?;
        let viral = &self.settings().viral;
        let first = as_of.plus(1 - i32::try_from(self.settings().window_days).unwrap_or(i32::MAX));
        (0..artists.len())
            .into_par_iter()
            .map(|place| spikes_of(observations, grouped.rows(place), &detector, first, as_of, viral))
            .collect()
    }
}

/// The rows that matter, grouped by artist.
struct Grouped {
    starts: Vec<usize>,
    rows: Vec<usize>,
}

impl Grouped {
    fn new(c: &ObservationColumns<'_>, artists: &[usize], as_of: Day) -> Result<Self> {
        if let Some(row) = c.component.iter().position(|&code| usize::from(code) >= c.components.len()) {
            let message = format!("component code {} is not below the {} components", c.component[row], c.components.len());
            return Err(Error::invalid(message).at(Location::Observation(row)));
        }
        let most = artists.iter().copied().max().map_or(0, |most| most + 1);
        let mut places = vec![usize::MAX; most];
        for (place, &artist) in artists.iter().enumerate() {
            places[artist] = place;
        }
        let judged: Vec<bool> = c.components.iter().map(|c| c.metric.kind() != MetricKind::Level).collect();
        let place = |row: usize| {
            let wanted = judged[usize::from(c.component[row])] && (Day::MIN.days()..=as_of.days()).contains(&c.time.day(row));
            places.get(c.artist[row] as usize).copied().filter(|&place| wanted && place != usize::MAX)
        };
        let mut starts = vec![0; artists.len() + 1];
        (0..c.len()).filter_map(place).for_each(|place| starts[place + 1] += 1);
        for i in 0..artists.len() {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; starts[artists.len()]];
        for (row, place) in (0..c.len()).filter_map(|row| Some((row, place(row)?))) {
            rows[next[place]] = row;
            next[place] += 1;
        }
        Ok(Self { starts, rows })
    }

    fn rows(&self, place: usize) -> &[usize] {
        &self.rows[self.starts[place]..self.starts[place + 1]]
    }
}

fn spikes_of(
    c: &ObservationColumns<'_>,
    rows: &[usize],
    detector: &SeasonalRobust,
    first: Day,
    as_of: Day,
    least: &ViralSettings,
) -> Result<Vec<ViralSeries>> {
    let mut rows = rows.to_vec();
    rows.sort_unstable_by_key(|&row| (c.component[row], c.time.key(row), row));
    // Of rows that stand for one instant the first counts, as in the batch.
    rows.dedup_by_key(|row| (c.component[*row], c.time.key(*row)));
    let reported = |platform: &str| {
        rows.iter().any(|&row| {
            let other = &c.components[usize::from(c.component[row])];
            other.metric == Metric::Streams && other.platform == platform
        })
    };
    let mut found = Vec::new();
    for series in rows.chunk_by(|&a, &b| c.component[a] == c.component[b]) {
        let component = &c.components[usize::from(c.component[series[0]])];
        if component.metric == Metric::TotalStreams && reported(&component.platform) {
            continue;
        }
        let (start, days) = daily(c, series, component.metric.kind(), as_of)?;
        let spikes = if component.metric.kind() == MetricKind::Counter {
            let flows = counter_flows(&days, CounterPrecision::of(&days))?;
            let series = Series::daily(start, &flows.values).with_resolution(&flows.resolution).with_interpolated(&flows.interpolated);
            detector.report(&series)?.spikes
        } else {
            detector.report(&Series::daily(start, &days))?.spikes
        };
        let high = |s: &SeriesSpike| s.lift.is_none_or(|lift| lift >= least.min_lift) && s.value >= least.min_engagement;
        let recent = spikes.into_iter().filter(|s| s.end.is_none_or(|end| end.day() >= first) && high(s));
        found.extend(recent.map(|spike| viral(spike, &component.platform, component.metric)));
    }
    found.sort_by(|a, b| (a.start, &a.platform, a.metric).cmp(&(b.start, &b.platform, b.metric)));
    Ok(found)
}

/// The first day of a component's rows, which are in the order of time, and the value of each day from it to `as_of`: the
/// sum of a flow, the last reading of a counter, NaN where there is none.
fn daily(c: &ObservationColumns<'_>, rows: &[usize], kind: MetricKind, as_of: Day) -> Result<(Day, Vec<f64>)> {
    let start = Day::try_new(c.time.day(rows[0]))?;
    let mut days = vec![f64::NAN; as_of.days().abs_diff(start.days()) as usize + 1];
    for &row in rows {
        let day = &mut days[c.time.day(row).abs_diff(start.days()) as usize];
        let flow = kind == MetricKind::Flow && !day.is_nan();
        *day = if flow { *day + c.value[row] } else { c.value[row] };
    }
    for day in &mut days {
        if !(0.0..=MOST).contains(day) {
            *day = f64::NAN;
        }
    }
    Ok((start, days))
}

fn viral(spike: SeriesSpike, platform: &str, metric: Metric) -> ViralSeries {
    ViralSeries {
        platform: platform.to_owned(),
        metric,
        start: spike.start.day(),
        peak: spike.peak.day(),
        end: spike.end.map(|end| end.day()),
        value: spike.value,
        baseline: spike.baseline,
        lift: spike.lift,
        z: spike.z,
        threshold: spike.threshold,
        evidence: spike.evidence,
    }
}
