//! Gamma–Gamma: what a fan pays per purchase.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::fit::Estimates;
use super::newton::{Derivatives, maximise};
use super::special::{exp, gamma};
use super::{Degeneracy, Fit, MIN_CUSTOMERS};
use crate::math::ln;
use crate::{Error, Result};

const NAMES: [&str; 3] = ["p", "q", "gamma"];
/// Bounds of ln p, ln(q − 1), ln γ (in units of the mean amount).
const BOUNDS: [(f64, f64); 3] = [(-10.0, 14.0), (-12.0, 14.0), (-16.0, 28.0)];
const CHUNK: usize = 4_096;
/// Relative spread of the amounts below which all are one amount and rounding.
const ALIKE: f64 = 1e-9;

/// One fan's purchases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Purchases {
    /// How many, ≥ 1.
    pub count: u32,
    /// What they cost on average, currency units, > 0.
    pub mean: f64,
}

/// The three parameters.
///
/// A fan's amounts are gamma-distributed with shape `p`, and their rates over the fans with shape `q` and rate
/// `gamma`. `q` is kept above 1, below which a fan without purchases would have an infinite expected amount.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AmountParameters {
    /// Shape of a fan's amounts, > 0.
    pub p: f64,
    /// Shape over the fans, > 1.
    pub q: f64,
    /// Rate over the fans, currency units, > 0.
    pub gamma: f64,
}

/// A fit of the model of amounts: standard errors of p, q, γ.
pub type AmountFit = Fit<AmountParameters, 3>;

impl AmountParameters {
    /// What a fan's next purchase is expected to cost; without purchases, what any fan's is.
    ///
    /// # Formula
    /// p(γ + x·z̄)/(px + q − 1) (Fader and Hardie, "The Gamma-Gamma model of monetary value", 2013, eq. 5).
    ///
    /// # Example
    /// ```
    /// use fanpulse_core::fans::{AmountParameters, Purchases};
    /// let p = AmountParameters { p: 6.25, q: 3.74, gamma: 15.44 };
    /// let next = p.expected_amount(Some(Purchases { count: 2, mean: 22.35 }));
    /// assert!((next - 24.66).abs() < 0.01);
    /// ```
    #[must_use]
    pub fn expected_amount(&self, purchases: Option<Purchases>) -> f64 {
        let (x, total) = purchases.map_or((0.0, 0.0), |own| (f64::from(own.count), f64::from(own.count) * own.mean));
        self.p * (self.gamma + total) / (self.p * x + (self.q - 1.0))
    }
}

/// Fits the model of amounts by maximum likelihood, on fans who bought.
///
/// # Formula
/// f(z̄ | x) = Γ(px+q)/(Γ(px)Γ(q)) · γ^q z̄^(px−1) x^(px) / (γ + x·z̄)^(px+q) (Fader and Hardie 2013, eq. 1a).
///
/// # Errors
/// `invalid` for a count of 0 or a mean that is not positive and finite, naming its position. Data that do not
/// determine the parameters are no error but a [`FitStatus::Degenerate`](super::FitStatus::Degenerate).
pub fn fit_amounts(purchases: &[Purchases], max_iterations: u32) -> Result<AmountFit> {
    fit_amounts_from(purchases, max_iterations, None)
}

/// The same, from a first guess.
pub(in crate::fans) fn fit_amounts_from(
    purchases: &[Purchases],
    max_iterations: u32,
    guess: Option<&AmountParameters>,
) -> Result<AmountFit> {
    for (i, own) in purchases.iter().enumerate() {
        if own.count == 0 || !(own.mean > 0.0 && own.mean <= 1e15) {
            return Err(Error::invalid(format!("purchases {i}: count {} and mean {} are not both above 0", own.count, own.mean)));
        }
    }
    let degenerate = |why| Fit::degenerate(why, purchases.len());
    if purchases.len() < MIN_CUSTOMERS {
        return Ok(degenerate(Degeneracy::TooFew { have: purchases.len(), need: MIN_CUSTOMERS }));
    }
    if purchases.iter().all(|own| own.count == 1) {
        // One amount each does not tell the spread within fans from that between them.
        return Ok(degenerate(Degeneracy::NoRepeat));
    }
    let (low, high) = purchases.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), own| (l.min(own.mean), h.max(own.mean)));
    if high - low <= ALIKE * high {
        return Ok(degenerate(Degeneracy::AllAlike));
    }
    let likelihood = Likelihood::new(purchases);
    let start = guess.map_or([0.5, 0.5, 0.0], |g| {
        let theta = [ln(g.p), ln(g.q - 1.0), ln(g.gamma / likelihood.unit)];
        std::array::from_fn(|i| theta[i].clamp(BOUNDS[i].0 + 2.0, BOUNDS[i].1 - 2.0))
    });
    let best = maximise(start, BOUNDS, max_iterations, |theta| likelihood.at(theta));
    let [p, excess, gamma] = best.at.map(exp);
    let gamma = gamma * likelihood.unit;
    let estimates = Estimates {
        parameters: AmountParameters { p, q: 1.0 + excess, gamma },
        names: NAMES,
        scale: [p, excess, gamma],
        log_likelihood: best.derivatives.value - purchases.len() as f64 * ln(likelihood.unit),
        customers: purchases.len(),
    };
    Ok(Fit::new(&best, estimates))
}

