//! Weighted ridge logistic regression by Newton's method, with standard errors.
//!
//! The fitting of linfa-logistic 0.8.1 takes no weights and gives no standard errors, and its probabilities are
//! those of the majority class; so this is FanPulse's own. All sums run in a fixed order, so that a fit has the same
//! bits on every machine.

use multiversion::multiversion;

use crate::math::{LANES, exp_m1, ln, reduce};
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

/// Rows of numbers, each behind a 1 for the intercept and padded with zeros to whole lanes.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    columns: usize,
    stride: usize,
    values: Vec<f64>,
}

impl Rows {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, stride: (columns + 1).next_multiple_of(LANES), values: Vec::new() }
    }

    /// Takes a row of as many numbers as there are columns.
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = f64>) {
        let end = self.values.len() + self.stride;
        self.values.push(1.0);
        self.values.extend(row.into_iter().take(self.columns));
        self.values.resize(end, 0.0);
    }
}

/// What is fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) x: &'a Rows,
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

/// What each row says at some coefficients.
struct Judged {
    /// 1 and 0 for the classes.
    labels: Vec<f64>,
    etas: Vec<f64>,
    /// Weighted y − p and p(1 − p).
    residuals: Vec<f64>,
    variances: Vec<f64>,
}

impl Problem<'_> {
    /// The log-odds of every row.
    fn etas(&self, beta: &[f64]) -> Vec<f64> {
        let mut etas = vec![0.0; self.y.len()];
        log_odds(&self.x.values, &self.padded(beta), &mut etas);
        etas
    }

    fn padded(&self, beta: &[f64]) -> Vec<f64> {
        let mut padded = beta.to_vec();
        padded.resize(self.x.stride, 0.0);
        padded
    }

    /// Judges every row; penalised and plain log-likelihood.
    fn judge(&self, beta: &[f64], judged: &mut Judged) -> (f64, f64) {
        log_odds(&self.x.values, &self.padded(beta), &mut judged.etas);
        let plain = judge(&judged.etas, &judged.labels, self.weights, &mut judged.residuals, &mut judged.variances);
        (plain - 0.5 * self.ridge * beta[1..].iter().map(|b| b * b).sum::<f64>(), plain)
    }

    /// Gradient and the information matrix without the penalty, where the rows were judged.
    fn derivatives(&self, beta: &[f64], judged: &Judged) -> (Vec<f64>, Square) {
        let (n, stride) = (self.x.columns + 1, self.x.stride);
        let (mut gradient, mut lines) = (vec![0.0; stride], vec![0.0; n * stride]);
        add_up(&self.x.values, stride, (&judged.residuals, &judged.variances), &mut gradient, &mut lines);
        gradient.truncate(n);
        for (g, b) in gradient[1..].iter_mut().zip(&beta[1..]) {
            *g -= self.ridge * b;
        }
        let mut information = Square::zero(n);
        for i in 0..n {
            for j in 0..=i {
                *information.at(i, j) = lines[i * stride + j];
                *information.at(j, i) = lines[i * stride + j];
            }
        }
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
        let n = self.x.columns + 1;
        let zeros = || vec![0.0; self.y.len()];
        let labels = self.y.iter().map(|&y| f64::from(u8::from(y))).collect();
        let mut judged = Judged { labels, etas: zeros(), residuals: zeros(), variances: zeros() };
        let mut beta = vec![0.0; n];
        let (mut best, mut plain) = self.judge(&beta, &mut judged);
        let mut iterations = 0;
        let mut converged = false;
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let (gradient, information) = self.derivatives(&beta, &judged);
            let step = information.plus_diagonal(self.ridge).cholesky().ok_or_else(collinear)?.solve(&gradient);
            let mut factor = 1.0;
            loop {
                let tried: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + factor * s).collect();
                let (value, tried_plain) = self.judge(&tried, &mut judged);
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
        // The last step that was tried may have been refused.
        self.judge(&beta, &mut judged);
        let (_, information) = self.derivatives(&beta, &judged);
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

/// Rows whose terms stay in the cache until they are added up.
const BLOCK: usize = 256;

/// Σ xβ of every row, each sum in lanes; rows and coefficients are padded alike.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn log_odds(x: &[f64], beta: &[f64], out: &mut [f64]) {
    let beta = beta.as_chunks::<LANES>().0;
    for (row, out) in x.chunks_exact(beta.len() * LANES).zip(out) {
        let mut lanes = [0.0; LANES];
        for (x, b) in row.as_chunks::<LANES>().0.iter().zip(beta) {
            for l in 0..LANES {
                lanes[l] += x[l] * b[l];
            }
        }
        *out = reduce(lanes);
    }
}

