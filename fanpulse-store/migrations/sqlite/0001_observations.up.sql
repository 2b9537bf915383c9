-- Names are stored once; points carry their numbers.
create table observed_artists (
    number integer primary key,
    id text not null unique
);

create table observed_components (
    number integer primary key,
    platform text not null,
    metric text not null,
    unique (platform, metric)
);

-- Who said it, how precise it is, and which definition of the metric it follows.
create table observation_origins (
    number integer primary key,
    source text not null,
    precision text not null,
    definition bigint not null,
    quality text not null,
    unique (source, precision, definition, quality)
);

-- Points of 64 artists (a bucket) and one month, packed: src/observations/block.rs.
create table observation_blocks (
    id integer primary key,
    month bigint not null,
    bucket bigint not null,
    first_artist bigint not null,
    last_artist bigint not null,
    first_at bigint not null,
    last_at bigint not null,
    first_recorded bigint not null,
    points bigint not null,
    data blob not null
);

create index observation_blocks_by_bucket on observation_blocks (bucket, month, points, first_at, last_at);
