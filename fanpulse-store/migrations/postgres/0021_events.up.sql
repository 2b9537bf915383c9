-- The last number of each account. Who appends holds its row until the end of the transaction, so that an account's
-- numbers become visible in their order and without gaps.
create table event_heads (
    account uuid primary key references accounts (id) on delete cascade,
    last bigint not null
) with (fillfactor = 50);

create table events (
    account uuid not null references event_heads (account) on delete cascade,
    id bigint not null,
    kind text collate "C" not null,
    payload text collate "C" not null,
    recorded_at bigint not null,
    primary key (account, id)
);

create index events_by_age on events (recorded_at);
