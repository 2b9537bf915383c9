use super::wording::WIDTH;
use super::*;
use crate::ingest::{Dataset, Metric, Observation, Post};
use crate::{Day, Engine, Instant};

fn as_of() -> Day {
    Day::from_ymd(2026, 3, 31).unwrap()
}

fn observe(data: &mut Dataset, metric: Metric, days: i32, value: impl Fn(i32) -> f64) {
    for back in 0..days {
        data.push_observation(&Observation {
            artist_id: "low-tide",
            platform: "spotify",
            metric,
            observed_at: Instant::from(as_of().plus(-back)),
            value: value(back),
        })
        .unwrap();
    }
}

fn told(data: &Dataset) -> String {
    let engine = Engine::default();
    let text = explain(&engine.score(data, as_of()).unwrap().analysis(0), engine.settings());
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{} characters: {line}", line.chars().count());
        assert_eq!(line, line.trim_end());
    }
    text
}

fn has(text: &str, parts: &[&str]) {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(flat.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn every_part_of_a_full_analysis_is_told() {
    let mut data = Dataset::default();
    observe(&mut data, Metric::Followers, 70, |back| 50_000.0 * 1.01_f64.powi(-back));
    observe(&mut data, Metric::Streams, 70, |_| 4000.0);
    observe(&mut data, Metric::Saves, 70, |_| 80.0);
    for i in 0_u32..6 {
        data.push_post(&Post {
            artist_id: "low-tide",
            platform: "spotify",
            post_id: format!("p{i}").as_str(),
            published_at: Instant::from(as_of().plus(-3)),
            likes: Some(if i == 5 { 9000 } else { 700 + 10 * u64::from(i) }),
            comments: Some(20),
            shares: None,
            saves: None,
            views: None,
        })
        .unwrap();
    }
    has(
        &told(&data),
        &[
            "low-tide As of 31 March 2026, over the 30 days from 2 March 2026.",
            "MOMENTUM 7.97 of 10, rapid growth",
            "the mean of 25–31 March against that of 18–24 March",
            "velocity +1.00 % a day 8.5 35 % 2.98",
            "consistency 100 % of days above a week earlier 10.0 20 % 2.00",
            "viral potential best post 12.2 × the others' mean 10.0 15 % 1.50",
            "90 % interval",
            "BREAKOUT 80 % likely, high",
            "✗ acceleration 5.0, needs 7: +0.30 % a day on the pace before",
            "✓ velocity 8.5, needs 7: +0.50 % a day",
            "One more sign makes it 90 %, one fewer 50 %.",
            "VIRAL POSTS 1 in the last 90 days",
            "9,020 likes, comments and shares: 12.2 × the mean of the 5 others (740 ± 14;",
            "FAN VALUE",
            "reach 50,000 people",
            "conversion 2 saves/shares/adds per 100 plays 70.0 10 %",
            "Growth sets 2–31 March against 31 January – 1 March.",
            "DATA complete",
        ],
    );
}

#[test]
fn what_is_missing_is_told_with_what_it_needs() {
    let mut data = Dataset::default();
    observe(&mut data, Metric::Streams, 2, |_| 10.0);
    has(
        &told(&data),
        &[
            "MOMENTUM none: too little data",
            "It needs 3 days with an audience figure in each of the last two weeks (18–24 March and 25–31 March); the poorer of the two has 0.",
            "BREAKOUT none: it rests on momentum, which is missing",
            "VIRAL POSTS none in the last 90 days",
            "FAN VALUE none: too little data",
            "weigh 0 % together; 30 % are needed",
            "- 28 of 30 days have no audience figure.",
        ],
    );
}

#[test]
fn neutral_parts_stand_in_the_sum() {
    let mut data = Dataset::default();
    observe(&mut data, Metric::Followers, 11, |_| 1000.0);
    let text = told(&data);
    has(
        &text,
        &[
            "acceleration too little history, counts as neutral 5.0 30 % 1.76",
            "Acceleration needs a third week",
            "Consistency needs 5 days",
        ],
    );
    // What stands under "adds" is what the index is the sum of.
    let sum: f64 = ["1.65", "1.76", "1.18"].iter().map(|x| x.parse::<f64>().unwrap()).sum();
    assert!((sum - 4.59).abs() < 0.011);
    has(&text, &["1.65", "1.18", "4.59"]);
}

#[test]
fn names_cannot_move_the_cursor() {
    let mut data = Dataset::default();
    data.push_observation(&Observation {
        artist_id: "\u{1b}[2Jx\ny",
        platform: "p",
        metric: Metric::Followers,
        observed_at: Instant::from(as_of()),
        value: 1.0,
    })
    .unwrap();
    assert!(told(&data).starts_with("\u{fffd}[2Jx\u{fffd}y\n"));
}

#[test]
fn a_curve_is_read_backwards() {
    let curve = Curve::try_new(&[(0.0, 4.0), (0.1, 5.0), (0.5, 7.0)]).unwrap();
    assert_eq!(reaches(&curve, 6.0).map(|x| (x * 1e9).round()), Some(0.3e9));
    assert_eq!(reaches(&curve, 4.0), None);
    assert_eq!(reaches(&curve, 8.0), None);
}
