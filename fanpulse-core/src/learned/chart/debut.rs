//! Examples of debuts: a lead artist's first weeks on the chart, and whether the top came after them.

use chrono::TimeDelta;
use rayon::prelude::*;

use super::moves::{Moves, Standing};
use super::{Appearance, Chart, Song};
use crate::learned::inputs::Inputs;
use crate::learned::set::{Example, Feature, Task, TrainingSet};
use crate::math::ln;
use crate::settings::ChartSettings;
use crate::{Error, Result};

const FEATURES: [(&str, &str, &str); 21] = [
    ("last_score", "place", "log-odds of the best place of the last observed week"),
    ("last_place", "place", "the best place of the last observed week, one below the last place where off the chart"),
    ("climb_1w", "trajectory", "climb over the last week, log-odds of the place"),
    ("climb_2w", "trajectory", "climb over the last two weeks"),
    ("climb_3w", "trajectory", "climb over the last three weeks"),
    ("acceleration", "trajectory", "climb of the last week less that of the week before"),
    ("rises", "trajectory", "weeks with a better place than the week before"),
    ("new_high_streak", "trajectory", "weeks in a row, up to the last, that brought a new best place"),
    ("surprise_1w", "surprise", "last move against those of young songs from about the same place over the past year, standard deviations"),
    ("surprise_2w", "surprise", "the same for the move before"),
    ("rate_5y", "rates", "log-odds that songs at this place with this move reached the top, past five years"),
    ("rate_2y", "rates", "the same, past two years"),
    ("rate_newcomers_10y", "rates", "the same, songs of newcomers only, past ten years"),
    ("rate_path_10y", "rates", "the same by the last three moves, past ten years, half-life three"),
    ("songs", "songs", "log of the songs so far"),
    ("songs_now", "songs", "log of 1 + the songs on the chart in the last week"),
    ("guest_songs", "earlier guest", "log of 1 + the songs as somebody else's guest so far"),
    ("guest_top", "earlier guest", "log of 1 + those that reached the top"),
    ("guest_now", "earlier guest", "log-odds of the best place as a guest in the last week"),
    ("partner_top", "partners", "log of 1 + the other songs in the top so far of the most successful artist credited beside"),
    ("partner_songs", "partners", "log of 1 + the other songs on the chart so far of the busiest artist credited beside"),
];

/// The debuts of a chart as examples.
///
/// A debut is a lead artist's first week; the first `observe_weeks` are observed; who is in the top by then is left out;
/// the label says whether the artist, as lead, reaches the top within `horizon_weeks` after that. Features hold what
/// the chart showed up to the last observed week, and nothing later. The label is known when the horizon is over; for the
/// youngest debuts that lies beyond the chart's end, and `TrainingSet::known_by` leaves those out.
///
/// # Errors
/// `invalid` where a setting is out of bounds, or the chart was indexed with another number of places.
pub fn debuts(chart: &Chart, settings: &ChartSettings) -> Result<TrainingSet> {
    settings.validate()?;
    check_places(chart, settings)?;
    let moves = Moves::of(chart, settings);
    let artists: Vec<usize> = (0..chart.names.len()).filter(|&a| !chart.songs_of[a].is_empty()).collect();
    // One artist per task, collected in their order: the same set whatever the thread count.
    let examples: Vec<Option<Example>> = artists.par_iter().map(|&a| Debut::of(chart, a, settings).map(|d| d.example(&moves))).collect();
    let task = Task {
        data: format!(
            "weekly chart of {} places, {} to {}",
            chart.places,
            chart.weeks.first().map(ToString::to_string).unwrap_or_default(),
            chart.weeks.last().map(ToString::to_string).unwrap_or_default()
        ),
        observed: format!(
            "a lead artist's first {} weeks on the chart, unless the top {} came within them",
            settings.observe_weeks, settings.top
        ),
        horizon: format!("the {} weeks after that", settings.horizon_weeks),
        label: format!("a place in the top {} as lead artist", settings.top),
        inputs: Inputs::Chart(settings.clone()),
    };
    let features = FEATURES.iter().map(|(name, family, meaning)| Feature::new(*name, *family, *meaning)).collect();
    let rankings = vec!["best position so far".to_owned(), "last position".to_owned()];
    TrainingSet::new(task, features, rankings, examples.into_iter().flatten().collect())
}

