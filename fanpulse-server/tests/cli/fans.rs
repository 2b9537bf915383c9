//! Fan events through the command line: who the fans are, in every format, and what bad input gets.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, Float64Array, UInt32Array};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::run::{Ran, day, fanpulse, fanpulse_with, observations, put, text};

pub(crate) const HEADER: &str = "artist_id,fan_id,occurred_at,kind,count,amount,seconds,currency\n";

/// Events of 120 fans of the artist who grows, up to 2026-03-31: fan f comes every (f % 9 + 2) days; every third one stopped
/// coming 45 days ago; every fifth buys.
fn events() -> String {
    let mut csv = HEADER.to_owned();
    for fan in 0..120 {
        let (from, gap) = (if fan % 3 == 0 { 45 } else { fan % 5 }, fan % 9 + 2);
        for back in (from..89).step_by(usize::try_from(gap).unwrap()) {
            writeln!(csv, "grows,fan-{fan:03},{},stream,{},,{},", day(back), 1 + fan % 4, 600 + fan).unwrap();
            if gap <= 4 {
                writeln!(csv, "grows,fan-{fan:03},{},comment,2,,,", day(back)).unwrap();
                writeln!(csv, "grows,fan-{fan:03},{},share,,,,", day(back)).unwrap();
            }
            if fan % 5 == 0 && back % 2 == 0 {
                writeln!(csv, "grows,fan-{fan:03},{},purchase,,{}.5,,EUR", day(back), 10 + fan % 7).unwrap();
            }
        }
    }
    csv
}

fn superfans(csv: &str) -> Value {
    let ran = fanpulse_with(&["score", "-", "--as-of", "2026-03-31", "--format", "json"], csv.as_bytes()).ok();
    assert!(!ran.out.contains("NaN") && !ran.out.contains("inf"), "{}", ran.out);
    serde_json::from_str(ran.out.lines().next().unwrap()).unwrap()
}

#[test]
fn json_says_who_the_fans_are() {
    let one = superfans(&events());
    let of = &one["superfans"];
    assert_eq!(of["fans"], 120);
    let sum = |part: &str| of[part].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("tiers"), sum("segments")), (120, 120));
    // ⌈1 % of 120⌉ and whoever ties with them.
    assert!((2..=6).contains(&of["tiers"]["platinum"].as_u64().unwrap()), "{of}");
    assert_eq!(of["currency"], "EUR");
    let churn = of["churn"]["fans"].as_array().unwrap();
    assert_eq!(churn.len() as u64, of["segments"]["at_risk"].as_u64().unwrap());
    assert!(churn.len() > 5, "{of}");
    assert!(churn.iter().all(|fan| fan["silent_days"].as_u64().unwrap() > 30 || fan["forecast"]["p_alive"].as_f64().unwrap() < 0.5));
    assert_eq!(of["activity"]["source"], "own");
    assert_eq!((one["momentum"].clone(), one.get("superfans_reason")), (Value::Null, None));
    // Beside observations, each artist has its own; who has no fan events says so.
    let dir = tempfile::tempdir().unwrap();
    let (o, f) = (put(dir.path(), "o.csv", observations()), put(dir.path(), "f.csv", events()));
    let ran = fanpulse(&["score", &text(&o), &text(&f), "--format", "json"]).ok();
    let artists: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(&artists[0]["superfans"], of);
    assert_eq!(artists[1]["superfans"], Value::Null);
    assert_eq!(artists[1]["superfans_reason"], serde_json::json!({"kind": "insufficient_data", "have": 0, "need": 1}));
    assert_eq!(artists[0]["viral"]["series"], serde_json::json!([]));
}

