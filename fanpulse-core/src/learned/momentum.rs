//! How well the momentum index of a day ranks the growth that follows it (`scoring.md` §3).

use serde::Serialize;

use super::series::DailySeries;
use crate::ingest::{Dataset, Metric, Observation};
use crate::settings::MomentumSettings;
use crate::{Day, Engine, Error, Instant, Result};

/// Rank correlation on one day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DayCorrelation {
    /// The day of the index.
    pub as_of: Day,
    /// Artists with an index and growth.
    pub artists: usize,
    /// Spearman's ρ; `None` below three artists or where all rank the same.
    pub spearman: Option<f64>,
}

/// How well an index ranks the growth that follows, over many days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MomentumBacktest {
    /// Days ahead.
    pub horizon_days: u32,
    /// One per day asked for.
    pub days: Vec<DayCorrelation>,
    /// Mean of ρ over the days that have one; `None` without any.
    pub mean_spearman: Option<f64>,
    /// Standard error of that mean as if the days were independent; overlapping horizons make it too small.
    pub standard_error: Option<f64>,
}

/// Ranks from 1, ties sharing their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut i = 0;
    while i < order.len() {
        let ties = order[i..].iter().take_while(|&&j| values[j] == values[order[i]]).count();
        for &j in &order[i..i + ties] {
            ranks[j] = i as f64 + (ties as f64 + 1.0) / 2.0;
        }
        i += ties;
    }
    ranks
}

/// Spearman's rank correlation of pairs of finite numbers; `None` below three pairs or where one side does not vary.
///
/// # Formula
/// Pearson's correlation of the ranks, ties sharing their mean rank.
///
/// # Example
/// ```
/// use fanpulse_core::learned::momentum::spearman;
/// assert_eq!(spearman(&[(1.0, 10.0), (2.0, 40.0), (3.0, 90.0)]), Some(1.0));
/// ```
#[must_use]
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    if pairs.len() < 3 || a.iter().chain(&b).any(|x| !x.is_finite()) {
        return None;
    }
    let (a, b) = (ranks(&a), ranks(&b));
    let centre = (pairs.len() as f64 + 1.0) / 2.0;
    let sum = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - centre) * (y - centre)).sum::<f64>();
    let (xx, yy) = (sum(&a, &a), sum(&b, &b));
    (xx > 0.0 && yy > 0.0).then(|| sum(&a, &b) / (xx * yy).sqrt())
}

/// Growth over the `horizon` days after position `t`: the log of the mean of their last week over the mean of the week
/// up to `t`. Whole weeks are blind to the weekday. `None` where a week has too few days.
fn growth(values: &[f64], t: usize, horizon: usize, settings: &MomentumSettings) -> Option<f64> {
    let week = |end: usize| {
        let days = values.get((end + 1).checked_sub(7)?..=end)?;
        let (sum, n) = days.iter().filter(|x| !x.is_nan()).fold((0.0, 0), |(s, n), x| (s + x, n + 1));
        (n >= settings.min_week_days).then(|| sum / f64::from(n))
    };
    let (now, later) = (week(t)?, week(t + horizon)?);
    (now > 0.0 && later > 0.0).then(|| crate::math::ln(later / now))
}

/// Scores daily streams on each of `days` and correlates the momentum index with the growth over the next
/// `horizon_days`, from week to week, artist against artist.
///
/// # Errors
/// `invalid` where a value is infinite or negative, two series have one id, or the horizon is below 7 days.
pub fn backtest(engine: &Engine, series: &[DailySeries], days: &[Day], horizon_days: u32) -> Result<MomentumBacktest> {
    if horizon_days < 7 {
        return Err(Error::invalid(format!("a horizon of {horizon_days} days is below a week")));
    }
    let mut data = Dataset::default();
    for s in series {
        for (i, &value) in s.values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            data.push_observation(&Observation {
                artist_id: s.id.as_str(),
                platform: "streams",
                metric: Metric::Streams,
                observed_at: Instant::from(s.start.plus(i32::try_from(i).unwrap_or(i32::MAX))),
                value,
            })?;
        }
    }
    // Series that are all missing left no row and have no number, so artists are looked up by id.
    let mut by_id: std::collections::BTreeMap<&str, &DailySeries> = std::collections::BTreeMap::new();
    for s in series {
        if by_id.insert(&s.id, s).is_some() {
            return Err(Error::invalid(format!("series `{}` is given twice", s.id)));
        }
    }
    let horizon = horizon_days as usize;
    let settings = &engine.settings().momentum;
    let mut found = Vec::with_capacity(days.len());
    for &as_of in days {
        let scores = engine.score(&data, as_of)?;
        let pair = |i: usize| {
            let s = by_id.get(data.artists.get(u32::try_from(i).ok()?)?)?;
            let t = usize::try_from(as_of.days() - s.start.days()).ok()?;
            let index = scores.momentum[i];
            let growth = growth(&s.values, t, horizon, settings)?;
            (!index.is_nan()).then_some((index, growth))
        };
        let pairs: Vec<(f64, f64)> = (0..scores.artists()).filter_map(pair).collect();
        found.push(DayCorrelation { as_of, artists: pairs.len(), spearman: spearman(&pairs) });
    }
    let known: Vec<f64> = found.iter().filter_map(|d| d.spearman).collect();
    let n = known.len() as f64;
    let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / n);
    let error = mean.filter(|_| known.len() > 1).map(|m| (known.iter().map(|r| (r - m).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt());
    Ok(MomentumBacktest { horizon_days, days: found, mean_spearman: mean, standard_error: error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spearman_is_the_textbooks() {
        // IQ against hours of television, the worked example of Wikipedia's article: ρ = −29/165.
        let iq = [106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let hours = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        let pairs: Vec<(f64, f64)> = iq.into_iter().zip(hours).collect();
        assert!((spearman(&pairs).unwrap() + 29.0 / 165.0).abs() < 1e-12);
        assert_eq!(spearman(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(spearman(&[(1.0, 1.0), (2.0, f64::NAN), (3.0, 3.0)]), None);
        // With ties: ranks 1.5, 1.5, 3 against 1, 2, 3.
        assert!((spearman(&[(1.0, 1.0), (1.0, 2.0), (3.0, 3.0)]).unwrap() - 0.866_025_403_784_438_6).abs() < 1e-12);
    }

    #[test]
    fn artists_that_keep_their_pace_are_ranked_perfectly() {
        let start = Day::from_ymd(2024, 1, 1).unwrap();
        let artist =
            |rate: f64| DailySeries { id: format!("{rate}"), start, values: (0..90).map(|i| 1e4 * (1.0 + rate / 100.0).powi(i)).collect() };
        let series: Vec<DailySeries> = [-1.0, -0.4, 0.2, 0.7, 1.5].into_iter().map(artist).collect();
        let days = [start.plus(60), start.plus(67)];
        let result = backtest(&Engine::default(), &series, &days, 14).unwrap();
        assert_eq!(result.mean_spearman, Some(1.0));
        assert_eq!(result.days[0].artists, 5);
        // On the last day there is nothing after it to rank.
        assert_eq!(backtest(&Engine::default(), &series, &[start.plus(89)], 14).unwrap().mean_spearman, None);
        assert!(backtest(&Engine::default(), &series, &days, 6).is_err());
    }
}
