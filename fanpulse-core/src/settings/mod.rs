//! Every threshold, weight and curve of `scoring.md`, in one place. The defaults are FanPulse's published ones.

mod curve;
mod fans;
mod learned;
mod release;
mod spikes;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

pub use curve::{Curve, MAX_KNOTS};
pub use fans::{
    DropoutModel, FanEngagementSettings, FanForecastSettings, FanPointsSettings, FanSegmentSettings, FanSettings, FanTierSettings,
};
pub use learned::{CalibrationMethod, ChartSettings, ClassWeight, GrowthSettings, LearnedSettings};
pub use release::{CalendarSettings, CompetitionStep, FirstWeekSettings, ReleaseSettings};
pub use spikes::SpikeSettings;

/// Name and version of the definition that the scores follow; stored with every result.
pub const ALGORITHM: &str = "fanpulse-1";

/// All settings of the engine.
///
/// # Example: a shorter window
/// ```
/// use fanpulse_core::settings::Settings;
/// let settings = Settings { window_days: 14, ..Settings::default() };
/// settings.validate()?;
/// assert_ne!(settings.hash(), Settings::default().hash());
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Length of the window, days, 14–366, default 30.
    pub window_days: u32,
    /// How many missing days a level is carried over, 0–30, default 3.
    pub max_fill_days: u32,
    /// How old a level may be to count for reach, days, 1–366, default 90.
    pub max_level_age_days: u32,
    /// What the audience index is made of.
    pub audience: AudienceSettings,
    /// Fan Value Score.
    pub fan_value: FanValueSettings,
    /// Momentum index.
    pub momentum: MomentumSettings,
    /// Viral posts.
    pub viral: ViralSettings,
    /// Spikes in series.
    pub spikes: SpikeSettings,
    /// Breakout by indicators.
    pub breakout: BreakoutSettings,
    /// Release windows.
    pub release: ReleaseSettings,
    /// Learned breakout.
    pub learned: LearnedSettings,
    /// Debuts on a chart.
    pub chart: ChartSettings,
    /// Growth of daily series.
    pub growth: GrowthSettings,
    /// Superfans.
    pub fans: FanSettings,
}

/// Weights of the audience components (`scoring.md` §1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudienceSettings {
    /// Weight of followers and subscribers, > 0, default 1.
    pub followers: f64,
    /// Weight of monthly listeners, > 0, default 0.5.
    pub monthly_listeners: f64,
}

/// Fan Value Score (`scoring.md` §2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FanValueSettings {
    /// Weight of engagement, ≥ 0, default 0.40.
    pub engagement_weight: f64,
    /// Weight of growth, ≥ 0, default 0.30.
    pub growth_weight: f64,
    /// Weight of reach, ≥ 0, default 0.20.
    pub reach_weight: f64,
    /// Weight of conversion, ≥ 0, default 0.10.
    pub conversion_weight: f64,
    /// Engagement rate, % of followers, to 0–100.
    pub engagement_curve: Curve,
    /// Growth, % per window, to 0–100.
    pub growth_curve: Curve,
    /// Share of the monthly listeners that counts for reach, ≥ 0, default 0.5.
    pub listeners_in_reach: f64,
    /// Reach, people, to 0–100.
    pub reach_curve: Curve,
    /// Conversion, %, to 0–100.
    pub conversion_curve: Curve,
    /// The least coverage that gives a score, 0–1, default 0.3.
    pub min_coverage: f64,
    /// A post's engagement rate counts at most this much, %, > 0, default 100.
    pub max_engagement_rate: f64,
}

