use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

use crate::jobs::{absent, after, check_finished, check_outcomes, no_schedule};
use crate::{
    Beat, Cursor, Enqueued, Error, Fired, Job, JobCount, JobFilter, JobId, JobState, JobStore, Lease, NewJob, Outcome, Page, PageRequest,
    Queue, Result, Schedule, Wanted,
};

/// Jobs in memory.
#[derive(Debug, Default)]
pub struct MemoryJobs {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    jobs: BTreeMap<JobId, Job>,
    /// And until when the rate is spent.
    queues: BTreeMap<String, (Queue, i64)>,
    /// And when it fires next.
    schedules: BTreeMap<String, (Schedule, Instant)>,
    fires: BTreeSet<(Instant, String)>,
}

impl Tables {
    /// The queued or running job with the kind and key of this one.
    fn twin(&self, of: &NewJob) -> Option<JobId> {
        let key = of.unique_key.as_ref()?;
        let twin = |j: &&Job| !j.state.is_finished() && j.new.kind == of.kind && j.new.unique_key.as_ref() == Some(key);
        self.jobs.values().find(twin).map(|j| j.new.id)
    }

    fn enqueue(&mut self, new: &NewJob, now: Instant) -> Enqueued {
        if let Some(id) = self.jobs.contains_key(&new.id).then_some(new.id).or_else(|| self.twin(new)) {
            return Enqueued { id, is_new: false };
        }
        self.jobs.insert(new.id, Job::enqueued(new.clone(), now));
        Enqueued { id: new.id, is_new: true }
    }

    fn held(&mut self, lease: Lease) -> Option<&mut Job> {
        self.jobs.get_mut(&lease.id).filter(|j| j.is_held_by(lease))
    }
}

