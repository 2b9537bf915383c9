//! The fits against maxima found independently, in thirty digits by mpmath, and against data without a maximum.

use super::*;
use crate::settings::DropoutModel;

const ITERATIONS: u32 = 200;

/// Three hundred histories by formula: heavy visitors are still there, light ones mostly left early.
fn made_up() -> Vec<History> {
    const VISITS: [u32; 20] = [0, 0, 1, 0, 3, 0, 0, 1, 0, 9, 0, 2, 0, 0, 1, 0, 5, 0, 0, 14];
    (0..300_u32)
        .map(|i| {
            let (age, x) = (30 + i * 37 % 10, VISITS[i as usize % 20]);
            let light = if i % 3 == 0 { (i * i * 31 + 17 * i) % age } else { 1 + i * 7 % 11 };
            let recency = match x {
                0 => 0,
                5.. => age - i % 4,
                _ => light.max(x),
            };
            History::try_new(x, f64::from(recency), f64::from(age)).unwrap()
        })
        .collect()
}

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got / want - 1.0).abs() <= tolerance, "{got} is not {want}");
}

fn check(model: DropoutModel, want: [f64; 4], log_likelihood: f64, errors: [f64; 4]) {
    let fit = fit_activity(&made_up(), model, ITERATIONS).unwrap();
    assert_eq!(fit.status, FitStatus::Converged);
    let p = fit.parameters.unwrap();
    for (got, want) in [p.r, p.alpha, p.a, p.b].into_iter().zip(want) {
        close(got, want, 1e-7);
    }
    close(fit.log_likelihood.unwrap(), log_likelihood, 1e-12);
    for (got, want) in fit.standard_errors.unwrap().into_iter().zip(errors) {
        close(got, want, 1e-6);
    }
    assert!(fit.iterations < 30, "{}", fit.iterations);
}

#[test]
fn bg_nbd_and_its_standard_errors_match_an_independent_maximum() {
    check(
        DropoutModel::BgNbd,
        [0.180_077_652_322, 1.785_254_277_64, 0.206_169_264_012, 0.535_562_249_58],
        -1_652.855_283_883,
        [0.022_257_748_56, 0.382_456_84, 0.063_751_391_7, 0.221_559_738_3],
    );
}

#[test]
fn mbg_nbd_and_its_standard_errors_match_an_independent_maximum() {
    check(
        DropoutModel::MbgNbd,
        [5.287_433_958_96, 20.810_469_586_8, 0.477_572_579_56, 0.311_214_944_74],
        -1_631.798_162_706_6,
        [2.079_854_809, 8.230_122_06, 0.078_154_457_83, 0.064_643_255_48],
    );
}

#[test]
fn gamma_gamma_and_its_standard_errors_match_an_independent_maximum() {
    let rows = [
        (1, 12.0),
        (1, 30.5),
        (2, 8.25),
        (2, 21.0),
        (3, 14.4),
        (4, 55.0),
        (1, 9.9),
        (5, 18.2),
        (2, 33.1),
        (3, 7.5),
        (6, 25.0),
        (1, 61.0),
        (2, 11.8),
        (4, 16.6),
        (3, 40.2),
        (8, 22.3),
    ];
    let purchases = rows.map(|(count, mean)| Purchases { count, mean });
    let fit = fit_amounts(&purchases, ITERATIONS).unwrap();
    assert_eq!(fit.status, FitStatus::Converged);
    let p = fit.parameters.unwrap();
    close(p.p, 2.068_907_367_24, 1e-7);
    close(p.q, 8.008_463_833_17, 1e-7);
    close(p.gamma, 81.379_894_298, 1e-7);
    close(fit.log_likelihood.unwrap(), -62.648_495_528_377, 1e-12);
    let e = fit.standard_errors.unwrap();
    close(e[0], 2.422_021_67, 1e-6);
    close(e[1], 14.528_419_48, 1e-6);
    close(e[2], 255.239_219_5, 1e-6);
    // The whole sample's expectation shrinks towards the mean of all, less with more purchases.
    let (few, many) = (p.expected_amount(Some(purchases[11])), p.expected_amount(Some(Purchases { count: 50, mean: 61.0 })));
    assert!(p.expected_amount(None) < few && few < many && many < 61.0, "{few} {many}");
}

