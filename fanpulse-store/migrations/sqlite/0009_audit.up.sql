create table audit_log (
    id blob primary key,
    account blob not null references accounts (id) on delete cascade,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text,
    address text,
    details text not null
) without rowid;

create index audit_log_by_account on audit_log (account, id);
create index audit_log_by_time on audit_log (at);