#[test]
fn formats_agree_and_csv_has_what_parquet_has() {
    let dir = tempfile::tempdir().unwrap();
    let (o, f) = (put(dir.path(), "o.csv", observations()), put(dir.path(), "f.csv", events()));
    let out = |name: &str| text(&dir.path().join(name));
    for format in ["csv", "parquet"] {
        fanpulse(&["score", &text(&o), &text(&f), "--format", format, "--out", &out(format)]).ok();
    }
    let mut reader = csv::Reader::from_path(out("csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let batch =
        ParquetRecordBatchReaderBuilder::try_new(File::open(out("parquet")).unwrap()).unwrap().build().unwrap().next().unwrap().unwrap();
    let of = superfans(&events())["superfans"].clone();
    let mut seen = 0;
    for (c, name) in header.iter().enumerate().filter(|(_, name)| name.starts_with("fan")) {
        let column = batch.column_by_name(name).unwrap();
        for (i, row) in rows.iter().enumerate() {
            let typed = match (column.as_any().downcast_ref::<UInt32Array>(), column.as_any().downcast_ref::<Float64Array>()) {
                (Some(n), _) => (!n.is_null(i)).then(|| n.value(i).to_string()),
                (_, Some(x)) => (!x.is_null(i)).then(|| x.value(i).to_string()),
                _ => panic!("{name} is {}", column.data_type()),
            };
            assert_eq!(typed.unwrap_or_default(), row[c], "{name} of row {i}");
            // No fan events, no numbers: never a zero.
            assert!(i == 0 || row[c].is_empty(), "{name} of row {i}");
        }
        seen += 1;
    }
    assert!(seen >= 15, "{header:?}");
    let cell = |name: &str| rows[0][header.iter().position(|h| h == name).unwrap()].parse::<f64>().unwrap();
    for (column, pointer) in [
        ("fans", "/fans"),
        ("fans_active", "/active_fans"),
        ("fans_gold", "/tiers/gold"),
        ("fans_at_risk", "/segments/at_risk"),
        ("fan_value_mean", "/fan_value/mean"),
        ("fan_value_top_5_share", "/fan_value/held_by_top/1/value"),
        ("fan_spend", "/spend/total"),
        ("fan_expected_value", "/expected_value/total"),
        ("fan_expected_loss", "/churn/value_lost"),
    ] {
        assert_eq!(of.pointer(pointer).and_then(Value::as_f64), Some(cell(column)), "{column}");
    }
}

#[test]
fn a_person_sees_tiers_segments_and_who_is_leaving() {
    let ran = fanpulse_with(&["score", "-", "--as-of", "2026-03-31"], events().as_bytes()).ok();
    assert!(ran.out.starts_with("Superfans as of 2026-03-31, 90 days, 120 fans of 1 artist\n"), "{}", ran.out);
    assert!(!ran.out.contains("Momentum") && !ran.out.contains('\u{1b}'), "{}", ran.out);
    for part in ["platinum", "champions", "Best fans by engagement", "Leaving: ", "EUR", "more; --format json lists all"] {
        assert!(ran.out.contains(part), "no `{part}` in {}", ran.out);
    }
    let dir = tempfile::tempdir().unwrap();
    let (o, f) = (put(dir.path(), "o.csv", observations()), put(dir.path(), "f.csv", events()));
    let both = fanpulse(&["score", &text(&o), &text(&f)]).ok();
    let (momentum, fans) = (both.out.find("Momentum as of").unwrap(), both.out.find("Superfans as of").unwrap());
    assert!(momentum < fans && both.out.contains("2 artists have no fan events"), "{}", both.out);
    let told = fanpulse(&["score", &text(&o), &text(&f), "--explain", "grows"]).ok();
    for part in ["SPIKES  none", "SUPERFANS  ", "platinum (top 1 %)", "at risk", "BG/NBD, fitted on the artist's own 120 fans"] {
        let flat = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&part.split_whitespace().collect::<Vec<_>>().join(" ")), "no `{part}` in {}", told.out);
    }
    let none = fanpulse(&["score", &text(&o), "--explain", "grows"]).ok();
    assert!(none.out.contains("SUPERFANS  none: no fan events"), "{}", none.out);
}

