//! What operators rely on.

use super::{LEASE, at, claim, claim_one, enqueue, id, job, stored};
use crate::conformance::all_pages;
use crate::{Beat, ErrorKind, JobCount, JobFilter, JobId, JobState, JobStore, NewJob, Outcome};

pub(super) async fn a_job_is_cancelled(store: &impl JobStore) {
    enqueue(store, &[job(1)]).await;
    assert_eq!(store.cancel_job(id(1), at(1)).await.expect("it is cancelled"), JobState::Cancelled);
    assert_eq!(stored(store, id(1)).await.finished_at, Some(at(1)));
    assert!(claim(store, "w", 9, at(2)).await.is_empty());
    assert_eq!(store.cancel_job(id(1), at(2)).await.expect_err("it is already").kind(), ErrorKind::Conflict);
    assert_eq!(store.cancel_job(id(9), at(2)).await.expect_err("there is none").kind(), ErrorKind::NotFound);

    // What a worker of a job that is to stop may say, and what it comes to.
    let failed = || Outcome::Failed { error: "stopped".to_owned(), seed: 1 };
    let cases = [
        (2, Outcome::Cancelled, JobState::Cancelled),
        (3, failed(), JobState::Cancelled),
        (4, Outcome::Snoozed { until: at(99) }, JobState::Cancelled),
        (5, Outcome::Done, JobState::Done),
    ];
    for (number, outcome, state) in cases {
        enqueue(store, &[job(number)]).await;
        let running = claim_one(store, "w", at(0)).await;
        assert_eq!(store.heartbeat(&[running.lease()], at(1), LEASE).await.expect("a beat"), [Beat::Held]);
        assert_eq!(store.cancel_job(id(number), at(2)).await.expect("it is to stop"), JobState::Running);
        assert_eq!(store.heartbeat(&[running.lease()], at(3), LEASE).await.expect("a beat"), [Beat::CancelRequested]);
        assert_eq!(store.settle_one(running.lease(), outcome, at(4)).await.expect("it ended"), state);
    }
}

pub(super) async fn a_finished_job_is_tried_again(store: &impl JobStore) {
    enqueue(store, &[NewJob { max_attempts: 1, ..job(1) }]).await;
    let running = claim_one(store, "w", at(0)).await;
    assert_eq!(store.retry_job(id(1), at(1)).await.expect_err("it is running").kind(), ErrorKind::Conflict);
    let failed = Outcome::Failed { error: "no".to_owned(), seed: 1 };
    assert_eq!(store.settle_one(running.lease(), failed, at(1)).await.expect("it failed"), JobState::Dead);
    store.retry_job(id(1), at(2)).await.expect("again");
    let again = claim_one(store, "w", at(2)).await;
    assert!(again.attempt == 1 && again.fence > running.fence && again.finished_at.is_none(), "{again:?}");
    assert_eq!(again.error.as_deref(), Some("no"), "what was wrong is still said");
    store.settle_one(again.lease(), Outcome::Done, at(3)).await.expect("it is done");

    enqueue(store, &[NewJob { run_at: at(1000), ..job(2) }]).await;
    store.retry_job(id(2), at(4)).await.expect("now");
    assert_eq!(claim_one(store, "w", at(4)).await.new.id, id(2), "a job that rests need not");
    assert_eq!(store.retry_job(id(9), at(4)).await.expect_err("there is none").kind(), ErrorKind::NotFound);
}

pub(super) async fn jobs_are_listed_and_counted(store: &impl JobStore) {
    let report = |number| NewJob { queue: "reports".to_owned(), kind: "weekly".to_owned(), ..job(number) };
    let jobs: Vec<NewJob> = (1..=4).map(job).chain((5..=6).map(report)).collect();
    enqueue(store, &jobs).await;
    for done in claim(store, "w", 3, at(0)).await.iter().take(2) {
        store.settle_one(done.lease(), Outcome::Done, at(1)).await.expect("it is done");
    }
    let all = || JobFilter::default();
    let cases = [
        (all(), vec![6, 5, 4, 3, 2, 1]),
        (JobFilter { queue: Some("reports".to_owned()), ..all() }, vec![6, 5]),
        (JobFilter { kind: Some("sync_connection".to_owned()), state: Some(JobState::Done), ..all() }, vec![2, 1]),
        (JobFilter { state: Some(JobState::Running), ..all() }, vec![3]),
        (JobFilter { kind: Some("purge".to_owned()), ..all() }, vec![]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<JobId> = expected.into_iter().map(id).collect();
        for limit in [1, 2, 10] {
            let found = all_pages(limit, async |page| store.jobs(&filter, &page).await).await;
            assert_eq!(found.iter().map(|j| j.new.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
    }
    let count = |queue: &str, state, jobs| JobCount { queue: queue.to_owned(), state, jobs };
    let expected = [
        count("reports", JobState::Queued, 2),
        count("sync", JobState::Queued, 1),
        count("sync", JobState::Running, 1),
        count("sync", JobState::Done, 2),
    ];
    assert_eq!(store.job_counts().await.expect("counts"), expected);
}

pub(super) async fn old_jobs_are_forgotten(store: &impl JobStore) {
    enqueue(store, &(1..=6).map(job).collect::<Vec<_>>()).await;
    for (n, running) in claim(store, "w", 5, at(0)).await.iter().enumerate() {
        let outcome = if n == 0 { Outcome::Dead { error: "no".to_owned() } } else { Outcome::Done };
        store.settle_one(running.lease(), outcome, at(i64::try_from(n).expect("few"))).await.expect("it ended");
    }
    assert_eq!(store.trim_jobs(JobState::Queued, at(9), 9).await.expect_err("it is not finished").kind(), ErrorKind::Invalid);
    assert_eq!(store.trim_jobs(JobState::Done, at(4), 2).await.expect("two go"), 2);
    assert!(store.job(id(2)).await.expect("a query").is_none(), "the first to be done goes first");
    assert_eq!(store.trim_jobs(JobState::Done, at(4), 2).await.expect("one goes"), 1);
    let left = all_pages(10, async |page| store.jobs(&JobFilter::default(), &page).await).await;
    assert_eq!(left.iter().map(|j| j.new.id).collect::<Vec<_>>(), [id(6), id(5), id(1)]);
}
