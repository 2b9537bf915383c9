//! A table of examples that somebody else made: `artist_id, date, known, <label>, <features…>`.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta};
use fanpulse_core::learned::{Example, Feature, Inputs, Task, TrainingSet};
use fanpulse_platforms::TextTable;

use super::{date, find, quoted, read_table, shown};
use crate::error::{Failure, Result};

/// Reads the examples of one or more files with the same columns. Where no column `known` says when a label was known, it
/// was `horizon` days after the example's date.
pub(super) fn read(files: &[PathBuf], label: &str, features: &[String], horizon: Option<u32>) -> Result<TrainingSet> {
    let mut table = Table { label: label.to_owned(), wanted: features.to_vec(), horizon, columns: None, examples: Vec::new() };
    for file in files {
        read_table(file, &mut table)?;
    }
    let names = table.columns.map(|c| c.features.into_iter().map(|(name, _)| name).collect::<Vec<_>>()).unwrap_or_default();
    let task = Task {
        data: files.iter().map(|f| f.file_name().unwrap_or(f.as_os_str()).to_string_lossy()).collect::<Vec<_>>().join(", "),
        observed: "as the table has it".to_owned(),
        horizon: horizon.map_or_else(|| "up to the day in `known`".to_owned(), |days| format!("{days} days")),
        label: format!("`{label}` of the table"),
        inputs: Inputs::Own,
    };
    let features = names.iter().map(|n| Feature::new(n, n, "a column of the table")).collect();
    let place = files.iter().map(|f| Path::display(f).to_string()).collect::<Vec<_>>().join(", ");
    TrainingSet::new(task, features, Vec::new(), table.examples).map_err(|e| Failure::failed(format!("{place}: {}", e.message())))
}

struct Columns {
    artist: usize,
    date: usize,
    known: Option<usize>,
    label: usize,
    features: Vec<(String, usize)>,
}

struct Table {
    label: String,
    /// The columns to use; empty = all that are left.
    wanted: Vec<String>,
    horizon: Option<u32>,
    columns: Option<Columns>,
    examples: Vec<Example>,
}

impl TextTable for Table {
    fn header(&mut self, names: &[String]) -> Result<(), String> {
        let artist = find(names, &["artist_id", "artist", "id"])?;
        let date = find(names, &["date"])?;
        let known = find(names, &["known"]).ok();
        if known.is_none() && self.horizon.is_none() {
            return Err("no column `known` with the day on which the label was known; --horizon DAYS says how long after `date`".to_owned());
        }
        let label = find(names, &[&self.label])?;
        let other = |i: &usize| ![artist, date, label].contains(i) && known != Some(*i);
        let features: Vec<(String, usize)> = if self.wanted.is_empty() {
            (0..names.len()).filter(other).map(|i| (names[i].trim().to_owned(), i)).collect()
        } else {
            self.wanted.iter().map(|w| find(names, &[w]).map(|i| (w.clone(), i))).collect::<Result<_, String>>()?
        };
        if features.is_empty() {
            return Err(format!("no column is left for a feature among {}", quoted(names)));
        }
        if let Some(before) = &self.columns
            && !before.features.iter().map(|f| &f.0).eq(features.iter().map(|f| &f.0))
        {
            return Err(format!("other features than in the file before: {}", quoted(names)));
        }
        self.columns = Some(Columns { artist, date, known, label, features });
        Ok(())
    }

    fn row(&mut self, cells: &[&str]) -> Result<(), String> {
        let Some(c) = &self.columns else { return Err("a row before the header".to_owned()) };
        if cells[c.artist].is_empty() {
            return Err("artist_id: nothing stands there".to_owned());
        }
        let day = date(cells[c.date], "date")?;
        let known = match (c.known, self.horizon) {
            (Some(column), _) => date(cells[column], "known")?,
            (None, horizon) => later(day, horizon.unwrap_or(0))?,
        };
        if known < day {
            return Err(format!("known: {known} lies before the date {day}"));
        }
        let label = match cells[c.label] {
            "1" | "true" | "TRUE" | "True" | "yes" => true,
            "0" | "false" | "FALSE" | "False" | "no" => false,
            other => return Err(format!("{}: {} is neither 0 nor 1", self.label, shown(other))),
        };
        let features = c.features.iter().map(|(name, column)| number(cells[*column], name)).collect::<Result<Vec<f64>, String>>()?;
        self.examples.push(Example { id: cells[c.artist].to_owned(), date: day, known, label, features, rankings: Vec::new() });
        Ok(())
    }
}

fn later(day: NaiveDate, days: u32) -> Result<NaiveDate, String> {
    day.checked_add_signed(TimeDelta::days(i64::from(days))).ok_or_else(|| format!("date: {days} days after {day} leave the calendar"))
}

/// A feature; empty or `nan` = missing.
fn number(cell: &str, column: &str) -> Result<f64, String> {
    if cell.is_empty() {
        return Ok(f64::NAN);
    }
    match cell.parse::<f64>() {
        Ok(x) if x.is_infinite() => Err(format!("{column}: {} is not finite", shown(cell))),
        Ok(x) => Ok(x),
        Err(_) => Err(format!("{column}: {} is not a number", shown(cell))),
    }
}
