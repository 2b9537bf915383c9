drop table scores;
drop table external_ids;
drop table artists;
drop table api_keys;
drop table users;
drop table accounts;
