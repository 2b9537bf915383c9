//! What an artist's fans look like as a whole (`scoring.md` §6).

use chrono::Datelike;
use rayon::prelude::*;
use serde::Serialize;

use super::table::{FanRow, FanTable};
use super::tiers::{FanScore, FanScores, FanSegment, Tier};
use crate::settings::FanSettings;
use crate::{Day, Error, Result};

/// Where fans are, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct FanLocations<'a> {
    /// The locations' names.
    pub names: &'a [String],
    /// By the fan's number: a position in `names`; a position without a name means unknown.
    pub of_fan: &'a [u32],
}

/// How a value is spread over an artist's fans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueSpread {
    /// Σ over the fans.
    pub total: f64,
    /// Per fan.
    pub mean: f64,
    /// Shares of the total, 0–1, held by the top 1, 5 and 15 %; absent where the total is 0.
    pub top: Option<[f64; 3]>,
}

/// One calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MonthlyGrowth {
    /// Year.
    pub year: i32,
    /// Month, 1–12.
    pub month: u32,
    /// Fans first seen in the month.
    pub new_fans: u64,
    /// Fans first seen until its end.
    pub fans: u64,
    /// New fans as a share of those there were before, %; absent in the first month.
    pub growth: Option<f64>,
}

/// What the value lost through a fan is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueUnit {
    /// Currency units expected within the value horizon.
    Money,
    /// Points of fan value, where no fan has paid.
    Points,
}

/// A fan whom the artist is losing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChurnRisk {
    /// Position in the table.
    pub row: usize,
    /// The fan's number.
    pub fan: u32,
    /// Days since the last event.
    pub silent_days: u32,
    /// Probability that the fan is still active, 0–1.
    pub p_alive: Option<f64>,
    /// Expected value lost, in [`FanInsights::value_unit`].
    pub value_lost: f64,
}

/// An artist's fans as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FanInsights {
    /// The artist's number.
    pub artist: u32,
    /// How many fans.
    pub fans: usize,
    /// Fans per tier, in the order of [`Tier::ALL`].
    pub by_tier: [usize; 4],
    /// Fans per segment, in the order of [`FanSegment::ALL`].
    pub by_segment: [usize; 5],
    /// Fans with an event in the last 30 days.
    pub active: usize,
    /// Fan value, points.
    pub fan_value: ValueSpread,
    /// Paid so far, currency units; absent where nobody paid.
    pub spend: Option<ValueSpread>,
    /// Expected value, currency units; absent where nobody paid or no model could be fitted.
    pub expected_value: Option<ValueSpread>,
    /// New fans by month, from the first to the month of `as_of`, none left out.
    pub months: Vec<MonthlyGrowth>,
    /// Fans by location, the most first, and by name where as many; fans whose location is unknown are not in it.
    pub locations: Vec<(String, usize)>,
    /// Unit of the values lost.
    pub value_unit: ValueUnit,
    /// The fans at risk, the greatest value lost first.
    pub churn: Vec<ChurnRisk>,
}

/// The insights of each artist of a table.
///
/// # Errors
/// `invalid` where the scores are not of this table.
pub fn insights(
    table: &FanTable,
    scores: &FanScores,
    locations: Option<FanLocations<'_>>,
    settings: &FanSettings,
) -> Result<Vec<FanInsights>> {
    if scores.fans.len() != table.len() {
        return Err(Error::invalid(format!("there are scores of {} fans where the table has {}", scores.fans.len(), table.len())));
    }
    let of = |artist: &super::table::ArtistFans| {
        let range = artist.rows.clone();
        let (rows, fans) = (&table.rows()[range.clone()], &scores.fans[range.clone()]);
        of_artist(artist.artist, range.start, rows, fans, table.as_of(), locations, settings)
    };
    Ok(table.artists().par_iter().map(of).collect())
}

