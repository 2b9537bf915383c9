//! The 90 % interval of momentum: against an independent plain computation, and by its coverage.

use fanpulse_core::ingest::{Component, Dataset, GridColumns, GridComponent, Metric};
use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Engine, Scores};
use ndarray::Array2;

use crate::properties::{Rng, as_of};
use crate::reference::{acceleration_score, velocity_score};

/// What the interval is computed from. `u` and `p` are `None` where they are not available.
#[derive(Clone, Copy)]
struct Inputs {
    mi: f64,
    window: f64,
    n1: f64,
    n2: f64,
    nk: f64,
    v: f64,
    u: Option<f64>,
    k: f64,
    p: Option<f64>,
    pairs: f64,
    chains: f64,
    total: f64,
}

/// The definition, term by term (Zou & Donner's MOVER with the risen share as a third part).
fn interval(i: Inputs, sigma: f64, nu: f64) -> (f64, f64) {
    if sigma < 1e-9 {
        return (i.mi, i.mi);
    }
    let c = (100.0 + i.v) / 7.0;
    let rv = c * (1.0 / i.n1 + 1.0 / i.n2).sqrt();
    let q = 1.645 + 1.524 / nu + 1.42 / (nu * nu);
    let ev = q * sigma * rv;
    let f0 = velocity_score(i.v);
    let (al, au) = (0.35 * (f0 - velocity_score(i.v - ev)), 0.35 * (velocity_score(i.v + ev) - f0));
    let (mut bl, mut bu, mut r, mut ra, mut b) = (0.0, 0.0, 0.0, 1.0, 0.0);
    if let Some(u) = i.u {
        b = (100.0 + u) / (7.0 * (i.k - 2.0));
        ra = (c * c / i.n1 + (c + b).powi(2) / i.n2 + b * b / i.nk).sqrt();
        r = (c * c / i.n1 + c * (c + b) / i.n2) / (rv * ra);
        let (a, ea) = (i.v - u, q * sigma * ra);
        let g0 = acceleration_score(a);
        (bl, bu) = (0.3 * (g0 - acceleration_score(a - ea)), 0.3 * (acceleration_score(a + ea) - g0));
    }
    let (mut cc, mut dv, mut da) = (0.0, 0.0, 0.0);
    if let Some(p) = i.p {
        let (gw, tau) = match i.u {
            Some(u) => (0.07 * (i.v + (i.k - 2.0) * u) / (i.k - 1.0), (1.0 / i.n1 + 1.0 / i.nk) / (2.0 * (i.k - 1.0).powi(2))),
            None => (0.07 * i.v, (1.0 / i.n1 + 1.0 / i.n2) / 2.0),
        };
        let h2 = gw * gw / (2.0 * sigma * sigma) / (1.0 + 2.0 * tau);
        let e = (-0.5 * h2).exp();
        let x = (0.25 * e / (1.0 + h2 / 8.0)).max(p * (1.0 - p));
        let phi = (0.398_942_28 * e).max(1.5 * x);
        let vp = (x / i.pairs - 2.0 * i.chains * x * x * (1.0 + 4.0 / 3.0 * x) / (i.pairs * i.pairs)).max(0.0);
        cc = 1.645 * 10.0 * 0.2 * vp.sqrt();
        let t = 1.645 * 10.0 * 0.2 * 0.5_f64.sqrt() * phi / i.pairs;
        let o2 = (21.0 - i.window).clamp(0.0, 7.0) / 7.0;
        dv = t * c * (1.0 + o2) / rv;
        if i.u.is_some() {
            let ok = (7.0 * i.k + 7.0 - i.window).clamp(0.0, 7.0) / 7.0;
            da = (t * (c + (c + b) * o2 - b * ok) / ra).max(0.0);
        }
    }
    let side = |a: f64, b: f64| (a * a + b * b + cc * cc + 2.0 * (r * a * b + dv * a + da * b)).sqrt() / i.total;
    ((i.mi - side(al, bl)).max(0.0), (i.mi + side(au, bu)).min(10.0))
}

