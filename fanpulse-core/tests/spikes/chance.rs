//! The stated number of false alarms, on series without spikes.

use fanpulse_core::Instant;
use fanpulse_core::settings::SpikeSettings;
use fanpulse_core::spikes::{SeasonalRobust, Series};

use crate::null_series::{Noise, Null};

const DAY: i64 = 86_400_000_000;

/// Alarms per judged year over those stated.
fn ratio(null: Null, per_day: usize, days: usize, series: usize, rate: f64) -> f64 {
    let detector = SeasonalRobust::try_new(SpikeSettings { false_alarms_per_year: rate, ..SpikeSettings::default() }).unwrap();
    let mut noise = Noise::new(7);
    let (mut alarms, mut judged) = (0, 0);
    for _ in 0..series {
        let values = null.draw(&mut noise, days * per_day, per_day);
        let start = Instant::try_new(20_000 * DAY).unwrap();
        let report = detector.report(&Series::new(start, DAY / per_day as i64, &values)).unwrap();
        alarms += report.spikes.len();
        judged += report.judged;
    }
    let years = judged as f64 / per_day as f64 / 365.25;
    let ratio = alarms as f64 / years / rate;
    println!("{null:?} × {per_day} a day, {rate} a year: {ratio:.2} ({alarms} alarms)");
    ratio
}

fn check(nulls: &[Null], per_day: usize, days: usize, series: usize, rate: f64) {
    let bad: Vec<(Null, f64)> = nulls
        .iter()
        .map(|&null| (null, ratio(null, per_day, days, series, rate)))
        .filter(|(_, ratio)| !(1.0 / 1.5..=1.5).contains(ratio))
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
}

const DAILY: [Null; 16] = [
    Null::Poisson(3.0),
    Null::Poisson(8.0),
    Null::Poisson(20.0),
    Null::Poisson(100.0),
    Null::Poisson(1000.0),
    Null::NegativeBinomial(5.0, 0.3),
    Null::NegativeBinomial(20.0, 0.1),
    Null::NegativeBinomial(200.0, 0.05),
    Null::NegativeBinomial(200.0, 0.5),
    Null::LogAr(0.3, 0.1),
    Null::LogAr(0.6, 0.1),
    Null::LogAr(0.8, 0.2),
    Null::Ar(0.0, 0.1),
    Null::Ar(0.5, 0.2),
    Null::WeeklyPoisson(200.0),
    Null::WeeklyNegativeBinomial(100.0, 0.1),
];

#[test]
fn daily_series_raise_the_stated_alarms() {
    check(&DAILY, 1, 3 * 365, 60, 12.0);
    check(&DAILY, 1, 3 * 365, 60, 6.0);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow without optimisation: cargo test --release")]
fn daily_series_raise_one_alarm_a_year_where_that_is_asked_for() {
    check(&DAILY, 1, 3 * 365, 100, 1.0);
}

const FINE: [Null; 12] = [
    Null::Poisson(50.0),
    Null::Poisson(100.0),
    Null::Poisson(1000.0),
    Null::NegativeBinomial(100.0, 0.1),
    Null::NegativeBinomial(200.0, 0.5),
    Null::LogAr(0.3, 0.1),
    Null::LogAr(0.6, 0.1),
    Null::LogAr(0.8, 0.2),
    Null::Ar(0.5, 0.2),
    Null::WeeklyPoisson(200.0),
    Null::WeeklyNegativeBinomial(100.0, 0.1),
    Null::WeeklyLogAr(0.5, 0.15),
];

#[test]
#[cfg_attr(debug_assertions, ignore = "slow without optimisation: cargo test --release")]
fn hourly_series_raise_the_stated_alarms() {
    check(&FINE, 24, 365, 30, 12.0);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow without optimisation: cargo test --release")]
fn five_minute_series_raise_the_stated_alarms() {
    check(&FINE, 288, 365, 10, 12.0);
}
