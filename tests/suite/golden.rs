//! The scoring cases with right answers, computed by an independent plain implementation of the definition.

use std::io::Read;

use fanpulse_core::ingest::{Dataset, Metric, Observation, Post};
use fanpulse_core::scores::Level;
use fanpulse_core::settings::Settings;
use fanpulse_core::{Analysis, Day, Engine, Instant};
use serde::Deserialize;
use serde_json::Value;

/// Agreement, relative; and absolute near zero, where the reference's own rounding is 2e-14.
const TOLERANCE: f64 = 1e-9;
const TOLERANCE_AT_ZERO: f64 = 1e-12;

#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub artist_id: String,
    pub as_of: Day,
    window_days: u32,
    observations: Vec<CaseObservation>,
    posts: Vec<CasePost>,
    expected: Value,
}

#[derive(Deserialize)]
struct CaseObservation {
    platform: String,
    metric: Metric,
    observed_at: Instant,
    value: f64,
}

#[derive(Deserialize)]
struct CasePost {
    platform: String,
    post_id: String,
    published_at: Instant,
    likes: Option<u64>,
    comments: Option<u64>,
    shares: Option<u64>,
    saves: Option<u64>,
    views: Option<u64>,
}

impl Case {
    pub fn engine(&self) -> Engine {
        Engine::builder().settings(Settings { window_days: self.window_days, ..Settings::default() }).build().unwrap()
    }

    pub fn observations(&self) -> Vec<Observation> {
        let row = |o: &CaseObservation| Observation {
            artist_id: self.artist_id.clone(),
            platform: o.platform.clone(),
            metric: o.metric,
            observed_at: o.observed_at,
            value: o.value,
        };
        self.observations.iter().map(row).collect()
    }

    pub fn posts(&self) -> Vec<Post> {
        let row = |p: &CasePost| Post {
            artist_id: self.artist_id.clone(),
            platform: p.platform.clone(),
            post_id: p.post_id.clone(),
            published_at: p.published_at,
            likes: p.likes,
            comments: p.comments,
            shares: p.shares,
            saves: p.saves,
            views: p.views,
        };
        self.posts.iter().map(row).collect()
    }
}

pub fn cases() -> Vec<Case> {
    let packed = include_bytes!("../data/golden.json.gz");
    let mut json = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut json).unwrap();
    serde_json::from_str(&json).unwrap()
}

fn close(name: &str, what: &str, got: f64, want: &Value) {
    let want = want.as_f64().unwrap_or_else(|| panic!("{name}: {what}: no number in the case"));
    let bound = (TOLERANCE * want.abs()).max(TOLERANCE_AT_ZERO);
    assert!((got - want).abs() <= bound, "{name}: {what}: {got} instead of {want}");
}

fn check(case: &Case, analysis: &Analysis) {
    let (name, expected) = (case.name.as_str(), &case.expected);
    let components = |got: &[fanpulse_core::scores::ComponentScore], want: &Value| {
        let want = want.as_object().unwrap();
        let names: Vec<&str> = got.iter().map(|c| c.name).collect();
        assert_eq!(names.len(), want.len(), "{name}: components {names:?}");
        for c in got {
            close(name, c.name, c.raw, &want[c.name]["raw"]);
            close(name, c.name, c.score, &want[c.name]["score"]);
        }
    };
    match &analysis.fvs {
        Err(_) => assert!(expected["fvs"].is_null(), "{name}: no fan value"),
        Ok(fvs) => {
            close(name, "fvs", fvs.score, &expected["fvs"]["fvs"]);
            close(name, "fvs coverage", fvs.coverage, &expected["fvs"]["coverage"]);
            components(&fvs.components, &expected["fvs"]["components"]);
        }
    }
    match &analysis.momentum {
        Err(lack) => {
            assert!(expected["momentum"].is_null(), "{name}: no momentum");
            close(name, "have", lack.have, &expected["momentum_reason"]["have"]);
            close(name, "need", lack.need, &expected["momentum_reason"]["need"]);
        }
        Ok(m) => {
            close(name, "momentum", m.index, &expected["momentum"]["momentum"]);
            close(name, "momentum coverage", m.coverage, &expected["momentum"]["coverage"]);
            close(name, "velocity_se", m.velocity_se.unwrap(), &expected["momentum"]["velocity_se"]);
            assert_eq!(m.status.as_str(), expected["momentum"]["status"], "{name}");
            components(&m.components, &expected["momentum"]["components"]);
        }
    }
    match &analysis.breakout {
        Err(_) => assert!(expected["breakout"].is_null(), "{name}: no breakout"),
        Ok(b) => {
            close(name, "breakout", b.probability, &expected["breakout"]["probability"]);
            let level = match b.level {
                Level::Low => "low",
                Level::Medium => "medium",
                Level::High => "high",
            };
            assert_eq!(level, expected["breakout"]["level"], "{name}");
            let met = b.drivers.iter().filter(|d| d.1).count();
            assert_eq!(met as u64, expected["breakout"]["met"].as_u64().unwrap(), "{name}");
        }
    }
    let viral: Vec<usize> = analysis
        .viral_posts
        .iter()
        .map(|v| case.posts.iter().position(|p| p.post_id == v.post_id && p.platform == v.platform).unwrap())
        .collect();
    let want: Vec<usize> = serde_json::from_value(expected["viral_posts"].clone()).unwrap();
    assert_eq!(viral, want, "{name}: viral posts");
}

#[test]
fn one_artist_agrees_with_every_case() {
    let cases = cases();
    assert_eq!(cases.len(), 37);
    for case in &cases {
        check(case, &case.engine().analyze(&case.observations(), &case.posts(), case.as_of).unwrap());
    }
}

#[test]
fn a_live_artist_agrees_with_every_case() {
    for case in cases() {
        let mut artist = case.engine().live(case.artist_id.as_str());
        case.observations().iter().for_each(|o| artist.observe_row(o).unwrap());
        case.posts().iter().for_each(|p| artist.observe_post(p).unwrap());
        check(&case, &artist.analyze(case.as_of).unwrap());
    }
}

#[test]
fn viral_rows_lead_to_the_ids_of_the_posts() {
    let mut found = 0;
    for case in cases() {
        let posts = case.posts();
        let mut data = Dataset::default();
        case.observations().iter().for_each(|o| data.push_observation(o).unwrap());
        posts.iter().for_each(|p| data.push_post(p).unwrap());
        let scores = case.engine().score(&data, case.as_of).unwrap();
        let ids: Vec<&str> = scores.viral_rows(0).map(|spike| posts[spike.position].post_id.as_str()).collect();
        let told: Vec<String> = scores.analysis(0).viral_posts.into_iter().map(|post| post.post_id).collect();
        assert_eq!(ids, told, "{}", case.name);
        found += ids.len();
    }
    assert!(found > 0);
}
