//! The vectors that all languages share: same input, same bits (`tests/data/vectors/README.md`).

use std::fmt::Write as _;
use std::path::PathBuf;

use fanpulse_core::alerts::{AlertBatch, AlertFigures, AlertSettings, Fired, Rule, evaluate_all};
use fanpulse_core::fans::{EngagementTiers, FanTable, KMeansSegments};
use fanpulse_core::ingest::{Dataset, FanEvent, FanEventColumns, FanEventKind, Names, Observation, Post};
use fanpulse_core::learned::{Example, Feature, LogisticBreakout, Slices, TrainingSet, train};
use fanpulse_core::scores::{Competition, ReleaseInput, release_windows};
use fanpulse_core::settings::{FanSettings, LearnedSettings, ReleaseSettings, SpikeSettings};
use fanpulse_core::spikes::{SeasonalRobust, Series};
use fanpulse_core::{Day, Engine, Instant};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, Serialize)]
struct Vector {
    name: String,
    input: Value,
    expected: Value,
}

/// A list in which null stands for NaN.
fn floats(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
}

fn day(text: &Value) -> Day {
    text.as_str().unwrap().parse().unwrap()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors").join(file)
}

fn cases(file: &str) -> Vec<Vector> {
    let cases: Vec<Vector> = serde_json::from_str(&std::fs::read_to_string(path(file)).unwrap()).unwrap();
    assert!(!cases.is_empty());
    cases
}

/// Runs every case of a file; where asked to, writes down what came of it instead of comparing.
fn check(file: &str, run: impl Fn(&Value) -> Value) {
    let cases = cases(file);
    let got: Vec<Vector> = cases.iter().map(|c| Vector { name: c.name.clone(), input: c.input.clone(), expected: run(&c.input) }).collect();
    if std::env::var_os("FANPULSE_BLESS").is_some() {
        let mut text = String::from("[\n");
        for (i, case) in got.iter().enumerate() {
            let end = if i + 1 == got.len() { "\n]\n" } else { ",\n" };
            write!(text, "{}{end}", serde_json::to_string(case).unwrap()).unwrap();
        }
        std::fs::write(path(file), text).unwrap();
        return;
    }
    for (case, got) in cases.iter().zip(&got) {
        // As text, so that -0 is not 0.
        assert_eq!(got.expected.to_string(), case.expected.to_string(), "{file}: {}", case.name);
    }
}

#[test]
fn vectors_of_analyses() {
    let cases = crate::golden::cases();
    check("analyze.json", |input| {
        let case = cases.iter().find(|c| c.name == input.as_str().unwrap()).unwrap();
        let analysis = case.engine().analyze(&case.observations(), &case.posts(), case.as_of).unwrap();
        serde_json::to_value(analysis).unwrap()
    });
}

/// Every row of a case's tables: series as rows, posts, and fan events in columns.
fn dataset(input: &Value) -> Dataset {
    let mut data = Dataset::default();
    for series in input["observations"].as_array().unwrap() {
        let start = day(&series["start"]);
        for (i, value) in (0..).zip(floats(&series["values"])).filter(|(_, value)| !value.is_nan()) {
            let observation = Observation {
                artist_id: series["artist_id"].as_str().unwrap(),
                platform: series["platform"].as_str().unwrap(),
                metric: series["metric"].as_str().unwrap().parse().unwrap(),
                observed_at: Instant::from(start.plus(i)),
                value,
            };
            data.push_observation(&observation).unwrap();
        }
    }
    for post in input["posts"].as_array().unwrap() {
        data.push_post(&Post::<String>::deserialize(post).unwrap()).unwrap();
    }
    let events = &input["events"];
    let text = |name: &str, i: usize| events[name][i].as_str().map(str::to_owned);
    for i in 0..events["day"].as_array().unwrap().len() {
        let event = FanEvent {
            artist_id: text("artist_id", i).unwrap(),
            fan_id: text("fan_id", i).unwrap(),
            occurred_at: Instant::from(day(&events["day"][i])),
            kind: text("kind", i).unwrap().parse().unwrap(),
            count: events["count"][i].as_u64().map(|n| u32::try_from(n).unwrap()),
            amount: events["amount"][i].as_f64(),
            seconds: events["seconds"][i].as_f64(),
            currency: text("currency", i),
        };
        data.push_fan_event(&event).unwrap();
    }
    data
}

