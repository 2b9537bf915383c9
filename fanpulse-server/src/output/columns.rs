//! The columns of a result as a table: the same names, in the same order, in every tabular format.

use fanpulse_core::Scores;
use fanpulse_core::fans::{FanInsights, FanSegment, Tier, ValueUnit};
use fanpulse_core::scores::Level;

/// A column of figures.
type Figures = (&'static str, fn(&Scores) -> &[f64]);
/// A column of counts.
type Counts = (&'static str, fn(&Scores) -> &[u32]);

macro_rules! columns {
    ($type:ty: $($name:ident)*) => { &[$((stringify!($name), (|s| s.$name.as_slice()) as fn(&Scores) -> &[$type]),)*] };
}

/// Figures; NaN = none.
pub(super) const FIGURES: &[Figures] = columns![f64:
    fvs fvs_coverage
    engagement engagement_score growth growth_score reach reach_score conversion conversion_score
    momentum momentum_coverage momentum_low momentum_high
    velocity velocity_score velocity_se acceleration acceleration_score consistency consistency_score
    viral_excess viral_share viral_potential_score
    breakout week_days
];

/// Counts.
pub(super) const COUNTS: &[Counts] = columns![u32: viral_posts counter_resets filled_days missing_days];

/// A count of fans.
type FanCounts = (&'static str, fn(&FanInsights) -> usize);
/// A figure of the fans; none = not available.
type FanFigures = (&'static str, fn(&FanInsights) -> Option<f64>);

/// Counts of fans; an artist without fan events has none, rather than 0.
pub(super) const FAN_COUNTS: &[FanCounts] = &[
    ("fans", |i| i.fans),
    ("fans_active", |i| i.active),
    ("fans_platinum", |i| i.by_tier[Tier::Platinum as usize]),
    ("fans_gold", |i| i.by_tier[Tier::Gold as usize]),
    ("fans_silver", |i| i.by_tier[Tier::Silver as usize]),
    ("fans_bronze", |i| i.by_tier[Tier::Bronze as usize]),
    ("fans_champions", |i| i.by_segment[FanSegment::Champions as usize]),
    ("fans_at_risk", |i| i.by_segment[FanSegment::AtRisk as usize]),
    ("fans_new_promising", |i| i.by_segment[FanSegment::NewPromising as usize]),
    ("fans_loyal", |i| i.by_segment[FanSegment::Loyal as usize]),
    ("fans_need_nurturing", |i| i.by_segment[FanSegment::NeedNurturing as usize]),
    ("fans_new_this_month", |i| i.months.last().map_or(0, |m| usize::try_from(m.new_fans).unwrap_or(usize::MAX))),
];

/// Figures of the fans. What goes with the fans at risk is money where fans pay, else points of fan value.
pub(super) const FAN_FIGURES: &[FanFigures] = &[
    ("fan_growth_this_month", |i| i.months.last().and_then(|m| m.growth)),
    ("fan_value_mean", |i| Some(i.fan_value.mean)),
    ("fan_value_top_5_share", |i| i.fan_value.top.map(|top| top[1])),
    ("fan_spend", |i| i.spend.as_ref().map(|s| s.total)),
    ("fan_expected_value", |i| i.expected_value.as_ref().map(|s| s.total)),
    ("fan_expected_loss", |i| money(i).then(|| lost(i))),
    ("fan_value_at_risk", |i| (!money(i)).then(|| lost(i))),
];

fn money(insights: &FanInsights) -> bool {
    insights.value_unit == ValueUnit::Money
}

fn lost(insights: &FanInsights) -> f64 {
    insights.churn.iter().map(|c| c.value_lost).sum()
}

/// The columns of text, which stand before the others.
pub(super) const TEXTS: &[&str] = &["artist_id", "as_of", "window_days", "algorithm", "settings_hash", "status", "breakout_level"];

/// The level of an artist's breakout.
pub(super) fn breakout_level(scores: &Scores, artist: usize) -> Option<&'static str> {
    if scores.breakout[artist].is_nan() {
        return None;
    }
    scores.analysis(artist).breakout.ok().map(|b| level(b.level))
}

/// A level as it is written.
pub(super) const fn level(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}

#[cfg(test)]
mod tests {
    use fanpulse_core::ingest::Dataset;
    use fanpulse_core::{Day, Engine};

    use super::*;

    #[test]
    fn no_column_of_the_scores_is_left_out() {
        let scores = Engine::default().score(&Dataset::default(), Day::from_ymd(2026, 3, 31).unwrap()).unwrap();
        // Columns of an empty result are the only empty lists before its context.
        let debug = format!("{scores:?}");
        let own = debug.split("dropped_rows").next().unwrap().matches(": []").count();
        assert_eq!(own, FIGURES.len() + COUNTS.len(), "{debug}");
    }
}
