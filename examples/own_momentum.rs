//! A momentum model of one's own behind the engine's trait: the plain growth of the last week over the week
//! before, for a team that wants to compare its own index with FanPulse's on the same data.
//!
//! `cargo run --example own_momentum`

use std::sync::Arc;

use fanpulse_core::features::MomentumFeatures;
use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::scores::{ComponentScore, Momentum, MomentumModel, Status};
use fanpulse_core::{Day, Engine, Instant, Insufficient};

/// 0 at −10 % a week, 5 at no change, 10 at +10 % a week.
struct WeekOverWeek;

impl MomentumModel for WeekOverWeek {
    fn momentum(&self, f: &MomentumFeatures) -> Result<Momentum, Insufficient> {
        if f.week_1.is_nan() || f.week_2.is_nan() {
            return Err(Insufficient { have: f.days_1.min(f.days_2), need: 3.0 });
        }
        let growth = 100.0 * (f.week_1 / f.week_2 - 1.0);
        let index = (5.0 + growth / 2.0).clamp(0.0, 10.0);
        let status = match index {
            i if i < 3.0 => Status::Declining,
            i if i < 5.5 => Status::Stable,
            _ => Status::Growing,
        };
        let component = ComponentScore { name: "week_over_week", raw: growth, score: index, weight: 1.0, contribution: index };
        Ok(Momentum {
            index,
            status,
            coverage: 1.0,
            interval90: None,
            velocity_se: None,
            components: vec![component],
            neutral_contribution: 0.0,
        })
    }
}

fn main() -> Result<(), fanpulse_core::Error> {
    let as_of = Day::from_ymd(2026, 3, 31)?;
    let mut data = Dataset::default();
    for (artist, daily_growth) in [("low-tide", 1.006_f64), ("north-of-nine", 0.997)] {
        for back in 0..60 {
            data.push_observation(&Observation {
                artist_id: artist,
                platform: "spotify",
                metric: Metric::Followers,
                observed_at: Instant::from(as_of.plus(-back)),
                value: 80_000.0 * daily_growth.powi(-back),
            })?;
        }
    }
    let published = Engine::default().score(&data, as_of)?;
    let own = Engine::builder().momentum_model(Arc::new(WeekOverWeek)).build()?.score(&data, as_of)?;
    for artist in 0..published.artists() {
        println!(
            "{:<14} FanPulse {:>5.2}   week over week {:>5.2}",
            own.artist_id(artist),
            published.momentum[artist],
            own.momentum[artist]
        );
    }
    assert!(own.analysis(0).momentum.is_ok_and(|m| m.components[0].name == "week_over_week"));
    Ok(())
}