/// Momentum index (`scoring.md` §3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MomentumSettings {
    /// Weight of velocity, > 0, default 0.35.
    pub velocity_weight: f64,
    /// Weight of acceleration, ≥ 0, default 0.30.
    pub acceleration_weight: f64,
    /// Weight of consistency, ≥ 0, default 0.20.
    pub consistency_weight: f64,
    /// Weight of viral potential, ≥ 0, default 0.15.
    pub viral_potential_weight: f64,
    /// Velocity, % per day, to 0–10.
    pub velocity_curve: Curve,
    /// Acceleration, % per day, to 0–10.
    pub acceleration_curve: Curve,
    /// Largest relative excess of a post to 0–10.
    pub excess_curve: Curve,
    /// Share of viral posts to 0–10.
    pub viral_share_curve: Curve,
    /// What acceleration or consistency counts where it is not available, 0–10, default 5.
    pub neutral_score: f64,
    /// Days that a week's mean needs, 1–7, default 3.
    pub min_week_days: u32,
    /// Day pairs that consistency needs, ≥ 1, default 5.
    pub min_pairs: u32,
    /// Relative difference up to which two days tie, default 1e-9.
    pub tie_tolerance: f64,
    /// Posts in the window that viral potential needs, ≥ 1, default 5.
    pub min_posts: u32,
    /// Where stable, growing, rapid growth and viral begin, ascending within 0–10, default 3, 5, 7, 9.
    pub status_bounds: [f64; 4],
}

/// Viral posts (`scoring.md` §4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViralSettings {
    /// Length of the trailing baseline, days, 1–366, default 90.
    pub baseline_days: u32,
    /// Other posts that a baseline needs, ≥ 2, default 5.
    pub min_others: u32,
    /// Standard deviations above the mean, > 0, default 2.
    pub sigmas: f64,
    /// Least standard deviation as a share of the mean, ≥ 0, default 0.1.
    pub sd_floor: f64,
    /// Least multiple of the mean, ≥ 1, default 1.5.
    pub min_lift: f64,
    /// Least engagement, ≥ 0, default 10.
    pub min_engagement: f64,
}

/// Breakout by indicators (`scoring.md` §5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakoutSettings {
    /// Acceleration score that counts as met, 0–10, default 7.
    pub acceleration: f64,
    /// Viral potential score that counts as met, 0–10, default 7.
    pub viral_potential: f64,
    /// Velocity score that counts as met, 0–10, default 7.
    pub velocity: f64,
    /// Consistency score that counts as met, 0–10, default 6.
    pub consistency: f64,
    /// Probability with 0, 1, 2, 3, 4 met, ascending within 0–1.
    pub probabilities: [f64; 5],
    /// Probability from which the level is high, default 0.8.
    pub high: f64,
    /// Probability from which the level is medium, default 0.5.
    pub medium: f64,
}

fn curve(knots: &[(f64, f64)]) -> Curve {
    #[expect(clippy::expect_used, reason = "constants of this file, which the tests build")]
    Curve::try_new(knots).expect("a default curve is valid")
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window_days: 30,
            max_fill_days: 3,
            max_level_age_days: 90,
            audience: AudienceSettings::default(),
            fan_value: FanValueSettings::default(),
            momentum: MomentumSettings::default(),
            viral: ViralSettings::default(),
            spikes: SpikeSettings::default(),
            breakout: BreakoutSettings::default(),
            release: ReleaseSettings::default(),
            learned: LearnedSettings::default(),
            chart: ChartSettings::default(),
            growth: GrowthSettings::default(),
            fans: FanSettings::default(),
        }
    }
}

impl Default for AudienceSettings {
    fn default() -> Self {
        Self { followers: 1.0, monthly_listeners: 0.5 }
    }
}

