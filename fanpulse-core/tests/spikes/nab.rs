//! The labelled tweet series of the Numenta Anomaly Benchmark, scored by its own rules (`nab/sweeper.py`, standard profile).

use std::io::Read;
use std::path::PathBuf;

use fanpulse_core::Instant;
use fanpulse_core::settings::SpikeSettings;
use fanpulse_core::spikes::{SeasonalRobust, Series};

const NAMES: [&str; 5] = ["AAPL", "AMZN", "CRM", "CVS", "FB"];
const FALSE_POSITIVE_WEIGHT: f64 = 0.11;
const FIVE_MINUTES: i64 = 300_000_000;

struct Labelled {
    start: Instant,
    values: Vec<f64>,
    /// 0 outside the windows, else the window's number.
    window: Vec<usize>,
}

/// How much of a series is not scored.
#[derive(Clone, Copy)]
enum Probation {
    /// NAB's: 15 %, but of at most 5000 rows.
    Nab,
    /// 15 % of the rows.
    Plain,
}

impl Probation {
    fn rows(self, n: usize) -> usize {
        let share = (0.15 * n as f64).floor() as usize;
        if matches!(self, Self::Nab) { share.min(750) } else { share }
    }
}

fn load(name: &str) -> Option<Labelled> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/spikes").join(format!("labelled_{name}.csv.gz"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_string(&mut text).unwrap();
    let mut series = Labelled { start: Instant::try_new(0).unwrap(), values: Vec::new(), window: Vec::new() };
    for (i, line) in text.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        if i == 0 {
            series.start = format!("{}Z", fields[0].replace(' ', "T")).parse().unwrap();
        }
        series.values.push(fields[1].parse().unwrap());
        series.window.push(fields[3].parse().unwrap());
    }
    Some(series)
}

fn load_all() -> Option<Vec<Labelled>> {
    let all: Option<Vec<_>> = NAMES.iter().map(|name| load(name)).collect();
    if all.is_none() {
        eprintln!("skipped: ../shared/data/spikes is not there");
    }
    all
}

fn scaled_sigmoid(x: f64) -> f64 {
    if x > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * x).exp()) - 1.0 }
}

/// What a detection at each row is worth.
fn worth(series: &Labelled) -> Vec<f64> {
    let greatest = scaled_sigmoid(-1.0);
    let n = series.values.len();
    let mut previous: Option<(usize, usize)> = None;
    (0..n)
        .map(|i| match series.window[i] {
            0 => match previous {
                None => -FALSE_POSITIVE_WEIGHT,
                Some((right, width)) => FALSE_POSITIVE_WEIGHT * scaled_sigmoid((i - right) as f64 / (width as f64 - 1.0)),
            },
            w => {
                let left = series.window.iter().position(|&v| v == w).unwrap();
                let right = series.window.iter().rposition(|&v| v == w).unwrap();
                let width = right - left + 1;
                if i == right {
                    previous = Some((right, width));
                }
                scaled_sigmoid(-((right - i + 1) as f64) / width as f64) / greatest
            }
        })
        .collect()
}

/// The raw score of the detections, and how many windows are scored.
fn raw_score(series: &Labelled, detections: &[usize], probation: Probation) -> (f64, f64) {
    let first = probation.rows(series.values.len());
    let worth = worth(series);
    let windows = series.window.iter().copied().max().unwrap();
    let mut raw = 0.0;
    let mut scored = 0.0;
    for w in 1..=windows {
        if series.window.iter().rposition(|&v| v == w).unwrap() < first {
            continue;
        }
        scored += 1.0;
        raw += detections.iter().filter(|&&i| i >= first && series.window[i] == w).map(|&i| worth[i]).fold(-1.0, f64::max);
    }
    raw += detections.iter().filter(|&&i| i >= first && series.window[i] == 0).map(|&i| worth[i]).sum::<f64>();
    (raw, scored)
}

