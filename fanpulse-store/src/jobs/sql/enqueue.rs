//! How jobs come in.

use std::collections::BTreeSet;

use fanpulse_core::Instant;
use serde_json::{Value, json};

use super::super::{Enqueued, NewJob};
use crate::sql::{Dialect, Transaction, args};
use crate::{Error, JobId, Result};

/// How many jobs go into one statement.
const PART: usize = 2000;

macro_rules! insert {
    ($rows:literal) => {
        concat!(
            "insert into jobs (id, queue, kind, payload, unique_key, priority, run_at, max_attempts, backoff_first, backoff_longest,
                state, attempt, fence, cancel_requested, enqueued_at) ",
            $rows,
            " on conflict do nothing returning id"
        )
    };
}

/// Within SQLite a statement for each row costs no round trip.
const INSERT: &str = insert!("values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', 0, 0, false, $11)");
const INSERT_MANY: &str = insert!(
    "select id, queue, kind, payload, unique_key, priority, run_at, max_attempts, backoff_first, backoff_longest, 'queued', 0, 0, false, $2
     from json_to_recordset(cast($1 as json)) as new (id uuid, queue text, kind text, payload text, unique_key text, priority bigint,
        run_at bigint, max_attempts bigint, backoff_first bigint, backoff_longest bigint)"
);

impl Transaction {
    /// As [`JobStore::enqueue`](crate::JobStore::enqueue), with whatever else happens in this unit of work: the jobs are
    /// there once it is committed, and never where it is not. On PostgreSQL it waits for another unit of work that
    /// enqueues the same unique key.
    ///
    /// # Errors
    /// `invalid` where a field of a job is out of its range.
    pub async fn enqueue(&mut self, jobs: &[NewJob], now: Instant) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(NewJob::check)?;
        let mut enqueued = Vec::with_capacity(jobs.len());
        for part in jobs.chunks(PART) {
            let mut inserted = self.insert(part, now).await?;
            for job in part {
                // Taken out, since the same id twice in one call is new once.
                let is_new = inserted.remove(&job.id);
                enqueued.push(if is_new { Enqueued { id: job.id, is_new } } else { self.present(job, now).await? });
            }
        }
        Ok(enqueued)
    }

    async fn insert(&mut self, jobs: &[NewJob], now: Instant) -> Result<BTreeSet<JobId>> {
        let mut rows = Vec::new();
        match self.dialect() {
            Dialect::Sqlite => {
                for job in jobs {
                    let NewJob { id, queue, kind, payload, unique_key, priority, run_at, max_attempts, backoff } = job;
                    let key = unique_key.clone();
                    let (first, longest) = (micros(backoff.first), micros(backoff.longest));
                    let payload = payload.to_string();
                    let row = args![*id, queue, kind, payload, key, priority.number(), *run_at, *max_attempts, first, longest, now];
                    rows.append(&mut self.rows(INSERT, row).await?);
                }
            }
            Dialect::Postgres => rows = self.rows(INSERT_MANY, args![Value::from_iter(jobs.iter().map(row)).to_string(), now]).await?,
        }
        rows.iter().map(|row| row.get(0).map(JobId)).collect()
    }

    /// The job that was in this one's way.
    async fn present(&mut self, job: &NewJob, now: Instant) -> Result<Enqueued> {
        let select = "select id from jobs where id = $1 or (kind = $2 and unique_key = $3 and state in ('queued', 'running'))";
        for _ in 0..10 {
            if let Some(row) = self.row(select, args![job.id, &job.kind, job.unique_key.clone()]).await? {
                return Ok(Enqueued { id: JobId(row.get(0)?), is_new: false });
            }
            // It ended between the two statements.
            if self.insert(std::slice::from_ref(job), now).await?.contains(&job.id) {
                return Ok(Enqueued { id: job.id, is_new: true });
            }
        }
        Err(Error::unavailable(format!("job {}: others with its unique key come and go, try again", job.id)))
    }
}

fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn row(job: &NewJob) -> Value {
    json!({
        "id": job.id,
        "queue": job.queue,
        "kind": job.kind,
        "payload": job.payload.to_string(),
        "unique_key": job.unique_key,
        "priority": job.priority.number(),
        "run_at": job.run_at.micros(),
        "max_attempts": job.max_attempts,
        "backoff_first": micros(job.backoff.first),
        "backoff_longest": micros(job.backoff.longest),
    })
}
