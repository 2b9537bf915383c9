//! Flows from a running total that may be rounded.

use crate::{Error, Result};

/// How exact a running total is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CounterPrecision {
    /// Every digit is known.
    Exact,
    /// Rounded down to three significant figures, as YouTube shows subscribers.
    RoundedThreeFigures,
}

impl CounterPrecision {
    /// What the totals look like, NaN where one is missing: rounded where each is at three figures.
    ///
    /// An exact total is at three figures by chance now and then, but not on every day.
    #[must_use]
    pub fn of(totals: &[f64]) -> Self {
        let at_three_figures = |&total: &f64| {
            let unit = third_figure(total);
            total.is_nan() || unit == 0.0 || total % unit == 0.0
        };
        // Below 1000 three figures show everything, so that nothing is lost by the name.
        if totals.iter().all(at_three_figures) { Self::RoundedThreeFigures } else { Self::Exact }
    }
}

/// Daily (or finer) flows made from a running total.
#[derive(Debug, Clone, PartialEq)]
pub struct CounterFlows {
    /// What was added in each step; NaN in the first one, after a fall and where the total is missing.
    pub values: Vec<f64>,
    /// How far rounding may have moved each value.
    pub resolution: Vec<f64>,
    /// Steps whose value was spread over missing totals.
    pub interpolated: Vec<bool>,
}

/// The flows between the totals, NaN where one is missing.
///
/// What was added over missing steps is spread evenly over them and marked as filled in; a fall is a reset, hence missing.
///
/// # Errors
/// `invalid` where a total is negative, infinite or above 10¹⁵, naming its position.
///
/// # Example: a counter that shows three figures
/// ```
/// use fanpulse_core::spikes::{CounterPrecision, counter_flows};
/// let flows = counter_flows(&[1_230_000.0, 1_230_000.0, 1_240_000.0], CounterPrecision::RoundedThreeFigures)?;
/// assert_eq!(flows.values[1..], [0.0, 10_000.0]);
/// assert_eq!(flows.resolution[1..], [10_000.0, 10_000.0]);
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
pub fn counter_flows(totals: &[f64], precision: CounterPrecision) -> Result<CounterFlows> {
    let n = totals.len();
    let mut flows = CounterFlows { values: vec![f64::NAN; n], resolution: vec![0.0; n], interpolated: vec![false; n] };
    let mut last: Option<usize> = None;
    for (i, &total) in totals.iter().enumerate() {
        if total.is_nan() {
            continue;
        }
        if !(0.0..=super::series::MAX_VALUE).contains(&total) {
            return Err(Error::invalid(format!("total {i} is {total}, outside 0 to 1e15")));
        }
        if let Some(before) = last.filter(|&before| totals[before] <= total) {
            let steps = i - before;
            flows.values[before + 1..=i].fill((total - totals[before]) / steps as f64);
            flows.interpolated[before + 1..=i].fill(steps > 1);
            let unit = match precision {
                CounterPrecision::Exact => 0.0,
                CounterPrecision::RoundedThreeFigures => third_figure(total),
            };
            flows.resolution[before + 1..=i].fill(unit / steps as f64);
        }
        last = Some(i);
    }
    Ok(flows)
}

/// The unit of the third significant figure; 0 below 1000, where three figures show everything.
fn third_figure(total: f64) -> f64 {
    let mut unit = 1.0;
    while total >= unit * 1000.0 && total.is_finite() {
        unit *= 10.0;
    }
    if unit > 1.0 { unit } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_spread_and_resets_are_missing() {
        let flows = counter_flows(&[10.0, f64::NAN, f64::NAN, 16.0, 4.0, 5.0], CounterPrecision::Exact).unwrap();
        assert!(flows.values[0].is_nan() && flows.values[4].is_nan());
        assert_eq!(flows.values[1..4], [2.0, 2.0, 2.0]);
        assert_eq!(flows.values[5], 1.0);
        assert_eq!(flows.interpolated, [false, true, true, true, false, false]);
        assert_eq!(flows.resolution, [0.0; 6]);
    }

    #[test]
    fn the_unit_is_that_of_the_third_figure() {
        for (total, unit) in [(999.0, 0.0), (1000.0, 10.0), (12_300.0, 100.0), (1_230_000.0, 10_000.0), (9_990_000.0, 10_000.0)] {
            assert_eq!(third_figure(total), unit, "{total}");
        }
    }

    #[test]
    fn the_precision_is_that_of_the_coarsest_total() {
        use CounterPrecision::{Exact, RoundedThreeFigures};
        assert_eq!(CounterPrecision::of(&[1_230_000.0, f64::NAN, 1_240_000.0]), RoundedThreeFigures);
        assert_eq!(CounterPrecision::of(&[1_230_000.0, 1_230_001.0]), Exact);
        assert_eq!(CounterPrecision::of(&[998.0, 1_010.0]), RoundedThreeFigures);
        assert_eq!(CounterPrecision::of(&[998.0, 1_011.0]), Exact);
        assert_eq!(CounterPrecision::of(&[f64::INFINITY, 1_011.0]), Exact);
    }

    #[test]
    fn a_bad_total_is_named() {
        let error = counter_flows(&[1.0, -2.0], CounterPrecision::Exact).unwrap_err();
        assert_eq!(error.to_string(), "total 1 is -2, outside 0 to 1e15");
    }
}
