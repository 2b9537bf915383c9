//! Learned breakout: what users rely on when they train, judge, store and use a model.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use chrono::{NaiveDate, TimeDelta};
use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::learned::chart::{Chart, ChartEntry, debuts};
use fanpulse_core::learned::series::growth_examples;
use fanpulse_core::learned::{
    ComponentBreakout, Conflicts, Example, Feature, Inputs, LogisticBreakout, Slices, Task, TrainingSet, WalkForward, ablation, backtest,
    beside_engine, daily_series, evaluate_ranking, learning_curve, on_components, train,
};
use fanpulse_core::scores::{BreakoutFeatures, BreakoutModel, Level};
use fanpulse_core::settings::{CalibrationMethod, ChartSettings, ClassWeight, GrowthSettings, LearnedSettings, Settings};
use fanpulse_core::{Day, Engine, Error, ErrorKind, Instant};
use proptest::prelude::*;

fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2010, 1, 1).unwrap() + TimeDelta::days(n)
}

/// A number in 0–1 that looks drawn.
fn noise(i: usize, salt: u64) -> f64 {
    let mut z = (i as u64 ^ salt.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn example(i: usize, label: bool, features: Vec<f64>) -> Example {
    let rankings = vec![if features[0].is_nan() { 0.0 } else { features[0] }];
    Example { id: format!("artist {i:05}"), date: day(i as i64), known: day(i as i64 + 10), label, features, rankings }
}

fn set(names: &[&str], examples: Vec<Example>) -> TrainingSet {
    let features = names.iter().map(|n| Feature::new(*n, *n, "made up")).collect();
    TrainingSet::new(Task::default(), features, vec!["first feature".into()], examples).unwrap()
}

/// Breakouts with probability 1/(1 + e^(3 − 4·velocity)); `consistency` says nothing.
fn synthetic(n: usize) -> TrainingSet {
    let row = |i: usize| {
        let (x, z) = (noise(i, 1), noise(i, 2));
        example(i, noise(i, 3) < 1.0 / (1.0 + (3.0 - 4.0 * x).exp()), vec![x, z])
    };
    set(&["velocity", "consistency"], (0..n).map(row).collect())
}

fn slices(train: i64, calibrate: i64) -> Slices {
    Slices { train_from: None, calibrate_from: day(train), test_from: day(train + calibrate), test_until: None }
}

fn quick() -> LearnedSettings {
    LearnedSettings { resamples: 50, ..LearnedSettings::default() }
}

#[test]
fn a_model_finds_the_truth_it_was_made_from() {
    let set = synthetic(6000);
    let model = train(&set, &slices(4000, 1000), &LearnedSettings { ridge: Some(0.0), ..quick() }).unwrap();
    for (x, truth) in [(0.1, 0.0691), (0.5, 0.2689), (0.9, 0.6457)] {
        let p = model.predict(&[x, 0.5]).unwrap().probability;
        assert!((p - truth).abs() < 0.05, "{x}: {p} for {truth}");
    }
    let consistency = &model.features()[1];
    assert!(consistency.coefficient.abs() < 3.0 * consistency.standard_error, "{consistency:?}");
    let velocity = &model.features()[0];
    assert!(velocity.coefficient > 10.0 * velocity.standard_error, "{velocity:?}");
    let e = &model.card().evaluation;
    assert!(e.calibration_error.unwrap() < 0.05 && e.brier.unwrap() < 0.25);
    assert_eq!(model.card().comparison.len(), 3);
}

#[test]
fn contributions_and_intercept_add_up_to_the_log_odds() {
    let set = synthetic(2000);
    let model = train(&set, &slices(1200, 400), &quick()).unwrap();
    for e in set.examples().iter().rev().take(50) {
        let p = model.predict_example(&set, e).unwrap();
        let sum = model.intercept() + p.drivers.iter().map(|d| d.contribution).sum::<f64>();
        assert!((sum - p.log_odds).abs() < 1e-9);
        assert!((0.0..=1.0).contains(&p.probability));
    }
}

#[test]
fn class_weights_move_neither_the_base_rate_nor_the_ranking() {
    let set = synthetic(4000);
    let of = |class_weight| {
        let settings = LearnedSettings { class_weight, calibration: CalibrationMethod::Identity, ridge: Some(0.001), ..quick() };
        train(&set, &slices(2500, 500), &settings).unwrap()
    };
    let (equal, balanced) = (of(ClassWeight::Equal), of(ClassWeight::Balanced));
    let (a, b) = (&equal.card().evaluation, &balanced.card().evaluation);
    assert!((a.auc.unwrap().value - b.auc.unwrap().value).abs() < 0.01);
    assert!((a.brier.unwrap() - b.brier.unwrap()).abs() < 0.005);
    let twice = of(ClassWeight::Positive(2.0));
    assert!((twice.predict(&[0.5, 0.5]).unwrap().probability - equal.predict(&[0.5, 0.5]).unwrap().probability).abs() < 0.03);
}

#[test]
fn a_model_file_predicts_the_same_bits_and_refuses_what_it_is_not() {
    let set = synthetic(2000);
    for calibration in [CalibrationMethod::Identity, CalibrationMethod::Platt, CalibrationMethod::Isotonic] {
        let model = train(&set, &slices(1200, 400), &LearnedSettings { calibration, ..quick() }).unwrap();
        let json = model.to_json().unwrap();
        let back = LogisticBreakout::from_json(&json).unwrap();
        assert_eq!(back, model);
        for i in 0..20 {
            let x = [noise(i, 7), noise(i, 8)];
            assert_eq!(back.predict(&x).unwrap().probability.to_bits(), model.predict(&x).unwrap().probability.to_bits());
        }
        let message = |json: String| LogisticBreakout::from_json(&json).unwrap_err().to_string();
        assert_eq!(message(json.replace("\"version\": 1", "\"version\": 2")), "model file has version 2, this release reads 1");
        assert!(message(json.replace("fanpulse-breakout", "other")).contains("not `fanpulse-breakout`"));
        assert!(message(json.replace("\"sd\": 0.", "\"sd\": -0.")).contains("has no spread"));
        assert!(LogisticBreakout::from_json("{}").is_err() && LogisticBreakout::from_json("").is_err());
    }
}

#[test]
fn an_engine_takes_a_learned_model_in_place_of_the_indicators() {
    let model = ComponentBreakout::try_new(train(&synthetic(2000), &slices(1200, 400), &quick()).unwrap()).unwrap();
    let features = |velocity| BreakoutFeatures { acceleration: None, viral_potential: None, velocity, consistency: Some(0.5) };
    let (low, high) = (model.breakout(&features(Some(0.0))), model.breakout(&features(Some(1.0))));
    assert!(low.probability < high.probability && high.model == "logistic");
    assert_eq!((low.level, &low.drivers[0]), (Level::Low, &("velocity".into(), false)));
    assert_eq!(high.drivers[0], ("velocity".into(), true));
    // The contributions are those of the model's own prediction.
    let p = model.model().predict(&[1.0, 0.5]).unwrap();
    assert_eq!(high.probability.to_bits(), p.probability.to_bits());
    assert!((high.contributions.iter().sum::<f64>() + model.model().intercept() - p.log_odds).abs() < 1e-12);
    assert!(model.breakout(&features(None)).probability.is_finite());

    let engine = Engine::builder().breakout_model(std::sync::Arc::new(model)).build().unwrap();
    let (data, last) = streams(&[0.0, 1.0]);
    let scores = engine.score(&data, last).unwrap();
    let said = scores.analysis(1).breakout.unwrap();
    assert_eq!((said.model, said.probability), ("logistic", scores.breakout[1]));
    // Where momentum has too little data, there is no breakout, and the reason is momentum's.
    let early = engine.score(&data, last.plus(-85)).unwrap().analysis(0);
    assert_eq!(early.breakout.unwrap_err(), early.momentum.unwrap_err());
}

/// Ninety days of streams per artist, growing by so many % a day.
fn streams(rates: &[f64]) -> (Dataset, Day) {
    let first = Day::from_ymd(2026, 1, 1).unwrap();
    let mut data = Dataset::default();
    for (i, rate) in rates.iter().enumerate() {
        for n in 0..90 {
            let value = 1e5 * (1.0 + rate / 100.0).powi(n) * (1.0 + 0.1 * noise(n as usize, i as u64));
            let (artist_id, platform) = (format!("artist {i}"), "p".to_owned());
            data.push_observation(&Observation { artist_id, platform, metric: Metric::Streams, observed_at: first.plus(n).into(), value })
                .unwrap();
        }
    }
    (data, first.plus(89))
}

#[test]
fn a_model_is_fed_only_what_it_was_trained_on() {
    let message = |e: Error| e.to_string();
    let plain = train(&synthetic(2000), &slices(1200, 400), &quick()).unwrap();
    let (data, last) = streams(&[0.5]);
    let settings = Settings::default();
    assert_eq!(
        message(plain.daily_breakouts(&data, last, &settings, Conflicts::Refuse).unwrap_err()),
        "the model reads a table of its own features, not daily audience or streams"
    );
    let other = set(&["velocity", "age"], synthetic(2000).examples().to_vec());
    let other = train(&other, &slices(1200, 400), &quick()).unwrap();
    assert!(message(ComponentBreakout::try_new(other).unwrap_err()).starts_with("the model reads a feature `age`, which no analysis has"));
    // A chart's `acceleration` is not momentum's.
    let (chart, _) = small_chart(200);
    let model = train(&debuts(&chart, &ChartSettings::default()).unwrap(), &slices(7 * 120, 7 * 40), &quick()).unwrap();
    assert!(model.features().iter().any(|f| f.name == "acceleration"));
    assert_eq!(message(ComponentBreakout::try_new(model).unwrap_err()), "the model reads a chart, not the component scores of momentum");
}

#[test]
fn a_model_of_daily_series_predicts_what_it_was_trained_for() {
    // Half of the artists double within the horizon, the other half do not move; the future of both is cut off.
    let rates: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 0.0 } else { 6.0 }).collect();
    let (data, last) = streams(&rates);
    let settings = Settings::default();
    let series = daily_series(&data, last, &settings, Conflicts::Refuse).unwrap();
    let set = growth_examples(&series, &GrowthSettings::default()).unwrap();
    let from = set.examples()[0].date;
    let days = |n| from + TimeDelta::days(n);
    let slices = Slices { train_from: None, calibrate_from: days(15), test_from: days(16), test_until: None };
    let set = beside_engine(&set, &data, &Engine::default()).unwrap();
    assert_eq!(set.rankings()[1..], ["breakout by indicators", "momentum index"]);
    let model = train(&set, &slices, &quick()).unwrap();
    let as_of = last.plus(-5);
    let found = model.daily_breakouts(&data, as_of, &settings, Conflicts::Refuse).unwrap();
    let p = |i: usize| found[i].as_ref().unwrap().probability;
    assert!(p(0) < 0.1 && p(1) > 0.9, "{} {}", p(0), p(1));
    // What follows the day changes nothing, and what has not two weeks of days is told so.
    let (more, _) = streams(&rates);
    assert_eq!(model.daily_breakouts(&more, as_of, &settings, Conflicts::Refuse).unwrap(), found);
    let lack = model.daily_breakouts(&data, last.plus(-85), &settings, Conflicts::Refuse).unwrap()[0].clone().unwrap_err();
    assert_eq!((lack.have, lack.need), (5.0, 6.0));
    let silent = model.daily_breakouts(&data, last.plus(400), &settings, Conflicts::Refuse).unwrap()[0].clone().unwrap_err();
    assert_eq!(silent.have, 0.0);
    let scores = Engine::default().score(&data, as_of).unwrap();
    assert!(scores.clone().with_breakouts(vec![]).is_err());
    let scores = scores.with_breakouts(found.clone()).unwrap();
    assert_eq!((scores.breakout[1], scores.analysis(1).breakout), (p(1), found[1].clone()));

    let on = on_components(&set, &data, &Engine::default()).unwrap();
    assert!(matches!(on.task().inputs, Inputs::Components { .. }));
    let model = ComponentBreakout::try_new(train(&on, &slices, &quick()).unwrap()).unwrap();
    let scores = Engine::builder().breakout_model(std::sync::Arc::new(model)).build().unwrap().score(&data, as_of).unwrap();
    assert!(scores.breakout[0] < 0.1 && scores.breakout[1] > 0.9, "{:?}", &scores.breakout[..2]);
}

