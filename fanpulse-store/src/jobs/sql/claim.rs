//! Who gets which jobs.

use fanpulse_core::Instant;

use super::super::{Job, Priority, Queue, Wanted, after};
use super::read_queue;
use super::rows::{columns, read, select, write_back};
use crate::Result;
use crate::sql::{Database, Dialect, Transaction, args};

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

macro_rules! level {
    ($number:literal) => {
        concat!(
            "select id from (select id from jobs where queue = $1 and state = 'queued' and priority = ",
            $number,
            " and run_at <= $2 order by run_at, id limit $3 for update skip locked) as level_",
            $number
        )
    };
}

/// The whole claim in one round trip to PostgreSQL, where nothing is in its way: no pause, no limit, no job of a dead
/// worker. The last column says whether something is; nothing was claimed then.
const AT_ONCE: &str = columns!(
    concat!(
        "with in_the_way as materialized (
            (select 1 from job_queues where name = $1 and (paused or max_running is not null or rate_jobs is not null))
            union all
            (select 1 from jobs where queue = $1 and state = 'running' and lease_until <= $2 limit 1)
        ), due as materialized (
            select id from (",
        level!(0),
        " union all ",
        level!(1),
        " union all ",
        level!(2),
        " union all ",
        level!(3),
        ") as levels where not exists (select from in_the_way) limit $3
        ), begun as (
            update jobs set state = 'running', attempt = attempt + 1, fence = fence + 1, worker = $4, lease_until = $5, started_at = $2
            where id = any(array(select id from due)) returning *
        ) select "
    ),
    ", exists (select from in_the_way) from (values (1)) as one left join begun as jobs on true"
);
const _: () = assert!(Priority::ALL.len() == 4, "a level of priority is missing above");

/// What PostgreSQL gives where nothing is in the way of the claim; otherwise it takes a transaction.
pub(super) async fn at_once(database: &Database, wanted: &Wanted<'_>, now: Instant) -> Result<Option<Vec<Job>>> {
    if database.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let until = after(now, wanted.lease)?;
    let rows = database.changed(AT_ONCE, args![wanted.queue, now, i64::from(wanted.limit), wanted.worker, until]).await?;
    let mut begun = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.get(20)? {
            return Ok(None);
        }
        // The one row of a claim that found nothing is empty.
        if row.get::<Option<uuid::Uuid>>(0)?.is_some() {
            begun.push(read(row)?);
        }
    }
    begun.sort_by_key(|job| (job.new.priority, job.new.run_at, job.new.id));
    Ok(Some(begun))
}

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
