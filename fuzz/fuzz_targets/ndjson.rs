//! One JSON object per line.
#![no_main]

use fanpulse_core::ingest::Dataset;
use fanpulse_platforms::{ReadOptions, read_from};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Anything else is not read as NDJSON.
    if bytes.first() != Some(&b'{') {
        return;
    }
    for lenient in [false, true] {
        let mut data = Dataset::default();
        let _ = read_from("a", bytes, &ReadOptions { lenient, ..ReadOptions::default() }, &mut data);
        assert_eq!(data.fan_events().len(), data.fan_events.fan.len());
        assert!(data.fan_events.amount.iter().all(|v| v.is_nan() || (0.0..=1e12).contains(v)));
        assert!(data.observations.value.iter().all(|v| v.is_finite() && *v >= 0.0));
    }
});
