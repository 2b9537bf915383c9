drop table observation_blocks;
drop table observation_origins;
drop table observed_components;
drop table observed_artists;