impl Default for FanValueSettings {
    fn default() -> Self {
        Self {
            engagement_weight: 0.40,
            growth_weight: 0.30,
            reach_weight: 0.20,
            conversion_weight: 0.10,
            engagement_curve: curve(&[(0.0, 0.0), (1.0, 40.0), (2.0, 60.0), (5.0, 100.0)]),
            growth_curve: curve(&[(-25.0, 0.0), (0.0, 25.0), (5.0, 50.0), (10.0, 75.0), (20.0, 100.0)]),
            listeners_in_reach: 0.5,
            reach_curve: curve(&[(0.0, 0.0), (1e4, 40.0), (1e5, 70.0), (1e6, 90.0), (1.1e7, 100.0)]),
            conversion_curve: curve(&[(0.0, 0.0), (1.0, 50.0), (2.0, 70.0), (5.0, 100.0)]),
            min_coverage: 0.3,
            max_engagement_rate: 100.0,
        }
    }
}

impl Default for MomentumSettings {
    fn default() -> Self {
        Self {
            velocity_weight: 0.35,
            acceleration_weight: 0.30,
            consistency_weight: 0.20,
            viral_potential_weight: 0.15,
            velocity_curve: curve(&[(-3.0, 0.0), (-0.3, 2.0), (0.0, 4.0), (0.1, 5.0), (0.5, 7.0), (1.0, 8.5), (3.0, 10.0)]),
            acceleration_curve: curve(&[(-2.0, 0.0), (-0.5, 2.0), (-0.1, 4.0), (0.0, 5.0), (0.1, 6.0), (0.5, 8.0), (2.0, 10.0)]),
            excess_curve: curve(&[(0.0, 3.0), (0.5, 5.0), (1.5, 6.0), (3.0, 8.0), (5.0, 10.0)]),
            viral_share_curve: curve(&[(0.0, 3.0), (0.1, 6.0), (0.2, 8.0), (0.3, 10.0)]),
            neutral_score: 5.0,
            min_week_days: 3,
            min_pairs: 5,
            tie_tolerance: 1e-9,
            min_posts: 5,
            status_bounds: [3.0, 5.0, 7.0, 9.0],
        }
    }
}

impl Default for ViralSettings {
    fn default() -> Self {
        Self { baseline_days: 90, min_others: 5, sigmas: 2.0, sd_floor: 0.1, min_lift: 1.5, min_engagement: 10.0 }
    }
}

impl Default for BreakoutSettings {
    fn default() -> Self {
        Self {
            acceleration: 7.0,
            viral_potential: 7.0,
            velocity: 7.0,
            consistency: 6.0,
            probabilities: [0.0, 0.25, 0.50, 0.80, 0.90],
            high: 0.8,
            medium: 0.5,
        }
    }
}

