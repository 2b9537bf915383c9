create table accounts (
    id blob primary key,
    name text not null,
    tier text not null,
    created_at bigint not null
) without rowid;

create table users (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    email text not null unique,
    password_hash text not null,
    verified_at bigint,
    created_at bigint not null
) without rowid;

create index users_by_account on users (account);

create table api_keys (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    name text not null,
    hash blob not null unique,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint
) without rowid;

create index api_keys_by_account on api_keys (account);

create table artists (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    name text not null,
    folded_name text not null,
    created_at bigint not null,
    version bigint not null
) without rowid;

create index artists_by_name on artists (account, name, id);

-- Each belongs to one artist of an account.
create table external_ids (
    account blob not null,
    scheme text not null,
    value text not null,
    artist blob not null references artists (id) on delete cascade,
    primary key (account, scheme, value)
) without rowid;

create index external_ids_by_artist on external_ids (artist);

-- The latest of an artist and kind is the last of its span of the primary key.
create table scores (
    artist blob not null references artists (id) on delete cascade,
    kind text not null,
    as_of bigint not null,
    value real,
    document text not null,
    algorithm text not null,
    settings_hash text not null,
    computed_at bigint not null,
    primary key (artist, kind, as_of)
) without rowid;