/// 0 for no detection, 100 for each window's first row and nothing else.
fn normalised(parts: &[(f64, f64)]) -> f64 {
    let (raw, windows) = parts.iter().fold((0.0, 0.0), |a, p| (a.0 + p.0, a.1 + p.1));
    100.0 * (raw + windows) / (2.0 * windows)
}

fn detections(series: &Labelled, settings: &SpikeSettings) -> Vec<usize> {
    let input = Series::new(series.start, FIVE_MINUTES, &series.values);
    let report = SeasonalRobust::try_new(settings.clone()).unwrap().report(&input).unwrap();
    report.spikes.iter().map(|s| s.start_position as usize).collect()
}

fn parts(all: &[Labelled], settings: &SpikeSettings, probation: Probation) -> Vec<(f64, f64)> {
    all.iter().map(|s| raw_score(s, &detections(s, settings), probation)).collect()
}

#[test]
fn the_scorer_gives_nabs_own_marks() {
    // A window of rows 10–19 in 40 rows.
    let series = Labelled {
        start: Instant::try_new(0).unwrap(),
        values: vec![0.0; 40],
        window: (0..40).map(|i| usize::from((10..20).contains(&i))).collect(),
    };
    let worth = worth(&series);
    assert_eq!(worth[0], -0.11);
    assert_eq!(worth[10], 1.0);
    // nab.sweeper.scaledSigmoid(-0.5) = 0.84828, (-1.0) = 0.98661, (1/9) past the window = -0.27079 × 0.11.
    assert!((worth[15] - 0.848_283_639_957_512_9 / 0.986_614_298_151_43).abs() < 1e-12);
    assert!((worth[20] - 0.11 * scaled_sigmoid(1.0 / 9.0)).abs() < 1e-12 && worth[20] < 0.0);
    assert_eq!(normalised(&[raw_score(&series, &[], Probation::Plain)]), 0.0);
    assert_eq!(normalised(&[raw_score(&series, &[10, 12], Probation::Plain)]), 100.0);
}

#[test]
fn tweets_are_scored_above_75_with_the_default_settings() {
    let Some(all) = load_all() else { return };
    for (name, probation) in [("NAB's probation", Probation::Nab), ("15 % probation", Probation::Plain)] {
        let parts = parts(&all, &SpikeSettings::default(), probation);
        for (name, &part) in NAMES.iter().zip(&parts) {
            println!("  {name}: {:.1}", normalised(&[part]));
        }
        let score = normalised(&parts);
        println!("{name}: {score:.1}");
        assert!(score >= 75.0, "{name}: {score:.1}");
    }
}

#[test]
fn a_rate_chosen_on_four_series_serves_the_fifth() {
    let Some(all) = load_all() else { return };
    let rates = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0];
    for probation in [Probation::Nab, Probation::Plain] {
        let table: Vec<Vec<(f64, f64)>> = rates
            .iter()
            .map(|&rate| parts(&all, &SpikeSettings { false_alarms_per_year: rate, ..SpikeSettings::default() }, probation))
            .collect();
        let scores: Vec<String> = rates.iter().zip(&table).map(|(r, p)| format!("{r}: {:.1}", normalised(p))).collect();
        println!("{}", scores.join("  "));
        let mut left_out = Vec::new();
        for k in 0..all.len() {
            let rest = |p: &[(f64, f64)]| normalised(&[&p[..k], &p[k + 1..]].concat());
            let best = (0..rates.len()).max_by(|&a, &b| rest(&table[a]).total_cmp(&rest(&table[b]))).unwrap();
            println!("  without {}: {} a year, {:.1} on it", NAMES[k], rates[best], normalised(&[table[best][k]]));
            left_out.push(table[best][k]);
        }
        let score = normalised(&left_out);
        println!("leave one out: {score:.1}");
        assert!(score >= 70.0, "{score:.1}");
    }
}
