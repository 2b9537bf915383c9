//! What a queue may give, and what is asked of it.

use std::time::Duration;

use fanpulse_core::Instant;

use super::{Job, JobState};
use crate::{Error, Result};

/// What a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The queue.
    pub queue: &'a str,
    /// The worker's name, for those who look at the job; what proves a claim is the job's [`Lease`](super::Lease).
    pub worker: &'a str,
    /// The most jobs.
    pub limit: u32,
    /// How long the worker has them unless it says more; a job of a dead worker waits as long.
    pub lease: Duration,
}

/// So many jobs in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many jobs may begin, at least 1; a queue at rest gives as many at once.
    pub jobs: u32,
    /// In which time, at most 366 days.
    pub period: Duration,
}

impl Rate {
    /// What a job costs, in microseconds.
    fn cost(&self) -> i64 {
        i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX) / i64::from(self.jobs)
    }

    /// How many may begin now, where what began before is spent until `spent_until`, in microseconds.
    ///
    /// The generic cell rate algorithm (ITU-T I.371, virtual scheduling): each job costs `period / jobs`, and what is
    /// spent may lie at most one period ahead. No span of time t begins more than `jobs · (1 + t / period)`.
    pub(crate) fn allows(&self, spent_until: i64, now: Instant) -> u32 {
        let ahead = u64::try_from(spent_until - now.micros()).unwrap_or_default();
        let spent = ahead.div_ceil(self.cost().unsigned_abs());
        self.jobs.saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX))
    }

    /// Until when it is spent where `begun` more begin.
    pub(crate) fn spend(&self, spent_until: i64, now: Instant, begun: usize) -> i64 {
        let begun = i64::try_from(begun).unwrap_or(i64::MAX);
        spent_until.max(now.micros()).saturating_add(self.cost().saturating_mul(begun))
    }
}

/// What is said of a queue; one of which nothing is said gives whatever is due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Whether it gives nothing; what runs goes on.
    pub paused: bool,
    /// How many of its jobs may run at once, on all workers together; `None` = as many as are claimed.
    pub max_running: Option<u32>,
    /// How fast its jobs may begin, on all workers together; `None` = as fast as they are claimed.
    pub rate: Option<Rate>,
}

impl Queue {
    pub(crate) fn check(&self) -> Result<()> {
        let Some(Rate { jobs, period }) = self.rate else { return Ok(()) };
        if jobs == 0 || period > Duration::from_hours(366 * 24) || period.as_micros() < u128::from(jobs) {
            return Err(Error::invalid(format!(
                "queue `{}`: {jobs} jobs in {period:?} is no rate, at least 1 job and 1 µs for each in at most 366 days are needed",
                self.name
            )));
        }
        Ok(())
    }

    /// How many of `wanted` it gives where so many run and so much of its rate is spent.
    pub(crate) fn allows(&self, wanted: u32, running: u64, spent_until: i64, now: Instant) -> u32 {
        if self.paused {
            return 0;
        }
        let slots = self.max_running.map_or(u32::MAX, |most| u32::try_from(u64::from(most).saturating_sub(running)).unwrap_or_default());
        let rate = self.rate.map_or(u32::MAX, |rate| rate.allows(spent_until, now));
        wanted.min(slots).min(rate)
    }
}

/// Which jobs; what is `None` fits every job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFilter {
    /// Of this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// In this state.
    pub state: Option<JobState>,
}

impl JobFilter {
    pub(crate) fn fits(&self, job: &Job) -> bool {
        self.queue.as_ref().is_none_or(|queue| *queue == job.new.queue)
            && self.kind.as_ref().is_none_or(|kind| *kind == job.new.kind)
            && self.state.is_none_or(|state| state == job.state)
    }
}

/// How many jobs of a queue are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobCount {
    /// The queue.
    pub queue: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
}
