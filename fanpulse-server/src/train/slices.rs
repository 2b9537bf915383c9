//! Where the examples are cut in time.

use chrono::NaiveDate;
use fanpulse_core::learned::Slices;

use super::examples::Examples;
use crate::cli::TrainArgs;
use crate::error::{Failure, Result};
use crate::terminal::{self, DIM, styled};

/// Shares of the examples, in order of time, after which calibration and test begin unless told otherwise.
const SHARES: [f64; 2] = [0.6, 0.8];

/// The slices of the command line, or such that the first 60 % of the examples train and the last 20 % test.
pub(super) fn cut(examples: &Examples, args: &TrainArgs) -> Result<Slices> {
    let train_from = args.train_from.or(examples.train_from);
    let usable = |d: &NaiveDate| train_from.is_none_or(|from| *d >= from) && args.test_until.is_none_or(|until| *d < until);
    let dates: Vec<NaiveDate> = examples.set.examples().iter().map(|e| e.date).filter(usable).collect();
    if dates.is_empty() {
        return Err(Failure::failed(format!("{}: no example lies within the days asked for", super::names(&args.examples.data))));
    }
    let after = |share: f64| dates[((share * dates.len() as f64) as usize).min(dates.len() - 1)];
    let calibrate_from = args.calibrate_from.unwrap_or_else(|| after(SHARES[0]));
    let test_from = args.test_from.unwrap_or_else(|| after(SHARES[1]).max(calibrate_from));
    if args.calibrate_from.is_none() || args.test_from.is_none() {
        let line = format!("calibrating from {calibrate_from}, testing from {test_from}; --calibrate-from and --test-from set others");
        terminal::say(&styled(&line, DIM));
    }
    Ok(Slices { train_from, calibrate_from, test_from, test_until: args.test_until })
}
