//! FanPulse's side of the comparison with lifetimes, scikit-learn and Polars: runs a task on demand.
//!
//! `peer_models FOLDER`, the folder's columns being raw little-endian files that `models.py` wrote. Each line `TASK THREADS` on
//! standard input is answered by the seconds taken and the figures by which both sides are compared.

use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{NaiveDate, TimeDelta};
use fanpulse_core::Day;
use fanpulse_core::fans::{ActivityParameters, FanEventColumns, FanTable, History, KMeansSegments, fit_activity};
use fanpulse_core::learned::{Example, Feature, Slices, Task, TrainingSet, train};
use fanpulse_core::settings::{CalibrationMethod, DropoutModel, FanSettings, LearnedSettings};
use rayon::ThreadPoolBuilder;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Penalty per example of the logistic regression; scikit-learn's C is 1/(this · n).
const RIDGE: f64 = 0.01;
/// Columns of the logistic regression.
const FEATURES: usize = 20;

fn numbers<const N: usize, T>(path: &Path, read: fn([u8; N]) -> T) -> Outcome<Vec<T>> {
    let told = |e| format!("{}: {e}", path.display());
    let mut file = File::open(path).map_err(told)?;
    let mut numbers = Vec::with_capacity(file.metadata().map_err(told)?.len() as usize / N);
    // Piece by piece, so that no column is held twice.
    let mut piece = vec![0; N << 16];
    loop {
        let mut filled = 0;
        while filled < piece.len() {
            match file.read(&mut piece[filled..]).map_err(told)? {
                0 => break,
                n => filled += n,
            }
        }
        numbers.extend(piece[..filled].as_chunks::<N>().0.iter().map(|b| read(*b)));
        if filled < piece.len() {
            return Ok(numbers);
        }
    }
}

/// The columns that are needed, read before the clock starts.
struct Folder(PathBuf);

impl Folder {
    fn floats(&self, name: &str) -> Outcome<Vec<f64>> {
        numbers(&self.0.join(name), f64::from_le_bytes)
    }

    fn histories(&self, name: &str) -> Outcome<Vec<History>> {
        let (x, recency, age) =
            (self.floats(&format!("{name}-x"))?, self.floats(&format!("{name}-tx"))?, self.floats(&format!("{name}-T"))?);
        let one = |i: usize| History::try_new(x[i] as u32, recency[i], age[i]);
        Ok((0..x.len()).map(one).collect::<Result<_, _>>()?)
    }
}

/// Runs one task: the seconds, and what came of it.
fn run(task: &str, folder: &Folder) -> Outcome<(f64, Vec<f64>)> {
    match task.split_once(' ').unwrap_or((task, "")) {
        ("fit", name) => {
            let histories = folder.histories(name)?;
            let start = Instant::now();
            let fit = fit_activity(&histories, DropoutModel::BgNbd, 500)?;
            let seconds = start.elapsed().as_secs_f64();
            let p = fit.parameters.ok_or("no parameters")?;
            Ok((seconds, vec![p.r, p.alpha, p.a, p.b]))
        }
        ("predict", name) => {
            let histories = folder.histories(name)?;
            // CDNOW's published parameters on both sides.
            let p = ActivityParameters { model: DropoutModel::BgNbd, r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
            let start = Instant::now();
            let (mut alive, mut expected) = (0.0, 0.0);
            for h in &histories {
                alive += p.p_alive(h);
                expected += p.expected_repeats(h, 39.0);
            }
            Ok((start.elapsed().as_secs_f64(), vec![alive, expected]))
        }
        ("kmeans", _) => {
            let rows = folder.floats("rfm")?;
            let features: Vec<[f64; 3]> = rows.as_chunks::<3>().0.to_vec();
            let segments = KMeansSegments::with_clusters(5, 1)?;
            let start = Instant::now();
            let found = segments.cluster(&features)?;
            let seconds = start.elapsed().as_secs_f64();
            let mut sizes: Vec<f64> = found.clusters.iter().map(|c| c.fans as f64).collect();
            sizes.sort_by(f64::total_cmp);
            Ok((seconds, sizes))
        }
        ("logistic", _) => {
            let (x, y) = (folder.floats("logistic-x")?, folder.floats("logistic-y")?);
            let day = NaiveDate::from_ymd_opt(2025, 1, 1).ok_or("no such day")?;
            let example = |(i, (x, y)): (usize, (&[f64; FEATURES], &f64))| Example {
                id: format!("{i:07}"),
                date: day,
                known: day,
                label: *y > 0.5,
                features: x.to_vec(),
                rankings: vec![],
            };
            let examples: Vec<Example> = x.as_chunks().0.iter().zip(&y).enumerate().map(example).collect();
            let names = (0..FEATURES).map(|i| Feature::new(format!("x{i}"), "x", "")).collect();
            let set = TrainingSet::new(Task::default(), names, vec![], examples)?;
            let after = day + TimeDelta::days(1);
            let slices = Slices { train_from: None, calibrate_from: after, test_from: after, test_until: None };
            let settings = LearnedSettings {
                ridge: Some(RIDGE),
                calibration: CalibrationMethod::Identity,
                clip: 1000.0,
                ..LearnedSettings::default()
            };
            let start = Instant::now();
            let model = train(&set, &slices, &settings)?;
            let seconds = start.elapsed().as_secs_f64();
            Ok((seconds, std::iter::once(model.intercept()).chain(model.features().iter().map(|f| f.coefficient)).collect()))
        }
        ("rfm", _) => {
            let artist = numbers(&folder.0.join("events-artist"), u32::from_le_bytes)?;
            let fan = numbers(&folder.0.join("events-fan"), u32::from_le_bytes)?;
            let day = numbers(&folder.0.join("events-day"), i32::from_le_bytes)?;
            let kind = std::fs::read(folder.0.join("events-kind"))?;
            let amount = folder.floats("events-amount")?;
            let events =
                FanEventColumns { artist: &artist, fan: &fan, day: &day, kind: &kind, amount: Some(&amount), ..FanEventColumns::EMPTY };
            let as_of = Day::from_ymd(2026, 3, 31)?;
            let start = Instant::now();
            let table = FanTable::from_events(&events, as_of, &FanSettings::default())?;
            let seconds = start.elapsed().as_secs_f64();
            let sum = |of: fn(&fanpulse_core::fans::FanRow) -> f64| table.rows().iter().map(of).sum::<f64>();
            let figures = vec![
                table.len() as f64,
                sum(|r| f64::from(r.last_day.days())),
                sum(|r| f64::from(r.active_days)),
                sum(|r| f64::from(r.paid_days)),
                sum(|r| r.spend),
                sum(|r| r.window_spend),
                sum(|r| f64::from(r.window.active_days)),
                sum(|r| r.window.quality),
                sum(|r| r.window.shares),
                sum(|r| r.window_social),
                sum(|r| r.window_hours),
            ];
            Ok((seconds, figures))
        }
        _ => Err(format!("unknown task `{task}`").into()),
    }
}

fn main() -> Outcome<()> {
    let folder = Folder(std::env::args().nth(1).ok_or("usage: peer_models FOLDER")?.into());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (task, threads) = line.rsplit_once(' ').ok_or("a line is TASK THREADS")?;
        let pool = ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
        let (seconds, figures) = pool.install(|| run(task, &folder))?;
        let words: Vec<String> = figures.iter().map(f64::to_string).collect();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{seconds} {}", words.join(" "))?;
        out.flush()?;
    }
    Ok(())
}