impl Settings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        let (f, m, v, b) = (&self.fan_value, &self.momentum, &self.viral, &self.breakout);
        for (name, value, low, high) in [
            ("window_days", self.window_days, 14, 366),
            ("max_fill_days", self.max_fill_days, 0, 30),
            ("max_level_age_days", self.max_level_age_days, 1, 366),
            ("momentum.min_week_days", m.min_week_days, 1, 7),
            ("momentum.min_pairs", m.min_pairs, 1, 366),
            ("momentum.min_posts", m.min_posts, 1, 10_000),
            ("viral.baseline_days", v.baseline_days, 1, 366),
            ("viral.min_others", v.min_others, 2, 10_000),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        const BIG: f64 = 1e6;
        const TINY: f64 = 1e-6;
        for (name, value, low, high) in [
            ("audience.followers", self.audience.followers, TINY, BIG),
            ("audience.monthly_listeners", self.audience.monthly_listeners, TINY, BIG),
            ("fan_value.engagement_weight", f.engagement_weight, 0.0, BIG),
            ("fan_value.growth_weight", f.growth_weight, 0.0, BIG),
            ("fan_value.reach_weight", f.reach_weight, 0.0, BIG),
            ("fan_value.conversion_weight", f.conversion_weight, 0.0, BIG),
            ("fan_value.listeners_in_reach", f.listeners_in_reach, 0.0, BIG),
            ("fan_value.min_coverage", f.min_coverage, TINY, BIG),
            ("fan_value.max_engagement_rate", f.max_engagement_rate, TINY, BIG),
            ("momentum.velocity_weight", m.velocity_weight, TINY, BIG),
            ("momentum.acceleration_weight", m.acceleration_weight, 0.0, BIG),
            ("momentum.consistency_weight", m.consistency_weight, 0.0, BIG),
            ("momentum.viral_potential_weight", m.viral_potential_weight, 0.0, BIG),
            ("momentum.neutral_score", m.neutral_score, 0.0, 10.0),
            ("momentum.tie_tolerance", m.tie_tolerance, 0.0, 0.1),
            ("viral.sigmas", v.sigmas, TINY, BIG),
            ("viral.sd_floor", v.sd_floor, 0.0, BIG),
            ("viral.min_lift", v.min_lift, 1.0, BIG),
            ("viral.min_engagement", v.min_engagement, 0.0, 1e15),
            ("breakout.high", b.high, 0.0, 1.0),
            ("breakout.medium", b.medium, 0.0, b.high),
        ] {
            within(name, value, low, high)?;
        }
        self.spikes.validate()?;
        ascending("momentum.status_bounds", &m.status_bounds, 10.0)?;
        ascending("breakout.probabilities", &b.probabilities, 1.0)?;
        for (name, curve, top) in [
            ("fan_value.engagement_curve", &f.engagement_curve, 100.0),
            ("fan_value.growth_curve", &f.growth_curve, 100.0),
            ("fan_value.reach_curve", &f.reach_curve, 100.0),
            ("fan_value.conversion_curve", &f.conversion_curve, 100.0),
            ("momentum.velocity_curve", &m.velocity_curve, 10.0),
            ("momentum.acceleration_curve", &m.acceleration_curve, 10.0),
            ("momentum.excess_curve", &m.excess_curve, 10.0),
            ("momentum.viral_share_curve", &m.viral_share_curve, 10.0),
        ] {
            let (low, high) = curve.range();
            within(name, low, 0.0, top)?;
            within(name, high, 0.0, top)?;
        }
        self.release.validate()?;
        self.learned.validate()?;
        self.chart.validate()?;
        self.growth.validate()?;
        self.fans.validate()
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the settings as JSON: equal settings, equal hash.
    #[must_use]
    pub fn hash(&self) -> String {
        // Every number is finite once validated, and JSON has no other failure for plain data.
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(&json).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The window's length in days.
    #[must_use]
    pub(crate) const fn window(&self) -> usize {
        self.window_days as usize
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}"))) }
}

fn ascending(name: &str, values: &[f64], high: f64) -> Result<()> {
    for &value in values {
        within(name, value, 0.0, high)?;
    }
    match values.windows(2).find(|w| w[0] > w[1]) {
        Some(w) => Err(Error::invalid(format!("{name} is not ascending: {} then {}", w[0], w[1]))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_survive_json() {
        let settings = Settings::default();
        settings.validate().unwrap();
        let json = serde_json::to_string(&settings).unwrap();
        let back: Settings = serde_json::from_str(&json).unwrap();
        assert_eq!(back, settings);
        assert_eq!(back.hash(), settings.hash());
        assert_eq!(settings.hash().len(), 16);
    }

    #[test]
    fn a_bad_field_is_named_with_value_and_bound() {
        let check = |settings: Settings, message: &str| assert_eq!(settings.validate().unwrap_err().to_string(), message);
        check(Settings { window_days: 3, ..Settings::default() }, "window_days is 3, outside 14 to 366");
        let mut settings = Settings::default();
        settings.viral.sigmas = f64::NAN;
        check(settings, "viral.sigmas is NaN, outside 0.000001 to 1000000");
        let mut settings = Settings::default();
        settings.momentum.status_bounds = [3.0, 5.0, 4.0, 9.0];
        check(settings, "momentum.status_bounds is not ascending: 5 then 4");
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"windw_days": 30}"#).is_err());
    }
}
