//! How good predictions are: ranking (AUC, average precision) and probability (Brier score, log loss, calibration).

use serde::{Deserialize, Serialize};

use super::logistic::{logit, softplus};
use crate::math::Draws;
use crate::settings::LearnedSettings;
use crate::{Error, Result};

/// A figure with its 95 % interval by resampling the examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower end; equals the figure where no resampling was asked for.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One bin of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share that came true.
    pub observed: f64,
    /// Examples in the bin.
    pub rows: usize,
}

/// How predictions compare with what happened. What cannot be said (AUC with one class only) is `None`, never NaN.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// Examples.
    pub rows: usize,
    /// Positive ones.
    pub positives: usize,
    /// Area under the ROC curve, 0–1: how often a positive example ranks above a negative one, ties half.
    pub auc: Option<Estimate>,
    /// Average precision, 0–1.
    pub average_precision: Option<Estimate>,
    /// Mean squared error of the probability; `None` for a plain ranking, as are the next four.
    pub brier: Option<f64>,
    /// Mean negative log-likelihood.
    pub log_loss: Option<f64>,
    /// Expected calibration error over equally wide bins.
    pub calibration_error: Option<f64>,
    /// The same over bins of equally many examples, which no empty bin flatters.
    pub calibration_error_equal_mass: Option<f64>,
    /// Behind the expected calibration error.
    pub reliability: Vec<ReliabilityBin>,
}

impl Evaluation {
    /// Share of positive examples; 0 without examples.
    #[must_use]
    pub fn base_rate(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.positives as f64 / self.rows as f64 }
    }
}

/// Positions by falling score; among ties by position.
fn by_falling_score(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order
}

/// AUC and average precision in one pass over the ranking; `None` unless both classes are there.
///
/// # Formula
/// AUC: Mann and Whitney's U over the pairs. Average precision: Σ (Rₙ − Rₙ₋₁)Pₙ over the distinct scores.
pub(super) fn ranking(scores: &[f64], labels: &[bool]) -> Option<(f64, f64)> {
    let order = by_falling_score(scores);
    let positives = labels.iter().filter(|y| **y).count();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (mut tp, mut fp, mut pairs, mut precision) = (0.0, 0.0, 0.0, 0.0);
    let mut i = 0;
    while i < order.len() {
        let start = i;
        let (mut p, mut n) = (0.0, 0.0);
        while i < order.len() && scores[order[i]] == scores[order[start]] {
            if labels[order[i]] {
                p += 1.0;
            } else {
                n += 1.0;
            }
            i += 1;
        }
        pairs += n * (tp + 0.5 * p);
        tp += p;
        fp += n;
        precision += p * tp / (tp + fp);
    }
    Some((pairs / (positives as f64 * negatives as f64), precision / positives as f64))
}

fn check(scores: &[f64], labels: &[bool]) -> Result<()> {
    if scores.len() != labels.len() {
        return Err(Error::invalid(format!("{} scores for {} labels", scores.len(), labels.len())));
    }
    match scores.iter().position(|s| !s.is_finite()) {
        Some(i) => Err(Error::invalid(format!("score {} of example {i} is not finite", scores[i]))),
        None => Ok(()),
    }
}

/// Percentile interval of `figure` over resampled examples; resamples that lack a class are drawn but not used.
fn interval(value: f64, n: usize, settings: &LearnedSettings, mut figure: impl FnMut(&[usize]) -> Option<f64>) -> Estimate {
    let mut draws = Draws::new(settings.seed);
    let mut values = Vec::with_capacity(settings.resamples as usize);
    let mut rows = vec![0; n];
    for _ in 0..settings.resamples {
        rows.iter_mut().for_each(|r| *r = draws.below(n));
        values.extend(figure(&rows));
    }
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get(((values.len() as f64 * q) as usize).min(values.len().saturating_sub(1))).copied().unwrap_or(value);
    Estimate { value, low: at(0.025), high: at(0.975) }
}

