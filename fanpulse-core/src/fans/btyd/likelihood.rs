//! The log-likelihood of the models of activity, with its gradient and Hessian.

use multiversion::multiversion;
use rayon::prelude::*;

use super::counts::{Counts, Piece};
use super::newton::Derivatives;
use super::special::{Gamma, exp, rising};
use crate::math::{LANES, ln, reduce};

/// Rows from which on threads pay.
const PARALLEL: usize = 8_192;
/// Rows whose terms stay in the cache between the pass that computes them and the one that adds them up.
const BLOCK: usize = 128;

/// The log-likelihood and its tables.
pub(super) struct Likelihood<'a> {
    counts: &'a Counts,
    shift: u32,
    /// By frequency: of r, of b, of a+b.
    rates: Vec<Gamma>,
    stays: Vec<Gamma>,
    drops: Vec<Gamma>,
}

impl<'a> Likelihood<'a> {
    /// `shift` is 0 for BG/NBD, where only a visit can be followed by leaving, and 1 for MBG/NBD.
    pub(super) const fn new(counts: &'a Counts, shift: u32) -> Self {
        Self { counts, shift, rates: Vec::new(), stays: Vec::new(), drops: Vec::new() }
    }

    /// At the logarithms of the parameters.
    pub(super) fn at(&mut self, theta: &[f64; 4]) -> Derivatives<4> {
        let p = theta.map(exp);
        let [r, alpha, a, b] = p;
        let xs = &self.counts.frequencies;
        rising(r, xs, 0, &mut self.rates);
        rising(b, xs, self.shift, &mut self.stays);
        rising(a + b, xs, self.shift, &mut self.drops);

        let mut d = Derivatives::ZERO;
        let n = self.counts.customers as f64;
        d.value = n * r * theta[1];
        d.gradient[0] = n * theta[1];
        d.gradient[1] = n * r / alpha;
        d.hessian[0][1] = n / alpha;
        d.hessian[1][1] = -n * r / (alpha * alpha);
        for (i, w) in self.counts.with_frequency.iter().enumerate() {
            let (rate, stay, drop) = (self.rates[i], self.stays[i], self.drops[i]);
            d.value += w * (rate.ln + stay.ln - drop.ln);
            d.gradient[0] += w * rate.digamma;
            d.gradient[2] -= w * drop.digamma;
            d.gradient[3] += w * (stay.digamma - drop.digamma);
            d.hessian[0][0] += w * rate.trigamma;
            d.hessian[2][2] -= w * drop.trigamma;
            d.hessian[2][3] -= w * drop.trigamma;
            d.hessian[3][3] += w * (stay.trigamma - drop.trigamma);
        }
        let pieces = &self.counts.pieces;
        if self.counts.ages.len() <= PARALLEL {
            pieces.iter().for_each(|piece| add(&mut d, &self.terms(piece, theta, &p)));
        } else {
            let parts: Vec<[f64; 15]> = pieces.par_iter().map(|piece| self.terms(piece, theta, &p)).collect();
            parts.iter().for_each(|part| add(&mut d, part));
        }
        d.mirror();
        d.by_logarithms(&p)
    }

    /// Σ of ln[(α+T)^−(r+x) + δ·a/(b+x+s−1)·(α+t_x)^−(r+x)] and its derivatives by r, α, a, b: value, gradient, upper triangle.
    fn terms(&self, piece: &Piece, theta: &[f64; 4], &[r, alpha, a, b]: &[f64; 4]) -> [f64; 15] {
        let c = self.counts;
        let (ages, weights) = (&c.ages[piece.rows.clone()], &c.weights[piece.rows.clone()]);
        let x = f64::from(c.frequencies[piece.frequency]);
        let visits = x + f64::from(self.shift);
        let n = r + x;
        let mut sum = [0.0; 15];
        if visits == 0.0 {
            let [log, rate, square] = alive_sums(ages, weights, alpha);
            (sum[0], sum[1], sum[2]) = (-n * log, -log, -n * rate);
            (sum[6], sum[9]) = (-rate, n * square);
            return sum;
        }
        // ln and derivative of the odds a/(b+x+s−1).
        let (odds, h) = (theta[2] - ln(b + visits - 1.0), 1.0 / (b + visits - 1.0));
        let inverse_a = 1.0 / a;
        let s = dropout_sums(ages, &c.recencies[piece.rows.clone()], weights, alpha, [n, odds]);
        sum[0] = s[SOFT] - n * s[LOG];
        sum[1] = s[DEAD_LEAD] - s[LOG];
        sum[2] = n * (s[DEAD_PULL] - s[RATE]);
        sum[3] = s[DEAD] * inverse_a;
        sum[4] = -s[DEAD] * h;
        sum[5] = s[BOTH_LEAD_LEAD];
        sum[6] = s[DEAD_PULL] - s[RATE] + n * s[BOTH_LEAD_PULL];
        sum[7] = s[BOTH_LEAD] * inverse_a;
        sum[8] = -s[BOTH_LEAD] * h;
        sum[9] = n * s[BEND] + n * n * s[BOTH_PULL_PULL];
        sum[10] = n * s[BOTH_PULL] * inverse_a;
        sum[11] = -n * s[BOTH_PULL] * h;
        sum[12] = (s[BOTH] - s[DEAD]) * inverse_a * inverse_a;
        sum[13] = -s[BOTH] * inverse_a * h;
        sum[14] = (s[BOTH] + s[DEAD]) * h * h;
        sum
    }
}

