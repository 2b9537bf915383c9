//! Jobs among many workers, of which some die.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fanpulse_core::Instant;
use fanpulse_store::{
    Beat, JobCount, JobFilter, JobId, JobState, JobStore, Missed, NewJob, Outcome, PageRequest, Queue, Schedule, ScheduledJob, Store,
    Wanted,
};
use serde_json::json;

use super::databases::{Temporary, empty, stores};

const LEASE: Duration = Duration::from_secs(3);

fn at(seconds: i64) -> Instant {
    Instant::try_new(1_772_000_000_000_000 + seconds * 1_000_000).unwrap()
}

/// The time on the clock, which the workers of these tests share with the system's.
fn now() -> Instant {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Instant::try_new(i64::try_from(since.as_micros()).unwrap()).unwrap()
}

fn job(number: u16) -> NewJob {
    let [a, b] = number.to_be_bytes();
    NewJob::new(JobId::new(at(0), [a, b, 0, 0, 0, 0, 0, 0, 0, 0]), "sync", "count", json!(number), at(0))
}

fn wanted(worker: &str, limit: u32) -> Wanted<'_> {
    Wanted { queue: "sync", worker, limit, lease: LEASE }
}

/// As many stores on the same database, as if each were a process.
async fn replicas(database: &Temporary, count: usize) -> Vec<Store> {
    let mut stores = Vec::new();
    for _ in 0..count {
        stores.push(Store::connect(&database.url).await.unwrap());
    }
    stores
}

