//! Weeks, risen days and noise of an audience index.

use super::MomentumFeatures;
use crate::math::{LANES, reduce};
use crate::settings::MomentumSettings;

/// The features of an index that has a positive value on every day.
#[inline(always)]
pub(super) fn complete(x: &[f64], changes: &mut Vec<f64>, s: &MomentumSettings) -> MomentumFeatures {
    let window = x.len();
    let weeks = window / 7;
    let mean = |k: usize| {
        let from = window - 7 * k;
        let week = &x[from..from + 7];
        (((week[0] + week[1]) + (week[2] + week[3])) + ((week[4] + week[5]) + week[6])) / 7.0
    };
    let has_far = weeks >= 3;

    // Rising days, in lanes: +1 risen, −1 fallen, 0 tied.
    let pairs = window - 7;
    let (now, then) = (&x[7..], &x[..pairs]);
    let mut lanes = [0.0; LANES];
    changes.resize(pairs, 0.0);
    let direction = |a: f64, b: f64| {
        let tie = s.tie_tolerance * if a > b { a } else { b };
        let d = a - b;
        (if d > tie { 1.0 } else { 0.0 }) - (if d < -tie { 1.0 } else { 0.0 })
    };
    let whole = pairs / LANES * LANES;
    for ((a, b), change) in now[..whole].chunks_exact(LANES).zip(then.chunks_exact(LANES)).zip(changes.chunks_exact_mut(LANES)) {
        for l in 0..LANES {
            lanes[l] += direction(a[l], b[l]);
            change[l] = weekly_change(a[l], b[l]);
        }
    }
    for (l, i) in (whole..pairs).enumerate() {
        lanes[l] += direction(now[i], then[i]);
        changes[i] = weekly_change(now[i], then[i]);
    }
    let risen = 0.5 + 0.5 * reduce(lanes) / pairs as f64;

    // How the 7-day change moves from day to day.
    let steps = pairs - 1;
    let (now, then) = (&changes[1..pairs], &changes[..steps]);
    let mut lanes = [0.0; LANES];
    let whole = steps / LANES * LANES;
    for (a, b) in now[..whole].chunks_exact(LANES).zip(then[..whole].chunks_exact(LANES)) {
        for l in 0..LANES {
            lanes[l] += (a[l] - b[l]) * (a[l] - b[l]);
        }
    }
    for (l, i) in (whole..steps).enumerate() {
        lanes[l] += (now[i] - then[i]) * (now[i] - then[i]);
    }
    let weekly_noise_variance = reduce(lanes) / (4.0 * steps as f64);

    // Second differences relative to the middle day.
    let inner = window - 2;
    let (left, mid, right) = (&x[..inner], &x[1..=inner], &x[2..]);
    let square = |l: f64, m: f64, r: f64| {
        let d = ((r - m) - (m - l)) / m;
        d * d
    };
    let mut lanes = [0.0; LANES];
    let whole = inner / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        for l in 0..LANES {
            lanes[l] += square(left[i + l], mid[i + l], right[i + l]);
        }
    }
    for (l, i) in (whole..inner).enumerate() {
        lanes[l] += square(left[i], mid[i], right[i]);
    }
    let noise_variance = reduce(lanes) / (6.0 * inner as f64);

    MomentumFeatures {
        week_1: mean(1),
        week_2: mean(2),
        week_far: if has_far { mean(weeks) } else { f64::NAN },
        far: weeks as f64,
        days_1: 7.0,
        days_2: 7.0,
        days_far: 7.0,
        risen: if pairs >= s.min_pairs as usize { risen } else { f64::NAN },
        pairs: pairs as f64,
        chains: (window - 14) as f64,
        noise_variance,
        noise_samples: inner as f64,
        weekly_noise_variance,
        weekly_noise_samples: steps as f64,
        excess: f64::NAN,
        viral_share: f64::NAN,
    }
}

