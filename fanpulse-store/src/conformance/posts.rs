//! Of [`PostStore`].

use fanpulse_core::ingest::{Dataset, Post};

use super::{all_pages, day};
use crate::{ErrorKind, PostFilter, PostStore, load_posts};

/// Checks an adapter of [`PostStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn posts<S: PostStore>(open: impl AsyncFn() -> S) {
    what_was_told_last_is_kept(&open().await).await;
    posts_are_filtered_and_paged(&open().await).await;
    a_refused_put_leaves_nothing(&open().await).await;
}

fn post(artist: &str, platform: &str, id: &str, published: u32) -> Post {
    Post {
        artist_id: artist.to_owned(),
        platform: platform.to_owned(),
        post_id: id.to_owned(),
        published_at: day(published),
        likes: Some(7),
        comments: None,
        shares: Some(0),
        saves: None,
        views: Some(1 << 53),
    }
}

async fn all(store: &impl PostStore, filter: &PostFilter, limit: usize) -> Vec<Post> {
    all_pages(limit, async |page| store.posts(filter, &page).await).await
}

async fn what_was_told_last_is_kept(store: &impl PostStore) {
    let first = post("a", "tiktok", "p1", 3);
    let second = Post { likes: Some(9), comments: Some(1), views: None, ..first.clone() };
    for (at, told, put) in [(5, &first, 1), (7, &second, 1), (6, &first, 0), (7, &second, 1)] {
        assert_eq!(store.put_posts(day(at), std::slice::from_ref(told)).await.expect("a post"), put, "told on day {at}");
    }
    assert_eq!(all(store, &PostFilter::default(), 10).await, [second]);
}

async fn posts_are_filtered_and_paged(store: &impl PostStore) {
    let mut posts = Vec::new();
    for artist in ["b", "a", "é", "B"] {
        for (platform, ids) in [("youtube", ["x", "-", "X"]), ("instagram", ["1", "10", "2"])] {
            posts.extend(ids.iter().zip(1..).map(|(id, published)| post(artist, platform, id, published)));
        }
    }
    assert_eq!(store.put_posts(day(9), &posts).await.expect("posts"), 24);
    posts.sort_by_key(|p| (p.artist_id.clone(), p.platform.clone(), p.post_id.clone()));
    for limit in [1, 7, 24, 100] {
        assert_eq!(all(store, &PostFilter::default(), limit).await, posts, "pages of {limit}");
    }
    let filters = [
        (PostFilter { artist_id: Some("a".to_owned()), ..PostFilter::default() }, 6),
        (PostFilter { platform: Some("youtube".to_owned()), ..PostFilter::default() }, 12),
        (PostFilter { artist_id: Some("B".to_owned()), platform: Some("youtube".to_owned()), ..PostFilter::default() }, 3),
        (PostFilter { from: Some(day(2)), ..PostFilter::default() }, 16),
        (PostFilter { from: Some(day(2)), until: Some(day(2)), ..PostFilter::default() }, 8),
        (PostFilter { artist_id: Some("none".to_owned()), ..PostFilter::default() }, 0),
    ];
    for (filter, count) in filters {
        assert_eq!(all(store, &filter, 2).await.len(), count, "{filter:?}");
    }
    let mut data = Dataset::default();
    assert_eq!(load_posts(store, &PostFilter::default(), &mut data).await.expect("posts"), 24);
    assert!(data.posts.len() == 24 && data.posts.comments.iter().all(|c| c.is_nan()) && data.posts.likes.iter().all(|c| *c == 7.0));
}

async fn a_refused_put_leaves_nothing(store: &impl PostStore) {
    let good = post("a", "tiktok", "p1", 3);
    let cases = [
        (post("", "tiktok", "p2", 3), "artist_id is empty"),
        (post("a", "", "p2", 3), "platform is empty"),
        (post("a", "tiktok", "", 3), "post_id is empty"),
        (Post { saves: Some((1 << 53) + 1), ..post("a", "tiktok", "p2", 3) }, "above 2^53"),
        (good.clone(), "comes twice"),
    ];
    for (bad, says) in cases {
        let e = store.put_posts(day(5), &[good.clone(), bad]).await.expect_err("a bad post");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains("post row 1") && e.message().contains(says), "{e}");
    }
    assert_eq!(all(store, &PostFilter::default(), 10).await, []);
}