fn pick<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&r| values[r]).collect()
}

/// Judges a plain score, higher = likelier, by its ranking alone.
///
/// # Errors
/// `invalid` where lengths differ or a score is not finite.
pub fn evaluate_ranking(scores: &[f64], labels: &[bool], settings: &LearnedSettings) -> Result<Evaluation> {
    check(scores, labels)?;
    let mut evaluation = Evaluation { rows: labels.len(), positives: labels.iter().filter(|y| **y).count(), ..Evaluation::default() };
    if let Some((auc, ap)) = ranking(scores, labels) {
        let figure = |which: usize| {
            interval(if which == 0 { auc } else { ap }, labels.len(), settings, |rows| {
                ranking(&pick(scores, rows), &pick(labels, rows)).map(|(a, p)| if which == 0 { a } else { p })
            })
        };
        evaluation.auc = Some(figure(0));
        evaluation.average_precision = Some(figure(1));
    }
    Ok(evaluation)
}

/// Judges probabilities by ranking, by score and by calibration.
///
/// # Example
/// ```
/// use fanpulse_core::learned::evaluate_probabilities;
/// let found = evaluate_probabilities(&[0.9, 0.2, 0.6, 0.1], &[true, false, false, false], &Default::default())?;
/// assert_eq!(found.auc.map(|a| a.value), Some(1.0));
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
///
/// # Errors
/// `invalid` where lengths differ or a probability lies outside 0–1.
pub fn evaluate_probabilities(probabilities: &[f64], labels: &[bool], settings: &LearnedSettings) -> Result<Evaluation> {
    let mut evaluation = evaluate_ranking(probabilities, labels, settings)?;
    if let Some(p) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::invalid(format!("probability {p} is outside 0 to 1")));
    }
    if labels.is_empty() {
        return Ok(evaluation);
    }
    let n = labels.len() as f64;
    let bins = settings.bins as usize;
    let square = |(p, &y): (&f64, &bool)| (p - f64::from(u8::from(y))).powi(2);
    evaluation.brier = Some(probabilities.iter().zip(labels).map(square).sum::<f64>() / n);
    evaluation.log_loss = Some(probabilities.iter().zip(labels).map(|(&p, &y)| log_loss(p, y)).sum::<f64>() / n);
    let width = |i: usize| ((probabilities[i] * bins as f64) as usize).min(bins - 1);
    evaluation.reliability = reliability(probabilities, labels, bins, width);
    evaluation.calibration_error = Some(calibration_error(&evaluation.reliability, n));
    let mut rank = vec![0; labels.len()];
    by_falling_score(probabilities).into_iter().enumerate().for_each(|(r, i)| rank[i] = r);
    let mass = reliability(probabilities, labels, bins, |i| rank[i] * bins / labels.len());
    evaluation.calibration_error_equal_mass = Some(calibration_error(&mass, n));
    Ok(evaluation)
}

/// Negative log-likelihood of one outcome.
pub(super) fn log_loss(p: f64, y: bool) -> f64 {
    let z = logit(p);
    softplus(if y { -z } else { z })
}

fn reliability(probabilities: &[f64], labels: &[bool], bins: usize, bin_of: impl Fn(usize) -> usize) -> Vec<ReliabilityBin> {
    let mut sums = vec![(0.0, 0.0, 0_usize); bins];
    for (i, (&p, &y)) in probabilities.iter().zip(labels).enumerate() {
        let bin = &mut sums[bin_of(i)];
        *bin = (bin.0 + p, bin.1 + f64::from(u8::from(y)), bin.2 + 1);
    }
    let filled = sums.into_iter().filter(|(_, _, rows)| *rows > 0);
    filled.map(|(p, y, rows)| ReliabilityBin { predicted: p / rows as f64, observed: y / rows as f64, rows }).collect()
}

