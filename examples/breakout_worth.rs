//! What each family of features and each amount of data is worth to a learned breakout on the Billboard Hot 100.
//!
//! `cargo run --release --example breakout_worth -- <folder with hot100_*.csv.gz>`
//!
//! Columns read: `chart_date,position,song,artist`. Trained on debuts before 2005, calibrated on 2005–2009, judged on
//! 2010–2019, as `fanpulse train --label top=10` does.

use std::error::Error;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fanpulse_core::learned::chart::{Chart, ChartEntry, debuts};
use fanpulse_core::learned::{
    Comparison, Evaluation, LogisticBreakout, Slices, TrainingSet, ablation, evaluate, learning_curve, table, train,
};
use fanpulse_core::settings::{CalibrationMethod, ChartSettings, ClassWeight, LearnedSettings};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or("usage: breakout_worth <folder with hot100_*.csv.gz>")?;
    let settings = ChartSettings::default();
    let chart = Chart::new(read(Path::new(&folder))?, &settings)?;
    let set = debuts(&chart, &settings)?;
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).ok_or("no such year");
    let slices = Slices { train_from: Some(day(1959)?), calibrate_from: day(2005)?, test_from: day(2010)?, test_until: Some(day(2020)?) };
    let learned = LearnedSettings::default();

    let model = train(&set, &slices, &learned)?;
    let mut text = complete(&model, &set, &slices, &chart, &learned)?;
    text.push_str(&variants(&set, &slices, &learned)?);
    text.push_str(&worth(&set, &slices, &learned)?);
    println!("{text}");
    Ok(())
}

/// Every file of the folder whose name begins with `hot100`.
fn read(folder: &Path) -> Result<Vec<ChartEntry>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|f| f.map(|f| f.path())).collect::<std::io::Result<_>>()?;
    files.retain(|f| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with("hot100")));
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(&file)?));
        let headers = reader.headers()?.clone();
        let column = |name: &str| headers.iter().position(|h| h == name).ok_or_else(|| format!("{}: no column {name}", file.display()));
        let (week, place, title, artist) = (column("chart_date")?, column("position")?, column("song")?, column("artist")?);
        for row in reader.records() {
            let row = row?;
            entries.push(ChartEntry {
                week: row[week].parse()?,
                place: row[place].parse()?,
                artist: row[artist].to_owned(),
                title: row[title].to_owned(),
            });
        }
    }
    Ok(entries)
}

/// The same model on debuts whose 31 weeks lie within the chart: the last ones' outcome was cut off with the data.
fn complete(model: &LogisticBreakout, set: &TrainingSet, slices: &Slices, chart: &Chart, settings: &LearnedSettings) -> Result<String> {
    let last = *chart.weeks().last().ok_or("the chart is empty")?;
    let known = set.known_by(last).filtered(|e| e.date >= slices.test_from);
    let e = evaluate(model, &known, settings)?;
    Ok(format!("\nOnly debuts whose horizon lies within the data: {}\n", line(&e)))
}

/// The same training with other weights and other calibrations.
fn variants(set: &TrainingSet, slices: &Slices, settings: &LearnedSettings) -> Result<String> {
    let mut lines = Vec::new();
    for (name, settings) in [
        ("classes balanced", LearnedSettings { class_weight: ClassWeight::Balanced, ..settings.clone() }),
        ("left uncalibrated", LearnedSettings { calibration: CalibrationMethod::Identity, ..settings.clone() }),
        ("always Platt", LearnedSettings { calibration: CalibrationMethod::Platt, ..settings.clone() }),
        ("always isotonic", LearnedSettings { calibration: CalibrationMethod::Isotonic, ..settings.clone() }),
    ] {
        let model = train(set, slices, &settings)?;
        let name = format!("{name} ({})", model.card().calibration);
        lines.push(Comparison { name, evaluation: model.card().evaluation.clone(), auc_gain: None });
    }
    Ok(format!("\n## Variants\n\n{}", table(&lines)))
}

/// Ablation and learning curve.
fn worth(set: &TrainingSet, slices: &Slices, settings: &LearnedSettings) -> Result<String> {
    let figures = |e: &Option<Evaluation>| {
        let value = |x: Option<fanpulse_core::learned::Estimate>| x.map_or(f64::NAN, |x| x.value);
        e.as_ref().map_or_else(|| "– | –".to_owned(), |e| format!("{:.3} | {:.3}", value(e.auc), value(e.average_precision)))
    };
    let mut text = String::from("\n## Ablation\n\n| family | AUC without | AP without | AUC alone | AP alone |\n|---|---|---|---|---|\n");
    for a in ablation(set, slices, settings)? {
        text.push_str(&format!("| {} | {} | {} |\n", a.family, figures(&a.without), figures(&a.alone)));
    }
    text.push_str("\n## Learning curve\n\n| debuts trained on | draws | mean AUC | mean AP |\n|---|---|---|---|\n");
    for p in learning_curve(set, slices, &[250, 500, 1000, 2000, 4000, 100_000], 10, settings)? {
        let (auc, ap) = (p.auc.unwrap_or(f64::NAN), p.average_precision.unwrap_or(f64::NAN));
        text.push_str(&format!("| {} | {} | {auc:.3} | {ap:.3} |\n", p.rows, p.repeats));
    }
    Ok(text)
}

fn line(e: &Evaluation) -> String {
    let value = |x: Option<fanpulse_core::learned::Estimate>| x.map_or(f64::NAN, |x| x.value);
    format!(
        "{} debuts, {} positive, AUC {:.3}, AP {:.3}, expected calibration error {:.3}.",
        e.rows,
        e.positives,
        value(e.auc),
        value(e.average_precision),
        e.calibration_error.unwrap_or(f64::NAN)
    )
}