#[test]
fn clusters_are_found_where_they_are_asked_for() {
    let small: String = events().lines().filter(|l| l.starts_with("artist_id") || l.contains("fan-0")).map(|l| format!("{l}\n")).collect();
    let run = |args: &[&str]| {
        let all: Vec<&str> = ["score", "-", "--as-of", "2026-03-31", "--segments", "kmeans"].iter().chain(args).copied().collect();
        fanpulse_with(&all, small.as_bytes()).ok().out
    };
    let json: Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    let clusters = json["superfans"]["clusters"].as_array().unwrap();
    assert!(clusters.len() >= 2 && clusters.iter().map(|c| c["fans"].as_u64().unwrap()).sum::<u64>() == 100, "{clusters:?}");
    assert!(run(&[]).contains("Clusters by silent days, active days and spend"));
}

#[test]
fn artists_with_many_superfans_come_first() {
    let csv =
        format!("{HEADER}a,f1,2026-03-30,like,,,,\nb,f1,2026-03-31,share,30,,,\nb,f2,2026-03-31,share,30,,,\nb,f3,2026-03-31,share,3,,,\n");
    let run = |args: &[&str]| {
        let all: Vec<&str> = ["score", "-", "--format", "csv"].iter().chain(args).copied().collect();
        let out = fanpulse_with(&all, csv.as_bytes()).ok().out;
        out.lines().skip(1).map(|l| l.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(run(&[]), ["a", "b"]);
    assert_eq!(run(&["--sort", "superfans"]), ["b", "a"]);
    let table = fanpulse_with(&["score", "-", "--top", "1"], csv.as_bytes()).ok().out;
    assert!(table.contains("3 fans of 1 artist") && table.contains("… and 1 more; --top 0 shows all"), "{table}");
}

/// Scores the file, which must be refused, leaving nothing.
#[track_caller]
fn refused(dir: &Path, name: &str, content: &str) -> String {
    let ran: Ran = fanpulse(&["score", &text(&put(dir, name, content)), "--format", "json"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    ran.error().replace(&format!("{}/", dir.display()), "")
}

#[test]
fn bad_amounts_and_mixed_currencies_are_named_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = |rows: &str| format!("{HEADER}a,f1,2026-03-30,purchase,1,5,,EUR\n{rows}");
    let check = |rows: &str, expected: &str| assert_eq!(refused(dir.path(), "f.csv", &file(rows)), format!("f.csv: {expected}"));
    check("a,f1,2026-03-31,purchase,1,-5,,EUR\n", "line 3: amount: \"-5\" is below 0; net refunds against what they refund");
    check("a,f1,2026-03-31,purchase,1,1e15,,EUR\n", "line 3: amount: 1000000000000000 is above 1000000000000");
    check(
        "a,f1,2026-03-31,buy,1,5,,EUR\n",
        "line 3: kind: \"buy\" is no kind of fan event; the known ones are stream, like, comment, share, save, playlist_add, purchase, ticket, follow",
    );
    let mixed = "a,f2,2026-03-30,like,,,,\nb,f2,2026-03-31,ticket,1,7,,USD\n";
    check(mixed, "line 4: amounts are in EUR, USD; convert them to one currency first");
    check("a,f2,2026-03-30,ticket,1,7,,\n", "line 3: amounts are in EUR, an unnamed currency; convert them to one currency first");
    // A lenient read drops bad rows, but not a choice between currencies.
    let lenient = |rows: &str| fanpulse_with(&["score", "-", "--lenient", "--format", "json"], file(rows).as_bytes());
    assert!(lenient(mixed).error().contains("amounts are in EUR, USD"));
    let ran = lenient("a,f1,2026-03-31,purchase,1,-5,,EUR\na,f1,2026-03-31,buy,,,,\na,f1,2026-03-31,like,x,,,\n").ok();
    assert!(ran.err.contains("dropped 3 rows: 1 bad number, 1 negative, 1 unknown kind"), "{}", ran.err);
}

#[test]
fn events_of_one_file_do_not_count_twice() {
    let dir = tempfile::tempdir().unwrap();
    let file = text(&put(dir.path(), "f.csv", events()));
    let ran = fanpulse(&["score", &file, &file]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.error().ends_with("f.csv is given twice, so that its fan events would count twice"), "{}", ran.err);
}

#[test]
fn poor_data_get_a_status() {
    let events = |rows: &[(u32, i32, &str, &str)]| {
        let row = |(fan, back, kind, amount): &(u32, i32, &str, &str)| format!("a,f{fan},{},{kind},1,{amount},,EUR\n", day(*back));
        HEADER.to_owned() + &rows.iter().map(row).collect::<String>()
    };
    let check = |rows: &[(u32, i32, &str, &str)], source: &str, reason: &str| {
        let of = superfans(&events(rows))["superfans"].clone();
        assert_eq!((&of["activity"]["source"], &of["activity"]["status"]), (&Value::from(source), &Value::from("degenerate")), "{of}");
        assert_eq!(of["activity"]["status_reason"], reason);
        of
    };
    // Fewer than ten fans.
    let few: Vec<_> = (0..9).flat_map(|f| [(f, 3, "like", ""), (f, 20, "like", "")]).collect();
    let of = check(&few, "none", "9 customers where 10 are needed");
    assert_eq!((&of["tiers"]["platinum"], &of["best"]["fans"][0]["forecast"]), (&Value::from(9), &Value::Null));
    // Everybody came once.
    let once: Vec<_> = (0..150).map(|f| (f, (f % 80) as i32, "stream", "")).collect();
    check(&once, "none", "no customer came back");
    // Nobody was observed for any time: T = 0.
    let today: Vec<_> = (0..150).map(|f| (f, 0, "purchase", "5")).collect();
    let of = check(&today, "none", "no customer was observed for any time");
    assert_eq!(of["spend"]["total"], 750.0);
    // All are alike.
    let alike: Vec<_> = (0..150).flat_map(|f| [(f, 10, "purchase", "9.99"), (f, 40, "purchase", "9.99")]).collect();
    let of = check(&alike, "none", "all customers are alike");
    assert_eq!(of["superfans"], 150);
    // One has everything.
    let mut one = once.clone();
    (0..89).for_each(|back| one.push((7, back, "purchase", "1000")));
    let of = superfans(&events(&one))["superfans"].clone();
    assert_eq!(of["best"]["fans"][0]["fan_id"], "f7");
    assert_eq!(of["spend"]["held_by_top"][0]["value"], 1.0);
    // Bought for nothing.
    let free: Vec<_> = (0..150).flat_map(|f| [(f, (f % 30) as i32, "purchase", "0"), (f, 40 + (f % 40) as i32, "purchase", "0")]).collect();
    let of = superfans(&events(&free))["superfans"].clone();
    assert_eq!((&of["spend"], &of["expected_value"], &of["churn"]["unit"]), (&Value::Null, &Value::Null, &Value::from("points")));
    assert_eq!(of["amounts"]["source"], "none");
}

#[test]
fn events_after_the_day_are_left_out_and_counted() {
    let csv = format!(
        "{HEADER}a,f1,2026-03-01,like,,,,\na,f2,2026-03-20,like,,,,\nb,f3,2026-03-21,purchase,,9,,USD\nb,f3,2026-03-02,like,,-3,,USD\n"
    );
    let good: String = csv.lines().take(4).map(|l| format!("{l}\n")).collect();
    let ran = fanpulse_with(&["score", "-", "--as-of", "2026-03-10", "--format", "json"], good.as_bytes()).ok();
    assert!(ran.err.contains("left out 2 fan events after 2026-03-10"), "{}", ran.err);
    let lines: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((&lines[0]["superfans"]["fans"], &lines[1]["superfans"]), (&Value::from(1), &Value::Null));
    assert_eq!(lines[1]["superfans_reason"]["need"], 1);
    // All of them after the day: nobody has fans, and that is no failure.
    let ran = fanpulse_with(&["score", "-", "--as-of", "2020-01-01"], good.as_bytes()).ok();
    assert!(ran.err.contains("left out 3 fan events"), "{}", ran.err);
    assert!(!ran.out.is_empty());
}
