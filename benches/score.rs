//! Columns in memory → all scores. One criterion id per shape, layout and number of threads.

mod shapes;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanpulse_core::Engine;
use mimalloc::MiMalloc;
use rayon::ThreadPoolBuilder;
use shapes::{Order, Shape, as_of};

/// That of the binary `fanpulse`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn batch(c: &mut Criterion) {
    let engine = Engine::default();
    let mut group = c.benchmark_group("score_batch");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for artists in [1_000, 10_000, 100_000] {
        let shape = Shape::new(artists, Order::ComponentThenDay);
        let mixed = Shape::new(artists, Order::DayThenComponent);
        group.throughput(Throughput::Elements(artists as u64));
        for threads in [1, 2] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let id = |layout: &str| BenchmarkId::new(format!("{layout}/threads={threads}"), artists);
            group.bench_function(id("long"), |b| {
                b.iter(|| pool.install(|| engine.score_batch(artists, &shape.observations(), &shape.posts(), as_of()).expect("scores")));
            });
            group.bench_function(id("long-by-day"), |b| {
                b.iter(|| pool.install(|| engine.score_batch(artists, &mixed.observations(), &mixed.posts(), as_of()).expect("scores")));
            });
            group.bench_function(id("grid"), |b| {
                b.iter(|| pool.install(|| engine.score_grid(&shape.grid(), &shape.posts(), as_of()).expect("scores")));
            });
        }
    }
    group.finish();
}

fn one(c: &mut Criterion) {
    let engine = Engine::default();
    let shape = Shape::new(1, Order::ComponentThenDay);
    let mut artist = engine.live("one");
    let ids: Vec<_> = shape.components.iter().map(|c| artist.component(c.clone())).collect();
    for row in 0..shape.value.len() {
        let at = fanpulse_core::Day::try_new(shape.day[row]).expect("a day").into();
        artist.observe(ids[usize::from(shape.component[row])], at, shape.value[row]).expect("a row");
    }
    for p in 0..shape.post_day.len() {
        let count = |i: usize| Some(shape.counts[i][p] as u64);
        let post = fanpulse_core::ingest::Post {
            artist_id: "one".to_owned(),
            platform: "tiktok".to_owned(),
            post_id: p.to_string(),
            published_at: fanpulse_core::Day::try_new(shape.post_day[p]).expect("a day").into(),
            likes: count(0),
            comments: count(1),
            shares: count(2),
            saves: count(3),
            views: count(4),
        };
        artist.observe_post(&post).expect("a post");
    }
    c.bench_function("one_artist/analyze", |b| b.iter(|| artist.analyze(as_of()).expect("an analysis")));

    let mut group = c.benchmark_group("incremental");
    let days = 10_000_u64;
    group.throughput(Throughput::Elements(days));
    group.bench_function("observe", |b| {
        b.iter(|| {
            let mut artist = engine.live("one");
            let id = artist.component(shape.components[0].clone());
            for day in 0..days as i32 {
                let at = fanpulse_core::Day::MIN.plus(day).into();
                artist.observe(id, at, f64::from(day)).expect("a row");
            }
            artist
        });
    });
    group.finish();
}

criterion_group!(benches, batch, one);
criterion_main!(benches);
