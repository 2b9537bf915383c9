//! `fanpulse train`, `fanpulse backtest`, and `fanpulse score` by a trained model.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::run::{Ran, day, fanpulse, observations, put, text};

/// A number in 0–1 that looks drawn.
fn noise(i: usize, salt: u64) -> f64 {
    let mut z = (i as u64 ^ salt.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A table of 400 examples, one a day from 2020 on: features and label of the row so many.
fn examples(row: impl Fn(usize) -> (&'static str, String)) -> String {
    let mut csv = "artist_id,date,broke_out,velocity,consistency\n".to_owned();
    for i in 0..400 {
        let (label, features) = row(i);
        let (month, day) = (1 + i / 28 % 12, 1 + i % 28);
        writeln!(csv, "artist {i},{}-{month:02}-{day:02},{label},{features}", 2020 + i / 336).unwrap();
    }
    csv
}

fn honest(i: usize) -> (&'static str, String) {
    let (x, z) = (10.0 * noise(i, 1), 10.0 * noise(i, 2));
    (if noise(i, 3) < 1.0 / (1.0 + (4.0 - x).exp()) { "1" } else { "0" }, format!("{x},{z}"))
}

fn train(dir: &Path, table: &str, more: &[&str]) -> (Ran, PathBuf) {
    let data = text(&put(dir, "examples.csv", table));
    let out = dir.join("model.json");
    let out_text = text(&out);
    let args = ["train", "--data", &data, "--label", "column=broke_out", "--horizon", "7", "--out", &out_text];
    (fanpulse(&[&args[..], more].concat()), out)
}

/// The AUC of the table's first line.
fn auc(table: &str) -> f64 {
    let line = table.lines().find(|l| l.starts_with("| learned model |")).unwrap();
    line.split('|').nth(2).unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_table_of_examples_becomes_a_model_that_scores_by_component_scores() {
    let dir = tempfile::tempdir().unwrap();
    let (ran, model) = train(dir.path(), &examples(honest), &[]);
    let ran = ran.ok();
    assert!(auc(&ran.out) > 0.8 && ran.out.contains("| base rate of the training slice |"), "{}", ran.out);
    assert!(ran.err.contains("--calibrate-from and --test-from set others") && ran.err.contains("trained on"), "{}", ran.err);
    let card = std::fs::read_to_string(dir.path().join("model.md")).unwrap();
    assert!(card.starts_with("# Model card: model\n") && card.contains("`velocity`"), "{card}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&model).unwrap()).unwrap();
    assert_eq!((&json["format"], &json["version"]), (&"fanpulse-breakout".into(), &1.into()));

    let o = text(&put(dir.path(), "o.csv", observations()));
    let ran = fanpulse(&["score", &o, "--format", "json", "--breakout-model", &text(&model)]).ok();
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let breakout = &lines[0]["breakout"];
    assert_eq!((&breakout["model"], breakout["drivers"].as_object().unwrap().len()), (&"logistic".into(), 2), "{breakout}");
    assert!(breakout["contributions"]["velocity"].as_f64().unwrap() > 0.0, "{breakout}");
    assert!(breakout["probability"].as_f64() > lines[1]["breakout"]["probability"].as_f64());
    // What has no momentum has no breakout, for the same reason.
    assert_eq!((&lines[2]["breakout"], &lines[2]["breakout_reason"]), (&serde_json::Value::Null, &lines[2]["momentum_reason"]));
    let told = fanpulse(&["score", &o, "--explain", "grows", "--breakout-model", &text(&model)]).ok();
    assert!(told.out.contains("Learned from history (model: logistic)"), "{}", told.out);
}

#[test]
fn bad_examples_end_with_a_reason_and_never_a_panic_or_nan() {
    let dir = tempfile::tempdir().unwrap();
    let fails = |table: &str, more: &[&str], message: &str| {
        let (ran, out) = train(dir.path(), table, more);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
        assert!(ran.error().contains(message), "{}", ran.err);
        assert!(!out.exists() && !dir.path().join("model.md").exists());
    };
    let good = examples(honest);
    let file = text(&dir.path().join("examples.csv"));
    fails(&examples(|i| ("0", honest(i).1)), &[], "examples.csv: the training slice has 0 positive and ");
    fails(&examples(|i| (if i % 3 == 0 { "1" } else { "0" }, "5,5".into())), &[], "no feature varies over the training slice");
    fails(&examples(|i| (honest(i).0, "NaN,".into())), &[], "no feature varies over the training slice");
    fails(&good.replacen(",0,", ",maybe,", 1), &[], "broke_out: \"maybe\" is neither 0 nor 1");
    let (at, _) = good.lines().enumerate().skip(1).find(|(_, l)| l.contains(",0,")).unwrap();
    fails(&good.replacen(",0,", ",,", 1), &[], &format!("{file}: line {}: broke_out: \"\" is neither 0 nor 1", at + 1));
    fails(&good.replacen(",0,", ",0,inf", 1), &[], "velocity: \"inf");
    fails(&good.replacen("2020-01-02", "2.1.2020", 1), &[], "line 3: date: \"2.1.2020\" is not a date of the form YYYY-MM-DD");
    fails(&good.replace("broke_out", "x"), &[], "line 1: no column broke_out among `artist_id`, `date`, `x`, `velocity`, `consistency`");
    fails(&good, &["--features", "pace"], "line 1: no column pace among ");
    fails(&good, &["--test-from", "2019-01-01"], "slices are not in order");
    fails(&good, &["--test-until", "2019-01-01"], "no example lies within the days asked for");
    fails("artist_id,date\n", &[], "no column broke_out");
    fails("", &[], "the file is empty");
    let missing = fanpulse(&["train", "--data", "no.csv", "--label", "top=10", "--out", &text(&dir.path().join("m.json"))]);
    assert_eq!((missing.code, missing.error()), (Some(1), "no.csv: there is no such file"));
    let o = text(&put(dir.path(), "o.csv", observations()));
    let chart = fanpulse(&["backtest", "--data", &o, "--label", "top=10"]);
    assert!(chart.error().starts_with(&format!("{o}: line 1: this is no chart: no column chart_date or date or week")), "{}", chart.err);
    let short = fanpulse(&["backtest", "--data", &o, "--label", "growth=1.5"]);
    assert_eq!(short.code, Some(1), "{}", short.err);
}

#[test]
fn separable_classes_and_missing_values_train_with_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let separable = examples(|i| (if i % 3 == 0 { "1" } else { "0" }, format!("{},", i % 3)));
    let (ran, model) = train(dir.path(), &separable, &[]);
    let ran = ran.ok();
    assert!(ran.err.contains("separate the classes") && ran.err.contains("never vary: consistency"), "{}", ran.err);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&model).unwrap()).unwrap();
    let finite = json["features"].as_array().unwrap().iter().all(|f| f["coefficient"].is_f64() && f["standard_error"].is_f64());
    assert!(!ran.out.contains("NaN") && finite, "{json}");
    let gaps = examples(|i| (honest(i).0, if i % 4 == 0 { ",nan".into() } else { honest(i).1 }));
    let (ran, _) = train(dir.path(), &gaps, &[]);
    assert!(auc(&ran.ok().out) > 0.7);
}

/// A weekly chart on which a newcomer enters each week and climbs at one of three paces.
fn chart(weeks: usize) -> String {
    let mut csv = "chart_date,position,song,artist\n".to_owned();
    for w in 0..weeks {
        for k in 0..12.min(weeks - w) {
            let place = 95_usize.saturating_sub((1 + 5 * (w % 3)) * k + (noise(w, 5) * 10.0) as usize).max(5);
            let day = chrono::NaiveDate::from_ymd_opt(1962, 1, 6).unwrap() + chrono::TimeDelta::days(7 * (w + k) as i64);
            writeln!(csv, "{day},{place},\"Song, {w}\",Artist {w}").unwrap();
        }
    }
    csv
}

#[test]
fn a_chart_model_scores_newcomers_of_a_chart_and_refuses_data_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = text(&put(dir.path(), "chart.csv", chart(500)));
    let model = text(&dir.path().join("chart.json"));
    let ran = fanpulse(&["train", "--data", &file, "--label", "top=10", "--out", &model]).ok();
    assert!(ran.out.contains("| best position so far | ") && auc(&ran.out) > 0.9, "{}", ran.out);
    let walked = fanpulse(&["backtest", "--data", &file, "--label", "top=10", "--calibrate", "24", "--format", "json"]).ok();
    let walked: serde_json::Value = serde_json::from_str(&walked.out).unwrap();
    assert!(walked["steps"].as_array().unwrap().len() >= 4, "{walked}");

    let o = text(&put(dir.path(), "o.csv", observations()));
    let without = fanpulse(&["score", &o, "--breakout-model", &model]);
    assert_eq!(without.code, Some(2));
    assert!(without.error().starts_with(&format!("{model} was trained on a chart and predicts from one")), "{}", without.err);
    // A chart of this year, on which one of the three artists is new.
    let mut recent = "date,rank,title,artist\n".to_owned();
    for (back, place) in [(28, 80), (21, 60), (14, 41), (7, 30)] {
        writeln!(recent, "{},{place},Tide,Grows feat. Nobody", day(back)).unwrap();
        writeln!(recent, "{},{place},Ebb,shrinks", day(back % 22)).unwrap();
    }
    let recent = text(&put(dir.path(), "recent.csv", &recent));
    let ran = fanpulse(&["score", &o, "--breakout-model", &model, "--chart", &recent, "--format", "json"]).ok();
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines[0]["breakout"]["drivers"].as_object().unwrap().contains_key("climb_1w"), "{}", ran.out);
    assert_eq!(lines[2]["breakout_reason"]["have"], 0);
    assert!(ran.err.contains("predicted"), "{}", ran.err);
    let early = fanpulse(&["score", &o, "--breakout-model", &model, "--chart", &recent, "--as-of", &day(60)]);
    assert!(early.error().contains("no week of the chart lies before"), "{}", early.err);
    let bad = text(&put(dir.path(), "bad.csv", "date,rank,title,artist\n2026-03-01,101,Tide,Grows\n"));
    let bad_chart = fanpulse(&["score", &o, "--breakout-model", &model, "--chart", &bad]);
    assert_eq!(bad_chart.error(), format!("{bad}: line 2: position: \"101\" is not a place from 1 to 95"));
}

