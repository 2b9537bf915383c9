//! Learned breakout on the Billboard Hot 100: who of the artists new to the chart reaches the top ten?
//!
//! `cargo run --release --example backtest_hot100 -- <folder with hot100_*.csv.gz> [model-card.md]`
//!
//! Columns read: `chart_date,position,song,artist`. Trains on debuts before 2005, calibrates on 2005–2009, tests on
//! 2010–2019; then walks forward year by year; then shows what each family of features and each amount of
//! data is worth.

use std::error::Error;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fanpulse_core::learned::chart::{Chart, ChartEntry, debuts};
use fanpulse_core::learned::{
    Comparison, Evaluation, LogisticBreakout, Slices, TrainingSet, WalkForward, ablation, backtest, evaluate, learning_curve, table, train,
};
use fanpulse_core::settings::{CalibrationMethod, ChartSettings, ClassWeight, LearnedSettings};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: backtest_hot100 <folder with hot100_*.csv.gz> [model-card.md]")?;
    let card = arguments.next().map(PathBuf::from);

    let settings = ChartSettings::default();
    let chart = Chart::new(read(Path::new(&folder))?, &settings)?;
    let set = debuts(&chart, &settings)?;
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).ok_or("no such year");
    let slices = Slices { train_from: Some(day(1959)?), calibrate_from: day(2005)?, test_from: day(2010)?, test_until: Some(day(2020)?) };
    let learned = LearnedSettings::default();

    let model = train(&set, &slices, &learned)?;
    let mut text = model.card().to_markdown("breakout on the Hot 100");
    text.push_str(&complete(&model, &set, &slices, &chart, &learned)?);
    text.push_str(&walk_forward(&set, &learned, day(2010)?, day(2020)?)?);
    text.push_str(&variants(&set, &slices, &learned)?);
    text.push_str(&worth(&set, &slices, &learned)?);
    println!("{text}");
    if let Some(path) = card {
        std::fs::write(path, text)?;
    }
    show_one(&model, &set)
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

fn walk_forward(set: &TrainingSet, settings: &LearnedSettings, from: NaiveDate, until: NaiveDate) -> Result<String> {
    let plan = WalkForward { test_from: from, test_until: until, step_months: 12, calibrate_months: 60 };
    let result = backtest(set, &plan, settings)?;
    let mut text = format!(
        "\n## Walk-forward, trained anew each year\n\n{}\n| from | examples | positive | trained on | AUC |\n|---|---|---|---|---|\n",
        table(&result.comparison)
    );
    for s in &result.steps {
        let auc = s.auc.map_or_else(|| "–".to_owned(), |a| format!("{a:.3}"));
        text.push_str(&format!("| {} | {} | {} | {} | {auc} |\n", s.test.first, s.test.rows, s.test.positives, s.train.rows));
    }
    Ok(text)
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

/// The drivers of the likeliest breakout of the last year.
fn show_one(model: &LogisticBreakout, set: &TrainingSet) -> Result<()> {
    let start = NaiveDate::from_ymd_opt(2019, 1, 1).ok_or("no such day")?;
    let mut best = None;
    for e in set.examples().iter().filter(|e| e.date >= start) {
        let p = model.predict_example(set, e)?;
        if best.as_ref().is_none_or(|(_, b): &(_, fanpulse_core::learned::Prediction)| p.probability > b.probability) {
            best = Some((e, p));
        }
    }
    let Some((e, p)) = best else { return Ok(()) };
    eprintln!("{} ({}): probability {:.2}, came true: {}", e.id, e.date, p.probability, e.label);
    for d in p.drivers.iter().take(5) {
        eprintln!("  {:<20} {:>8.2} adds {:+.2} to the log-odds", d.feature, d.value.unwrap_or(f64::NAN), d.contribution);
    }
    Ok(())
}
