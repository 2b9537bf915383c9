//! The port for jobs: work for later, done at least once by whatever worker is alive.

mod job;
mod queue;
mod schedule;
mod sql;

use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

pub use job::{Backoff, Beat, Enqueued, Job, JobState, Lease, NewJob, Outcome, Priority};
pub use queue::{JobCount, JobFilter, Queue, Rate, Wanted};
pub use schedule::{Fired, Missed, Schedule, ScheduledJob};

use crate::{Error, JobId, Page, PageRequest, Result};

/// Jobs in queues, and schedules that enqueue them.
///
/// A worker claims due jobs for the length of a lease, says from time to time that it is alive ([`JobStore::heartbeat`])
/// and at the end what became of them ([`JobStore::settle`]). The job of a worker that is not heard of until its lease
/// has ended goes to the next that claims; from then on the first worker's [`Lease`] is worth nothing. A job may thus
/// be begun more than once, and its effects must bear that.
///
/// Times are the callers': where their clocks differ, leases should be much longer than the difference.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use fanpulse_core::Instant;
/// use fanpulse_store::{Backoff, JobId, JobState, JobStore, MemoryJobs, NewJob, Outcome, Wanted};
///
/// # pollster::block_on(async {
/// let store = MemoryJobs::default();
/// let now: Instant = "2026-03-01T03:00:00Z".parse()?;
/// let job = NewJob::new(JobId::new(now, [7; 10]), "sync", "sync_connection", serde_json::json!({"connection": 12}), now);
/// store.enqueue(&[NewJob { unique_key: Some("connection 12".to_owned()), ..job }], now).await?;
///
/// let wanted = Wanted { queue: "sync", worker: "host-1", limit: 10, lease: Duration::from_secs(30) };
/// let claimed = store.claim(&wanted, now).await?;
/// let failed = Outcome::Failed { error: "quota exceeded".to_owned(), seed: 42 };
/// assert_eq!(store.settle_one(claimed[0].lease(), failed, now).await?, JobState::Queued);
/// assert!(store.claim(&wanted, now).await?.is_empty(), "it rests for 5 to 10 s");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Enqueues jobs, all or none, and says of each in its order what became of it. One whose id is there, or whose
    /// unique key a queued or running job of its kind has, is left out.
    ///
    /// # Errors
    /// `invalid` where a field of a job is out of its range.
    async fn enqueue(&self, jobs: &[NewJob], now: Instant) -> Result<Vec<Enqueued>>;

    /// Gives a worker due jobs of a queue: the most urgent first, of these the first to be due. No two workers get the
    /// same. Jobs whose lease has ended are due again, or dead where this was their last attempt. A paused queue gives
    /// nothing, a limited one no more than it may.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn claim(&self, wanted: &Wanted<'_>, now: Instant) -> Result<Vec<Job>>;

    /// Says that the worker is alive: its leases last until `now + lease`. What it hears is in the order of `leases`.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn heartbeat(&self, leases: &[Lease], now: Instant, lease: Duration) -> Result<Vec<Beat>>;

    /// Says what became of jobs, and hears in their order in what state they are now: `None` where the lease was lost,
    /// and nothing was changed.
    ///
    /// # Errors
    /// `invalid` where a lease comes twice.
    async fn settle(&self, outcomes: &[(Lease, Outcome)], now: Instant) -> Result<Vec<Option<JobState>>>;

    /// As [`JobStore::settle`], of one job.
    ///
    /// # Errors
    /// `conflict` where the lease was lost.
    async fn settle_one(&self, lease: Lease, outcome: Outcome, now: Instant) -> Result<JobState> {
        let states = self.settle(&[(lease, outcome)], now).await?;
        states.into_iter().next().flatten().ok_or_else(|| {
            Error::conflict(format!("job {}: lease {} was lost, the job ended or another worker has it", lease.id, lease.fence))
        })
    }

    /// Stops a job: a queued one at once, a running one as soon as its worker hears of it.
    ///
    /// # Errors
    /// * `not_found` where there is no such job.
    /// * `conflict` where it is finished.
    async fn cancel_job(&self, id: JobId, now: Instant) -> Result<JobState>;

    /// Makes a job due now; a finished one has all its attempts again.
    ///
    /// # Errors
    /// * `not_found` where there is no such job.
    /// * `conflict` where it is running, or a queued or running job has its unique key.
    async fn retry_job(&self, id: JobId, now: Instant) -> Result<()>;

    /// The job.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn job(&self, id: JobId) -> Result<Option<Job>>;

    /// The jobs that fit, the newest first.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn jobs(&self, filter: &JobFilter, page: &PageRequest) -> Result<Page<Job>>;

    /// How many jobs each queue has in each state, by queue and state, where there are any.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn job_counts(&self) -> Result<Vec<JobCount>>;

    /// Forgets at most `limit` jobs that finished in this state before then, and where none of them is left, what
    /// schedules fired before then. Returns how many jobs it forgot.
    ///
    /// # Errors
    /// `invalid` where the state is not a finished one.
    async fn trim_jobs(&self, state: JobState, before: Instant, limit: u32) -> Result<u64>;

    /// Pauses, resumes and limits a queue, in the place of what was said of it before.
    ///
    /// # Errors
    /// `invalid` where a field is out of its range.
    async fn put_queue(&self, queue: &Queue) -> Result<()>;

    /// The queues that [`JobStore::put_queue`] was called for, by name.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn queues(&self) -> Result<Vec<Queue>>;

    /// Adds a schedule or puts it in the place of the one of its name. Where expression and zone stay, it goes on as it
    /// did, so that every process may say it at its start; otherwise it fires first after `now`.
    ///
    /// # Errors
    /// `invalid` where the expression or the zone cannot be read, the expression never fires again, or a field of the
    /// job is out of its range.
    async fn put_schedule(&self, schedule: &Schedule, now: Instant) -> Result<()>;

    /// The schedules by name, and when each fires next.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn schedules(&self) -> Result<Vec<(Schedule, Instant)>>;

    /// Forgets a schedule; its jobs stay. Whether there was one.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn remove_schedule(&self, name: &str) -> Result<bool>;

    /// Fires the schedules whose time has come, each time once, however many processes call this. Of several times
    /// that passed since the last call the latest counts, as [`Missed`] says.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn fire_schedules(&self, now: Instant) -> Result<Vec<Fired>>;

    /// Enqueues a schedule's job now, beside its times.
    ///
    /// # Errors
    /// `not_found` where there is no such schedule.
    async fn run_schedule(&self, name: &str, now: Instant) -> Result<Enqueued>;
}

