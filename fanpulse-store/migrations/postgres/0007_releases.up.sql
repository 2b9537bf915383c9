create table releases (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    artist uuid not null references artists (id) on delete cascade,
    title text collate "C" not null,
    genre text collate "C" not null,
    day int not null,
    created_at bigint not null,
    version bigint not null
);

create index releases_by_day on releases (account, day, id);
create index releases_by_artist on releases (artist, day, id);

create table competing_releases (
    account uuid not null references accounts (id) on delete cascade,
    source text collate "C" not null,
    external_id text collate "C" not null,
    title text collate "C" not null,
    artist_name text collate "C" not null,
    genre text collate "C" not null,
    day int not null,
    followers bigint,
    recorded_at bigint not null,
    primary key (account, source, external_id)
);

create index competing_releases_by_genre on competing_releases (account, genre, day, source, external_id);
create index competing_releases_by_day on competing_releases (day);