/// An artist new to a chart, as far as the chart goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Newcomer {
    /// The artist's name as the chart is indexed by it: one of [`super::split_credit`].
    pub name: String,
    /// The named features of the first weeks, or the number of weeks so far where they are not over.
    pub features: Result<Vec<(&'static str, f64)>, u32>,
}

/// The artists of whom it is open, at the end of the chart, whether they reach the top within the horizon.
///
/// # Errors
/// As [`debuts`].
pub fn newcomers(chart: &Chart, settings: &ChartSettings) -> Result<Vec<Newcomer>> {
    settings.validate()?;
    check_places(chart, settings)?;
    let moves = Moves::of(chart, settings);
    let (observe, horizon) = (settings.observe_weeks as usize, settings.horizon_weeks as usize);
    let artists: Vec<usize> = (0..chart.names.len()).filter(|&a| !chart.songs_of[a].is_empty()).collect();
    let one = |&artist: &usize| {
        let debut = Debut::of(chart, artist, settings)?;
        let weeks = chart.weeks.len() - debut.first;
        let reached = chart.songs_of[artist].iter().filter_map(|&s| chart.songs[s].best(debut.last + 1, chart.weeks.len())).min();
        if weeks > observe + horizon || reached.is_some_and(|p| p <= settings.top) {
            return None;
        }
        let features = if weeks < observe {
            Err(u32::try_from(weeks).unwrap_or(u32::MAX))
        } else {
            Ok(FEATURES.iter().map(|f| f.0).zip(debut.features(&moves)).collect())
        };
        Some(Newcomer { name: chart.names[artist].clone(), features })
    };
    Ok(artists.par_iter().filter_map(one).collect())
}

fn check_places(chart: &Chart, settings: &ChartSettings) -> Result<()> {
    if settings.places == chart.places {
        return Ok(());
    }
    Err(Error::invalid(format!("the chart has {} places, chart.places is {}", chart.places, settings.places)))
}

/// A lead artist's first weeks.
struct Debut<'a> {
    chart: &'a Chart,
    settings: &'a ChartSettings,
    artist: usize,
    songs: Vec<&'a Song>,
    first: usize,
    /// The last observed week.
    last: usize,
    /// The best place of each observed week.
    places: Vec<Option<u32>>,
}

impl<'a> Debut<'a> {
    /// `None` where the top came within the observed weeks.
    fn of(chart: &'a Chart, artist: usize, settings: &'a ChartSettings) -> Option<Self> {
        let first = chart.songs_of[artist].iter().map(|&s| chart.songs[s].first()).min()?;
        let last = (first + settings.observe_weeks as usize - 1).min(chart.weeks.len() - 1);
        let songs: Vec<&Song> = chart.songs_of[artist].iter().map(|&s| &chart.songs[s]).filter(|s| s.first() <= last).collect();
        let places: Vec<Option<u32>> = (first..=last).map(|w| songs.iter().filter_map(|s| s.place(w)).min()).collect();
        let top = places.iter().flatten().any(|&p| p <= settings.top);
        (!top).then_some(Self { chart, settings, artist, songs, first, last, places })
    }

