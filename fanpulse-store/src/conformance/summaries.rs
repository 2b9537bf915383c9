//! Of [`SummaryStore`].

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use fanpulse_core::ingest::{Dataset, Metric, MetricKind, Observation};
use fanpulse_core::{Day, Instant};

use crate::{AsOf, Filter, ObservationStore, PageRequest, Period, Summary, SummaryFilter, SummaryStore};

/// Checks an adapter of [`SummaryStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn summaries<S: ObservationStore + SummaryStore>(open: impl AsyncFn() -> S) {
    a_week_in_a_few_figures(&open().await).await;
    summaries_are_filtered(&open().await).await;
    months_that_were_given_up_are_gone(&open().await).await;
    for seed in 1..=3 {
        whatever_comes_summaries_are_as_made_from_scratch(&open().await, seed).await;
    }
}

fn row(artist: &str, platform: &str, metric: Metric, at: Instant, value: f64) -> Observation {
    Observation { artist_id: artist.to_owned(), platform: platform.to_owned(), metric, observed_at: at, value }
}

fn table(rows: &[Observation]) -> Dataset {
    let mut data = Dataset::default();
    rows.iter().for_each(|row| data.push_observation(row).expect("a row"));
    data
}

fn on(year: i32, month: u32, day: u32) -> Day {
    Day::from_ymd(year, month, day).expect("a day")
}

fn late() -> Instant {
    Instant::from(on(2030, 1, 1))
}

async fn all(store: &impl SummaryStore, artist: &str, period: Period) -> Vec<Summary> {
    store.summaries(&SummaryFilter::of(artist, period)).await.expect("summaries")
}

async fn a_week_in_a_few_figures<S: ObservationStore + SummaryStore>(store: &S) {
    let at = |time: &str| time.parse::<Instant>().expect("a time");
    // 2026-03-29 is a Sunday.
    let rows = [
        row("a", "spotify", Metric::Streams, at("2026-03-30T00:00:00Z"), 5.5),
        row("a", "spotify", Metric::Streams, at("2026-04-05T23:59:59.999999Z"), 2.25),
        row("a", "spotify", Metric::Streams, at("2026-03-29T23:59:59.999999Z"), 100.0),
        row("a", "spotify", Metric::Streams, at("2026-03-31T12:00:00Z"), 7.0),
        row("a", "spotify", Metric::Followers, at("2026-03-30"), 10.0),
        row("b", "spotify", Metric::Streams, at("2026-03-30"), 1.0),
    ];
    store.append(&"api".into(), late(), &table(&rows)).await.expect("rows");
    let streams = |start, count, first, last, min, max, sum| Summary {
        platform: "spotify".to_owned(),
        metric: Metric::Streams,
        start,
        count,
        first,
        last,
        min,
        max,
        sum: Some(sum),
    };
    let followers = |start| Summary { metric: Metric::Followers, sum: None, ..streams(start, 1, 10.0, 10.0, 10.0, 10.0, 0.0) };
    let weeks = [
        followers(on(2026, 3, 30)),
        streams(on(2026, 3, 23), 1, 100.0, 100.0, 100.0, 100.0, 100.0),
        streams(on(2026, 3, 30), 3, 5.5, 2.25, 2.25, 7.0, 14.75),
    ];
    assert_eq!(all(store, "a", Period::Week).await, weeks);
    let months = [
        followers(on(2026, 3, 1)),
        streams(on(2026, 3, 1), 3, 100.0, 7.0, 5.5, 100.0, 112.5),
        streams(on(2026, 4, 1), 1, 2.25, 2.25, 2.25, 2.25, 2.25),
    ];
    assert_eq!(all(store, "a", Period::Month).await, months);
    assert_eq!(all(store, "nobody", Period::Month).await, []);
    // A correction replaces the figure that it corrects.
    store.append(&"file".into(), late(), &table(&[Observation { value: 1.5, ..rows[3].clone() }])).await.expect("rows");
    assert_eq!(all(store, "a", Period::Week).await[2], streams(on(2026, 3, 30), 3, 5.5, 2.25, 1.5, 5.5, 9.25));
    assert_eq!(all(store, "a", Period::Month).await[1], streams(on(2026, 3, 1), 3, 100.0, 1.5, 1.5, 100.0, 107.0));
}

async fn summaries_are_filtered<S: ObservationStore + SummaryStore>(store: &S) {
    let mut rows = Vec::new();
    for day in 0..90 {
        for (platform, metric) in [("spotify", Metric::Streams), ("spotify", Metric::Followers), ("youtube", Metric::Subscribers)] {
            rows.push(row("a", platform, metric, Instant::from(on(2026, 1, 1).plus(day)), f64::from(day)));
        }
    }
    store.append(&"api".into(), late(), &table(&rows)).await.expect("rows");
    let of = SummaryFilter::of("a", Period::Month);
    let cases = [
        (of.clone(), 9),
        (SummaryFilter { platform: Some("spotify".to_owned()), ..of.clone() }, 6),
        (SummaryFilter { metric: Some(Metric::Subscribers), from: Some(on(2026, 1, 2)), ..of.clone() }, 2),
        (SummaryFilter { until: Some(on(2026, 2, 1)), ..of.clone() }, 6),
        (SummaryFilter { metric: Some(Metric::Likes), ..of }, 0),
    ];
    for (filter, count) in cases {
        let found = store.summaries(&filter).await.expect("summaries");
        assert_eq!(found.len(), count, "{filter:?}");
        assert!(found.is_sorted_by_key(|s| (s.platform.clone(), s.metric.as_str(), s.start)));
    }
}

