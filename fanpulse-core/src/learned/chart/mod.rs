//! Charts: who charted where in which week, and examples of debuts that did or did not break out.
//!
//! A chart has no size of an artist in it, only places. What a place is worth changes with the years, so debuts are
//! compared with what songs at the same place did shortly before.

mod credit;
mod debut;
mod moves;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use hashbrown::HashMap;

use crate::settings::ChartSettings;
use crate::{Error, Result};

pub use credit::split_credit;
pub use debut::{Newcomer, debuts, newcomers};

/// One place of one week's chart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChartEntry {
    /// The chart's date.
    pub week: NaiveDate,
    /// The place, from 1.
    pub place: u32,
    /// Who is credited, for instance `Kygo Featuring Conrad Sewell`.
    pub artist: String,
    /// The song's title.
    pub title: String,
}

/// One song of one lead artist; songs of a name with different guests are one.
#[derive(Debug)]
pub(super) struct Song {
    pub(super) title: usize,
    pub(super) lead: usize,
    /// The others that were credited.
    pub(super) partners: Vec<usize>,
    /// Place in each week on the chart, ascending by week; the best where it stands twice in one.
    pub(super) run: Vec<(usize, u32)>,
}

impl Song {
    pub(super) fn first(&self) -> usize {
        self.run[0].0
    }

    /// The place in a week, if it is on the chart.
    pub(super) fn place(&self, week: usize) -> Option<u32> {
        self.run.binary_search_by_key(&week, |r| r.0).ok().map(|i| self.run[i].1)
    }

    /// The best place of weeks `from..=to`.
    pub(super) fn best(&self, from: usize, to: usize) -> Option<u32> {
        self.run.iter().filter(|(week, _)| (from..=to).contains(week)).map(|(_, place)| *place).min()
    }
}

/// One appearance of a name on the chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Appearance {
    pub(super) week: usize,
    pub(super) place: u32,
    pub(super) lead: bool,
    pub(super) title: usize,
}

/// A chart's history, indexed by song and by name. Weeks are counted along its dates.
#[derive(Debug)]
pub struct Chart {
    pub(super) weeks: Vec<NaiveDate>,
    pub(super) names: Vec<String>,
    pub(super) songs: Vec<Song>,
    /// Songs of each name as lead, in order of their first week.
    pub(super) songs_of: Vec<Vec<usize>>,
    /// All appearances of each name, ascending by week.
    pub(super) appearances: Vec<Vec<Appearance>>,
    pub(super) places: u32,
}

/// Numbers for strings, in order of their first use.
#[derive(Default)]
struct Numbers(HashMap<String, usize>);

impl Numbers {
    fn of(&mut self, s: String) -> usize {
        let next = self.0.len();
        *self.0.entry(s).or_insert(next)
    }
}

