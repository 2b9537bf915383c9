drop table fan_event_blocks;
drop table fan_batches;
