//! Two workers at a time claim, complete and enqueue; both are killed. Time is what the round says: in the next one
//! every lease of this one has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use fanpulse_core::Instant;
use fanpulse_store::{Job, JobFilter, JobId, JobState, JobStore, Lease, NewJob, Outcome, PageRequest, Store, Wanted};
use serde_json::json;

use super::super::processes::{Dice, Process, say};
use super::super::raw::Raw;
use super::{Kills, let_work, start};

const ROUNDS: u32 = 40;
/// More than all rounds can take away: a worker that is killed before it enqueues has done five and put none in.
const BEFORE: u32 = 600;
const CLAIMED: u32 = 5;
const ENQUEUED: u32 = 6;
const LEASE: Duration = Duration::from_secs(30);

/// A minute a round.
fn now(round: u32) -> Instant {
    Instant::try_new(1_772_000_000_000_000 + i64::from(round) * 60_000_000).unwrap()
}

fn job(number: u32) -> NewJob {
    let mut random = [0; 10];
    random[2..6].copy_from_slice(&number.to_be_bytes());
    let new = NewJob::new(JobId::new(now(0), random), "sync", "count", json!(number), now(0));
    NewJob { unique_key: Some(format!("number {number}")), max_attempts: 1000, ..new }
}

fn name(round: u32, worker: u32) -> String {
    format!("worker {worker} of round {round}")
}

/// The first number of the jobs that a worker enqueues.
fn first(round: u32, worker: u32) -> u32 {
    (round * 2 + worker + 1) * 10_000
}

fn list<T>(items: impl IntoIterator<Item = T>, text: impl Fn(T) -> String) -> String {
    items.into_iter().map(text).collect::<Vec<_>>().join(" ")
}

pub async fn work(url: &str, worker: u32, round: u32) {
    let store = Store::connect(url).await.unwrap();
    let name = name(round, worker);
    let wanted = Wanted { queue: "sync", worker: &name, limit: CLAIMED, lease: LEASE };
    let mut numbers = first(round, worker)..;
    say("ready");
    loop {
        say("begin claim");
        let jobs = store.claim(&wanted, now(round)).await.unwrap();
        say(&format!("claimed {}", list(&jobs, |job| format!("{}:{}", job.new.payload, job.fence))));
        say("begin settle");
        let outcomes: Vec<_> = jobs.iter().map(|job| (job.lease(), Outcome::Done)).collect();
        let states = store.settle(&outcomes, now(round)).await.unwrap();
        assert!(states.iter().all(|state| *state == Some(JobState::Done)));
        say("settled");
        let new: Vec<u32> = numbers.by_ref().take(ENQUEUED as usize).collect();
        say(&format!("begin enqueue {}", list(&new, u32::to_string)));
        let mut tx = store.begin().await.unwrap();
        for number in new {
            assert!(tx.enqueue(&[job(number)], now(round)).await.unwrap()[0].is_new);
        }
        tx.commit().await.unwrap();
        say("enqueued");
    }
}

/// What is known of the jobs from what workers said.
#[derive(Default)]
struct Ledger {
    enqueued: BTreeSet<u32>,
    /// By job, the fence that it was done with.
    done: BTreeMap<u32, i64>,
    /// Each claim that was heard of.
    claims: BTreeSet<(u32, i64)>,
}

/// What one worker was at when it was killed.
#[derive(Default)]
struct Last {
    claiming: bool,
    held: Vec<(u32, i64)>,
    settling: bool,
    enqueueing: Vec<u32>,
}

impl Ledger {
    fn hear(&mut self, said: &[String]) -> Last {
        let mut last = Last::default();
        for line in said {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("begin", "claim") => last.claiming = true,
                ("claimed", jobs) => {
                    last.claiming = false;
                    let job = |job: &str| job.split_once(':').map(|(n, fence)| (n.parse().unwrap(), fence.parse().unwrap())).unwrap();
                    last.held = jobs.split(' ').map(job).collect();
                    assert_eq!(last.held.len(), CLAIMED as usize, "there is enough to do");
                    assert!(last.held.iter().all(|claim| self.claims.insert(*claim)), "a job was given twice with one fence: {line}");
                }
                ("begin", "settle") => last.settling = true,
                ("settled", _) => {
                    last.settling = false;
                    self.done.extend(last.held.drain(..));
                }
                ("begin", numbers) => {
                    last.enqueueing = numbers.split(' ').skip(1).map(|n| n.parse().unwrap()).collect();
                }
                ("enqueued", _) => self.enqueued.extend(last.enqueueing.drain(..)),
                _ => {}
            }
        }
        last
    }
}

