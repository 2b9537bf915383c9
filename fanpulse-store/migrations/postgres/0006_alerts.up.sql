create table alert_rules (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    artist uuid references artists (id) on delete cascade,
    rule text collate "C" not null,
    is_active boolean not null,
    created_at bigint not null,
    version bigint not null
);

create index alert_rules_by_account on alert_rules (account, id);
create index alert_rules_by_artist on alert_rules (artist) where artist is not null;

-- The events that were told, which outlive their alerts.
create table fired_alerts (
    account uuid not null references accounts (id) on delete cascade,
    key text collate "C" not null,
    artist uuid not null references artists (id) on delete cascade,
    raised_at bigint not null,
    primary key (account, key)
);

create index fired_alerts_by_artist on fired_alerts (artist);
create index fired_alerts_by_time on fired_alerts (raised_at);

create table alerts (
    id uuid primary key,
    account uuid not null references accounts (id) on delete cascade,
    artist uuid not null references artists (id) on delete cascade,
    key text collate "C" not null,
    rule uuid,
    kind text collate "C" not null,
    as_of int not null,
    raised_at bigint not null,
    title text collate "C" not null,
    message text collate "C" not null,
    evidence text collate "C" not null,
    expires_at bigint,
    read_at bigint,
    resolved_at bigint
);

create index alerts_by_account on alerts (account, id);
create index alerts_by_artist on alerts (artist, id);
create index alerts_unread on alerts (account) where read_at is null;
create index alerts_by_expiry on alerts (expires_at) where expires_at is not null;
