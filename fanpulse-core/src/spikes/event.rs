//! One spike from its start to its end.

use serde::Serialize;

use crate::time::{Day, Instant};

/// A rise above what a series' own past lets one expect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesSpike {
    /// The reading at which the score reached the threshold, which is when an alarm can be raised.
    pub start: Instant,
    /// The reading with the highest score.
    pub peak: Instant,
    /// The last reading above the release level; `None` while the spike goes on.
    pub end: Option<Instant>,
    /// Position of `start` in the series.
    pub start_position: u64,
    /// Position of `peak` in the series.
    pub peak_position: u64,
    /// Position of `end` in the series.
    pub end_position: Option<u64>,
    /// Value per step at the peak; for steps finer than the span its mean over the span.
    pub value: f64,
    /// What was expected there: level, season and common component.
    pub baseline: f64,
    /// value/baseline; `None` where nothing was expected.
    pub lift: Option<f64>,
    /// Score at the peak, in standard deviations of the series' own noise made symmetric.
    pub z: f64,
    /// The score that was needed at the start.
    pub threshold: f64,
    /// The days above the threshold, each by its strongest reading, in order.
    pub evidence: Vec<EvidenceDay>,
}

/// A day that is evidence for a spike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvidenceDay {
    /// The UTC day.
    pub day: Day,
    /// Value per step at its strongest reading.
    pub value: f64,
    /// What was expected there.
    pub baseline: f64,
    /// The score there.
    pub z: f64,
}

/// A judged reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    pub(super) position: u64,
    pub(super) at: Instant,
    pub(super) value: f64,
    pub(super) baseline: f64,
    pub(super) z: f64,
    pub(super) threshold: f64,
}

/// A spike that has begun.
#[derive(Debug, Clone)]
pub(super) struct OpenSpike {
    spike: SeriesSpike,
    last_high: (u64, Instant),
}

impl OpenSpike {
    pub(super) fn begin(first: &Judged) -> Self {
        let spike = SeriesSpike {
            start: first.at,
            peak: first.at,
            end: None,
            start_position: first.position,
            peak_position: first.position,
            end_position: None,
            value: first.value,
            baseline: first.baseline,
            lift: lift(first),
            z: first.z,
            threshold: first.threshold,
            evidence: Vec::new(),
        };
        let mut open = Self { spike, last_high: (first.position, first.at) };
        open.add_evidence(first);
        open
    }

    /// Takes a further reading; `release` is the score below which the spike fades.
    pub(super) fn extend(&mut self, next: &Judged, release: f64) {
        if next.z >= release {
            self.last_high = (next.position, next.at);
        }
        if next.z > self.spike.z {
            let s = &mut self.spike;
            (s.peak, s.peak_position, s.value, s.baseline, s.z) = (next.at, next.position, next.value, next.baseline, next.z);
            s.lift = lift(next);
        }
        if next.z >= next.threshold {
            self.add_evidence(next);
        }
    }

    fn add_evidence(&mut self, judged: &Judged) {
        let day = EvidenceDay { day: judged.at.day(), value: judged.value, baseline: judged.baseline, z: judged.z };
        match self.spike.evidence.last_mut() {
            Some(last) if last.day == day.day => {
                if day.z > last.z {
                    *last = day;
                }
            }
            _ => self.spike.evidence.push(day),
        }
    }

    /// Readings since the spike was last above its release level.
    pub(super) fn quiet_for(&self, position: u64) -> u64 {
        position - self.last_high.0
    }

    /// The spike as it stands.
    pub(super) fn spike(&self) -> &SeriesSpike {
        &self.spike
    }

    /// The finished spike.
    pub(super) fn end(mut self) -> SeriesSpike {
        (self.spike.end_position, self.spike.end) = (Some(self.last_high.0), Some(self.last_high.1));
        self.spike
    }
}

fn lift(judged: &Judged) -> Option<f64> {
    (judged.baseline > 0.0).then(|| judged.value / judged.baseline)
}
