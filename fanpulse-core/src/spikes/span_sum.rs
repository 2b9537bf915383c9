//! The sum of the last readings, and what is known of their kind.

use super::series::Reading;

/// Added to amounts before the logarithm, as a share of the first one.
const AMOUNT_OFFSET: f64 = 0.01;
/// Values other than zero that must be multiples of 100 before a series is taken for a rounded one.
const ROUNDED_VALUES: u32 = 8;

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
    /// Multiples of 100 only.
    hundreds: bool,
    nonzero: u32,
    /// The first amount above 0.
    first: f64,
}

impl SpanSum {
    pub(super) fn new(span: usize) -> Self {
        let kind = Kind { whole: true, hundreds: true, nonzero: 0, first: 0.0 };
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
        self.kind.whole = self.kind.whole && value.floor() == value;
        if value > 0.0 {
            if self.kind.first <= 0.0 {
                self.kind.first = value;
            }
            self.kind.nonzero = self.kind.nonzero.saturating_add(1);
            self.kind.hundreds = self.kind.hundreds && value % 100.0 == 0.0;
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
        let guessed = if self.kind.hundreds && self.kind.nonzero >= ROUNDED_VALUES { power_of_ten_in(reading.value) } else { 0.0 };
        let rounding = reading.resolution.max(guessed) / reading.common;
        if rounding > 0.0 && rounding >= self.rounding {
            self.rounding = rounding;
            self.rounding_left = self.ring.len();
        }
    }
}

/// The largest power of ten that divides a whole number above 0; 0 of 0.
fn power_of_ten_in(value: f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    let mut power = 1.0;
    while power < value && value % (power * 10.0) == 0.0 {
        power *= 10.0;
    }
    power
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
    fn rounded_values_are_recognised_by_their_zeros() {
        let mut span = SpanSum::new(1);
        for _ in 0..8 {
            span.push(&Reading::new(10_000.0));
        }
        assert_eq!(span.rounding(), 10_000.0);
        span.push(&Reading::new(230_000.0));
        assert_eq!(span.rounding(), 10_000.0);
        span.push(&Reading::new(231_017.0));
        assert_eq!(span.rounding(), 0.0);
    }
}