#[test]
fn vectors_of_whole_analyses() {
    check("analyses.json", |input| {
        let analyses = Engine::default().analyses(&dataset(input), day(&input["as_of"])).unwrap();
        serde_json::to_value(analyses).unwrap()
    });
}

#[test]
fn vectors_of_spikes() {
    check("spikes.json", |input| {
        let settings: SpikeSettings = serde_json::from_value(input["settings"].clone()).unwrap();
        let start: Instant = input["start"].as_str().unwrap().parse().unwrap();
        let values = floats(&input["values"]);
        let step = input["step_seconds"].as_i64().unwrap() * 1_000_000;
        let report = SeasonalRobust::try_new(settings).unwrap().report(&Series::new(start, step, &values)).unwrap();
        json!({"status": report.status, "judged": report.judged, "spikes": report.spikes})
    });
}

#[test]
fn vectors_of_releases() {
    check("releases.json", |input| {
        let competition: Vec<Competition> = input["competition"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| Competition { day: day(&c["day"]), followers: c["followers"].as_f64().unwrap() })
            .collect();
        let release = ReleaseInput {
            as_of: day(&input["as_of"]),
            momentum: input["momentum"].as_f64(),
            streams: &floats(&input["streams"]),
            window_days: u32::try_from(input["window_days"].as_u64().unwrap()).unwrap(),
            competition: &competition,
        };
        serde_json::to_value(release_windows(&ReleaseSettings::default(), &release).unwrap()).unwrap()
    });
}

/// The fans of a case's events, with what their ids stand for.
fn fans(input: &Value) -> (FanTable, Names, Names) {
    let events = &input["events"];
    let (mut artists, mut fans) = (Names::default(), Names::default());
    let artist: Vec<u32> = texts(&events["artist_id"]).into_iter().map(|id| artists.intern(id)).collect();
    let fan: Vec<u32> = texts(&events["fan_id"]).into_iter().map(|id| fans.intern(id)).collect();
    let days: Vec<i32> = events["day"].as_array().unwrap().iter().map(|d| day(d).days()).collect();
    let kind: Vec<u8> = texts(&events["kind"]).into_iter().map(|k| k.parse::<FanEventKind>().unwrap().code()).collect();
    let columns = FanEventColumns {
        artist: &artist,
        fan: &fan,
        day: &days,
        kind: &kind,
        amount: Some(&floats(&events["amount"])),
        seconds: Some(&floats(&events["seconds"])),
        ..FanEventColumns::EMPTY
    };
    (FanTable::from_events(&columns, day(&input["as_of"]), &FanSettings::default()).unwrap(), artists, fans)
}

#[test]
fn vectors_of_fans() {
    check("fans.json", |input| {
        let (table, artists, fans) = fans(input);
        let scores = EngagementTiers::try_new(FanSettings::default()).unwrap().score(&table).unwrap();
        let one = |(row, score): (&fanpulse_core::fans::FanRow, &fanpulse_core::fans::FanScore)| {
            let mut fan = serde_json::to_value(score).unwrap();
            fan["artist_id"] = json!(artists.get(row.artist).unwrap());
            fan["fan_id"] = json!(fans.get(row.fan).unwrap());
            fan
        };
        table.rows().iter().zip(&scores.fans).map(one).collect()
    });
}

