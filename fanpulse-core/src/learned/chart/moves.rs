//! What songs at the same place did shortly before: how far they moved, and how many reached the top.

use super::{Chart, Song};
use crate::math::exp_m1;
use crate::settings::ChartSettings;

/// Weeks in a year of the chart.
const YEAR: usize = 52;
/// A move's spread is at least this, log-odds squared, so that a quiet corner of the chart makes no giants.
const VARIANCE_FLOOR: f64 = 0.05;
/// How long after a lead's own debut a song counts as one of a newcomer, weeks.
const NEWCOMER_WEEKS: usize = 26;
/// Squared distance in bandwidths from which a weight is nothing.
const FAR: f64 = 40.0;

/// A move of a young song from one week to the next, in log-odds.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: f64,
    to: f64,
}

/// A song at the end of its observed weeks, and what came of it.
#[derive(Debug, Clone, Copy)]
struct Fate {
    first: usize,
    /// Log-odds of the place, the last move, the one before and the one before that.
    path: [f64; 4],
    reached: bool,
    newcomer: bool,
}

/// Where a song stands: log-odds of the place now, and of as many moves back as it has made, up to three.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) level: f64,
    pub(super) moves: Vec<f64>,
}

/// Rates of success, as log-odds; NaN where too few songs were known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) five_years: f64,
    pub(super) two_years: f64,
    pub(super) newcomers: f64,
    pub(super) path: f64,
}

/// How a rate of success is weighted.
struct Kernel<'a> {
    years: usize,
    bandwidths: &'a [f64],
    newcomers_only: bool,
    half_life_years: Option<f64>,
}

/// The chart's recent behaviour, for any week of its history.
#[derive(Debug)]
pub(super) struct Moves {
    by_week: Vec<Vec<Move>>,
    /// Ascending by first week.
    fates: Vec<Fate>,
}

impl Moves {
    pub(super) fn of(chart: &Chart, settings: &ChartSettings) -> Self {
        let weeks = chart.weeks.len();
        let observe = settings.observe_weeks as usize;
        let mut by_week = vec![Vec::new(); weeks];
        let mut fates = Vec::new();
        let debut = |name: usize| chart.songs_of[name].iter().map(|&s| chart.songs[s].first()).min().unwrap_or(0);
        for song in &chart.songs {
            let first = song.first();
            for &(week, place) in &song.run {
                let age = week - first;
                if (1..=observe).contains(&age) {
                    by_week[week].push(Move { from: chart.score(song.place(week - 1)), to: chart.score(Some(place)) });
                }
                if age < observe && week + 1 < weeks && song.place(week + 1).is_none() {
                    by_week[week + 1].push(Move { from: chart.score(Some(place)), to: chart.score(None) });
                }
            }
            let end = first + observe - 1;
            if end >= weeks || song.best(first, end).is_none_or(|best| best <= settings.top) {
                continue;
            }
            let standing = Standing::of(chart, song, end);
            let mut path = [standing.level, 0.0, 0.0, 0.0];
            path[1..].copy_from_slice(&standing.moves);
            let reached = song.best(end + 1, end + settings.horizon_weeks as usize).is_some_and(|best| best <= settings.top);
            fates.push(Fate { first, path, reached, newcomer: first <= debut(song.lead) + NEWCOMER_WEEKS });
        }
        fates.sort_by_key(|f| f.first);
        Self { by_week, fates }
    }

    /// By how many standard deviations a move exceeds those of young songs from about the same place, over the weeks
    /// up to `week`.
    ///
    /// # Formula
    /// `(to − m)/√(v + 0.05)`, m and v the mean and variance of where the others went, weighted by a Gaussian in where
    /// they came from.
    pub(super) fn surprise(&self, from: f64, to: f64, week: usize, settings: &ChartSettings) -> f64 {
        let start = (week + 1).saturating_sub(settings.surprise_weeks as usize);
        let near = || {
            self.by_week[start..=week].iter().flatten().filter_map(|m| {
                let z = ((m.from - from) / settings.surprise_bandwidth).powi(2);
                (z < FAR).then(|| (gauss(z), m.to))
            })
        };
        let (sum, mean) = near().fold((0.0, 0.0), |(s, m), (w, to)| (s + w, m + w * to));
        if sum <= 0.0 {
            return f64::NAN;
        }
        let mean = mean / sum;
        let variance = near().fold(0.0, |v, (w, to)| v + w * (to - mean).powi(2)) / sum;
        (to - mean) / (variance + VARIANCE_FLOOR).sqrt()
    }

