//! The JSON shape that `server.md` promises.

use std::path::Path;

use serde_json::Value;

use super::run::{fanpulse, observations, posts, put, text};

pub(crate) fn score_json(dir: &Path) -> Vec<Value> {
    let (o, p) = (put(dir, "o.csv", observations()), put(dir, "p.ndjson", posts()));
    let ran = fanpulse(&["score", &text(&o), &text(&p), "--format", "json"]).ok();
    ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn one_object_per_artist_in_the_order_of_the_input() {
    let dir = tempfile::tempdir().unwrap();
    let artists = score_json(dir.path());
    let ids: Vec<&str> = artists.iter().map(|a| a["artist_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["grows", "shrinks", "=new"]);
}

#[test]
fn the_keys_are_those_of_the_example() {
    let example: Value = serde_json::from_str(
        r#"{"artist_id":"a1","as_of":"2026-03-31","window_days":30,"algorithm":"fanpulse-1",
        "fvs":{"score":61.2,"coverage":1.0,"components":{"engagement":{"raw":2.4,"score":65.3,"weight":0.4,"contribution":26.1},"growth":{},"reach":{},"conversion":{}}},
        "momentum":{"index":7.4,"status":"rapid_growth","coverage":1.0,"interval90":[6.9,7.8],"velocity_se":0.02,"components":{"velocity":{"raw":0.61,"score":7.33,"weight":0.35,"contribution":2.57},"acceleration":{},"consistency":{},"viral_potential":{}}},
        "viral":{"posts":[{"platform":"tiktok","post_id":"p9","published_at":"2026-03-28T10:00:00Z","engagement":9100,"mean":800.0,"sd":410.0,"z":20.2,"lift":11.4}],"series":[]},
        "breakout":{"probability":0.8,"level":"high","model":"indicators","drivers":{"acceleration":true,"viral_potential":true,"velocity":true,"consistency":false}},
        "superfans":null,"quality":{"counter_resets":0,"filled_days":1,"missing_days":0}}"#,
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ours = &score_json(dir.path())[0];
    // Beside the example's keys there may be more, such as the hash of the settings.
    fn check(path: &str, example: &Value, ours: &Value) {
        match (example, ours) {
            (Value::Object(example), Value::Object(_)) => {
                for (key, value) in example {
                    let there = ours.get(key).unwrap_or_else(|| panic!("no {path}.{key} in {ours}"));
                    check(&format!("{path}.{key}"), value, there);
                }
            }
            (Value::Array(example), Value::Array(list)) => {
                if let (Some(example), Some(first)) = (example.first(), list.first()) {
                    check(&format!("{path}[0]"), example, first);
                }
            }
            (Value::Number(_), Value::Number(_)) | (Value::String(_), Value::String(_)) => {}
            (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null) => {}
            _ => panic!("{path} is {ours} where the example has {example}"),
        }
    }
    check("", &example, ours);
    assert_eq!(ours["as_of"], "2026-03-31");
    assert_eq!(ours["momentum"]["status"], "rapid_growth");
    assert_eq!(ours["viral"]["posts"][0]["post_id"], "p7");
    assert_eq!(keys(&ours["momentum"]["components"]), ["acceleration", "consistency", "velocity", "viral_potential"]);
    let sum: f64 = ours["fvs"]["components"].as_object().unwrap().values().map(|c| c["contribution"].as_f64().unwrap()).sum();
    assert!((sum - ours["fvs"]["score"].as_f64().unwrap()).abs() < 1e-9);
}

#[test]
fn what_cannot_be_computed_is_null_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let ours = &score_json(dir.path())[2];
    assert_eq!(ours["momentum"], Value::Null);
    assert_eq!(ours["momentum_reason"], serde_json::json!({"kind": "insufficient_data", "have": 0, "need": 3}));
    assert_eq!(ours["breakout"], Value::Null);
    assert!(ours["fvs"].get("components").is_none_or(|c| c.get("engagement").is_none()));
}