#[test]
fn the_unit_of_time_and_the_order_of_the_fans_do_not_matter() {
    let weeks = made_up();
    let mut days: Vec<History> = weeks.iter().map(|h| History { recency: h.recency * 7.0, age: h.age * 7.0, ..*h }).collect();
    days.reverse();
    let fit = |histories: &[History]| fit_activity(histories, DropoutModel::BgNbd, ITERATIONS).unwrap();
    let (w, d) = (fit(&weeks).parameters.unwrap(), fit(&days).parameters.unwrap());
    close(d.alpha, w.alpha * 7.0, 1e-9);
    close(d.r, w.r, 1e-9);
    close(d.a, w.a, 1e-8);
    let reversed: Vec<History> = weeks.iter().rev().copied().collect();
    assert_eq!(fit(&reversed), fit(&weeks), "to the last bit");
}

#[test]
fn the_thread_count_does_not_change_a_bit() {
    // More distinct histories than one thread takes.
    let many: Vec<History> = (0..9_000_u32)
        .map(|i| History { frequency: i % 17 + 1, recency: f64::from(i % 90 + 1), age: f64::from(i % 90 + 1 + i / 90) })
        .collect();
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit_activity(&many, DropoutModel::MbgNbd, ITERATIONS).unwrap())
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn the_fit_of_many_is_the_same_wherever_it_starts() {
    // So many that the search starts from the fit of a part of them, no two alike.
    let some = made_up();
    let many: Vec<History> = (0..80_000_u32)
        .map(|i| {
            let made = some[i as usize % 300];
            let stretch = 1.0 + f64::from(i) * 1e-6;
            History { recency: made.recency * stretch, age: made.age * stretch, ..made }
        })
        .collect();
    let fit = |guess| fit_from(&many, DropoutModel::BgNbd, ITERATIONS, guess).unwrap();
    let own = fit(None);
    let guess = ActivityParameters { model: DropoutModel::BgNbd, r: 3.0, alpha: 90.0, a: 4.0, b: 1.0 };
    let other = fit(Some(&guess));
    assert_eq!((own.status, other.status), (FitStatus::Converged, FitStatus::Converged));
    let (p, q) = (own.parameters.unwrap(), other.parameters.unwrap());
    for (p, q) in [(p.r, q.r), (p.alpha, q.alpha), (p.a, q.a), (p.b, q.b)] {
        close(p, q, 1e-9);
    }
    for (e, f) in own.standard_errors.unwrap().into_iter().zip(other.standard_errors.unwrap()) {
        close(e, f, 1e-6);
    }
    assert!(own.iterations < 8, "{}", own.iterations);
    let reversed: Vec<History> = many.iter().rev().copied().collect();
    assert_eq!(fit_activity(&reversed, DropoutModel::BgNbd, ITERATIONS).unwrap(), own, "to the last bit");
}

fn status_of(histories: &[History], model: DropoutModel) -> FitStatus {
    let fit = fit_activity(histories, model, ITERATIONS).unwrap();
    if let Some(p) = fit.parameters {
        assert!([p.r, p.alpha, p.a, p.b].iter().all(|v| v.is_finite() && *v > 0.0), "{fit:?}");
        for h in histories {
            let (alive, more) = (p.p_alive(h), p.expected_repeats(h, 365.0));
            assert!((0.0..=1.0).contains(&alive) && more.is_finite() && more >= 0.0, "{fit:?} {h:?} {alive} {more}");
        }
    }
    assert!(fit.standard_errors.is_none_or(|e| e.iter().all(|v| v.is_finite() && *v > 0.0)), "{fit:?}");
    fit.status
}

#[test]
fn data_that_determine_nothing_end_with_a_reason() {
    let h = |frequency, recency, age| History { frequency, recency, age };
    for model in [DropoutModel::BgNbd, DropoutModel::MbgNbd] {
        let reason = |histories: &[History]| match status_of(histories, model) {
            FitStatus::Degenerate(why) => why,
            status => panic!("{status}"),
        };
        assert_eq!(reason(&[h(1, 3.0, 9.0); 9]), Degeneracy::TooFew { have: 9, need: 10 });
        assert_eq!(reason(&[]), Degeneracy::TooFew { have: 0, need: 10 });
        assert_eq!(reason(&(0..50).map(|i| h(0, 0.0, f64::from(i))).collect::<Vec<_>>()), Degeneracy::NoRepeat);
        assert_eq!(reason(&[h(0, 0.0, 0.0); 40]), Degeneracy::NoTime);
        assert_eq!(reason(&[h(4, 20.0, 30.0); 40]), Degeneracy::AllAlike);
        // Everybody comes daily and nobody leaves: no rate differs and nobody drops out.
        let faithful: Vec<History> = (20..60).map(|t| h(t, f64::from(t), f64::from(t))).collect();
        assert!(matches!(reason(&faithful), Degeneracy::AtBound { .. } | Degeneracy::Flat), "{:?}", reason(&faithful));
    }
}

