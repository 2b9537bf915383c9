//! The detector, one reading at a time.

use super::clock::Clock;
use super::event::{Judged, OpenSpike, SeriesSpike};
use super::noise::{CLIP, Noise, SHAPE_MEMORY, Span, log};
use super::season::{Place, Season};
use super::series::Reading;
use super::span_sum::SpanSum;
use super::tail::{deviate_of_upper_tail, exp, mid_upper_tail};
use super::threshold::Roughness;
use crate::Result;
use crate::settings::SpikeSettings;
use crate::time::Instant;

/// Below this mean per span, counts are judged by their own distribution instead of on the log scale.
const LOW_MEAN: f64 = 15.0;
/// Spans between two looks at the threshold, which moves slowly once there is some history.
const THRESHOLD_STRIDE: usize = 4;
/// Degrees of freedom that a MAD has per value, and those of a clipped variance.
const MAD_FREEDOM: f64 = 0.37;
const VARIANCE_FREEDOM: f64 = 0.3;

/// What one reading brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The score; `None` where the reading was not judged: missing, filled in, or too little history.
    pub z: Option<f64>,
    /// The score that starts a spike, once there is enough history.
    pub threshold: Option<f64>,
    /// Whether a spike began with this reading; it is [`SpikeStream::open`] until it ends.
    pub started: bool,
    /// The spike that has ended.
    pub ended: Option<Box<SeriesSpike>>,
}

/// The streaming form of [`SeasonalRobust`](super::SeasonalRobust): the same verdicts, reading by reading.
///
/// A reading costs O(1) amortised and the memory is bounded by the windows, not by the length of the series.
///
/// # Example: an alarm while it happens
/// ```
/// use fanpulse_core::spikes::{Reading, SeasonalRobust};
/// use fanpulse_core::{Day, Instant};
/// let start = Instant::from(Day::from_ymd(2026, 1, 1)?);
/// let mut stream = SeasonalRobust::default().stream(start, 3_600_000_000)?;
/// for hour in 0..24 * 30_u32 {
///     let usual = 500.0 + f64::from(hour * 7919 % 101);
///     let verdict = stream.push(Reading::new(if hour == 700 { 5000.0 } else { usual }))?;
///     assert_eq!(verdict.started, hour == 700);
/// }
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpikeStream {
    settings: SpikeSettings,
    clock: Clock,
    season: Season,
    noise: Noise,
    roughness: Roughness,
    span: SpanSum,
    position: u64,
    /// Readings since the last span ended.
    in_span: usize,
    /// The step of the season's profile that was last learned.
    learned_step: i64,
    /// The reading that ended the last span with a value.
    last_span: u64,
    /// Threshold before and after the corrections for what is estimated.
    level: f64,
    threshold: f64,
    open: Option<OpenSpike>,
}

impl SpikeStream {
    pub(super) fn new(settings: SpikeSettings, start: Instant, step_micros: i64) -> Result<Self> {
        settings.validate()?;
        let clock = Clock::new(start, step_micros, &settings)?;
        Ok(Self {
            season: Season::new(clock.cycle, clock.step),
            noise: Noise::new(clock.window, settings.scale_floor),
            roughness: Roughness::new(clock.span, SHAPE_MEMORY * clock.span as f64),
            span: SpanSum::new(clock.span),
            position: 0,
            in_span: 0,
            learned_step: i64::MIN,
            last_span: 0,
            level: 3.0,
            threshold: f64::INFINITY,
            open: None,
            clock,
            settings,
        })
    }

    /// Takes the next reading; a step without one is [`Reading::MISSING`].
    ///
    /// # Errors
    /// `invalid` where a field of the reading is out of its range, or the series reaches 2200; the stream is then as before.
    #[inline]
    pub fn push(&mut self, reading: Reading) -> Result<Verdict> {
        reading.check(self.position)?;
        let at = Instant::try_new(self.clock.micros(self.position))?;
        let position = self.position;
        self.position += 1;
        self.in_span += 1;
        let ends_span = self.in_span == self.clock.span;
        if ends_span {
            self.in_span = 0;
        }

        let present = self.span.push(&reading);
        let sum = self.span.sum();
        let mut verdict = Verdict { z: None, threshold: None, started: false, ended: None };
        let Some(sum) = sum else {
            self.close(position, &mut verdict);
            return Ok(verdict);
        };
        if position - self.last_span > (self.clock.window * self.clock.span) as u64 {
            self.noise.restart();
        }

        let offset = self.span.offset();
        let place = self.season.place(at.micros());
        let season = self.season.at(place);
        let level = log(sum, offset) - season;
        let residual = level - self.noise.location;
        // Where there is no location yet, nothing is expected and every span weighs the same.
        let located = self.noise.located();
        let expected = if located { (exp(self.noise.location + season) - offset).max(0.0) } else { 0.0 };
        let weight = if located && self.span.counts() { self.noise.weight(expected, offset) } else { 1.0 };
        let ready = self.ready();
        if ready && present {
            let score = self.score(sum, season, residual, weight, expected);
            self.roughness.push(score.clipped);
            verdict.z = Some(score.z);
            verdict.threshold = Some(self.threshold);
            let per_step = reading.common / self.clock.span as f64;
            let judged =
                Judged { position, at, value: sum * per_step, baseline: score.expected * per_step, z: score.z, threshold: self.threshold };
            self.follow(&judged, sum, &mut verdict);
        }
        self.close(position, &mut verdict);
        if present {
            self.learn_season(place, residual, weight);
        }
        if ends_span {
            let count = self.span.counts().then(|| sum / exp(season.clamp(-CLIP, CLIP)));
            self.noise.learn(&Span { level, residual, weight, count, offset, judged: ready });
            self.last_span = position;
            let spans = self.noise.spans();
            if spans >= self.clock.history && (spans < 2 * self.clock.history || spans.is_multiple_of(THRESHOLD_STRIDE)) {
                self.set_threshold();
            }
        }
        Ok(verdict)
    }

