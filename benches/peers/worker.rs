//! FanPulse's side of the peer comparison: loads or re-reads the files and scores them on demand.
//!
//! `peer_worker [--from-parquet] OBSERVATIONS [POSTS] AS_OF WINDOW`, then lines on standard input: `run THREADS`
//! answers the seconds taken, `dump PATH` writes the scores as Parquet.

use std::fs::File;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt32Array};
use fanpulse_core::ingest::{Dataset, Times};
use fanpulse_core::settings::Settings;
use fanpulse_core::time::MICROS_PER_DAY;
use fanpulse_core::{Day, Engine, Scores};
use fanpulse_platforms::{ReadOptions, read};
use mimalloc::MiMalloc;
use parquet::arrow::ArrowWriter;
use rayon::ThreadPoolBuilder;

/// That of the binary `fanpulse`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn load(files: &[PathBuf]) -> Outcome<Dataset> {
    let mut data = Dataset::default();
    for file in files {
        read(file, &ReadOptions::default(), &mut data)?;
    }
    Ok(data)
}

/// The columns in memory, as narrow as the engine takes them: codes of 32 bits for artists and of 16 for platform and metric,
/// days of 32 bits for observations of whole days, floats; posts with times of 64 bits, and without their ids.
struct Columns {
    data: Dataset,
    /// The observations' days, where all are of midnight.
    days: Option<Vec<i32>>,
}

impl Columns {
    fn of(data: Dataset) -> Self {
        let day = |&at: &i64| (at % MICROS_PER_DAY == 0).then_some(at / MICROS_PER_DAY).and_then(|day| i32::try_from(day).ok());
        let days = data.observations.at.iter().map(day).collect();
        Self { data, days }
    }

    fn score(&self, engine: &Engine, as_of: Day) -> Outcome<Scores> {
        let mut observations = self.data.observations();
        if let Some(days) = &self.days {
            observations.time = Times::Days(days);
        }
        Ok(engine.score_batch(self.data.artists.len(), &observations, &self.data.posts(), as_of)?)
    }
}

fn dump(scores: &Scores, columns: &Columns, path: &Path) -> Outcome<()> {
    let some = |column: &[f64]| Arc::new(Float64Array::from_iter(column.iter().map(|v| (!v.is_nan()).then_some(*v)))) as ArrayRef;
    // Coverage stands only beside a score.
    let coverage: Vec<f64> =
        scores.fvs.iter().zip(&scores.fvs_coverage).map(|(fvs, coverage)| if fvs.is_nan() { f64::NAN } else { *coverage }).collect();
    let ids: Vec<String> = match columns.data.artists.len() {
        0 => (0..scores.artists()).map(|i| scores.artist_id(i)).collect(),
        _ => columns.data.artists.iter().map(str::to_owned).collect(),
    };
    let batch = RecordBatch::try_from_iter([
        ("artist_id", Arc::new(StringArray::from(ids)) as ArrayRef),
        ("fvs", some(&scores.fvs)),
        ("coverage", some(&coverage)),
        ("momentum", some(&scores.momentum)),
        ("momentum_low", some(&scores.momentum_low)),
        ("momentum_high", some(&scores.momentum_high)),
        ("velocity_se", some(&scores.velocity_se)),
        ("velocity", some(&scores.velocity_score)),
        ("acceleration", some(&scores.acceleration_score)),
        ("consistency", some(&scores.consistency_score)),
        ("viral_potential", some(&scores.viral_potential_score)),
        ("breakout", some(&scores.breakout)),
        ("viral_posts", Arc::new(UInt32Array::from(scores.viral_posts.clone())) as ArrayRef),
    ])?;
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn main() -> Outcome<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let from_files = args.first().is_some_and(|a| a == "--from-parquet");
    if from_files {
        args.remove(0);
    }
    let usage = "usage: peer_worker [--from-parquet] OBSERVATIONS [POSTS] AS_OF WINDOW";
    let window_days: u32 = args.pop().ok_or(usage)?.parse()?;
    let as_of: Day = args.pop().ok_or(usage)?.parse()?;
    let files: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
    let engine = Engine::builder().settings(Settings { window_days, ..Settings::default() }).build()?;

    let loaded = Columns::of(if from_files { Dataset::default() } else { load(&files)? });
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {}", loaded.data.artists.len())?;
    out.flush()?;
    let mut latest = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("run", threads)) => {
                let pool = ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
                let start = Instant::now();
                let scores = pool.install(|| -> Outcome<Scores> {
                    if from_files { Ok(engine.score(&load(&files)?, as_of)?) } else { loaded.score(&engine, as_of) }
                })?;
                writeln!(out, "{}", start.elapsed().as_secs_f64())?;
                out.flush()?;
                latest = Some(scores);
            }
            Some(("dump", path)) => dump(latest.as_ref().ok_or("nothing has been run")?, &loaded, Path::new(path))?,
            _ => return Err(format!("unknown line `{line}`").into()),
        }
    }
    Ok(())
}
