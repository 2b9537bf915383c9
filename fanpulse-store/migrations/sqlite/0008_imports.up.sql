create table imports (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    artist blob references artists (id) on delete cascade,
    name text not null,
    hash blob not null,
    state text not null,
    attempt bigint not null,
    counts text not null,
    error text,
    began_at bigint not null,
    ended_at bigint
) without rowid;

-- A content is imported once for an account and artist.
create unique index imports_by_content on imports (account, coalesce(artist, account), hash);
create index imports_by_account on imports (account, id);
create index imports_by_artist on imports (artist) where artist is not null;

create table sync_cursors (
    connection blob not null references connections (id) on delete cascade,
    metric text not null,
    place text,
    moved_at bigint not null,
    version bigint not null,
    primary key (connection, metric)
) without rowid;