    fn example(&self, moves: &Moves) -> Example {
        let (chart, horizon) = (self.chart, self.settings.horizon_weeks as usize);
        // Counted from the debut, so that a chart that ends within the observed weeks does not shift the horizon.
        let end = self.first + self.settings.observe_weeks as usize - 1;
        let later = chart.songs_of[self.artist].iter().filter_map(|&s| chart.songs[s].best(end + 1, end + horizon)).min();
        let known = chart.weeks.get(end + horizon).copied().unwrap_or_else(|| {
            let (newest, weeks) = (chart.weeks.len() - 1, end + horizon);
            chart.weeks[newest] + TimeDelta::days(7 * (weeks - newest) as i64)
        });
        let place = |p: Option<u32>| f64::from(p.unwrap_or(chart.places + 1));
        let best = place(self.places.iter().flatten().min().copied());
        let last = place(self.places.last().copied().flatten());
        Example {
            id: chart.names[self.artist].clone(),
            date: chart.weeks[self.first],
            known,
            label: later.is_some_and(|p| p <= self.settings.top),
            features: self.features(moves),
            rankings: vec![-best, -last],
        }
    }

    fn features(&self, moves: &Moves) -> Vec<f64> {
        let (chart, week) = (self.chart, self.last);
        let n = self.places.len();
        // Log-odds of the best place `back` weeks before the last; NaN before the debut.
        let score = |back: usize| if back < n { chart.score(self.places[n - 1 - back]) } else { f64::NAN };
        let worst = chart.places + 1;
        let line: Vec<u32> = self.places.iter().map(|p| p.unwrap_or(worst)).collect();
        let rises = line.windows(2).filter(|w| w[1] < w[0]).count();
        let streak = (1..n).rev().take_while(|&k| line[..k].iter().all(|&p| line[k] < p)).count();
        let surprise =
            |back: usize| if back + 1 < n { moves.surprise(score(back + 1), score(back), week, self.settings) } else { f64::NAN };
        let leading = self.songs.iter().map(|s| Standing::of(chart, s, week)).reduce(|a, b| if b.level > a.level { b } else { a });
        let rates = leading.map(|standing| moves.rates(&standing, week, self.settings));
        let rate = |pick: fn(&super::moves::Rates) -> f64| rates.as_ref().map_or(f64::NAN, pick);
        let on_chart = self.songs.iter().filter(|s| s.place(week).is_some()).count();
        let guest = self.past(self.artist, |a| !a.lead);
        let guest_now = guest.iter().filter(|a| a.week == week).map(|a| a.place).min();
        let own: Vec<usize> = self.songs.iter().map(|s| s.title).collect();
        let partners: Vec<Vec<Appearance>> = self
            .songs
            .iter()
            .flat_map(|s| &s.partners)
            .filter(|p| **p != self.artist)
            .map(|&p| self.past(p, |a| !own.contains(&a.title)))
            .collect();
        let most = |top: bool| partners.iter().map(|p| self.titles(p, top)).max().unwrap_or(0);
        vec![
            score(0),
            f64::from(line[n - 1]),
            score(0) - score(1),
            score(0) - score(2),
            score(0) - score(3),
            (score(0) - score(1)) - (score(1) - score(2)),
            rises as f64,
            streak as f64,
            surprise(0),
            surprise(1),
            rate(|r| r.five_years),
            rate(|r| r.two_years),
            rate(|r| r.newcomers),
            rate(|r| r.path),
            log1p(self.songs.len() - 1),
            log1p(on_chart),
            log1p(self.titles(&guest, false)),
            log1p(self.titles(&guest, true)),
            chart.score(guest_now),
            log1p(most(true)),
            log1p(most(false)),
        ]
    }

    /// Appearances of a name up to the last observed week.
    fn past(&self, name: usize, keep: impl Fn(&Appearance) -> bool) -> Vec<Appearance> {
        self.chart.appearances[name].iter().take_while(|a| a.week <= self.last).filter(|a| keep(a)).copied().collect()
    }

    /// Different titles, all or those in the top.
    fn titles(&self, appearances: &[Appearance], top: bool) -> usize {
        let counted = appearances.iter().filter(|a| !top || a.place <= self.settings.top);
        let mut titles: Vec<usize> = counted.map(|a| a.title).collect();
        titles.sort_unstable();
        titles.dedup();
        titles.len()
    }
}