/// A weekly chart on which a newcomer enters each week and climbs at one of three paces.
fn small_chart(weeks: usize) -> (Chart, Vec<ChartEntry>) {
    let mut entries = Vec::new();
    for w in 0..weeks {
        let pace = 1 + 5 * (w % 3);
        for k in 0..12_usize {
            let place = (95_usize).saturating_sub(pace * k + (noise(w, 5) * 10.0) as usize).max(5);
            let (week, artist, title) = (day(7 * (w + k) as i64), format!("Artist {w:03}"), format!("Song {w}"));
            entries.push(ChartEntry { week, place: place as u32, artist, title });
        }
    }
    entries.retain(|e| e.week < day(7 * weeks as i64));
    (Chart::new(entries.clone(), &ChartSettings::default()).unwrap(), entries)
}

#[test]
fn a_model_of_a_chart_predicts_its_newcomers_and_nobody_else() {
    let settings = ChartSettings::default();
    let (chart, mut entries) = small_chart(300);
    let set = debuts(&chart, &settings).unwrap();
    let model = train(&set, &slices(7 * 150, 7 * 50), &quick()).unwrap();
    let cut = day(7 * 259);
    entries.retain(|e| e.week <= cut);
    let now = Chart::new(entries, &settings).unwrap();
    let mut data = Dataset::default();
    for name in ["ARTIST 254", "Artist 255", "Artist 257", "Artist 020", "Nobody"] {
        let (artist_id, platform) = (name.to_owned(), "p".to_owned());
        data.push_observation(&Observation {
            artist_id,
            platform,
            metric: Metric::Streams,
            observed_at: Instant::from(Day::MIN),
            value: 1.0,
        })
        .unwrap();
    }
    let found = model.chart_breakouts(&data, &now).unwrap();
    for (i, name) in [(0, "artist 254"), (1, "artist 255")] {
        // The same prediction as for the example of the whole chart: nothing later is read.
        let example = set.examples().iter().find(|e| e.id == name).unwrap();
        let expected = model.predict_example(&set, example).unwrap().probability;
        assert_eq!(found[i].as_ref().unwrap().probability.to_bits(), expected.to_bits());
    }
    let have = |i: usize| found[i].clone().unwrap_err().have;
    assert_eq!((have(2), have(3), have(4)), (3.0, 0.0, 0.0));
    let json = model.to_json().unwrap();
    assert_eq!(LogisticBreakout::from_json(&json).unwrap().chart_breakouts(&data, &now).unwrap(), found);
}

