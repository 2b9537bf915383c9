//! Who gets which jobs.

use fanpulse_core::Instant;

use super::super::{Job, Priority, Queue, Wanted, after};
use super::read_queue;
use super::rows::{columns, read, select, write_back};
use crate::Result;
use crate::sql::{Dialect, Transaction, args};

/// How many jobs of dead workers one claim takes over at most, so that it stays short.
const EXPIRED: u32 = 1000;

const SELECT_EXPIRED: [&str; 2] = [
    select!("queue = $1 and state = 'running' and lease_until <= $2 order by lease_until limit $3"),
    select!("queue = $1 and state = 'running' and lease_until <= $2 order by lease_until limit $3 for update skip locked"),
];

const SELECT_QUEUE: [&str; 2] = [
    "select name, paused, max_running, rate_jobs, rate_period, rate_spent_until from job_queues where name = $1",
    // Who claims from a limited queue waits for the others that do; the rest read only.
    "select name, paused, max_running, rate_jobs, rate_period, rate_spent_until from job_queues where name = $1 for update",
];

macro_rules! begin {
    ($which:literal) => {
        columns!(
            concat!(
                "update jobs set state = 'running', attempt = attempt + 1, fence = fence + 1, worker = $5, lease_until = $6, started_at = $3 where ",
                $which,
                " returning "
            ),
            ""
        )
    };
}

const BEGIN: [&str; 2] = [
    begin!(
        "id in (select id from jobs where queue = $1 and state = 'queued' and priority = $2 and run_at <= $3 order by run_at, id limit $4)"
    ),
    // As an array the selection runs once, and its jobs are looked up one by one; of a join the planner might make a
    // walk through all that ever finished.
    begin!(
        "id = any(array(select id from jobs where queue = $1 and state = 'queued' and priority = $2 and run_at <= $3
            order by run_at, id limit $4 for update skip locked))"
    ),
];

pub(super) async fn claim(tx: &mut Transaction, wanted: &Wanted<'_>, now: Instant) -> Result<Vec<Job>> {
    let until = after(now, wanted.lease)?;
    let dialect = usize::from(tx.dialect() == Dialect::Postgres);
    // Before what has expired is put back, and beside its limits.
    let queue = limits(tx, wanted.queue).await?;
    let expired = tx.rows(SELECT_EXPIRED[dialect], args![wanted.queue, now, EXPIRED]).await?;
    let mut expired = expired.iter().map(read).collect::<Result<Vec<_>>>()?;
    for job in &mut expired {
        job.expire(now);
    }
    write_back(tx, &expired).await?;
    let limit = match &queue {
        Some((queue, spent_until)) => queue.allows(wanted.limit, running(tx, queue).await?, *spent_until, now),
        None => wanted.limit,
    };
    let mut begun: Vec<Job> = Vec::new();
    // One level after the other, so that each is a piece of the index and what is not due is not walked through.
    for priority in Priority::ALL {
        let rest = i64::from(limit) - i64::try_from(begun.len()).unwrap_or(i64::MAX);
        if rest <= 0 {
            break;
        }
        let rows = tx.rows(BEGIN[dialect], args![wanted.queue, priority.number(), now, rest, wanted.worker, until]).await?;
        let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        jobs.sort_by_key(|job| (job.new.run_at, job.new.id));
        begun.append(&mut jobs);
    }
    if let Some((Queue { rate: Some(rate), name, .. }, spent_until)) = &queue {
        let spent_until = rate.spend(*spent_until, now, begun.len());
        tx.run("update job_queues set rate_spent_until = $1 where name = $2", args![spent_until, name]).await?;
    }
    Ok(begun)
}

/// What is said of the queue, which nobody else claims from until the transaction ends where it is limited.
async fn limits(tx: &mut Transaction, queue: &str) -> Result<Option<(Queue, i64)>> {
    for select in SELECT_QUEUE {
        let Some(row) = tx.row(select, args![queue]).await? else { return Ok(None) };
        let (queue, spent_until) = (read_queue(&row)?, row.get(5)?);
        let unlimited = queue.max_running.is_none() && queue.rate.is_none();
        if unlimited || tx.dialect() == Dialect::Sqlite || select == SELECT_QUEUE[1] {
            return Ok(Some((queue, spent_until)));
        }
    }
    Ok(None)
}

async fn running(tx: &mut Transaction, queue: &Queue) -> Result<u64> {
    if queue.max_running.is_none() {
        return Ok(0);
    }
    let count = tx.row("select count(*) from jobs where queue = $1 and state = 'running'", args![&queue.name]).await?;
    Ok(count.map_or(Ok(0), |row| row.get::<i64>(0))?.unsigned_abs())
}
