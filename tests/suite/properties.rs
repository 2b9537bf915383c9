//! The invariants of `scoring.md` §9 on random artists.

use std::collections::BTreeSet;

use fanpulse_core::alerts::AlertFigures;
use fanpulse_core::ingest::{Dataset, Metric, MetricKind, Observation, Post};
use fanpulse_core::scores::{ComponentScore, Status};
use fanpulse_core::settings::Settings;
use fanpulse_core::{Analysis, Day, Engine, Instant, Scores};
use proptest::prelude::*;

const PLATFORMS: [&str; 4] = ["youtube", "spotify", "tiktok", "instagram"];
const MINUTE: i64 = 60_000_000;

/// SplitMix64: a seed, the same artist everywhere.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[derive(Clone, Debug)]
pub struct Artist {
    pub observations: Vec<Observation>,
    pub posts: Vec<Post>,
}

pub fn as_of() -> Day {
    Day::from_ymd(2026, 3, 31).unwrap()
}

/// When an artist is observed.
#[derive(Clone, Copy, PartialEq)]
pub enum Rhythm {
    /// Once a day, at midnight.
    Daily,
    /// At any time, also several times a day.
    Any,
}

/// A random artist: gaps, platforms that come late, counters that reset, zeros, posts with unknown counts.
pub fn artist(id: &str, seed: u64, rhythm: Rhythm) -> Artist {
    let rng = &mut Rng(seed);
    let mut a = Artist { observations: Vec::new(), posts: Vec::new() };
    let longest = rng.pick(&[20, 40, 70, 100]);
    let gaps = rng.pick(&[0.0, 0.0, 0.05, 0.4]);
    let rarity = rng.pick(&[0.15, 0.5, 0.8]);
    for platform in PLATFORMS.into_iter().filter(|_| rng.chance(0.5)).collect::<Vec<_>>() {
        for &metric in Metric::ALL {
            if rng.chance(rarity) {
                continue;
            }
            let first = if rng.chance(0.6) { longest } else { rng.below(longest as usize) as i32 };
            let mut value = if rng.chance(0.08) { 0.0 } else { 10_f64.powf(6.0 * rng.unit()) };
            let percent = 7.0 * rng.unit() - 3.0;
            let growth = 1.0 + 0.01 * rng.pick(&[0.0, percent]);
            let noise = rng.pick(&[0.0, 0.002, 0.3]);
            let whole = rng.chance(0.7);
            let mut total = 0.0;
            for back in (-3..=first).rev() {
                value *= growth;
                if rng.chance(gaps) {
                    continue;
                }
                let times = if rhythm == Rhythm::Any && rng.chance(0.15) { 3 } else { 1 };
                let mut minutes = BTreeSet::new();
                for _ in 0..times {
                    minutes.insert(if rhythm == Rhythm::Any { rng.below(1440) as i64 } else { 0 });
                }
                for minute in minutes {
                    let v = value * (noise * rng.normal()).exp();
                    let v = if whole { v.round() } else { v };
                    total = if rng.chance(0.03) { 0.0 } else { total + v };
                    let value = if metric.kind() == MetricKind::Counter { total } else { v };
                    let at = Instant::from(as_of().plus(-back)).micros() + minute * MINUTE;
                    let observed_at = Instant::try_new(at).unwrap();
                    a.observations.push(Observation { artist_id: id.into(), platform: platform.into(), metric, observed_at, value });
                }
            }
        }
    }
    let posts = rng.pick(&[0, 3, 12, 40]);
    for i in 0..posts {
        let platform = PLATFORMS[if rng.chance(0.6) { 2 } else { rng.below(4) }];
        let at = Instant::from(as_of().plus(2 - rng.below(rng_span(posts)) as i32)).micros() + rng.below(1440) as i64 * MINUTE;
        let scale = if rng.chance(0.1) { 50.0 } else { 1.0 };
        let mut count = |mean: f64| (!rng.chance(0.12)).then(|| (scale * mean * (0.5 * rng.normal()).exp()) as u64);
        let (likes, comments, shares, saves, views) = (count(300.0), count(30.0), count(20.0), count(10.0), count(9000.0));
        let (platform, published_at) = (platform.into(), Instant::try_new(at).unwrap());
        a.posts.push(Post {
            artist_id: id.into(),
            platform,
            post_id: format!("p{i}"),
            published_at,
            likes,
            comments,
            shares,
            saves,
            views,
        });
    }
    a
}

