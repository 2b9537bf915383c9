create table posts (
    artist text not null,
    platform text not null,
    post text not null,
    published_at bigint not null,
    likes bigint,
    comments bigint,
    shares bigint,
    saves bigint,
    views bigint,
    recorded_at bigint not null,
    primary key (artist, platform, post)
) without rowid;
