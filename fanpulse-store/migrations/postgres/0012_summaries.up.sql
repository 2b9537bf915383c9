-- Weeks and months of a bucket of artists, packed: src/observations/sql/summary_block.rs.
create table summaries (
    bucket int not null,
    period int not null,
    start int not null,
    data bytea not null,
    primary key (bucket, period, start)
);

alter table summaries alter column data set storage external;

-- What has to be made anew.
create table changed_summaries (
    bucket int not null,
    month int not null,
    primary key (bucket, month)
);

insert into changed_summaries (bucket, month) select distinct bucket, month from observation_blocks;
