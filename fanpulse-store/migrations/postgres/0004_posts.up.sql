create table posts (
    artist text collate "C" not null,
    platform text collate "C" not null,
    post text collate "C" not null,
    published_at bigint not null,
    likes bigint,
    comments bigint,
    shares bigint,
    saves bigint,
    views bigint,
    recorded_at bigint not null,
    primary key (artist, platform, post)
);
