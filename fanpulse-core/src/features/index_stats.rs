//! Weeks, risen days and noise of an audience index.

use super::MomentumFeatures;
use crate::math::{FIRST, LANES, LaneColumn, reduce};
use crate::settings::MomentumSettings;

/// Scratch space for the day-by-day terms of an index, in whole lanes.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// The window that the columns below were made for.
    window: usize,
    /// The index as it is added up, the last lanes those of the last days, which may overlap the ones before.
    sums: LaneColumn,
    /// The index; behind its window ones, so that whole lanes can be worked on.
    index: LaneColumn,
    risen: LaneColumn,
    changes: LaneColumn,
    bends: LaneColumn,
}

impl Terms {
    /// Makes room for a window and sets its index to 0.
    #[inline(always)]
    pub(super) fn begin(&mut self, window: usize) {
        if self.window != window {
            for column in [&mut self.sums, &mut self.index, &mut self.risen, &mut self.changes, &mut self.bends] {
                column.fit(window.div_ceil(LANES) + 1);
            }
            self.index.as_flattened_mut().fill(1.0);
            self.window = window;
        }
        for sums in &mut self.sums[..window.div_ceil(LANES)] {
            *sums = [0.0; LANES];
        }
    }

    /// Adds a component's days, as many as the window has, to the index.
    #[inline(always)]
    pub(super) fn add(&mut self, weight: f64, days: &[f64]) {
        let (whole, rest) = days.as_chunks::<LANES>();
        let sums = &mut self.sums[..days.len().div_ceil(LANES)];
        for (sums, days) in sums.iter_mut().zip(whole) {
            add_lanes(sums, weight, days);
        }
        if !rest.is_empty()
            && let (Some(sums), Some(days)) = (sums.last_mut(), days.last_chunk())
        {
            add_lanes(sums, weight, days);
        }
    }

    /// Lays the index that was added up out day by day, as [`Terms::complete`] reads it.
    #[inline(always)]
    pub(super) fn lay_out(&mut self, window: usize) {
        lay_out(&self.sums[..window.div_ceil(LANES)], &mut self.index.as_flattened_mut()[..window]);
    }

    /// Not 0 where a day of the index is 0 or less.
    #[inline(always)]
    pub(super) fn not_positive(&self, window: usize) -> u64 {
        let mut not_positive = 0;
        for sums in &self.sums[..window.div_ceil(LANES)] {
            for &x in sums {
                not_positive |= u64::from(x <= 0.0);
            }
        }
        not_positive
    }

    /// The features of an index that has a positive value on every day of the window.
    #[inline(always)]
    pub(super) fn complete(&mut self, window: usize, s: &MomentumSettings) -> MomentumFeatures {
        let Self { index, risen, changes, bends, .. } = self;
        let (index, risen) = (index.as_flattened(), risen.as_flattened_mut());
        let (changes, bends) = (changes.as_flattened_mut(), bends.as_flattened_mut());
        let (pairs, inner) = (window - 7, window - 2);
        weekly_terms(&index[..pairs.next_multiple_of(LANES) + 7], risen, changes, s.tie_tolerance);
        bend_terms(&index[..inner.next_multiple_of(LANES) + 2], bends);
        let steps = pairs - 1;
        let noise = masked_sum(bends, inner);
        let weekly_noise = step_sum(changes, steps);
        let rising = masked_sum(risen, pairs);

        let x = &index[..window];
        let weeks = window / 7;
        let has_far = weeks >= 3;
        MomentumFeatures {
            week_1: week_mean(x, 1),
            week_2: week_mean(x, 2),
            week_far: if has_far { week_mean(x, weeks) } else { f64::NAN },
            far: weeks as f64,
            days_1: 7.0,
            days_2: 7.0,
            days_far: 7.0,
            risen: if pairs >= s.min_pairs as usize { 0.5 + 0.5 * rising / pairs as f64 } else { f64::NAN },
            pairs: pairs as f64,
            chains: (window - 14) as f64,
            noise_variance: noise / (6.0 * inner as f64),
            noise_samples: inner as f64,
            weekly_noise_variance: weekly_noise / (4.0 * steps as f64),
            weekly_noise_samples: steps as f64,
            excess: f64::NAN,
            viral_share: f64::NAN,
        }
    }
}

