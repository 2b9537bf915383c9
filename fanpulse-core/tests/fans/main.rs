//! Superfans from events to insights: against a plain computation, on bad input, and on the CDNOW sample.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod cdnow;
mod definition;
mod events;
mod properties;
mod report;
