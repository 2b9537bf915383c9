//! Of [`JobStore`].

mod operators;
mod queues;
mod schedules;
mod workers;

use std::time::Duration;

use fanpulse_core::Instant;

use super::day;
use crate::{Enqueued, Job, JobId, JobStore, NewJob, Wanted};

/// Checks an adapter of [`JobStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn jobs<S: JobStore>(open: impl AsyncFn() -> S) {
    workers::the_most_urgent_comes_first(&open().await).await;
    workers::what_is_stored_is_what_was_enqueued(&open().await).await;
    workers::failures_rest_and_end(&open().await).await;
    workers::a_key_is_queued_or_running_once(&open().await).await;
    workers::the_job_of_a_dead_worker_is_taken_over(&open().await).await;
    workers::a_lost_lease_is_worth_nothing(&open().await).await;
    workers::the_last_lease_that_ends_ends_the_job(&open().await).await;
    workers::a_snooze_is_no_attempt(&open().await).await;
    operators::a_job_is_cancelled(&open().await).await;
    operators::a_finished_job_is_tried_again(&open().await).await;
    operators::jobs_are_listed_and_counted(&open().await).await;
    operators::old_jobs_are_forgotten(&open().await).await;
    queues::a_paused_queue_gives_nothing(&open().await).await;
    queues::no_more_run_than_may(&open().await).await;
    queues::no_more_begin_than_may(&open().await).await;
    queues::what_is_out_of_range_is_refused(&open().await).await;
    schedules::a_time_fires_once(&open().await).await;
    schedules::missed_times_are_made_up_once_or_not(&open().await).await;
    schedules::a_zone_has_its_summer(&open().await).await;
    schedules::a_schedule_is_said_again(&open().await).await;
    schedules::a_key_holds_for_schedules_too(&open().await).await;
    schedules::what_cannot_be_read_is_refused(&open().await).await;
}

const LEASE: Duration = Duration::from_secs(30);

/// So many milliseconds after noon of a day.
fn at_ms(millis: i64) -> Instant {
    Instant::try_new(day(10).micros() + 43_200_000_000 + millis * 1000).expect("a time")
}

/// So many seconds after noon of a day.
fn at(seconds: i64) -> Instant {
    at_ms(seconds * 1000)
}

fn id(number: u8) -> JobId {
    JobId::new(at(i64::from(number)), super::random(number))
}

/// Due at once.
fn job(number: u8) -> NewJob {
    NewJob::new(id(number), "sync", "sync_connection", serde_json::json!({ "connection": number }), at(0))
}

fn keyed(number: u8, key: &str) -> NewJob {
    NewJob { unique_key: Some(key.to_owned()), ..job(number) }
}

async fn enqueue(store: &impl JobStore, jobs: &[NewJob]) -> Vec<Enqueued> {
    store.enqueue(jobs, at(0)).await.expect("jobs are enqueued")
}

async fn claim(store: &impl JobStore, worker: &str, limit: u32, now: Instant) -> Vec<Job> {
    store.claim(&Wanted { queue: "sync", worker, limit, lease: LEASE }, now).await.expect("a claim")
}

/// The only job that is due.
async fn claim_one(store: &impl JobStore, worker: &str, now: Instant) -> Job {
    let mut claimed = claim(store, worker, 10, now).await;
    assert_eq!(claimed.len(), 1, "one job is due at {now}");
    claimed.remove(0)
}

async fn stored(store: &impl JobStore, id: JobId) -> Job {
    store.job(id).await.expect("a query").expect("the job")
}
