create table accounts (
    id uuid primary key,
    name text collate "C" not null,
    tier text collate "C" not null,
    created_at bigint not null
);

create table users (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    email text collate "C" not null unique,
    password_hash text collate "C" not null,
    verified_at bigint,
    created_at bigint not null
);

create index users_by_account on users (account);

create table api_keys (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    name text collate "C" not null,
    hash bytea not null unique,
    scopes text collate "C" not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint
);

create index api_keys_by_account on api_keys (account);

create table artists (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    name text collate "C" not null,
    folded_name text collate "C" not null,
    created_at bigint not null,
    version bigint not null
);

create index artists_by_name on artists (account, name, id);

-- Each belongs to one artist of an account.
create table external_ids (
    account uuid not null,
    scheme text collate "C" not null,
    value text collate "C" not null,
    artist uuid not null references artists (id) on delete cascade,
    primary key (account, scheme, value)
);

create index external_ids_by_artist on external_ids (artist);

-- The latest of an artist and kind is the last of its span of the primary key.
create table scores (
    artist uuid not null references artists (id) on delete cascade,
    kind text collate "C" not null,
    as_of int not null,
    value double precision,
    document text collate "C" not null,
    algorithm text collate "C" not null,
    settings_hash text collate "C" not null,
    computed_at bigint not null,
    primary key (artist, kind, as_of)
);
