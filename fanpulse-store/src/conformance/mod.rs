//! What every adapter promises, as one suite for each port: an adapter's test opens empty stores and calls it.
//!
//! # Example
//! ```
//! use fanpulse_store::{MemoryObservations, conformance};
//! pollster::block_on(conformance::observations(async || MemoryObservations::default()));
//! ```

#![expect(clippy::expect_used, reason = "a promise that is not kept ends the adapter's test")]

mod observations;

pub use observations::observations;
