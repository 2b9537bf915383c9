//! Jobs on both databases: what changes a job locks its row, turns it in Rust as every adapter does, and writes it back.

mod claim;
mod enqueue;
mod finish;
mod rows;
mod schedules;

use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{
    Beat, Enqueued, Fired, Job, JobCount, JobFilter, JobState, JobStore, Lease, NewJob, Outcome, Queue, Rate, Schedule, Wanted, after,
    check_finished, check_outcomes,
};
use crate::sql::{Row, args, narrow};
use crate::{Cursor, JobId, Page, PageRequest, Result, Store};
use rows::{locked, locked_one, read, select, state, write_back};

#[async_trait]
impl JobStore for Store {
    async fn enqueue(&self, jobs: &[NewJob], now: Instant) -> Result<Vec<Enqueued>> {
        let mut tx = self.begin().await?;
        let enqueued = tx.enqueue(jobs, now).await?;
        tx.commit().await?;
        Ok(enqueued)
    }

    async fn claim(&self, wanted: &Wanted<'_>, now: Instant) -> Result<Vec<Job>> {
        if let Some(claimed) = claim::at_once(self.database(), wanted, now).await? {
            return Ok(claimed);
        }
        let mut tx = self.begin().await?;
        let claimed = claim::claim(&mut tx, wanted, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn heartbeat(&self, leases: &[Lease], now: Instant, lease: Duration) -> Result<Vec<Beat>> {
        let until = after(now, lease)?;
        let mut tx = self.begin().await?;
        let jobs = locked(&mut tx, &leases.iter().map(|lease| lease.id).collect::<Vec<_>>()).await?;
        let (mut beats, mut held) = (Vec::new(), Vec::new());
        for lease in leases {
            beats.push(match jobs.get(&lease.id).filter(|job| job.is_held_by(*lease)) {
                Some(job) => {
                    held.push(Job { lease_until: Some(until), ..job.clone() });
                    if job.cancel_requested { Beat::CancelRequested } else { Beat::Held }
                }
                None => Beat::Lost,
            });
        }
        write_back(&mut tx, &held).await?;
        tx.commit().await?;
        Ok(beats)
    }

    async fn settle(&self, outcomes: &[(Lease, Outcome)], now: Instant) -> Result<Vec<Option<JobState>>> {
        check_outcomes(outcomes)?;
        if let Some(states) = finish::at_once(self.database(), outcomes, now).await? {
            return Ok(states);
        }
        let mut tx = self.begin().await?;
        let mut jobs = locked(&mut tx, &outcomes.iter().map(|(lease, _)| lease.id).collect::<Vec<_>>()).await?;
        let (mut states, mut changed) = (Vec::new(), Vec::new());
        for (lease, outcome) in outcomes {
            let job = jobs.remove(&lease.id).filter(|job| job.is_held_by(*lease));
            states.push(match job {
                Some(mut job) => {
                    job.settle(outcome, now)?;
                    changed.push(job);
                    changed.last().map(|job| job.state)
                }
                None => None,
            });
        }
        write_back(&mut tx, &changed).await?;
        tx.commit().await?;
        Ok(states)
    }

    async fn cancel_job(&self, id: JobId, now: Instant) -> Result<JobState> {
        let mut tx = self.begin().await?;
        let mut job = locked_one(&mut tx, id).await?;
        job.cancel(now)?;
        write_back(&mut tx, std::slice::from_ref(&job)).await?;
        tx.commit().await?;
        Ok(job.state)
    }

    async fn retry_job(&self, id: JobId, now: Instant) -> Result<()> {
        let mut tx = self.begin().await?;
        let mut job = locked_one(&mut tx, id).await?;
        job.retry(now)?;
        write_back(&mut tx, std::slice::from_ref(&job)).await?;
        tx.commit().await
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>> {
        self.database().row(select!("id = $1"), args![id]).await?.as_ref().map(read).transpose()
    }

    async fn jobs(&self, filter: &JobFilter, page: &PageRequest) -> Result<Page<Job>> {
        let before: Option<JobId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let limit = page.one_more();
        let JobFilter { queue, kind, state } = filter.clone();
        let select = select!(
            "($1 is null or queue = $1) and ($2 is null or kind = $2) and ($3 is null or state = $3) and ($4 is null or id < $4)
             order by id desc limit $5"
        );
        let rows = self.database().rows(select, args![queue, kind, state.map(JobState::as_str), before.map(|id| id.0), limit]).await?;
        Page::of(rows.iter().map(read).collect::<Result<_>>()?, page.limit, |job| job.new.id)
    }

    async fn job_counts(&self) -> Result<Vec<JobCount>> {
        let rows = self.database().rows("select queue, state, count(*) from jobs group by queue, state", args![]).await?;
        let count =
            |row: &Row| Ok(JobCount { queue: row.get(0)?, state: state(&row.get::<String>(1)?)?, jobs: row.get::<i64>(2)?.unsigned_abs() });
        let mut counts = rows.iter().map(count).collect::<Result<Vec<_>>>()?;
        counts.sort_by(|a, b| (&a.queue, a.state).cmp(&(&b.queue, b.state)));
        Ok(counts)
    }

    async fn trim_jobs(&self, state: JobState, before: Instant, limit: u32) -> Result<u64> {
        check_finished(state)?;
        let delete = "delete from jobs where id in
            (select id from jobs where finished_at is not null and state = $1 and finished_at < $2 order by finished_at limit $3)";
        let trimmed = self.database().run(delete, args![state.as_str(), before, limit]).await?;
        if trimmed < u64::from(limit) {
            self.database().run("delete from job_fires where fire_at < $1", args![before]).await?;
        }
        Ok(trimmed)
    }

    async fn put_queue(&self, queue: &Queue) -> Result<()> {
        queue.check()?;
        let put = "insert into job_queues (name, paused, max_running, rate_jobs, rate_period, rate_spent_until)
            values ($1, $2, $3, $4, $5, 0)
            on conflict (name) do update set paused = excluded.paused, max_running = excluded.max_running,
                rate_jobs = excluded.rate_jobs, rate_period = excluded.rate_period";
        let Queue { name, paused, max_running, rate } = queue;
        let period = rate.map(|rate| i64::try_from(rate.period.as_micros()).unwrap_or(i64::MAX));
        self.database().run(put, args![name, *paused, *max_running, rate.map(|rate| rate.jobs), period]).await.map(drop)
    }

    async fn queues(&self) -> Result<Vec<Queue>> {
        let rows = self.database().rows("select name, paused, max_running, rate_jobs, rate_period from job_queues order by name", args![]);
        rows.await?.iter().map(read_queue).collect()
    }

    async fn put_schedule(&self, schedule: &Schedule, now: Instant) -> Result<()> {
        schedules::put(self, schedule, now).await
    }

    async fn schedules(&self) -> Result<Vec<(Schedule, Instant)>> {
        schedules::all(self).await
    }

    async fn remove_schedule(&self, name: &str) -> Result<bool> {
        Ok(self.database().run("delete from job_schedules where name = $1", args![name]).await? > 0)
    }

    async fn fire_schedules(&self, now: Instant) -> Result<Vec<Fired>> {
        schedules::fire(self, now).await
    }

    async fn run_schedule(&self, name: &str, now: Instant) -> Result<Enqueued> {
        schedules::run(self, name, now).await
    }
}

fn read_queue(row: &Row) -> Result<Queue> {
    let jobs: Option<u32> = row.get::<Option<i64>>(3)?.map(|n| narrow(n, "rate")).transpose()?;
    let period = row.get::<Option<i64>>(4)?.map(|micros| Duration::from_micros(micros.unsigned_abs()));
    Ok(Queue {
        name: row.get(0)?,
        paused: row.get(1)?,
        max_running: row.get::<Option<i64>>(2)?.map(|n| narrow(n, "limit")).transpose()?,
        rate: jobs.zip(period).map(|(jobs, period)| Rate { jobs, period }),
    })
}
