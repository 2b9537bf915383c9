//! The order of the artists.

use std::cmp::Ordering;

use fanpulse_core::Scores;
use fanpulse_core::fans::{FanInsights, Tier};
use fanpulse_core::report::FanReport;

use crate::cli::Sort;

/// The artists, the best first; those without a figure last; ties by name.
pub(crate) fn order(scores: &Scores, fans: &FanReport, sort: Sort) -> Vec<usize> {
    let mut artists: Vec<usize> = (0..scores.artists()).collect();
    let viral: Vec<f64> = scores.viral_posts.iter().map(|&n| f64::from(n)).collect();
    let count = |of: fn(&FanInsights) -> usize| -> Vec<f64> {
        artists.iter().map(|&i| fans.insights(i).map_or(f64::NAN, |insights| of(insights) as f64)).collect()
    };
    let (superfans, all_fans) = match sort {
        Sort::Superfans => (count(|i| i.fans - i.by_tier[Tier::Bronze as usize]), count(|i| i.fans)),
        _ => (Vec::new(), Vec::new()),
    };
    let keys: Vec<&[f64]> = match sort {
        Sort::Input => return artists,
        Sort::Artist => vec![],
        Sort::Momentum => vec![&scores.momentum],
        Sort::Fvs => vec![&scores.fvs],
        Sort::Breakout => vec![&scores.breakout, &scores.momentum],
        Sort::Viral => vec![&viral, &scores.momentum],
        Sort::Growth => vec![&scores.growth],
        Sort::Reach => vec![&scores.reach],
        Sort::Superfans => vec![&superfans, &all_fans],
        Sort::Velocity => vec![&scores.velocity],
        Sort::Acceleration => vec![&scores.acceleration],
    };
    let names: Vec<String> = artists.iter().map(|&i| scores.artist_id(i)).collect();
    artists.sort_by(|&a, &b| {
        let by_figures = keys.iter().map(|key| descending(key[a], key[b])).find(|o| o.is_ne());
        by_figures.unwrap_or(Ordering::Equal).then_with(|| names[a].cmp(&names[b]))
    });
    artists
}

/// Large before small before none.
fn descending(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => b.total_cmp(&a),
        (a, b) => a.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_figure_comes_last() {
        let mut values = [f64::NAN, 1.0, 3.0, f64::NAN, 2.0];
        values.sort_by(|a, b| descending(*a, *b));
        assert_eq!(values[..3], [3.0, 2.0, 1.0]);
        assert!(values[3..].iter().all(|x| x.is_nan()));
    }
}
