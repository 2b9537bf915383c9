use std::ops::Bound;

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::ingest::Post;

use super::Memory;
use crate::posts::{PostKey, check, key};
use crate::{Cursor, Page, PageRequest, PostFilter, PostStore, Result};

#[async_trait]
impl PostStore for Memory {
    async fn put_posts(&self, recorded_at: Instant, posts: &[Post]) -> Result<u64> {
        check(posts)?;
        let mut tables = self.tables();
        let mut put = 0;
        for post in posts {
            if tables.posts.get(&key(post)).is_none_or(|(at, _)| *at <= recorded_at) {
                tables.posts.insert(key(post), (recorded_at, post.clone()));
                put += 1;
            }
        }
        Ok(put)
    }

    async fn posts(&self, filter: &PostFilter, page: &PageRequest) -> Result<Page<Post>> {
        let after: PostKey = page.after.as_ref().map(Cursor::place).transpose()?.unwrap_or_default();
        let tables = self.tables();
        let behind = tables.posts.range((Bound::Excluded(after), Bound::Unbounded)).map(|(_, (_, post))| post);
        let taken = behind.filter(|p| {
            filter.artist_id.as_ref().is_none_or(|a| *a == p.artist_id)
                && filter.platform.as_ref().is_none_or(|on| *on == p.platform)
                && filter.from.is_none_or(|from| from <= p.published_at)
                && filter.until.is_none_or(|until| p.published_at <= until)
        });
        Page::of(taken.take(page.limit.get().saturating_add(1)).cloned().collect(), page.limit, key)
    }
}
