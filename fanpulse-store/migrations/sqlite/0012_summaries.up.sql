-- Weeks and months of a bucket of artists, packed: src/observations/sql/summary_block.rs.
create table summaries (
    bucket bigint not null,
    period bigint not null,
    start bigint not null,
    data blob not null,
    primary key (bucket, period, start)
) without rowid;

-- What has to be made anew.
create table changed_summaries (
    bucket bigint not null,
    month bigint not null,
    primary key (bucket, month)
) without rowid;

insert into changed_summaries (bucket, month) select distinct bucket, month from observation_blocks;
