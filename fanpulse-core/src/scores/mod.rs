//! From features to scores. Each score has a trait; the built-in model is the default behind it.
//!
//! The built-in models work on plain numbers in which NaN stands for "no data", so that one definition
//! serves a single artist and, inlined into a loop over a block of artists, the vector unit.

mod breakout;
mod fan_value;
mod interval;
mod momentum;
mod release;
mod viral;

pub use breakout::{Breakout, BreakoutFeatures, BreakoutModel, Indicators, Level};
pub use fan_value::{FanValue, FanValueModel, WeightedFanValue};
pub use momentum::{Momentum, MomentumModel, Status, WeightedMomentum};
pub use release::{Competition, ReleaseInput, ReleaseWindow, Verdict, release_windows};
pub use viral::{PostActivity, SigmaPosts, Spike, SpikeDetector};

pub(crate) use breakout::probability;
pub(crate) use fan_value::{FanValueScores, fan_value};
pub(crate) use momentum::{MomentumScores, momentum};
pub(crate) use viral::spike_of;

use serde::Serialize;

/// One component of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ComponentScore {
    /// The component's name, for instance `velocity`.
    #[serde(skip)]
    pub name: &'static str,
    /// The measured value, in the unit of its definition.
    pub raw: f64,
    /// The score it gives, in the range of the whole.
    pub score: f64,
    /// Its weight among all components.
    pub weight: f64,
    /// What it adds to the whole; the contributions of a score add up to it.
    pub contribution: f64,
}
