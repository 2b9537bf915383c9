//! From files to labelled examples: the debuts of a chart, the growth of daily series, or a table of one's own.

mod chart;
mod daily;
mod table;

use std::path::Path;

use chrono::{Datelike, NaiveDate};
use fanpulse_core::learned::TrainingSet;
use fanpulse_core::settings::Settings;

use super::Label;
use crate::cli::{ExampleArgs, ModelInputs};
use crate::error::{Failure, Result};
use crate::progress::Reading;
use crate::score;

pub(crate) use chart::{Places, read as read_chart};

/// Labelled examples, and from where on they may train.
pub(crate) struct Examples {
    pub(crate) set: TrainingSet,
    /// Where a chart begins, nobody knows who was on it before: its first calendar year trains nothing.
    pub(crate) train_from: Option<NaiveDate>,
}

/// The engine's settings, with what the command line says of the label.
pub(crate) fn settings(args: &ExampleArgs) -> Result<Settings> {
    let mut settings = score::settings::load(args.settings.as_deref(), None)?;
    settings.learned.features.clone_from(&args.features);
    match &args.label {
        Label::Top(place) => {
            settings.chart.top = *place;
            if let Some(weeks) = args.observe {
                settings.chart.observe_weeks = weeks;
            }
            if let Some(weeks) = args.horizon {
                settings.chart.horizon_weeks = weeks;
            }
        }
        Label::Growth(factor) => {
            settings.growth.factor = *factor;
            if let Some(days) = args.horizon {
                settings.growth.horizon_days = days;
            }
        }
        Label::Column(_) => {}
    }
    Ok(settings)
}

/// What the options mean only together.
pub(crate) fn check_usage(args: &ExampleArgs) -> Result<()> {
    let only = |given: bool, option: &str, label: &str| {
        if given { Err(Failure::Usage(format!("{option} goes with --label {label} only"))) } else { Ok(()) }
    };
    if !matches!(args.label, Label::Top(_)) {
        only(args.observe.is_some(), "--observe", "top=PLACE")?;
    }
    if !matches!(args.label, Label::Growth(_)) {
        only(args.inputs != ModelInputs::Daily, "--inputs", "growth=FACTOR")?;
        only(args.map.is_some(), "--map", "growth=FACTOR")?;
        only(args.lenient, "--lenient", "growth=FACTOR")?;
    }
    if args.data.iter().any(|f| f.as_os_str() == "-") && !matches!(args.label, Label::Growth(_)) {
        return Err(Failure::Usage("standard input is read with --label growth=FACTOR only; name a file".to_owned()));
    }
    Ok(())
}

/// Reads the files and makes the examples.
pub(crate) fn read(args: &ExampleArgs, settings: &Settings) -> Result<Examples> {
    match &args.label {
        Label::Top(_) => {
            let (chart, rows) = chart::read(&args.data, &settings.chart, Places::AsFound)?;
            let spinner = crate::progress::stage(&format!("measuring the debuts of {rows} chart rows"));
            let set = fanpulse_core::learned::chart::debuts(&chart.index, &chart.settings);
            spinner.finish_and_clear();
            let train_from = chart.index.weeks().first().and_then(|first| NaiveDate::from_ymd_opt(first.year() + 1, 1, 1));
            Ok(Examples { set: set.map_err(|e| Failure::failed(e.message()))?, train_from })
        }
        Label::Growth(_) => Ok(Examples { set: daily::examples(args, settings)?, train_from: None }),
        Label::Column(label) => {
            let set = table::read(&args.data, label, &args.features, args.horizon)?;
            Ok(Examples { set, train_from: None })
        }
    }
}

/// Reads a table of delimited text with a bar.
fn read_table(path: &Path, table: &mut dyn fanpulse_platforms::TextTable) -> Result<u64> {
    let reading = Reading::start(&path.display().to_string());
    let progress = move |bytes: u64, size: Option<u64>| reading.at(bytes, size);
    Ok(fanpulse_platforms::read_text_table(path, Some(&progress), table)?)
}

/// Where a column stands that may have one of several names.
fn find(names: &[String], any: &[&str]) -> Result<usize, String> {
    let found: Vec<usize> = (0..names.len()).filter(|&i| any.contains(&names[i].trim())).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(format!("no column {} among {}", any.join(" or "), quoted(names))),
        _ => Err(format!("more than one column is {}: {}", any.join(" or "), quoted(names))),
    }
}

/// The first names of a header.
fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{}`", crate::terminal::harmless(n))).collect();
    if names.len() > SHOWN {
        text.push(format!("{} more", names.len() - SHOWN));
    }
    text.join(", ")
}

/// A cell as it is shown in a message: short, on one line.
fn shown(cell: &str) -> String {
    let mut text: String = crate::terminal::harmless(cell).chars().take(40).collect();
    if text.chars().count() < cell.chars().count() {
        text.push('…');
    }
    format!("\"{text}\"")
}

/// A date cell.
fn date(cell: &str, column: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(cell, "%Y-%m-%d").map_err(|_| format!("{column}: {} is not a date of the form YYYY-MM-DD", shown(cell)))
}
