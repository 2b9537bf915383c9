//! Fan events → table → scores, and the models behind them. One criterion id per shape and number of threads.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanpulse_core::Day;
use fanpulse_core::fans::{EngagementTiers, FanEventColumns, FanTable, History, KMeansSegments, fit_activity};
use fanpulse_core::settings::{DropoutModel, FanSettings};
use rayon::ThreadPoolBuilder;

#[expect(dead_code, reason = "the other benches' shapes")]
mod shapes;

use shapes::Random;

/// Fans, artists and events; the events lie in the order of time, so that the fans are mixed.
const SHAPES: [(u32, u32, usize); 5] = [
    (100_000, 1, 1_000_000),
    (100_000, 1_000, 1_000_000),
    (1_000_000, 1_000, 10_000_000),
    (5_000_000, 1, 20_000_000),
    (5_000_000, 1_000, 20_000_000),
];
/// From so many fans on, only what is done with the table is measured, and only by `cargo bench`.
const SEGMENTS_ONLY: u32 = 5_000_000;
const DAYS: usize = 365;

struct Events {
    artist: Vec<u32>,
    fan: Vec<u32>,
    day: Vec<i32>,
    kind: Vec<u8>,
    amount: Vec<f64>,
}

impl Events {
    /// Most fans do little and some do a lot; one event in ten is a purchase.
    fn new(fans: u32, artists: u32, rows: usize, last: Day) -> Self {
        let mut random = Random(7);
        let mut e = Self { artist: vec![], fan: vec![], day: vec![], kind: vec![], amount: vec![] };
        for i in 0..rows {
            let fan = (f64::from(fans) * random.next().powi(3)) as u32;
            let kind = (10.0 * random.next()) as u8;
            e.artist.push(fan % artists);
            e.fan.push(fan);
            e.day.push(last.days() - (DAYS - 1 - i * DAYS / rows) as i32);
            e.kind.push(if kind == 9 { 6 } else { kind.min(5) });
            e.amount.push(if kind == 9 { (5.0 + 40.0 * random.next()).round() } else { f64::NAN });
        }
        e
    }

    fn columns(&self) -> FanEventColumns<'_> {
        let Self { artist, fan, day, kind, amount } = self;
        FanEventColumns { artist, fan, day, kind, amount: Some(amount), ..FanEventColumns::EMPTY }
    }
}

fn tables(c: &mut Criterion) {
    let last = Day::from_ymd(2026, 2, 28).expect("a day");
    let settings = FanSettings::default();
    let tiers = EngagementTiers::try_new(settings.clone()).expect("settings");
    let mut group = c.benchmark_group("fans");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    // Without `--bench` every path is run once, on the smaller shapes.
    let full = std::env::args().any(|a| a == "--bench");
    for (fans, artists, rows) in SHAPES.into_iter().filter(|shape| full || shape.0 < SEGMENTS_ONLY) {
        let events = Events::new(fans, artists, rows, last);
        for threads in [1, 2] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let table = || pool.install(|| FanTable::from_events(&events.columns(), last, &settings).expect("a table"));
            let id = |what: &str| BenchmarkId::new(format!("{what}/artists={artists}/threads={threads}"), fans);
            group.throughput(Throughput::Elements(rows as u64));
            if fans < SEGMENTS_ONLY {
                group.bench_function(id("events-to-table"), |b| b.iter(table));
            }
            let table = table();
            group.throughput(Throughput::Elements(table.len() as u64));
            group.bench_function(id("table-to-segments"), |b| b.iter(|| pool.install(|| tiers.score(&table).expect("scores"))));
            if artists > 1 || fans >= SEGMENTS_ONLY {
                continue;
            }
            group.bench_function(id("kmeans-5"), |b| {
                let features: Vec<[f64; 3]> =
                    table.rows().iter().map(|r| [f64::from(last.days() - r.last_day.days()), f64::from(r.active_days), r.spend]).collect();
                let segmenter = KMeansSegments::with_clusters(5, 1).expect("five clusters");
                b.iter(|| pool.install(|| segmenter.cluster(&features).expect("clusters")));
            });
        }
    }
    group.finish();
}

/// Histories of which a quarter came back, in weeks.
fn histories(n: usize) -> Vec<History> {
    let mut random = Random(11);
    let mut one = || {
        let age = 27.0 + (12.0 * random.next()).floor();
        let frequency = (6.0 * random.next().powi(5)).round() as u32;
        let recency = if frequency == 0 { 0.0 } else { ((0.2 + 0.8 * random.next()) * age).floor() };
        History::try_new(frequency, recency, age).expect("a history")
    };
    (0..n).map(|_| one()).collect()
}

fn models(c: &mut Criterion) {
    let mut group = c.benchmark_group("btyd");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for fans in [2_357, 1_000_000] {
        let histories = histories(fans);
        group.throughput(Throughput::Elements(fans as u64));
        group.bench_function(BenchmarkId::new("fit-bg-nbd", fans), |b| {
            b.iter(|| fit_activity(&histories, DropoutModel::BgNbd, 200).expect("a fit"));
        });
        let fit = fit_activity(&histories, DropoutModel::BgNbd, 200).expect("a fit");
        let p = fit.parameters.expect("parameters");
        group.bench_function(BenchmarkId::new("alive-and-expected", fans), |b| {
            b.iter(|| histories.iter().map(|h| p.p_alive(h) + p.expected_repeats(h, 13.0)).sum::<f64>());
        });
    }
    group.finish();
}

criterion_group!(benches, tables, models);
criterion_main!(benches);
