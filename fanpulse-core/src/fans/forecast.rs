//! What is expected of each fan: still active, active days to come, value to come.

use rayon::prelude::*;
use serde::Serialize;

use super::btyd::{
    ActivityFit, ActivityParameters, AmountFit, AmountParameters, FitStatus, History, Purchases, fit_amounts_from, fit_from,
};
use super::table::{FanRow, FanTable};
use crate::settings::FanForecastSettings;
use crate::{Day, Result};

/// Which fit an artist's forecasts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FitSource {
    /// The artist's own fans.
    Own,
    /// The fans of all artists.
    Pooled,
    /// The artist's plain mean, where no model of amounts could be fitted.
    Mean,
    /// None: there is no forecast.
    None,
}

/// The models behind an artist's forecasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtistForecast {
    /// The artist's number.
    pub artist: u32,
    /// Where the forecasts of activity come from.
    pub activity_source: FitSource,
    /// The fit used, or else the one that failed.
    pub activity: ActivityFit,
    /// Where the forecasts of amounts come from; none where no fan of the artist has paid.
    pub amount_source: FitSource,
    /// The fit used, or else the one that failed.
    pub amounts: AmountFit,
}

/// What is expected of one fan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FanForecast {
    /// Probability that the fan is still active, 0–1.
    pub p_alive: f64,
    /// Active days expected within each of the two horizons, by default 30 and 90 days.
    pub active_days: [f64; 2],
    /// Value expected within the value horizon, by default 12 months, currency units; absent where no fan of the artist has paid.
    pub value: Option<f64>,
    /// What the fan would bring beyond that if surely still active, currency units.
    pub value_lost: Option<f64>,
}

/// How an artist's fans pay.
#[derive(Debug, Clone, Copy)]
struct Paying {
    /// Share of the active days on which something was paid.
    share: f64,
    /// What is paid on such a day.
    mean: f64,
    model: Option<AmountParameters>,
}

pub(super) fn history_of(row: &FanRow, as_of: Day) -> History {
    let span = row.last_day.days().abs_diff(row.first_day.days());
    History { frequency: repeats(row), recency: f64::from(span), age: f64::from(row.age_days(as_of)) }
}

/// The models of every artist of a table, in its order.
pub(super) fn fit_artists(table: &FanTable, s: &FanForecastSettings) -> Result<Vec<ArtistForecast>> {
    let all = Fits::of(table.rows(), table.as_of(), s, None)?;
    let single = table.artists().len() == 1;
    table
        .artists()
        .par_iter()
        .map(|artist| {
            let rows = &table.rows()[artist.rows.clone()];
            let paying = rows.iter().filter(|row| row.paid_days > 0).count();
            let enough = |fans: usize| fans >= s.min_fit_fans as usize;
            let own = if single || !enough(rows.len()) { None } else { Some(Fits::of(rows, table.as_of(), s, Some(&all))?) };
            let of_own = own.as_ref().or(if single && enough(rows.len()) { Some(&all) } else { None });
            let (activity, activity_source) = choose(of_own.map(|f| f.activity), all.activity, |f| (f.status, f.parameters.is_some()));
            let own_amounts = of_own.filter(|_| enough(paying)).map(|f| f.amounts);
            let (amounts, mut amount_source) = choose(own_amounts, all.amounts, |f| (f.status, f.parameters.is_some()));
            if paying == 0 {
                amount_source = FitSource::None;
            } else if amount_source == FitSource::None {
                amount_source = FitSource::Mean;
            }
            Ok(ArtistForecast { artist: artist.artist, activity_source, activity, amount_source, amounts })
        })
        .collect()
}

/// A fit that converged, the own before the pooled; else one that at least has parameters.
fn choose<F: Copy>(own: Option<F>, pooled: F, state: impl Fn(&F) -> (FitStatus, bool)) -> (F, FitSource) {
    let candidates = [own.map(|f| (f, FitSource::Own)), Some((pooled, FitSource::Pooled))];
    let found = |good: &dyn Fn(&F) -> bool| candidates.iter().flatten().find(|(f, _)| good(f)).copied();
    found(&|f| state(f).0 == FitStatus::Converged).or_else(|| found(&|f| state(f).1)).unwrap_or((own.unwrap_or(pooled), FitSource::None))
}

struct Fits {
    activity: ActivityFit,
    amounts: AmountFit,
}

impl Fits {
    fn of(rows: &[FanRow], as_of: Day, s: &FanForecastSettings, pooled: Option<&Self>) -> Result<Self> {
        let histories: Vec<History> = rows.par_iter().with_min_len(1 << 12).map(|row| history_of(row, as_of)).collect();
        let guess = pooled.and_then(|p| p.activity.parameters);
        let activity = fit_from(&histories, s.model, s.max_iterations, guess.as_ref())?;
        drop(histories);
        let purchases: Vec<Purchases> = rows.iter().filter_map(purchases_of).collect();
        let guess = pooled.and_then(|p| p.amounts.parameters);
        Ok(Self { activity, amounts: fit_amounts_from(&purchases, s.max_iterations, guess.as_ref())? })
    }
}

