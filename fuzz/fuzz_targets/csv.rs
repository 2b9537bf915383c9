//! Delimited text, with and without a column map; whatever a lenient read keeps, the engine would take.
#![no_main]

use fanpulse_core::Day;
use fanpulse_core::fans::FanTable;
use fanpulse_core::ingest::Dataset;
use fanpulse_core::settings::FanSettings;
use fanpulse_platforms::{ColumnMap, ReadOptions, read_from};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut data = Dataset::default();
    let map = ColumnMap::parse("date=observed_at,artist=artist_id,streams=value:streams").ok();
    let _ = read_from("a.csv", bytes, &ReadOptions { lenient: true, map, ..ReadOptions::default() }, &mut data);
    assert!(data.observations.value.iter().all(|v| v.is_finite() && *v >= 0.0));
    assert!(data.posts.likes.iter().all(|v| v.is_nan() || *v >= 0.0));
    check_fan_events(&data);
    let strict = read_from("a.csv", bytes, &ReadOptions::default(), &mut Dataset::default());
    if let Err(e) = strict {
        assert!(e.message().starts_with("a.csv: ") && e.message().len() < 2_000, "{e}");
    }
});

/// The fans' table refuses what it cannot take; of what a reader kept, that is mixed currencies only.
fn check_fan_events(data: &Dataset) {
    if let Err(e) = FanTable::from_events(&data.fan_events(), Day::MAX, &FanSettings::default()) {
        assert!(e.message().starts_with("amounts are in "), "{e}");
    }
}
