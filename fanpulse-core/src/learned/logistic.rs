//! Weighted ridge logistic regression by Newton's method, with standard errors.
//!
//! The fitting of linfa-logistic 0.8.1 takes no weights and gives no standard errors, and its probabilities are
//! those of the majority class; so this is FanPulse's own. All sums run in row order, so that a fit has the same
//! bits on every machine.

use multiversion::multiversion;

use crate::math::{exp_m1, ln};
use crate::{Error, Result};

/// Log-odds beyond which a fitted probability is 0 or 1 for every purpose.
const EXTREME: f64 = 30.0;

/// 1/(1 + e⁻ˣ), without overflow.
pub(super) fn sigmoid(x: f64) -> f64 {
    let e = exp_m1(-x.abs().min(700.0)) + 1.0;
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// ln(p/(1 − p)) with p kept away from 0 and 1.
pub(super) fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    ln(p / (1.0 - p))
}

/// ln(1 + eˣ), without overflow.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln(2.0 + exp_m1(-x.abs().min(700.0)))
}

/// What is fitted: rows of `columns` numbers each, row after row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) x: &'a [f64],
    pub(super) columns: usize,
    pub(super) y: &'a [bool],
    pub(super) weights: &'a [f64],
    /// Penalty ½·ridge·Σβ² on the coefficients, not on the intercept.
    pub(super) ridge: f64,
    pub(super) max_iterations: u32,
    pub(super) tolerance: f64,
}

/// A fit. Position 0 of `beta` and `standard_errors` is the intercept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fit {
    pub(super) beta: Vec<f64>,
    pub(super) standard_errors: Vec<f64>,
    pub(super) log_likelihood: f64,
    pub(super) iterations: u32,
    /// Whether the fitted probabilities tell the classes of the training rows apart without a mistake.
    pub(super) separated: bool,
}

impl Problem<'_> {
    /// The log-odds of every row.
    fn etas(&self, beta: &[f64]) -> Vec<f64> {
        let mut etas = vec![0.0; self.y.len()];
        log_odds(self.x, self.columns, beta, &mut etas);
        etas
    }

    /// Penalised and plain log-likelihood.
    fn objective(&self, beta: &[f64]) -> (f64, f64) {
        let mut plain = 0.0;
        for ((&y, &w), eta) in self.y.iter().zip(self.weights).zip(self.etas(beta)) {
            plain += w * (if y { eta } else { 0.0 } - softplus(eta));
        }
        (plain - 0.5 * self.ridge * beta[1..].iter().map(|b| b * b).sum::<f64>(), plain)
    }

    /// Gradient and the information matrix without the penalty.
    fn derivatives(&self, beta: &[f64]) -> (Vec<f64>, Square) {
        let n = self.columns + 1;
        let mut gradient = vec![0.0; n];
        let mut information = Square::zero(n);
        let mut residuals = self.etas(beta);
        let mut variances = Vec::with_capacity(residuals.len());
        for ((&y, &w), eta) in self.y.iter().zip(self.weights).zip(&mut residuals) {
            let p = sigmoid(*eta);
            *eta = w * (f64::from(u8::from(y)) - p);
            variances.push(w * p * (1.0 - p));
        }
        add_up(self.x, self.columns, (&residuals, &variances), &mut gradient, &mut information.a);
        for (g, b) in gradient[1..].iter_mut().zip(&beta[1..]) {
            *g -= self.ridge * b;
        }
        information.mirror();
        (gradient, information)
    }

    /// # Formula
    /// β ← β + (XᵀWX + λI)⁻¹(Xᵀ(y − p) − λβ), halved until the penalised likelihood does not fall. Covariance
    /// (XᵀWX + λI)⁻¹ XᵀWX (XᵀWX + λI)⁻¹: le Cessie and van Houwelingen, Applied Statistics 41 (1992) 191–201;
    /// without a penalty the inverse information. With class weights the errors are those of the weighted counts.
    ///
    /// # Errors
    /// `invalid` where, without a penalty, the classes are separable or the features collinear.
    pub(super) fn fit(&self) -> Result<Fit> {
        let n = self.columns + 1;
        let mut beta = vec![0.0; n];
        let (mut best, mut plain) = self.objective(&beta);
        let mut iterations = 0;
        let mut converged = false;
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let (gradient, information) = self.derivatives(&beta);
            let step = information.plus_diagonal(self.ridge).cholesky().ok_or_else(collinear)?.solve(&gradient);
            let mut factor = 1.0;
            loop {
                let tried: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + factor * s).collect();
                let (value, tried_plain) = self.objective(&tried);
                // At the optimum rounding alone decides, so a fall of that size is no fall.
                if value >= best - 1e-12 * best.abs() {
                    converged = step.iter().all(|s| (factor * s).abs() < self.tolerance);
                    (beta, best, plain) = (tried, value, tried_plain);
                    break;
                }
                factor *= 0.5;
                if factor < 1e-10 {
                    converged = true;
                    break;
                }
            }
            if self.ridge == 0.0 && self.separates(&beta) && self.etas(&beta).iter().any(|eta| eta.abs() > EXTREME) {
                break;
            }
        }
        let separated = self.separates(&beta);
        if self.ridge == 0.0 && separated {
            return Err(Error::invalid("the features separate the classes, so that without a penalty no fit exists: set ridge above 0"));
        }
        if !converged {
            return Err(Error::invalid(format!("the fit did not converge in {iterations} steps: raise ridge or max_iterations")));
        }
        let (_, information) = self.derivatives(&beta);
        let factor = information.plus_diagonal(self.ridge).cholesky().ok_or_else(collinear)?;
        let standard_errors = (0..n)
            .map(|j| {
                let unit: Vec<f64> = (0..n).map(|k| if k == j { 1.0 } else { 0.0 }).collect();
                let column = factor.solve(&unit);
                information.quadratic(&column).max(0.0).sqrt()
            })
            .collect();
        Ok(Fit { beta, standard_errors, log_likelihood: plain, iterations, separated })
    }

    fn separates(&self, beta: &[f64]) -> bool {
        let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
        for (&y, eta) in self.y.iter().zip(self.etas(beta)) {
            if y {
                lowest = lowest.min(eta);
            } else {
                highest = highest.max(eta);
            }
        }
        lowest > highest
    }
}

