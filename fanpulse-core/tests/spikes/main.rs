//! Spikes in series, as a user meets them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod artists;
mod behaviour;
mod chance;
mod nab;
mod null_series;
