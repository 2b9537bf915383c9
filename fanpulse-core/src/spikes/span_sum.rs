//! The sum of the last readings, and what is known of their kind.

use super::series::Reading;

/// Added to amounts before the logarithm, as a share of the first one.
const AMOUNT_OFFSET: f64 = 0.01;
/// A series counts as rounded where a quarter of its values are zeros and the others, at least two, end in so many zeros together.
const ROUNDED_ZEROS: u32 = 4;

/// A trailing sum over a span of readings.
#[derive(Debug, Clone)]
pub(super) struct SpanSum {
    /// The span's values without their common component; NaN where missing.
    ring: Vec<f64>,
    at: usize,
    seen: usize,
    present: usize,
    sum: f64,
    kind: Kind,
    /// The largest rounding among the readings of the span, and for how many readings yet.
    rounding: f64,
    rounding_left: usize,
}

/// What the values so far have in common.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// Whole numbers only: counts, with counting noise.
    whole: bool,
    /// The largest power of ten, as its exponent, that divides every value.
    zeros_at_end: u32,
    zero: u32,
    nonzero: u32,
    /// The first amount above 0.
    first: f64,
}

impl SpanSum {
    pub(super) fn new(span: usize) -> Self {
        let kind = Kind { whole: true, zeros_at_end: u32::MAX, zero: 0, nonzero: 0, first: 0.0 };
        Self { ring: vec![f64::NAN; span], at: 0, seen: 0, present: 0, sum: 0.0, kind, rounding: 0.0, rounding_left: 0 }
    }

    /// Takes a reading and says whether it was one that counts.
    #[inline]
    pub(super) fn push(&mut self, reading: &Reading) -> bool {
        let present = !reading.value.is_nan() && !reading.interpolated;
        let value = if present { reading.value / reading.common } else { f64::NAN };
        let old = std::mem::replace(&mut self.ring[self.at], value);
        if !old.is_nan() {
            self.sum -= old;
            self.present -= 1;
        }
        if present {
            self.sum += value;
            self.present += 1;
            self.learn_kind(reading.value);
        }
        self.round(reading, present);
        self.at += 1;
        if self.at == self.ring.len() {
            self.at = 0;
            // Sums afresh once per turn, so that rounding errors do not gather.
            self.sum = self.ring.iter().filter(|v| !v.is_nan()).sum();
        }
        self.seen = (self.seen + 1).min(self.ring.len());
        present
    }

    /// The sum over a full span of which half is present, scaled up for what is missing.
    #[inline]
    pub(super) fn sum(&self) -> Option<f64> {
        let span = self.ring.len();
        if self.seen < span || 2 * self.present < span || self.present == 0 {
            return None;
        }
        let sum = self.sum.max(0.0);
        Some(if self.present == span { sum } else { sum * span as f64 / self.present as f64 })
    }

    /// Whether every value so far was a whole number.
    pub(super) fn counts(&self) -> bool {
        self.kind.whole
    }

    /// What is added to a sum before its logarithm: 1 for counts, a hundredth of the first amount otherwise.
    pub(super) fn offset(&self) -> f64 {
        if self.kind.whole || self.kind.first <= 0.0 { 1.0 } else { AMOUNT_OFFSET * self.kind.first * self.ring.len() as f64 }
    }

    /// How far rounding may have moved the sum: readings of a counter share one error, since it cancels between neighbours.
    pub(super) fn rounding(&self) -> f64 {
        self.rounding
    }

    fn learn_kind(&mut self, value: f64) {
        // At most 10¹⁵, so that no digit is lost on the way; rounding down is a call on a plain x86-64.
        self.kind.whole = self.kind.whole && (value as i64) as f64 == value;
        if value > 0.0 {
            if self.kind.first <= 0.0 {
                self.kind.first = value;
            }
            self.kind.nonzero = self.kind.nonzero.saturating_add(1);
            if self.kind.zeros_at_end > 0 {
                self.kind.zeros_at_end = self.kind.zeros_at_end.min(zeros_at_end(value));
            }
        } else {
            self.kind.zero = self.kind.zero.saturating_add(1);
        }
    }

    fn round(&mut self, reading: &Reading, present: bool) {
        self.rounding_left = self.rounding_left.saturating_sub(1);
        if self.rounding_left == 0 {
            self.rounding = 0.0;
        }
        if !present {
            return;
        }
        let guessed = if self.kind.rounded() && reading.value > 0.0 { 10_f64.powi(zeros_at_end(reading.value) as i32) } else { 0.0 };
        let rounding = reading.resolution.max(guessed) / reading.common;
        if rounding > 0.0 && rounding >= self.rounding {
            self.rounding = rounding;
            self.rounding_left = self.ring.len();
        }
    }
}

impl Kind {
    /// Whether the values stall and jump as those of a rounded counter do.
    fn rounded(&self) -> bool {
        self.nonzero >= 2 && self.zero >= self.nonzero / 3 && self.zeros_at_end.saturating_mul(self.nonzero) >= ROUNDED_ZEROS
    }
}

/// How many zeros a number above 0 ends in, at most 15; 0 where it has a fraction.
fn zeros_at_end(value: f64) -> u32 {
    let mut power = 10.0;
    let mut zeros = 0;
    while zeros < 15 && value % power == 0.0 {
        power *= 10.0;
        zeros += 1;
    }
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_forgets_and_fills_in() {
        let mut span = SpanSum::new(3);
        for v in [5.0, 1.0] {
            span.push(&Reading::new(v));
            assert_eq!(span.sum(), None);
        }
        span.push(&Reading::new(0.0));
        assert_eq!(span.sum(), Some(6.0));
        span.push(&Reading::MISSING);
        // 1 and 0 are left of three readings.
        assert_eq!(span.sum(), Some(1.5));
        span.push(&Reading::MISSING);
        assert_eq!(span.sum(), None);
    }

    #[test]
    fn a_counter_that_stalls_and_jumps_is_recognised_as_rounded() {
        let rounding = |values: &[f64]| {
            let mut span = SpanSum::new(1);
            values.iter().for_each(|&v| {
                span.push(&Reading::new(v));
            });
            span.rounding()
        };
        assert_eq!(rounding(&[0.0, 10_000.0, 0.0, 0.0, 230_000.0]), 10_000.0);
        // A digit that is not rounded away says that nothing is.
        assert_eq!(rounding(&[0.0, 10_000.0, 0.0, 0.0, 231_017.0]), 0.0);
        // Round numbers without stalls are just round.
        assert_eq!(rounding(&[100.0, 100.0, 100.0, 100.0, 100.0, 1000.0]), 0.0);
    }
}