#[test]
fn bad_training_data_gives_a_reason_and_never_a_nan() {
    let fails = |set: &TrainingSet, settings: &LearnedSettings| train(set, &slices(300, 100), settings).unwrap_err();
    let rows = |f: &dyn Fn(usize) -> (bool, Vec<f64>)| {
        (0..500)
            .map(|i| {
                let (y, x) = f(i);
                example(i, y, x)
            })
            .collect::<Vec<_>>()
    };

    let one_class = fails(&set(&["x"], rows(&|i| (false, vec![noise(i, 1)]))), &quick());
    assert_eq!(one_class.kind(), ErrorKind::InsufficientData);
    assert_eq!(one_class.to_string(), "the training slice has 0 positive and 290 negative examples, each class needs 10");

    let constant = fails(&set(&["x"], rows(&|i| (i % 3 == 0, vec![0.1]))), &quick());
    assert_eq!(constant.to_string(), "no feature varies over the training slice");
    assert!(fails(&set(&["x"], rows(&|i| (i % 3 == 0, vec![f64::NAN]))), &quick()).to_string().starts_with("no feature varies"));

    let separable = set(&["x"], rows(&|i| (i % 3 == 0, vec![f64::from(u8::from(i % 3 == 0)) + 0.1 * noise(i, 1)])));
    assert!(fails(&separable, &LearnedSettings { ridge: Some(0.0), ..quick() }).to_string().contains("separate the classes"));
    let model = train(&separable, &slices(300, 100), &quick()).unwrap();
    assert!(model.card().notes.iter().any(|n| n.contains("separate the classes")));
    let p = model.predict(&[1.0]).unwrap();
    assert!(p.probability > 0.8 && p.probability <= 1.0 && p.log_odds.is_finite());

    let mixed = set(
        &["x", "gaps", "flat", "void"],
        rows(&|i| (noise(i, 2) < noise(i, 1), vec![noise(i, 1), if i % 2 == 0 { f64::NAN } else { noise(i, 5) }, 7.0, f64::NAN])),
    );
    let model = train(&mixed, &slices(300, 100), &quick()).unwrap();
    assert_eq!(model.card().unused, ["flat", "void"]);
    assert!((model.features()[1].missing - 0.5).abs() < 0.01);
    let p = model.predict(&[f64::NAN, f64::NAN]).unwrap();
    assert!(p.log_odds == model.intercept() && p.drivers.iter().all(|d| d.value.is_none() && d.contribution == 0.0));
    assert!(model.predict(&[f64::INFINITY, 0.0]).is_err() && model.predict(&[1.0]).is_err());

    assert!(fails(&mixed, &LearnedSettings { features: vec!["y".into()], ..quick() }).to_string().contains("`y`"));
    assert!(fails(&mixed, &LearnedSettings { bins: 0, ..quick() }).to_string().contains("learned.bins"));
    assert_eq!(fails(&set(&["x"], vec![]), &quick()).kind(), ErrorKind::InsufficientData);
}

