//! Parquet. The decoder underneath panics on some damaged files, which the reader turns into errors; here the fuzzer is
//! told to let such panics pass.
#![no_main]

use fanpulse_core::ingest::Dataset;
use fanpulse_platforms::{ReadOptions, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("room for it");
        for lenient in [false, true] {
            let mut data = Dataset::default();
            if let Ok(report) = read(file.path(), &ReadOptions { lenient, ..ReadOptions::default() }, &mut data) {
                assert_eq!(report.observations, data.observations.len());
                assert_eq!(data.posts.id.len(), data.posts.len());
                assert_eq!(report.fan_events, data.fan_events.len());
                assert!(data.fan_events.amount.iter().all(|v| v.is_nan() || (0.0..=1e12).contains(v)));
                assert!(data.observations.value.iter().all(|v| v.is_finite() && *v >= 0.0));
            }
        }
    }
);
