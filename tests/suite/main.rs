//! Tests across crates, one binary.

mod architecture;
mod differential;
mod golden;
mod interval;
mod pieces;
mod properties;
mod reference;
mod vectors;

/// The README's code, compiled and run.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
struct Readme;
