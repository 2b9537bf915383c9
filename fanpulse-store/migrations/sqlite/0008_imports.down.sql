drop table sync_cursors;
drop table imports;