/// Lane by lane, Σ of the numbers and Σ of their products with others.
#[inline(always)]
fn add_lanes(lanes: &mut [f64; LANES], values: &[f64]) {
    for chunk in values.as_chunks::<LANES>().0 {
        for l in 0..LANES {
            lanes[l] += chunk[l];
        }
    }
}

#[inline(always)]
fn add_products(lanes: &mut [f64; LANES], values: &[f64], others: &[f64]) {
    for (v, o) in values.as_chunks::<LANES>().0.iter().zip(others.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] += v[l] * o[l];
        }
    }
}

/// Σ w·ln(α+T), Σ w/(α+T), Σ w/(α+T)² over rows of whole lanes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn alive_sums(ages: &[f64], weights: &[f64], alpha: f64) -> [f64; 3] {
    let (mut logs, mut rates, mut squares) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let (mut log, mut rate, mut square) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
    for (t, w) in ages.chunks(BLOCK).zip(weights.chunks(BLOCK)) {
        let n = t.len();
        let (log, rate, square) = (&mut log[..n], &mut rate[..n], &mut square[..n]);
        for i in 0..n {
            let u = 1.0 / (alpha + t[i]);
            log[i] = w[i] * ln(alpha + t[i]);
            rate[i] = w[i] * u;
            square[i] = w[i] * u * u;
        }
        add_lanes(&mut logs, log);
        add_lanes(&mut rates, rate);
        add_lanes(&mut squares, square);
    }
    [reduce(logs), reduce(rates), reduce(squares)]
}

// With u = 1/(α+T), v = 1/(α+t_x), lead = ln(α+T) − ln(α+t_x), pull = u − v, dead = w·P(gone), both = dead·P(alive):
const LOG: usize = 0;
const RATE: usize = 1;
/// w·ln(1 + eᵈ), d the log-odds of having left.
const SOFT: usize = 2;
const DEAD: usize = 3;
const DEAD_LEAD: usize = 4;
const DEAD_PULL: usize = 5;
/// w·u² + dead·(v² − u²).
const BEND: usize = 6;
const BOTH: usize = 7;
const BOTH_LEAD: usize = 8;
const BOTH_PULL: usize = 9;
const BOTH_LEAD_LEAD: usize = 10;
const BOTH_LEAD_PULL: usize = 11;
const BOTH_PULL_PULL: usize = 12;
const SUMS: usize = 13;

