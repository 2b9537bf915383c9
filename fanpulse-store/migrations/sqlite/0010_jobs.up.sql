-- A job is one row from its beginning to its end. Only rows in use are in the indexes that claims read, so that
-- finished ones cost nothing until they are trimmed.
create table jobs (
    id blob primary key,
    queue text not null,
    kind text not null,
    payload text not null,
    unique_key text,
    priority bigint not null,
    run_at bigint not null,
    max_attempts bigint not null,
    backoff_first bigint not null,
    backoff_longest bigint not null,
    state text not null,
    attempt bigint not null,
    fence bigint not null,
    worker text,
    lease_until bigint,
    cancel_requested boolean not null,
    error text,
    enqueued_at bigint not null,
    started_at bigint,
    finished_at bigint
) without rowid;

create unique index jobs_unique on jobs (kind, unique_key) where unique_key is not null and state in ('queued', 'running');
create index jobs_queued on jobs (queue, priority, run_at, id) where state = 'queued';
create index jobs_running on jobs (queue, lease_until) where state = 'running';
create index jobs_finished on jobs (state, finished_at) where finished_at is not null;

-- Queues that were paused or limited; the others need no row.
create table job_queues (
    name text primary key,
    paused boolean not null,
    max_running bigint,
    rate_jobs bigint,
    rate_period bigint,
    rate_spent_until bigint not null
) without rowid;

create table job_schedules (
    name text primary key,
    cron text not null,
    zone text not null,
    missed text not null,
    job text not null,
    next_at bigint not null
) without rowid;

-- Who inserts the row fires the schedule.
create table job_fires (
    schedule text not null,
    fire_at bigint not null,
    job blob not null,
    primary key (schedule, fire_at)
) without rowid;
