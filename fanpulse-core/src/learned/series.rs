//! Examples from daily audiences or streams: did the series grow by a factor over what follows?

use chrono::Datelike;

use super::inputs::Inputs;
use super::set::{Example, Feature, Task, TrainingSet};
use crate::error::Insufficient;
use crate::math::ln;
use crate::settings::GrowthSettings;
use crate::{Day, Error, Result};

/// A daily series of one artist.
#[derive(Debug, Clone, PartialEq)]
pub struct DailySeries {
    /// Whose.
    pub id: String,
    /// The day of the first value.
    pub start: Day,
    /// One per day, positive; NaN = missing.
    pub values: Vec<f64>,
}

const FEATURES: [(&str, &str, &str); 9] = [
    ("growth_7d", "growth", "mean of the last 7 days over the 7 before, % per day"),
    ("growth_14d", "growth", "mean of the last 14 days over the 14 before, % per day"),
    ("growth_28d", "growth", "mean of the last 28 days over the 28 before, % per day"),
    ("acceleration", "acceleration", "growth over 7 days less that of the week before, % per day"),
    ("steadiness", "steadiness", "share of the last 28 days above the same weekday a week before, ties half"),
    ("roughness", "steadiness", "median size of the daily change of the log, weekday against weekday"),
    ("new_high_streak", "new high", "days in a row, up to the last, whose 7-day mean is the highest so far, at most 28"),
    ("surprise", "surprise", "log of the last day over the median of its weekday in the 4 weeks before, in median absolute deviations"),
    ("age", "age", "log of 1 + days since the first value"),
];

/// Days of history that the features look at.
const WINDOW: usize = 56;
/// A deviation below this is rounding, not noise, log scale.
const QUIET: f64 = 1e-6;

/// Mean of the present values of `days`, and how many there are.
fn mean(values: &[f64]) -> (f64, usize) {
    let (sum, n) = values.iter().filter(|x| !x.is_nan()).fold((0.0, 0), |(s, n), x| (s + x, n + 1));
    if n == 0 { (f64::NAN, 0) } else { (sum / n as f64, n) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => 0.5 * (values[n / 2 - 1] + values[n / 2]),
    }
}

/// The features of a series at position `t`, NaN = not available; nothing after `t` is read. Multiplying the series
/// by a constant changes none.
fn features(values: &[f64], t: usize, settings: &GrowthSettings) -> Vec<f64> {
    let at = |back: usize| t.checked_sub(back).map_or(f64::NAN, |i| values[i]);
    // Mean of the `n` days that end `back` days before t.
    let span = |back: usize, n: usize| match (t + 1).checked_sub(back + n) {
        Some(from) => {
            let (mean, present) = mean(&values[from..from + n]);
            if present * 7 >= n * settings.min_week_days as usize { mean } else { f64::NAN }
        }
        None => f64::NAN,
    };
    let growth = |back: usize, n: usize| 100.0 * ln_ratio(span(back, n), span(back + n, n)) / n as f64;
    let week_on_week: Vec<f64> = (0..28).map(|b| ln_ratio(at(b), at(b + 7))).filter(|r| !r.is_nan()).collect();
    let pairs = week_on_week.len() as f64;
    let enough = week_on_week.len() >= settings.min_pairs as usize;
    let risen = week_on_week.iter().map(|&r| if r.abs() <= 1e-9 { 0.5 } else { f64::from(u8::from(r > 0.0)) }).sum::<f64>();
    // Against the median of the same weekday in the four weeks before each day.
    let usual = |b: usize| median((1..=4).map(|w| at(b + 7 * w)).filter(|x| !x.is_nan()).collect());
    let residual = |b: usize| ln_ratio(at(b), usual(b));
    let past: Vec<f64> = (1..=28).map(residual).filter(|r| !r.is_nan()).collect();
    let surprise = if past.len() >= settings.min_pairs as usize {
        let centre = median(past.clone());
        let spread = 1.4826 * median(past.iter().map(|r| (r - centre).abs()).collect());
        ((residual(0) - centre) / spread.max(QUIET)).clamp(-100.0, 100.0)
    } else {
        f64::NAN
    };
    let born = values[..=t].iter().position(|x| !x.is_nan()).unwrap_or(t);
    vec![
        growth(0, 7),
        growth(0, 14),
        growth(0, 28),
        growth(0, 7) - growth(7, 7),
        if enough { risen / pairs } else { f64::NAN },
        if enough { median(week_on_week.iter().map(|r| r.abs()).collect()) } else { f64::NAN },
        new_high_streak(values, t, settings),
        surprise,
        ln(1.0 + (t - born) as f64),
    ]
}

