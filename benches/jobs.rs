//! Jobs through both databases, from enqueued to done: jobs per second, round after round on the same tables, so that
//! the rows of finished jobs would show if they cost anything. `FANPULSE_TEST_PG_URL` names a server with the settings
//! of production; the throw-away one does not wait for its disk.

use std::time::Instant as Watch;

use fanpulse_core::Instant;
use fanpulse_store::{JobCount, JobId, JobState, JobStore, NewJob, Outcome, Store, Wanted, testing};

const LEASE: std::time::Duration = std::time::Duration::from_secs(30);

fn at(seconds: u32) -> Instant {
    Instant::try_new(1_772_000_000_000_000 + i64::from(seconds) * 1_000_000).expect("a time")
}

fn jobs(round: u32, count: u32) -> Vec<NewJob> {
    let job = |number: u32| {
        let mut random = [0; 10];
        random[2..6].copy_from_slice(&round.to_be_bytes());
        random[6..].copy_from_slice(&number.to_be_bytes());
        let payload = serde_json::json!({ "connection": number, "days": 7 });
        let new = NewJob::new(JobId::new(at(round), random), "sync", "sync_connection", payload, at(round));
        NewJob { unique_key: Some(format!("connection {number}")), ..new }
    };
    (0..count).map(job).collect()
}

/// Claims and completes until there is nothing left; how many.
async fn work(store: Store, worker: String, batch: u32, now: Instant) -> usize {
    let wanted = Wanted { queue: "sync", worker: &worker, limit: batch, lease: LEASE };
    let mut done = 0;
    loop {
        let claimed = store.claim(&wanted, now).await.expect("a claim");
        if claimed.is_empty() {
            return done;
        }
        let outcomes: Vec<_> = claimed.iter().map(|job| (job.lease(), Outcome::Done)).collect();
        let states = store.settle(&outcomes, now).await.expect("jobs are done");
        assert!(states.iter().all(|state| *state == Some(JobState::Done)));
        done += claimed.len();
    }
}

async fn measure(name: &str, url: &str, count: u32, rounds: u32) {
    let store = Store::open(url).await.expect("a store");
    let mut finished = 0;
    for (workers, batch) in [(1, 100), (4, 100), (4, 10)] {
        for _ in 0..rounds {
            let round = finished / count;
            let new = jobs(round, count);
            let watch = Watch::now();
            for part in new.chunks(500) {
                assert!(store.enqueue(part, at(round)).await.expect("jobs are enqueued").iter().all(|e| e.is_new));
            }
            let enqueued = watch.elapsed();
            let tasks = (0..workers).map(|n| tokio::spawn(work(store.clone(), format!("worker {n}"), batch, at(round))));
            let mut done = 0;
            for task in tasks.collect::<Vec<_>>() {
                done += task.await.expect("a worker");
            }
            let all = watch.elapsed();
            assert_eq!(done, new.len());
            let per_second = |time: std::time::Duration| f64::from(count) / time.as_secs_f64();
            println!(
                "{name} {workers} workers, batches of {batch}, {finished} finished before: {:.0} jobs/s end to end | in {:.0}/s | out {:.0}/s",
                per_second(all),
                per_second(enqueued),
                per_second(all - enqueued)
            );
            finished += count;
        }
    }
    let done = JobCount { queue: "sync".to_owned(), state: JobState::Done, jobs: u64::from(finished) };
    assert_eq!(store.job_counts().await.expect("counts"), [done]);
    store.close().await;
}

fn main() {
    // Without `--bench` every path is run once, in small.
    let (count, rounds) = if std::env::args().any(|a| a == "--bench") { (20_000, 5) } else { (1000, 1) };
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        measure("sqlite", &folder.path().join("jobs.db").display().to_string(), count, rounds).await;
        measure("postgres", &testing::postgres().await, count, rounds).await;
    });
}
