//! What the first bytes say: gzip, zstd, byte-order marks, or none of them.
#![no_main]

use fanpulse_core::ingest::Dataset;
use fanpulse_platforms::{ReadOptions, read_from};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_from("a", bytes, &ReadOptions::default(), &mut Dataset::default());
});