#[test]
fn a_calibration_slice_with_one_class_is_noted_and_skipped() {
    let mut examples = synthetic(1000).examples().to_vec();
    examples.iter_mut().filter(|e| e.date >= day(600) && e.date < day(800)).for_each(|e| e.label = false);
    let model = train(&set(&["velocity", "consistency"], examples), &slices(600, 200), &quick()).unwrap();
    assert_eq!(model.card().calibration, "identity");
    assert!(model.card().notes[0].starts_with("not calibrated"), "{:?}", model.card().notes);
}

#[test]
fn walking_forward_learns_from_the_past_only() {
    let set = synthetic(1500);
    let plan = WalkForward { test_from: day(900), test_until: day(1400), step_months: 3, calibrate_months: 6 };
    let whole = backtest(&set, &plan, &quick()).unwrap();
    assert_eq!(whole.steps.iter().map(|s| s.test.rows).sum::<usize>(), 500);
    assert!(whole.steps.windows(2).all(|w| w[0].train.rows < w[1].train.rows));
    assert!(whole.comparison[0].evaluation.auc.unwrap().value > 0.65);
    // Labels from the last step on, and everything after it, change no earlier step.
    let last = whole.steps.last().unwrap().test.first.parse::<NaiveDate>().unwrap();
    let mut turned = set.examples().to_vec();
    turned.iter_mut().filter(|e| e.known >= last).for_each(|e| e.label = !e.label);
    let names = ["velocity", "consistency"];
    let again = backtest(&self::set(&names, turned), &WalkForward { test_until: last, ..plan }, &quick()).unwrap();
    let shorter = backtest(&set, &WalkForward { test_until: last, ..plan }, &quick()).unwrap();
    assert_eq!(again.steps.iter().map(|s| &s.train).collect::<Vec<_>>(), shorter.steps.iter().map(|s| &s.train).collect::<Vec<_>>());
    let empty = backtest(&set, &WalkForward { test_from: day(9000), test_until: day(9100), ..plan }, &quick()).unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::InsufficientData);
    assert!(backtest(&set, &WalkForward { step_months: 0, ..plan }, &quick()).is_err());
}