/// The sums over rows of whole lanes of fans who may have left; the log-odds of that are odds + n·lead.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn dropout_sums(ages: &[f64], recencies: &[f64], weights: &[f64], alpha: f64, [n, odds]: [f64; 2]) -> [f64; SUMS] {
    let mut lanes = [[0.0; LANES]; SUMS];
    let mut buffers = [[0.0; BLOCK]; 8];
    for ((t, s), w) in ages.chunks(BLOCK).zip(recencies.chunks(BLOCK)).zip(weights.chunks(BLOCK)) {
        let len = t.len();
        let (s, w) = (&s[..len], &w[..len]);
        let [log, rate, soft, bend, dead, both, lead, pull] = buffers.each_mut().map(|b| &mut b[..len]);
        for i in 0..len {
            let (end, last) = (alpha + t[i], alpha + s[i]);
            let (u, v) = (1.0 / end, 1.0 / last);
            let log_end = ln(end);
            lead[i] = log_end - ln(last);
            pull[i] = u - v;
            let d = odds + n * lead[i];
            // Both shares and ln(1 + eᵈ) by the exponential that cannot overflow.
            let e = exp(-d.abs());
            let larger = 1.0 / (1.0 + e);
            let smaller = e * larger;
            let gone = w[i] * if d > 0.0 { larger } else { smaller };
            log[i] = w[i] * log_end;
            rate[i] = w[i] * u;
            soft[i] = w[i] * (d.max(0.0) + ln(1.0 + e));
            bend[i] = w[i] * u * u + gone * (v * v - u * u);
            dead[i] = gone;
            both[i] = w[i] * (larger * smaller);
        }
        add_lanes(&mut lanes[LOG], log);
        add_lanes(&mut lanes[RATE], rate);
        add_lanes(&mut lanes[SOFT], soft);
        add_lanes(&mut lanes[BEND], bend);
        add_lanes(&mut lanes[DEAD], dead);
        add_products(&mut lanes[DEAD_LEAD], dead, lead);
        add_products(&mut lanes[DEAD_PULL], dead, pull);
        add_lanes(&mut lanes[BOTH], both);
        // The products with what both is multiplied by once are multiplied again.
        let (by_lead, by_pull) = (soft, bend);
        for i in 0..len {
            by_lead[i] = both[i] * lead[i];
            by_pull[i] = both[i] * pull[i];
        }
        add_lanes(&mut lanes[BOTH_LEAD], by_lead);
        add_lanes(&mut lanes[BOTH_PULL], by_pull);
        add_products(&mut lanes[BOTH_LEAD_LEAD], by_lead, lead);
        add_products(&mut lanes[BOTH_LEAD_PULL], by_lead, pull);
        add_products(&mut lanes[BOTH_PULL_PULL], by_pull, pull);
    }
    lanes.map(reduce)
}

fn add(d: &mut Derivatives<4>, part: &[f64; 15]) {
    d.value += part[0];
    for i in 0..4 {
        d.gradient[i] += part[1 + i];
    }
    let mut next = 5;
    for i in 0..4 {
        for j in i..4 {
            d.hessian[i][j] += part[next];
            next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::History;
    use super::*;

    /// The formula as published, term by term, and its derivatives by differences.
    #[test]
    fn value_gradient_and_hessian_are_those_of_the_published_formula() {
        let histories: Vec<History> = (0..500_u32)
            .map(|i| {
                let (x, age) = (if i % 3 == 0 { 0 } else { i % 7 + 1 }, 20.0 + f64::from(i * 37 % 101) * 0.37);
                History { frequency: x, recency: if x == 0 { 0.0 } else { age * (0.1 + f64::from(i % 10) * 0.09) }, age }
            })
            .collect();
        let counts = Counts::of(&histories);
        for shift in [0, 1] {
            let mut likelihood = Likelihood::new(&counts, shift);
            let theta = [-0.4, 0.3, -0.2, 0.6];
            let at = likelihood.at(&theta);
            let [r, alpha, a, b] = theta.map(f64::exp);
            let ln_gamma = |x| super::super::special::gamma(x).ln;
            let ln_beta = |x, y| ln_gamma(x) + ln_gamma(y) - ln_gamma(x + y);
            let one = |h: &History| {
                let (x, s) = (f64::from(h.frequency), f64::from(shift));
                let (age, recency) = (h.age / counts.unit, h.recency / counts.unit);
                let alive = (alpha + age).powf(-(r + x));
                let gone = if x + s > 0.0 { a / (b + x + s - 1.0) * (alpha + recency).powf(-(r + x)) } else { 0.0 };
                ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln() + ln_beta(a, b + x + s) - ln_beta(a, b) + (alive + gone).ln()
            };
            let want: f64 = histories.iter().map(one).sum();
            assert!((at.value / want - 1.0).abs() < 1e-12, "{} is not {want}", at.value);
            let step = 1e-5;
            for i in 0..4 {
                let mut moved = |by: f64| {
                    let mut to = theta;
                    to[i] += by;
                    likelihood.at(&to)
                };
                let (up, down) = (moved(step), moved(-step));
                let slope = (up.value - down.value) / (2.0 * step);
                assert!((at.gradient[i] - slope).abs() < 1e-5 * (1.0 + slope.abs()), "{i}: {} is not {slope}", at.gradient[i]);
                for j in 0..4 {
                    let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                    assert!((at.hessian[i][j] - bend).abs() < 1e-5 * (1.0 + bend.abs()), "{i} {j}: {} is not {bend}", at.hessian[i][j]);
                }
            }
        }
    }
}
