//! What workers rely on.

use std::time::Duration;

use super::{LEASE, at, at_ms, claim, claim_one, enqueue, id, job, keyed, stored};
use crate::{Backoff, Beat, Enqueued, ErrorKind, Job, JobState, JobStore, NewJob, Outcome, Priority};

fn failed(seed: u64) -> Outcome {
    Outcome::Failed { error: "quota exceeded".to_owned(), seed }
}

pub(super) async fn the_most_urgent_comes_first(store: &impl JobStore) {
    let with = |number, priority, seconds| NewJob { priority, run_at: at(seconds), ..job(number) };
    let elsewhere = NewJob { queue: "reports".to_owned(), ..job(6) };
    let jobs = [
        with(1, Priority::Low, 0),
        with(2, Priority::Normal, 2),
        with(3, Priority::Normal, 1),
        with(4, Priority::Urgent, 3),
        with(5, Priority::High, 60),
        elsewhere,
    ];
    assert!(enqueue(store, &jobs).await.iter().all(|e| e.is_new));
    let numbers = |jobs: Vec<Job>| jobs.into_iter().map(|j| j.new.id).collect::<Vec<_>>();
    assert_eq!(numbers(claim(store, "w", 2, at(3)).await), [id(4), id(3)]);
    assert_eq!(numbers(claim(store, "w", 9, at(3)).await), [id(2), id(1)]);
    assert!(claim(store, "w", 9, at_ms(59_999 - 30_000)).await.is_empty(), "it is not the time of the last");
}

pub(super) async fn what_is_stored_is_what_was_enqueued(store: &impl JobStore) {
    let new = NewJob {
        unique_key: Some("Łódź".to_owned()),
        priority: Priority::High,
        max_attempts: 3,
        backoff: Backoff { first: Duration::from_millis(1), longest: Duration::from_hours(720) },
        ..job(1)
    };
    enqueue(store, std::slice::from_ref(&new)).await;
    let queued = stored(store, id(1)).await;
    assert_eq!(queued.new, new);
    assert_eq!((queued.state, queued.attempt, queued.enqueued_at, queued.worker), (JobState::Queued, 0, at(0), None));

    let running = claim_one(store, "host-1", at(5)).await;
    assert_eq!(running, stored(store, id(1)).await);
    assert_eq!((running.state, running.attempt, running.worker.as_deref()), (JobState::Running, 1, Some("host-1")));
    assert_eq!((running.started_at, running.lease_until), (Some(at(5)), Some(at(35))));

    assert_eq!(store.settle_one(running.lease(), Outcome::Done, at(7)).await.expect("it is done"), JobState::Done);
    let done = stored(store, id(1)).await;
    assert_eq!((done.state, done.finished_at, done.lease_until), (JobState::Done, Some(at(7)), None));
    assert!(claim(store, "w", 9, at(9999)).await.is_empty(), "done is done");
    assert!(store.job(id(9)).await.expect("a query").is_none());
}

pub(super) async fn failures_rest_and_end(store: &impl JobStore) {
    let backoff = Backoff { first: Duration::from_secs(10), longest: Duration::from_secs(25) };
    enqueue(store, &[NewJob { max_attempts: 4, backoff, ..job(1) }]).await;
    let mut now = at(0);
    for (attempt, most) in [(1, 10_000_000), (2, 20_000_000), (3, 25_000_000)] {
        let running = claim_one(store, "w", now).await;
        assert_eq!(running.attempt, attempt);
        let seed = u64::from(attempt);
        assert_eq!(store.settle_one(running.lease(), failed(seed), now).await.expect("it failed"), JobState::Queued);
        let resting = stored(store, id(1)).await;
        let rest = resting.new.run_at.micros() - now.micros();
        assert!((most / 2..=most).contains(&rest), "{rest} µs after attempt {attempt}");
        assert_eq!(rest, i64::try_from(backoff.wait(attempt, id(1), seed).as_micros()).expect("a short wait"), "the seed decides");
        assert_eq!(resting.error.as_deref(), Some("quota exceeded"));
        let before = fanpulse_core::Instant::try_new(resting.new.run_at.micros() - 1).expect("a time");
        assert!(claim(store, "w", 9, before).await.is_empty(), "it rests");
        now = resting.new.run_at;
    }
    let last = claim_one(store, "w", now).await;
    assert_eq!(store.settle_one(last.lease(), failed(4), now).await.expect("it failed"), JobState::Dead);
    let dead = stored(store, id(1)).await;
    assert_eq!((dead.attempt, dead.finished_at), (4, Some(now)));
    assert!(claim(store, "w", 9, at(999_999)).await.is_empty(), "dead is dead");

    enqueue(store, &[job(2)]).await;
    let hopeless = claim_one(store, "w", at(0)).await;
    let outcome = Outcome::Dead { error: "no such artist".to_owned() };
    assert_eq!(store.settle_one(hopeless.lease(), outcome, at(1)).await.expect("it failed"), JobState::Dead);
    assert_eq!(stored(store, id(2)).await.error.as_deref(), Some("no such artist"));
}