/// The log-likelihood, with amounts in units of their mean.
struct Likelihood {
    unit: f64,
    n: f64,
    /// Distinct counts with how many fans have each.
    counts: Vec<(f64, f64)>,
    /// Per fan: count and total.
    rows: Vec<(f64, f64)>,
    /// Σ ln z̄, and Σ x(ln z̄ + ln x), which p multiplies.
    logs: f64,
    weighted_logs: f64,
}

impl Likelihood {
    fn new(purchases: &[Purchases]) -> Self {
        let n = purchases.len() as f64;
        let unit = purchases.iter().map(|own| own.mean / n).sum::<f64>();
        let mut rows: Vec<(u32, f64)> = purchases.iter().map(|own| (own.count, own.mean / unit)).collect();
        // In a fixed order, so that the fans' order does not move the last bit.
        rows.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let counts = rows.chunk_by(|a, b| a.0 == b.0).map(|same| (f64::from(same[0].0), same.len() as f64)).collect();
        let (mut logs, mut weighted_logs) = (0.0, 0.0);
        for &(count, mean) in &rows {
            logs += ln(mean);
            weighted_logs += f64::from(count) * ln(mean * f64::from(count));
        }
        let rows = rows.into_iter().map(|(count, mean)| (f64::from(count), f64::from(count) * mean)).collect();
        Self { unit, n, counts, rows, logs, weighted_logs }
    }

    /// At ln p, ln(q − 1), ln γ.
    fn at(&self, theta: &[f64; 3]) -> Derivatives<3> {
        let [p, excess, rate] = theta.map(exp);
        let q = 1.0 + excess;
        let mut d = Derivatives::ZERO;
        let at_q = gamma(q);
        d.value = self.n * (q * theta[2] - at_q.ln) + p * self.weighted_logs - self.logs;
        d.gradient = [self.weighted_logs, self.n * (theta[2] - at_q.digamma), self.n * q / rate];
        d.hessian[1][1] = -self.n * at_q.trigamma;
        d.hessian[1][2] = self.n / rate;
        d.hessian[2][2] = -self.n * q / (rate * rate);
        for &(x, w) in &self.counts {
            let (own, all) = (gamma(p * x), gamma(p * x + q));
            d.value += w * (all.ln - own.ln);
            d.gradient[0] += w * x * (all.digamma - own.digamma);
            d.gradient[1] += w * all.digamma;
            d.hessian[0][0] += w * x * x * (all.trigamma - own.trigamma);
            d.hessian[0][1] += w * x * all.trigamma;
            d.hessian[1][1] += w * all.trigamma;
        }
        let terms = |rows: &[(f64, f64)]| {
            let mut sum = [0.0; 7];
            for &(x, total) in rows {
                let inverse = 1.0 / (rate + total);
                let log = ln(rate + total);
                let shape = p * x + q;
                sum[0] -= shape * log;
                sum[1] -= x * log;
                sum[2] -= log;
                sum[3] -= shape * inverse;
                sum[4] -= x * inverse;
                sum[5] -= inverse;
                sum[6] += shape * inverse * inverse;
            }
            sum
        };
        let parts: Vec<[f64; 7]> =
            if self.rows.len() <= CHUNK { vec![terms(&self.rows)] } else { self.rows.par_chunks(CHUNK).map(terms).collect() };
        for part in parts {
            d.value += part[0];
            for i in 0..3 {
                d.gradient[i] += part[1 + i];
            }
            d.hessian[0][2] += part[4];
            d.hessian[1][2] += part[5];
            d.hessian[2][2] += part[6];
        }
        d.mirror();
        // dq/dθ = q − 1: the chain rule for ln(q − 1) is that of a logarithm of q − 1.
        d.by_logarithms(&[p, excess, rate])
    }
}
