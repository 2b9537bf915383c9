//! Momentum and fan value once more, in the plainest code, straight from `scoring.md`.

use fanpulse_core::Engine;
use fanpulse_core::ingest::{Metric, Observation, Post};
use fanpulse_core::scores::ComponentScore;

use crate::properties::{Rng, as_of};

const W: usize = 30;
const VELOCITY: &[(f64, f64)] = &[(-3.0, 0.0), (-0.3, 2.0), (0.0, 4.0), (0.1, 5.0), (0.5, 7.0), (1.0, 8.5), (3.0, 10.0)];
const ACCELERATION: &[(f64, f64)] = &[(-2.0, 0.0), (-0.5, 2.0), (-0.1, 4.0), (0.0, 5.0), (0.1, 6.0), (0.5, 8.0), (2.0, 10.0)];

/// A piecewise-linear curve, constant outside its knots.
pub fn curve(knots: &[(f64, f64)], x: f64) -> f64 {
    if x <= knots[0].0 {
        return knots[0].1;
    }
    for pair in knots.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if x <= x1 {
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
        }
    }
    knots[knots.len() - 1].1
}

pub fn velocity_score(v: f64) -> f64 {
    curve(VELOCITY, v)
}

pub fn acceleration_score(a: f64) -> f64 {
    curve(ACCELERATION, a)
}

/// One platform's complete daily series, the preceding window and the window.
struct Platform {
    name: &'static str,
    followers: Vec<f64>,
    listeners: Option<Vec<f64>>,
    streams: Option<[Vec<f64>; 3]>,
    posts: Vec<PlainPost>,
}

struct PlainPost {
    back: usize,
    /// Likes, comments, shares, saves, views.
    counts: [f64; 5],
}

