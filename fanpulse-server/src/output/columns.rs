//! The columns of a result as a table: the same names, in the same order, in every tabular format.

use fanpulse_core::Scores;
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