#[test]
fn a_model_of_growth_scores_what_it_was_trained_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut csv = super::run::HEADER.to_owned();
    let first = chrono::NaiveDate::from_ymd_opt(2025, 9, 1).unwrap();
    for artist in 0..40 {
        for n in 0..212_i32 {
            // A stretch of 40 days in which every second artist grows by 6 % a day, each at another time.
            let grown = (n - 60 - 2 * artist).clamp(0, 40);
            let level = 1e4 * if artist % 2 == 0 { 1.0 } else { 1.06_f64.powi(grown) };
            let level = level * (1.0 + 0.02 * noise(n as usize, artist as u64));
            writeln!(csv, "a{artist},spotify,followers,{},{level:.0}", first + chrono::TimeDelta::days(n.into())).unwrap();
        }
    }
    let file = text(&put(dir.path(), "o.csv", csv));
    for inputs in ["daily", "components"] {
        let model = text(&dir.path().join(format!("{inputs}.json")));
        let ran = fanpulse(&["train", "--data", &file, "--label", "growth=1.5", "--inputs", inputs, "--out", &model]).ok();
        assert!(ran.out.contains("| breakout by indicators |") && ran.out.contains("| momentum index |"), "{}", ran.out);
        assert!(auc(&ran.out) > 0.9, "{}", ran.out);
        // In the middle of a39's growth, and long before.
        let at = |day: &str| {
            let args = ["score", &file, "--breakout-model", &model, "--as-of", day, "--format", "csv", "--sort", "breakout", "--top", "1"];
            fanpulse(&args).ok().out.lines().nth(1).unwrap().to_owned()
        };
        assert!(at("2026-02-01").starts_with('a') && at("2026-02-01") != at("2025-10-30"));
    }
    let (daily, chart) = (text(&dir.path().join("daily.json")), text(&put(dir.path(), "c.csv", chart(5))));
    let twice = fanpulse(&["score", &file, "--breakout-model", &daily, "--chart", &chart]);
    assert!(twice.error().ends_with("reads daily audience or streams, so there is no use for --chart"), "{}", twice.err);
    let other = text(&put(dir.path(), "other.json", "{\"a\":1}"));
    assert_eq!(
        fanpulse(&["score", &file, "--breakout-model", &other]).error(),
        format!("{other}: this is no model file: format and version are missing")
    );
    let ranked = fanpulse(&["backtest", "momentum", "--data", &file]).ok();
    assert!(ranked.out.contains("mean Spearman correlation"), "{}", ranked.out);
    let none = fanpulse(&["backtest", "momentum", "--data", &file, "--horizon", "300"]);
    assert!(none.error().contains("no day has 30 days before and 300 after it"), "{}", none.err);
}

