//! Whatever is written is read back, from every format.

use fanpulse_core::ingest::{Dataset, Metric, Observation, Post};
use fanpulse_core::{Day, Instant};
use proptest::prelude::*;

use super::{observations, posts, read_bytes, read_file, writers};
use crate::ReadOptions;

fn text() -> impl Strategy<Value = String> {
    // White space at either end does not count, so it does not come back.
    "[a-zA-Z0-9 ,;\"'\n\r\t|{}é日-]{1,12}".prop_map(|s| s.trim_ascii().to_owned()).prop_filter("empty", |s| !s.is_empty())
}

fn instant() -> impl Strategy<Value = Instant> {
    let micros = 0..i64::from(Day::MAX.days()) * fanpulse_core::time::MICROS_PER_DAY;
    let day = (0..=Day::MAX.days()).prop_map(|d| Instant::from(Day::try_new(d).unwrap()));
    prop_oneof![day, micros.prop_map(|m| Instant::try_new(m).unwrap())]
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![(0_u32..1000).prop_map(f64::from), 0.0..1e9, 0.0..f64::MAX, Just(f64::MIN_POSITIVE)]
}

fn dataset() -> impl Strategy<Value = Dataset> {
    let names = proptest::collection::vec(text(), 1..4);
    let row = (0_usize..4, 0_usize..4, 0..Metric::ALL.len(), instant(), value());
    let count = || proptest::option::of(0_u64..1 << 53);
    let post = (0_usize..4, 0_usize..4, text(), instant(), [count(), count(), count(), count(), count()]);
    (names, proptest::collection::vec(row, 1..30), proptest::collection::vec(post, 1..30)).prop_map(|(names, rows, posts)| {
        let mut data = Dataset::default();
        let name = |i: usize| names[i % names.len()].clone();
        for (artist, platform, metric, observed_at, value) in rows {
            let metric = Metric::ALL[metric];
            let o = Observation { artist_id: name(artist), platform: name(platform), metric, observed_at, value };
            data.push_observation(&o).unwrap();
        }
        for (artist, platform, post_id, published_at, [likes, comments, shares, saves, views]) in posts {
            let (artist_id, platform) = (name(artist), name(platform));
            data.push_post(&Post { artist_id, platform, post_id, published_at, likes, comments, shares, saves, views }).unwrap();
        }
        data
    })
}

/// Both files read in turn give the dataset, up to the codes.
fn check(data: &Dataset, files: (Vec<u8>, Vec<u8>)) {
    let options = ReadOptions::default();
    let read = |bytes: &[u8]| match bytes.starts_with(b"PAR1") {
        true => read_file("a", bytes, &options).unwrap(),
        false => read_bytes("a", bytes, &options).unwrap(),
    };
    let (first, report) = read(&files.0);
    assert_eq!(observations(&first), observations(data));
    assert_eq!(report.observations, data.observations.len());
    let bits = |d: &Dataset| d.observations.value.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&first), bits(data));
    let (second, report) = read(&files.1);
    assert_eq!(posts(&second), posts(data));
    assert_eq!(report.posts, data.posts.len());
}

proptest! {
    #[test]
    fn csv_reads_back(data in dataset()) {
        check(&data, writers::csv(&data));
    }

    #[test]
    fn ndjson_reads_back(data in dataset()) {
        check(&data, writers::ndjson(&data));
    }

    #[test]
    fn parquet_reads_back(data in dataset(), rows_per_group in 1_usize..40) {
        check(&data, writers::parquet(&data, rows_per_group));
    }
}
