drop table competing_releases;
drop table releases;
