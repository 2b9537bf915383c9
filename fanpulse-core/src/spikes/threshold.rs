//! The threshold that a stated number of false alarms per year asks for.

use super::tail::exp;
use crate::math::ln;

/// Lags at which the score's roughness is measured: one reading, a sixth, a half and the whole of the span.
const LAGS: usize = 4;

/// Mean squared steps of the score, from which follows how often it crosses a level by chance.
#[derive(Debug, Clone)]
pub(super) struct Roughness {
    lags: [usize; LAGS],
    steps: [f64; LAGS],
    square: f64,
    seen: f64,
    memory: f64,
    ring: Vec<f64>,
    at: usize,
}

impl Roughness {
    /// For sums over `span` readings, remembering about `memory` readings.
    pub(super) fn new(span: usize, memory: f64) -> Self {
        let lags = [1, (span / 6).max(1), (span / 2).max(1), span];
        Self { lags, steps: [0.0; LAGS], square: 0.0, seen: 0.0, memory, ring: vec![0.0; span + 1], at: 0 }
    }

    /// Takes the next score, clipped by the caller.
    #[inline]
    pub(super) fn push(&mut self, u: f64) {
        self.seen += 1.0;
        let n = self.ring.len();
        if n == 2 {
            return self.push_single(u);
        }
        let mut before = usize::MAX;
        for j in 0..LAGS {
            // Short spans make some lags equal; one of them is enough.
            if self.lags[j] == before {
                self.steps[j] = self.steps[j - 1];
                continue;
            }
            before = self.lags[j];
            let have = self.seen - before as f64;
            if have >= 1.0 {
                let back = if self.at >= before { self.at - before } else { self.at + n - before };
                let d = u - self.ring[back];
                self.steps[j] += (d * d - self.steps[j]) / have.min(self.memory);
            }
        }
        self.square += (u * u - self.square) / self.seen.min(self.memory);
        self.ring[self.at] = u;
        self.at = if self.at + 1 == n { 0 } else { self.at + 1 };
    }

    /// The same where a span is one reading, so that all lags are one.
    #[inline]
    fn push_single(&mut self, u: f64) {
        let have = self.seen - 1.0;
        if have >= 1.0 {
            let d = u - self.ring[1 - self.at];
            self.steps = [self.steps[0] + (d * d - self.steps[0]) / have.min(self.memory); LAGS];
        }
        self.square += (u * u - self.square) / self.seen.min(self.memory);
        self.ring[self.at] = u;
        self.at = 1 - self.at;
    }

    /// 1 − the autocorrelation at lag `j`, 0.0005–1.
    fn decorrelation(&self, j: usize) -> f64 {
        if self.square > 0.0 { (0.5 * self.steps[j] / self.square).clamp(0.0005, 1.0) } else { 1.0 }
    }

    /// The autocorrelation over a whole span, 0–1: what neighbouring spans share.
    pub(super) fn span_correlation(&self) -> f64 {
        if self.seen > 20.0 * self.lags[LAGS - 1] as f64 { 1.0 - self.decorrelation(LAGS - 1) } else { 0.0 }
    }

    /// The level that a standard normal process of this roughness crosses upwards `rate` times per reading, from a guess.
    ///
    /// # Formula
    /// Clumps of exceedances per reading, Siegmund (1985), *Sequential Analysis*: a·T·φ(T)·ν(T√(2a))/L with a = 1 − ρ(L).
    /// A process looked at every L readings has no more clumps than the whole, so the largest over the lags counts.
    pub(super) fn level(&self, rate: f64, guess: f64) -> f64 {
        const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;
        let want = ln(rate);
        let mut level = guess.clamp(LEAST_LEVEL, GREATEST_LEVEL);
        // The level moves slowly, so that one step from the last one is enough once there is a last one.
        let steps = if self.seen < FIRST_SEEN { 4 } else { 1 };
        for _ in 0..steps {
            let (mut most, mut slope) = (f64::NEG_INFINITY, 0.0);
            let mut before = usize::MAX;
            for j in 0..LAGS {
                let lag = self.lags[j];
                if lag == before || (j > 0 && self.seen < 20.0 * lag as f64) {
                    continue;
                }
                before = lag;
                let a = self.decorrelation(j);
                let x = level * (2.0 * a).sqrt();
                let clumps = ln(a / lag as f64 * overshoot(x) * level) - 0.5 * level * level - HALF_LN_TWO_PI;
                if clumps > most {
                    (most, slope) = (clumps, level - 1.0 / level + 0.5 * (2.0 * a).sqrt());
                }
            }
            level = (level + (most - want) / slope.max(0.5)).clamp(LEAST_LEVEL, GREATEST_LEVEL);
        }
        level
    }
}

/// Below this the clump formula does not hold, and nobody would call it a spike.
const LEAST_LEVEL: f64 = 1.5;
const GREATEST_LEVEL: f64 = 9.0;
/// Scores up to which the level is sought afresh.
const FIRST_SEEN: f64 = 40.0;

/// Siegmund's ν(x) for x > 0, in (0, 1): how a discrete walk overshoots a level.
///
/// # Formula
/// ν(x) = (2/x)(Φ(x/2) − ½)/((x/2)Φ(x/2) + φ(x/2)), Siegmund and Yakir (2007); Φ(y) by
/// 1/(1 + exp(−1.5976 y − 0.070565992 y³)), absolute error below 2e-4.
fn overshoot(x: f64) -> f64 {
    const INV_SQRT_TWO_PI: f64 = 0.398_942_280_401_432_7;
    let y = 0.5 * x;
    if y < 1e-3 {
        return 1.0;
    }
    let cdf = 1.0 / (1.0 + exp(-1.5976 * y - 0.070_565_992 * y * y * y));
    (cdf - 0.5) / y / (y * cdf + INV_SQRT_TWO_PI * exp(-0.5 * y * y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overshoot_at_known_points() {
        // The formula with scipy's normal distribution.
        for (x, want) in OVERSHOOT {
            assert!((overshoot(x) / want - 1.0).abs() < 3e-3, "{x}: {}", overshoot(x));
        }
    }

    #[test]
    fn white_noise_crosses_as_often_as_its_tail_says() {
        // For independent scores every exceedance is a clump, so the level is near the normal quantile.
        let mut roughness = Roughness::new(1, 1000.0);
        let mut sign = 1.0;
        for i in 0..1000 {
            // Squared steps average twice the square: no correlation.
            sign = if i % 2 == 0 { -sign } else { sign };
            roughness.push(sign);
        }
        for (p, z) in [(0.01, 2.326), (0.001, 3.090), (1e-5, 4.265)] {
            let level = (0..5).fold(3.0, |level, _| roughness.level(p, level));
            assert!((level - z).abs() < 0.03, "{p}: {level}");
        }
    }

    #[test]
    fn a_smoother_score_needs_a_lower_level() {
        let level = |span: usize| {
            let mut roughness = Roughness::new(span, 1e4);
            for i in 0..10_000_usize {
                // A triangle wave of period 4·span has steps of that size.
                let phase = (i % (4 * span)) as f64 / span as f64;
                roughness.push(if phase < 2.0 { phase - 1.0 } else { 3.0 - phase });
            }
            (0..6).fold(3.0, |level, _| roughness.level(1e-4, level))
        };
        assert!(level(36) < level(6) && level(6) < level(1));
    }

    const OVERSHOOT: [(f64, f64); 5] = [(0.1, 0.939533), (0.5, 0.736141), (1.0, 0.548763), (2.0, 0.315093), (4.0, 0.118808)];
}
