//! What a whole chart does on each day: weekdays, holidays, outages.

use super::window::SortedWindow;
use crate::{Error, Result};

/// The pattern that many series share, as a multiple of their usual level; 1 where too few are known.
///
/// Handed to a detector as the common component, it keeps Christmas from being viral. It is causal: a step's value
/// uses the series' `window` steps before it and the step itself, never later ones. It holds dips as well as rises: where
/// most of the chart falls, what stays level stands out, as at Christmas in charts that few holiday songs enter.
///
/// # Formula
/// For each step the median over the series of value/(median of its last `window` values), over those with at least
/// half a window of values, if there are `min_series` of them.
///
/// # Errors
/// `invalid` where the series differ in length, a value is negative, infinite or above 10¹⁵, or `window` or `min_series` is 0.
///
/// # Example: a holiday that doubles everything
/// ```
/// use fanpulse_core::spikes::common_pattern;
/// let chart: Vec<Vec<f64>> = (1..=20).map(|a| (0..40).map(|d| f64::from(a) * if d == 30 { 200.0 } else { 100.0 }).collect()).collect();
/// let chart: Vec<&[f64]> = chart.iter().map(Vec::as_slice).collect();
/// let pattern = common_pattern(&chart, 28, 10)?;
/// assert_eq!((pattern[29], pattern[30]), (1.0, 2.0));
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
pub fn common_pattern(series: &[&[f64]], window: usize, min_series: usize) -> Result<Vec<f64>> {
    if window == 0 || min_series == 0 {
        return Err(Error::invalid(format!("window is {window} and min_series {min_series}; both are at least 1")));
    }
    let steps = series.first().map_or(0, |s| s.len());
    if let Some((i, s)) = series.iter().enumerate().find(|(_, s)| s.len() != steps) {
        return Err(Error::invalid(format!("series {i} has {} values, series 0 has {steps}", s.len())));
    }
    let mut ratios: Vec<Vec<f64>> = vec![Vec::new(); steps];
    for (i, s) in series.iter().enumerate() {
        let mut past = SortedWindow::new(window);
        for (t, &value) in s.iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            if !(0.0..=super::series::MAX_VALUE).contains(&value) {
                return Err(Error::invalid(format!("value {t} of series {i} is {value}, outside 0 to 1e15")));
            }
            let usual = past.median();
            if 2 * past.len() >= window && usual > 0.0 {
                ratios[t].push(value / usual);
            }
            past.push(value);
        }
    }
    Ok(ratios.into_iter().map(|ratios| shared(ratios, min_series)).collect())
}

fn shared(mut ratios: Vec<f64>, min_series: usize) -> f64 {
    if ratios.len() < min_series {
        return 1.0;
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let n = ratios.len();
    // Half the chart at zero is an outage of the source, whose days are missing rather than shrunk.
    let median = 0.5 * (ratios[(n - 1) / 2] + ratios[n / 2]);
    if median > 0.0 { median.clamp(1e-6, 1e6) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_artist_does_not_move_the_chart() {
        let usual = vec![100.0; 40];
        let mut viral = usual.clone();
        viral[35] = 5000.0;
        let chart: Vec<&[f64]> = (0..9).map(|_| &usual[..]).chain([&viral[..]]).collect();
        assert_eq!(common_pattern(&chart, 28, 5).unwrap(), vec![1.0; 40]);
    }

    #[test]
    fn unequal_series_are_named() {
        let error = common_pattern(&[&[1.0], &[1.0, 2.0]], 7, 1).unwrap_err();
        assert_eq!(error.to_string(), "series 1 has 2 values, series 0 has 1");
    }
}
