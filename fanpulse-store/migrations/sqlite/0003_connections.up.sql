-- Tokens are sealed: src/keys.rs.
create table connections (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    platform text not null,
    external_account text not null,
    scopes text not null,
    tokens blob not null,
    expires_at bigint,
    created_at bigint not null,
    version bigint not null,
    unique (account, platform, external_account)
) without rowid;

create index connections_by_expiry on connections (expires_at);
