//! Datasets written as files, as others would write them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use fanpulse_core::Instant;
use fanpulse_core::ingest::Dataset;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};

const COUNTS: [&str; 5] = ["likes", "comments", "shares", "saves", "views"];

/// The cells of an observation.
fn observation(data: &Dataset, i: usize) -> [String; 5] {
    let t = &data.observations;
    let c = &data.components[usize::from(t.component[i])];
    let at = Instant::try_new(t.at[i]).unwrap().to_string();
    [data.artists.get(t.artist[i]).unwrap().to_owned(), c.platform.clone(), c.metric.to_string(), at, t.value[i].to_string()]
}

/// The cells of a post; an empty count is unknown.
fn post(data: &Dataset, i: usize) -> [String; 9] {
    let t = &data.posts;
    let [likes, comments, shares, saves, views] =
        [&t.likes, &t.comments, &t.shares, &t.saves, &t.views].map(|c| if c[i].is_nan() { String::new() } else { c[i].to_string() });
    let platform = data.platforms[usize::from(t.platform[i])].clone();
    let at = Instant::try_new(t.at[i]).unwrap().to_string();
    [
        data.artists.get(t.artist[i]).unwrap().to_owned(),
        platform,
        t.id.get(i).unwrap().to_owned(),
        at,
        likes,
        comments,
        shares,
        saves,
        views,
    ]
}

pub(super) fn csv(data: &Dataset) -> (Vec<u8>, Vec<u8>) {
    let mut observations = csv::Writer::from_writer(Vec::new());
    observations.write_record(super::OBSERVATIONS.trim().split(',')).unwrap();
    (0..data.observations.len()).for_each(|i| observations.write_record(observation(data, i)).unwrap());
    let mut posts = csv::Writer::from_writer(Vec::new());
    posts.write_record(super::POSTS.trim().split(',')).unwrap();
    (0..data.posts.len()).for_each(|i| posts.write_record(post(data, i)).unwrap());
    (observations.into_inner().unwrap(), posts.into_inner().unwrap())
}

pub(super) fn ndjson(data: &Dataset) -> (Vec<u8>, Vec<u8>) {
    let mut observations = Vec::new();
    for i in 0..data.observations.len() {
        let [artist, platform, metric, at, _] = observation(data, i);
        let value = data.observations.value[i];
        let row = json!({"artist_id": artist, "platform": platform, "metric": metric, "observed_at": at, "value": value});
        observations.extend(format!("{row}\n").bytes());
    }
    let mut posts = Vec::new();
    for i in 0..data.posts.len() {
        let [artist, platform, id, at, counts @ ..] = post(data, i);
        let mut row: Map<String, Value> = Map::new();
        for (key, text) in [("artist_id", artist), ("platform", platform), ("post_id", id), ("published_at", at)] {
            row.insert(key.to_owned(), text.into());
        }
        for (key, count) in COUNTS.iter().zip(counts).filter(|(_, count)| !count.is_empty()) {
            row.insert((*key).to_owned(), count.parse::<u64>().unwrap().into());
        }
        posts.extend(format!("{}\n", Value::from(row)).bytes());
    }
    (observations, posts)
}

pub(super) fn parquet(data: &Dataset, rows_per_group: usize) -> (Vec<u8>, Vec<u8>) {
    let rows: Vec<[String; 5]> = (0..data.observations.len()).map(|i| observation(data, i)).collect();
    let observations = [
        ("artist_id", texts(rows.iter().map(|r| &*r[0]))),
        ("platform", texts(rows.iter().map(|r| &*r[1]))),
        ("metric", texts(rows.iter().map(|r| &*r[2]))),
        ("observed_at", micros(&data.observations.at)),
        ("value", Arc::new(Float64Array::from(data.observations.value.clone())) as ArrayRef),
    ];
    let rows: Vec<[String; 9]> = (0..data.posts.len()).map(|i| post(data, i)).collect();
    let mut posts = vec![
        ("artist_id", texts(rows.iter().map(|r| &*r[0]))),
        ("platform", texts(rows.iter().map(|r| &*r[1]))),
        ("post_id", texts(rows.iter().map(|r| &*r[2]))),
        ("published_at", micros(&data.posts.at)),
    ];
    for (i, name) in COUNTS.into_iter().enumerate() {
        let counts: Int64Array = rows.iter().map(|r| r[4 + i].parse().ok()).collect();
        posts.push((name, Arc::new(counts)));
    }
    (file(&observations, rows_per_group), file(&posts, rows_per_group))
}

/// A Parquet file of these columns.
pub(super) fn file(columns: &[(&str, ArrayRef)], rows_per_group: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, array)| (*name, Arc::clone(array)))).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .set_data_page_row_count_limit(3)
        .set_write_batch_size(3)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

pub(super) fn micros(micros: &[i64]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(micros.to_vec()).with_timezone("UTC"))
}

pub(super) fn days(days: &[i32]) -> ArrayRef {
    Arc::new(Date32Array::from(days.to_vec()))
}
