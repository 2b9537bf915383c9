//! Spikes in series, as a user meets them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod behaviour;
mod chance;
mod charts;
mod nab;
mod null_series;
