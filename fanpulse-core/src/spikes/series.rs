//! What a detector reads.

use crate::time::Instant;
use crate::{Error, Result};

/// The greatest value that a series may have.
pub(super) const MAX_VALUE: f64 = 1e15;

/// One reading of a series: a flow, that is, how many streams, views or mentions fell into its step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value, 0–10¹⁵; NaN where it is missing.
    pub value: f64,
    /// How far rounding may have moved it, in its own unit, ≥ 0; 0 where it is exact. Only what exceeds it counts as a rise.
    pub resolution: f64,
    /// Whether it was filled in between two observations; such a reading never spikes and teaches nothing.
    pub interpolated: bool,
    /// What the whole chart does on this step, as a multiple of its usual level, > 0, for instance 1.12 on Fridays
    /// or 2 at Christmas; 1 where it is not known.
    pub common: f64,
}

impl Reading {
    /// An exact, observed value without a common component; NaN for a missing one.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        Self { value, resolution: 0.0, interpolated: false, common: 1.0 }
    }

    /// A step without a value.
    pub const MISSING: Self = Self::new(f64::NAN);

    pub(super) fn check(&self, position: u64) -> Result<()> {
        let Self { value, resolution, common, .. } = *self;
        if !(value.is_nan() || (0.0..=MAX_VALUE).contains(&value)) {
            return Err(Error::invalid(format!("reading {position} is {value}, outside 0 to 1e15")));
        }
        if !(0.0..=MAX_VALUE).contains(&resolution) {
            return Err(Error::invalid(format!("reading {position} has the resolution {resolution}, outside 0 to 1e15")));
        }
        if !(1e-6..=1e6).contains(&common) {
            return Err(Error::invalid(format!("reading {position} has the common component {common}, outside 0.000001 to 1000000")));
        }
        Ok(())
    }
}

/// A series with a fixed step, borrowed column by column.
///
/// # Example: a year of daily streams
/// ```
/// use fanpulse_core::spikes::{SeasonalRobust, Series};
/// use fanpulse_core::{Day, Instant};
/// // Streams scatter by some per cent and triple on one day.
/// let mut values: Vec<f64> = (0..365).map(|i: u32| 10_000.0 + f64::from(i * 7919 % 1001)).collect();
/// values[300] *= 3.0;
/// let series = Series::daily(Day::from_ymd(2025, 1, 1)?, &values);
/// let report = SeasonalRobust::default().report(&series)?;
/// assert_eq!(report.spikes.len(), 1);
/// assert_eq!(report.spikes[0].start, Instant::from(Day::from_ymd(2025, 10, 28)?));
/// assert!((report.spikes[0].lift.expect("a baseline") - 3.0).abs() < 0.2);
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    pub(super) start: Instant,
    pub(super) step_micros: i64,
    pub(super) values: &'a [f64],
    pub(super) resolution: &'a [f64],
    pub(super) interpolated: &'a [bool],
    pub(super) common: &'a [f64],
}

impl<'a> Series<'a> {
    /// A series whose first step begins at `start`, with a step of 1 second to 7 days; NaN where a value is missing.
    #[must_use]
    pub const fn new(start: Instant, step_micros: i64, values: &'a [f64]) -> Self {
        Self { start, step_micros, values, resolution: &[], interpolated: &[], common: &[] }
    }

    /// A series of days.
    #[must_use]
    pub fn daily(first: crate::Day, values: &'a [f64]) -> Self {
        Self::new(Instant::from(first), crate::time::MICROS_PER_DAY, values)
    }

    /// The same series, with how far rounding may have moved each value ([`Reading::resolution`]).
    #[must_use]
    pub const fn with_resolution(mut self, resolution: &'a [f64]) -> Self {
        self.resolution = resolution;
        self
    }

    /// The same series, with which values were filled in ([`Reading::interpolated`]).
    #[must_use]
    pub const fn with_interpolated(mut self, interpolated: &'a [bool]) -> Self {
        self.interpolated = interpolated;
        self
    }

    /// The same series, with what the whole chart does on each step ([`Reading::common`]).
    #[must_use]
    pub const fn with_common(mut self, common: &'a [f64]) -> Self {
        self.common = common;
        self
    }

    pub(super) fn check_lengths(&self) -> Result<()> {
        let n = self.values.len();
        for (name, len) in [
            ("resolutions", self.resolution.len()),
            ("interpolation flags", self.interpolated.len()),
            ("common components", self.common.len()),
        ] {
            if len != 0 && len != n {
                return Err(Error::invalid(format!("{len} {name} for {n} values")));
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn reading(&self, i: usize) -> Reading {
        Reading {
            value: self.values[i],
            resolution: self.resolution.get(i).copied().unwrap_or(0.0),
            interpolated: self.interpolated.get(i).copied().unwrap_or(false),
            common: self.common.get(i).copied().unwrap_or(1.0),
        }
    }
}
