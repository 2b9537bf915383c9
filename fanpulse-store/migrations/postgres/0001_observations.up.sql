-- Names are stored once; points carry their numbers. They are ordered by their bytes, as everywhere in FanPulse.
create table observed_artists (
    number bigint primary key,
    id text collate "C" not null unique
);

create table observed_components (
    number bigint primary key,
    platform text collate "C" not null,
    metric text collate "C" not null,
    unique (platform, metric)
);

-- Who said it, how precise it is, and which definition of the metric it follows.
create table observation_origins (
    number bigint primary key,
    source text collate "C" not null,
    precision text collate "C" not null,
    definition bigint not null,
    quality text collate "C" not null,
    unique (source, precision, definition, quality)
);

-- Points of 64 artists (a bucket) and one month, packed: src/observations/block.rs. The data are packed already,
-- so that PostgreSQL's own compression would only cost time.
create table observation_blocks (
    id bigint not null generated always as identity,
    month int not null,
    bucket int not null,
    first_artist int not null,
    last_artist int not null,
    first_at bigint not null,
    last_at bigint not null,
    first_recorded bigint not null,
    points int not null,
    data bytea not null
) partition by range (month);

alter table observation_blocks alter column data set storage external;
create index observation_blocks_by_bucket on observation_blocks (bucket, month);
