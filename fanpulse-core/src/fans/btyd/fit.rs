//! What came of a fit.

use std::fmt;

use serde::Serialize;

use super::newton::{End, Maximum, standard_errors};

/// A fit of a model with N parameters by maximum likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(bound = "P: Serialize, [f64; N]: Serialize")]
pub struct Fit<P, const N: usize> {
    /// How it ended.
    pub status: FitStatus,
    /// The estimates; absent where the data say nothing about them.
    pub parameters: Option<P>,
    /// Standard errors of the parameters, in their order, by the Hessian; absent where it does not give them.
    pub standard_errors: Option<[f64; N]>,
    /// Log-likelihood at the estimates; that of activity without the terms that no parameter enters.
    pub log_likelihood: Option<f64>,
    /// Fans that it was fitted on; for amounts, fans who pay.
    pub customers: usize,
    /// Newton steps on all customers.
    pub iterations: u32,
}

/// A maximum in the caller's own terms.
pub(super) struct Estimates<P, const N: usize> {
    pub(super) parameters: P,
    /// The parameters' names.
    pub(super) names: [&'static str; N],
    /// How much each parameter moves with its logarithm.
    pub(super) scale: [f64; N],
    pub(super) log_likelihood: f64,
    pub(super) customers: usize,
}

impl<P, const N: usize> Fit<P, N> {
    /// No estimates, and why.
    pub(super) const fn degenerate(why: Degeneracy, customers: usize) -> Self {
        Self { status: FitStatus::Degenerate(why), parameters: None, standard_errors: None, log_likelihood: None, customers, iterations: 0 }
    }

    pub(super) fn new(best: &Maximum<N>, estimates: Estimates<P, N>) -> Self {
        let errors = standard_errors(&best.derivatives.hessian);
        let status = match best.end {
            End::AtBound(i) => FitStatus::Degenerate(Degeneracy::AtBound { parameter: estimates.names[i] }),
            End::Exhausted => FitStatus::MaxIterations,
            End::Flat => FitStatus::Degenerate(Degeneracy::Flat),
            End::Inside if errors.is_none() => FitStatus::Degenerate(Degeneracy::Flat),
            End::Inside => FitStatus::Converged,
        };
        // d(p) = p·d(ln p): the delta method.
        let scaled = errors.map(|errors| std::array::from_fn(|i| errors[i] * estimates.scale[i]));
        Self {
            status,
            parameters: Some(estimates.parameters),
            standard_errors: scaled.filter(|e: &[f64; N]| best.end == End::Inside && e.iter().all(|v| v.is_finite())),
            log_likelihood: Some(estimates.log_likelihood),
            customers: estimates.customers,
            iterations: best.iterations,
        }
    }
}

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FitStatus {
    /// At the maximum of the likelihood.
    Converged,
    /// Out of iterations; the parameters are the best so far.
    MaxIterations,
    /// The data do not determine the parameters.
    Degenerate(Degeneracy),
}

/// Why data do not determine the parameters of a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Degeneracy {
    /// Fewer customers than a fit needs.
    TooFew {
        /// How many there were.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// Nobody came back, or nobody paid twice.
    NoRepeat,
    /// Nobody was observed for any time.
    NoTime,
    /// All customers are alike, so that nothing tells how much they differ.
    AllAlike,
    /// The likelihood keeps rising towards a bound of a parameter; the parameters there are finite and usable.
    AtBound {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// The likelihood is flat at its maximum; the parameters are one of many that explain the data as well.
    Flat,
}

impl fmt::Display for FitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Converged => f.write_str("converged"),
            Self::MaxIterations => f.write_str("out of iterations"),
            Self::Degenerate(why) => write!(f, "degenerate: {why}"),
        }
    }
}

impl fmt::Display for Degeneracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { have, need } => write!(f, "{have} customers where {need} are needed"),
            Self::NoRepeat => f.write_str("no customer came back"),
            Self::NoTime => f.write_str("no customer was observed for any time"),
            Self::AllAlike => f.write_str("all customers are alike"),
            Self::AtBound { parameter } => write!(f, "the likelihood keeps rising towards a bound of {parameter}"),
            Self::Flat => f.write_str("the likelihood is flat at its maximum"),
        }
    }
}
