//! Series → spikes, as a batch and reading by reading. One criterion id per step of the series.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanpulse_core::spikes::{Reading, SeasonalRobust, Series};
use fanpulse_core::{Day, Instant};

#[expect(dead_code, reason = "the other benches' shapes")]
mod shapes;

use shapes::Random;

/// Name, seconds per step and readings per day.
const STEPS: [(&str, i64, f64); 3] = [("daily", 86_400, 1.0), ("hourly", 3_600, 24.0), ("5-minutes", 300, 288.0)];
const READINGS: usize = 20_000;

/// Noise about a weekly and a daily course, with a spike now and then and some readings missing.
fn values(per_day: f64) -> Vec<f64> {
    let mut random = Random(3);
    let one = |i: usize| {
        let day = i as f64 / per_day;
        let course = 1.0
            + 0.2 * (day * std::f64::consts::TAU / 7.0).sin()
            + 0.5 * (day * std::f64::consts::TAU).sin() * f64::from(u8::from(per_day > 1.0));
        let spike = if i % 1_999 < 3 { 6.0 } else { 1.0 };
        let value = 1_000.0 * course * spike * (0.8 + 0.4 * random.next());
        if random.next() < 0.01 { f64::NAN } else { value.round() }
    };
    (0..READINGS).map(one).collect()
}

fn spikes(c: &mut Criterion) {
    let start = Instant::from(Day::from_ymd(2026, 1, 1).expect("a day"));
    let mut group = c.benchmark_group("spikes");
    group.sample_size(20).measurement_time(Duration::from_secs(3)).throughput(Throughput::Elements(READINGS as u64));
    let detector = SeasonalRobust::default();
    for (name, seconds, per_day) in STEPS {
        let (values, step) = (values(per_day), seconds * 1_000_000);
        group.bench_function(BenchmarkId::new("report", name), |b| {
            b.iter(|| detector.report(&Series::new(start, step, &values)).expect("a report"));
        });
        group.bench_function(BenchmarkId::new("stream", name), |b| {
            b.iter(|| {
                let mut stream = detector.stream(start, step).expect("a stream");
                values.iter().map(|&v| u64::from(stream.push(Reading::new(v)).expect("a verdict").z.is_some())).sum::<u64>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, spikes);
criterion_main!(benches);
