//! What queues may give.

use std::time::Duration;

use super::{at, at_ms, claim, claim_one, enqueue, id, job};
use crate::{Backoff, ErrorKind, JobStore, NewJob, Outcome, Queue, Rate};

fn sync() -> Queue {
    Queue { name: "sync".to_owned(), ..Queue::default() }
}

async fn put(store: &impl JobStore, queue: Queue) {
    store.put_queue(&queue).await.expect("a queue");
}

pub(super) async fn a_paused_queue_gives_nothing(store: &impl JobStore) {
    enqueue(store, &[job(1), job(2)]).await;
    let running = claim(store, "w", 1, at(0)).await;
    put(store, Queue { paused: true, ..sync() }).await;
    assert!(claim(store, "w", 9, at(0)).await.is_empty());
    store.settle_one(running[0].lease(), Outcome::Done, at(1)).await.expect("what runs goes on");
    let other = Queue { name: "reports".to_owned(), max_running: Some(3), rate: Some(rate(5, 60)), paused: false };
    put(store, other.clone()).await;
    assert_eq!(store.queues().await.expect("queues"), [other, Queue { paused: true, ..sync() }]);
    put(store, sync()).await;
    assert_eq!(claim_one(store, "w", at(1)).await.new.id, id(2));
}

pub(super) async fn no_more_run_than_may(store: &impl JobStore) {
    enqueue(store, &(1..=9).map(job).collect::<Vec<_>>()).await;
    put(store, Queue { max_running: Some(3), ..sync() }).await;
    let first = claim(store, "a", 2, at(0)).await;
    assert_eq!(first.len(), 2);
    assert_eq!(claim(store, "b", 9, at(0)).await.len(), 1);
    assert!(claim(store, "b", 9, at(1)).await.is_empty());
    store.settle_one(first[0].lease(), Outcome::Done, at(1)).await.expect("it is done");
    assert_eq!(claim(store, "b", 9, at(1)).await.len(), 1);
    assert_eq!(claim(store, "c", 9, at(30)).await.len(), 2, "those of dead workers run no more, the last one does");
    put(store, Queue { max_running: Some(0), ..sync() }).await;
    assert!(claim(store, "c", 9, at(90)).await.is_empty());
}

fn rate(jobs: u32, seconds: u64) -> Rate {
    Rate { jobs, period: Duration::from_secs(seconds) }
}

pub(super) async fn no_more_begin_than_may(store: &impl JobStore) {
    enqueue(store, &(1..=40).map(job).collect::<Vec<_>>()).await;
    put(store, Queue { rate: Some(rate(6, 60)), ..sync() }).await;
    assert_eq!(claim(store, "a", 4, at(0)).await.len(), 4);
    assert_eq!(claim(store, "b", 9, at(0)).await.len(), 2, "a queue at rest gives as many as its rate");
    // Then one every ten seconds.
    assert!(claim(store, "b", 9, at_ms(9_999)).await.is_empty());
    assert_eq!(claim(store, "b", 9, at(10)).await.len(), 1);
    assert!(claim(store, "a", 9, at(19)).await.is_empty());
    assert_eq!(claim(store, "a", 9, at(29)).await.len(), 1);
    // Said again, it is not given again.
    put(store, Queue { rate: Some(rate(6, 60)), ..sync() }).await;
    assert!(claim(store, "a", 9, at(29)).await.is_empty());
    assert_eq!(claim(store, "a", 9, at(1000)).await.len(), 6);
}

pub(super) async fn what_is_out_of_range_is_refused(store: &impl JobStore) {
    for wrong in [rate(0, 60), rate(1, 0), rate(1, 367 * 86_400), Rate { jobs: 2, period: Duration::from_micros(1) }] {
        let e = store.put_queue(&Queue { rate: Some(wrong), ..sync() }).await.expect_err("no rate");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains("`sync`"), "{e}");
    }
    let backoff = |first, longest| Backoff { first: Duration::from_micros(first), longest: Duration::from_micros(longest) };
    let wrong = [
        (NewJob { queue: String::new(), ..job(1) }, "queue ``"),
        (NewJob { kind: "x".repeat(101), ..job(1) }, "101 characters"),
        (NewJob { unique_key: Some(String::new()), ..job(1) }, "unique key"),
        (NewJob { max_attempts: 0, ..job(1) }, "0 attempts"),
        (NewJob { backoff: backoff(999, 5000), ..job(1) }, "999µs"),
        (NewJob { backoff: backoff(6000, 5000), ..job(1) }, "5ms"),
    ];
    for (wrong, says) in wrong {
        let e = store.enqueue(&[job(2), wrong], at(0)).await.expect_err("out of range");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains(says), "{e}");
    }
    assert!(store.job(id(2)).await.expect("a query").is_none(), "all or none");
}
