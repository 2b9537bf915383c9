-- Tokens are sealed: src/keys.rs.
create table connections (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    platform text collate "C" not null,
    external_account text collate "C" not null,
    scopes text collate "C" not null,
    tokens bytea not null,
    expires_at bigint,
    created_at bigint not null,
    version bigint not null,
    unique (account, platform, external_account)
);

create index connections_by_expiry on connections (expires_at);
