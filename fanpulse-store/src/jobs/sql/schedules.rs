//! Schedules: whoever locks the row and inserts the time fires it, in the transaction that enqueues the job.

use fanpulse_core::Instant;

use super::super::{Enqueued, Fired, Missed, Schedule, no_schedule};
use crate::sql::{Dialect, Row, args};
use crate::{Error, Result, Store};

pub(super) async fn put(store: &Store, schedule: &Schedule, now: Instant) -> Result<()> {
    let first = schedule.check(now)?;
    let put = "insert into job_schedules (name, cron, zone, missed, job, next_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (name) do update set cron = excluded.cron, zone = excluded.zone, missed = excluded.missed, job = excluded.job,
            next_at = case when job_schedules.cron = excluded.cron and job_schedules.zone = excluded.zone
                then job_schedules.next_at else excluded.next_at end";
    let Schedule { name, cron, zone, missed, job } = schedule;
    let job = serde_json::to_string(job).map_err(|e| Error::internal(e.to_string()).caused_by(e))?;
    store.database().run(put, args![name, cron, zone, missed.as_str(), job, first]).await.map(drop)
}

pub(super) async fn all(store: &Store) -> Result<Vec<(Schedule, Instant)>> {
    let rows = store.database().rows("select name, cron, zone, missed, job, next_at from job_schedules order by name", args![]).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn fire(store: &Store, now: Instant) -> Result<Vec<Fired>> {
    let mut tx = store.begin().await?;
    // Another process that fires is waited for, and what it fired is no longer due then.
    let select = match tx.dialect() {
        Dialect::Sqlite => "select name, cron, zone, missed, job, next_at from job_schedules where next_at <= $1 order by name",
        Dialect::Postgres => {
            "select name, cron, zone, missed, job, next_at from job_schedules where next_at <= $1 order by name for update"
        }
    };
    let mut fired = Vec::new();
    for row in tx.rows(select, args![now]).await? {
        let (schedule, next) = read(&row)?;
        let (at, next) = schedule.due(next, now)?;
        if let Some(at) = at {
            let job = schedule.job_at(at, now);
            let insert = "insert into job_fires (schedule, fire_at, job) values ($1, $2, $3) on conflict do nothing";
            if tx.run(insert, args![&schedule.name, at, job.id]).await? > 0 {
                for Enqueued { id, .. } in tx.enqueue(&[job], now).await? {
                    fired.push(Fired { schedule: schedule.name.clone(), at, job: id });
                }
            }
        }
        tx.run("update job_schedules set next_at = $1 where name = $2", args![next, &schedule.name]).await?;
    }
    tx.commit().await?;
    Ok(fired)
}

pub(super) async fn run(store: &Store, name: &str, now: Instant) -> Result<Enqueued> {
    let mut tx = store.begin().await?;
    let row = tx.row("select name, cron, zone, missed, job, next_at from job_schedules where name = $1", args![name]).await?;
    let (schedule, _) = read(&row.ok_or_else(|| no_schedule(name))?)?;
    let enqueued = tx.enqueue(&[schedule.job_at(now, now)], now).await?;
    tx.commit().await?;
    enqueued.into_iter().next().ok_or_else(|| Error::internal("one job was enqueued as none"))
}

fn read(row: &Row) -> Result<(Schedule, Instant)> {
    let (name, missed, job): (String, String, String) = (row.get(0)?, row.get(3)?, row.get(4)?);
    let stored = |e: &dyn std::fmt::Display| Error::internal(format!("the stored schedule `{name}`: {e}"));
    let missed = [Missed::Once, Missed::Skip].into_iter().find(|m| m.as_str() == missed);
    let missed = missed.ok_or_else(|| stored(&"what becomes of missed times is unknown"))?;
    let job = serde_json::from_str(&job).map_err(|e| stored(&e))?;
    Ok((Schedule { cron: row.get(1)?, zone: row.get(2)?, missed, job, name }, row.instant(5)?))
}
