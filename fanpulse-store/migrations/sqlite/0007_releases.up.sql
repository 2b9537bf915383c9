create table releases (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    artist blob not null references artists (id) on delete cascade,
    title text not null,
    genre text not null,
    day bigint not null,
    created_at bigint not null,
    version bigint not null
) without rowid;

create index releases_by_day on releases (account, day, id);
create index releases_by_artist on releases (artist, day, id);

create table competing_releases (
    account blob not null references accounts (id) on delete cascade,
    source text not null,
    external_id text not null,
    title text not null,
    artist_name text not null,
    genre text not null,
    day bigint not null,
    followers bigint,
    recorded_at bigint not null,
    primary key (account, source, external_id)
) without rowid;

create index competing_releases_by_genre on competing_releases (account, genre, day, source, external_id);
create index competing_releases_by_day on competing_releases (day);