#[inline(always)]
fn add_lanes(sums: &mut [f64; LANES], weight: f64, days: &[f64; LANES]) {
    // A copy, so that the compiler knows it to be apart from the days.
    let mut own = *sums;
    for l in 0..LANES {
        own[l] += weight * days[l];
    }
    *sums = own;
}

/// Lays lanes, the last of them the last days, out day by day.
#[inline(always)]
fn lay_out(lanes: &[[f64; LANES]], days: &mut [f64]) {
    for (days, lanes) in days.as_chunks_mut().0.iter_mut().zip(lanes) {
        *days = *lanes;
    }
    if let (Some(days), Some(lanes)) = (days.last_chunk_mut(), lanes.last()) {
        *days = *lanes;
    }
}

/// Element by element: whether a day is above the one a week before (+1, −1, 0), and by how much.
#[inline(always)]
fn weekly_terms(x: &[f64], risen: &mut [f64], changes: &mut [f64], tolerance: f64) {
    let n = x.len() - 7;
    let (now, then, risen, changes) = (&x[7..], &x[..n], &mut risen[..n], &mut changes[..n]);
    for i in 0..n {
        risen[i] = direction(now[i], then[i], tolerance);
        changes[i] = weekly_change(now[i], then[i]);
    }
}

/// Element by element: the squared second difference of the day behind each position.
#[inline(always)]
fn bend_terms(x: &[f64], bends: &mut [f64]) {
    let n = x.len() - 2;
    let (left, mid, right, bends) = (&x[..n], &x[1..=n], &x[2..], &mut bends[..n]);
    for i in 0..n {
        bends[i] = bend(left[i], mid[i], right[i]);
    }
}

/// The sum of the first `n` terms.
#[inline(always)]
fn masked_sum(terms: &[f64], n: usize) -> f64 {
    let (chunks, _) = terms.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for k in 0..n.div_ceil(LANES) {
        let keep = &FIRST[(n - k * LANES).min(LANES)];
        for l in 0..LANES {
            lanes[l] += chunks[k][l] * keep[l];
        }
    }
    reduce(lanes)
}

/// The sum of the first `n` squared steps from a term to the next.
#[inline(always)]
fn step_sum(terms: &[f64], n: usize) -> f64 {
    let (now, _) = terms[1..].as_chunks::<LANES>();
    let (then, _) = terms.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for k in 0..n.div_ceil(LANES) {
        let keep = &FIRST[(n - k * LANES).min(LANES)];
        for l in 0..LANES {
            let d = (now[k][l] - then[k][l]) * keep[l];
            lanes[l] += d * d;
        }
    }
    reduce(lanes)
}

/// The mean of week k, all of whose days are present.
#[inline(always)]
fn week_mean(x: &[f64], k: usize) -> f64 {
    let from = x.len() - 7 * k;
    let week = &x[from..from + 7];
    (((week[0] + week[1]) + (week[2] + week[3])) + ((week[4] + week[5]) + week[6])) / 7.0
}

/// +1 where a is above b, −1 where it is below, 0 where they tie.
#[inline(always)]
fn direction(a: f64, b: f64, tolerance: f64) -> f64 {
    let tie = tolerance * if a > b { a } else { b };
    let d = a - b;
    (if d > tie { 1.0 } else { 0.0 }) - (if d < -tie { 1.0 } else { 0.0 })
}

/// The square of the second difference, relative to the middle day.
#[inline(always)]
fn bend(left: f64, middle: f64, right: f64) -> f64 {
    let d = ((right - middle) - (middle - left)) / middle;
    d * d
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
            let mut terms = Terms::default();
            terms.begin(x.len());
            terms.add(1.0, &x);
            terms.lay_out(x.len());
            let (a, b) = (terms.complete(x.len(), &s), with_gaps(&x, &s));
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
