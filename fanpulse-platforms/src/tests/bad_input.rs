//! Every kind of bad input gives an error that names file, row and value.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use fanpulse_core::ingest::Dataset;

use super::{OBSERVATIONS, POSTS, read_bytes, read_file};
use crate::{ErrorKind, ReadOptions, read, read_from};

/// Reads the text as `a.csv` and expects this error.
#[track_caller]
fn check(text: impl AsRef<[u8]>, expected: &str) {
    let e = read_bytes("a.csv", text.as_ref(), &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
    assert_eq!(e.to_string(), expected);
    assert_eq!(e.kind(), ErrorKind::Invalid);
}

/// An observations table with one good row and then this one.
#[track_caller]
fn check_row(row: &str, expected: &str) {
    check(format!("{OBSERVATIONS}a1,spotify,followers,2026-01-01,1\n{row}\n"), &format!("a.csv: line 3: {expected}"));
}

#[test]
fn empty_files() {
    check("", "a.csv: the file is empty");
    check("\n \r\n\t\n", "a.csv: the file is empty");
    check("\u{feff}", "a.csv: the file is empty");
    check(OBSERVATIONS, "a.csv: there is a header but no row");
    check("sep=,\n", "a.csv: there is no header");
    check(gzip(b""), "a.csv: the file is empty");
}

#[test]
fn headers() {
    check(
        "name,plays\nx,1\n",
        "a.csv: line 1: the columns `name`, `plays` are no table that FanPulse knows: observations have artist_id, platform, \
         metric, observed_at, value; posts have artist_id, platform, post_id, published_at and their counts; fan events have \
         artist_id, fan_id, occurred_at, kind; what other columns mean can be said with --map, for instance date=observed_at,artist=artist_id,plays=value:streams",
    );
    check(
        "artist_id,platform,metric,observed_at\n",
        "a.csv: line 1: column `value` is missing for observations; the columns are `artist_id`, `platform`, `metric`, `observed_at`",
    );
    check(
        "platform;observed_at;Value\n",
        "a.csv: line 1: columns `artist_id`, `metric` are missing for observations; the columns are `platform`, `observed_at`, `Value`",
    );
    check("\nartist_id,platform,metric,observed_at,value,VALUE\n", "a.csv: line 2: column `value` stands twice in the header");
    check(
        "artist_id,post_id,published_at\n",
        "a.csv: line 1: columns `platform`, `likes` are missing for posts; the columns are `artist_id`, `post_id`, `published_at`",
    );
    check(
        [&b"artist_id,\xff\n"[..]].concat(),
        "a.csv: line 1: header: \"\u{fffd}\" is not UTF-8 from its byte 1 on; save the file as UTF-8",
    );
}

#[test]
fn values() {
    check_row("a1,spotify,followers,2026-01-02,12x", "value: \"12x\" is not a number");
    check_row("a1,spotify,followers,2026-01-02,NaN", "value: \"NaN\" is not a finite number");
    check_row("a1,spotify,followers,2026-01-02,inf", "value: \"inf\" is not a finite number");
    check_row("a1,spotify,followers,2026-01-02,-Infinity", "value: \"-Infinity\" is not a finite number");
    check_row("a1,spotify,followers,2026-01-02,1e999", "value: \"1e999\" is not a finite number");
    check_row("a1,spotify,followers,2026-01-02,-5", "value: \"-5\" is below 0");
    check_row("a1,spotify,followers,2026-01-02,", "value: nothing stands there");
    check_row(
        "a1,spotify,followers,2026-01-02,\"1,234\"",
        "value: \"1,234\" is not a number; write it without thousands separators and with a decimal point",
    );
    check_row("a1,spotify,followers,2026-01-02,0x10", "value: \"0x10\" is not a number");
    let long = "9".repeat(100) + "x";
    check_row(&format!("a1,spotify,followers,2026-01-02,{long}"), &format!("value: \"{}…\" (101 bytes) is not a number", "9".repeat(48)));
}

#[test]
fn names() {
    check_row(
        "a1,spotify,plays,2026-01-02,1",
        "metric: \"plays\" is no metric; the known ones are followers, monthly_listeners, subscribers, popularity, streams, saves, \
         playlist_adds, likes, comments, shares, total_streams, total_views",
    );
    check_row(" ,spotify,streams,2026-01-02,1", "artist_id: nothing stands there");
    check_row("a1,\"\",streams,2026-01-02,1", "platform: nothing stands there");
    check_row("a1,spotify,,2026-01-02,1", "metric: nothing stands there");
    let latin = b"artist_id,platform,metric,observed_at,value\nBj\xf6rk,spotify,streams,2026-01-02,1\n";
    check(latin, "a.csv: line 2: artist_id: \"Bj\u{fffd}rk\" is not UTF-8 from its byte 3 on; save the file as UTF-8");
}

#[test]
fn times() {
    check_row("a1,spotify,streams,1969-12-31,1", "observed_at: day 1969-12-31 is outside 1970-01-01 to 2199-12-31");
    check_row("a1,spotify,streams,2200-01-01,1", "observed_at: day 2200-01-01 is outside 1970-01-01 to 2199-12-31");
    check_row("a1,spotify,streams,9999-12-31T23:59:59Z,1", "observed_at: time 9999-12-31T23:59:59Z is outside 1970-01-01 to 2199-12-31");
    check_row("a1,spotify,streams,2026-02-30,1", "observed_at: `2026-02-30` is not a date of the form YYYY-MM-DD");
    check_row(
        "a1,spotify,streams,2026-01-02 10:00:00,1",
        "observed_at: time `2026-01-02 10:00:00` has no zone; write it as RFC 3339, for instance 2026-01-02T10:00:00Z",
    );
    check_row("a1,spotify,streams,01/02/2026,1", "observed_at: `01/02/2026` is not a date of the form YYYY-MM-DD");
    check_row("a1,spotify,streams,,1", "observed_at: nothing stands there");
    let long = "2".repeat(60);
    check_row(&format!("a1,spotify,streams,{long},1"), &format!("observed_at: \"{}…\" (60 bytes) is not a time", "2".repeat(48)));
}

#[test]
fn shapes_of_rows() {
    check_row("a1,spotify,streams,2026-01-02", "4 fields where the header has 5, the first is \"a1\"");
    check_row("a1,spotify,streams,2026-01-02,1,2", "6 fields where the header has 5, the first is \"a1\"");
    check_row("a1", "1 field where the header has 5, the first is \"a1\"");
    check(format!("{OBSERVATIONS}\"a1,spotify\n"), "a.csv: line 3: a quote is opened and never closed");
    let flood = format!("{OBSERVATIONS}a1,spotify,streams,2026-01-02,1\n{}", "x".repeat(10_000_000));
    check(flood, "a.csv: line 3: it is longer than 1048576 bytes; a line end is missing, or a quote is left open");
    let open = format!("{OBSERVATIONS}a1,spotify,streams,2026-01-02,1\n\"{}", "x,1\n".repeat(2_000_000));
    let e = read_bytes("a.csv", open.as_bytes(), &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
    assert!(e.to_string().ends_with("is longer than 1048576 bytes; a line end is missing, or a quote is left open"), "{e}");
    check(
        "{\"value\":1}\n".to_owned() + &"x".repeat(10_000_000),
        "a.csv: line 1: columns `artist_id`, `platform`, `metric`, `observed_at` are missing for observations; the columns are `value`",
    );
}

#[test]
fn post_counts() {
    let check_post = |row: &str, expected: &str| check(format!("{POSTS}{row}\n"), &format!("a.csv: line 2: {expected}"));
    check_post("a1,tiktok,p1,2026-01-01,1.5,,,,", "likes: 1.5 is not a whole number");
    check_post("a1,tiktok,p1,2026-01-01,,-1,,,", "comments: \"-1\" is below 0");
    check_post("a1,tiktok,p1,2026-01-01,,,many,,", "shares: \"many\" is not a number");
    check_post("a1,tiktok,p1,2026-01-01,,,,,18446744073709551616", "views: 18446744073709552000 is above 2^53");
    check_post("a1,tiktok,,2026-01-01,,,,,", "post_id: nothing stands there");
}

#[test]
fn json_lines() {
    let row = r#"{"artist_id":"a1","platform":"spotify","metric":"streams","observed_at":"2026-01-01","value":1}"#;
    let check_line = |line: &str, expected: &str| check(format!("{row}\n{line}\n"), &format!("a.csv: line 2: {expected}"));
    check_line("{", "not a JSON object: EOF while parsing an object (column 1)");
    check_line("[1]", "not a JSON object: invalid type: sequence, expected an object (column 0)");
    check_line(&format!("{row} x"), "not a JSON object: trailing characters (column 97)");
    check_line(&row.replace("1}", "NaN}"), "not a JSON object: expected value (column 94)");
    check_line(&row.replace("1}", "1e999}"), "not a JSON object: number out of range (column 98)");
    check_line(&row.replace("1}", "-1}"), "value: -1 is below 0");
    check_line(&row.replace("1}", "\"12x\"}"), "value: \"12x\" is not a number");
    check_line(&row.replace("1}", "true}"), "value: true is not a number");
    check_line(&row.replace("1}", "[1]}"), "value: an array is not a number");
    check_line(&row.replace("1}", "null}"), "value: nothing stands there");
    check_line(&row.replace("\"a1\"", "7"), "artist_id: 7 is a number, not text; put it in quotes");
    check_line(&row.replace("\"2026-01-01\"", "20260101"), "observed_at: 20260101 is a number; write times as RFC 3339 or YYYY-MM-DD");
    check_line(&row.replace("1}", "1,\"value\":2}"), "not a JSON object: `value` stands twice (column 102)");
    check_line("{\"artist_id\":\"a1\"}", "platform: nothing stands there");
    check("[{\"artist_id\":1}]", "a.csv: a JSON array; write one object per line instead (NDJSON)");
    check(
        "{\"a\":1}\n",
        "a.csv: line 1: the columns `a` are no table that FanPulse knows: observations have artist_id, platform, metric, \
         observed_at, value; posts have artist_id, platform, post_id, published_at and their counts; fan events have artist_id, \
         fan_id, occurred_at, kind; what other columns mean can be said with --map, for instance date=observed_at,artist=artist_id,plays=value:streams",
    );
    let latin = [row.as_bytes(), b"\n{\"artist_id\":\"Bj\xf6rk\"}"].concat();
    check(latin, "a.csv: line 2: line: \"{\"artist_id\":\"Bj\u{fffd}rk\"}\" is not UTF-8 from its byte 17 on; save the file as UTF-8");
}

#[test]
fn packed_files() {
    let text = format!("{OBSERVATIONS}{}", "a1,spotify,streams,2026-01-02,1\n".repeat(20_000));
    let whole = gzip(text.as_bytes());
    let cut = &whole[..whole.len() - 20];
    let e = read_bytes("a.csv.gz", cut, &ReadOptions::default()).map(|(_, r)| r).unwrap_err().to_string();
    assert!(e.starts_with("a.csv.gz: the gzip data ends early") && e.ends_with("the file is truncated"), "{e}");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xff);
    let e = read_bytes("a.csv.gz", &damaged, &ReadOptions::default()).map(|(_, r)| r).unwrap_err().to_string();
    assert!(e.starts_with("a.csv.gz: "), "{e}");
    let whole = zstd::encode_all(text.as_bytes(), 3).unwrap();
    let e = read_bytes("a.csv.zst", &whole[..whole.len() - 5], &ReadOptions::default()).map(|(_, r)| r).unwrap_err().to_string();
    assert!(e.starts_with("a.csv.zst: the zstd data ends early"), "{e}");
    check(gzip(&gzip(b"x")), "a.csv: packed twice; unpack it once");
    check(gzip(b"PAR1xxxx"), "a.csv: a Parquet file inside gzip; unpack it first");
    check(b"PK\x03\x04xxxx", "a.csv: a zip archive or a spreadsheet workbook; unpack it, or save the sheet as CSV");
    check(b"PAR1xxxx", "a.csv: a Parquet file cannot be read from a stream; name the file itself");
    check(b"\x89PNG\r\n", "a.csv: line 1: header: \"\u{fffd}PNG\" is not UTF-8 from its byte 1 on; save the file as UTF-8");
    check(b"\x00\x01\x02", "a.csv: neither a text table nor Parquet, gzip or zstd; it begins with \"\u{fffd}\u{fffd}\u{fffd}\"");
    check(b"\xff\xfea\x00b", "a.csv: the UTF-16 text ends within a character");
}

#[test]
fn damaged_parquet() {
    let e = read_file("a.parquet", b"PAR1", &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
    assert!(e.starts_with("a.parquet: damaged Parquet: "), "{e}");
    let e = read_file("a.parquet", b"PAR1\x00\x00\x00\x00\xff\xff\xff\xffPAR1", &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
    assert!(e.starts_with("a.parquet: damaged Parquet: "), "{e}");
}

#[test]
fn what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &Path, kind: ErrorKind, expected: &str| {
        let e = read(path, &ReadOptions::default(), &mut Dataset::default()).unwrap_err();
        assert_eq!((e.kind(), e.to_string()), (kind, format!("{}: {expected}", path.display())));
    };
    check(folder.path(), ErrorKind::Invalid, "this is a directory; name the files in it");
    check(&folder.path().join("none.csv"), ErrorKind::NotFound, "there is no such file");
    let locked = folder.path().join("locked.csv");
    fs::write(&locked, "x").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser may read all the same.
        if fs::read(&locked).is_err() {
            check(&locked, ErrorKind::Forbidden, "no permission to read it");
        }
    }
}

#[test]
fn a_disk_that_fails() {
    struct Failing(&'static [u8]);
    impl Read for Failing {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.read(out) {
                Ok(0) => Err(io::Error::other("the cable is loose")),
                read => read,
            }
        }
    }
    let failing = Failing(b"artist_id,platform,metric,observed_at,value\na1,spotify,streams,2026-01-02,1\na2");
    let e = read_from("a.csv", failing, &ReadOptions::default(), &mut Dataset::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unavailable);
    assert_eq!(e.to_string(), "a.csv: it cannot be read after line 2: the cable is loose");
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}