#[test]
fn vectors_of_clusters() {
    let cases = cases("fans.json");
    check("clusters.json", |input| {
        let case = cases.iter().find(|c| c.name == input["fans"].as_str().unwrap()).unwrap();
        let (table, ..) = fans(&case.input);
        let seed = input["seed"].as_u64().unwrap();
        let model = match input["clusters"].as_u64() {
            Some(k) => KMeansSegments::with_clusters(usize::try_from(k).unwrap(), seed).unwrap(),
            None => KMeansSegments::elbow(seed),
        };
        let found = model.cluster_fans(table.rows(), table.as_of()).unwrap();
        let groups: Vec<Value> = found
            .clusters
            .iter()
            .map(|c| json!({"name": c.name, "silent_days": c.centre[0], "active_days": c.centre[1], "spend": c.centre[2], "fans": c.fans}))
            .collect();
        json!({"clusters": groups, "of_fan": found.of_fan})
    });
}

#[test]
fn vectors_of_breakouts() {
    check("breakout.json", |input| {
        let model = LogisticBreakout::from_json(&input["model"].to_string()).unwrap();
        let rows = input["features"].as_array().unwrap();
        rows.iter().map(|row| serde_json::to_value(model.predict(&floats(row)).unwrap()).unwrap()).collect()
    });
}

#[test]
fn vectors_of_alerts() {
    check("alerts.json", |input| {
        let each = |name: &str| input[name].as_array().unwrap().iter().map(Value::to_string).collect::<Vec<_>>();
        let figures = |name: &str| each(name).iter().map(|json| AlertFigures::from_json(json).unwrap()).collect();
        let rules: Vec<Rule> = each("rules").iter().map(|json| Rule::from_json(json).unwrap()).collect();
        let superfan_churn = serde_json::from_value(input["superfan_churn"].clone()).unwrap();
        let batch = AlertBatch { current: figures("current"), previous: figures("previous"), superfan_churn };
        let settings: AlertSettings = serde_json::from_value(input["settings"].clone()).unwrap();
        let mut fired: Fired = serde_json::from_value(input["fired"].clone()).unwrap();
        let now = input["now"].as_str().unwrap().parse().unwrap();
        let alerts = evaluate_all(&settings, &rules, batch, &fired, now).unwrap();
        fired.record(&alerts);
        json!({"alerts": alerts, "fired": fired})
    });
}

#[test]
fn vectors_of_training() {
    check("train.json", |input| {
        let columns = &input["examples"];
        let own = ["id", "date", "known", "label"];
        let rankings: Vec<String> = serde_json::from_value(input["rankings"].clone()).unwrap();
        let others =
            || columns.as_object().unwrap().keys().filter(|k| !own.contains(&k.as_str()) && !rankings.contains(k)).cloned().collect();
        let features: Vec<String> = serde_json::from_value::<Option<_>>(input["features"].clone()).unwrap().unwrap_or_else(others);
        let figure = |name: &String, i: usize| match &columns[name][i] {
            Value::Bool(yes) => f64::from(u8::from(*yes)),
            value => value.as_f64().unwrap_or(f64::NAN),
        };
        let ids = texts(&columns["id"]);
        let one = |i: usize| Example {
            id: ids[i].to_owned(),
            date: day(&columns["date"][i]).date(),
            known: day(&columns["known"][i]).date(),
            label: columns["label"][i].as_bool().unwrap(),
            features: features.iter().map(|name| figure(name, i)).collect(),
            rankings: rankings.iter().map(|name| figure(name, i)).collect(),
        };
        let date = |name: &str| input[name].as_str().map(|d| d.parse::<Day>().unwrap().date());
        let slices = Slices {
            train_from: date("train_from"),
            calibrate_from: date("calibrate_from").unwrap(),
            test_from: date("test_from").unwrap(),
            test_until: date("test_until"),
        };
        let described = features.iter().map(|name| Feature::new(name, name, name)).collect();
        let task = serde_json::from_value(input["task"].clone()).unwrap();
        let set = TrainingSet::new(task, described, rankings.clone(), (0..ids.len()).map(one).collect()).unwrap();
        serde_json::from_str(&train(&set, &slices, &LearnedSettings::default()).unwrap().to_json().unwrap()).unwrap()
    });
}
