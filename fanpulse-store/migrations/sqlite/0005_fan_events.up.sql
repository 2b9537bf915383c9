-- The batches that were told, by the hash of their rows, so that none counts twice.
create table fan_batches (
    account blob not null references accounts (id) on delete cascade,
    hash blob not null,
    recorded_at bigint not null,
    events bigint not null,
    primary key (account, hash)
) without rowid;

-- Events of one artist, packed by fan: src/fan_events/block.rs.
create table fan_event_blocks (
    id integer primary key,
    account blob not null,
    artist blob not null references artists (id) on delete cascade,
    first_fan text not null,
    last_fan text not null,
    first_day bigint not null,
    last_day bigint not null,
    events bigint not null,
    data blob not null
);

create index fan_event_blocks_by_account on fan_event_blocks (account, artist, events, first_day, last_day);
create index fan_event_blocks_by_artist on fan_event_blocks (artist);
