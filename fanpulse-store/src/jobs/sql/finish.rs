//! Ending jobs in one round trip to PostgreSQL.

use std::collections::BTreeSet;

use fanpulse_core::Instant;

use super::super::{JobState, Lease, Outcome};
use crate::sql::{Arg, Database, Dialect, args};
use crate::{JobId, Result};

/// What [`Job::settle`](super::super::Job::settle) does to jobs that end, whatever else is stored of them. They are
/// locked in one order, so that two who lock the same wait and do not block each other.
const END: &str = "update jobs set state = ($3)[array_position($1, id)], error = coalesce(nullif(($4)[array_position($1, id)], ''), error),
        lease_until = null, finished_at = $5
    where id = any(array(
        select id from jobs where id = any($1) and state = 'running' and fence = ($2)[array_position($1, id)] order by id for update
    )) returning id";

/// How a job ends by this outcome, and with which error; `None` where that depends on what is stored.
fn end(outcome: &Outcome) -> Option<(JobState, &str)> {
    match outcome {
        Outcome::Done => Some((JobState::Done, "")),
        Outcome::Cancelled => Some((JobState::Cancelled, "")),
        Outcome::Dead { error } if !error.is_empty() => Some((JobState::Dead, error)),
        Outcome::Dead { .. } | Outcome::Failed { .. } | Outcome::Snoozed { .. } => None,
    }
}

/// Settles jobs that all end; `None` where some do not, or the database is SQLite.
pub(super) async fn at_once(database: &Database, outcomes: &[(Lease, Outcome)], now: Instant) -> Result<Option<Vec<Option<JobState>>>> {
    let ends: Option<Vec<(JobState, &str)>> = outcomes.iter().map(|(_, outcome)| end(outcome)).collect();
    let Some(ends) = ends.filter(|_| database.dialect() == Dialect::Postgres) else { return Ok(None) };
    let states: Vec<&str> = ends.iter().map(|(state, _)| state.as_str()).collect();
    let errors: Vec<&str> = ends.iter().map(|(_, error)| *error).collect();
    let mut args = vec![
        Arg::Uuids(outcomes.iter().map(|(lease, _)| lease.id.0).collect()),
        Arg::Ints(outcomes.iter().map(|(lease, _)| lease.fence).collect()),
        Arg::texts(Dialect::Postgres, &states),
        Arg::texts(Dialect::Postgres, &errors),
    ];
    args.append(&mut args![now]);
    let ended = database.changed(END, args).await?.iter().map(|row| row.get(0).map(JobId)).collect::<Result<BTreeSet<_>>>()?;
    Ok(Some(outcomes.iter().zip(ends).map(|((lease, _), (state, _))| ended.contains(&lease.id).then_some(state)).collect()))
}