pub(super) async fn a_key_is_queued_or_running_once(store: &impl JobStore) {
    let other_kind = NewJob { kind: "purge".to_owned(), ..keyed(3, "a") };
    let first = enqueue(store, &[keyed(1, "a"), keyed(2, "a"), other_kind, keyed(4, "b"), keyed(4, "c")]).await;
    let new = |number| Enqueued { id: id(number), is_new: true };
    let old = |number| Enqueued { id: id(number), is_new: false };
    assert_eq!(first, [new(1), old(1), new(3), new(4), old(4)]);
    assert_eq!(enqueue(store, &[keyed(5, "a"), job(1)]).await, [old(1), old(1)], "queued");
    let running = claim(store, "w", 9, at(0)).await;
    assert_eq!(enqueue(store, &[keyed(5, "a")]).await, [old(1)], "running");
    let first = running.iter().find(|j| j.new.id == id(1)).expect("it was claimed");
    let again = Outcome::Snoozed { until: at(20) };
    store.settle_one(first.lease(), again, at(1)).await.expect("it is snoozed");
    assert_eq!(enqueue(store, &[keyed(5, "a")]).await, [old(1)], "queued again");
    let first = claim_one(store, "w", at(20)).await;
    assert_eq!(first.new.id, id(1), "the others are running");
    store.settle_one(first.lease(), Outcome::Done, at(21)).await.expect("it is done");
    assert_eq!(enqueue(store, &[keyed(5, "a")]).await, [new(5)], "done");
    assert_eq!(store.retry_job(id(1), at(22)).await.expect_err("job 5 has its key").kind(), ErrorKind::Conflict);
}

pub(super) async fn the_job_of_a_dead_worker_is_taken_over(store: &impl JobStore) {
    enqueue(store, &[job(1)]).await;
    let first = claim_one(store, "dead", at(0)).await;
    assert!(claim(store, "next", 9, at_ms(29_999)).await.is_empty(), "its worker may live");
    // It does, for an hour.
    for minute in 0..180 {
        let now = at(20 * (minute + 1));
        assert_eq!(store.heartbeat(&[first.lease()], now, LEASE).await.expect("a beat"), [Beat::Held]);
        assert!(claim(store, "next", 9, now).await.is_empty(), "its worker lives");
    }
    assert!(claim(store, "next", 9, at_ms(3_629_999)).await.is_empty(), "its worker may live");
    let second = claim_one(store, "next", at(3630)).await;
    assert_eq!((second.new.id, second.attempt, second.worker.as_deref()), (id(1), 2, Some("next")));
    assert!(second.fence > first.fence);
    let said = second.error.expect("what happened is said");
    assert!(said.contains("`dead`") && said.contains("13:00:30"), "{said}");
}

pub(super) async fn a_lost_lease_is_worth_nothing(store: &impl JobStore) {
    enqueue(store, &[job(1), job(2)]).await;
    let slow = claim(store, "slow", 9, at(0)).await;
    let (lost, kept) = (slow[0].lease(), slow[1].lease());
    assert_eq!(store.heartbeat(&[kept], at(20), LEASE).await.expect("a beat"), [Beat::Held]);
    let taken = claim_one(store, "next", at(30)).await;
    assert_eq!(taken.new.id, lost.id);

    assert_eq!(store.heartbeat(&[lost, kept], at(31), LEASE).await.expect("a beat"), [Beat::Lost, Beat::Held]);
    for outcome in
        [Outcome::Done, failed(1), Outcome::Snoozed { until: at(99) }, Outcome::Cancelled, Outcome::Dead { error: String::new() }]
    {
        let e = store.settle_one(lost, outcome, at(32)).await.expect_err("the lease was lost");
        assert!(e.kind() == ErrorKind::Conflict && e.message().contains(&lost.id.to_string()), "{e}");
    }
    let both = store.settle(&[(lost, Outcome::Done), (kept, Outcome::Done)], at(33)).await.expect("one is done");
    assert_eq!(both, [None, Some(JobState::Done)]);
    assert_eq!(stored(store, lost.id).await, taken, "nothing of it was changed");
    let twice = store.settle(&[(taken.lease(), Outcome::Done), (taken.lease(), failed(2))], at(34)).await;
    assert_eq!(twice.expect_err("both cannot be").kind(), ErrorKind::Invalid);

    assert_eq!(store.settle_one(taken.lease(), Outcome::Done, at(34)).await.expect("it is done"), JobState::Done);
    let e = store.settle_one(taken.lease(), Outcome::Done, at(35)).await.expect_err("it is done already");
    assert_eq!(e.kind(), ErrorKind::Conflict);
    assert_eq!(store.settle(&[], at(36)).await.expect("nothing"), []);
}

pub(super) async fn the_last_lease_that_ends_ends_the_job(store: &impl JobStore) {
    enqueue(store, &[NewJob { max_attempts: 2, ..job(1) }, job(2)]).await;
    assert_eq!(claim(store, "crashes", 9, at(0)).await.len(), 2);
    assert_eq!(claim(store, "crashes", 9, at(30)).await.len(), 2);
    store.cancel_job(id(2), at(31)).await.expect("it is cancelled");
    assert!(claim(store, "crashes", 9, at(60)).await.is_empty());
    let dead = stored(store, id(1)).await;
    assert_eq!((dead.state, dead.attempt, dead.finished_at), (JobState::Dead, 2, Some(at(60))));
    assert_eq!(stored(store, id(2)).await.state, JobState::Cancelled);
}

pub(super) async fn a_snooze_is_no_attempt(store: &impl JobStore) {
    enqueue(store, &[NewJob { max_attempts: 1, ..job(1) }]).await;
    let mut fence = 0;
    for round in 0..3 {
        let running = claim_one(store, "w", at(round * 100)).await;
        assert!(running.attempt == 1 && running.fence > fence);
        fence = running.fence;
        let until = at((round + 1) * 100);
        let state = store.settle_one(running.lease(), Outcome::Snoozed { until }, at(round * 100)).await;
        assert_eq!(state.expect("it is snoozed"), JobState::Queued);
        assert!(claim(store, "w", 9, at(round * 100 + 99)).await.is_empty());
    }
}