/// Notes w(y − p) and w·p(1 − p) of every row and returns the log-likelihood, Σ w(yη − ln(1 + e^η)).
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn judge(etas: &[f64], labels: &[f64], weights: &[f64], residuals: &mut [f64], variances: &mut [f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let mut terms = [0.0; BLOCK];
    let rows = etas.chunks(BLOCK).zip(labels.chunks(BLOCK)).zip(weights.chunks(BLOCK));
    for (((etas, y), w), (residuals, variances)) in rows.zip(residuals.chunks_mut(BLOCK).zip(variances.chunks_mut(BLOCK))) {
        let n = etas.len();
        let (y, w, residuals, variances) = (&y[..n], &w[..n], &mut residuals[..n], &mut variances[..n]);
        for i in 0..n {
            let eta = etas[i];
            // Sigmoid and softplus of the same exponential.
            let e = exp_m1(-eta.abs().min(700.0)) + 1.0;
            let larger = 1.0 / (1.0 + e);
            let p = if eta >= 0.0 { larger } else { e * larger };
            residuals[i] = w[i] * (y[i] - p);
            variances[i] = w[i] * (larger * (e * larger));
            terms[i] = w[i] * (y[i] * eta - (eta.max(0.0) + ln(1.0 + e)));
        }
        terms[n..].fill(0.0);
        for chunk in terms.as_chunks::<LANES>().0 {
            for l in 0..LANES {
                lanes[l] += chunk[l];
            }
        }
    }
    reduce(lanes)
}

/// Adds every row's part to the gradient and to the information's lower triangle, each sum in the order of the rows.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn add_up(x: &[f64], stride: usize, (residuals, variances): (&[f64], &[f64]), gradient: &mut [f64], lines: &mut [f64]) {
    let zeros = vec![0.0; stride];
    // Four rows at a time, so that a sum is fetched and put back less often; the last may be fewer.
    for (i, block) in x.chunks(4 * stride).enumerate() {
        let rows = std::array::from_fn(|r| block.get(r * stride..(r + 1) * stride).unwrap_or(&zeros));
        let at = 4 * i..residuals.len().min(4 * i + 4);
        let (mut r, mut v) = ([0.0; 4], [0.0; 4]);
        r[..at.len()].copy_from_slice(&residuals[at.clone()]);
        v[..at.len()].copy_from_slice(&variances[at]);
        add_rows(gradient, r, rows);
        for (j, line) in lines.chunks_exact_mut(stride).enumerate() {
            let len = (j + 1).next_multiple_of(LANES);
            let scaled = [v[0] * rows[0][j], v[1] * rows[1][j], v[2] * rows[2][j], v[3] * rows[3][j]];
            add_rows(&mut line[..len], scaled, rows);
        }
    }
}

/// Adds rows times factors to sums, which may be shorter than the rows, row after row.
#[inline(always)]
fn add_rows(sums: &mut [f64], f: [f64; 4], rows: [&[f64]; 4]) {
    let [a, b, c, d] = rows;
    let (ab, cd) =
        (a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0), c.as_chunks::<LANES>().0.iter().zip(d.as_chunks::<LANES>().0));
    for (sum, ((a, b), (c, d))) in sums.as_chunks_mut::<LANES>().0.iter_mut().zip(ab.zip(cd)) {
        // Written at once: the compiler cannot see that the sums are apart from the rows.
        let mut next = [0.0; LANES];
        for l in 0..LANES {
            next[l] = sum[l] + f[0] * a[l] + f[1] * b[l] + f[2] * c[l] + f[3] * d[l];
        }
        *sum = next;
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

    fn fit(x: &[f64], y: &[bool], weights: &[f64], ridge: f64) -> Result<Fit> {
        let columns = x.len() / y.len();
        let mut rows = Rows::new(columns);
        x.chunks(columns).for_each(|row| rows.push(row.iter().copied()));
        Problem { x: &rows, y, weights, ridge, max_iterations: 100, tolerance: 1e-10 }.fit()
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
        let fit = fit(&TEMPERATURE, &y, &[1.0; 23], 0.0).unwrap();
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
        let weighted = fit(&x, &y, &[2.0, 1.0, 1.0, 1.0, 1.0], 0.1).unwrap();
        let (x, y) = ([0.3, 0.3, 1.0, -0.5, 2.0, 0.1], [false, false, true, false, true, true]);
        let repeated = fit(&x, &y, &[1.0; 6], 0.1).unwrap();
        for (a, b) in weighted.beta.iter().zip(&repeated.beta) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn separable_classes_are_refused_without_a_penalty_and_fitted_with_one() {
        let (x, y) = ([-2.0, -1.0, 1.0, 2.0], [false, false, true, true]);
        let message = fit(&x, &y, &[1.0; 4], 0.0).unwrap_err().to_string();
        assert!(message.contains("separate the classes"), "{message}");
        let fit = fit(&x, &y, &[1.0; 4], 0.5).unwrap();
        assert!(fit.separated && fit.beta.iter().chain(&fit.standard_errors).all(|b| b.is_finite()));
    }

    #[test]
    fn collinear_features_are_refused_without_a_penalty_and_share_with_one() {
        let x = [1.0, 2.0, 2.0, 4.0, 3.0, 6.0, -1.0, -2.0, 0.5, 1.0];
        let y = [false, true, true, false, true];
        let message = fit(&x, &y, &[1.0; 5], 0.0).unwrap_err().to_string();
        assert!(message.contains("collinear"), "{message}");
        let fit = fit(&x, &y, &[1.0; 5], 0.1).unwrap();
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
