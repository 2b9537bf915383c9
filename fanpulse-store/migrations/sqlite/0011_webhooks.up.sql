-- Secrets are sealed: src/keys.rs.
create table webhooks (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    url text not null,
    secret blob not null,
    events text not null,
    is_active boolean not null,
    created_at bigint not null,
    version bigint not null
) without rowid;

create index webhooks_by_account on webhooks (account, id);

-- An event is delivered once to a webhook. Only what is pending is in the index that claims read.
create table webhook_deliveries (
    id blob primary key,
    webhook blob not null references webhooks (id) on delete cascade,
    account blob not null,
    event text not null,
    kind text not null,
    payload text not null,
    state text not null,
    attempt bigint not null,
    next_at bigint,
    created_at bigint not null,
    ended_at bigint,
    unique (webhook, event)
) without rowid;

create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'pending';
create index webhook_deliveries_by_account on webhook_deliveries (account, id);
create index webhook_deliveries_ended on webhook_deliveries (ended_at) where ended_at is not null;

create table webhook_attempts (
    delivery blob not null references webhook_deliveries (id) on delete cascade,
    attempt bigint not null,
    at bigint not null,
    status bigint,
    error text,
    primary key (delivery, attempt)
) without rowid;