pub async fn killed(url: &str, dice: &mut Dice) -> Kills {
    let mut kills = Kills::default();
    let mut ledger = Ledger::default();
    let store = Store::open(url).await.unwrap();
    store.enqueue(&(0..BEFORE).map(job).collect::<Vec<_>>(), now(0)).await.unwrap();
    store.close().await;
    ledger.enqueued.extend(0..BEFORE);
    let mut lost: Vec<Lease> = Vec::new();
    for round in 1..=ROUNDS {
        let mut workers: Vec<Process> = [0, 1].map(|worker| start(&["jobs", url, &worker.to_string(), &round.to_string()])).into();
        let_work(&mut workers[0], dice, 50);
        let said = [workers.remove(0).kill(), {
            std::thread::sleep(Duration::from_micros(dice.below(15_000)));
            workers.remove(0).kill()
        }];
        let last = said.map(|said| ledger.hear(&said));
        kills.all += 2;
        kills.within += last.iter().map(|l| u32::from(l.claiming || l.settling || !l.enqueueing.is_empty())).sum::<u32>();
        let mut raw = Raw::open(url).await;
        raw.alone().await;
        raw.close().await;

        let store = Store::open(url).await.unwrap();
        let jobs = all(&store).await;
        for (worker, last) in last.iter().enumerate() {
            ledger.settle(&name(round, u32::try_from(worker).unwrap()), last, &jobs);
        }
        assert!(jobs.keys().eq(&ledger.enqueued), "jobs are lost, or more than were enqueued");
        // Whoever comes next has what the dead had, and what they held is worth nothing.
        let wanted = Wanted { queue: "sync", worker: "parent", limit: 1, lease: LEASE };
        if let Some(lease) = lost.iter().find(|lease| jobs.values().any(|job| job.new.id == lease.id && job.fence > lease.fence)) {
            assert_eq!(store.settle(&[(*lease, Outcome::Done)], now(round)).await.unwrap(), [None]);
        }
        let took = store.claim(&wanted, now(round)).await.unwrap();
        assert!(took.iter().all(|job| !ledger.done.contains_key(&number(job)) && ledger.claims.insert((number(job), job.fence))));
        lost.extend(jobs.values().filter(|job| job.state == JobState::Running).map(Job::lease));
        store.close().await;
    }
    drain(url, &mut ledger).await;
    kills
}

impl Ledger {
    /// Compares what a worker said with what became of its jobs, and adds what was done although it was not said.
    fn settle(&mut self, name: &str, last: &Last, jobs: &BTreeMap<u32, Job>) {
        let whole = |there: usize, all: usize, what: &str| {
            assert!(there == 0 || there == all, "{name}: {there} of {all} were {what}");
            there > 0
        };
        let there = last.enqueueing.iter().filter(|n| jobs.contains_key(n)).count();
        if whole(there, last.enqueueing.len(), "enqueued") {
            self.enqueued.extend(&last.enqueueing);
        }
        let done = last.held.iter().filter(|(n, fence)| jobs[n].state == JobState::Done && jobs[n].fence == *fence).count();
        if whole(done, last.held.len(), "done") {
            assert!(last.settling, "{name}: jobs are done that it did not complete");
            self.done.extend(last.held.iter().copied());
        } else {
            let is_held = |(n, fence): &(u32, i64)| jobs[n].is(JobState::Running, *fence) && jobs[n].worker.as_deref() == Some(name);
            assert!(last.held.iter().all(is_held), "{name}: {:?} are not as they were claimed", last.held);
        }
        let held: BTreeSet<u32> = last.held.iter().map(|(n, _)| *n).collect();
        let more = jobs.values().filter(|job| job.state == JobState::Running && job.worker.as_deref() == Some(name));
        let more: Vec<(u32, i64)> = more.filter(|job| !held.contains(&number(job))).map(|job| (number(job), job.fence)).collect();
        assert!(more.is_empty() || last.claiming, "{name}: has {more:?}, which it did not claim");
        whole(more.len(), CLAIMED as usize, "claimed");
        assert!(more.iter().all(|claim| self.claims.insert(*claim)), "{name}: {more:?} were given twice");
        for (n, fence) in &self.done {
            assert!(jobs[n].is(JobState::Done, *fence), "{name}: job {n} was done with fence {fence} and is {:?}", jobs[n]);
        }
    }
}

trait Is {
    fn is(&self, state: JobState, fence: i64) -> bool;
}

impl Is for Job {
    fn is(&self, state: JobState, fence: i64) -> bool {
        self.state == state && self.fence == fence
    }
}

fn number(job: &Job) -> u32 {
    job.new.payload.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap()
}

async fn all(store: &Store) -> BTreeMap<u32, Job> {
    let page = PageRequest::first(NonZeroUsize::MAX);
    let jobs = store.jobs(&JobFilter::default(), &page).await.unwrap().items;
    let count = jobs.len();
    let jobs: BTreeMap<u32, Job> = jobs.into_iter().map(|job| (number(&job), job)).collect();
    assert_eq!(jobs.len(), count, "jobs are doubled");
    jobs
}

/// What is left is done once the last leases have ended, each job once.
async fn drain(url: &str, ledger: &mut Ledger) {
    let store = Store::open(url).await.unwrap();
    let end = now(ROUNDS + 1);
    let wanted = Wanted { queue: "sync", worker: "parent", limit: 500, lease: LEASE };
    loop {
        let jobs = store.claim(&wanted, end).await.unwrap();
        if jobs.is_empty() {
            break;
        }
        for job in &jobs {
            assert!(ledger.done.insert(number(job), job.fence).is_none(), "job {} was done before", job.new.payload);
        }
        store.settle(&jobs.iter().map(|job| (job.lease(), Outcome::Done)).collect::<Vec<_>>(), end).await.unwrap();
    }
    assert!(ledger.done.keys().eq(&ledger.enqueued));
    assert!(all(&store).await.values().all(|job| job.is(JobState::Done, ledger.done[&number(job)])));
    store.close().await;
}
