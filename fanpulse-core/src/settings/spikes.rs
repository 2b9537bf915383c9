//! Settings of the detector of spikes in series.

use serde::{Deserialize, Serialize};

use super::within;
use crate::{Error, Result};

/// Spikes in a series (`scoring.md` §4).
///
/// # Example: one false alarm a year, and only what at least doubles
/// ```
/// use fanpulse_core::settings::SpikeSettings;
/// let settings = SpikeSettings { false_alarms_per_year: 1.0, min_lift: 2.0, ..SpikeSettings::default() };
/// settings.validate()?;
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpikeSettings {
    /// Expected false alarms of a series without spikes in a year, 0.001–50, default 12; the threshold follows from it.
    pub false_alarms_per_year: f64,
    /// Readings finer than this are judged by their sum over it, hours, 1–24, default 3.
    pub span_hours: f64,
    /// The trailing window of the location for readings finer than a day, days, 2–366, default 14; that of the scale is twice as long.
    pub window_days: u32,
    /// The same for daily readings, days, 14–366, default 56.
    pub daily_window_days: u32,
    /// History that readings finer than a day need before they are judged, days, 2–366, default 3.
    pub min_history_days: u32,
    /// The same for daily readings, days, 14–366, default 28.
    pub daily_min_history_days: u32,
    /// Share of the threshold above which an open spike goes on, 0–1, default 0.5.
    pub release: f64,
    /// How long the score stays below that share before the spike has ended, hours, 0–168, default 6; at least one reading.
    pub quiet_hours: f64,
    /// Least multiple of the expected value, ≥ 1, default 1. Above 1 there are fewer false alarms than stated.
    pub min_lift: f64,
    /// Least sum over the span where the series is of counts, ≥ 0, default 3.
    pub min_count: f64,
    /// Least scale of the noise, relative to the value, 0.0001–1, default 0.01.
    pub scale_floor: f64,
}

impl Default for SpikeSettings {
    fn default() -> Self {
        Self {
            false_alarms_per_year: 12.0,
            span_hours: 3.0,
            window_days: 14,
            daily_window_days: 56,
            min_history_days: 3,
            daily_min_history_days: 28,
            release: 0.5,
            quiet_hours: 6.0,
            min_lift: 1.0,
            min_count: 3.0,
            scale_floor: 0.01,
        }
    }
}

impl SpikeSettings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("spikes.window_days", self.window_days, 2, 366),
            ("spikes.daily_window_days", self.daily_window_days, 14, 366),
            ("spikes.min_history_days", self.min_history_days, 2, 366),
            ("spikes.daily_min_history_days", self.daily_min_history_days, 14, 366),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}")));
            }
        }
        for (name, value, low, high) in [
            ("spikes.false_alarms_per_year", self.false_alarms_per_year, 0.001, 50.0),
            ("spikes.span_hours", self.span_hours, 1.0, 24.0),
            ("spikes.release", self.release, 0.0, 1.0),
            ("spikes.quiet_hours", self.quiet_hours, 0.0, 168.0),
            ("spikes.min_lift", self.min_lift, 1.0, 1e6),
            ("spikes.min_count", self.min_count, 0.0, 1e15),
            ("spikes.scale_floor", self.scale_floor, 1e-4, 1.0),
        ] {
            within(name, value, low, high)?;
        }
        Ok(())
    }
}
