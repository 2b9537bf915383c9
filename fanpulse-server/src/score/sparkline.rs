//! An artist's audience over the window, as a line to draw.

use std::collections::{BTreeMap, HashMap};

use fanpulse_core::Day;
use fanpulse_core::ingest::{Dataset, Metric, MetricKind};
use fanpulse_core::settings::Settings;
use fanpulse_core::time::MICROS_PER_DAY;

/// The rows of one artist that a line is made of: component, time, value.
type Rows = Vec<(u16, i64, f64)>;

/// For each of the artists the audience of each day of the window, relative to the first, linked from day to day over
/// the platforms that are present on both, as the momentum index sees it; NaN = missing.
///
/// The values are for drawing: a counter's derived streams, which only rarely stand in for an audience, have no line.
pub(crate) fn audience(data: &Dataset, artists: &[usize], as_of: Day, settings: &Settings) -> Vec<Vec<f64>> {
    let weight = |metric: Metric| match metric {
        Metric::Followers | Metric::Subscribers => Some(settings.audience.followers),
        Metric::MonthlyListeners => Some(settings.audience.monthly_listeners),
        _ => None,
    };
    let wanted: Vec<bool> = data.components.iter().map(|c| weight(c.metric).is_some() || c.metric == Metric::Streams).collect();
    let slots: HashMap<u32, usize> =
        artists.iter().enumerate().filter_map(|(slot, &artist)| Some((u32::try_from(artist).ok()?, slot))).collect();
    let window = settings.window_days as usize;
    let days = window + settings.max_fill_days as usize;
    let end = (i64::from(as_of.days()) + 1) * MICROS_PER_DAY;
    let start = end - i64::try_from(days).unwrap_or(0) * MICROS_PER_DAY;

    let mut rows: Vec<Rows> = vec![Rows::new(); artists.len()];
    let t = &data.observations;
    for (row, &at) in t.at.iter().enumerate() {
        if at >= start
            && at < end
            && wanted[usize::from(t.component[row])]
            && let Some(&slot) = slots.get(&t.artist[row])
        {
            rows[slot].push((t.component[row], at, t.value[row]));
        }
    }
    rows.into_iter()
        .map(|mut rows| {
            rows.sort_by_key(|r| (r.0, r.1));
            rows.dedup_by_key(|r| (r.0, r.1));
            let has_audience = rows.iter().any(|r| weight(data.components[usize::from(r.0)].metric).is_some());
            let mut series: BTreeMap<u16, (f64, Vec<f64>)> = BTreeMap::new();
            for (code, at, value) in rows {
                let metric = data.components[usize::from(code)].metric;
                let weight = match weight(metric) {
                    Some(weight) => weight,
                    None if has_audience => continue,
                    None => 1.0,
                };
                let day = usize::try_from((at - start) / MICROS_PER_DAY).unwrap_or(0);
                let values = &mut series.entry(code).or_insert_with(|| (weight, vec![f64::NAN; days])).1;
                let before = values[day];
                values[day] = if metric.kind() == MetricKind::Flow && !before.is_nan() { before + value } else { value };
            }
            let fill = if has_audience { days - window } else { 0 };
            let series: Vec<(f64, Vec<f64>)> = series.into_values().map(|(w, v)| (w, filled(&v, fill)[days - window..].to_vec())).collect();
            linked(&series, window)
        })
        .collect()
}

/// Carries each value over at most so many missing days.
fn filled(values: &[f64], most: usize) -> Vec<f64> {
    let mut last = (f64::NAN, usize::MAX);
    values
        .iter()
        .map(|&v| {
            last = if v.is_nan() { (last.0, last.1.saturating_add(1)) } else { (v, 0) };
            if last.1 <= most { last.0 } else { f64::NAN }
        })
        .collect()
}

fn linked(series: &[(f64, Vec<f64>)], window: usize) -> Vec<f64> {
    let mut index = vec![f64::NAN; window];
    let mut last: Option<usize> = None;
    for t in 0..window {
        let (mut now, mut then) = (0.0, 0.0);
        for (weight, v) in series {
            let before = last.map_or(0.0, |s| v[s]);
            if !v[t].is_nan() && !before.is_nan() {
                now += weight * v[t];
                then += weight * before;
            }
        }
        match last {
            None if now > 0.0 => index[t] = 1.0,
            Some(s) if now > 0.0 && then > 0.0 => index[t] = index[s] * (now / then),
            _ => continue,
        }
        last = Some(t);
    }
    index
}

#[cfg(test)]
mod tests {
    use fanpulse_core::Instant;
    use fanpulse_core::ingest::Observation;

    use super::*;

    #[test]
    fn a_platform_that_joins_is_no_growth() {
        let as_of = Day::from_ymd(2026, 3, 31).unwrap();
        let mut data = Dataset::default();
        for back in 0..40 {
            for (platform, from) in [("spotify", 40), ("tiktok", 10)] {
                if back < from && back != 20 {
                    let o = Observation {
                        artist_id: "a",
                        platform,
                        metric: Metric::Followers,
                        observed_at: as_of.plus(-back).into(),
                        value: 100.0,
                    };
                    data.push_observation(&o).unwrap();
                    // The same row once more changes nothing, a later one of the day takes its place.
                    data.push_observation(&o).unwrap();
                    let noon = Instant::try_new(o.observed_at.micros() + 1).unwrap();
                    data.push_observation(&Observation { observed_at: noon, value: 200.0, ..o }).unwrap();
                }
            }
        }
        assert_eq!(audience(&data, &[0], as_of, &Settings::default()), [vec![1.0; 30]]);
    }
}
