//! Release windows: which of the next Fridays suits a release, 0–10 (`scoring.md` §7).

use chrono::{Datelike, Weekday};
use serde::{Serialize, Serializer};

use super::ComponentScore;
use crate::error::Insufficient;
use crate::settings::{CalendarSettings, ReleaseSettings};
use crate::{Day, Error, Result};

/// A release of the same genre by somebody else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Competition {
    /// The day it comes out.
    pub day: Day,
    /// Followers of its artist.
    pub followers: f64,
}

/// What a release window is scored from.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseInput<'a> {
    /// The last day with data.
    pub as_of: Day,
    /// Momentum index, 0–10; `None` where there is none.
    pub momentum: Option<f64>,
    /// Daily streams up to `as_of`, oldest first, NaN = missing; any length.
    pub streams: &'a [f64],
    /// Length of the window, days, at the end of `streams`.
    pub window_days: u32,
    /// Releases of the same genre.
    pub competition: &'a [Competition],
}

/// Whether to release on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// From 7.5.
    Go,
    /// From 5.
    Caution,
    /// Below 5.
    Avoid,
}

/// One Friday's score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseWindow {
    /// The Friday.
    pub day: Day,
    /// 0–10.
    pub score: f64,
    /// The score in a word.
    pub verdict: Verdict,
    /// Momentum, competition, history, readiness and calendar.
    #[serde(serialize_with = "by_name")]
    pub components: Vec<ComponentScore>,
    /// Expected streams of the first week with the lower and upper end of their range; `None` without streams in the window.
    pub first_week_streams: Option<(f64, f64, f64)>,
}

fn by_name<S: Serializer>(components: &[ComponentScore], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(components.iter().map(|c| (c.name, c)))
}

/// Scores the next Fridays after `as_of`.
///
/// # Formula
/// Σ wᵢsᵢ / Σ wᵢ of momentum, competition, history, readiness and calendar (`scoring.md` §7).
///
/// # Errors
/// `insufficient_data` without a momentum index; `invalid` where a value is out of range.
pub fn release_windows(settings: &ReleaseSettings, input: &ReleaseInput<'_>) -> Result<Vec<ReleaseWindow>> {
    let Some(momentum) = input.momentum else {
        let need = Insufficient { have: 0.0, need: 1.0 };
        return Err(Error::new(crate::ErrorKind::InsufficientData, "a release window needs a momentum index").caused_by(need));
    };
    if !(0.0..=10.0).contains(&momentum) {
        return Err(Error::invalid(format!("momentum index {momentum} is outside 0 to 10")));
    }
    if let Some((i, v)) = input.streams.iter().enumerate().find(|(_, v)| **v < 0.0 || v.is_infinite()) {
        return Err(Error::invalid(format!("streams {v} at position {i} are not a finite number of at least 0")));
    }
    let window = (input.window_days as usize).min(input.streams.len());
    let recent = &input.streams[input.streams.len() - window..];
    let ready = settings.readiness_curve.at(readiness(recent).unwrap_or(0.0));
    let daily = mean(recent.iter().copied());

    let to_friday = (4 - i32::try_from(input.as_of.weekday().num_days_from_monday()).unwrap_or(0) - 1).rem_euclid(7) + 1;
    let fridays = (0..i32::try_from(settings.fridays).unwrap_or(0)).map(|week| input.as_of.plus(to_friday + 7 * week));
    Ok(fridays
        .map(|day| {
            let parts = [
                ("momentum", momentum, momentum, settings.momentum_weight),
                rival(day, input.competition, settings),
                history(input, settings),
                ("readiness", readiness(recent).unwrap_or(f64::NAN), ready, settings.readiness_weight),
                ("calendar", f64::from(day.date().ordinal()), calendar(day, &settings.calendar), settings.calendar_weight),
            ];
            let total: f64 = parts.iter().map(|p| p.3).sum();
            let score = (parts.iter().map(|p| p.3 * p.2).sum::<f64>() / total).clamp(0.0, 10.0);
            let components = parts
                .into_iter()
                .map(|(name, raw, score, weight)| ComponentScore { name, raw, score, weight, contribution: weight * score / total })
                .collect();
            let verdict = if score >= settings.go {
                Verdict::Go
            } else if score >= settings.caution {
                Verdict::Caution
            } else {
                Verdict::Avoid
            };
            let f = &settings.first_week;
            let by_score = f.score_base + f.score_slope * score;
            let by_momentum = f.momentum_base + f.momentum_slope * momentum;
            let expected = daily.map(|d| d * 7.0 * f.lift * by_score * by_momentum);
            let first_week_streams = expected.map(|e| (e, (1.0 - f.range) * e, (1.0 + f.range) * e));
            ReleaseWindow { day, score, verdict, components, first_week_streams }
        })
        .collect())
}

