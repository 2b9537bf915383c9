//! PostgreSQL goes away and comes back while several tasks work: each goes on as soon as it can, hears that the
//! database is not available and nothing worse, and what it was told to be done is there.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant as Watch};

use fanpulse_core::Instant;
use fanpulse_store::testing::Shutdown;
use fanpulse_store::{
    Account, AccountId, AccountStore, Connection, ConnectionId, ConnectionStore, Error, ErrorKind, Filter, JobFilter, JobId, JobState,
    JobStore, Keyring, NewJob, ObservationStore, Outcome, PageRequest, Store, Tier, Tokens, Wanted,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::databases::own_cluster;
use super::observations::{always, day_of, everything, moment};
use super::raw::Raw;

const RESTARTS: [Shutdown; 4] = [Shutdown::Fast, Shutdown::Immediate, Shutdown::Immediate, Shutdown::Fast];

/// What the tasks share: when to stop, and how each fares.
#[derive(Clone, Default)]
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU32>,
    failed: Arc<AtomicU32>,
}

impl Load {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// It failed, which must be as what may be tried again.
    async fn failed(&self, e: &Error) {
        assert_eq!(e.kind(), ErrorKind::Unavailable, "{e:?}");
        self.failed.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Does it until it is done; what came of it, and how often it failed before.
macro_rules! surely {
    ($load:ident, $what:expr) => {{
        let mut failures = 0;
        loop {
            match $what.await {
                Ok(done) => {
                    $load.done.fetch_add(1, Ordering::Relaxed);
                    break (done, failures);
                }
                Err(e) => $load.failed(&e).await,
            }
            failures += 1;
        }
    }};
}

fn now() -> Instant {
    "2026-03-01".parse().unwrap()
}

/// Days of one source, one after the other; how many.
async fn append(store: Store, load: Load, source: String) -> i32 {
    for day in 0.. {
        if !load.goes_on() {
            return day;
        }
        let data = day_of(100, day % 200, |a| f64::from(a) + f64::from(day) * 1000.0);
        let (appended, failures) = surely!(load, store.append(&source.as_str().into(), moment(300 + day, 0), &data));
        assert!(appended.stored == 100 || (failures > 0 && appended.repeated == 100), "{appended:?} after {failures} failures");
    }
    unreachable!()
}

fn job(task: u8, number: u32) -> NewJob {
    let mut random = [task; 10];
    random[2..6].copy_from_slice(&number.to_be_bytes());
    NewJob { max_attempts: 1000, ..NewJob::new(JobId::new(now(), random), "sync", "count", json!([task, number]), now()) }
}

/// Enqueues, claims and completes; the jobs that were enqueued, and those that it was told to have completed.
async fn work(store: Store, load: Load, task: u8) -> (BTreeSet<JobId>, BTreeSet<JobId>) {
    let (mut enqueued, mut completed) = (BTreeSet::new(), BTreeSet::new());
    let worker = format!("worker {task}");
    let wanted = Wanted { queue: "sync", worker: &worker, limit: 5, lease: Duration::from_secs(30) };
    for round in 0.. {
        if !load.goes_on() {
            break;
        }
        let new: Vec<NewJob> = (0..5).map(|n| job(task, round * 5 + n)).collect();
        let (told, failures) = surely!(load, store.enqueue(&new, now()));
        assert!(told.iter().all(|e| e.is_new) || (failures > 0 && told.iter().all(|e| !e.is_new)), "{told:?} after {failures} failures");
        enqueued.extend(new.iter().map(|job| job.id));
        let (claimed, _) = surely!(load, store.claim(&wanted, now()));
        let outcomes: Vec<_> = claimed.iter().map(|job| (job.lease(), Outcome::Done)).collect();
        let (states, failures) = surely!(load, store.settle(&outcomes, now()));
        // Without an answer they may have been done.
        let all = |is: Option<JobState>| states.iter().all(|state| *state == is);
        assert!(all(Some(JobState::Done)) || (failures > 0 && all(None)), "{states:?} after {failures} failures");
        completed.extend(claimed.iter().map(|job| job.new.id));
    }
    (enqueued, completed)
}

fn account() -> AccountId {
    AccountId::new(now(), [1; 10])
}

fn grant() -> Connection {
    Connection {
        id: ConnectionId::new(now(), [2; 10]),
        account: account(),
        platform: "youtube".to_owned(),
        external_account: "channel".to_owned(),
        scopes: BTreeSet::new(),
        tokens: tokens(1),
        created_at: now(),
        version: 1,
    }
}

fn tokens(version: u32) -> Tokens {
    Tokens { access: SecretString::from(format!("token {version}")), refresh: None, expires_at: None }
}

/// Replaces a token again and again; the last version that it was told.
async fn replace(store: Store, load: Load) -> u32 {
    let mut version = 1;
    while load.goes_on() {
        let new = tokens(version + 1);
        let replaced = async || match store.replace_tokens(grant().id, version, &new).await {
            // Done before, without an answer.
            Err(e) if e.kind() == ErrorKind::Conflict => Ok(version + 1),
            replaced => replaced,
        };
        let (new, _) = surely!(load, replaced());
        version = new;
    }
    version
}

/// Reads whole appends only.
async fn read(store: Store, load: Load) {
    while load.goes_on() {
        let page = PageRequest::first(NonZeroUsize::MAX);
        let (seen, _) = surely!(load, store.series(&Filter::default(), always(), &page));
        let seen = seen.items.len();
        assert!(seen.is_multiple_of(100), "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restarted_server_loses_nothing_that_was_said() {
    let Some(cluster) = own_cluster().map(Arc::new) else { return };
    let url = cluster.database().await;
    let store = Store::open(&url).await.unwrap().with_keys(Keyring::generate());
    store.add_account(&Account { id: account(), name: "label".to_owned(), tier: Tier::Label, created_at: now() }).await.unwrap();
    store.add_connection(&grant()).await.unwrap();
    let load = Load::default();
    let appends: Vec<_> = ["api", "file"].map(|source| tokio::spawn(append(store.clone(), load.clone(), source.to_owned()))).into();
    let works: Vec<_> = [1, 2, 3].map(|task| tokio::spawn(work(store.clone(), load.clone(), task))).into();
    let replaces = tokio::spawn(replace(store.clone(), load.clone()));
    let reads = tokio::spawn(read(store.clone(), load.clone()));
    let mut slowest = Duration::ZERO;
    for how in RESTARTS {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let restarting = cluster.clone();
        tokio::task::spawn_blocking(move || restarting.restart(how)).await.unwrap();
        // More than each task has under way, so that something was begun since.
        let (before, back) = (load.done.load(Ordering::Relaxed), Watch::now());
        while load.done.load(Ordering::Relaxed) < before + 20 {
            assert!(back.elapsed() < Duration::from_secs(20), "nobody goes on after {how:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        slowest = slowest.max(back.elapsed());
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    load.stop.store(true, Ordering::Relaxed);

    let mut appended = Vec::new();
    for task in appends {
        appended.push(task.await.unwrap());
    }
    let (mut enqueued, mut completed) = (BTreeSet::new(), BTreeSet::new());
    for task in works {
        let (new, done) = task.await.unwrap();
        enqueued.extend(new);
        for id in done {
            assert!(completed.insert(id), "job {id} was completed twice");
        }
    }
    let version = replaces.await.unwrap();
    reads.await.unwrap();
    let (done, failed) = (load.done.load(Ordering::Relaxed), load.failed.load(Ordering::Relaxed));
    println!("{done} done, {failed} failed, back to work within {slowest:.0?} of {} restarts", RESTARTS.len());
    assert!(failed > 0, "the restarts were felt");

    let mut raw = Raw::open(&url).await;
    let points = raw.number("select sum(points) from observation_blocks").await;
    raw.close().await;
    assert_eq!(points, i64::from(appended.iter().sum::<i32>()) * 100);
    let known: BTreeMap<_, f64> =
        everything(&store, always()).await.into_iter().map(|s| (s.observation.observed_at, s.observation.value % 1000.0)).collect();
    assert_eq!(known.len(), usize::try_from(*appended.iter().max().unwrap()).unwrap().min(200));
    let page = PageRequest::first(NonZeroUsize::MAX);
    let jobs: BTreeMap<JobId, JobState> =
        store.jobs(&JobFilter::default(), &page).await.unwrap().items.into_iter().map(|job| (job.new.id, job.state)).collect();
    assert!(jobs.keys().eq(&enqueued), "{} jobs, {} were enqueued", jobs.len(), enqueued.len());
    assert!(completed.iter().all(|id| jobs[id] == JobState::Done));
    let connection = store.connection(account(), grant().id).await.unwrap().unwrap();
    assert_eq!((connection.version, connection.tokens.access.expose_secret()), (version, format!("token {version}").as_str()));
    assert!(store.examine().await.unwrap().iter().all(|f| f.problem.is_none()));
    store.close().await;
}
