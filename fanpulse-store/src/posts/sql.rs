//! Posts on both databases.

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::ingest::Post;
use serde_json::{Value, json};

use super::{PostFilter, PostKey, PostStore, check, counts, key};
use crate::sql::{Arg, Dialect, Row, args, narrow};
use crate::{Cursor, Page, PageRequest, Result, Store};

/// How many posts go into one statement.
const PART: usize = 5000;

macro_rules! insert {
    ($rows:literal) => {
        concat!(
            "insert into posts (artist, platform, post, published_at, likes, comments, shares, saves, views, recorded_at) ",
            $rows,
            " on conflict (artist, platform, post) do update set published_at = excluded.published_at, likes = excluded.likes,
                comments = excluded.comments, shares = excluded.shares, saves = excluded.saves, views = excluded.views,
                recorded_at = excluded.recorded_at
              where posts.recorded_at <= excluded.recorded_at"
        )
    };
}

/// Within SQLite a statement for each row costs no round trip.
const INSERT: &str = insert!("values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
const INSERT_MANY: &str = insert!(
    "select new.*, $2 from json_to_recordset(cast($1 as json)) as new (artist text, platform text, post text, published_at bigint,
        likes bigint, comments bigint, shares bigint, saves bigint, views bigint)"
);

/// No id is empty, so that every post lies behind three empty strings. Of one artist, the index ends the search too.
macro_rules! select {
    ($whose:literal) => {
        concat!(
            "select artist, platform, post, published_at, likes, comments, shares, saves, views from posts where ",
            $whose,
            " and (artist, platform, post) > ($1, $2, $3) and ($5 is null or platform = $5)
              and ($6 is null or published_at >= $6) and ($7 is null or published_at <= $7)
              order by artist, platform, post limit $8"
        )
    };
}

#[async_trait]
impl PostStore for Store {
    async fn put_posts(&self, recorded_at: Instant, posts: &[Post]) -> Result<u64> {
        check(posts)?;
        let mut tx = self.begin().await?;
        let mut put = 0;
        for part in posts.chunks(PART) {
            match tx.dialect() {
                Dialect::Sqlite => {
                    for post in part {
                        let mut row = args![&post.artist_id, &post.platform, &post.post_id, post.published_at];
                        row.extend(counts(post).map(|count| Arg::Int(count.map(u64::cast_signed))));
                        row.push(recorded_at.into());
                        put += tx.run(INSERT, row).await?;
                    }
                }
                Dialect::Postgres => {
                    let rows = Value::from_iter(part.iter().map(row)).to_string();
                    put += tx.run(INSERT_MANY, args![rows, recorded_at]).await?;
                }
            }
        }
        tx.commit().await?;
        Ok(put)
    }

    async fn posts(&self, filter: &PostFilter, page: &PageRequest) -> Result<Page<Post>> {
        let after: Option<PostKey> = page.after.as_ref().map(Cursor::place).transpose()?;
        let (artist, platform, post) = after.unwrap_or_default();
        let limit = page.one_more();
        let PostFilter { artist_id, platform: on, from, until } = filter;
        let args = args![artist, platform, post, artist_id.clone(), on.clone(), *from, *until, limit];
        let select = if artist_id.is_some() { select!("artist = $4") } else { select!("$4 is null") };
        let rows = self.database().rows(select, args).await?;
        Page::of(rows.iter().map(read).collect::<Result<_>>()?, page.limit, key)
    }
}

fn row(post: &Post) -> Value {
    json!({
        "artist": post.artist_id,
        "platform": post.platform,
        "post": post.post_id,
        "published_at": post.published_at.micros(),
        "likes": post.likes,
        "comments": post.comments,
        "shares": post.shares,
        "saves": post.saves,
        "views": post.views,
    })
}

fn read(row: &Row) -> Result<Post> {
    let count = |column| row.get::<Option<i64>>(column)?.map(|count| narrow(count, "count")).transpose();
    Ok(Post {
        artist_id: row.get(0)?,
        platform: row.get(1)?,
        post_id: row.get(2)?,
        published_at: row.instant(3)?,
        likes: count(4)?,
        comments: count(5)?,
        shares: count(6)?,
        saves: count(7)?,
        views: count(8)?,
    })
}
