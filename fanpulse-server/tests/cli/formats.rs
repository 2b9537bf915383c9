//! The formats say the same; text goes where it belongs.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Stdio};

use arrow::array::{Array, Float64Array, StringArray, UInt32Array};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::json::score_json;
use super::run::{binary, fanpulse, fanpulse_with, observations, posts, put, text};

#[test]
fn csv_parquet_and_json_agree_to_the_last_bit() {
    let dir = tempfile::tempdir().unwrap();
    let json = score_json(dir.path());
    let (o, p) = (dir.path().join("o.csv"), dir.path().join("p.ndjson"));
    let (csv, parquet) = (dir.path().join("s.csv"), dir.path().join("s.parquet"));
    for (format, out) in [("csv", &csv), ("parquet", &parquet)] {
        let ran = fanpulse(&["score", &text(&o), &text(&p), "--format", format, "--out", &text(out)]).ok();
        assert_eq!(ran.out, "");
    }
    let mut reader = csv::Reader::from_path(&csv).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 3);
    // A spreadsheet must not run an artist's name.
    assert_eq!(rows[2]["artist_id"], "'=new");

    let file = ParquetRecordBatchReaderBuilder::try_new(File::open(&parquet).unwrap()).unwrap();
    let meta = file.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let meta: BTreeMap<String, Option<String>> = meta.into_iter().map(|kv| (kv.key, kv.value)).collect();
    assert_eq!(meta["fanpulse.algorithm"].as_deref(), Some("fanpulse-1"));
    assert_eq!(meta["fanpulse.settings_hash"].as_deref(), json[0]["settings_hash"].as_str());
    let batch = file.build().unwrap().next().unwrap().unwrap();
    let names: Vec<&str> = batch.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, header.iter().collect::<Vec<_>>());

    for (i, row) in rows.iter().enumerate() {
        let ids: &StringArray = batch.column_by_name("artist_id").unwrap().as_any().downcast_ref().unwrap();
        assert_eq!(ids.value(i), json[i]["artist_id"]);
        for name in names.iter().filter(|n| !["artist_id", "as_of"].contains(n)) {
            let column = batch.column_by_name(name).unwrap();
            let cell = &row[*name];
            if let Some(c) = column.as_any().downcast_ref::<Float64Array>() {
                let ours = if c.is_null(i) { None } else { Some(c.value(i).to_bits()) };
                let theirs = (!cell.is_empty()).then(|| cell.parse::<f64>().unwrap().to_bits());
                assert_eq!(ours, theirs, "{name} of row {i}");
            } else if let Some(c) = column.as_any().downcast_ref::<UInt32Array>() {
                assert_eq!(if c.is_null(i) { String::new() } else { c.value(i).to_string() }, *cell, "{name}");
            } else if let Some(c) = column.as_any().downcast_ref::<StringArray>() {
                assert_eq!(if c.is_null(i) { "" } else { c.value(i) }, cell, "{name}");
            } else {
                panic!("{name} has the type {}", column.data_type());
            }
        }
        let number = |pointer: &str| json[i].pointer(pointer).and_then(Value::as_f64);
        for (column, pointer) in [
            ("fvs", "/fvs/score"),
            ("growth", "/fvs/components/growth/raw"),
            ("reach", "/fvs/components/reach/raw"),
            ("momentum", "/momentum/index"),
            ("momentum_low", "/momentum/interval90/0"),
            ("velocity_se", "/momentum/velocity_se"),
            ("velocity", "/momentum/components/velocity/raw"),
            ("viral_potential_score", "/momentum/components/viral_potential/score"),
            ("breakout", "/breakout/probability"),
            ("filled_days", "/quality/filled_days"),
        ] {
            assert_eq!(number(pointer), row[column].parse().ok(), "{column} of row {i}");
        }
        assert_eq!(json[i].pointer("/momentum/status").and_then(Value::as_str).unwrap_or(""), row["status"]);
        assert_eq!(json[i].pointer("/breakout/level").and_then(Value::as_str).unwrap_or(""), row["breakout_level"]);
    }
}

#[test]
fn a_table_for_people_without_colour_in_a_pipe() {
    let ran = fanpulse_with(&["score", "-"], observations().as_bytes()).ok();
    assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
    assert!(ran.out.starts_with("Momentum as of 2026-03-31, 30 days, 3 artists\n"), "{}", ran.out);
    let grows = ran.out.lines().find(|l| l.contains("grows")).unwrap();
    assert!(grows.contains("rapid growth") && grows.contains('█'), "{grows}");
    assert!(ran.out.contains("–  =new     no index: needs 3 days in each of the last two weeks, has 0"), "{}", ran.out);
    assert!(ran.err.contains("as of 2026-03-31, the latest day in the data"), "{}", ran.err);
    assert!(ran.err.contains("read 426 rows of 3 artists from 1 file"), "{}", ran.err);
}