fn rng_span(posts: usize) -> usize {
    if posts < 20 { 40 } else { 110 }
}

/// Every column of a result, by name.
pub fn columns(s: &Scores) -> Vec<(&'static str, &[f64])> {
    macro_rules! all {
        ($($name:ident)*) => { vec![$((stringify!($name), s.$name.as_slice()),)*] };
    }
    all!(fvs fvs_coverage engagement engagement_score growth growth_score reach reach_score conversion conversion_score
        momentum momentum_coverage momentum_low momentum_high velocity velocity_score velocity_se acceleration
        acceleration_score consistency consistency_score viral_excess viral_share viral_potential_score breakout week_days)
}

/// The bits of a result, NaN all alike.
pub fn bits(s: &Scores) -> Vec<u64> {
    let columns = columns(s);
    let values = columns.iter().flat_map(|c| c.1.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }));
    let counts = [&s.viral_posts, &s.counter_resets, &s.filled_days, &s.missing_days];
    values.chain(counts.into_iter().flatten().map(|&n| u64::from(n))).collect()
}

pub fn json(analysis: &Analysis) -> String {
    serde_json::to_string(analysis).unwrap()
}

fn analyze(a: &Artist, as_of: Day) -> Analysis {
    if a.observations.is_empty() && a.posts.is_empty() {
        return Engine::default().live("a").analyze(as_of).unwrap();
    }
    Engine::default().analyze(&a.observations, &a.posts, as_of).unwrap()
}

/// The JSON, viral posts in an order that does not depend on that of the rows.
fn unordered(mut analysis: Analysis) -> String {
    analysis.viral_posts.sort_by(|a, b| (&a.platform, &a.post_id).cmp(&(&b.platform, &b.post_id)));
    json(&analysis)
}

fn raw(components: &[ComponentScore], name: &str) -> Option<f64> {
    components.iter().find(|c| c.name == name).map(|c| c.raw)
}

fn momentum_raw(a: &Analysis, name: &str) -> Option<f64> {
    a.momentum.as_ref().ok().and_then(|m| raw(&m.components, name))
}

/// The columns of one artist, which hold raw values also where a score is insufficient.
fn scores(a: &Artist) -> Scores {
    let mut data = Dataset::default();
    data.artists.intern("a");
    a.observations.iter().for_each(|o| data.push_observation(o).unwrap());
    a.posts.iter().for_each(|p| data.push_post(p).unwrap());
    Engine::default().score(&data, as_of()).unwrap()
}

fn same(a: Option<f64>, b: Option<f64>, scale: f64, what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.is_some(), b.is_some(), "{}: {:?} {:?}", what, a, b);
    let (a, b) = (a.unwrap_or(0.0), b.unwrap_or(0.0));
    prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(scale), "{}: {} {}", what, a, b);
    Ok(())
}

