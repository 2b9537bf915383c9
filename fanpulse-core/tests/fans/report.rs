//! What an analysis says of the fans: the form in which it is written, and its words.

use fanpulse_core::fans::{FanSegment, KMeansSegments};
use fanpulse_core::ingest::{Dataset, FanEvent, FanEventKind, Metric, Observation};
use fanpulse_core::report::{FanReport, explain};
use fanpulse_core::settings::FanSettings;
use fanpulse_core::{Engine, Instant};
use serde_json::Value;

use crate::events::{Events, as_of, two_artists};

/// The same events under names.
fn dataset(events: &Events, currency: Option<&str>) -> Dataset {
    let mut data = Dataset::default();
    let some = |x: f64| (!x.is_nan()).then_some(x);
    for i in 0..events.artist.len() {
        let amount = some(events.amount[i]);
        data.push_fan_event(&FanEvent {
            artist_id: format!("artist-{}", events.artist[i]),
            fan_id: format!("fan-{}", events.fan[i]),
            occurred_at: Instant::from(fanpulse_core::Day::try_new(events.day[i]).unwrap()),
            kind: FanEventKind::ALL[usize::from(events.kind[i])],
            count: Some(events.count[i]),
            amount,
            seconds: some(events.seconds[i]),
            currency: amount.and(currency.map(str::to_owned)),
        })
        .unwrap();
    }
    data
}

#[test]
fn the_whole_is_the_sum_of_its_parts() {
    let data = dataset(&two_artists(), Some("eur"));
    let report = FanReport::of(&data, as_of(), &FanSettings::default()).unwrap();
    for artist in 0..2 {
        let of = report.superfans(artist, &data.fans).unwrap();
        let sum = |counts: &[(&str, usize)]| counts.iter().map(|c| c.1).sum::<usize>();
        assert_eq!((sum(&of.tiers.0), sum(&of.segments.0)), (of.fans, of.fans));
        assert_eq!(of.superfans, of.fans - of.tiers.of("bronze"));
        assert!(of.superfan_share > 0.0 && of.superfan_share <= 0.16);
        assert_eq!(of.currency.as_deref(), Some("EUR"));
        // The churn list is whole, the list of the best says where it ends.
        assert_eq!(of.churn.fans.len(), of.segments.of("at_risk"));
        assert!(of.churn.fans.iter().all(|f| f.fan.segment == FanSegment::AtRisk && f.fan.engagement_at_last >= 6.0));
        assert!((of.churn.fans.iter().map(|f| f.value_lost).sum::<f64>() - of.churn.value_lost).abs() < 1e-9);
        assert_eq!(of.best.fans.len(), of.best.limit.min(of.fans));
        assert!(of.best.fans.is_sorted_by(|a, b| a.engagement >= b.engagement));
        let best = report.scores().fans.iter().zip(report.table().rows());
        let best = best.filter(|(_, row)| row.artist as usize == artist).map(|(s, _)| s.engagement).fold(0.0, f64::max);
        assert_eq!(of.best.fans[0].engagement, best);
        assert_eq!(of.months.last().unwrap().fans as usize, of.fans);
    }
    let lack = report.superfans(2, &data.fans).unwrap_err();
    assert_eq!((lack.have, lack.need), (0.0, 1.0));
}

#[test]
fn the_json_has_every_part_under_its_name() {
    let data = dataset(&two_artists(), None);
    let fans = FanReport::of(&data, as_of(), &FanSettings::default()).unwrap();
    let json = |report: &FanReport| serde_json::to_value(report.superfans(0, &data.fans).unwrap()).unwrap();
    let plain = json(&fans);
    for pointer in [
        "/window_days",
        "/fans",
        "/active_fans",
        "/superfan_share",
        "/tiers/platinum",
        "/segments/need_nurturing",
        "/at_risk_share",
        "/fan_value/held_by_top/1/value",
        "/spend/total",
        "/expected_value/mean",
        "/months/0/month",
        "/best/limit",
        "/best/fans/0/fan_id",
        "/best/fans/0/forecast/p_alive",
        "/churn/value_lost",
        "/churn/fans/0/fan_id",
        "/churn/fans/0/value_lost",
        "/activity/parameters/alpha",
        "/amounts/status",
    ] {
        assert!(plain.pointer(pointer).is_some_and(|v| !v.is_null()), "{pointer} in {plain}");
    }
    assert_eq!((&plain["currency"], &plain["churn"]["unit"], plain.get("clusters")), (&Value::Null, &Value::from("money"), None));
    let clustered = json(&fans.clone().with_clusters(KMeansSegments::elbow(1)).unwrap());
    let clusters = clustered["clusters"].as_array().unwrap();
    let total: u64 = clusters.iter().map(|c| c["fans"].as_u64().unwrap()).sum();
    assert_eq!(total, clustered["fans"].as_u64().unwrap());
    let named = clustered["best"]["fans"][0]["cluster"].as_str().unwrap();
    assert!(clusters.iter().any(|c| c["name"] == named), "{named}");
}

#[test]
fn too_few_fans_for_clusters_say_so() {
    let mut events = Events::default();
    (0..4).for_each(|fan| events.push(0, fan, as_of().days() - 1, FanEventKind::Like));
    let data = dataset(&events, None);
    let fans = FanReport::of(&data, as_of(), &FanSettings::default()).unwrap().with_clusters(KMeansSegments::elbow(1)).unwrap();
    let json = serde_json::to_value(fans.superfans(0, &data.fans).unwrap()).unwrap();
    assert_eq!(json["clusters"], Value::Null);
    assert_eq!(json["clusters_reason"], serde_json::json!({"kind": "insufficient_data", "have": 4, "need": 10}));
    assert_eq!(json["activity"]["status_reason"], "4 customers where 10 are needed");
}

#[test]
fn the_whole_analysis_has_fans_and_spikes_and_tells_them() {
    let mut data = dataset(&two_artists(), Some("EUR"));
    for back in 0..200 {
        let usual = 9_000.0 + f64::from(back * 7919 % 1001);
        data.push_observation(&Observation {
            artist_id: "artist-0",
            platform: "spotify",
            metric: Metric::Streams,
            observed_at: Instant::from(as_of().plus(-back)),
            value: if back == 5 { 3.0 * usual } else { usual },
        })
        .unwrap();
    }
    let engine = Engine::default();
    let analyses = engine.analyses(&data, as_of()).unwrap();
    let json = serde_json::to_value(&analyses).unwrap();
    assert_eq!(json[0]["viral"]["series"][0]["peak"], as_of().plus(-5).to_string());
    assert_eq!(json[0]["viral"]["series"][0]["metric"], "streams");
    assert_eq!(json[1]["viral"]["series"], serde_json::json!([]));
    assert_eq!(json[1]["superfans"]["fans"], 500);
    let text = explain(&analyses[0], engine.settings());
    for part in ["SPIKES  1", "spotify streams", "SUPERFANS  ", "platinum (top 1 %)", "at risk", "New fans:", "EUR", "BG/NBD"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80 && line == line.trim_end()), "{text}");
    // Scores of the batch have not looked, and say neither that there are none nor why.
    let batch = serde_json::to_value(engine.score(&data, as_of()).unwrap().analysis(0)).unwrap();
    assert_eq!((&batch["viral"]["series"], &batch["superfans"], batch.get("superfans_reason")), (&Value::Null, &Value::Null, None));
}

#[test]
fn threads_change_nothing_of_the_whole() {
    let data = dataset(&two_artists(), None);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| serde_json::to_string(&Engine::default().analyses(&data, as_of()).unwrap()).unwrap())
    };
    assert_eq!(run(1), run(3));
}
