//! Buy till you die: whether a fan is still active, how often the fan will come back, and what a purchase brings.
//!
//! Two models of activity share one likelihood, and a model of amounts stands beside them. All are fitted by
//! maximum likelihood with analytic gradients and Hessians on the logarithms of the parameters within bounds, so
//! that a fit always ends with a [`FitStatus`] and finite numbers.

mod counts;
mod dropout;
mod expected;
mod fit;
mod gamma_gamma;
mod likelihood;
mod newton;
mod special;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(super) use dropout::fit_from;
pub use dropout::{ActivityFit, ActivityParameters, fit_activity};
pub use fit::{Degeneracy, Fit, FitStatus};
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
