-- What callers have spent of their limits. It is worth nothing after a crash, so it needs no log.
create unlogged table limits (
    key text collate "C" primary key,
    spent_until bigint not null,
    seen_at bigint not null,
    granted boolean not null
) with (fillfactor = 50);
