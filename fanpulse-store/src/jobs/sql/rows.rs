//! Jobs as rows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Backoff, Job, JobState, NewJob, Priority, absent};
use crate::sql::{Arg, Dialect, Row, Transaction, args, narrow};
use crate::{Error, JobId, Result};

/// The columns that [`read`] reads, after `$before` and followed by `$after`.
macro_rules! columns {
    ($before:expr, $after:expr) => {
        concat!(
            $before,
            "jobs.id, jobs.queue, jobs.kind, jobs.payload, jobs.unique_key, jobs.priority, jobs.run_at, jobs.max_attempts, jobs.backoff_first,
             jobs.backoff_longest, jobs.state, jobs.attempt, jobs.fence, jobs.worker, jobs.lease_until, jobs.cancel_requested, jobs.error,
             jobs.enqueued_at, jobs.started_at, jobs.finished_at",
            $after
        )
    };
}
pub(super) use columns;

macro_rules! select {
    ($which:literal) => {
        $crate::jobs::sql::rows::columns!("select ", concat!(" from jobs where ", $which))
    };
}
pub(super) use select;

pub(super) fn state(name: &str) -> Result<JobState> {
    let state = JobState::ALL.into_iter().find(|s| s.as_str() == name);
    state.ok_or_else(|| Error::internal(format!("a stored job is `{name}`, which is no state")))
}

pub(super) fn read(row: &Row) -> Result<Job> {
    let id = JobId(row.get(0)?);
    let payload: String = row.get(3)?;
    let priority: usize = narrow(row.get(5)?, "priority")?;
    let duration = |column| -> Result<Duration> { Ok(Duration::from_micros(row.get::<i64>(column)?.unsigned_abs())) };
    let new = NewJob {
        id,
        queue: row.get(1)?,
        kind: row.get(2)?,
        payload: serde_json::from_str(&payload)
            .map_err(|e| Error::internal(format!("the stored payload of job {id} is no JSON: {e}")).caused_by(e))?,
        unique_key: row.get(4)?,
        priority: *Priority::ALL.get(priority).ok_or_else(|| Error::internal(format!("stored priority {priority} is out of range")))?,
        run_at: row.instant(6)?,
        max_attempts: narrow(row.get(7)?, "number of attempts")?,
        backoff: Backoff { first: duration(8)?, longest: duration(9)? },
    };
    Ok(Job {
        new,
        state: state(&row.get::<String>(10)?)?,
        attempt: narrow(row.get(11)?, "attempt")?,
        fence: row.get(12)?,
        worker: row.get(13)?,
        lease_until: row.instant_or_none(14)?,
        cancel_requested: row.get(15)?,
        error: row.get(16)?,
        enqueued_at: row.instant(17)?,
        started_at: row.instant_or_none(18)?,
        finished_at: row.instant_or_none(19)?,
    })
}

const LOCK: [&str; 2] = [
    select!("id in (select unhex(value) from json_each($1))"),
    // In one order, so that two that lock the same wait and do not block each other.
    select!("id = any(cast($1 as uuid[])) order by id for update"),
];

/// The jobs of these ids, which nobody else changes until the transaction ends.
pub(super) async fn locked(tx: &mut Transaction, of: &[JobId]) -> Result<BTreeMap<JobId, Job>> {
    let ids: Vec<String> = of.iter().map(|id| id.0.simple().to_string()).collect();
    let ids = Arg::texts(tx.dialect(), &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let rows = tx.rows(LOCK[usize::from(tx.dialect() == Dialect::Postgres)], vec![ids]).await?;
    rows.iter().map(|row| read(row).map(|job| (job.new.id, job))).collect()
}

pub(super) async fn locked_one(tx: &mut Transaction, id: JobId) -> Result<Job> {
    locked(tx, &[id]).await?.remove(&id).ok_or_else(|| absent(id))
}

/// Within SQLite a statement for each row costs no round trip.
const UPDATE: &str = "update jobs set run_at = $2, state = $3, attempt = $4, lease_until = $5, cancel_requested = $6, error = $7,
    finished_at = $8 where id = $1";
const UPDATE_MANY: &str = "update jobs set run_at = new.run_at, state = new.state, attempt = new.attempt, lease_until = new.lease_until,
    cancel_requested = new.cancel_requested, error = new.error, finished_at = new.finished_at
    from json_to_recordset(cast($1 as json)) as new (id uuid, run_at bigint, state text, attempt bigint, lease_until bigint,
        cancel_requested boolean, error text, finished_at bigint)
    where jobs.id = new.id";

/// Writes what [`Job`]'s turns change, of jobs that are locked.
pub(super) async fn write_back(tx: &mut Transaction, jobs: &[Job]) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        let rows: Vec<Value> = jobs.iter().map(row).collect();
        if !rows.is_empty() {
            tx.run(UPDATE_MANY, args![Value::from(rows).to_string()]).await?;
        }
        return Ok(());
    }
    for job in jobs {
        let state = job.state.as_str();
        let (error, finished) = (job.error.clone(), job.finished_at);
        let row = args![job.new.id, job.new.run_at, state, job.attempt, job.lease_until, job.cancel_requested, error, finished];
        tx.run(UPDATE, row).await?;
    }
    Ok(())
}

fn row(job: &Job) -> Value {
    json!({
        "id": job.new.id,
        "run_at": job.new.run_at.micros(),
        "state": job.state,
        "attempt": job.attempt,
        "lease_until": job.lease_until.map(|t| t.micros()),
        "cancel_requested": job.cancel_requested,
        "error": job.error,
        "finished_at": job.finished_at.map(|t| t.micros()),
    })
}
