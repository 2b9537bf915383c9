//! A unit of work, and how it comes and goes.

use std::time::Duration;

use fanpulse_core::Instant;
use serde::{Deserialize, Serialize};

use super::after;
use crate::{Error, JobId, Result};

/// How urgent a job is, in its queue: a due job waits for every due job above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits for it.
    Urgent,
    /// Before the usual.
    High,
    /// The usual.
    #[default]
    Normal,
    /// Whenever there is nothing else to do.
    Low,
}

impl Priority {
    pub(crate) const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    pub(crate) const fn number(self) -> i64 {
        self as i64
    }
}

/// How long a job rests between two attempts.
///
/// # Formula
/// Before attempt n + 1: `min(longest, first · 2^(n-1)) · (1 + u) / 2`, u uniform in [0, 1).
///
/// Half of the wait is random, so that what failed together does not come back together ("equal jitter", M. Brooker,
/// *Exponential Backoff And Jitter*, AWS Architecture Blog 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    /// The longest wait after the first attempt, at least 1 ms. Default 10 s.
    pub first: Duration,
    /// The longest wait at all, from `first` to 30 days. Default 1 h.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(10), longest: Duration::from_secs(3600) }
    }
}

impl Backoff {
    /// The wait after attempt `attempt`, counted from 1, of the job `id`; `seed` is random.
    #[must_use]
    pub fn wait(&self, attempt: u32, id: JobId, seed: u64) -> Duration {
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).and_then(|n| self.first.checked_mul(n));
        let whole = doubled.map_or(self.longest, |d| d.min(self.longest));
        let (high, low) = id.0.as_u64_pair();
        // 53 bits: every one of them counts in a double.
        let u = (mix(seed ^ high ^ low) >> 11) as f64 / (1_u64 << 53) as f64;
        whole.mul_f64(f64::midpoint(1.0, u))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014), so that near seeds give far numbers.
const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A job to be done. `..NewJob::new(…)` fills in what is usual.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The id; a job whose id is there already is not enqueued again.
    pub id: JobId,
    /// Who does it, for instance `sync`: 1–100 characters.
    pub queue: String,
    /// What is to be done, for instance `sync_connection`: 1–100 characters.
    pub kind: String,
    /// What it is to be done with.
    pub payload: serde_json::Value,
    /// No two jobs of a kind with the same key are queued or running: 1–200 characters; `None` = as many as come.
    pub unique_key: Option<String>,
    /// Default [`Priority::Normal`].
    pub priority: Priority,
    /// Not before.
    pub run_at: Instant,
    /// How often it is begun before it is given up: 1–1000, default 10.
    pub max_attempts: u32,
    /// How long it rests between attempts.
    pub backoff: Backoff,
}

impl NewJob {
    /// A job to be done from `run_at` on.
    #[must_use]
    pub fn new(id: JobId, queue: impl Into<String>, kind: impl Into<String>, payload: serde_json::Value, run_at: Instant) -> Self {
        let (queue, kind) = (queue.into(), kind.into());
        Self {
            id,
            queue,
            kind,
            payload,
            unique_key: None,
            priority: Priority::Normal,
            run_at,
            max_attempts: 10,
            backoff: Backoff::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let bound = |what: &str, text: &str, most: usize| match text.chars().count() {
            n if (1..=most).contains(&n) => Ok(()),
            n => Err(Error::invalid(format!("job {}: {what} `{text}` has {n} characters, 1 to {most} are needed", self.id))),
        };
        bound("queue", &self.queue, 100)?;
        bound("kind", &self.kind, 100)?;
        bound("unique key", self.unique_key.as_deref().unwrap_or("-"), 200)?;
        if !(1..=1000).contains(&self.max_attempts) {
            return Err(Error::invalid(format!("job {}: {} attempts, 1 to 1000 are possible", self.id, self.max_attempts)));
        }
        let Backoff { first, longest } = self.backoff;
        if first < Duration::from_millis(1) || longest < first || longest > Duration::from_hours(720) {
            return Err(Error::invalid(format!("job {}: back-off from {first:?} to {longest:?} is outside 1 ms to 30 days", self.id)));
        }
        Ok(())
    }
}

/// What became of a job that was to be enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// Its id, or that of the queued or running job with the same key.
    pub id: JobId,
    /// Whether it was enqueued, or found there.
    pub is_new: bool,
}

/// Where a job is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobState {
    /// Waits for its time or for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// Was done.
    Done,
    /// Was given up: the dead letter.
    Dead,
    /// Was cancelled.
    Cancelled,
}

impl JobState {
    /// Every state, in the order of a job's way.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Dead, Self::Cancelled];

    /// The state's name on every wire, for instance `queued`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing happens to it any more, unless an operator wants it.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Cancelled)
    }
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// What was enqueued; `run_at` is when it may be begun next.
    pub new: NewJob,
    /// Where it is on its way.
    pub state: JobState,
    /// How often it was begun; a snooze takes its attempt back.
    pub attempt: u32,
    /// Rises whenever a worker gets the job, and never falls.
    pub fence: i64,
    /// Who has it or had it last.
    pub worker: Option<String>,
    /// Until when the worker has it, unless it is heard of before.
    pub lease_until: Option<Instant>,
    /// Whether an operator wants it to stop.
    pub cancel_requested: bool,
    /// What the last failed attempt said.
    pub error: Option<String>,
    /// When it was enqueued.
    pub enqueued_at: Instant,
    /// When the last attempt began.
    pub started_at: Option<Instant>,
    /// When it was done, given up or cancelled.
    pub finished_at: Option<Instant>,
}

