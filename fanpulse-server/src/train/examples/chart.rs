//! A chart's history from delimited text.

use std::path::PathBuf;

use chrono::NaiveDate;
use fanpulse_core::Day;
use fanpulse_core::learned::chart::{Chart, ChartEntry, split_credit};
use fanpulse_core::settings::ChartSettings;
use fanpulse_platforms::TextTable;

use super::{date, find, read_table, shown};
use crate::error::{Failure, Result};

/// How many places a chart has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Places {
    /// As many as its lowest place says.
    AsFound,
    /// As many as the settings say; what is dated after the day is left out.
    Known { until: Day },
}

/// A chart and the settings by which it is indexed.
pub(crate) struct ReadChart {
    pub(crate) index: Chart,
    pub(crate) settings: ChartSettings,
}

/// Reads a chart from one or more files, and says how many rows it has.
pub(crate) fn read(files: &[PathBuf], settings: &ChartSettings, places: Places) -> Result<(ReadChart, u64)> {
    let most = match places {
        Places::AsFound => 1000,
        Places::Known { .. } => settings.places,
    };
    let mut table = ChartTable { most, columns: [0; 4], entries: Vec::new() };
    let mut rows = 0;
    for file in files {
        rows += read_table(file, &mut table)?;
    }
    let mut settings = settings.clone();
    match places {
        Places::AsFound => settings.places = table.entries.iter().map(|e| e.place).max().unwrap_or(0).max(10),
        Places::Known { until } => {
            let until = until.date();
            table.entries.retain(|e| e.week <= until);
            if table.entries.is_empty() {
                return Err(Failure::failed(format!("{}: no week of the chart lies before {until}", files[0].display())));
            }
        }
    }
    let index = Chart::new(table.entries, &settings).map_err(|e| Failure::failed(e.message()))?;
    Ok((ReadChart { index, settings }, rows))
}

struct ChartTable {
    /// The lowest place that may occur.
    most: u32,
    /// Where date, place, title and artist stand.
    columns: [usize; 4],
    entries: Vec<ChartEntry>,
}

impl TextTable for ChartTable {
    fn header(&mut self, names: &[String]) -> Result<(), String> {
        let no_chart = |e| format!("this is no chart: {e}");
        self.columns = [
            find(names, &["chart_date", "date", "week"]).map_err(no_chart)?,
            find(names, &["position", "place", "rank"]).map_err(no_chart)?,
            find(names, &["song", "title"]).map_err(no_chart)?,
            find(names, &["artist"]).map_err(no_chart)?,
        ];
        Ok(())
    }

    fn row(&mut self, cells: &[&str]) -> Result<(), String> {
        let [week, place, title, artist] = self.columns.map(|c| cells[c]);
        let week: NaiveDate = date(week, "date of the chart")?;
        let place = match place.parse::<u32>() {
            Ok(p) if (1..=self.most).contains(&p) => p,
            _ => return Err(format!("position: {} is not a place from 1 to {}", shown(place), self.most)),
        };
        if split_credit(artist).is_empty() {
            return Err(format!("artist: {} names nobody", shown(artist)));
        }
        self.entries.push(ChartEntry { week, place, artist: artist.to_owned(), title: title.to_owned() });
        Ok(())
    }
}
