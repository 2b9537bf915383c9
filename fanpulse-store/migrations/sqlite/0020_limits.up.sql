-- What callers have spent of their limits.
create table limits (
    key text primary key,
    spent_until bigint not null,
    seen_at bigint not null,
    granted boolean not null
) without rowid;