/// # Formula
/// Σ (rows of the bin / rows)·|observed − predicted|: Naeini, Cooper and Hauskrecht, AAAI 2015.
fn calibration_error(bins: &[ReliabilityBin], rows: f64) -> f64 {
    bins.iter().map(|b| (b.observed - b.predicted).abs() * b.rows as f64).sum::<f64>() / rows
}

/// By how much the AUC of `scores` exceeds that of `others` on the same examples, resampled in pairs; `None` unless
/// both classes are there.
///
/// # Errors
/// `invalid` where lengths differ or a score is not finite.
pub fn auc_gain(scores: &[f64], others: &[f64], labels: &[bool], settings: &LearnedSettings) -> Result<Option<Estimate>> {
    check(scores, labels)?;
    check(others, labels)?;
    let gain = |rows: &[usize]| {
        let y = pick(labels, rows);
        Some(ranking(&pick(scores, rows), &y)?.0 - ranking(&pick(others, rows), &y)?.0)
    };
    let all: Vec<usize> = (0..labels.len()).collect();
    Ok(gain(&all).map(|value| interval(value, labels.len(), settings, gain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> LearnedSettings {
        LearnedSettings { resamples: 200, bins: 2, ..LearnedSettings::default() }
    }

    #[test]
    fn ranking_figures_equal_scikit_learns() {
        // roc_auc_score and average_precision_score of scikit-learn 1.9 on the same numbers, which hold ties.
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.2, 0.8];
        let labels = [false, false, true, true, true, false, false, false];
        let e = evaluate_ranking(&scores, &labels, &settings()).unwrap();
        let (auc, ap) = (e.auc.unwrap(), e.average_precision.unwrap());
        assert!((auc.value - 0.633_333_333_333_333_3).abs() < 1e-12, "{auc:?}");
        assert!((ap.value - 0.466_666_666_666_666_6).abs() < 1e-12, "{ap:?}");
        assert!(auc.low <= auc.value && auc.value <= auc.high);
    }

    #[test]
    fn probability_figures_are_the_definitions() {
        let e = evaluate_probabilities(&[0.9, 0.2, 0.6, 0.1], &[true, false, false, false], &settings()).unwrap();
        assert!((e.brier.unwrap() - (0.01 + 0.04 + 0.36 + 0.01) / 4.0).abs() < 1e-12);
        let loss = -(0.9_f64.ln() + 0.8_f64.ln() + 0.4_f64.ln() + 0.9_f64.ln()) / 4.0;
        assert!((e.log_loss.unwrap() - loss).abs() < 1e-9);
        // Bins [0, ½) with mean 0.15 and none true, [½, 1] with mean 0.75 and half true.
        assert!((e.calibration_error.unwrap() - (0.15 + 0.25) / 2.0).abs() < 1e-12);
        assert_eq!(e.reliability.iter().map(|b| b.rows).sum::<usize>(), 4);
    }

    #[test]
    fn one_class_or_nothing_gives_none_and_bad_numbers_an_error() {
        let e = evaluate_probabilities(&[0.5, 0.6], &[true, true], &settings()).unwrap();
        assert!(e.auc.is_none() && e.average_precision.is_none() && e.brier.is_some());
        assert_eq!(evaluate_probabilities(&[], &[], &settings()).unwrap().rows, 0);
        assert!(evaluate_ranking(&[f64::NAN], &[true], &settings()).is_err());
        assert!(evaluate_probabilities(&[1.5], &[true], &settings()).is_err());
        assert!(evaluate_ranking(&[1.0], &[], &settings()).is_err());
    }

    #[test]
    fn a_gain_over_itself_is_nothing() {
        let (scores, labels) = ([0.1, 0.9, 0.4], [false, true, false]);
        let gain = auc_gain(&scores, &scores, &labels, &settings()).unwrap().unwrap();
        assert_eq!((gain.value, gain.low, gain.high), (0.0, 0.0, 0.0));
    }
}