/// The relative change of b to a, d = 2(a − b)/(a + b), which is ln(a/b) to the third order.
#[inline(always)]
fn weekly_change(a: f64, b: f64) -> f64 {
    2.0 * (a - b) / (a + b)
}

/// The features of an index with missing days (NaN).
pub(super) fn with_gaps(x: &[f64], s: &MomentumSettings) -> MomentumFeatures {
    let window = x.len();
    // (days, mean) of week k, the mean NaN where too few days are present.
    let week = |k: usize| {
        let from = window - 7 * k;
        let (mut days, mut total) = (0_u32, 0.0);
        for v in x[from..from + 7].iter().filter(|v| !v.is_nan()) {
            days += 1;
            total += v;
        }
        let mean = if days >= s.min_week_days { total / f64::from(days) } else { f64::NAN };
        (f64::from(days), mean)
    };
    let (days_1, week_1) = week(1);
    let (days_2, week_2) = week(2);
    let far = (3..=window / 7).rev().find(|&k| !week(k).1.is_nan());
    let (days_far, week_far) = far.map_or((0.0, f64::NAN), week);

    let (mut pairs, mut risen) = (0_u32, 0.0);
    for (then, now) in x.iter().zip(&x[7..]) {
        if !then.is_nan() && !now.is_nan() {
            pairs += 1;
            let tie = s.tie_tolerance * then.max(*now);
            let d = now - then;
            risen += if d > tie {
                1.0
            } else if d < -tie {
                0.0
            } else {
                0.5
            };
        }
    }

    let chains = x.iter().zip(&x[7..]).zip(&x[14..]).filter(|((a, b), c)| !(**a + **b + **c).is_nan()).count();

    let (mut steps, mut step_squares) = (0_u32, 0.0);
    for t in 8..window {
        let d = weekly_change(x[t], x[t - 7]) - weekly_change(x[t - 1], x[t - 8]);
        if !d.is_nan() {
            steps += 1;
            step_squares += d * d;
        }
    }

    let (mut triples, mut squares) = (0_u32, 0.0);
    for w in x.windows(3) {
        let d = ((w[2] - w[1]) - (w[1] - w[0])) / w[1];
        if !d.is_nan() {
            triples += 1;
            squares += d * d;
        }
    }

    MomentumFeatures {
        week_1,
        week_2,
        week_far,
        far: far.unwrap_or(0) as f64,
        days_1,
        days_2,
        days_far,
        risen: if pairs >= s.min_pairs { risen / f64::from(pairs) } else { f64::NAN },
        pairs: f64::from(pairs),
        chains: chains as f64,
        noise_samples: f64::from(triples),
        weekly_noise_variance: step_squares / (4.0 * f64::from(steps)),
        weekly_noise_samples: f64::from(steps),
        noise_variance: if triples >= 3 { squares / (6.0 * f64::from(triples)) } else { f64::NAN },
        excess: f64::NAN,
        viral_share: f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_on_a_complete_index() {
        let s = MomentumSettings::default();
        for window in [14, 21, 30, 61] {
            let x: Vec<f64> = (0..window).map(|t| 100.0 + f64::from(t) + f64::from(t * t % 7)).collect();
            let (a, b) = (complete(&x, &mut Vec::new(), &s), with_gaps(&x, &s));
            for (a, b) in [
                (a.week_1, b.week_1),
                (a.week_2, b.week_2),
                (a.risen, b.risen),
                (a.pairs, b.pairs),
                (a.noise_variance, b.noise_variance),
                (a.noise_samples, b.noise_samples),
                (a.weekly_noise_variance, b.weekly_noise_variance),
                (a.weekly_noise_samples, b.weekly_noise_samples),
                (a.chains, b.chains),
            ] {
                assert!((a - b).abs() <= 1e-13 * b.abs(), "{window}: {a} {b}");
            }
            assert_eq!(a.week_far.is_nan(), b.week_far.is_nan());
        }
    }
}