/// The mean of squares and how many; nothing counts that needs a missing day.
fn mean_square(terms: impl Iterator<Item = f64>) -> (f64, f64) {
    let squares: Vec<f64> = terms.filter(|d| !d.is_nan()).map(|d| d * d).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64, squares.len() as f64)
}

/// (σ, degrees of freedom): blind to the weekday from 8 samples on, else of second differences, from 3 on.
fn noise(x: &[f64]) -> Option<(f64, f64)> {
    let weekly = |t: usize| 2.0 * (x[t] - x[t - 7]) / (x[t] + x[t - 7]);
    let (square, n) = mean_square((8..x.len()).map(|t| weekly(t) - weekly(t - 1)));
    if n >= 8.0 {
        return Some(((square / 4.0).sqrt(), 0.5 * n));
    }
    let (square, n) = mean_square((1..x.len() - 1).map(|t| (x[t + 1] - 2.0 * x[t] + x[t - 1]) / x[t]));
    (n >= 3.0).then(|| ((square / 6.0).sqrt(), 0.52 * n))
}

/// From a window of the index, NaN = missing, without posts. `None` where there is no momentum.
fn measure(x: &[f64]) -> Option<Inputs> {
    let w = x.len();
    let week = |k: usize| {
        let days: Vec<f64> = x[w - 7 * k..w - 7 * k + 7].iter().copied().filter(|v| !v.is_nan()).collect();
        (days.len() >= 3).then(|| (days.iter().sum::<f64>() / days.len() as f64, days.len() as f64))
    };
    let ((m1, n1), (m2, n2)) = (week(1)?, week(2)?);
    let v = 100.0 * ((m1 / m2).powf(1.0 / 7.0) - 1.0);
    let far = (3..=w / 7).rev().find_map(|k| week(k).map(|(m, n)| (k as f64, m, n)));
    let u = far.map(|(k, m, _)| 100.0 * ((m2 / m).powf(1.0 / (7.0 * (k - 2.0))) - 1.0));
    let pairs: Vec<(f64, f64)> = (7..w).map(|t| (x[t], x[t - 7])).filter(|(a, b)| !(a + b).is_nan()).collect();
    let rose = |(a, b): &(f64, f64)| if (a / b - 1.0).abs() < 1e-9 { 0.5 } else { f64::from(u8::from(a > b)) };
    let p = (pairs.len() >= 5).then(|| pairs.iter().map(rose).sum::<f64>() / pairs.len() as f64);
    let chains = (14..w).filter(|&t| !(x[t] + x[t - 7] + x[t - 14]).is_nan()).count();
    let acceleration = u.map_or(5.0, |u| acceleration_score(v - u));
    let mi = (0.35 * velocity_score(v) + 0.3 * acceleration + 0.2 * p.map_or(5.0, |p| 10.0 * p)) / 0.85;
    let (k, _, nk) = far.unwrap_or((0.0, 0.0, 0.0));
    let (window, pairs, chains) = (w as f64, pairs.len() as f64, chains as f64);
    Some(Inputs { mi, window, n1, n2, nk, v, u, k, p, pairs, chains, total: 0.85 })
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= (1e-9 * want.abs()).max(1e-12), "{what}: {got} instead of {want}");
}

/// The scores of artists with one platform, each a row of daily followers.
fn score(series: &Array2<f64>, window_days: u32) -> Scores {
    // A level that is missing would be carried forward; here the gaps are part of what is tested.
    let settings = Settings { window_days, max_fill_days: 0, ..Settings::default() };
    let engine = Engine::builder().settings(settings).build().unwrap();
    let component = Component::new("spotify", Metric::Followers);
    let first_day: Day = as_of().plus(1 - series.ncols() as i32);
    let grid = GridColumns { first_day, components: vec![GridComponent { component, values: series.view() }] };
    engine.score_grid(&grid, &Dataset::default().posts(), as_of()).unwrap()
}

