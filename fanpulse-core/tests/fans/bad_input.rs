//! Bad and poor input: an error that names it, or a status.

use fanpulse_core::ErrorKind;
use fanpulse_core::fans::*;
use fanpulse_core::settings::FanSettings;

use crate::events::{Events, as_of, two_artists};

#[test]
fn bad_rows_are_named() {
    let good = (0_u32, as_of().days(), 0_u8, f64::NAN, f64::NAN);
    let refused = |bad: (u32, i32, u8, f64, f64), message: &str| {
        let mut events = Events::default();
        for (fan, day, kind, amount, seconds) in [good, good, bad, bad] {
            events.push_all(0, fan, day, kind, 1, amount, seconds);
        }
        let error = FanTable::from_events(&events.columns(), as_of(), &FanSettings::default()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, message));
    };
    refused((0, good.1, 9, f64::NAN, f64::NAN), "fan event row 2: kind 9 is outside 0 to 8");
    refused((0, -1, 0, f64::NAN, f64::NAN), "fan event row 2: day -1 after 1970-01-01 is outside 1970-01-01 to 2199-12-31");
    let refunds = "net refunds against what they refund";
    refused((0, good.1, 6, -3.0, f64::NAN), &format!("fan event row 2: amount is -3, outside 0 to 1000000000000; {refunds}"));
    refused((0, good.1, 6, f64::INFINITY, f64::NAN), &format!("fan event row 2: amount is inf, outside 0 to 1000000000000; {refunds}"));
    refused((0, good.1, 0, f64::NAN, -0.1), "fan event row 2: seconds is -0.1, outside 0 to 1000000000");
}

#[test]
fn mixed_currencies_are_named() {
    let names = ["EUR", "JPY", "USD"].map(str::to_owned);
    let today = as_of().days();
    let mut events = Events::default();
    for (day, amount) in [(today, 3.0), (today, f64::NAN), (today + 1, 4.0), (today, 5.0)] {
        events.push_all(0, 0, day, FanEventKind::Purchase.code(), 1, amount, f64::NAN);
    }
    let with = |code: &[u16]| {
        let columns = FanEventColumns { currency: Some(CurrencyColumn { names: &names, code }), ..events.columns() };
        FanTable::from_events(&columns, as_of(), &FanSettings::default()).map(|t| t.rows()[0].spend)
    };
    // A currency without an amount, or after as_of, mixes nothing.
    assert_eq!(with(&[0, 1, 2, 0]).unwrap(), 8.0);
    assert_eq!(
        with(&[2, 1, 1, 0]).unwrap_err().to_string(),
        "fan event row 3: amounts are in EUR, USD; convert them to one currency first"
    );
}

#[test]
fn poor_data_give_scores_without_forecasts_rather_than_nan() {
    let score = |events: &Events| {
        let table = events.table(as_of());
        let scores = EngagementTiers::default().score(&table).unwrap();
        let all = insights(&table, &scores, None, &FanSettings::default()).unwrap();
        let text = serde_json::to_string(&(&scores.fans, &scores.artists, &all)).unwrap();
        // serde_json writes NaN as null, which only absent options may be.
        assert!(!text.contains("\"engagement\":null") && !text.contains("\"value_lost\":null,\"p"), "{text}");
        assert!(scores.fans.iter().all(|f| f.engagement.is_finite() && f.value.is_finite()));
        scores
    };
    let today = as_of().days();
    let mut few = Events::default();
    (0..5).for_each(|fan| few.push(0, fan, today - fan as i32, FanEventKind::Like));
    let scores = score(&few);
    assert_eq!(scores.artists[0].activity.status, FitStatus::Degenerate(Degeneracy::TooFew { have: 5, need: 10 }));
    assert!(scores.fans.iter().all(|f| f.forecast.is_none()));

    let mut once = Events::default();
    (0..500).for_each(|fan| once.push(0, fan, today - fan as i32 % 90, FanEventKind::Stream));
    assert_eq!(score(&once).artists[0].activity.status, FitStatus::Degenerate(Degeneracy::NoRepeat));

    let mut new = Events::default();
    (0..500).for_each(|fan| new.push(0, fan, today, FanEventKind::Stream));
    assert_eq!(score(&new).artists[0].activity.status, FitStatus::Degenerate(Degeneracy::NoTime));

    let mut alike = Events::default();
    for fan in 0..500 {
        (0..9).for_each(|d| alike.push_all(0, fan, today - 10 * d, 6, 1, 9.99, f64::NAN));
    }
    let scores = score(&alike);
    assert_eq!(scores.artists[0].activity.status, FitStatus::Degenerate(Degeneracy::AllAlike));
    assert_eq!(scores.artists[0].amounts.status, FitStatus::Degenerate(Degeneracy::AllAlike));

    let mut one = once.clone();
    for i in 0..20_000 {
        one.push_all(0, 7, today - i % 365, (i % 9) as u8, 50, 100.0, 200.0);
    }
    let scores = score(&one);
    assert_eq!(scores.fans[7].tier, Tier::Platinum);

    let mut free = Events::default();
    for fan in 0..200 {
        (0..fan % 7 + 1).for_each(|d| free.push_all(0, fan, today - 9 * d as i32 - fan as i32 % 30, 6, 1, 0.0, f64::NAN));
    }
    let scores = score(&free);
    assert_eq!(scores.artists[0].amount_source, FitSource::None);
    assert!(scores.fans.iter().all(|f| f.forecast.is_some_and(|c| c.value.is_none())));

    assert!(score(&Events::default()).fans.is_empty());
}

#[test]
fn tables_made_elsewhere_are_checked() {
    let good = two_artists().table(as_of()).rows().to_vec();
    assert_eq!(FanTable::from_rows(good.clone(), as_of()).unwrap().rows(), good);
    let refused = |change: &dyn Fn(&mut FanRow), message: &str| {
        let mut rows = good.clone();
        change(&mut rows[0]);
        let error = FanTable::from_rows(rows, as_of()).unwrap_err().to_string();
        assert!(error.starts_with("fan 0 of artist 0") && error.contains(message), "{error}");
    };
    refused(&|row| row.window.quality = f64::NAN, "window.quality is NaN");
    refused(&|row| row.spend = -1.0, "spend is -1");
    refused(&|row| row.last_day = as_of().plus(1), "not in this order");
    refused(&|row| row.active_days = 0, "0 active days");
    let twice = [good.clone(), vec![good[3]]].concat();
    assert!(FanTable::from_rows(twice, as_of()).unwrap_err().to_string().ends_with("is there twice"));
}
