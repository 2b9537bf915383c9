//! Calibration: raw log-odds to probabilities that keep what they promise, learnt on a later slice.

use serde::{Deserialize, Serialize};

use super::logistic::{Problem, Rows, logit, sigmoid};
use super::metrics::log_loss;
use crate::settings::CalibrationMethod;
use crate::{Error, Result};

/// Contiguous blocks by which the methods are compared.
const BLOCKS: usize = 5;

/// A monotone map from raw log-odds to a probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Calibration {
    /// The probability that the log-odds mean.
    Identity,
    /// `1/(1 + e^−(slope·x + offset))`, slope ≥ 0.
    Platt {
        /// Factor of the log-odds.
        slope: f64,
        /// Added to them.
        offset: f64,
    },
    /// Monotone knots of log-odds and probability, linear between them, constant outside.
    Isotonic {
        /// Ascending log-odds.
        x: Vec<f64>,
        /// Ascending probabilities.
        y: Vec<f64>,
    },
}

impl Calibration {
    /// The probability for raw log-odds.
    #[must_use]
    pub fn probability(&self, x: f64) -> f64 {
        match self {
            Self::Identity => sigmoid(x),
            Self::Platt { slope, offset } => sigmoid(slope * x + offset),
            Self::Isotonic { x: knots, y } => {
                let after = knots.partition_point(|k| *k <= x);
                match after {
                    0 => y[0],
                    n if n == knots.len() => y[n - 1],
                    n => y[n - 1] + (y[n] - y[n - 1]) * (x - knots[n - 1]) / (knots[n] - knots[n - 1]),
                }
            }
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Platt { .. } => "platt",
            Self::Isotonic { .. } => "isotonic",
        }
    }

    /// # Errors
    /// `invalid` where a number read from a file is out of order or out of range.
    pub(super) fn validate(&self) -> Result<()> {
        let sound = match self {
            Self::Identity => true,
            Self::Platt { slope, offset } => slope.is_finite() && *slope >= 0.0 && offset.is_finite(),
            Self::Isotonic { x, y } => {
                !x.is_empty()
                    && x.len() == y.len()
                    && x.iter().all(|v| v.is_finite())
                    && y.iter().all(|v| (0.0..=1.0).contains(v))
                    && x.windows(2).all(|w| w[0] < w[1])
                    && y.windows(2).all(|w| w[0] <= w[1])
            }
        };
        if sound { Ok(()) } else { Err(Error::invalid(format!("the {} calibration is not monotone and finite", self.name()))) }
    }

    /// Learns a map from raw log-odds, in order of time, and what came true.
    pub(super) fn learn(method: CalibrationMethod, x: &[f64], labels: &[bool]) -> Result<Self> {
        match method {
            CalibrationMethod::Identity => Ok(Self::Identity),
            CalibrationMethod::Platt => platt(x, labels),
            CalibrationMethod::Isotonic => Ok(isotonic(x, labels)),
            CalibrationMethod::Auto => best(x, labels),
        }
    }
}

/// # Formula
/// Platt (1999) with his targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), which keep the slope finite on separable data; each
/// example enters once as positive and once as negative with its target as weight.
fn platt(x: &[f64], labels: &[bool]) -> Result<Calibration> {
    let positives = labels.iter().filter(|y| **y).count() as f64;
    let negatives = labels.len() as f64 - positives;
    let target = |y: bool| if y { (positives + 1.0) / (positives + 2.0) } else { 1.0 / (negatives + 2.0) };
    let mut twice = Rows::new(1);
    x.iter().flat_map(|&x| [x, x]).for_each(|x| twice.push([x]));
    let y: Vec<bool> = x.iter().flat_map(|_| [true, false]).collect();
    let weights: Vec<f64> = labels.iter().flat_map(|&y| [target(y), 1.0 - target(y)]).collect();
    // A trace of a penalty keeps a slope when all log-odds are the same.
    let problem = Problem { x: &twice, y: &y, weights: &weights, ridge: 1e-6, max_iterations: 200, tolerance: 1e-9 };
    let fit = problem.fit()?;
    // A falling curve would turn the ranking around: then the log-odds say nothing, and all get the base rate.
    let (offset, slope) = (fit.beta[0], fit.beta[1]);
    if slope < 0.0 {
        let rate = (positives + 1.0) / (labels.len() as f64 + 2.0);
        return Ok(Calibration::Platt { slope: 0.0, offset: logit(rate) });
    }
    Ok(Calibration::Platt { slope, offset })
}

/// # Formula
/// Pool adjacent violators (Ayer et al., 1955). Each block's rate is (k + ½)/(n + 1), so that no finite experience
/// makes a probability 0 or 1; blocks stand at their mean log-odds.
fn isotonic(x: &[f64], labels: &[bool]) -> Calibration {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]).then(a.cmp(&b)));
    // Σ x, positives, rows of each block.
    let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
    let mut previous = f64::NAN;
    for i in order {
        let y = f64::from(u8::from(labels[i]));
        match blocks.last_mut() {
            Some(last) if x[i] == previous => *last = (last.0 + x[i], last.1 + y, last.2 + 1.0),
            _ => blocks.push((x[i], y, 1.0)),
        }
        previous = x[i];
        pool(&mut blocks, |b| b.1 / b.2);
    }
    // Smoothing moves small blocks more than large ones, so the order is restored after it.
    let mut smooth: Vec<(f64, f64, f64)> = Vec::new();
    for block in blocks {
        smooth.push(block);
        pool(&mut smooth, |b| (b.1 + 0.5) / (b.2 + 1.0));
    }
    let (x, y) = smooth.iter().map(|b| (b.0 / b.2, (b.1 + 0.5) / (b.2 + 1.0))).unzip();
    Calibration::Isotonic { x, y }
}

