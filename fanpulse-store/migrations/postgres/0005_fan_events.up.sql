-- The batches that were told, by the hash of their rows, so that none counts twice.
create table fan_batches (
    account uuid not null references accounts (id) on delete cascade,
    hash bytea not null,
    recorded_at bigint not null,
    events bigint not null,
    primary key (account, hash)
);

-- Events of one artist, packed by fan: src/fan_events/block.rs.
create table fan_event_blocks (
    id bigint primary key generated always as identity,
    account uuid not null,
    artist uuid not null references artists (id) on delete cascade,
    first_fan text collate "C" not null,
    last_fan text collate "C" not null,
    first_day int not null,
    last_day int not null,
    events int not null,
    data bytea not null
);

alter table fan_event_blocks alter column data set storage external;
create index fan_event_blocks_by_account on fan_event_blocks (account, artist);
create index fan_event_blocks_by_artist on fan_event_blocks (artist);