#[test]
fn ablation_and_learning_curve_show_what_carries_the_model() {
    let set = synthetic(2000);
    let auc = |e: &Option<fanpulse_core::learned::Evaluation>| e.as_ref().unwrap().auc.unwrap().value;
    let families = ablation(&set, &slices(1200, 400), &quick()).unwrap();
    assert_eq!(families[0].family, "velocity");
    assert!(auc(&families[0].alone) > 0.65 && auc(&families[0].without) < 0.6);
    let curve = learning_curve(&set, &slices(1200, 400), &[20, 200, 9999], 5, &quick()).unwrap();
    assert_eq!((curve[2].rows, curve[2].repeats), (1190, 1));
    assert!(curve[0].repeats < 5, "20 examples rarely hold 10 of each class");
    assert!(curve[2].auc.unwrap() > 0.65);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever the features: a reason or finite numbers, and the order of the rows changes nothing.
    #[test]
    fn any_training_set_gives_an_error_or_finite_predictions(
        rows in prop::collection::vec((any::<bool>(), prop::option::of(-1e12_f64..1e12), prop_oneof![Just(0.0), Just(1.0), -1e-9..1e-9]), 60..120),
        seed in any::<u64>(),
    ) {
        let examples: Vec<Example> = rows
            .iter()
            .enumerate()
            .map(|(i, (y, a, b))| Example { rankings: vec![0.0], ..example(i, *y, vec![a.unwrap_or(f64::NAN), *b]) })
            .collect();
        let mut shuffled = examples.clone();
        shuffled.sort_by_key(|e| noise(day_number(e.date), seed).to_bits());
        let settings = LearnedSettings { resamples: 5, min_class: 5, ..LearnedSettings::default() };
        let first = train(&set(&["a", "b"], examples), &slices(40, 10), &settings);
        let second = train(&set(&["a", "b"], shuffled), &slices(40, 10), &settings);
        match (first, second) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(a.to_json().unwrap(), b.to_json().unwrap());
                let p = a.predict(&vec![1e12; a.features().len()]).unwrap();
                prop_assert!(p.log_odds.is_finite() && (0.0..=1.0).contains(&p.probability));
            }
            (Err(a), Err(b)) => prop_assert_eq!(a.to_string(), b.to_string()),
            (a, b) => prop_assert!(false, "{:?} {:?}", a, b),
        }
    }
}

