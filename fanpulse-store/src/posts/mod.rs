//! The port for posts, as their platforms last told their counts.

mod sql;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::ingest::{Dataset, Post};

use crate::{Error, Page, PageRequest, Result};

/// Which posts; every `None` = all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostFilter {
    /// Of this artist.
    pub artist_id: Option<String>,
    /// On this platform.
    pub platform: Option<String>,
    /// Published at this moment or later.
    pub from: Option<Instant>,
    /// Published at this moment or earlier.
    pub until: Option<Instant>,
}

/// Posts by artist, platform and the platform's id, with their latest counts; a count that is not known stays `None`.
#[async_trait]
pub trait PostStore: Send + Sync {
    /// Puts posts, as told at `recorded_at`, in the place of what was told of them before: all or, where it fails, none.
    /// What was told later stays. Returns how many were put.
    ///
    /// # Errors
    /// `invalid` where an id is empty, a count is above 2⁵³, or a post comes twice; the message names the row.
    async fn put_posts(&self, recorded_at: Instant, posts: &[Post]) -> Result<u64>;

    /// Posts by artist, platform and id, strings by their bytes.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn posts(&self, filter: &PostFilter, page: &PageRequest) -> Result<Page<Post>>;
}

/// Appends posts to the engine's table, page by page. Returns how many came.
///
/// # Errors
/// What [`PostStore::posts`] fails with; the posts of the pages before are in `data` then.
pub async fn load_posts(store: &dyn PostStore, filter: &PostFilter, data: &mut Dataset) -> Result<u64> {
    const PAGE: NonZeroUsize = NonZeroUsize::new(8192).unwrap();
    let (mut request, mut count) = (PageRequest::first(PAGE), 0);
    loop {
        let page = store.posts(filter, &request).await?;
        for post in &page.items {
            data.push_post(post).map_err(|e| Error::internal(format!("a stored post: {e}")).caused_by(e))?;
            count += 1;
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(count),
        }
    }
}

/// What a post is known by.
pub(crate) type PostKey = (String, String, String);

pub(crate) fn key(post: &Post) -> PostKey {
    (post.artist_id.clone(), post.platform.clone(), post.post_id.clone())
}

pub(crate) const fn counts(post: &Post) -> [Option<u64>; 5] {
    [post.likes, post.comments, post.shares, post.saves, post.views]
}

pub(crate) fn check(posts: &[Post]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (row, post) in posts.iter().enumerate() {
        let ids = [("artist_id", &post.artist_id), ("platform", &post.platform), ("post_id", &post.post_id)];
        if let Some((name, _)) = ids.iter().find(|(_, id)| id.is_empty()) {
            return Err(Error::invalid(format!("post row {row}: {name} is empty")));
        }
        if let Some(count) = counts(post).into_iter().flatten().find(|c| *c > 1 << 53) {
            return Err(Error::invalid(format!("post row {row}: count {count} is above 2^53")));
        }
        if !seen.insert((&post.artist_id, &post.platform, &post.post_id)) {
            return Err(Error::invalid(format!(
                "post row {row}: `{}` of {} on {} comes twice",
                post.post_id, post.artist_id, post.platform
            )));
        }
    }
    Ok(())
}
