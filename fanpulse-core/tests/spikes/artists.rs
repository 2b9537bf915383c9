//! Spikes in the series of an artist's rows: what is judged, and what never counts.

use fanpulse_core::error::Location;
use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::report::ViralSeries;
use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Engine, Instant};

fn as_of() -> Day {
    Day::from_ymd(2026, 3, 31).unwrap()
}

/// Noise of some per cent that repeats on no weekday.
fn usual(back: i32) -> f64 {
    9_000.0 + f64::from(back * 7919 % 1001)
}

fn push(data: &mut Dataset, artist: &str, platform: &str, metric: Metric, back: i32, value: f64) {
    let observed_at = Instant::from(as_of().plus(-back));
    data.push_observation(&Observation { artist_id: artist, platform, metric, observed_at, value }).unwrap();
}

/// Some 200 days of a flow.
fn flow(data: &mut Dataset, artist: &str, platform: &str, metric: Metric, value: impl Fn(i32) -> Option<f64>) {
    for back in 0..200 {
        if let Some(value) = value(back) {
            push(data, artist, platform, metric, back, value);
        }
    }
}

fn spikes(data: &Dataset, as_of: Day) -> Vec<Vec<ViralSeries>> {
    let artists: Vec<usize> = (0..data.artists.len()).collect();
    Engine::default().series_spikes(&data.observations(), &artists, as_of).unwrap()
}

#[test]
fn a_spike_is_found_with_its_evidence_and_only_within_the_window() {
    let mut data = Dataset::default();
    let tripled = |back: i32| Some(if (5..=7).contains(&back) || back == 60 { 3.0 * usual(back) } else { usual(back) });
    flow(&mut data, "a", "spotify", Metric::Streams, tripled);
    flow(&mut data, "b", "spotify", Metric::Streams, |back| Some(usual(back)));
    let found = spikes(&data, as_of());
    assert_eq!((found[0].len(), found[1].len()), (1, 0), "{found:?}");
    let spike = &found[0][0];
    assert_eq!((spike.platform.as_str(), spike.metric), ("spotify", Metric::Streams));
    assert_eq!((spike.start, spike.end), (as_of().plus(-7), Some(as_of().plus(-5))));
    assert!((as_of().plus(-7)..=as_of().plus(-5)).contains(&spike.peak));
    assert!((spike.lift.unwrap() - 3.0).abs() < 0.3 && spike.z > spike.threshold, "{spike:?}");
    assert_eq!(spike.evidence.first().map(|e| e.day), Some(spike.start));
    // Each day as it stood then: before the spike there is none, in the middle it goes on.
    assert!(spikes(&data, as_of().plus(-8))[0].is_empty());
    assert_eq!(spikes(&data, as_of().plus(-6))[0][0].end, None);
    // The window of 60 days ago has the earlier one.
    assert_eq!(spikes(&data, as_of().plus(-50))[0][0].peak, as_of().plus(-60));
}

#[test]
fn neither_the_order_of_rows_nor_that_of_artists_matters() {
    let mut data = Dataset::default();
    for artist in ["a", "b", "c"] {
        flow(&mut data, artist, "spotify", Metric::Streams, |back| Some(if back == 3 { 4.0 } else { 1.0 } * usual(back)));
        flow(&mut data, artist, "tiktok", Metric::Likes, |back| Some(if back == 9 { 4.0 } else { 1.0 } * usual(back)));
    }
    let mut turned = Dataset::default();
    for i in (0..data.observations.len()).rev() {
        let (t, c) = (&data.observations, &data.components[usize::from(data.observations.component[i])]);
        let row = Observation {
            artist_id: data.artists.get(t.artist[i]).unwrap(),
            platform: &c.platform,
            metric: c.metric,
            observed_at: Instant::try_new(t.at[i]).unwrap(),
            value: t.value[i],
        };
        turned.push_observation(&row).unwrap();
        // Once more changes nothing.
        turned.push_observation(&row).unwrap();
    }
    let expected = spikes(&data, as_of());
    assert!(expected.iter().all(|s| s.len() == 2 && s[0].metric == Metric::Likes && s[0].start < s[1].start), "{expected:?}");
    let mut found = spikes(&turned, as_of());
    found.reverse();
    assert_eq!(found, expected);
    let some = Engine::default().series_spikes(&data.observations(), &[2, 0], as_of()).unwrap();
    assert_eq!(some, [expected[2].clone(), expected[0].clone()]);
}