/// Rows whose log-odds are added up side by side, so that no sum waits for another.
const ROWS: usize = 8;

/// Intercept + Σ xβ of every row, each sum in the order of the columns.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn log_odds(x: &[f64], columns: usize, beta: &[f64], out: &mut [f64]) {
    for (block, out) in out.chunks_mut(ROWS).enumerate() {
        let rows = &x[block * ROWS * columns..];
        let mut sums = [0.0; ROWS];
        for k in 0..columns {
            for r in 0..out.len() {
                sums[r] += rows[r * columns + k] * beta[k + 1];
            }
        }
        for r in 0..out.len() {
            out[r] = beta[0] + sums[r];
        }
    }
}

/// Adds every row's part to the gradient and to the information's lower triangle, each sum in the order of the rows.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn add_up(x: &[f64], columns: usize, (residuals, variances): (&[f64], &[f64]), gradient: &mut [f64], information: &mut [f64]) {
    let n = columns + 1;
    for i in 0..residuals.len() {
        let row = &x[i * columns..(i + 1) * columns];
        let (residual, v) = (residuals[i], variances[i]);
        gradient[0] += residual;
        information[0] += v;
        let below = &mut gradient[1..n];
        for j in 0..columns {
            below[j] += residual * row[j];
        }
        for j in 0..columns {
            let scaled = v * row[j];
            let (first, line) = information[(j + 1) * n..(j + 1) * n + j + 2].split_at_mut(1);
            first[0] += scaled;
            let row = &row[..line.len()];
            for k in 0..line.len() {
                line[k] += scaled * row[k];
            }
        }
    }
}

fn collinear() -> Error {
    Error::invalid("the features are collinear, so that without a penalty no single fit exists: set ridge above 0")
}

/// A small square matrix, row after row.
#[derive(Debug, Clone)]
struct Square {
    n: usize,
    a: Vec<f64>,
}

impl Square {
    fn zero(n: usize) -> Self {
        Self { n, a: vec![0.0; n * n] }
    }

    fn at(&mut self, i: usize, j: usize) -> &mut f64 {
        &mut self.a[i * self.n + j]
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        self.a[i * self.n + j]
    }

    /// Copies the lower triangle to the upper.
    fn mirror(&mut self) {
        for i in 0..self.n {
            for j in 0..i {
                *self.at(j, i) = self.get(i, j);
            }
        }
    }

    /// The same with `value` added to the diagonal below the intercept's place.
    fn plus_diagonal(&self, value: f64) -> Self {
        let mut sum = self.clone();
        for i in 1..self.n {
            *sum.at(i, i) += value;
        }
        sum
    }

    /// vᵀAv.
    fn quadratic(&self, v: &[f64]) -> f64 {
        (0..self.n).map(|i| v[i] * (0..self.n).map(|j| self.get(i, j) * v[j]).sum::<f64>()).sum()
    }

    /// The lower factor L of A = LLᵀ; `None` unless A is positive definite by a safe margin.
    fn cholesky(&self) -> Option<Factor> {
        let n = self.n;
        let mut l = Self::zero(n);
        for i in 0..n {
            for j in 0..=i {
                let sum = self.get(i, j) - (0..j).map(|k| l.get(i, k) * l.get(j, k)).sum::<f64>();
                if i == j {
                    if sum.is_nan() || sum <= 1e-11 * self.get(i, i) {
                        return None;
                    }
                    *l.at(i, i) = sum.sqrt();
                } else {
                    *l.at(i, j) = sum / l.get(j, j);
                }
            }
        }
        Some(Factor(l))
    }
}