fn purchases_of(row: &FanRow) -> Option<Purchases> {
    (row.paid_days > 0).then(|| Purchases { count: row.paid_days, mean: row.spend / f64::from(row.paid_days) })
}

/// The forecasts of one artist's fans.
///
/// # Formula
/// Expected value = expected active days × share of them that are paid × expected amount, the share being
/// (paid days + k·ρ)/(active days + k) with ρ the artist's and k = 10 days: a fan with few days counts as the others do.
pub(super) struct Forecaster<'a> {
    settings: &'a FanForecastSettings,
    as_of: Day,
    activity: ActivityParameters,
    paying: Option<Paying>,
    /// What an active fan is expected to do depends on age and frequency alone, of which there are few: where each
    /// age begins, its frequencies in ascending order, and what is expected within each horizon.
    starts: Vec<u32>,
    frequencies: Vec<u32>,
    if_alive: Vec<[f64; 3]>,
}

impl<'a> Forecaster<'a> {
    /// None where there is no model of activity.
    pub(super) fn new(rows: &[FanRow], as_of: Day, models: &ArtistForecast, s: &'a FanForecastSettings) -> Option<Self> {
        let activity = models.activity_parameters()?;
        let (days, paid_days, spend) = rows
            .iter()
            .fold((0.0, 0.0, 0.0), |(d, p, s), row| (d + f64::from(row.active_days), p + f64::from(row.paid_days), s + row.spend));
        let paying = (paid_days > 0.0).then(|| Paying {
            share: paid_days / days,
            mean: spend / paid_days,
            model: models.amounts.parameters.filter(|_| matches!(models.amount_source, FitSource::Own | FitSource::Pooled)),
        });
        let oldest = rows.iter().map(|row| row.age_days(as_of)).max().unwrap_or(0) as usize;
        let mut sizes = vec![0; oldest + 1];
        rows.iter().for_each(|row| sizes[row.age_days(as_of) as usize] += 1);
        let mut all = vec![0; rows.len()];
        let (mut rest, mut of_age) = (&mut all[..], Vec::with_capacity(sizes.len()));
        for size in sizes {
            let (own, others) = rest.split_at_mut(size);
            rest = others;
            of_age.push((own, 0));
        }
        for row in rows {
            let (own, next) = &mut of_age[row.age_days(as_of) as usize];
            own[*next] = repeats(row);
            *next += 1;
        }
        of_age.par_iter_mut().with_min_len(16).for_each(|(own, _)| own.sort_unstable());
        let (mut starts, mut frequencies) = (vec![0], Vec::new());
        for (own, _) in &of_age {
            frequencies.extend(own.chunk_by(|a, b| a == b).map(|same| same[0]));
            starts.push(frequencies.len() as u32);
        }
        let horizons = [f64::from(s.horizons[0]), f64::from(s.horizons[1]), f64::from(s.value_days)];
        let of_one = |(age, range): (usize, &[u32])| {
            let own = &frequencies[range[0] as usize..range[1] as usize];
            own.iter().map(|&x| activity.expected_within(x, age as f64, horizons)).collect::<Vec<_>>()
        };
        let if_alive: Vec<[f64; 3]> = starts.par_windows(2).enumerate().with_min_len(8).flat_map_iter(of_one).collect();
        Some(Self { settings: s, as_of, activity, paying, starts, frequencies, if_alive })
    }

    /// The forecast of one of the fans.
    pub(super) fn of(&self, row: &FanRow) -> FanForecast {
        let age = row.age_days(self.as_of) as usize;
        let (from, to) = (self.starts[age] as usize, self.starts[age + 1] as usize);
        let place = from + self.frequencies[from..to].partition_point(|&x| x < repeats(row));
        let p_alive = self.activity.p_alive(&history_of(row, self.as_of));
        of_fan(row, p_alive, self.if_alive[place], self.paying.as_ref(), self.settings)
    }
}

const fn repeats(row: &FanRow) -> u32 {
    row.active_days.saturating_sub(1)
}

fn of_fan(row: &FanRow, p_alive: f64, if_alive: [f64; 3], paying: Option<&Paying>, s: &FanForecastSettings) -> FanForecast {
    let value_if_alive = paying.map(|p: &Paying| {
        let prior: f64 = s.paying_prior_days;
        let share = (f64::from(row.paid_days) + prior * p.share) / (f64::from(row.active_days) + prior);
        if_alive[2] * share * p.model.map_or(p.mean, |m: AmountParameters| m.expected_amount(purchases_of(row)))
    });
    FanForecast {
        p_alive,
        active_days: [p_alive * if_alive[0], p_alive * if_alive[1]],
        value: value_if_alive.map(|v| p_alive * v),
        value_lost: value_if_alive.map(|v| (1.0 - p_alive) * v),
    }
}

impl ArtistForecast {
    /// The parameters of activity in use.
    #[must_use]
    pub fn activity_parameters(&self) -> Option<ActivityParameters> {
        self.activity.parameters.filter(|_| self.activity_source != FitSource::None)
    }
}
