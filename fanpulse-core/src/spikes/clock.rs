//! What the length of a step decides: how many readings make a span, a window, a year.

use super::season::Cycle;
use crate::settings::SpikeSettings;
use crate::time::{Instant, MICROS_PER_DAY};
use crate::{Error, Result};

const MICROS_PER_HOUR: f64 = MICROS_PER_DAY as f64 / 24.0;
const MICROS_PER_YEAR: f64 = MICROS_PER_DAY as f64 * 365.25;
/// Location windows hold at least this many spans, whatever the cadence.
const LEAST_WINDOW: usize = 28;

/// A cadence in numbers of readings and of spans.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub(super) start: i64,
    pub(super) step: i64,
    /// Readings per span.
    pub(super) span: usize,
    /// Spans of the location's window; the scale's is twice as long.
    pub(super) window: usize,
    /// Spans before the first judgement.
    pub(super) history: usize,
    /// Readings below the release level that end a spike.
    pub(super) quiet: u64,
    /// Readings in a year.
    pub(super) per_year: f64,
    pub(super) cycle: Cycle,
}

impl Clock {
    /// # Errors
    /// `invalid` where the step is not 1 second to 7 days.
    pub(super) fn new(start: Instant, step_micros: i64, settings: &SpikeSettings) -> Result<Self> {
        if !(1_000_000..=7 * MICROS_PER_DAY).contains(&step_micros) {
            return Err(Error::invalid(format!("step is {step_micros} µs, outside 1 second to 7 days")));
        }
        let step = step_micros as f64;
        let fine = step_micros < MICROS_PER_DAY;
        let span = if fine { (settings.span_hours * MICROS_PER_HOUR / step) as usize } else { 1 }.max(1);
        let spans_per_day = MICROS_PER_DAY as f64 / (step * span as f64);
        let (window, history) = if fine {
            (settings.window_days, settings.min_history_days)
        } else {
            (settings.daily_window_days, settings.daily_min_history_days)
        };
        let spans = |days: u32, least: usize| ((f64::from(days) * spans_per_day) as usize).max(least);
        let cycle = match step_micros {
            s if s < MICROS_PER_DAY => Cycle::DayAndWeek,
            MICROS_PER_DAY => Cycle::Week,
            _ => Cycle::None,
        };
        Ok(Self {
            start: start.micros(),
            step: step_micros,
            span,
            window: spans(window, LEAST_WINDOW),
            history: spans(history, 16),
            quiet: if fine { (settings.quiet_hours * MICROS_PER_HOUR / step) as u64 } else { 1 }.max(1),
            per_year: MICROS_PER_YEAR / step,
            cycle,
        })
    }

    /// The instant of reading `i`, µs.
    #[inline]
    pub(super) fn micros(&self, i: u64) -> i64 {
        self.start.saturating_add(self.step.saturating_mul(i as i64))
    }
}