/// The named features of a series on a day; nothing after it is read. Where the last two weeks have too few days, it says
/// how many: then there would be no example to learn from either.
pub(super) fn latest_features(s: &DailySeries, as_of: Day, settings: &GrowthSettings) -> Result<Vec<(&'static str, f64)>, Insufficient> {
    let end = usize::try_from(as_of.days() - s.start.days() + 1).unwrap_or(0).min(s.values.len());
    let missing = usize::try_from(as_of.days() - s.start.days() + 1).unwrap_or(0) - end;
    let mut values = s.values[..end].to_vec();
    // A series that ended before the day is silent since.
    values.resize(end + missing.min(WINDOW), f64::NAN);
    let (_, seen) = mean(&values[values.len().saturating_sub(14)..]);
    let need = (2 * settings.min_week_days) as usize;
    match values.len().checked_sub(1) {
        Some(t) if seen >= need => Ok(FEATURES.iter().map(|f| f.0).zip(features(&values, t, settings)).collect()),
        _ => Err(Insufficient { have: seen as f64, need: need as f64 }),
    }
}

/// ln(a/b); NaN unless both are positive.
fn ln_ratio(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 { ln(a / b) } else { f64::NAN }
}

fn new_high_streak(values: &[f64], t: usize, settings: &GrowthSettings) -> f64 {
    let week = |i: usize| {
        let (mean, present) = mean(&values[i + 1 - 7..=i]);
        if present >= settings.min_week_days as usize { mean } else { f64::NAN }
    };
    let (mut high, mut streak) = (f64::NEG_INFINITY, 0.0);
    for i in 6..=t {
        let m = week(i);
        // A day without a mean neither breaks a streak nor adds to it.
        if m > high {
            high = m;
            streak += 1.0;
        } else if !m.is_nan() {
            streak = 0.0;
        }
    }
    if high.is_finite() { f64::min(streak, 28.0) } else { f64::NAN }
}

