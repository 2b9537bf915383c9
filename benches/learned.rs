//! Labelled examples → model, and features → predictions. One criterion id per shape.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanpulse_core::Day;
use fanpulse_core::learned::series::{DailySeries, growth_examples};
use fanpulse_core::learned::{Example, Feature, Slices, Task, TrainingSet, train};
use fanpulse_core::settings::{CalibrationMethod, GrowthSettings, LearnedSettings};

#[expect(dead_code, reason = "the other benches' shapes")]
mod shapes;

use shapes::Random;

const FEATURES: usize = 20;

/// Examples a few an hour over a year, of whose features every second one counts.
fn examples(n: usize) -> (TrainingSet, Slices) {
    let mut random = Random(5);
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a day");
    let day = |share: f64| first + TimeDelta::days((365.0 * share) as i64);
    let row = |i: usize| {
        let features: Vec<f64> = (0..FEATURES).map(|_| 2.0 * random.next() - 1.0).collect();
        let signal: f64 = features.iter().step_by(2).sum::<f64>() - 1.0;
        let date = day(i as f64 / n as f64);
        let label = random.next() < 1.0 / (1.0 + (-2.0 * signal).exp());
        Example { id: i.to_string(), date, known: date, label, features, rankings: vec![] }
    };
    let names = (0..FEATURES).map(|i| Feature::new(format!("x{i}"), "made up", "made up")).collect();
    let set = TrainingSet::new(Task::default(), names, vec![], (0..n).map(row).collect()).expect("a set");
    (set, Slices { train_from: None, calibrate_from: day(0.6), test_from: day(0.8), test_until: None })
}

fn learned(c: &mut Criterion) {
    let mut group = c.benchmark_group("learned");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for n in [5_000, 100_000] {
        let (set, slices) = examples(n);
        let plain =
            LearnedSettings { ridge: Some(0.01), calibration: CalibrationMethod::Identity, resamples: 0, ..LearnedSettings::default() };
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("fit", n), |b| b.iter(|| train(&set, &slices, &plain).expect("a model")));
        if n == 5_000 {
            // With the choice of the penalty, the calibration and 1,000 resamples behind each interval.
            group.bench_function(BenchmarkId::new("train", n), |b| {
                b.iter(|| train(&set, &slices, &LearnedSettings::default()).expect("a model"));
            });
        }
        let model = train(&set, &slices, &plain).expect("a model");
        let all: Vec<&Example> = set.examples().iter().collect();
        group.bench_function(BenchmarkId::new("predict", n), |b| b.iter(|| model.probabilities(&set, &all).expect("probabilities")));
    }
    let mut random = Random(9);
    let start = Day::from_ymd(2025, 1, 1).expect("a day");
    let one = |i: usize| DailySeries { id: i.to_string(), start, values: (0..365).map(|_| 1e4 * (0.9 + 0.2 * random.next())).collect() };
    let series: Vec<DailySeries> = (0..200).map(one).collect();
    let made = growth_examples(&series, &GrowthSettings::default()).expect("examples").examples().len();
    group.throughput(Throughput::Elements(made as u64));
    group.bench_function(BenchmarkId::new("daily-features", made), |b| {
        b.iter(|| growth_examples(&series, &GrowthSettings::default()).expect("examples"));
    });
    group.finish();
}

criterion_group!(benches, learned);
criterion_main!(benches);
