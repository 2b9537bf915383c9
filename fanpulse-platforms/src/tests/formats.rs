//! The same rows in whatever clothes.

use super::bad_input::gzip;
use super::{OBSERVATIONS, POSTS, observations, posts, read_bytes};
use crate::{Compression, Format, ReadOptions, TableKind};

const ROWS: [&str; 2] = ["a1 spotify followers 2026-01-01T00:00:00Z 10", "Tyler, The Creator tiktok total_views 2026-01-02T08:00:00Z 2.5"];

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, format: Format, compression: Option<Compression>) {
    let (data, report) = read_bytes("a", bytes.as_ref(), &ReadOptions::default()).unwrap();
    assert_eq!(observations(&data), ROWS);
    assert_eq!((report.format, report.compression, report.table), (format, compression, TableKind::Observations));
    assert_eq!((report.rows, report.observations, report.posts, report.dropped_total()), (2, 2, 0, 0));
}

fn csv() -> String {
    format!("{OBSERVATIONS}a1,spotify,followers,2026-01-01,10\n\"Tyler, The Creator\",tiktok,total_views,2026-01-02T10:00:00+02:00,2.5\n")
}

fn ndjson() -> &'static str {
    "{\"artist_id\":\"a1\",\"platform\":\"spotify\",\"metric\":\"followers\",\"observed_at\":\"2026-01-01\",\"value\":10}\n\n\
     {\"x\":{\"y\":[1,{}]},\"value\":\"2.5\",\"observed_at\":\"2026-01-02T10:00:00+02:00\",\"metric\":\"total_views\",\
     \"platform\":\"tik\\u0074ok\",\"artist_id\":\"Tyler, The Creator\"}"
}

#[test]
fn delimited_text() {
    let csv = csv();
    check(&csv, Format::Csv, None);
    check(csv.trim_end(), Format::Csv, None);
    check(csv.replace('\n', "\r\n"), Format::Csv, None);
    check(csv.replace('\n', "\r"), Format::Csv, None);
    check(csv.replacen('\n', "\r\n", 1), Format::Csv, None);
    check(csv.replace('\n', "\n\n\r\n"), Format::Csv, None);
    check(format!("\u{feff}{csv}"), Format::Csv, None);
    check(format!("\u{feff}sep=,\r\n{csv}"), Format::Csv, None);
    check(format!("\n  \n{csv}"), Format::Csv, None);
    check(csv.replace("artist_id,platform", "\" Artist_ID \",PLATFORM"), Format::Csv, None);
    let other = |delimiter: char| csv.replace(", The", "# The").replace(',', &delimiter.to_string()).replace("# The", ", The");
    check(other(';'), Format::Csv, None);
    check(other('\t'), Format::Csv, None);
    check(other('|'), Format::Csv, None);
    check(format!("sep=^\n{}", other('^')), Format::Csv, None);
    check(
        "value,extra,metric,platform,artist_id,observed_at\n10,x,followers,spotify, a1 ,2026-01-01\n2.5,\"y\"\"\r\n\",total_views,tiktok,\
           \"Tyler, The Creator\",2026-01-02 10:00:00+02:00",
        Format::Csv,
        None,
    );
}

#[test]
fn utf_16() {
    let units = |little: bool| {
        let units = format!("\u{feff}{}", csv());
        units.encode_utf16().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect::<Vec<u8>>()
    };
    check(units(true), Format::Csv, None);
    check(units(false), Format::Csv, None);
    check(gzip(&units(true)), Format::Csv, Some(Compression::Gzip));
}

#[test]
fn json_lines() {
    check(ndjson(), Format::Ndjson, None);
    check(format!("\u{feff}\n{}", ndjson().replace('\n', "\r\n")), Format::Ndjson, None);
}

#[test]
fn packed() {
    let csv = csv();
    check(gzip(csv.as_bytes()), Format::Csv, Some(Compression::Gzip));
    let (head, tail) = csv.split_at(60);
    check([gzip(head.as_bytes()), gzip(tail.as_bytes())].concat(), Format::Csv, Some(Compression::Gzip));
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    check(zstd(ndjson()), Format::Ndjson, Some(Compression::Zstd));
    check([zstd(head), zstd(tail)].concat(), Format::Csv, Some(Compression::Zstd));
}

#[test]
fn posts_with_unknown_counts() {
    let csv = format!("{POSTS}a1,tiktok,p1,2026-01-01T10:00:00Z,1,2,3,4,5\na1,tiktok,p2,2026-01-02,,0,,,\n");
    let expected = ["a1 tiktok p1 2026-01-01T10:00:00Z 1/2/3/4/5", "a1 tiktok p2 2026-01-02T00:00:00Z NaN/0/NaN/NaN/NaN"];
    let (data, report) = read_bytes("a", csv.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(posts(&data), expected);
    assert_eq!((report.table, report.posts, report.observations), (TableKind::Posts, 2, 0));
    let json = "{\"artist_id\":\"a1\",\"platform\":\"tiktok\",\"post_id\":\"p1\",\"published_at\":\"2026-01-01\",\"likes\":1,\"url\":\"u\"}\n\
                {\"artist_id\":\"a1\",\"platform\":\"tiktok\",\"post_id\":\"p2\",\"published_at\":\"2026-01-01\",\"views\":2.0,\"likes\":null}\n";
    let (data, report) = read_bytes("a", json.as_bytes(), &ReadOptions::default()).unwrap();
    let expected = ["a1 tiktok p1 2026-01-01T00:00:00Z 1/NaN/NaN/NaN/NaN", "a1 tiktok p2 2026-01-01T00:00:00Z NaN/NaN/NaN/NaN/2"];
    assert_eq!(posts(&data), expected);
    assert_eq!(report.skipped_columns, ["url"]);
}

#[test]
fn an_artist_given_for_a_table_without_one() {
    let options = ReadOptions { artist: Some("a9".to_owned()), ..ReadOptions::default() };
    let (data, report) = read_bytes("a", b"platform,metric,observed_at,value\nx,streams,2026-01-01,1\n", &options).unwrap();
    assert_eq!(observations(&data), ["a9 x streams 2026-01-01T00:00:00Z 1"]);
    assert_eq!(report.artist.as_deref(), Some("a9"));
    // A column that says whose a row is wins.
    let (data, report) = read_bytes("a", csv().as_bytes(), &options).unwrap();
    assert_eq!(observations(&data), ROWS);
    assert_eq!(report.artist, None);
}

#[test]
fn progress_is_told() {
    use std::sync::Mutex;
    let told = Mutex::new(Vec::new());
    let progress = |read: u64, total: Option<u64>| told.lock().unwrap().push((read, total));
    let options = ReadOptions { progress: Some(&progress), ..ReadOptions::default() };
    let text = format!("{OBSERVATIONS}{}", "a1,spotify,streams,2026-01-02,1\n".repeat(100_000));
    super::read_file("a.csv", text.as_bytes(), &options).unwrap();
    let told = told.into_inner().unwrap();
    assert!(told.len() >= 3 && told.is_sorted());
    assert_eq!(told.last(), Some(&(text.len() as u64, Some(text.len() as u64))));
}