/// What the observations that hold say, in the plainest way.
async fn from_scratch(store: &impl ObservationStore, artist: &str, period: Period) -> Vec<Summary> {
    let filter = Filter { artist_id: Some(artist.to_owned()), ..Filter::default() };
    let as_of = AsOf { valid: late(), recorded: late() };
    let known = store.series(&filter, as_of, &PageRequest::first(NonZeroUsize::MAX)).await.expect("statements").items;
    let mut values: BTreeMap<(String, &str, Day), (Metric, Vec<f64>)> = BTreeMap::new();
    for statement in known {
        let o = statement.observation;
        let mut start = o.observed_at.day();
        while match period {
            Period::Week => start.date().format("%u").to_string() != "1",
            Period::Month => start.date().format("%d").to_string() != "01",
        } {
            start = start.plus(-1);
        }
        values.entry((o.platform, o.metric.as_str(), start)).or_insert((o.metric, Vec::new())).1.push(o.value);
    }
    let summary = |((platform, _, start), (metric, values)): ((String, &str, Day), (Metric, Vec<f64>))| Summary {
        platform,
        metric,
        start,
        count: values.len() as u64,
        first: values[0],
        last: values[values.len() - 1],
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(0.0, f64::max),
        sum: (metric.kind() == MetricKind::Flow).then(|| values.iter().sum()),
    };
    values.into_iter().map(summary).collect()
}

async fn months_that_were_given_up_are_gone<S: ObservationStore + SummaryStore>(store: &S) {
    let rows: Vec<Observation> =
        (0..120).map(|day| row("a", "spotify", Metric::Streams, Instant::from(on(2025, 11, 3).plus(day)), f64::from(day))).collect();
    store.append(&"api".into(), late(), &table(&rows)).await.expect("rows");
    assert_eq!(all(store, "a", Period::Month).await.len(), 5);
    store.forget(on(2026, 1, 20)).await.expect("months are given up");
    for period in [Period::Week, Period::Month] {
        let left = all(store, "a", period).await;
        assert_eq!(left, from_scratch(store, "a", period).await);
        // The week that reached into January has the days of January left.
        assert_eq!(left[0].count, if period == Period::Week { 4 } else { 31 });
    }
}

/// Appends rows in any order, by sources that contradict each other, and compares with what the observations say.
async fn whatever_comes_summaries_are_as_made_from_scratch<S: ObservationStore + SummaryStore>(store: &S, seed: u64) {
    let mut random = seed;
    let mut below = |n: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((random >> 33) % n).expect("small")
    };
    let components =
        [("spotify", Metric::Followers), ("spotify", Metric::Streams), ("youtube", Metric::TotalViews), ("youtube", Metric::Subscribers)];
    for round in 0..40 {
        let mut rows = BTreeMap::new();
        for _ in 0..1 + below(40) {
            let (platform, metric) = components[below(4).unsigned_abs() as usize];
            let at = Instant::from(on(2025, 12, 1).plus(below(95))).micros() + i64::from(below(3)) * 28_800_000_000;
            let at = Instant::try_new(at).expect("a time");
            // 70 artists are more than one block holds.
            let artist = format!("artist {}", below(70) % (1 + below(70)));
            rows.insert((artist.clone(), platform, metric, at), row(&artist, platform, metric, at, f64::from(below(1000)) / 4.0));
        }
        let rows: Vec<Observation> = rows.into_values().collect();
        let source = ["api", "export", "label"][below(3).unsigned_abs() as usize];
        let recorded = Instant::from(on(2026, 4, 1).plus(round));
        store.append(&source.into(), recorded, &table(&rows)).await.expect("rows");
        if below(4) == 0 {
            store.refresh_summaries(2).await.expect("a refresh");
        }
        if round % 8 == 7 {
            for number in [0, 1, 2, 3, 65, 69] {
                let artist = format!("artist {number}");
                for period in [Period::Week, Period::Month] {
                    let expected = from_scratch(store, &artist, period).await;
                    assert_eq!(all(store, &artist, period).await, expected, "seed {seed}, round {round}, {artist}");
                }
            }
        }
    }
    while store.refresh_summaries(5).await.expect("a refresh") > 0 {}
    for number in 0..70 {
        let artist = format!("artist {number}");
        assert_eq!(all(store, &artist, Period::Week).await, from_scratch(store, &artist, Period::Week).await, "seed {seed}");
    }
}
