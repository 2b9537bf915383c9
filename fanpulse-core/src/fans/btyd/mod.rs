//! Buy till you die: whether a fan is still active, how often the fan will come back, and what a purchase brings.
//!
//! Two models of activity share one likelihood, and a model of amounts stands beside them. All are fitted by
//! maximum likelihood with analytic gradients and Hessians on the logarithms of the parameters within bounds, so
//! that a fit always ends with a [`FitStatus`] and finite numbers.

mod counts;
mod dropout;
mod expected;
mod gamma_gamma;
mod newton;
mod special;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(super) use dropout::fit_from;
pub use dropout::{ActivityFit, ActivityParameters, fit_activity};
pub(super) use gamma_gamma::fit_amounts_from;
pub use gamma_gamma::{AmountFit, AmountParameters, Purchases, fit_amounts};

use crate::{Error, Result};

/// The least number of fans that a fit is tried on.
pub const MIN_CUSTOMERS: usize = 10;

/// When a fan came back, seen from the first day on; in days, weeks or any other unit throughout.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Repeat days, x: distinct active days but the first.
    pub frequency: u32,
    /// Time from the first to the last active day, t_x; 0 without a repeat day.
    pub recency: f64,
    /// Time from the first active day to the end of the observation, T.
    pub age: f64,
}

impl History {
    /// A history whose numbers fit together.
    ///
    /// # Errors
    /// `invalid` unless 0 ≤ t_x ≤ T ≤ 10⁹, finite, and t_x is 0 exactly where x is 0.
    pub fn try_new(frequency: u32, recency: f64, age: f64) -> Result<Self> {
        let history = Self { frequency, recency, age };
        history.check().map(|()| history)
    }

    fn check(&self) -> Result<()> {
        let Self { frequency, recency, age } = *self;
        if !(0.0..=1e9).contains(&age) || !(0.0..=age).contains(&recency) {
            return Err(Error::invalid(format!("recency {recency} and age {age} are not 0 ≤ recency ≤ age ≤ 1e9")));
        }
        if (frequency == 0) != (recency == 0.0) {
            return Err(Error::invalid(format!("frequency {frequency} does not fit recency {recency}: both or none are 0")));
        }
        if frequency > MAX_FREQUENCY {
            return Err(Error::invalid(format!("frequency {frequency} is above {MAX_FREQUENCY}")));
        }
        Ok(())
    }
}

const MAX_FREQUENCY: u32 = 10_000_000;

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