type Part = (&'static str, f64, f64, f64);

fn rival(day: Day, all: &[Competition], settings: &ReleaseSettings) -> Part {
    let that_day = all.iter().filter(|c| c.day == day);
    let (n, majors) = that_day.fold((0_u32, 0_u32), |(n, m), c| (n + 1, m + u32::from(c.followers >= settings.major_followers)));
    let steps = &settings.competition;
    let step = steps.iter().find(|s| n <= s.up_to).unwrap_or(&steps[steps.len() - 1]);
    let score = step.score - step.per_major * f64::from(majors);
    ("competition", f64::from(n), score.clamp(0.0, 10.0), settings.competition_weight)
}

/// How Fridays compare with all weekdays.
fn history(input: &ReleaseInput<'_>, settings: &ReleaseSettings) -> Part {
    let past = &input.streams[input.streams.len().saturating_sub(settings.history_days as usize)..];
    let known = past.iter().filter(|v| !v.is_nan()).count();
    let last = i32::try_from(past.len()).unwrap_or(0) - 1;
    let fridays = (0..).zip(past).filter(|(i, _)| input.as_of.plus(i - last).weekday() == Weekday::Fri).map(|(_, v)| *v);
    let ratio = match (mean(fridays), mean(past.iter().copied())) {
        (Some(friday), Some(all)) if known >= settings.min_history_days as usize && all > 0.0 => friday / all,
        _ => f64::NAN,
    };
    let score = match settings.history.iter().rev().find(|step| ratio >= step.0) {
        Some(step) => step.1,
        None if ratio.is_nan() => settings.unknown_history_score,
        None => settings.history[0].1,
    };
    ("history", ratio, score, settings.history_weight)
}

/// Growth of the window's last week over its first, %.
fn readiness(window: &[f64]) -> Option<f64> {
    if window.len() < 14 {
        return None;
    }
    let first = mean(window[..7].iter().copied())?;
    let last = mean(window[window.len() - 7..].iter().copied())?;
    (first > 0.0).then(|| 100.0 * (last / first - 1.0))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, total) = values.filter(|v| !v.is_nan()).fold((0_u32, 0.0), |(n, t), v| (n + 1, t + v));
    (n > 0).then(|| total / f64::from(n))
}

/// Holidays pull attention away; January, February and the summer months are quiet.
fn calendar(day: Day, settings: &CalendarSettings) -> f64 {
    let near = i32::try_from(settings.holiday_days).unwrap_or(0);
    let date = day.date();
    let year = date.year();
    let holiday = |y: i32, m: u32, d: u32| Day::from_ymd(y, m, d).is_ok_and(|h| (h.days() - day.days()).abs() <= near);
    // The fourth Thursday of November: the first Thursday is the (1 + offset)th.
    let thanksgiving = Day::from_ymd(year, 11, 1).is_ok_and(|first| {
        let offset = (3 - i32::try_from(first.weekday().num_days_from_monday()).unwrap_or(0)).rem_euclid(7);
        (first.plus(offset + 21).days() - day.days()).abs() <= near
    });
    let fixed = [(12, 24), (12, 25), (12, 31), (1, 1), (7, 4)];
    let near_holiday = fixed.iter().any(|&(m, d)| (year - 1..=year + 1).any(|y| holiday(y, m, d)));
    match date.month() {
        _ if thanksgiving || near_holiday => settings.holiday,
        12 if date.day() > 15 => settings.december,
        1 | 2 => settings.winter,
        6..=8 => settings.summer,
        _ => settings.otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(as_of: &str, streams: &[f64], competition: &[Competition]) -> Vec<ReleaseWindow> {
        let input = ReleaseInput { as_of: as_of.parse().unwrap(), momentum: Some(6.0), streams, window_days: 30, competition };
        release_windows(&ReleaseSettings::default(), &input).unwrap()
    }

    #[test]
    fn the_next_eight_fridays_follow_as_of() {
        // 2026-11-20 is a Friday: the next one counts, not the day itself.
        for (as_of, first) in [("2026-11-20", "2026-11-27"), ("2026-11-22", "2026-11-27"), ("2026-11-26", "2026-11-27")] {
            let days: Vec<String> = windows(as_of, &[], &[]).iter().map(|w| w.day.to_string()).collect();
            assert_eq!((days.len(), days[0].as_str()), (8, first));
            assert!(windows(as_of, &[], &[]).iter().all(|w| w.day.weekday() == Weekday::Fri));
        }
    }

    #[test]
    fn the_calendar_knows_holidays_and_seasons() {
        let check = |day: &str, score: f64| assert_eq!(calendar(day.parse().unwrap(), &CalendarSettings::default()), score, "{day}");
        check("2026-11-27", 3.0); // the day after Thanksgiving, 2026-11-26
        check("2026-12-18", 5.0);
        check("2026-12-23", 3.0);
        check("2027-01-02", 3.0);
        check("2026-12-30", 3.0);
        check("2027-01-08", 9.0);
        check("2026-07-03", 3.0);
        check("2026-07-10", 8.0);
        check("2026-10-02", 7.0);
    }

    #[test]
    fn a_steady_artist_on_an_open_friday() {
        // By hand: 0.3·6 + 0.25·10 + 0.2·7 + 0.15·7 + 0.1·7 = 7.45 on 2026-12-04.
        let w = &windows("2026-11-22", &[100.0; 200], &[])[1];
        assert!((w.score - 7.45).abs() < 1e-12);
        assert_eq!(w.verdict, Verdict::Caution);
        let (mid, low, high) = w.first_week_streams.unwrap();
        assert!((mid - 100.0 * 7.0 * 2.5 * (0.7 + 0.06 * 7.45) * (0.8 + 0.04 * 6.0)).abs() < 1e-9);
        assert!((low - 0.7 * mid).abs() < 1e-9 && (high - 1.3 * mid).abs() < 1e-9);
        let sum: f64 = w.components.iter().map(|c| c.contribution).sum();
        assert!((sum - w.score).abs() < 1e-12);
    }

    #[test]
    fn majors_on_the_day_lower_the_score() {
        let day: Day = "2026-12-04".parse().unwrap();
        let all = [2e6, 3e6, 10.0, 10.0].map(|followers| Competition { day, followers });
        let w = &windows("2026-11-22", &[], &all)[1];
        assert_eq!(w.components[1].score, 7.0 - 0.5 * 2.0);
        assert_eq!(w.first_week_streams, None);
    }
}
