create table imports (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    artist uuid references artists (id) on delete cascade,
    name text collate "C" not null,
    hash bytea not null,
    state text collate "C" not null,
    attempt bigint not null,
    counts text collate "C" not null,
    error text collate "C",
    began_at bigint not null,
    ended_at bigint
);

-- A content is imported once for an account and artist.
create unique index imports_by_content on imports (account, coalesce(artist, account), hash);
create index imports_by_account on imports (account, id);
create index imports_by_artist on imports (artist) where artist is not null;

create table sync_cursors (
    connection uuid not null references connections (id) on delete cascade,
    metric text collate "C" not null,
    place text collate "C",
    moved_at bigint not null,
    version bigint not null,
    primary key (connection, metric)
);
