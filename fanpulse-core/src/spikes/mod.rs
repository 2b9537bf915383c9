//! Spikes in series (`scoring.md` §4): streams, views or mentions, daily, hourly or finer.
//!
//! [`SeasonalRobust`] judges each reading by what came before it: log scale, daily and weekly seasonality
//! learned as it goes, median and MAD of a trailing window, and a threshold that follows from how many false
//! alarms a year are acceptable. Its streaming form, [`SpikeStream`], is the same code one reading at a time.

mod clock;
mod common;
mod counter;
mod detector;
mod event;
mod noise;
mod season;
mod series;
mod span_sum;
mod stream;
mod tail;
mod threshold;
mod window;

pub use common::common_pattern;
pub use counter::{CounterFlows, CounterPrecision, counter_flows};
pub use detector::{SeasonalRobust, SeriesReport, SeriesStatus};
pub use event::{EvidenceDay, SeriesSpike};
pub use series::{Reading, Series};
pub use stream::{SpikeStream, Verdict};