impl MemoryJobs {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // What can fail comes before the first change.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobStore for MemoryJobs {
    async fn enqueue(&self, jobs: &[NewJob], now: Instant) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(NewJob::check)?;
        let mut tables = self.tables();
        Ok(jobs.iter().map(|new| tables.enqueue(new, now)).collect())
    }

    async fn claim(&self, wanted: &Wanted<'_>, now: Instant) -> Result<Vec<Job>> {
        let until = after(now, wanted.lease)?;
        let mut tables = self.tables();
        let Tables { jobs, queues, .. } = &mut *tables;
        let mut of_queue: Vec<&mut Job> = jobs.values_mut().filter(|j| j.new.queue == wanted.queue).collect();
        for job in &mut of_queue {
            if job.state == JobState::Running && job.lease_until.is_some_and(|end| end <= now) {
                job.expire(now);
            }
        }
        let running = of_queue.iter().filter(|j| j.state == JobState::Running).count() as u64;
        let limit = queues.get(wanted.queue).map_or(wanted.limit, |(q, spent_until)| q.allows(wanted.limit, running, *spent_until, now));
        of_queue.retain(|j| j.state == JobState::Queued && j.new.run_at <= now);
        of_queue.sort_by_key(|j| (j.new.priority, j.new.run_at, j.new.id));
        of_queue.truncate(limit as usize);
        if let Some((Queue { rate: Some(rate), .. }, spent_until)) = queues.get_mut(wanted.queue) {
            *spent_until = rate.spend(*spent_until, now, of_queue.len());
        }
        let begin = |job: &mut Job| {
            job.begin(wanted.worker, now, until);
            job.clone()
        };
        Ok(of_queue.into_iter().map(begin).collect())
    }

    async fn heartbeat(&self, leases: &[Lease], now: Instant, lease: Duration) -> Result<Vec<Beat>> {
        let until = after(now, lease)?;
        let mut tables = self.tables();
        let mut beat = |lease: &Lease| match tables.held(*lease) {
            Some(job) => {
                job.lease_until = Some(until);
                if job.cancel_requested { Beat::CancelRequested } else { Beat::Held }
            }
            None => Beat::Lost,
        };
        Ok(leases.iter().map(&mut beat).collect())
    }

    async fn settle(&self, outcomes: &[(Lease, Outcome)], now: Instant) -> Result<Vec<Option<JobState>>> {
        check_outcomes(outcomes)?;
        let mut tables = self.tables();
        let (mut states, mut changed) = (Vec::new(), Vec::new());
        for (lease, outcome) in outcomes {
            let job = tables.held(*lease).map(|job| job.clone());
            states.push(match job {
                Some(mut job) => {
                    job.settle(outcome, now)?;
                    changed.push(job);
                    changed.last().map(|job| job.state)
                }
                None => None,
            });
        }
        tables.jobs.extend(changed.into_iter().map(|job| (job.new.id, job)));
        Ok(states)
    }

    async fn cancel_job(&self, id: JobId, now: Instant) -> Result<JobState> {
        let mut tables = self.tables();
        let job = tables.jobs.get_mut(&id).ok_or_else(|| absent(id))?;
        job.cancel(now)?;
        Ok(job.state)
    }

    async fn retry_job(&self, id: JobId, now: Instant) -> Result<()> {
        let mut tables = self.tables();
        let job = tables.jobs.get(&id).ok_or_else(|| absent(id))?;
        if let Some(twin) = tables.twin(&job.new).filter(|twin| *twin != id) {
            return Err(Error::conflict(format!("job {twin} has the unique key of job {id}")));
        }
        tables.jobs.get_mut(&id).ok_or_else(|| absent(id))?.retry(now)
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>> {
        Ok(self.tables().jobs.get(&id).cloned())
    }

    async fn jobs(&self, filter: &JobFilter, page: &PageRequest) -> Result<Page<Job>> {
        let before: Option<JobId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let fits = tables.jobs.values().rev().filter(|j| filter.fits(j) && before.is_none_or(|before| j.new.id < before));
        Page::of(fits.take(page.limit.get().saturating_add(1)).cloned().collect(), page.limit, |j| j.new.id)
    }

    async fn job_counts(&self) -> Result<Vec<JobCount>> {
        let mut counts: BTreeMap<(String, JobState), u64> = BTreeMap::new();
        for job in self.tables().jobs.values() {
            *counts.entry((job.new.queue.clone(), job.state)).or_default() += 1;
        }
        Ok(counts.into_iter().map(|((queue, state), jobs)| JobCount { queue, state, jobs }).collect())
    }

    async fn trim_jobs(&self, state: JobState, before: Instant, limit: u32) -> Result<u64> {
        check_finished(state)?;
        let mut tables = self.tables();
        let old = tables.jobs.values().filter(|j| j.state == state && j.finished_at.is_some_and(|at| at < before));
        let mut old: Vec<(Option<Instant>, JobId)> = old.map(|j| (j.finished_at, j.new.id)).collect();
        old.sort_unstable();
        old.truncate(limit as usize);
        for (_, id) in &old {
            tables.jobs.remove(id);
        }
        if old.len() < limit as usize {
            tables.fires.retain(|(at, _)| *at >= before);
        }
        Ok(old.len() as u64)
    }

    async fn put_queue(&self, queue: &Queue) -> Result<()> {
        queue.check()?;
        let mut tables = self.tables();
        let spent_until = tables.queues.get(&queue.name).map_or(0, |(_, spent_until)| *spent_until);
        tables.queues.insert(queue.name.clone(), (queue.clone(), spent_until));
        Ok(())
    }

    async fn queues(&self) -> Result<Vec<Queue>> {
        Ok(self.tables().queues.values().map(|(queue, _)| queue.clone()).collect())
    }

    async fn put_schedule(&self, schedule: &Schedule, now: Instant) -> Result<()> {
        let first = schedule.check(now)?;
        let mut tables = self.tables();
        let goes_on = tables.schedules.get(&schedule.name).filter(|(s, _)| s.cron == schedule.cron && s.zone == schedule.zone);
        let next = goes_on.map_or(first, |(_, next)| *next);
        tables.schedules.insert(schedule.name.clone(), (schedule.clone(), next));
        Ok(())
    }

    async fn schedules(&self) -> Result<Vec<(Schedule, Instant)>> {
        Ok(self.tables().schedules.values().cloned().collect())
    }

    async fn remove_schedule(&self, name: &str) -> Result<bool> {
        Ok(self.tables().schedules.remove(name).is_some())
    }

    async fn fire_schedules(&self, now: Instant) -> Result<Vec<Fired>> {
        let mut tables = self.tables();
        let due: Vec<(Schedule, Instant)> = tables.schedules.values().filter(|(_, next)| *next <= now).cloned().collect();
        let mut fired = Vec::new();
        for (schedule, next) in due {
            let (at, next) = schedule.due(next, now)?;
            if let Some(at) = at.filter(|at| tables.fires.insert((*at, schedule.name.clone()))) {
                let job = tables.enqueue(&schedule.job_at(at, now), now).id;
                fired.push(Fired { schedule: schedule.name.clone(), at, job });
            }
            if let Some(entry) = tables.schedules.get_mut(&schedule.name) {
                entry.1 = next;
            }
        }
        Ok(fired)
    }

    async fn run_schedule(&self, name: &str, now: Instant) -> Result<Enqueued> {
        let mut tables = self.tables();
        let job = tables.schedules.get(name).map(|(schedule, _)| schedule.job_at(now, now)).ok_or_else(|| no_schedule(name))?;
        Ok(tables.enqueue(&job, now))
    }
}
