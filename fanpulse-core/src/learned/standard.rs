//! Standardisation: from features in their own units to numbers around 0, with missing ones at 0.

use super::set::Example;

/// How one feature is standardised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) mean: f64,
    pub(super) sd: f64,
    /// Share of the training examples without it.
    pub(super) missing: f64,
}

impl Scale {
    /// Mean and standard deviation over the examples that have the feature; `None` where it is always missing or constant.
    pub(super) fn of(examples: &[&Example], column: usize) -> Option<Self> {
        let values: Vec<f64> = examples.iter().map(|e| e.features[column]).filter(|x| !x.is_nan()).collect();
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().map(|x| x / n).sum::<f64>();
        let largest = values.iter().fold(0.0_f64, |a, x| a.max((x - mean).abs()));
        // A spread at the level of rounding is no spread.
        if largest <= 1e-12 * mean.abs() || !largest.is_finite() || largest < f64::MIN_POSITIVE {
            return None;
        }
        let variance = values.iter().map(|x| ((x - mean) / largest).powi(2)).sum::<f64>() / n;
        Some(Self { mean, sd: largest * variance.sqrt(), missing: 1.0 - n / examples.len() as f64 })
    }

    /// The standardised value, within ± `clip`. A missing one is 0, as if it were average: it says nothing.
    pub(super) fn apply(&self, x: f64, clip: f64) -> f64 {
        if x.is_nan() { 0.0 } else { ((x - self.mean) / self.sd).clamp(-clip, clip) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learned::set::tests::day;

    fn scale(values: &[f64]) -> Option<Scale> {
        let row = |&x: &f64| Example { id: String::new(), date: day(0), known: day(0), label: true, features: vec![x], rankings: vec![] };
        let examples: Vec<Example> = values.iter().map(row).collect();
        Scale::of(&examples.iter().collect::<Vec<_>>(), 0)
    }

    #[test]
    fn missing_values_count_neither_for_the_mean_nor_as_zero() {
        let s = scale(&[1.0, f64::NAN, 3.0, f64::NAN]).unwrap();
        assert_eq!((s.mean, s.sd, s.missing), (2.0, 1.0, 0.5));
        assert_eq!((s.apply(f64::NAN, 6.0), s.apply(3.0, 6.0), s.apply(1e9, 6.0)), (0.0, 1.0, 6.0));
    }

    #[test]
    fn what_does_not_vary_has_no_scale() {
        assert_eq!(scale(&[f64::NAN, f64::NAN]), None);
        assert_eq!(scale(&[]), None);
        assert_eq!(scale(&[0.1 + 0.2, 0.3, 0.3]), None);
        assert_eq!(scale(&[0.0, 0.0]), None);
        assert!(scale(&[1e308, -1e308]).is_none_or(|s| s.sd.is_finite()));
    }
}