fn day_number(date: NaiveDate) -> usize {
    (date - day(0)).num_days().unsigned_abs() as usize
}

/// The chart's rows, or `None` with a message where the data are absent.
fn hot100() -> Option<Vec<ChartEntry>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/charts");
    let mut entries = Vec::new();
    for name in ["hot100_1958_1990.csv.gz", "hot100_1991_2019.csv.gz"] {
        let Ok(file) = std::fs::File::open(folder.join(name)) else {
            eprintln!("skipped: {} is absent", folder.join(name).display());
            return None;
        };
        for row in csv::Reader::from_reader(flate2::read::GzDecoder::new(file)).records() {
            let row = row.unwrap();
            entries.push(ChartEntry {
                week: row[0].parse().unwrap(),
                place: row[1].parse().unwrap(),
                artist: row[3].to_owned(),
                title: row[2].to_owned(),
            });
        }
    }
    Some(entries)
}

#[test]
fn hot_100_debuts_are_the_published_ones_and_the_model_beats_the_baseline() {
    let Some(entries) = hot100() else { return };
    let settings = ChartSettings::default();
    let set = debuts(&Chart::new(entries, &settings).unwrap(), &settings).unwrap();
    let year = |y| NaiveDate::from_ymd_opt(y, 1, 1).unwrap();
    let test = set.filtered(|e| e.date >= year(2010));
    let labels: Vec<bool> = test.examples().iter().map(|e| e.label).collect();
    let best: Vec<f64> = test.examples().iter().map(|e| e.rankings[0]).collect();
    let baseline = evaluate_ranking(&best, &labels, &quick()).unwrap();
    assert_eq!((baseline.rows, baseline.positives), (686, 82));
    assert!((baseline.auc.unwrap().value - 0.775).abs() < 0.0005);
    assert!((baseline.average_precision.unwrap().value - 0.303).abs() < 0.0005);

    let slices = Slices { train_from: Some(year(1959)), calibrate_from: year(2005), test_from: year(2010), test_until: Some(year(2020)) };
    let model = train(&set, &slices, &quick()).unwrap();
    let e = &model.card().evaluation;
    // Reached when this was written: AUC 0.834, average precision 0.456, calibration error 0.027.
    assert!(e.auc.unwrap().value > 0.83, "{:?}", e.auc);
    assert!(e.average_precision.unwrap().value > 0.45, "{:?}", e.average_precision);
    assert!(e.calibration_error.unwrap() < 0.03, "{:?}", e.calibration_error);
}