fn log1p(n: usize) -> f64 {
    ln(1.0 + n as f64)
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;
    use crate::learned::chart::ChartEntry;

    /// A chart of 30 weeks with fillers, on which `Ann` debuts in week 5.
    fn rows(anns_places: &[u32]) -> Vec<ChartEntry> {
        let mut rows: Vec<ChartEntry> = (0..40).map(|w| entry(w, 50, "Filler", "Hum")).collect();
        rows.extend(anns_places.iter().enumerate().map(|(i, &p)| entry(5 + i as i64, p, "Ann Featuring Filler", "Song")));
        rows
    }

    fn ann(rows: Vec<ChartEntry>) -> Option<(TrainingSet, Example)> {
        let settings = ChartSettings::default();
        let set = debuts(&Chart::new(rows, &settings).unwrap(), &settings).unwrap();
        let example = set.examples().iter().find(|e| e.id == "ann").cloned()?;
        Some((set, example))
    }

    fn feature(set: &TrainingSet, e: &Example, name: &str) -> f64 {
        e.features[set.features().iter().position(|f| f.name == name).unwrap()]
    }

    #[test]
    fn the_top_counts_from_week_five_to_week_thirty_one_only() {
        let climbing = |weeks: usize| {
            let mut places = vec![40; weeks];
            places.push(10);
            places
        };
        assert!(ann(rows(&climbing(3))).is_none(), "in the top within the observed weeks");
        assert!(ann(rows(&climbing(4))).unwrap().1.label);
        assert!(ann(rows(&climbing(30))).unwrap().1.label);
        assert!(!ann(rows(&climbing(31))).unwrap().1.label);
        assert!(!ann(rows(&[40, 30, 20, 11, 11])).unwrap().1.label);
    }

    #[test]
    fn features_are_the_definitions() {
        let (set, e) = ann(rows(&[80, 60, 61, 30])).unwrap();
        let l = |p: f64| ((101.0 - p) / p).ln();
        let check = |name: &str, expected: f64| {
            let value = feature(&set, &e, name);
            assert!((value - expected).abs() < 1e-12, "{name} {value} {expected}");
        };
        check("last_score", l(30.0));
        check("last_place", 30.0);
        check("climb_1w", l(30.0) - l(61.0));
        check("climb_3w", l(30.0) - l(80.0));
        check("acceleration", l(30.0) - 2.0 * l(61.0) + l(60.0));
        check("rises", 2.0);
        check("new_high_streak", 1.0);
        check("songs_now", 2.0_f64.ln());
        check("partner_songs", 2.0_f64.ln());
        check("partner_top", 0.0);
        assert_eq!(e.rankings, [-30.0, -30.0]);
        assert_eq!(e.known - e.date, TimeDelta::days(7 * 30));
        assert!(feature(&set, &e, "rate_5y").is_nan(), "no song's fate was known yet");
    }

    #[test]
    fn nothing_after_the_observed_weeks_changes_a_feature() {
        let early = ann(rows(&[80, 60, 40, 30])).unwrap().1;
        let mut more = rows(&[80, 60, 40, 30, 1, 1, 1]);
        more.extend((9..40).map(|w| entry(w, 2, "Ann & Filler", "Second")));
        more.extend((9..40).map(|w| entry(w, 3, "Filler With Ann", "Third")));
        let late = ann(more).unwrap().1;
        assert!(early.features.iter().zip(&late.features).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(!early.label && late.label);
    }

    #[test]
    fn a_chart_that_ends_within_the_observed_weeks_leaves_the_rest_missing() {
        let mut rows = rows(&[80, 60]);
        rows.retain(|r| r.week <= crate::learned::set::tests::day(7 * 6));
        let (set, e) = ann(rows).unwrap();
        assert!(feature(&set, &e, "climb_2w").is_nan() && !feature(&set, &e, "climb_1w").is_nan());
        assert!(set.known_by(crate::learned::set::tests::day(7 * 6)).examples().is_empty());
    }
}