fn of_artist(
    artist: u32,
    start: usize,
    rows: &[FanRow],
    scores: &[FanScore],
    as_of: Day,
    locations: Option<FanLocations<'_>>,
    settings: &FanSettings,
) -> FanInsights {
    let s = &settings.segments;
    let (mut by_tier, mut by_segment) = ([0; 4], [0; 5]);
    for score in scores {
        by_tier[score.tier as usize] += 1;
        by_segment[score.segment as usize] += 1;
    }
    let spread = |of: &dyn Fn(usize) -> f64| spread((0..rows.len()).map(of).collect(), &s.top_shares);
    let expected = scores.iter().any(|f| f.forecast.is_some_and(|c| c.value.is_some()));
    let value_unit = if expected { ValueUnit::Money } else { ValueUnit::Points };
    let mut churn: Vec<ChurnRisk> = rows
        .iter()
        .zip(scores)
        .enumerate()
        .filter(|(_, (_, score))| score.segment == FanSegment::AtRisk)
        .map(|(i, (row, score))| {
            let p_alive = score.forecast.map(|f| f.p_alive);
            let points = score.value * (1.0 - p_alive.unwrap_or(0.0));
            let value_lost = score.forecast.and_then(|f| f.value_lost).unwrap_or(points);
            ChurnRisk { row: start + i, fan: row.fan, silent_days: row.silent_days(as_of), p_alive, value_lost }
        })
        .collect();
    churn.sort_by(|a, b| b.value_lost.total_cmp(&a.value_lost).then(a.fan.cmp(&b.fan)));
    FanInsights {
        artist,
        fans: rows.len(),
        by_tier,
        by_segment,
        active: rows.iter().filter(|row| row.silent_days(as_of) < s.active_days).count(),
        fan_value: spread(&|i| scores[i].value),
        spend: rows.iter().any(|row| row.paid_days > 0).then(|| spread(&|i| rows[i].spend)),
        expected_value: expected.then(|| spread(&|i| scores[i].forecast.and_then(|f| f.value).unwrap_or(0.0))),
        months: months(rows, as_of),
        locations: locations.map(|l| by_location(rows, l)).unwrap_or_default(),
        value_unit,
        churn,
    }
}

fn spread(mut values: Vec<f64>, shares: &[f64; 3]) -> ValueSpread {
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let total: f64 = values.iter().sum();
    let held = |share: f64| {
        // The same rounding as for the tiers.
        let fans = (share * values.len() as f64 * (1.0 - 1e-12)).ceil() as usize;
        (values.iter().take(fans).sum::<f64>() / total).clamp(0.0, 1.0)
    };
    ValueSpread { total, mean: total / values.len().max(1) as f64, top: (total > 0.0).then(|| shares.map(held)) }
}

fn months(rows: &[FanRow], as_of: Day) -> Vec<MonthlyGrowth> {
    let month = |day: Day| {
        let date = day.date();
        date.year() * 12 + date.month0() as i32
    };
    let Some(first) = rows.iter().map(|row| row.first_day).min().map(month) else { return Vec::new() };
    let mut new = vec![0_u64; (month(as_of) - first + 1).max(1) as usize];
    for row in rows {
        new[(month(row.first_day) - first) as usize] += 1;
    }
    let mut fans = 0;
    let grown = |(i, new_fans): (usize, u64)| {
        let before = fans;
        fans += new_fans;
        let at = first + i as i32;
        let growth = (before > 0).then(|| 100.0 * new_fans as f64 / before as f64);
        MonthlyGrowth { year: at.div_euclid(12), month: at.rem_euclid(12) as u32 + 1, new_fans, fans, growth }
    };
    new.into_iter().enumerate().map(grown).collect()
}

fn by_location(rows: &[FanRow], locations: FanLocations<'_>) -> Vec<(String, usize)> {
    let mut counts = vec![0; locations.names.len()];
    for row in rows {
        let place = locations.of_fan.get(row.fan as usize).and_then(|&place| counts.get_mut(place as usize));
        if let Some(count) = place {
            *count += 1;
        }
    }
    let mut named: Vec<(String, usize)> = locations.names.iter().cloned().zip(counts).filter(|l| l.1 > 0).collect();
    named.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    named
}

const _: () = assert!(Tier::Bronze as usize == 3 && FanSegment::NeedNurturing as usize == 4);
