create table audit_log (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    at bigint not null,
    actor text collate "C" not null,
    action text collate "C" not null,
    subject text collate "C",
    address text collate "C",
    details text collate "C" not null
);

create index audit_log_by_account on audit_log (account, id);
create index audit_log_by_time on audit_log (at);