/// The parts and what is added for those that are missing make up the whole.
fn in_range(parts: &[ComponentScore], whole: f64, neutral: f64, top: f64) {
    let sum = neutral + parts.iter().map(|p| p.contribution).sum::<f64>();
    assert!((sum - whole).abs() <= 1e-9, "contributions {sum} of {whole}");
    assert!((0.0..=top).contains(&whole), "{whole}");
    for p in parts {
        assert!((0.0..=top).contains(&p.score) && p.raw.is_finite(), "{p:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scores_lie_in_their_ranges(seed in any::<u64>()) {
        let a = artist("a", seed, Rhythm::Any);
        let analysis = analyze(&a, as_of());
        if let Ok(f) = &analysis.fvs {
            in_range(&f.components, f.score, 0.0, 100.0);
            assert!(f.coverage >= 0.3 && f.coverage <= 1.0 + 1e-12);
        }
        if let Ok(m) = &analysis.momentum {
            in_range_of_momentum(m);
            let b = analysis.breakout.as_ref().unwrap();
            assert!((0.0..=1.0).contains(&b.probability));
        }
        for v in &analysis.viral_posts {
            assert!(v.engagement >= 10.0 && v.engagement > v.mean && v.sd >= 0.0 && v.others >= 5, "{v:?}");
            assert!(v.z.is_none_or(|z| z > 0.0) && v.lift.is_none_or(|l| l >= 1.5), "{v:?}");
        }
    }

    #[test]
    fn alerts_see_the_same_in_an_analysis_and_in_its_json(seed in any::<u64>()) {
        let analysis = analyze(&artist("a", seed, Rhythm::Any), as_of());
        prop_assert_eq!(AlertFigures::from_json(&json(&analysis)).unwrap(), AlertFigures::from(&analysis));
    }

    #[test]
    fn the_size_of_the_audience_does_not_show_in_momentum(seed in any::<u64>(), factor in 1e-3..1e3_f64) {
        let a = artist("a", seed, Rhythm::Any);
        let mut scaled = a.clone();
        scaled.observations.iter_mut().for_each(|o| o.value *= factor);
        let (one, other) = (analyze(&a, as_of()), analyze(&scaled, as_of()));
        let size = momentum_raw(&one, "velocity").unwrap_or(0.0).abs().max(100.0);
        for name in ["velocity", "acceleration", "consistency"] {
            same(momentum_raw(&one, name), momentum_raw(&other, name), size, name)?;
        }
    }

    #[test]
    fn more_engagement_or_more_followers_never_lower_a_score(seed in any::<u64>(), more in 0..10_000_u64, factor in 1.0..100.0_f64) {
        let a = artist("a", seed, Rhythm::Any);
        let mut liked = a.clone();
        for (i, p) in (1..).zip(&mut liked.posts) {
            p.likes = p.likes.map(|n| n + more % (37 * i));
            p.comments = p.comments.map(|n| n + more % 11);
        }
        let (one, other) = (scores(&a), scores(&liked));
        prop_assert_eq!(one.engagement[0].is_nan(), other.engagement[0].is_nan());
        prop_assert!(one.engagement[0].is_nan() || other.engagement_score[0] >= one.engagement_score[0] - 1e-12);
        let mut followed = a.clone();
        for o in &mut followed.observations {
            if matches!(o.metric, Metric::Followers | Metric::Subscribers | Metric::MonthlyListeners) {
                o.value *= factor;
            }
        }
        let other = scores(&followed);
        prop_assert_eq!(one.reach[0].is_nan(), other.reach[0].is_nan());
        prop_assert!(one.reach[0].is_nan() || other.reach_score[0] >= one.reach_score[0]);
    }

    #[test]
    fn what_is_dated_after_as_of_changes_nothing(seed in any::<u64>(), back in 0..30_i32) {
        let a = artist("a", seed, Rhythm::Any);
        let as_of = as_of().plus(-back);
        let mut cut = a.clone();
        cut.observations.retain(|o| o.observed_at.day() <= as_of);
        cut.posts.retain(|p| p.published_at.day() <= as_of);
        let (mut one, mut other) = (analyze(&a, as_of), analyze(&cut, as_of));
        one.artist_id.clear();
        other.artist_id.clear();
        prop_assert_eq!(json(&one), json(&other));
    }

    #[test]
    fn order_does_not_show(seed in any::<u64>(), order in any::<u64>()) {
        let a = artist("a", seed, Rhythm::Any);
        let mut turned = a.clone();
        let rng = &mut Rng(order);
        rng.shuffle(&mut turned.observations);
        rng.shuffle(&mut turned.posts);
        prop_assert_eq!(unordered(analyze(&a, as_of())), unordered(analyze(&turned, as_of())));
    }

    #[test]
    fn a_platform_connected_late_fakes_no_growth(seed in any::<u64>(), since in 0..29_i32, size in 1.0..1e7_f64) {
        let mut a = artist("a", seed, Rhythm::Daily);
        a.observations.retain(|o| o.platform != "instagram");
        let one = scores(&a);
        let new = |back: i32, value: f64| Observation {
            artist_id: "a".into(),
            platform: "instagram".into(),
            metric: Metric::Followers,
            observed_at: as_of().plus(-back).into(),
            value,
        };
        let mut with = a.clone();
        with.observations.extend((0..=since).map(|back| new(back, size * 1.05_f64.powi(-back))));
        let option = |x: f64| (!x.is_nan()).then_some(x);
        let other = scores(&with);
        same(option(one.growth[0]), option(other.growth[0]), 100.0, "growth")?;
        // The days before it are scored as if it were not there.
        let (before, mut without) = (analyze(&with, as_of().plus(-since - 1)), analyze(&a, as_of().plus(-since - 1)));
        without.artist_id.clone_from(&before.artist_id);
        prop_assert_eq!(json(&before), json(&without));
        // Where it goes the way of the others, momentum is theirs.
        let way = |back: i32| 1000.0 * (1.0 + 0.2 * f64::from(back * 7 % 5)) * 1.003_f64.powi(-back);
        let alone: Vec<_> = (0..60).map(|back| Observation { platform: "tiktok".into(), ..new(back, way(back)) }).collect();
        let mut both = alone.clone();
        both.extend((0..=since).map(|back| new(back, size * way(back))));
        let (one, other) = (scores(&Artist { observations: alone, posts: vec![] }), scores(&Artist { observations: both, posts: vec![] }));
        same(option(one.velocity[0]), option(other.velocity[0]), 100.0, "velocity")?;
        same(option(one.acceleration[0]), option(other.acceleration[0]), 100.0, "acceleration")?;
        same(option(one.consistency[0]), option(other.consistency[0]), 1.0, "consistency")?;
    }

    #[test]
    fn steady_artists_have_their_status(base in 1_000.0..1e6_f64, platforms in 1..4_usize, window in 21..90_u32) {
        let check = |percent: f64, status: Status| {
            let row = |back: i32, platform: &str| Observation {
                artist_id: "a".to_owned(),
                platform: platform.to_owned(),
                metric: Metric::Followers,
                observed_at: as_of().plus(-back).into(),
                value: base * (1.0 + percent / 100.0).powi(-back),
            };
            let rows: Vec<_> = (0..200).flat_map(|back| PLATFORMS[..platforms].iter().map(move |p| row(back, p))).collect();
            let engine = Engine::builder().settings(Settings { window_days: window, ..Settings::default() }).build().unwrap();
            let momentum = engine.analyze(&rows, &[], as_of()).unwrap().momentum.unwrap();
            assert_eq!(momentum.status, status, "{percent} % a day: {momentum:?}");
            momentum.components.iter().find(|c| c.name == "consistency").unwrap().score
        };
        check(0.0, Status::Stable);
        check(-0.2, Status::Declining);
        prop_assert_eq!(check(1.0, Status::RapidGrowth), 10.0);
    }
}

fn in_range_of_momentum(m: &fanpulse_core::scores::Momentum) {
    in_range(&m.components, m.index, m.neutral_contribution, 10.0);
    assert!(m.coverage > 0.0 && m.coverage <= 1.0 + 1e-12);
    assert!(m.velocity_se.is_none_or(|se| se >= 0.0 && se.is_finite()));
    if let Some((low, high)) = m.interval90 {
        assert!(0.0 <= low && low <= m.index && m.index <= high && high <= 10.0, "{m:?}");
    }
}

#[test]
fn threads_and_the_order_of_artists_do_not_show() {
    // More than two of the engine's tasks.
    let artists: Vec<Artist> = (0..2_200).map(|i| small(&format!("a{i}"), i)).collect();
    let data = |order: &[usize]| {
        let mut data = Dataset::default();
        for &i in order {
            data.artists.intern(&format!("a{i}"));
            artists[i].observations.iter().for_each(|o| data.push_observation(o).unwrap());
            artists[i].posts.iter().for_each(|p| data.push_post(p).unwrap());
        }
        data
    };
    let mut order: Vec<usize> = (0..artists.len()).collect();
    let straight = data(&order);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Engine::default().score(&straight, as_of()).unwrap())
    };
    let one = on(1);
    for threads in [2, 3] {
        assert!(bits(&one) == bits(&on(threads)), "{threads} threads");
    }
    Rng(5).shuffle(&mut order);
    let turned = Engine::default().score(&data(&order), as_of()).unwrap();
    for (place, &i) in order.iter().enumerate() {
        assert_eq!(json(&turned.analysis(place)), json(&one.analysis(i)));
    }
}

/// An artist of a few rows, for batches of many.
pub fn small(id: &str, seed: u64) -> Artist {
    let mut a = artist(id, seed, Rhythm::Daily);
    a.observations.retain(|o| o.platform == PLATFORMS[seed as usize % 4] && o.metric <= Metric::Streams);
    a.posts.truncate(8);
    a
}
