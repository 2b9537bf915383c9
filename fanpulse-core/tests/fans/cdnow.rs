//! The published fits on CDNOW, and how well they forecast.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fanpulse_core::Day;
use fanpulse_core::fans::*;
use fanpulse_core::settings::{DropoutModel, FanSettings};

use crate::events::Events;

fn cdnow(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/fans").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(why) => {
            println!("skipped: {} is not there ({why}); it is data for evaluation, kept outside the repository", path.display());
            None
        }
    }
}

fn fields(line: &str) -> Vec<f64> {
    line.split(|c: char| c == ',' || c.is_whitespace()).filter(|f| !f.is_empty()).map(|f| f.parse().unwrap()).collect()
}

fn assert_near(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} is not {want} ± {tolerance}");
}

#[test]
fn cdnow_fits_are_the_published_ones() {
    let Some(text) = cdnow("cdnow_customers_summary_with_transactions.csv") else { return };
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(fields).collect();
    assert_eq!(rows.len(), 2_357);
    let histories: Vec<History> = rows.iter().map(|r| History::try_new(r[1] as u32, r[2], r[3]).unwrap()).collect();
    let fit = fit_activity(&histories, DropoutModel::BgNbd, 100).unwrap();
    let p = fit.parameters.unwrap();
    println!("BG/NBD {fit:?}");
    assert_eq!(fit.status, FitStatus::Converged);
    // Fader, Hardie, Lee (2005), table 2.
    for (got, want) in [(p.r, 0.243), (p.alpha, 4.414), (p.a, 0.793), (p.b, 2.426)] {
        assert_near(got, want, 0.001);
    }
    assert_near(fit.log_likelihood.unwrap(), -9_582.4, 0.1);

    let buyers: Vec<Purchases> = rows.iter().filter(|r| r[1] > 0.0).map(|r| Purchases { count: r[1] as u32, mean: r[4] }).collect();
    let fit = fit_amounts(&buyers, 100).unwrap();
    let p = fit.parameters.unwrap();
    println!("Gamma-Gamma {fit:?}");
    // Fader and Hardie (2013), section 5.
    for (got, want) in [(p.p, 6.25), (p.q, 3.74), (p.gamma, 15.44)] {
        assert_near(got / want, 1.0, 0.005);
    }

    let fit = fit_activity(&histories, DropoutModel::MbgNbd, 100).unwrap();
    let p = fit.parameters.unwrap();
    println!("MBG/NBD {fit:?}");
    // The package lifetimes 0.11.3 on the same file.
    for (got, want) in [(p.r, 0.524_838), (p.alpha, 6.182_988), (p.a, 0.891_356), (p.b, 1.614)] {
        assert_near(got, want, 0.001);
    }
}

/// Probability that a random active fan is ranked above a random silent one, ties half.
fn auc(scores: &[f64], active: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut below, mut won) = (0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let silent = ties.iter().filter(|&&i| !active[i]).count() as f64;
        won += (ties.len() as f64 - silent) * (below + 0.5 * silent);
        below += silent;
    }
    won / below / (scores.len() as f64 - below)
}

#[test]
fn cdnow_hold_out_is_forecast_as_well_as_published() {
    let Some(text) = cdnow("CDNOW_sample.txt") else { return };
    let end = Day::from_ymd(1997, 9, 30).unwrap();
    let horizon = 39 * 7;
    let (mut events, mut later): (Events, BTreeMap<u32, (BTreeSet<i32>, f64)>) = (Events::default(), BTreeMap::new());
    for row in text.lines().map(fields) {
        let date = row[2] as i32;
        let day = Day::from_ymd(date / 10_000, date as u32 / 100 % 100, date as u32 % 100).unwrap().days();
        events.push_all(0, row[1] as u32, day, FanEventKind::Purchase.code(), 1, row[4], f64::NAN);
        if day > end.days() && day <= end.days() + horizon {
            let bought = later.entry(row[1] as u32).or_default();
            bought.0.insert(day);
            bought.1 += row[4];
        }
    }
    let mut settings = FanSettings::default();
    settings.forecast.horizons = [30, horizon as u32];
    settings.forecast.value_days = horizon as u32;
    let table = FanTable::from_events(&events.columns(), end, &settings).unwrap();
    let scores = EngagementTiers::try_new(settings).unwrap().score(&table).unwrap();
    let model = scores.artists[0].activity_parameters().unwrap();
    assert_near(model.alpha / 7.0, 4.414, 0.001);
    assert_near(model.r, 0.243, 0.001);

    let bought = |row: &FanRow| later.get(&row.fan).map_or((0.0, 0.0), |b| (b.0.len() as f64, b.1));
    let expected: Vec<f64> = scores.fans.iter().map(|f| f.forecast.unwrap().active_days[1]).collect();
    let n = table.len() as f64;
    let mae = expected.iter().zip(table.rows()).map(|(e, row)| (e - bought(row).0).abs()).sum::<f64>() / n;
    let active: Vec<bool> = table.rows().iter().map(|row| bought(row).0 > 0.0).collect();
    let area = auc(&expected, &active);
    let caught = |value: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..table.len()).collect();
        order.sort_by(|&a, &b| value(b).total_cmp(&value(a)));
        let top: f64 = order.iter().take(table.len().div_ceil(10)).map(|&i| bought(&table.rows()[i]).1).sum();
        top / table.rows().iter().map(|row| bought(row).1).sum::<f64>()
    };
    let by_value = caught(&|i| scores.fans[i].forecast.unwrap().value.unwrap());
    let by_spend = caught(&|i| table.rows()[i].spend);
    println!("hold-out: MAE {mae:.4}, AUC {area:.4}; top 10 % catch {by_value:.4} of the spend, by past spend {by_spend:.4}");
    assert!(mae <= 0.786, "{mae}");
    // 0.773 as published, to its three digits; ties count half. The package lifetimes 0.11.3 gives 0.77252 too.
    assert_near(area, 0.772_52, 0.000_02);
    let history = |row: &FanRow| {
        let (first, last) = (row.first_day.days(), row.last_day.days());
        History::try_new(row.active_days - 1, f64::from(last - first), f64::from(end.days() - first)).unwrap()
    };
    let back: Vec<f64> = table.rows().iter().map(|row| model.p_active(&history(row), f64::from(horizon))).collect();
    // From the fitted parameters of lifetimes 0.11.3 by the formula: mean 0.26179, AUC 0.75692; 684 of 2,357 came back.
    assert_near(back.iter().sum::<f64>() / n, 0.261_79, 0.000_05);
    assert_near(auc(&back, &active), 0.756_92, 0.000_05);
    assert!(by_value >= by_spend, "{by_value} {by_spend}");
}
