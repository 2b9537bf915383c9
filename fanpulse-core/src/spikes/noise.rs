//! Where a series lies and how it scatters: robust location and scale, counting noise, and the skewness of what is left.

use super::tail::exp;
use super::window::SortedWindow;
use crate::math::ln;

/// Spans before the location means anything.
pub(super) const FIRST_SPANS: usize = 8;
/// Scores and residuals beyond this many scales count as this many, so that spikes do not teach.
pub(super) const CLIP: f64 = 3.0;
/// MAD of a standard normal variable, inverted.
const MAD_TO_SD: f64 = 1.4826;
/// Spans whose weight the prior shape has.
const PRIOR_SHAPE: f64 = 300.0;
/// Spans over which the shape is remembered.
pub(super) const SHAPE_MEMORY: f64 = 2000.0;
/// Spans between two looks at counting noise and shape.
const SHAPE_STRIDE: u64 = 4;

/// The distribution of the spans' logarithms, seasonality removed.
#[derive(Debug, Clone)]
pub(super) struct Noise {
    levels: SortedWindow,
    residuals: SortedWindow,
    counts: Counts,
    scale_floor: f64,
    /// The floor, or what counting noise alone makes.
    least_scale: f64,
    spans: u64,
    skewness: f64,
    judged: f64,
    /// Median of the logarithms.
    pub(super) location: f64,
    /// 1.4826 MAD of the residuals, in units of [`Noise::weight`].
    pub(super) scale: f64,
    /// Exponent λ of the Box–Cox transform that makes the noise symmetric: 0 log-normal, ⅓ gamma, ⅔ Poisson, 1 normal.
    pub(super) shape: f64,
}

impl Noise {
    pub(super) fn new(window: usize, scale_floor: f64) -> Self {
        Self {
            levels: SortedWindow::new(window),
            residuals: SortedWindow::new(2 * window),
            counts: Counts::new(window),
            scale_floor,
            least_scale: scale_floor,
            spans: 0,
            skewness: 0.0,
            judged: 0.0,
            location: 0.0,
            scale: 1.0,
            shape: 1.0 / 3.0,
        }
    }

    /// Forgets the level after a silence that outlived it; the shape stays.
    pub(super) fn restart(&mut self) {
        self.levels.clear();
        self.residuals.clear();
        self.counts.clear();
        self.spans = 0;
    }

    /// Spans seen since the start.
    pub(super) fn spans(&self) -> usize {
        self.spans as usize
    }

    /// Whether the location means anything yet.
    pub(super) fn located(&self) -> bool {
        self.spans as usize >= FIRST_SPANS
    }

    /// How many residuals the scale rests on.
    pub(super) fn residuals(&self) -> f64 {
        self.residuals.len() as f64
    }

    /// Spans that the skewness rests on, the prior's among them.
    pub(super) fn shape_weight(&self) -> f64 {
        self.judged + PRIOR_SHAPE
    }

    /// Mean of the deseasonalised counts, clipped.
    pub(super) fn mean(&self) -> f64 {
        self.counts.mean
    }

    /// α of the variance μ + α μ² of the counts.
    pub(super) fn dispersion(&self) -> f64 {
        self.counts.dispersion
    }

    /// How much noisier than usual a count with this expectation is: Poisson noise weighs more where counts are low.
    #[inline]
    pub(super) fn weight(&self, expected: f64, offset: f64) -> f64 {
        let mean = expected.max(0.2);
        let shifted = mean + offset;
        ((self.counts.dispersion + mean / (shifted * shifted)) / self.counts.log_variance).sqrt()
    }

    /// The residual in standard deviations of symmetric noise.
    ///
    /// # Formula
    /// Box and Cox (1964): (e^{λ r} − 1)/(λ s); λ → 0 gives r/s.
    #[inline]
    pub(super) fn score(&self, residual: f64, weight: f64) -> f64 {
        let scale = self.scale * weight;
        let bent = self.shape * residual;
        if bent.abs() < 1e-9 { residual / scale } else { crate::math::exp_m1(bent.clamp(-690.0, 690.0)) / (self.shape * scale) }
    }

    /// Takes a span: its logarithm without the season, its residual and weight, its count where it is one.
    pub(super) fn learn(&mut self, span: &Span) {
        self.levels.push(span.level);
        if self.located() {
            self.residuals.push((span.residual / span.weight).abs());
        }
        if let Some(count) = span.count {
            self.counts.push(count);
        }
        if span.judged {
            let u = (span.residual / (self.scale * span.weight)).clamp(-CLIP, CLIP);
            self.judged = (self.judged + 1.0).min(SHAPE_MEMORY);
            self.skewness += (u * u * u - self.skewness) / self.judged;
        }
        self.spans += 1;
        if self.located() {
            self.settle(span);
        }
    }