/// A Cholesky factor.
struct Factor(Square);

impl Factor {
    /// Solves LLᵀx = b.
    fn solve(&self, b: &[f64]) -> Vec<f64> {
        let (l, n) = (&self.0, self.0.n);
        let mut x = b.to_vec();
        for i in 0..n {
            let known: f64 = (0..i).map(|k| l.get(i, k) * x[k]).sum();
            x[i] = (x[i] - known) / l.get(i, i);
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| l.get(k, i) * x[k]).sum();
            x[i] = (x[i] - known) / l.get(i, i);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<'a>(x: &'a [f64], y: &'a [bool], weights: &'a [f64], ridge: f64) -> Problem<'a> {
        Problem { x, columns: x.len() / y.len(), y, weights, ridge, max_iterations: 100, tolerance: 1e-10 }
    }

    /// O-rings in distress by launch temperature, °F, of the 23 flights before Challenger's last.
    const TEMPERATURE: [f64; 23] = [
        66.0, 70.0, 69.0, 68.0, 67.0, 72.0, 73.0, 70.0, 57.0, 63.0, 70.0, 78.0, 67.0, 53.0, 67.0, 75.0, 70.0, 81.0, 76.0, 79.0, 75.0, 76.0,
        58.0,
    ];
    const DISTRESS: [u8; 23] = [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1];

    #[test]
    fn fits_the_published_challenger_model() {
        // Dalal, Fowlkes and Hoadley, JASA 84 (1989) 945–957: intercept 15.043, slope −0.232; errors 7.379 and 0.108
        // as every statistics package prints them.
        let y: Vec<bool> = DISTRESS.iter().map(|&d| d == 1).collect();
        let fit = problem(&TEMPERATURE, &y, &[1.0; 23], 0.0).fit().unwrap();
        let near = |value: f64, published: f64, tolerance: f64| assert!((value - published).abs() < tolerance, "{value} {published}");
        near(fit.beta[0], 15.0429, 1e-4);
        near(fit.beta[1], -0.232_163, 1e-6);
        near(fit.standard_errors[0], 7.3786, 1e-3);
        near(fit.standard_errors[1], 0.108_236, 1e-5);
        near(-2.0 * fit.log_likelihood, 20.3152, 1e-4);
    }

    #[test]
    fn a_weight_of_two_equals_a_row_given_twice() {
        let (x, y) = ([0.3, 1.0, -0.5, 2.0, 0.1], [false, true, false, true, true]);
        let weighted = problem(&x, &y, &[2.0, 1.0, 1.0, 1.0, 1.0], 0.1).fit().unwrap();
        let (x, y) = ([0.3, 0.3, 1.0, -0.5, 2.0, 0.1], [false, false, true, false, true, true]);
        let repeated = problem(&x, &y, &[1.0; 6], 0.1).fit().unwrap();
        for (a, b) in weighted.beta.iter().zip(&repeated.beta) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn separable_classes_are_refused_without_a_penalty_and_fitted_with_one() {
        let (x, y) = ([-2.0, -1.0, 1.0, 2.0], [false, false, true, true]);
        let message = problem(&x, &y, &[1.0; 4], 0.0).fit().unwrap_err().to_string();
        assert!(message.contains("separate the classes"), "{message}");
        let fit = problem(&x, &y, &[1.0; 4], 0.5).fit().unwrap();
        assert!(fit.separated && fit.beta.iter().chain(&fit.standard_errors).all(|b| b.is_finite()));
    }

    #[test]
    fn collinear_features_are_refused_without_a_penalty_and_share_with_one() {
        let x = [1.0, 2.0, 2.0, 4.0, 3.0, 6.0, -1.0, -2.0, 0.5, 1.0];
        let y = [false, true, true, false, true];
        let message = problem(&x, &y, &[1.0; 5], 0.0).fit().unwrap_err().to_string();
        assert!(message.contains("collinear"), "{message}");
        let fit = problem(&x, &y, &[1.0; 5], 0.1).fit().unwrap();
        assert!((fit.beta[2] - 2.0 * fit.beta[1]).abs() < 1e-9);
    }

    #[test]
    fn sigmoid_and_softplus_hold_at_the_ends() {
        assert_eq!(sigmoid(0.0), 0.5);
        assert!(sigmoid(1e9) == 1.0 && sigmoid(-1e9) < 1e-300 && sigmoid(-1e9) >= 0.0);
        assert!((softplus(0.0) - std::f64::consts::LN_2).abs() < 1e-15);
        assert!((softplus(50.0) - 50.0).abs() < 1e-12 && softplus(-1e9) >= 0.0);
        assert!((logit(sigmoid(1.3)) - 1.3).abs() < 1e-12);
    }
}
