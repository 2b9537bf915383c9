//! Parquet files of many types, and what is wrong with some.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date64Array, Float32Array, Float64Array, Int32Array, LargeStringArray, StringArray, StringViewArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use fanpulse_core::error::Location;
use fanpulse_core::ingest::Dataset;

use super::writers::{days, file, micros, texts};
use super::{observations, posts, read_file};
use crate::{ColumnMap, DropReason, Format, ReadOptions, Sources, read};

type Columns = Vec<(&'static str, ArrayRef)>;

fn names(names: &[&str]) -> ArrayRef {
    texts(names.iter().copied())
}

fn table() -> Columns {
    vec![
        ("value", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]))),
        ("artist_id", names(&["a1", "a1", "a2"])),
        ("extra", names(&["x", "y", "z"])),
        ("metric", names(&["followers", "streams", "followers"])),
        ("observed_at", days(&[20_454, 20_455, 20_456])),
        ("platform", names(&["spotify", "tiktok", "spotify"])),
    ]
}

fn with(name: &'static str, array: ArrayRef) -> Columns {
    let mut columns = table();
    columns.iter_mut().find(|(n, _)| *n == name).unwrap().1 = array;
    columns
}

const EXPECTED: [&str; 3] = [
    "a1 spotify followers 2026-01-01T00:00:00Z 1",
    "a1 tiktok streams 2026-01-02T00:00:00Z 2",
    "a2 spotify followers 2026-01-03T00:00:00Z 3",
];

#[track_caller]
fn check(columns: &[(&str, ArrayRef)]) {
    for rows_per_group in [1, 2, 3] {
        let (data, report) = read_file("a", &file(columns, rows_per_group), &ReadOptions::default()).unwrap();
        assert_eq!(observations(&data), EXPECTED);
        assert_eq!((report.format, report.rows, report.skipped_columns), (Format::Parquet, 3, vec!["extra".to_owned()]));
        assert_eq!(data.artists.iter().collect::<Vec<_>>(), ["a1", "a2"]);
    }
}