    fn settle(&mut self, span: &Span) {
        self.location = self.levels.median();
        let mad = if self.residuals.len() < FIRST_SPANS { self.levels.deviation_from(self.location) } else { self.residuals.median() };
        let robust = MAD_TO_SD * mad;
        // Counting noise and shape rest on hundreds of spans, so that they need not follow each one.
        if self.spans < 8 * FIRST_SPANS as u64 || self.spans.is_multiple_of(SHAPE_STRIDE) {
            let mut poisson_share = 0.0;
            self.least_scale = self.scale_floor;
            if span.count.is_some() {
                let fresh = self.spans as usize == FIRST_SPANS || self.spans as usize == 2 * FIRST_SPANS;
                self.counts.settle(exp(self.location) - span.offset, robust.max(self.scale_floor), span.offset, fresh);
                let mean = self.counts.mean;
                self.least_scale = self.scale_floor.max(0.9 * mean.sqrt() / (mean + span.offset));
                let scale = robust.max(self.least_scale);
                poisson_share = (1.0 / (mean.max(0.1) * scale * scale)).min(1.0);
            }
            self.bend(robust.max(self.least_scale), poisson_share);
        }
        self.scale = robust.max(self.least_scale);
    }

    /// Poisson counts are symmetric at ⅔ and gamma noise at ⅓ (Wilson and Hilferty 1931): skewness ≈ −3 λ s on the log scale.
    fn bend(&mut self, scale: f64, poisson_share: f64) {
        let prior = (1.0 + poisson_share) / 3.0;
        let skewness = (self.judged * self.skewness - PRIOR_SHAPE * 3.0 * prior * scale) / (self.judged + PRIOR_SHAPE);
        self.shape = (-skewness / (3.0 * scale)).clamp(-0.5, 1.5);
    }
}

/// One span as the noise learns from it.
pub(super) struct Span {
    /// Logarithm without the season.
    pub(super) level: f64,
    /// What the location leaves of it.
    pub(super) residual: f64,
    pub(super) weight: f64,
    /// The count without the season.
    pub(super) count: Option<f64>,
    /// What was added before the logarithm.
    pub(super) offset: f64,
    /// Whether it came after the first history.
    pub(super) judged: bool,
}

/// Mean and dispersion of the last counts, each clipped when it came.
#[derive(Debug, Clone)]
struct Counts {
    short: usize,
    ring: Vec<f64>,
    next: usize,
    cap: f64,
    short_sum: f64,
    sum: f64,
    squares: f64,
    mean: f64,
    dispersion: f64,
    /// Variance of the logarithm at the mean.
    log_variance: f64,
}

impl Counts {
    fn new(short: usize) -> Self {
        Self {
            short,
            ring: Vec::new(),
            next: 0,
            cap: f64::INFINITY,
            short_sum: 0.0,
            sum: 0.0,
            squares: 0.0,
            mean: 0.0,
            dispersion: 0.0,
            log_variance: 1.0,
        }
    }

    fn clear(&mut self) {
        *self = Self::new(self.short);
    }

    fn push(&mut self, count: f64) {
        let v = count.min(self.cap);
        let n = self.ring.len();
        if n >= self.short {
            let size = 2 * self.short;
            let out = match n < size {
                true => n - self.short,
                false if self.next < self.short => self.next + self.short,
                false => self.next - self.short,
            };
            self.short_sum -= self.ring[out];
        }
        if n < 2 * self.short {
            self.ring.push(v);
        } else {
            let old = std::mem::replace(&mut self.ring[self.next], v);
            self.sum -= old;
            self.squares -= old * old;
            self.next = if self.next + 1 == n { 0 } else { self.next + 1 };
        }
        self.short_sum += v;
        self.sum += v;
        self.squares += v * v;
        if self.next == 0 && n == 2 * self.short {
            self.add_up();
        }
    }

    /// Sums afresh once per turn of the ring, so that rounding errors do not gather.
    fn add_up(&mut self) {
        let n = self.ring.len();
        (self.sum, self.squares, self.short_sum) = (0.0, 0.0, 0.0);
        for (i, &v) in self.ring[self.next..].iter().chain(&self.ring[..self.next]).enumerate() {
            self.sum += v;
            self.squares += v * v;
            if i + self.short >= n {
                self.short_sum += v;
            }
        }
    }

    /// Mean, dispersion and the cap of what comes; `fresh` clips what came before there was a cap.
    fn settle(&mut self, median: f64, scale: f64, offset: f64, fresh: bool) {
        let median = median.max(0.0);
        self.cap = median + 5.0 * (scale * (median + offset)).max((median + 1.0).sqrt());
        if fresh {
            for v in &mut self.ring {
                *v = v.min(self.cap);
            }
            self.add_up();
        }
        let n = self.ring.len() as f64;
        if n < 2.0 {
            return;
        }
        // Half a count keeps a series of zeros from calling the next count impossible.
        self.mean = (self.short_sum.max(0.0) + 0.5) / (n.min(self.short as f64) + 1.0);
        let center = self.sum / n;
        let variance = ((self.squares / n - center * center) * n / (n - 1.0)).max(0.0);
        // Half a standard error less, since chance alone gives half of all Poisson series some dispersion.
        let error = variance * (2.0 / n + 1.0 / (n * self.mean)).sqrt();
        self.dispersion = ((variance - 0.5 * error - self.mean) / (self.mean * self.mean)).max(0.0);
        let shifted = self.mean + offset;
        self.log_variance = self.dispersion + self.mean / (shifted * shifted);
    }
}

/// The logarithm of a shifted value, defined for every value ≥ 0.
#[inline]
pub(super) fn log(value: f64, offset: f64) -> f64 {
    ln((value + offset).max(f64::MIN_POSITIVE))
}