    /// The spike that goes on, as it stands.
    #[must_use]
    pub fn open(&self) -> Option<&SeriesSpike> {
        self.open.as_ref().map(OpenSpike::spike)
    }

    /// How many readings were taken.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.position
    }

    /// Whether no reading was taken yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.position == 0
    }

    /// Whether there is enough history to judge the next reading.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.noise.spans() >= self.clock.history
    }

    /// Days of history so far and days needed.
    pub(super) fn history_days(&self) -> (f64, f64) {
        let days = (self.clock.step * self.clock.span as i64) as f64 / crate::time::MICROS_PER_DAY as f64;
        (self.noise.spans() as f64 * days, self.clock.history as f64 * days)
    }

    fn low_counts(&self) -> bool {
        self.span.counts() && self.noise.mean() < LOW_MEAN
    }

    fn score(&self, sum: f64, season: f64, residual: f64, weight: f64, expected: f64) -> Score {
        let mut score = if self.low_counts() {
            self.score_of_low_count(sum, season)
        } else {
            let clipped = (residual / (self.noise.scale * weight)).clamp(-CLIP, CLIP);
            Score { z: self.noise.score(residual, weight), clipped, expected }
        };
        let rounding = self.span.rounding();
        if rounding > 0.0 {
            // A rounded counter stalls and jumps: only what the jump exceeds rounding by is known to have happened,
            // and the level, at which the median may well be a stall, is the mean.
            let mean = (self.noise.mean() * exp(season.clamp(-CLIP, CLIP))).max(score.expected);
            let sure = (sum - rounding).max(0.0);
            let noise = (rounding * rounding + (self.noise.scale * weight * mean).powi(2)).sqrt();
            score.z = score.z.min((sure - mean) / noise);
            score.expected = mean;
        }
        score
    }

    fn score_of_low_count(&self, sum: f64, season: f64) -> Score {
        let mean = self.noise.mean() * exp(season.clamp(-CLIP, CLIP));
        let dispersion = self.noise.dispersion();
        let plain = (sum - mean) / (mean + dispersion * mean * mean).sqrt();
        // The tail matters only where it is one.
        let z = if plain > 1.2 { deviate_of_upper_tail(mid_upper_tail(sum.floor(), mean, dispersion)) } else { plain };
        Score { z, clipped: plain.clamp(-CLIP, CLIP), expected: mean }
    }

    fn follow(&mut self, judged: &Judged, sum: f64, verdict: &mut Verdict) {
        match &mut self.open {
            Some(open) => open.extend(judged, self.settings.release * judged.threshold),
            None => {
                let enough = !self.span.counts() || sum >= self.settings.min_count;
                let lifted = judged.value >= self.settings.min_lift * judged.baseline;
                if judged.z >= judged.threshold && enough && lifted {
                    self.open = Some(OpenSpike::begin(judged));
                    verdict.started = true;
                }
            }
        }
    }

    /// Ends the spike that has been quiet for long enough; a step without a value is quiet.
    fn close(&mut self, position: u64, verdict: &mut Verdict) {
        verdict.ended = self.open.take_if(|open| open.quiet_for(position) >= self.clock.quiet).map(|open| Box::new(open.end()));
    }

    fn learn_season(&mut self, place: Place, residual: f64, weight: f64) {
        if place.step != self.learned_step {
            self.learned_step = place.step;
            if self.noise.located() {
                let most = 2.0 * self.noise.scale * weight;
                self.season.learn(place, residual.clamp(-most, most));
            }
        }
    }

    /// # Formula
    /// The level of [`Roughness::level`], made higher for what is estimated: the scale as in Student's t
    /// (Cornish–Fisher: T(1 + (T² + 1)/4ν)), the skewness by its standard error √(6/n).
    fn set_threshold(&mut self) {
        self.level = self.roughness.level(self.settings.false_alarms_per_year / self.clock.per_year, self.level);
        let t = self.level;
        self.threshold = if self.low_counts() {
            let spread = self.noise.dispersion() * self.noise.mean();
            let freedom = VARIANCE_FREEDOM * self.noise.spans().min(self.clock.window) as f64;
            t * (1.0 + spread / (1.0 + spread) * (t * t + 1.0) / (4.0 * freedom))
        } else {
            let shared = self.roughness.span_correlation();
            let freedom = MAD_FREEDOM * (self.noise.residuals() * (1.0 - shared * shared)).max(8.0);
            t * (1.0 + (t * t + 1.0) / (4.0 * freedom)) + t * (t * t - 1.0).powi(2) / (12.0 * self.noise.shape_weight())
        };
    }
}

struct Score {
    z: f64,
    /// The score on the plain scale, clipped.
    clipped: f64,
    /// What was expected of the span.
    expected: f64,
}
