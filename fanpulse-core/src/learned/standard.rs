//! Standardisation: from features in their own units to numbers around 0, with missing ones at 0.

/// How one feature is standardised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) mean: f64,
    pub(super) sd: f64,
    /// Share of the training examples without it.
    pub(super) missing: f64,
}

impl Scale {
    /// Mean and standard deviation over the values that are there; `None` where all are missing or one.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let known = || values.iter().filter(|x| !x.is_nan());
        let n = known().count() as f64;
        if n == 0.0 {
            return None;
        }
        let mean = known().map(|x| x / n).sum::<f64>();
        let largest = known().fold(0.0_f64, |a, x| a.max((x - mean).abs()));
        // A spread at the level of rounding is no spread.
        if largest <= 1e-12 * mean.abs() || !largest.is_finite() || largest < f64::MIN_POSITIVE {
            return None;
        }
        let variance = known().map(|x| ((x - mean) / largest).powi(2)).sum::<f64>() / n;
        Some(Self { mean, sd: largest * variance.sqrt(), missing: 1.0 - n / values.len() as f64 })
    }

    /// The standardised value, within ± `clip`. A missing one is 0, as if it were average: it says nothing.
    pub(super) fn apply(&self, x: f64, clip: f64) -> f64 {
        if x.is_nan() { 0.0 } else { ((x - self.mean) / self.sd).clamp(-clip, clip) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_count_neither_for_the_mean_nor_as_zero() {
        let s = Scale::of(&[1.0, f64::NAN, 3.0, f64::NAN]).unwrap();
        assert_eq!((s.mean, s.sd, s.missing), (2.0, 1.0, 0.5));
        assert_eq!((s.apply(f64::NAN, 6.0), s.apply(3.0, 6.0), s.apply(1e9, 6.0)), (0.0, 1.0, 6.0));
    }

    #[test]
    fn what_does_not_vary_has_no_scale() {
        assert_eq!(Scale::of(&[f64::NAN, f64::NAN]), None);
        assert_eq!(Scale::of(&[]), None);
        assert_eq!(Scale::of(&[0.1 + 0.2, 0.3, 0.3]), None);
        assert_eq!(Scale::of(&[0.0, 0.0]), None);
        assert!(Scale::of(&[1e308, -1e308]).is_none_or(|s| s.sd.is_finite()));
    }
}
