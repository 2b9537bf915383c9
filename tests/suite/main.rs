//! Tests across crates, one binary.

mod golden;