#[test]
fn extreme_histories_give_finite_numbers() {
    let h = |frequency, recency, age| History { frequency, recency, age };
    // One fan with everything; and visits by the hundred thousand.
    let mut one: Vec<History> = (0..30).map(|i| h(0, 0.0, f64::from(i))).collect();
    one.push(h(100_000, 364.0, 365.0));
    let heavy: Vec<History> =
        (0..200_u32).map(|i| h(100_000 - 400 * i, 3_000.0 + 3.0 * f64::from(i), 4_000.0 + f64::from(i % 7))).collect();
    for model in [DropoutModel::BgNbd, DropoutModel::MbgNbd] {
        status_of(&one, model);
        status_of(&heavy, model);
    }
}

#[test]
fn amounts_that_determine_nothing_end_with_a_reason() {
    let of = |count, mean| Purchases { count, mean };
    let reason = |purchases: &[Purchases]| fit_amounts(purchases, ITERATIONS).unwrap().status;
    assert_eq!(reason(&[of(2, 9.0); 3]), FitStatus::Degenerate(Degeneracy::TooFew { have: 3, need: 10 }));
    assert_eq!(reason(&[of(2, 9.99); 30]), FitStatus::Degenerate(Degeneracy::AllAlike));
    let once: Vec<Purchases> = (1..30).map(|i| of(1, f64::from(i))).collect();
    assert_eq!(reason(&once), FitStatus::Degenerate(Degeneracy::NoRepeat));
    // Fans who differ, each of whom pays one price however often: nothing varies within a fan.
    let priced: Vec<Purchases> = (1..60).map(|i| of(i * i * 3, f64::from(i % 3 + 1))).collect();
    let fit = fit_amounts(&priced, ITERATIONS).unwrap();
    let p = fit.parameters.unwrap();
    assert!(p.p.is_finite() && p.q > 1.0 && p.gamma.is_finite(), "{fit:?}");
    assert!((p.expected_amount(Some(of(5_000, 2.0))) - 2.0).abs() < 0.01, "{fit:?}");
    for bad in [of(0, 3.0), of(2, 0.0), of(2, -1.0), of(2, f64::NAN), of(1, f64::INFINITY)] {
        let error = fit_amounts(&[of(1, 2.0), bad], ITERATIONS).unwrap_err();
        assert!(error.to_string().starts_with("purchases 1: "), "{error}");
    }
}

#[test]
fn a_history_that_cannot_be_is_named() {
    let h = |frequency, recency, age| History { frequency, recency, age };
    for bad in [h(1, 9.0, 5.0), h(0, 3.0, 5.0), h(2, 0.0, 5.0), h(1, f64::NAN, 5.0), h(1, 1.0, f64::INFINITY), h(0, 0.0, -1.0)] {
        let error = fit_activity(&[h(0, 0.0, 1.0), bad], DropoutModel::BgNbd, ITERATIONS).unwrap_err();
        assert!(error.to_string().starts_with("history 1: "), "{error}");
    }
}

#[test]
fn a_one_time_fan_is_alive_for_ever_in_one_model_only() {
    let p = |model| ActivityParameters { model, r: 0.5, alpha: 6.0, a: 0.9, b: 1.6 };
    let silent = |age| History { frequency: 0, recency: 0.0, age };
    assert_eq!(p(DropoutModel::BgNbd).p_alive(&silent(500.0)), 1.0);
    let mbg = p(DropoutModel::MbgNbd);
    assert!(mbg.p_alive(&silent(500.0)) < 0.2 && mbg.p_alive(&silent(1.0)) > 0.6);
    // Beta(a, b) on the first day: 1 − a/(a+b).
    close(mbg.p_alive(&silent(0.0)), 1.6 / 2.5, 1e-12);
}
