-- The last number of each account.
create table event_heads (
    account blob primary key references accounts (id) on delete cascade,
    last bigint not null
) without rowid;

create table events (
    account blob not null references event_heads (account) on delete cascade,
    id bigint not null,
    kind text not null,
    payload text not null,
    recorded_at bigint not null,
    primary key (account, id)
) without rowid;

create index events_by_age on events (recorded_at);
