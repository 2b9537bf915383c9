//! Engagement of a fan, 0–10, and a fan's value, 0–100 (`scoring.md` §6).

use super::table::{FanRow, WindowActivity};
use crate::math::exp_m1;
use crate::settings::FanSettings;
use crate::{Day, scores::ComponentScore};

/// Engagement at the end of a window, 0–10.
///
/// # Formula
/// 0.4 F + 0.2 R + 0.3 Q + 0.1 A: curves of the active days, the silent days, the weighted interactions and the
/// shares, of which all but the silent days are rates per 30 days.
///
/// # Example: ten active days in the window, the last of them today
/// ```
/// use fanpulse_core::fans::{WindowActivity, engagement};
/// use fanpulse_core::settings::FanSettings;
/// let activity = WindowActivity { active_days: 12, quality: 3.0, shares: 0.0 };
/// let score = engagement(&activity, 0, &FanSettings::default());
/// assert!((score - (0.4 * 5.0 + 0.2 * 10.0 + 0.3 * 3.0)).abs() < 1e-12);
/// ```
#[must_use]
pub fn engagement(activity: &WindowActivity, silent_days: u32, settings: &FanSettings) -> f64 {
    parts(activity, silent_days, settings).iter().map(|part| part.contribution).sum::<f64>().clamp(0.0, 10.0)
}

/// The four parts of a fan's engagement at `as_of`; their contributions add up to it.
#[must_use]
pub fn engagement_parts(row: &FanRow, as_of: Day, settings: &FanSettings) -> [ComponentScore; 4] {
    parts(&row.window, row.silent_days(as_of), settings)
}

#[inline(always)]
fn parts(activity: &WindowActivity, silent_days: u32, settings: &FanSettings) -> [ComponentScore; 4] {
    let s = &settings.engagement;
    let rate = settings.rate_days / f64::from(settings.window_days);
    let part = |name, raw: f64, curve: &crate::settings::Curve, weight: f64| {
        let score = curve.at(raw);
        ComponentScore { name, raw, score, weight, contribution: weight * score }
    };
    [
        part("frequency", f64::from(activity.active_days) * rate, &s.frequency_curve, s.frequency_weight),
        part("recency", f64::from(silent_days), &s.recency_curve, s.recency_weight),
        part("quality", activity.quality * rate, &s.quality_curve, s.quality_weight),
        part("advocacy", activity.shares * rate, &s.advocacy_curve, s.advocacy_weight),
    ]
}

/// The parts of a fan's value, points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FanPoints {
    /// For listening, 0–40.
    pub listening: f64,
    /// For having been there lately, 0–30.
    pub recency: f64,
    /// For likes, comments and shares, 0–20.
    pub social: f64,
    /// For spend, 0–10.
    pub monetisation: f64,
}

impl FanPoints {
    /// The points of a fan who is at `percentile`, 0–100, among the artist's fans by hours.
    ///
    /// # Formula
    /// min(40, 2·hours per 30 days + 0.2·percentile) + max(0, 30 − silent days) + min(20, 2·social events)
    /// + 10·(1 − e^(−spend/50)), all of the window.
    #[must_use]
    pub fn of(row: &FanRow, percentile: f64, as_of: Day, settings: &FanSettings) -> Self {
        let s = &settings.value;
        let hours = row.window_hours * settings.rate_days / f64::from(settings.window_days);
        let decay = exp_m1((-row.window_spend / s.spend_scale).max(-700.0));
        Self {
            listening: (s.per_hour * hours + s.per_percentile * percentile).min(s.max_listening),
            recency: (s.max_recency - f64::from(row.silent_days(as_of))).max(0.0),
            social: (s.per_social * row.window_social).min(s.max_social),
            monetisation: (-s.max_monetisation * decay).clamp(0.0, s.max_monetisation),
        }
    }

    /// The fan's value, 0–100.
    #[must_use]
    pub fn total(&self) -> f64 {
        (self.listening + self.recency + self.social + self.monetisation).clamp(0.0, 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> FanRow {
        let day = Day::from_ymd(2026, 3, 1).unwrap();
        FanRow {
            artist: 0,
            fan: 0,
            first_day: day,
            last_day: day,
            active_days: 1,
            paid_days: 1,
            spend: 50.0,
            window_spend: 50.0,
            window_hours: 9.0,
            window_social: 3.0,
            window: WindowActivity::default(),
            at_last: WindowActivity::default(),
        }
    }

    #[test]
    fn points_follow_the_published_sum() {
        let as_of = Day::from_ymd(2026, 3, 11).unwrap();
        let points = FanPoints::of(&row(), 50.0, as_of, &FanSettings::default());
        // 9 hours in 90 days are 3 in 30: 2·3 + 0.2·50 = 16; 30 − 10; 2·3; 10(1 − 1/e).
        assert_eq!((points.listening, points.recency, points.social), (16.0, 20.0, 6.0));
        assert!((points.monetisation - 6.321_205_588_285_577).abs() < 1e-12);
        assert!((points.total() - 48.321_205_588_285_58).abs() < 1e-12);
    }

    #[test]
    fn the_best_fan_has_the_full_points_and_no_more() {
        let best = FanRow { window_hours: 1e6, window_social: 1e9, window_spend: 1e12, ..row() };
        assert_eq!(FanPoints::of(&best, 100.0, best.last_day, &FanSettings::default()).total(), 100.0);
        let activity = WindowActivity { active_days: 90, quality: 1e9, shares: 1e9 };
        assert_eq!(engagement(&activity, 0, &FanSettings::default()), 10.0);
        assert_eq!(engagement(&WindowActivity::default(), 90, &FanSettings::default()), 0.0);
    }

    #[test]
    fn parts_are_rates_per_thirty_days() {
        // 36 active days in 90 are 12 in 30 → 8; 7 silent days → 8; quality 45 → 15 → 8; 9 shares → 3 → 7.
        let activity = WindowActivity { active_days: 36, quality: 45.0, shares: 9.0 };
        let score = engagement(&activity, 7, &FanSettings::default());
        assert!((score - (0.4 * 8.0 + 0.2 * 8.0 + 0.3 * 8.0 + 0.1 * 7.0)).abs() < 1e-12);
    }
}