impl Chart {
    /// Indexes a chart; rows may come in any order.
    ///
    /// # Errors
    /// `invalid` where a place lies outside the chart or a credit is empty; the message names the row.
    pub fn new(mut entries: Vec<ChartEntry>, settings: &ChartSettings) -> Result<Self> {
        settings.validate()?;
        for (row, e) in entries.iter().enumerate() {
            if !(1..=settings.places).contains(&e.place) {
                return Err(Error::invalid(format!("chart row {row} ({}): place {} is outside 1 to {}", e.week, e.place, settings.places)));
            }
            if split_credit(&e.artist).is_empty() {
                return Err(Error::invalid(format!("chart row {row} ({}): artist `{}` names nobody", e.week, e.artist)));
            }
        }
        entries.sort_unstable();
        entries.dedup();
        let mut chart = Self {
            weeks: entries.chunk_by(|a, b| a.week == b.week).map(|c| c[0].week).collect(),
            names: Vec::new(),
            songs: Vec::new(),
            songs_of: Vec::new(),
            appearances: Vec::new(),
            places: settings.places,
        };
        let (mut names, mut titles) = (Numbers::default(), Numbers::default());
        let mut song_numbers: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut week = 0;
        for e in entries {
            week += usize::from(e.week != chart.weeks[week]);
            let title = titles.of(e.title.trim().to_lowercase());
            let credited: Vec<usize> = split_credit(&e.artist).into_iter().map(|name| chart.name(&mut names, name)).collect();
            let lead = credited[0];
            for (i, &name) in credited.iter().enumerate() {
                chart.appearances[name].push(Appearance { week, place: e.place, lead: i == 0, title });
            }
            let number = *song_numbers.entry((title, lead)).or_insert(chart.songs.len());
            if number == chart.songs.len() {
                chart.songs.push(Song { title, lead, partners: Vec::new(), run: Vec::new() });
                chart.songs_of[lead].push(number);
            }
            let song = &mut chart.songs[number];
            // Rows are sorted by week, then place: the first of a week is the best.
            if song.run.last().is_none_or(|last| last.0 != week) {
                song.run.push((week, e.place));
            }
            for &name in &credited[1..] {
                if name != lead && !song.partners.contains(&name) {
                    song.partners.push(name);
                }
            }
        }
        Ok(chart)
    }

    fn name(&mut self, numbers: &mut Numbers, name: String) -> usize {
        let number = numbers.of(name.clone());
        if number == self.names.len() {
            self.names.push(name);
            self.songs_of.push(Vec::new());
            self.appearances.push(Vec::new());
        }
        number
    }

    /// The dates of the chart, ascending.
    #[must_use]
    pub fn weeks(&self) -> &[NaiveDate] {
        &self.weeks
    }

    /// Log-odds of a place; one off the chart counts as half a place below the last.
    ///
    /// # Formula
    /// `ln((N + 1 − p)/p)`, N the places of the chart; off the chart p = N + ½.
    pub(super) fn score(&self, place: Option<u32>) -> f64 {
        let n = f64::from(self.places);
        let p = place.map_or(n + 0.5, f64::from);
        crate::math::ln((n + 1.0 - p) / p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn entry(week: i64, place: u32, artist: &str, title: &str) -> ChartEntry {
        let week = crate::learned::set::tests::day(7 * week);
        ChartEntry { week, place, artist: artist.into(), title: title.into() }
    }

    #[test]
    fn songs_gather_under_their_lead_and_order_does_not_matter() {
        let mut rows = vec![
            entry(0, 5, "Ann", "One"),
            entry(1, 3, "Ann Featuring Bob", "One"),
            entry(3, 9, "ann", "one"),
            entry(1, 7, "Bob & Ann", "Two"),
        ];
        let chart = Chart::new(rows.clone(), &ChartSettings::default()).unwrap();
        assert_eq!(chart.songs.len(), 2);
        assert_eq!(chart.songs[0].run, [(0, 5), (1, 3), (2, 9)]);
        assert_eq!((chart.songs[0].place(1), chart.songs[0].place(3), chart.songs[0].best(1, 2)), (Some(3), None, Some(3)));
        assert_eq!(chart.names, ["ann", "bob"]);
        assert_eq!(chart.appearances[0].iter().filter(|a| a.lead).count(), 3);
        rows.reverse();
        let again = Chart::new(rows, &ChartSettings::default()).unwrap();
        assert_eq!(again.songs[0].run, chart.songs[0].run);
    }

    #[test]
    fn rows_outside_the_chart_are_named() {
        let error = Chart::new(vec![entry(0, 101, "Ann", "One")], &ChartSettings::default()).unwrap_err();
        assert_eq!(error.to_string(), "chart row 0 (2000-01-01): place 101 is outside 1 to 100");
        assert!(Chart::new(vec![entry(0, 1, " ", "One")], &ChartSettings::default()).is_err());
        assert!(Chart::new(vec![], &ChartSettings::default()).unwrap().weeks().is_empty());
    }
}
