//! Spikes in series, as a user meets them.

mod behaviour;
mod chance;
mod nab;
mod null_series;
