//! The timelines of Spotify for Artists.
#![no_main]

use fanpulse_core::ingest::Dataset;
use fanpulse_platforms::{ReadOptions, Sources, read_from};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for lenient in [false, true] {
        let (mut data, mut sources) = (Dataset::default(), Sources::default());
        let options = ReadOptions { lenient, artist: Some("a1".to_owned()), ..ReadOptions::default() };
        if let Ok(report) = read_from("Song-timeline.csv", bytes, &options, &mut data) {
            let rows = report.rows;
            let _ = sources.push(report);
            for row in 0..data.observations.len() {
                assert!(sources.locate(fanpulse_core::error::Location::Observation(row)).is_some(), "row {row} of {rows}");
            }
        }
    }
});