impl PlainPost {
    fn engagement(&self) -> f64 {
        self.counts[0] + self.counts[1] + self.counts[2]
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// (mean, sd) of the engagement of the platform's other posts.
fn others(posts: &[PlainPost], but: usize) -> (f64, f64) {
    let others: Vec<f64> = (0..posts.len()).filter(|&i| i != but).map(|i| posts[i].engagement()).collect();
    let m = mean(&others);
    (m, (others.iter().map(|e| (e - m) * (e - m)).sum::<f64>() / others.len() as f64).sqrt())
}

type Named = (&'static str, f64, f64, f64);

/// (name, weight, raw, score) of each component of momentum, and the index.
fn momentum(platforms: &[Platform]) -> (Vec<Named>, f64) {
    let audience =
        |t: usize| -> f64 { platforms.iter().map(|p| p.followers[W + t] + p.listeners.as_ref().map_or(0.0, |l| 0.5 * l[W + t])).sum() };
    let mut x = vec![1.0];
    for t in 1..W {
        x.push(x[t - 1] * audience(t) / audience(t - 1));
    }
    let week = |k: usize| mean(&x[W - 7 * k..W - 7 * k + 7]);
    let v = 100.0 * ((week(1) / week(2)).powf(1.0 / 7.0) - 1.0);
    let u = 100.0 * ((week(2) / week(4)).powf(1.0 / 14.0) - 1.0);
    let mut rose = 0.0;
    for t in 7..W {
        let d = (x[t] - x[t - 7]) / x[t].max(x[t - 7]);
        rose += if d.abs() <= 1e-9 { 0.5 } else { f64::from(u8::from(d > 0.0)) };
    }
    let p = rose / (W - 7) as f64;
    let mut parts = vec![
        ("velocity", 0.35, v, velocity_score(v)),
        ("acceleration", 0.30, v - u, acceleration_score(v - u)),
        ("consistency", 0.20, p, 10.0 * p),
    ];

    let (mut in_window, mut judged, mut viral, mut excess) = (0, 0.0, 0.0, f64::NEG_INFINITY);
    for platform in platforms {
        for (i, post) in platform.posts.iter().enumerate().filter(|p| p.1.back < W) {
            in_window += 1;
            if platform.posts.len() < 6 {
                continue;
            }
            let ((m, sd), e) = (others(&platform.posts, i), post.engagement());
            judged += 1.0;
            excess = excess.max((e - m) / m);
            if e > m + 2.0 * sd.max(0.1 * m) && e >= 1.5 * m && e >= 10.0 {
                viral += 1.0;
            }
        }
    }
    if in_window >= 5 && judged > 0.0 {
        let by_excess = curve(&[(0.0, 3.0), (0.5, 5.0), (1.5, 6.0), (3.0, 8.0), (5.0, 10.0)], excess);
        let by_share = curve(&[(0.0, 3.0), (0.1, 6.0), (0.2, 8.0), (0.3, 10.0)], viral / judged);
        parts.push(("viral_potential", 0.15, excess, by_excess.max(by_share)));
    }
    weighted(parts)
}

fn fan_value(platforms: &[Platform]) -> (Vec<Named>, f64) {
    let mut parts = Vec::new();
    let mut rates = Vec::new();
    for p in platforms {
        let followers = p.followers[2 * W - 1];
        rates.extend(p.posts.iter().filter(|q| q.back < W).map(|q| (100.0 * q.engagement() / followers).min(100.0)));
    }
    if !rates.is_empty() {
        let raw = mean(&rates);
        parts.push(("engagement", 0.4, raw, curve(&[(0.0, 0.0), (1.0, 40.0), (2.0, 60.0), (5.0, 100.0)], raw)));
    }
    let growth = |series: &[&[f64]]| {
        let (before, now) = series.iter().fold((0.0, 0.0), |s, d| (s.0 + mean(&d[..W]), s.1 + mean(&d[W..])));
        100.0 * (now / before - 1.0)
    };
    let followers: Vec<&[f64]> = platforms.iter().map(|p| &p.followers[..]).collect();
    let listeners: Vec<&[f64]> = platforms.iter().filter_map(|p| p.listeners.as_deref()).collect();
    let raw = if listeners.is_empty() { growth(&followers) } else { 0.5 * (growth(&followers) + growth(&listeners)) };
    parts.push(("growth", 0.3, raw, curve(&[(-25.0, 0.0), (0.0, 25.0), (5.0, 50.0), (10.0, 75.0), (20.0, 100.0)], raw)));
    let last = |series: &[&[f64]]| series.iter().map(|d| d[2 * W - 1]).sum::<f64>();
    let raw = last(&followers) + 0.5 * last(&listeners);
    parts.push(("reach", 0.2, raw, curve(&[(0.0, 0.0), (1e4, 40.0), (1e5, 70.0), (1e6, 90.0), (1.1e7, 100.0)], raw)));
    let (mut gained, mut seen) = (0.0, 0.0);
    for p in platforms {
        for q in p.posts.iter().filter(|q| q.back < W) {
            gained += q.counts[2] + q.counts[3];
            seen += q.counts[4];
        }
        if let Some([streams, saves, adds]) = &p.streams {
            gained += saves[W..].iter().sum::<f64>() + adds[W..].iter().sum::<f64>();
            seen += streams[W..].iter().sum::<f64>();
        }
    }
    if seen > 0.0 {
        let raw = 100.0 * gained / seen;
        parts.push(("conversion", 0.1, raw, curve(&[(0.0, 0.0), (1.0, 50.0), (2.0, 70.0), (5.0, 100.0)], raw)));
    }
    weighted(parts)
}

fn weighted(parts: Vec<Named>) -> (Vec<Named>, f64) {
    let total: f64 = parts.iter().map(|p| p.1).sum();
    let score = parts.iter().map(|p| p.1 * p.3).sum::<f64>() / total;
    (parts, score)
}

fn random(seed: u64) -> Vec<Platform> {
    let rng = &mut Rng(seed);
    let mut series = |base: f64, noise: f64| -> Vec<f64> {
        let (mut value, growth) = (base * (1.0 + 9.0 * rng.unit()), 1.0 + 0.01 * (4.0 * rng.unit() - 1.5));
        (0..2 * W)
            .map(|_| {
                value *= growth;
                (value * (noise * rng.normal()).exp()).round()
            })
            .collect()
    };
    let mut platforms: Vec<Platform> = ["youtube", "spotify", "instagram"]
        .into_iter()
        .map(|name| Platform {
            name,
            followers: series(3_000.0, 0.002),
            listeners: Some(series(9_000.0, 0.01)),
            streams: Some([series(20_000.0, 0.2), series(300.0, 0.3), series(50.0, 0.3)]),
            posts: Vec::new(),
        })
        .collect();
    platforms.truncate(1 + rng.below(3));
    for p in &mut platforms {
        p.listeners = p.listeners.take().filter(|_| rng.chance(0.5));
        p.streams = p.streams.take().filter(|_| rng.chance(0.5));
        for _ in 0..rng.pick(&[0, 4, 9, 25]) {
            let scale = if rng.chance(0.15) { 12.0 } else { 1.0 };
            let mut count = |m: f64| (scale * m * (0.4 * rng.normal()).exp()).floor();
            let counts = [count(200.0), count(20.0), count(10.0), count(5.0), count(4_000.0)];
            p.posts.push(PlainPost { back: rng.below(90), counts });
        }
    }
    platforms
}

fn rows(platforms: &[Platform]) -> (Vec<Observation>, Vec<Post>) {
    let (mut observations, mut posts) = (Vec::new(), Vec::new());
    for p in platforms {
        let mut series = vec![(Metric::Followers, &p.followers)];
        series.extend(p.listeners.iter().map(|l| (Metric::MonthlyListeners, l)));
        if let Some([streams, saves, adds]) = &p.streams {
            series.extend([(Metric::Streams, streams), (Metric::Saves, saves), (Metric::PlaylistAdds, adds)]);
        }
        for (metric, days) in series {
            for (t, &value) in days.iter().enumerate() {
                let observed_at = as_of().plus(t as i32 + 1 - 2 * W as i32).into();
                observations.push(Observation { artist_id: "a".into(), platform: p.name.into(), metric, observed_at, value });
            }
        }
        for (i, q) in p.posts.iter().enumerate() {
            let [likes, comments, shares, saves, views] = q.counts.map(|c| Some(c as u64));
            let published_at = as_of().plus(-(q.back as i32)).into();
            let post_id = format!("{i}");
            posts.push(Post {
                artist_id: "a".into(),
                platform: p.name.into(),
                post_id,
                published_at,
                likes,
                comments,
                shares,
                saves,
                views,
            });
        }
    }
    (observations, posts)
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= (1e-9 * want.abs()).max(1e-12), "{what}: {got} instead of {want}");
}

/// A difference of near equals (a growth, an acceleration) is as exact as what it is a difference of.
fn close_raw(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= (1e-9 * want.abs()).max(1e-11), "{what}: {got} instead of {want}");
}

fn check(seed: u64, what: &str, got: (&[ComponentScore], f64), want: &(Vec<Named>, f64)) {
    close(got.1, want.1, &format!("{seed}: {what}"));
    let names = |c: &mut dyn Iterator<Item = &'static str>| c.collect::<Vec<_>>();
    assert_eq!(names(&mut got.0.iter().map(|c| c.name)), names(&mut want.0.iter().map(|p| p.0)), "{seed}: {what}");
    for (c, p) in got.0.iter().zip(&want.0) {
        close_raw(c.raw, p.2, &format!("{seed}: {} raw", p.0));
        close_raw(c.score, p.3, &format!("{seed}: {} score", p.0));
    }
}

#[test]
fn complete_artists_agree_with_the_plain_computation() {
    let mut with_viral_potential = 0;
    for seed in 0..300 {
        let platforms = random(seed);
        let (observations, posts) = rows(&platforms);
        let analysis = Engine::default().analyze(&observations, &posts, as_of()).unwrap();
        let (m, f) = (analysis.momentum.unwrap(), analysis.fvs.unwrap());
        with_viral_potential += usize::from(m.components.len() == 4);
        check(seed, "momentum", (&m.components, m.index), &momentum(&platforms));
        check(seed, "fan value", (&f.components, f.score), &fan_value(&platforms));
        let viral: usize = platforms.iter().map(viral_posts).sum();
        assert_eq!(analysis.viral_posts.len(), viral, "{seed}: viral posts");
    }
    assert!(with_viral_potential > 100, "{with_viral_potential}");
}

fn viral_posts(p: &Platform) -> usize {
    let is_viral = |i: &usize| {
        let ((m, sd), e) = (others(&p.posts, *i), p.posts[*i].engagement());
        e > m + 2.0 * sd.max(0.1 * m) && e >= 1.5 * m && e >= 10.0
    };
    if p.posts.len() < 6 { 0 } else { (0..p.posts.len()).filter(is_viral).count() }
}