#[test]
fn the_published_vectors() {
    let typical = Inputs {
        mi: 5.0,
        window: 30.0,
        n1: 7.0,
        n2: 7.0,
        nk: 7.0,
        v: 0.12,
        u: Some(0.08),
        k: 4.0,
        p: Some(0.8),
        pairs: 23.0,
        chains: 16.0,
        total: 0.85,
    };
    let check = |inputs: Inputs, sigma: f64, nu: f64, low: f64, high: f64| {
        let got = interval(inputs, sigma, nu);
        assert!((got.0 - low).abs() < 2e-8 && (got.1 - high).abs() < 2e-8, "{got:?} instead of ({low}, {high})");
    };
    check(typical, 0.004, 14.56, 4.462_514_693_799, 5.462_532_195_900);
    let steady = Inputs { mi: 8.9, v: 1.0, u: Some(1.01), p: Some(1.0), ..typical };
    check(steady, 0.0005, 14.56, 8.860_376_269_101, 8.933_606_770_773);
    let short =
        Inputs { mi: 4.3, window: 14.0, v: -0.03, u: None, nk: 0.0, k: 0.0, p: Some(3.0 / 7.0), pairs: 7.0, chains: 0.0, ..typical };
    check(short, 0.003, 6.24, 3.482_132_666_434, 5.133_528_534_362);
    let patchy = Inputs {
        mi: 4.6,
        n1: 5.0,
        n2: 6.0,
        v: -0.08,
        nk: 4.0,
        u: Some(-0.15),
        p: Some(6.0 / 14.0),
        pairs: 14.0,
        chains: 7.0,
        total: 1.0,
        ..typical
    };
    check(patchy, 0.0075, 7.28, 3.704_633_361_685, 5.370_678_344_806);
    let long = Inputs { mi: 6.4, window: 90.0, v: 0.31, k: 12.0, u: Some(0.2), p: Some(0.9), pairs: 83.0, chains: 76.0, ..typical };
    check(long, 0.01, 45.76, 5.650_310_193_654, 6.933_183_197_196);
    let top = Inputs { mi: 9.85, window: 21.0, n1: 4.0, n2: 3.0, v: 3.4, nk: 3.0, k: 3.0, u: Some(0.4), p: None, ..typical };
    check(top, 0.02, 2.6, 9.803_420_545_318, 9.85);
    check(Inputs { mi: 4.5, ..typical }, 0.0, 14.56, 4.5, 4.5);
}

#[test]
fn the_published_series_through_the_engine() {
    let value = |t: usize| 1.0 + 0.002 * t as f64 + 0.004 * (((t * 37) % 11) as f64 / 5.0 - 1.0);
    let x: Vec<f64> = (0..30).map(|t| if t == 5 || t == 20 { f64::NAN } else { value(t) }).collect();
    let (sigma, nu) = noise(&x).unwrap();
    close(nu, 8.0, "nu");
    assert!((sigma - 0.003_553_029_454).abs() < 1e-12);
    let scores = score(&Array2::from_shape_vec((1, 30), x).unwrap(), 30);
    for (got, want) in
        [(scores.momentum[0], 6.337_484_348_780), (scores.momentum_low[0], 5.977_967_233_052), (scores.momentum_high[0], 6.697_001_464_508)]
    {
        assert!((got - want).abs() < 2e-8, "{got} instead of {want}");
    }
}