/// The moment so much later.
pub(crate) fn after(time: Instant, wait: Duration) -> Result<Instant> {
    let micros = i64::try_from(wait.as_micros()).ok().and_then(|wait| time.micros().checked_add(wait));
    let micros = micros.ok_or_else(|| Error::invalid(format!("{wait:?} after {time} is out of range")))?;
    Instant::try_new(micros).map_err(|e| Error::invalid(e.to_string()).caused_by(e))
}

pub(crate) fn absent(id: JobId) -> Error {
    Error::not_found(format!("there is no job {id}"))
}

pub(crate) fn no_schedule(name: &str) -> Error {
    Error::not_found(format!("there is no schedule `{name}`"))
}

/// Refuses outcomes of which one would be of a job that another has ended.
pub(crate) fn check_outcomes(outcomes: &[(Lease, Outcome)]) -> Result<()> {
    let mut ids: Vec<JobId> = outcomes.iter().map(|(lease, _)| lease.id).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::invalid(format!("job {} comes twice", pair[0]))),
        None => Ok(()),
    }
}

pub(crate) fn check_finished(state: JobState) -> Result<()> {
    if state.is_finished() {
        Ok(())
    } else {
        Err(Error::invalid(format!("{} jobs are not trimmed, they are not finished", state.as_str())))
    }
}
