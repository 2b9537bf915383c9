-- Secrets are sealed: src/keys.rs.
create table webhooks (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    url text collate "C" not null,
    secret bytea not null,
    events text collate "C" not null,
    is_active boolean not null,
    created_at bigint not null,
    version bigint not null
);

create index webhooks_by_account on webhooks (account, id);

-- An event is delivered once to a webhook. Only what is pending is in the index that claims read.
create table webhook_deliveries (
    id uuid primary key,
    webhook uuid not null references webhooks (id) on delete cascade,
    account uuid not null,
    event text collate "C" not null,
    kind text collate "C" not null,
    payload text collate "C" not null,
    state text collate "C" not null,
    attempt bigint not null,
    next_at bigint,
    created_at bigint not null,
    ended_at bigint,
    unique (webhook, event)
);

create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'pending';
create index webhook_deliveries_by_account on webhook_deliveries (account, id);
create index webhook_deliveries_ended on webhook_deliveries (ended_at) where ended_at is not null;

create table webhook_attempts (
    delivery uuid not null references webhook_deliveries (id) on delete cascade,
    attempt bigint not null,
    at bigint not null,
    status bigint,
    error text collate "C",
    primary key (delivery, attempt)
);