#[test]
fn the_engine_agrees_with_the_plain_computation() {
    let rng = &mut Rng(90);
    let (mut with, mut without) = (0, 0);
    for window in [14, 15, 20, 21, 28, 30, 31, 60, 90] {
        let artists = 60;
        let series = Array2::from_shape_fn((artists, 2 * window), |_| f64::NAN);
        let mut series = series;
        for mut row in series.rows_mut() {
            let growth: f64 = 1.0 + 0.01 * (3.8 * rng.unit() - 0.6);
            let (noise, gaps) = (0.01 * (0.02 + 1.5 * rng.unit()), rng.pick(&[0.0, 0.0, 0.15, 0.5]));
            for (t, value) in row.iter_mut().enumerate() {
                if !rng.chance(gaps) {
                    *value = 1000.0 * growth.powi(t as i32) * (noise * rng.normal()).exp();
                }
            }
        }
        let scores = score(&series, window as u32);
        for i in 0..artists {
            let x: Vec<f64> = series.row(i).iter().skip(window).copied().collect();
            let what = format!("window {window}, artist {i}");
            let Some(inputs) = measure(&x) else {
                assert!(scores.momentum[i].is_nan(), "{what}");
                continue;
            };
            close(scores.momentum[i], inputs.mi, &what);
            match noise(&x) {
                None => {
                    without += 1;
                    assert!(scores.momentum_low[i].is_nan() && scores.momentum_high[i].is_nan(), "{what}: no noise, no interval");
                }
                Some((sigma, nu)) => {
                    with += 1;
                    let (low, high) = interval(inputs, sigma, nu);
                    close(scores.momentum_low[i], low, &format!("{what}, low"));
                    close(scores.momentum_high[i], high, &format!("{what}, high"));
                }
            }
        }
    }
    assert!(with > 400, "{with} with an interval, {without} without");
}

const DRAWS: usize = 2_000;
const GROWTHS: [f64; 7] = [-0.5, -0.1, 0.0, 0.1, 0.5, 1.0, 2.0];
const NOISES: [f64; 4] = [0.05, 0.2, 0.5, 1.0];

/// (coverage of the mean index, mean width) of each cell of growth and noise, % and % per day.
fn simulate(season: [f64; 7]) -> Vec<(f64, f64, f64, f64)> {
    let rng = &mut Rng(2026);
    let cells: Vec<(f64, f64)> = GROWTHS.iter().flat_map(|&g| NOISES.iter().map(move |&n| (g, n))).collect();
    let mut series = Array2::zeros((cells.len() * DRAWS, 30));
    for (i, mut row) in series.rows_mut().into_iter().enumerate() {
        let (growth, noise) = cells[i / DRAWS];
        for (t, value) in row.iter_mut().enumerate() {
            *value = 1e4 * (1.0 + 0.01 * growth).powi(t as i32) * (0.01 * noise * rng.normal()).exp() * season[t % 7];
        }
    }
    let scores = score(&series, 30);
    let of = |c: usize| c * DRAWS..(c + 1) * DRAWS;
    let cell = |c: usize| {
        let truth = scores.momentum[of(c)].iter().sum::<f64>() / DRAWS as f64;
        let covered = of(c).filter(|&i| scores.momentum_low[i] <= truth && truth <= scores.momentum_high[i]).count();
        let width = of(c).map(|i| scores.momentum_high[i] - scores.momentum_low[i]).sum::<f64>() / DRAWS as f64;
        (cells[c].0, cells[c].1, covered as f64 / DRAWS as f64, width)
    };
    (0..cells.len()).map(cell).collect()
}

#[test]
fn the_interval_covers_the_mean_index_nine_times_in_ten() {
    let plain = simulate([1.0; 7]);
    let mean = plain.iter().map(|c| c.2).sum::<f64>() / plain.len() as f64;
    for &(growth, noise, coverage, width) in &plain {
        assert!((0.85..=0.95).contains(&coverage), "growth {growth}, noise {noise}: {coverage}, width {width}");
    }
    assert!((0.88..=0.92).contains(&mean), "{mean}");
    // A weekday pattern is no noise.
    let seasonal = simulate([1.1, 1.05, 1.0, 0.95, 0.9, 0.97, 1.03]);
    for (&(growth, noise, coverage, width), calm) in seasonal.iter().zip(&plain) {
        assert!((0.85..=0.96).contains(&coverage), "season, growth {growth}, noise {noise}: {coverage}, width {width}");
        assert!(width <= 1.3 * calm.3, "season, growth {growth}, noise {noise}: width {width}, without {}", calm.3);
    }
}