/// What each of them did at the same time.
async fn all_at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    stores: Vec<Store>,
    task: impl Fn(usize, Store) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = stores.into_iter().enumerate().map(|(n, store)| tokio::spawn(task(n, store))).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_workers_get_the_same_job() {
    for (store, database) in stores().await {
        let jobs: Vec<NewJob> = (0..600).map(job).collect();
        store.enqueue(&jobs, at(0)).await.unwrap();
        let claimed = all_at_once(replicas(&database, 8).await, |n, store| async move {
            let (mut mine, worker) = (Vec::new(), format!("worker {n}"));
            loop {
                let jobs = store.claim(&wanted(&worker, 7), at(1)).await.unwrap();
                if jobs.is_empty() {
                    return mine;
                }
                mine.extend(jobs.iter().map(|job| job.new.id));
                let done: Vec<_> = jobs.iter().map(|job| (job.lease(), Outcome::Done)).collect();
                assert!(store.settle(&done, at(1)).await.unwrap().iter().all(|state| *state == Some(JobState::Done)));
            }
        });
        let claimed: Vec<JobId> = claimed.await.concat();
        assert_eq!(claimed.len(), 600, "each is claimed once");
        assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>().len(), 600);
        let done = JobCount { queue: "sync".to_owned(), state: JobState::Done, jobs: 600 };
        assert_eq!(store.job_counts().await.unwrap(), [done]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_unique_key_is_enqueued_once_by_many() {
    for (store, database) in stores().await {
        for round in 0..5_u16 {
            let enqueued = all_at_once(replicas(&database, 8).await, |n, store| async move {
                let jobs: Vec<NewJob> = (0..4)
                    .map(|key| NewJob { unique_key: Some(format!("key {key}")), ..job(round * 100 + u16::try_from(n).unwrap() * 4 + key) })
                    .collect();
                store.enqueue(&jobs, at(0)).await.unwrap()
            })
            .await;
            for key in 0..4 {
                assert_eq!(enqueued.iter().filter(|e| e[key].is_new).count(), 1, "key {key}");
                assert_eq!(enqueued.iter().map(|e| e[key].id).collect::<BTreeSet<_>>().len(), 1, "all have the same job");
            }
            let jobs = store.claim(&wanted("w", 10), at(1)).await.unwrap();
            assert_eq!(jobs.len(), 4);
            store.settle(&jobs.iter().map(|j| (j.lease(), Outcome::Done)).collect::<Vec<_>>(), at(1)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_hold_among_many() {
    for (store, database) in stores().await {
        let jobs: Vec<NewJob> = (0..100).map(job).collect();
        store.enqueue(&jobs, at(0)).await.unwrap();
        store.put_queue(&Queue { name: "sync".to_owned(), max_running: Some(5), ..Queue::default() }).await.unwrap();
        let claimed = all_at_once(replicas(&database, 8).await, |n, store| async move {
            store.claim(&wanted(&format!("worker {n}"), 3), at(1)).await.unwrap().len()
        });
        assert_eq!(claimed.await.iter().sum::<usize>(), 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schedule_fires_once_on_many_replicas() {
    for (store, database) in stores().await {
        let job = ScheduledJob::new("sync", "score_all", json!(null));
        let (cron, zone) = ("* * * * *".to_owned(), "UTC".to_owned());
        let schedule = Schedule { name: "scores".to_owned(), cron, zone, missed: Missed::Once, job };
        store.put_schedule(&schedule, at(0)).await.unwrap();
        for minute in 1..=5 {
            let fired = all_at_once(replicas(&database, 6).await, |_, store| {
                let schedule = schedule.clone();
                async move {
                    // As a replica does that starts just then.
                    store.put_schedule(&schedule, at(minute * 60)).await.unwrap();
                    store.fire_schedules(at(minute * 60)).await.unwrap().len()
                }
            });
            assert_eq!(fired.await.iter().sum::<usize>(), 1, "minute {minute}");
        }
        assert_eq!(store.job_counts().await.unwrap()[0].jobs, 5);
    }
}

#[tokio::test]
async fn a_job_is_there_with_what_it_was_enqueued_with() {
    for (store, _database) in stores().await {
        let mut tx = store.begin().await.unwrap();
        assert!(tx.enqueue(&[job(1)], at(0)).await.unwrap()[0].is_new);
        drop(tx);
        assert!(store.job(job(1).id).await.unwrap().is_none(), "rolled back");
        let mut tx = store.begin().await.unwrap();
        tx.enqueue(&[job(1)], at(0)).await.unwrap();
        assert!(store.job(job(1).id).await.unwrap().is_none(), "not yet");
        tx.commit().await.unwrap();
        assert_eq!(store.job(job(1).id).await.unwrap().unwrap().state, JobState::Queued);
    }
}

/// What a child process of a test is to do: the database, and the folder that its effects go to.
const DATABASE: &str = "FANPULSE_TEST_DATABASE";
const EFFECTS: &str = "FANPULSE_TEST_EFFECTS";

/// A worker in a process of its own.
fn worker(database: &str, effects: &std::path::Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "suite::jobs::a_child_works", "--nocapture"]);
    command.env(DATABASE, database).env(EFFECTS, effects).stdout(Stdio::null()).spawn().unwrap()
}

/// Does nothing in an ordinary run.
#[tokio::test]
async fn a_child_works() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let effects = std::path::PathBuf::from(std::env::var(EFFECTS).unwrap());
    let store = Store::connect(&database).await.unwrap();
    let name = std::process::id().to_string();
    loop {
        for job in store.claim(&wanted(&name, 1), now()).await.unwrap() {
            let number = job.new.payload.to_string();
            std::fs::write(effects.join(format!("begun-{number}-{}", job.fence)), &name).unwrap();
            // Each takes longer than a lease.
            for _ in 0..8 {
                tokio::time::sleep(Duration::from_millis(500)).await;
                assert_eq!(store.heartbeat(&[job.lease()], now(), LEASE).await.unwrap(), [Beat::Held]);
            }
            store.settle_one(job.lease(), Outcome::Done, now()).await.unwrap();
            std::fs::write(effects.join(format!("done-{number}-{}", job.fence)), &name).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the workers have done so far: `begun-JOB-FENCE` and `done-JOB-FENCE`.
fn effects(folder: &std::path::Path, prefix: &str) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(prefix)).collect()
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_job_of_a_killed_worker_is_done_by_another() {
    for database in empty().await {
        let store = Store::open(&database.url).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        store.enqueue(&[job(1), job(2)], at(0)).await.unwrap();
        let mut first = worker(&database.url, folder.path());
        until("a job is begun", || effects(folder.path(), "begun-").len() == 1).await;
        let mut second = worker(&database.url, folder.path());
        until("the other is begun", || effects(folder.path(), "begun-").len() == 2).await;
        // A third that waits for work.
        let mut third = worker(&database.url, folder.path());
        let page = PageRequest::first(std::num::NonZeroUsize::new(10).unwrap());
        let victim = first.id().to_string();
        let running = store.jobs(&JobFilter::default(), &page).await.unwrap().items;
        let lost = running.into_iter().find(|job| job.worker.as_ref() == Some(&victim)).unwrap();
        // Into the middle of its work, after it was heard of.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        first.kill().unwrap();
        first.wait().unwrap();
        let killed = now();
        let number = lost.new.payload.to_string();
        until("both are done", || effects(folder.path(), "done-").len() == 2).await;
        for survivor in [&mut second, &mut third] {
            survivor.kill().unwrap();
            survivor.wait().unwrap();
        }

        let other = 3 - number.parse::<u16>().unwrap();
        let expected = BTreeSet::from([format!("done-{number}-2"), format!("done-{other}-1")]);
        assert_eq!(effects(folder.path(), "done-"), expected, "the live worker's job was not taken, the dead one's once");
        assert_eq!(effects(folder.path(), "begun-").len(), 3);
        let taken = store.job(lost.new.id).await.unwrap().unwrap();
        assert_eq!((taken.state, taken.attempt), (JobState::Done, 2));
        assert_ne!(taken.worker, Some(victim));
        // A lease at most, and what a busy machine takes to notice.
        let waited = Duration::from_micros(taken.started_at.unwrap().micros().abs_diff(killed.micros()));
        assert!(waited < LEASE + Duration::from_secs(2), "taken over after {waited:?}");
        assert!(store.settle_one(lost.lease(), Outcome::Done, now()).await.is_err(), "what the dead worker held is worth nothing");
        store.close().await;
    }
}