    /// Of songs that stood about there, how many reached the top within the horizon, as far as that was known in
    /// `week`: over five years and two; of newcomers' songs only, over ten; and by the whole path, over ten with a
    /// half-life of three.
    pub(super) fn rates(&self, standing: &Standing, week: usize, settings: &ChartSettings) -> Rates {
        let (level, step) = (settings.rate_level_bandwidth, settings.rate_move_bandwidth);
        let near = [level, step];
        // With more coordinates each one has to be wider for the same number of songs.
        let path = [level * 1.2, step * 1.15, step * 1.4, step * 1.7];
        let wide = Kernel { years: 5, bandwidths: &near, newcomers_only: false, half_life_years: None };
        let rate = |kernel: &Kernel<'_>| self.rate(standing, week, kernel, settings);
        Rates {
            five_years: rate(&wide),
            two_years: rate(&Kernel { years: 2, ..wide }),
            newcomers: rate(&Kernel { years: 10, newcomers_only: true, ..wide }),
            path: rate(&Kernel { years: 10, bandwidths: &path, half_life_years: Some(3.0), ..wide }),
        }
    }

    /// # Formula
    /// Nadaraya and Watson's weighted share, shrunk: `(Σ w y + c·ȳ)/(Σ w + c)`, as log-odds.
    fn rate(&self, standing: &Standing, week: usize, kernel: &Kernel<'_>, settings: &ChartSettings) -> f64 {
        // A song is known once its observed weeks and the horizon are over.
        let Some(newest) = (week + 1).checked_sub((settings.observe_weeks + settings.horizon_weeks) as usize) else {
            return f64::NAN;
        };
        let from = self.fates.partition_point(|f| f.first + kernel.years * YEAR < newest);
        let to = self.fates.partition_point(|f| f.first <= newest);
        let (mut weights, mut hits, mut known, mut all_hits) = (0.0, 0.0, 0_u32, 0.0);
        for fate in self.fates[from..to].iter().filter(|f| !kernel.newcomers_only || f.newcomer) {
            let y = f64::from(u8::from(fate.reached));
            known += 1;
            all_hits += y;
            let mut z = ((fate.path[0] - standing.level) / kernel.bandwidths[0]).powi(2);
            for ((a, b), h) in fate.path[1..].iter().zip(&standing.moves).zip(&kernel.bandwidths[1..]) {
                z += ((a - b) / h).powi(2);
            }
            if z < FAR {
                let age = (newest - fate.first) as f64 / YEAR as f64;
                let decay = kernel.half_life_years.map_or(1.0, |h| exp(-std::f64::consts::LN_2 * age / h));
                let w = decay * gauss(z);
                weights += w;
                hits += w * y;
            }
        }
        if known < settings.rate_min_songs {
            return f64::NAN;
        }
        // Half a hit and half a miss keep the mean off 0 and 1.
        let mean = (all_hits + 0.5) / (f64::from(known) + 1.0);
        crate::learned::logistic::logit((hits + settings.rate_prior * mean) / (weights + settings.rate_prior))
    }
}

impl Standing {
    /// A song's standing in a week from its first on.
    pub(super) fn of(chart: &Chart, song: &Song, week: usize) -> Self {
        let at = |back: usize| chart.score(song.place(week - back));
        let made = (week - song.first()).min(3);
        Self { level: at(0), moves: (0..made).map(|k| at(k) - at(k + 1)).collect() }
    }
}

fn exp(x: f64) -> f64 {
    exp_m1(x.max(-700.0)) + 1.0
}

fn gauss(squared: f64) -> f64 {
    exp(-0.5 * squared)
}