#[test]
fn order_and_number_are_the_callers() {
    let ids = |args: &[&str]| -> Vec<String> {
        let all: Vec<&str> = ["score", "-", "--format", "csv"].iter().chain(args).copied().collect();
        let ran = fanpulse_with(&all, observations().as_bytes()).ok();
        ran.out.lines().skip(1).map(|l| l.split(',').next().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["grows", "shrinks", "'=new"]);
    assert_eq!(ids(&["--sort", "artist"]), ["'=new", "grows", "shrinks"]);
    assert_eq!(ids(&["--sort", "velocity", "--top", "1"]), ["grows"]);
    assert_eq!(ids(&["--threads", "1"]), ids(&["--threads", "2"]));
    let table = fanpulse_with(&["score", "-", "--top", "1"], observations().as_bytes()).ok();
    assert!(table.out.contains("… and 2 more; --top 0 shows all"), "{}", table.out);
}

#[test]
fn an_artist_is_explained_or_the_near_names_told() {
    let dir = tempfile::tempdir().unwrap();
    let (o, p) = (put(dir.path(), "o.csv", observations()), put(dir.path(), "p.ndjson", posts()));
    let ran = fanpulse(&["score", &text(&o), &text(&p), "--explain", "GROWS"]).ok();
    for part in ["grows\n", "MOMENTUM", "velocity", "BREAKOUT", "VIRAL POSTS  1", "FAN VALUE", "DATA"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let ran = fanpulse(&["score", &text(&o), "--explain", "grws"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert_eq!(ran.error(), "no artist `grws` in the data; did you mean `grows`?");
}

#[test]
fn a_spotify_export_with_its_own_header_is_scored() {
    let dir = tempfile::tempdir().unwrap();
    let mut export =
        "\u{feff}date,listeners,monthly listeners,monthly active listeners,super listeners,streams,playlist adds,saves,followers\r\n"
            .to_owned();
    for back in (0..70).rev() {
        let day = super::run::day(back);
        export.push_str(&format!("{day},300,{},2000,90,900,12,20,{}\r\n", 5000 - 10 * back, 1000 - back));
    }
    let file = put(dir.path(), "4Z8W4fKeB5YxbusRsdQVPb-audience-timeline.csv", &export);
    let ran = fanpulse(&["score", &text(&file), "--format", "json"]).ok();
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["artist_id"], "4Z8W4fKeB5YxbusRsdQVPb");
    assert_eq!(json["momentum"]["status"], "growing");
    let named = fanpulse(&["score", &text(&file), "--artist", "Low Tide", "--format", "csv"]).ok();
    assert!(named.out.lines().nth(1).unwrap().starts_with("Low Tide,2026-03-31,30,fanpulse-1,"), "{}", named.out);
    let renamed = put(dir.path(), "export.csv", &export);
    let ran = fanpulse(&["score", &text(&renamed)]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.error().contains("--artist"), "{}", ran.err);
}

#[test]
fn settings_and_window_reach_the_engine() {
    let dir = tempfile::tempdir().unwrap();
    let o = put(dir.path(), "o.csv", observations());
    let settings = put(dir.path(), "settings.json", r#"{"window_days": 21}"#);
    let hash = |args: &[&str]| {
        let o = text(&o);
        let all: Vec<&str> = ["score", &o, "--format", "json"].iter().chain(args).copied().collect();
        let json: Value = serde_json::from_str(fanpulse(&all).ok().out.lines().next().unwrap()).unwrap();
        (json["window_days"].as_u64().unwrap(), json["settings_hash"].to_string())
    };
    assert_eq!(hash(&["--settings", &text(&settings)]), hash(&["--window", "21"]));
    assert_eq!(hash(&["--settings", &text(&settings), "--window", "28"]).0, 28);
    assert_ne!(hash(&[]).1, hash(&["--window", "28"]).1);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut csv = observations();
    for i in 0..3000 {
        csv.push_str(&format!("artist-{i},spotify,followers,2026-03-31,1\n"));
    }
    let dir = tempfile::tempdir().unwrap();
    let file = put(dir.path(), "o.csv", csv);
    for format in ["json", "csv", "table", "parquet"] {
        let mut child = Command::new(binary())
            .args(["score", &text(&file), "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && !err.contains("error"), "{format}: {err}");
    }
}