#[test]
fn counters_are_differenced_and_rounded_ones_do_not_spike() {
    let mut data = Dataset::default();
    let total = |back: i32| (back..200).map(|b| if b == 4 { 5.0 * usual(b) } else { usual(b) }).sum::<f64>();
    flow(&mut data, "exact", "youtube", Metric::TotalViews, |back| Some(5e6 + total(back).round()));
    // Three figures: ten thousand at a time, so that days of nothing and jumps take turns.
    let quiet = |back: i32| 1_230_000.0 + f64::from(200 - back) * 900.0;
    flow(&mut data, "rounded", "youtube", Metric::TotalViews, |back| Some((quiet(back) / 1e4).floor() * 1e4));
    let found = spikes(&data, as_of());
    assert_eq!((found[0].len(), found[0][0].peak), (1, as_of().plus(-4)), "{found:?}");
    assert!((found[0][0].lift.unwrap() - 5.0).abs() < 0.5);
    assert!(found[1].is_empty(), "{:?}", found[1]);
}

#[test]
fn filled_days_missing_days_and_resets_are_no_spikes() {
    let mut data = Dataset::default();
    // The counter is silent for a week and comes back with all of it; then it falls, which is a reset.
    let total = |back: i32| (back..200).map(usual).sum::<f64>().round();
    flow(&mut data, "gap", "youtube", Metric::TotalViews, |back| (!(3..10).contains(&back)).then(|| 5e6 + total(back)));
    flow(&mut data, "reset", "youtube", Metric::TotalViews, |back| Some(if back < 5 { total(back) } else { 5e6 + total(back) }));
    flow(&mut data, "missing", "spotify", Metric::Streams, |back| (back % 9 != 0).then(|| usual(back)));
    // A level may jump: it is no flow.
    flow(&mut data, "level", "spotify", Metric::Followers, |back| Some(if back < 5 { 9e5 } else { 1e5 }));
    let found = spikes(&data, as_of());
    assert!(found.iter().all(Vec::is_empty), "{found:?}");
}

#[test]
fn reported_streams_win_over_their_counter() {
    let mut data = Dataset::default();
    let high = |back: i32| if back == 6 { 4.0 * usual(back) } else { usual(back) };
    flow(&mut data, "both", "spotify", Metric::Streams, |back| Some(high(back)));
    flow(&mut data, "both", "spotify", Metric::TotalStreams, |back| Some((back..200).map(high).sum::<f64>().round()));
    flow(&mut data, "counter", "spotify", Metric::TotalStreams, |back| Some((back..200).map(high).sum::<f64>().round()));
    let found = spikes(&data, as_of());
    assert_eq!(found[0].iter().map(|s| s.metric).collect::<Vec<_>>(), [Metric::Streams]);
    assert_eq!(found[1].iter().map(|s| s.metric).collect::<Vec<_>>(), [Metric::TotalStreams]);
}

#[test]
fn how_high_a_spike_must_be_is_a_setting() {
    let mut data = Dataset::default();
    flow(&mut data, "a", "spotify", Metric::Streams, |back| Some(if back == 6 { 1.3 } else { 1.0 } * usual(back)));
    assert!(spikes(&data, as_of())[0].is_empty());
    let mut settings = Settings::default();
    settings.viral.min_lift = 1.0;
    let engine = Engine::builder().settings(settings).build().unwrap();
    let found = engine.series_spikes(&data.observations(), &[0], as_of()).unwrap();
    assert!(found[0].iter().any(|s| s.peak == as_of().plus(-6)), "{found:?}");
}

#[test]
fn odd_input_is_an_error_or_nothing_but_never_a_panic() {
    let mut data = Dataset::default();
    push(&mut data, "once", "spotify", Metric::Streams, 0, 5.0);
    flow(&mut data, "huge", "spotify", Metric::Streams, |back| Some(if back == 3 { f64::MAX } else { usual(back) }));
    flow(&mut data, "zero", "spotify", Metric::Streams, |_| Some(0.0));
    push(&mut data, "old", "spotify", Metric::Streams, 20_000, 5.0);
    assert!(spikes(&data, as_of()).iter().all(Vec::is_empty));
    assert!(Engine::default().series_spikes(&data.observations(), &[77], as_of()).unwrap()[0].is_empty());
    let mut columns = data.observations();
    let codes = [&data.observations.component[1..], &[9]].concat();
    columns.component = &codes;
    let error = Engine::default().series_spikes(&columns, &[0], as_of()).unwrap_err();
    assert_eq!(error.location(), Some(Location::Observation(codes.len() - 1)));
    columns.component = &codes[1..];
    assert!(Engine::default().series_spikes(&columns, &[0], as_of()).is_err());
}