impl Job {
    pub(crate) const fn enqueued(new: NewJob, now: Instant) -> Self {
        Self {
            new,
            state: JobState::Queued,
            attempt: 0,
            fence: 0,
            worker: None,
            lease_until: None,
            cancel_requested: false,
            error: None,
            enqueued_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    /// The proof of having claimed it.
    #[must_use]
    pub const fn lease(&self) -> Lease {
        Lease { id: self.new.id, fence: self.fence }
    }

    /// Gives it to a worker.
    pub(crate) fn begin(&mut self, worker: &str, now: Instant, until: Instant) {
        self.state = JobState::Running;
        self.attempt += 1;
        self.fence += 1;
        self.worker = Some(worker.to_owned());
        self.lease_until = Some(until);
        self.started_at = Some(now);
    }

    pub(crate) fn is_held_by(&self, lease: Lease) -> bool {
        self.state == JobState::Running && self.lease() == lease
    }

    /// What its worker says of it.
    pub(crate) fn settle(&mut self, outcome: &Outcome, now: Instant) -> Result<()> {
        match outcome {
            Outcome::Done => self.finish(JobState::Done, now),
            Outcome::Cancelled => self.finish(JobState::Cancelled, now),
            Outcome::Dead { error } => {
                self.error = Some(error.clone());
                self.finish(JobState::Dead, now);
            }
            Outcome::Failed { error, seed } => {
                self.error = Some(error.clone());
                let wait = self.new.backoff.wait(self.attempt, self.new.id, *seed);
                self.again(after(now, wait)?, now);
            }
            Outcome::Snoozed { until } => {
                self.attempt -= 1;
                self.again(*until, now);
            }
        }
        Ok(())
    }

    /// Takes it from a worker that was not heard of.
    pub(crate) fn expire(&mut self, now: Instant) {
        let worker = self.worker.as_deref().unwrap_or_default();
        let until = self.lease_until.map(|t| t.to_string()).unwrap_or_default();
        self.error = Some(format!("worker `{worker}` was not heard of before its lease ended at {until}"));
        self.again(self.new.run_at, now);
    }

    /// Puts it back, or ends it where it may not be tried again.
    fn again(&mut self, run_at: Instant, now: Instant) {
        if self.cancel_requested {
            self.finish(JobState::Cancelled, now);
        } else if self.attempt >= self.new.max_attempts {
            self.finish(JobState::Dead, now);
        } else {
            self.state = JobState::Queued;
            self.lease_until = None;
            self.new.run_at = run_at;
        }
    }

    fn finish(&mut self, state: JobState, now: Instant) {
        self.state = state;
        self.lease_until = None;
        self.finished_at = Some(now);
    }

    /// An operator wants it to stop.
    pub(crate) fn cancel(&mut self, now: Instant) -> Result<()> {
        match self.state {
            JobState::Queued => self.finish(JobState::Cancelled, now),
            JobState::Running => self.cancel_requested = true,
            state => return Err(Error::conflict(format!("job {} is {} already", self.new.id, state.as_str()))),
        }
        Ok(())
    }

    /// An operator wants it to be begun now.
    pub(crate) fn retry(&mut self, now: Instant) -> Result<()> {
        if self.state == JobState::Running {
            return Err(Error::conflict(format!("job {} is running", self.new.id)));
        }
        if self.state.is_finished() {
            self.attempt = 0;
            self.cancel_requested = false;
            self.finished_at = None;
            self.state = JobState::Queued;
        }
        self.new.run_at = now;
        Ok(())
    }
}

/// The proof of having claimed a job: it is worth nothing once somebody else has the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease {
    /// Of which job.
    pub id: JobId,
    /// The job's [`Job::fence`] as it was claimed.
    pub fence: i64,
}

/// What a worker says of a job that it had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was done.
    Done,
    /// It failed, and is tried again after its back-off, or given up after the last attempt.
    Failed {
        /// What went wrong.
        error: String,
        /// Any random number, for the back-off.
        seed: u64,
    },
    /// It failed and is given up at once.
    Dead {
        /// What went wrong.
        error: String,
    },
    /// It was not the time for it: this attempt does not count.
    Snoozed {
        /// When it is the time.
        until: Instant,
    },
    /// It was stopped as an operator wanted.
    Cancelled,
}

/// What a worker hears of a job that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// It has the job for one lease more.
    Held,
    /// As [`Beat::Held`], and an operator wants it to stop.
    CancelRequested,
    /// Somebody else has the job, or it ended: stop.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_half_of_each_is_random() {
        let backoff = Backoff { first: Duration::from_secs(10), longest: Duration::from_secs(3600) };
        let id = JobId::new("2026-03-01".parse().unwrap(), [7; 10]);
        for (attempt, whole) in [(1, 10.0), (2, 20.0), (9, 2560.0), (10, 3600.0), (33, 3600.0), (1000, 3600.0)] {
            let waits: Vec<f64> = (0..4000).map(|seed| backoff.wait(attempt, id, seed).as_secs_f64() / whole).collect();
            assert!(waits.iter().all(|w| (0.5..1.0).contains(w)), "attempt {attempt}");
            // Of 4000 uniform numbers the mean is within 5 standard errors, 0.5 / √12 / √4000 each.
            let mean = waits.iter().sum::<f64>() / 4000.0;
            assert!((mean - 0.75).abs() < 0.012, "attempt {attempt}: {mean}");
        }
        let other = JobId::new("2026-03-01".parse().unwrap(), [8; 10]);
        assert_ne!(backoff.wait(1, id, 1), backoff.wait(1, other, 1), "jobs that fail together come back apart");
    }
}