#[track_caller]
fn check_error(columns: &[(&str, ArrayRef)], expected: &str) {
    for rows_per_group in [1, 2, 3] {
        let e = read_file("a.parquet", &file(columns, rows_per_group), &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
        assert_eq!(e, format!("a.parquet: {expected}"));
    }
}

#[test]
fn text_of_every_type() {
    check(&table());
    let artists = ["a1", "a1 ", "a2"];
    check(&with("artist_id", Arc::new(LargeStringArray::from(artists.to_vec()))));
    check(&with("artist_id", Arc::new(StringViewArray::from(artists.to_vec()))));
    for keys in [DataType::Int8, DataType::UInt32] {
        let to = DataType::Dictionary(Box::new(keys), Box::new(DataType::Utf8));
        check(&with("artist_id", cast(&names(&artists), &to).unwrap()));
    }
}

#[test]
fn times_of_every_type() {
    let millis: Vec<i64> = [20_454, 20_455, 20_456].map(|d: i64| d * 86_400_000).to_vec();
    check(&with("observed_at", names(&["2026-01-01", "2026-01-02T00:00:00Z", "2026-01-03T01:00:00+01:00"])));
    check(&with("observed_at", Arc::new(Date64Array::from(millis.clone()))));
    let seconds: Vec<i64> = millis.iter().map(|m| m / 1000).collect();
    check(&with("observed_at", Arc::new(TimestampSecondArray::from(seconds).with_timezone("+00:00"))));
    check(&with("observed_at", Arc::new(TimestampMillisecondArray::from(millis.clone()).with_timezone("UTC"))));
    check(&with("observed_at", micros(&millis.iter().map(|m| m * 1000).collect::<Vec<_>>())));
    let nanos: Vec<i64> = millis.iter().map(|m| m * 1_000_000).collect();
    check(&with("observed_at", Arc::new(TimestampNanosecondArray::from(nanos).with_timezone("Europe/Berlin"))));
    let naive = Arc::new(TimestampMillisecondArray::from(millis));
    check_error(
        &with("observed_at", naive),
        "column `observed_at` holds Timestamp(ms), a time without a zone; declare the column as UTC when writing the file",
    );
}

#[test]
fn numbers_of_every_type() {
    let float = Float64Array::from(vec![1.0, 2.0, 3.0]);
    for to in [
        DataType::Float32,
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
        DataType::Decimal128(9, 2),
    ] {
        check(&with("value", cast(&float, &to).unwrap()));
    }
    check_error(&with("value", names(&["1", "2", "3"])), "column `value` holds Utf8, not numbers");
    check_error(&with("observed_at", Arc::new(Int32Array::from(vec![1, 2, 3]))), "column `observed_at` holds Int32, not dates or times");
    check_error(&with("artist_id", Arc::new(Int32Array::from(vec![1, 2, 3]))), "column `artist_id` holds Int32, not text");
}

#[test]
fn rows_at_fault() {
    let floats = |v: &[f64]| Arc::new(Float64Array::from(v.to_vec()));
    check_error(&with("value", floats(&[1.0, f64::NAN, -1.0])), "row 2: value: NaN is not a finite number");
    check_error(&with("value", floats(&[1.0, 1.0, -1.0])), "row 3: value: -1 is below 0");
    check_error(&with("value", floats(&[f64::INFINITY, 1.0, -1.0])), "row 1: value: inf is not a finite number");
    check_error(&with("value", Arc::new(Float64Array::from(vec![Some(1.0), None, None]))), "row 2: value: nothing stands there");
    check_error(&with("value", Arc::new(Float32Array::from(vec![1.0, f32::NAN, 1.0]))), "row 2: value: NaN is not a finite number");
    check_error(
        &with("artist_id", Arc::new(StringArray::from(vec![Some("a"), None, Some(" ")]))),
        "row 2: artist_id: nothing stands there",
    );
    check_error(&with("artist_id", names(&["a", "b", " "])), "row 3: artist_id: nothing stands there");
    check_error(
        &with("metric", names(&["streams", "streams", "plays"])),
        "row 3: metric: \"plays\" is no metric; the known ones are followers, monthly_listeners, subscribers, popularity, streams, \
         saves, playlist_adds, likes, comments, shares, total_streams, total_views",
    );
    check_error(
        &with("observed_at", days(&[0, -1, 90_000])),
        "row 2: observed_at: time 1969-12-31T00:00:00Z is outside 1970-01-01 to 2199-12-31",
    );
    check_error(
        &with("observed_at", days(&[0, 84_006, 0])),
        "row 2: observed_at: time 2200-01-01T00:00:00Z is outside 1970-01-01 to 2199-12-31",
    );
    check_error(
        &with("observed_at", micros(&[0, i64::MIN, 0])),
        "row 2: observed_at: time -9223372036854775808 µs is outside 1970-01-01 to 2199-12-31",
    );
    check_error(
        &with("observed_at", names(&["2026-01-01", "soon", "2026-01-01"])),
        "row 2: observed_at: `soon` is not a date of the form YYYY-MM-DD",
    );
}

#[test]
fn days_beyond_the_range_of_microseconds() {
    let expected = "row 2: observed_at: time 8640000000000000000 µs is outside 1970-01-01 to 2199-12-31";
    check_error(&with("observed_at", days(&[0, 213_503_983, 0])), expected);
}

#[test]
fn headers() {
    let mut columns = table();
    columns.remove(0);
    check_error(
        &columns,
        "column `value` is missing for observations; the columns are `artist_id`, `extra`, `metric`, `observed_at`, `platform`",
    );
    let none: Columns = table().into_iter().map(|(name, array)| (name, array.slice(0, 0))).collect();
    check_error(&none, "there is a header but no row");
}

#[test]
fn lenient_reads_drop_rows() {
    let n = 10;
    let columns: Columns = vec![
        ("artist_id", texts((0..n).map(|i| if i == 3 { "gone" } else { "a1" }))),
        ("platform", texts((0..n).map(|_| "x"))),
        ("metric", texts((0..n).map(|i| if i == 7 { "plays" } else { "streams" }))),
        ("observed_at", days(&(0..n).map(|i| if i == 3 { -1 } else { i }).collect::<Vec<_>>())),
        ("value", Arc::new((0..n).map(|i| (i != 5).then_some(if i == 9 { -1.0 } else { 1.0 })).collect::<Float64Array>())),
    ];
    for rows_per_group in [1, 2, 3, 4, 10] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, file(&columns, rows_per_group)).unwrap();
        let options = ReadOptions { lenient: true, ..ReadOptions::default() };
        let (mut data, mut sources) = (Dataset::default(), Sources::default());
        for _ in 0..2 {
            let report = read(&path, &options, &mut data).unwrap();
            assert_eq!((report.rows, report.observations), (10, 6));
            let reasons = [DropReason::BadTime, DropReason::UnknownMetric, DropReason::MissingField, DropReason::Negative];
            assert_eq!(report.dropped, reasons.map(|r| (r, 1)).into());
            sources.push(report).unwrap();
        }
        let days: Vec<i64> = data.observations.at.iter().map(|at| at / fanpulse_core::time::MICROS_PER_DAY).collect();
        assert_eq!(days, [0, 1, 2, 4, 6, 8, 0, 1, 2, 4, 6, 8]);
        assert_eq!(data.artists.iter().collect::<Vec<_>>(), ["a1"]);
        let rows = (0..12).map(|i| sources.locate(Location::Observation(i)).unwrap());
        let rows: Vec<String> = rows.map(|place| place.rsplit(' ').next().unwrap().to_owned()).collect();
        assert_eq!(rows, ["1", "2", "3", "5", "7", "9", "1", "2", "3", "5", "7", "9"]);
    }
}