/// Merges the last blocks while their rates do not rise.
fn pool(blocks: &mut Vec<(f64, f64, f64)>, rate: impl Fn(&(f64, f64, f64)) -> f64) {
    while let [.., a, b] = blocks.as_slice() {
        // Means that rounding puts on one spot are one knot.
        if rate(a) < rate(b) && a.0 / a.2 < b.0 / b.2 {
            break;
        }
        let merged = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
        blocks.truncate(blocks.len() - 2);
        blocks.push(merged);
    }
}

/// The method with the least log loss over blocks of time that it was not learnt on, unless the raw log-odds are
/// within one standard error of it.
fn best(x: &[f64], labels: &[bool]) -> Result<Calibration> {
    let n = x.len();
    let raw: Vec<f64> = x.iter().zip(labels).map(|(&x, &y)| log_loss(sigmoid(x), y)).collect();
    let mut chosen = (CalibrationMethod::Identity, 0.0);
    for method in [CalibrationMethod::Platt, CalibrationMethod::Isotonic] {
        let mut gains = Vec::with_capacity(n);
        for block in 0..BLOCKS {
            let (from, to) = (block * n / BLOCKS, (block + 1) * n / BLOCKS);
            let rest = |i: &usize| !(from..to).contains(i);
            let others: Vec<usize> = (0..n).filter(rest).collect();
            let (ox, oy): (Vec<f64>, Vec<bool>) = others.iter().map(|&i| (x[i], labels[i])).unzip();
            if oy.is_empty() {
                continue;
            }
            let learnt = Calibration::learn(method, &ox, &oy)?;
            gains.extend((from..to).map(|i| raw[i] - log_loss(learnt.probability(x[i]), labels[i])));
        }
        let mean = gains.iter().sum::<f64>() / n as f64;
        let variance = gains.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / n as f64;
        let error = (variance / n as f64).sqrt();
        if mean > error && mean > chosen.1 {
            chosen = (method, mean);
        }
    }
    Calibration::learn(chosen.0, x, labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Draws;

    /// Log-odds that overstate: the truth is half of them.
    fn overconfident(n: usize) -> (Vec<f64>, Vec<bool>) {
        let mut draws = Draws::new(3);
        let mut uniform = move || draws.below(1_000_000) as f64 / 1e6;
        (0..n)
            .map(|_| {
                let x = 8.0 * uniform() - 4.0;
                (x, uniform() < sigmoid(0.5 * x - 1.0))
            })
            .unzip()
    }

    #[test]
    fn platt_and_auto_find_the_truth_behind_overconfidence() {
        let (x, y) = overconfident(4000);
        for method in [CalibrationMethod::Platt, CalibrationMethod::Auto] {
            let Calibration::Platt { slope, offset } = Calibration::learn(method, &x, &y).unwrap() else { panic!("{method:?}") };
            assert!((slope - 0.5).abs() < 0.05 && (offset + 1.0).abs() < 0.1, "{slope} {offset}");
        }
        let iso = Calibration::learn(CalibrationMethod::Isotonic, &x, &y).unwrap();
        iso.validate().unwrap();
        for at in [-3.0, -1.0, 0.0, 1.0, 3.0] {
            assert!((iso.probability(at) - sigmoid(0.5 * at - 1.0)).abs() < 0.1, "{at} {}", iso.probability(at));
        }
    }

    #[test]
    fn auto_leaves_honest_log_odds_alone() {
        let mut draws = Draws::new(5);
        let mut uniform = move || draws.below(1_000_000) as f64 / 1e6;
        let (x, y): (Vec<f64>, Vec<bool>) = (0..400)
            .map(|_| {
                let x = 6.0 * uniform() - 4.0;
                (x, uniform() < sigmoid(x))
            })
            .unzip();
        assert_eq!(Calibration::learn(CalibrationMethod::Auto, &x, &y).unwrap(), Calibration::Identity);
    }

    #[test]
    fn every_map_is_monotone_and_within_bounds_on_awkward_data() {
        let cases: [(&[f64], &[bool]); 4] = [
            (&[1.0, 2.0, 3.0, 4.0], &[true, true, false, false]),
            (&[1.0, 2.0, 3.0, 4.0], &[false, false, true, true]),
            (&[0.5, 0.5, 0.5, 0.5], &[true, false, true, false]),
            (&[1.0, 1.0, 2.0, 2.0], &[true, true, true, true]),
        ];
        for (x, y) in cases {
            for method in [CalibrationMethod::Platt, CalibrationMethod::Isotonic, CalibrationMethod::Auto] {
                let map = Calibration::learn(method, x, y).unwrap();
                map.validate().unwrap();
                let values: Vec<f64> = (-60..=60).map(|i| map.probability(f64::from(i) / 10.0)).collect();
                assert!(values.iter().all(|p| (0.0..=1.0).contains(p)), "{map:?}");
                assert!(values.windows(2).all(|w| w[0] <= w[1] + 1e-15), "{map:?}");
            }
        }
    }
}
