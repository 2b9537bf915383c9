//! Arithmetic with the same bits on every CPU: own exponential and logarithm, sums in a fixed lane order, seeded numbers.

mod draws;
mod elementary;
mod lanes;
mod prefetch;

pub(crate) use draws::Draws;
pub(crate) use elementary::{exp_m1, ln};
pub(crate) use lanes::{FIRST, LANES, LaneColumn, Tally, reduce};
pub(crate) use prefetch::prefetch;