#[test]
fn tables_of_posts() {
    let columns: Columns = vec![
        ("artist_id", names(&["a1", "a2", "a2"])),
        ("platform", names(&["x", "y", "x"])),
        ("post_id", names(&["p1", "p2", ""])),
        ("published_at", micros(&[1, 2, 3])),
        ("views", Arc::new(UInt64Array::from(vec![Some(1 << 53), None, Some(3)]))),
    ];
    check_error(&columns, "row 3: post_id: nothing stands there");
    for rows_per_group in [1, 2, 3] {
        let options = ReadOptions { lenient: true, ..ReadOptions::default() };
        let (data, report) = read_file("a", &file(&columns, rows_per_group), &options).unwrap();
        let expected = [
            "a1 x p1 1970-01-01T00:00:00.000001Z NaN/NaN/NaN/NaN/9007199254740992",
            "a2 y p2 1970-01-01T00:00:00.000002Z NaN/NaN/NaN/NaN/NaN",
        ];
        assert_eq!(posts(&data), expected);
        assert_eq!(report.dropped, [(DropReason::MissingField, 1)].into());
    }
    let with_views = |views: ArrayRef| {
        let mut columns = columns.clone();
        columns[2].1 = names(&["p1", "p2", "p3"]);
        columns[4].1 = views;
        columns
    };
    check_error(&with_views(Arc::new(UInt64Array::from(vec![0, u64::MAX, 0]))), "row 2: views: 18446744073709552000 is above 2^53");
    check_error(&with_views(Arc::new(Float64Array::from(vec![0.0, 0.5, 0.0]))), "row 2: views: 0.5 is not a whole number");
}

#[test]
fn wide_tables() {
    let map = "observed_at=observed_at,value=value:streams,fans=value:tidal/followers";
    let options = ReadOptions { map: Some(ColumnMap::parse(map).unwrap()), ..ReadOptions::default() };
    let mut columns = table();
    columns.push(("fans", Arc::new(Int32Array::from(vec![Some(5), None, Some(7)]))));
    let expected = [
        "a1 spotify streams 2026-01-01T00:00:00Z 1",
        "a1 tidal followers 2026-01-01T00:00:00Z 5",
        "a1 tiktok streams 2026-01-02T00:00:00Z 2",
        "a2 spotify streams 2026-01-03T00:00:00Z 3",
        "a2 tidal followers 2026-01-03T00:00:00Z 7",
    ];
    for rows_per_group in [1, 3] {
        let (data, report) = read_file("a", &file(&columns, rows_per_group), &options).unwrap();
        assert_eq!(observations(&data), expected);
        assert_eq!((report.rows, report.observations), (3, 5));
    }
    columns[0].1 = Arc::new(Float64Array::from(vec![1.0, 2.0, -1.0]));
    let e = read_file("a.parquet", &file(&columns, 2), &options).map(|(_, r)| r).unwrap_err();
    assert_eq!(e, "a.parquet: row 3: value: -1 is below 0");
}

#[test]
fn many_names_without_a_dictionary() {
    // More names than a dictionary page holds, in an order that repeats none in a row.
    let n = 40_000;
    let ids: Vec<String> = (0..n).map(|i| format!("artist-with-a-rather-long-identifier-{:05}", (i * 7919) % n)).collect();
    let columns: Columns = vec![
        ("artist_id", texts(ids.iter().map(String::as_str))),
        ("platform", texts((0..n).map(|_| "x"))),
        ("metric", texts((0..n).map(|i| if i % 2 == 0 { "streams" } else { "saves" }))),
        ("observed_at", days(&vec![1; n])),
        ("value", Arc::new(Float64Array::from_iter_values((0..n).map(|i| i as f64)))),
    ];
    let batch = arrow::array::RecordBatch::try_from_iter(columns.iter().map(|(n, a)| (*n, Arc::clone(a)))).unwrap();
    let properties = parquet::file::properties::WriterProperties::builder().set_dictionary_page_size_limit(100_000).build();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let (data, _) = read_file("a", &writer.into_inner().unwrap(), &ReadOptions::default()).unwrap();
    let read: Vec<&str> = data.observations.artist.iter().map(|&a| data.artists.get(a).unwrap()).collect();
    assert_eq!(read, ids);
    assert_eq!(columns[4].1.as_primitive::<arrow::datatypes::Float64Type>().values()[..], data.observations.value[..]);
}