/// Examples every `step_days` days of every series: is the mean of the next `horizon_days` at least `factor` times that
/// of the last 14 days? A day is taken only where both means rest on enough days, so that a series that is not seen any
/// more is neither a success nor a failure. The plain ranking to beat is growth over the last 14 days.
///
/// # Errors
/// `invalid` where a setting is out of bounds or a value is infinite or not positive.
pub fn growth_examples(series: &[DailySeries], settings: &GrowthSettings) -> Result<TrainingSet> {
    settings.validate()?;
    let (horizon, need) = (settings.horizon_days as usize, settings.min_week_days as usize);
    let mut examples = Vec::new();
    for s in series {
        if let Some(i) = s.values.iter().position(|x| *x <= 0.0 || x.is_infinite()) {
            let day = s.start.plus(i32::try_from(i).unwrap_or(i32::MAX));
            return Err(Error::invalid(format!("series `{}` of {day} is {}, not a finite number above 0", s.id, s.values[i])));
        }
        // The same days for every artist, whatever day a series starts on.
        let phase = s.start.date().num_days_from_ce().unsigned_abs() as usize % settings.step_days as usize;
        for t in WINDOW..s.values.len().saturating_sub(horizon) {
            if !(t + phase).is_multiple_of(settings.step_days as usize) {
                continue;
            }
            let (now, seen) = mean(&s.values[t + 1 - 14..=t]);
            let (later, seen_later) = mean(&s.values[t + 1..=t + horizon]);
            if seen * 7 < 14 * need || seen_later * 7 < horizon * need {
                continue;
            }
            let day = |i: usize| s.start.date() + chrono::TimeDelta::days(i as i64);
            let features = features(&s.values, t, settings);
            let ranking = 100.0 * ln_ratio(now, mean(&s.values[t + 1 - 28..t + 1 - 14]).0) / 14.0;
            examples.push(Example {
                id: s.id.clone(),
                date: day(t),
                known: day(t + horizon),
                label: later >= settings.factor * now,
                features,
                // No growth known ranks in the middle, not at an end.
                rankings: vec![if ranking.is_nan() { 0.0 } else { ranking }],
            });
        }
    }
    let task = Task {
        data: format!("daily series of {} artists", series.len()),
        observed: format!("every {} days, {WINDOW} days of history", settings.step_days),
        horizon: format!("the next {} days", settings.horizon_days),
        label: format!("their mean is at least {} times that of the last 14 days", settings.factor),
        inputs: Inputs::Daily(settings.clone()),
    };
    let features = FEATURES.iter().map(|(name, family, meaning)| Feature::new(*name, *family, *meaning)).collect();
    TrainingSet::new(task, features, vec!["growth over 14 days".to_owned()], examples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series(values: Vec<f64>) -> DailySeries {
        DailySeries { id: "a".into(), start: Day::from_ymd(2020, 1, 1).unwrap(), values }
    }

    fn at(values: &[f64], t: usize, name: &str) -> f64 {
        features(values, t, &GrowthSettings::default())[FEATURES.iter().position(|f| f.0 == name).unwrap()]
    }

    #[test]
    fn steady_growth_reads_as_such() {
        let values: Vec<f64> = (0..90).map(|i| 1000.0 * 1.02_f64.powi(i)).collect();
        let log = 100.0 * 1.02_f64.ln();
        for name in ["growth_7d", "growth_14d", "growth_28d"] {
            assert!((at(&values, 80, name) - log).abs() < 1e-9, "{name}");
        }
        assert!(at(&values, 80, "acceleration").abs() < 1e-9);
        assert_eq!(at(&values, 80, "steadiness"), 1.0);
        assert_eq!(at(&values, 80, "new_high_streak"), 28.0);
        assert!((at(&values, 80, "age") - 81.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_strong_weekday_is_no_surprise_but_a_jump_is() {
        let mut values: Vec<f64> = (0..90).map(|i| (100.0 + f64::from(i % 5)) * if i % 7 == 4 { 1.5 } else { 1.0 }).collect();
        assert!(at(&values, 81, "surprise").abs() < 4.0 && 81 % 7 == 4, "{}", at(&values, 81, "surprise"));
        values[81] *= 3.0;
        assert!(at(&values, 81, "surprise") > 10.0);
    }

    #[test]
    fn the_label_is_the_factor_over_the_horizon_and_missing_days_make_no_example() {
        let mut values = vec![100.0; 60];
        values.extend([200.0; 14]);
        let settings = GrowthSettings { step_days: 1, ..GrowthSettings::default() };
        let set = growth_examples(&[series(values.clone())], &settings).unwrap();
        let last = set.examples().last().unwrap();
        assert!(last.label && last.known - last.date == chrono::TimeDelta::days(14));
        let cut = values.len() - 14;
        values[cut..].iter_mut().for_each(|x| *x = f64::NAN);
        assert!(growth_examples(&[series(values)], &settings).unwrap().examples().is_empty());
        assert!(growth_examples(&[series(vec![0.0; 90])], &settings).is_err());
    }

    proptest! {
        #[test]
        fn size_and_future_change_nothing(seed in prop::collection::vec(prop::option::weighted(0.9, 1.0_f64..1e4), 120), factor in 1e-3_f64..1e6) {
            let values: Vec<f64> = seed.iter().map(|x| x.unwrap_or(f64::NAN)).collect();
            let t = 90;
            let plain = features(&values, t, &GrowthSettings::default());
            let scaled: Vec<f64> = values.iter().map(|x| x * factor).collect();
            let mut cut = values.clone();
            cut.truncate(t + 1);
            let past = features(&cut, t, &GrowthSettings::default());
            for ((a, b), c) in plain.iter().zip(features(&scaled, t, &GrowthSettings::default())).zip(past) {
                prop_assert!((a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-6 * a.abs().max(1.0), "{a} {b}");
                prop_assert!(a.to_bits() == c.to_bits() || (a.is_nan() && c.is_nan()));
                prop_assert!(!a.is_infinite());
            }
        }
    }
}
