//! When jobs are enqueued again and again.

use std::time::Duration;

use chrono::DateTime;
use chrono_tz::Tz;
use croner::Cron;
use fanpulse_core::{Day, Instant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Backoff, NewJob, Priority};
use crate::{Error, JobId, Result};

/// What becomes of times that passed while no process was there to fire the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missed {
    /// One run makes up for all of them.
    #[default]
    Once,
    /// What is more than a minute late is left out.
    Skip,
}

impl Missed {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Skip => "skip",
        }
    }

    /// Later than this is missed; processes look more often than that.
    const LATE: Duration = Duration::from_mins(1);
}

/// What a schedule enqueues; the fields are those of [`NewJob`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduledJob {
    /// Who does it.
    pub queue: String,
    /// What is to be done.
    pub kind: String,
    /// What it is to be done with.
    pub payload: serde_json::Value,
    /// A time whose job would have the key of a queued or running one enqueues none.
    pub unique_key: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// How often it is begun before it is given up.
    pub max_attempts: u32,
    /// How long it rests between attempts.
    pub backoff: Backoff,
}

impl ScheduledJob {
    /// A job with what is usual in [`NewJob`].
    #[must_use]
    pub fn new(queue: impl Into<String>, kind: impl Into<String>, payload: serde_json::Value) -> Self {
        let (queue, kind) = (queue.into(), kind.into());
        Self { queue, kind, payload, unique_key: None, priority: Priority::Normal, max_attempts: 10, backoff: Backoff::default() }
    }
}

/// A job that is enqueued again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// When: minute, hour, day of the month, month and day of the week as in crontab(5), seconds before them where there
    /// are six fields; `L`, `#` and `W` as in Quartz.
    pub cron: String,
    /// Whose clock shows it: a name of the IANA time zone database, for instance `UTC` or `Europe/Berlin`.
    pub zone: String,
    /// What becomes of times that were missed.
    pub missed: Missed,
    /// What is enqueued.
    pub job: ScheduledJob,
}

/// A schedule that fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    /// Its name.
    pub schedule: String,
    /// The time of its expression.
    pub at: Instant,
    /// The job of it, or the one with the same unique key.
    pub job: JobId,
}

impl Schedule {
    pub(crate) fn check(&self, now: Instant) -> Result<Instant> {
        self.job_at(now, now).check()?;
        self.next(now)
    }

    /// The job that it enqueues for `at`. Its id follows from name and time, so that whoever fires gives the same.
    pub(crate) fn job_at(&self, at: Instant, now: Instant) -> NewJob {
        let digest = Sha256::new().chain_update(at.micros().to_be_bytes()).chain_update(&self.name).finalize();
        let mut random = [0; 10];
        random.copy_from_slice(&digest[..10]);
        let ScheduledJob { queue, kind, payload, unique_key, priority, max_attempts, backoff } = self.job.clone();
        let id = JobId::new(at, random);
        NewJob { id, queue, kind, payload, unique_key, priority, run_at: now, max_attempts, backoff }
    }

    fn wrong(&self, what: &str, e: &dyn std::fmt::Display) -> Error {
        Error::invalid(format!("schedule `{}`: {what}: {e}", self.name))
    }

    fn parsed(&self, at: Instant) -> Result<(Cron, DateTime<Tz>)> {
        let cron = self.cron.parse().map_err(|e| self.wrong(&format!("cron expression `{}`", self.cron), &e))?;
        let zone: Tz = self.zone.parse().map_err(|e| self.wrong(&format!("zone `{}`", self.zone), &e))?;
        // Times are whole seconds, so the second that `at` is in gives the same neighbours.
        let at = DateTime::from_timestamp(at.micros() / 1_000_000, 0).unwrap_or_default();
        Ok((cron, at.with_timezone(&zone)))
    }

    /// The first time after `now`.
    pub(crate) fn next(&self, now: Instant) -> Result<Instant> {
        let (cron, local) = self.parsed(now)?;
        let never = |e: &dyn std::fmt::Display| self.wrong(&format!("cron expression `{}` never fires after {now}", self.cron), e);
        let next = cron.find_next_occurrence(&local, false).map_err(|e| never(&e))?;
        Instant::try_new(next.timestamp_micros()).map_err(|e| never(&e))
    }

    /// The time to fire for at `now`, where `next` was the first that had not been fired, and the first time after `now`;
    /// one that never fires again rests until the last day there is.
    pub(crate) fn due(&self, next: Instant, now: Instant) -> Result<(Option<Instant>, Instant)> {
        let (cron, local) = self.parsed(now)?;
        let last = cron.find_previous_occurrence(&local, true).ok().and_then(|t| Instant::try_new(t.timestamp_micros()).ok());
        let last = last.unwrap_or(next).max(next);
        let late = Duration::from_micros(now.micros().abs_diff(last.micros()));
        let fires = self.missed == Missed::Once || late <= Missed::LATE;
        Ok((fires.then_some(last), self.next(now).unwrap_or(Instant::from(Day::MAX))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(cron: &str, zone: &str) -> Schedule {
        let (cron, zone) = (cron.to_owned(), zone.to_owned());
        Schedule { name: "s".to_owned(), cron, zone, missed: Missed::Once, job: ScheduledJob::new("q", "k", serde_json::Value::Null) }
    }

    /// The times after `from` and up to `until`.
    fn times(schedule: &Schedule, from: &str, until: &str) -> Vec<String> {
        let (mut now, until): (Instant, Instant) = (from.parse().unwrap(), until.parse().unwrap());
        let mut times = Vec::new();
        loop {
            now = schedule.next(now).unwrap();
            if now > until {
                return times;
            }
            times.push(now.to_string());
        }
    }

    #[test]
    fn times_are_those_of_the_clock_on_the_wall() {
        let monday = schedule("0 8 * * MON", "Europe/Berlin");
        assert_eq!(times(&monday, "2026-03-20", "2026-03-31"), ["2026-03-23T07:00:00Z", "2026-03-30T06:00:00Z"]);
        // The hour from 02:00 is not there on March 29.
        let night = schedule("30 2 * * *", "Europe/Berlin");
        let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        assert_eq!(times(&night, "2026-03-28", "2026-03-31"), expected);
        assert_eq!(times(&schedule("0 0 29 2 *", "UTC"), "2026-03-01", "2033-01-01"), ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
    }

    /// Forwards and backwards give the same times, also where clocks are changed.
    #[test]
    fn every_time_is_due_when_it_comes_and_until_the_next() {
        let changes = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"];
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
            for cron in ["0 * * * *", "*/30 * * * *", "30 2 * * *", "0 3 * * *", "15 1 * * SUN", "0 8 * * MON", "0 0 1 * *"] {
                let schedule = schedule(cron, zone);
                for change in changes {
                    let change: Day = change.parse().unwrap();
                    let mut next = schedule.next(Instant::from(change.plus(-1))).unwrap();
                    while next < Instant::from(change.plus(2)) {
                        let following = schedule.next(next).unwrap();
                        let before_it = Instant::try_new(following.micros() - 1).unwrap();
                        for now in [next, before_it] {
                            assert_eq!(schedule.due(next, now).unwrap(), (Some(next), following), "{cron} {zone} at {now}");
                        }
                        next = following;
                    }
                }
            }
        }
    }
}
