//! Daily streams: how well momentum ranks the growth that follows, and a breakout learned from the same days.
//!
//! `cargo run --release --example backtest_momentum -- <global_daily_….csv.gz> [model-card.md]`
//!
//! Columns read: `date,artist,streams`; a day without an artist's row is missing, not zero.

use std::collections::BTreeMap;
use std::error::Error;

use chrono::NaiveDate;
use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::learned::series::{DailySeries, growth_examples};
use fanpulse_core::learned::{Example, Slices, TrainingSet, momentum, train};
use fanpulse_core::settings::{GrowthSettings, LearnedSettings};
use fanpulse_core::{Day, Engine, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let file = std::env::args().nth(1).ok_or("usage: backtest_momentum <global_daily_….csv.gz> [model-card.md]")?;
    let series = read(&file)?;
    let first = series.iter().map(|s| s.start).min().ok_or("no rows")?;
    let last = series.iter().map(|s| s.start.plus(s.values.len() as i32 - 1)).max().ok_or("no rows")?;
    let engine = Engine::default();
    let days: Vec<Day> = (0..).map(|k| first.plus(29 + 7 * k)).take_while(|d| d.plus(14) <= last).collect();
    let result = momentum::backtest(&engine, &series, &days, 14)?;
    println!(
        "momentum, {} days: mean Spearman with the growth of the next {} days {:.3} (standard error {:.3})",
        result.days.len(),
        result.horizon_days,
        result.mean_spearman.unwrap_or(f64::NAN),
        result.standard_error.unwrap_or(f64::NAN)
    );

    let set = with_indicators(growth_examples(&series, &GrowthSettings::default())?, &series, &engine)?;
    let day = |y, m| NaiveDate::from_ymd_opt(y, m, 1).ok_or("no such day");
    let slices = Slices { train_from: None, calibrate_from: day(2019, 3)?, test_from: day(2019, 8)?, test_until: None };
    let text = train(&set, &slices, &LearnedSettings::default())?.card().to_markdown("growth of daily streams");
    println!("{text}");
    if let Some(path) = std::env::args().nth(2) {
        std::fs::write(path, text)?;
    }
    Ok(())
}

fn read(file: &str) -> Result<Vec<DailySeries>> {
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(file)?));
    let mut rows: BTreeMap<String, BTreeMap<Day, f64>> = BTreeMap::new();
    for row in reader.records() {
        let row = row?;
        rows.entry(row[1].to_owned()).or_default().insert(row[0].parse()?, row[2].parse()?);
    }
    let series = |(id, days): (String, BTreeMap<Day, f64>)| {
        let start = *days.keys().next()?;
        let length = days.keys().next_back()?.days() - start.days() + 1;
        let values = (0..length).map(|i| days.get(&start.plus(i)).copied().unwrap_or(f64::NAN)).collect();
        Some(DailySeries { id, start, values })
    };
    Ok(rows.into_iter().filter_map(series).collect())
}

/// The set with the breakout by indicators as a further ranking to beat; 0 where momentum has too little data.
fn with_indicators(set: TrainingSet, series: &[DailySeries], engine: &Engine) -> Result<TrainingSet> {
    let mut data = Dataset::default();
    for s in series {
        for (i, &value) in s.values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            data.push_observation(&Observation {
                artist_id: s.id.as_str(),
                platform: "streams",
                metric: Metric::Streams,
                observed_at: Instant::from(s.start.plus(i as i32)),
                value,
            })?;
        }
    }
    let mut examples: Vec<Example> = set.examples().to_vec();
    for on_one_day in examples.chunk_by_mut(|a, b| a.date == b.date) {
        let as_of: Day = on_one_day[0].date.to_string().parse()?;
        let scores = engine.score(&data, as_of)?;
        for e in on_one_day {
            let artist = data.artists.code(&e.id).map_or(usize::MAX, |c| c as usize);
            let value = |column: &[f64]| column.get(artist).copied().filter(|x| !x.is_nan()).unwrap_or(0.0);
            e.rankings.extend([value(&scores.breakout), value(&scores.momentum)]);
        }
    }
    let mut rankings = set.rankings().to_vec();
    rankings.extend(["breakout by indicators".to_owned(), "momentum index".to_owned()]);
    Ok(TrainingSet::new(set.task().clone(), set.features().to_vec(), rankings, examples)?)
}