#[test]
fn hot_100_figures_are_those_of_the_card() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/charts");
    let files = ["hot100_1958_1990.csv.gz", "hot100_1991_2019.csv.gz"].map(|f| folder.join(f));
    if !files.iter().all(|f| f.exists()) {
        eprintln!("skipped: there is no {}", folder.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let files = files.map(|f| text(&f));
    let model = text(&dir.path().join("hot100.json"));
    let slices = ["--calibrate-from", "2005-01-01", "--test-from", "2010-01-01", "--test-until", "2020-01-01"];
    let args = ["train", "--data", &files[0], &files[1], "--label", "top=10", "--out", &model];
    let ran = fanpulse(&[&args[..], &slices].concat()).ok();
    assert!(ran.err.contains("tested on 686 examples (82 positive"), "{}", ran.err);
    let line = |name: &str| {
        let line = ran.out.lines().find(|l| l.starts_with(&format!("| {name} |"))).unwrap().to_owned();
        let cells: Vec<f64> = line.split('|').map(|c| c.split_whitespace().next().unwrap_or("").parse().unwrap_or(f64::NAN)).collect();
        (cells[2], cells[3], cells[6])
    };
    // The published baseline, and what the model is held to.
    assert_eq!((line("best position so far").0, line("best position so far").1), (0.775, 0.303));
    let (auc, ap, ece) = line("learned model");
    assert!(auc >= 0.83 && ap >= 0.45 && ece <= 0.03, "{auc} {ap} {ece}");
}
