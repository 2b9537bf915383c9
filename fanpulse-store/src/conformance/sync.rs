//! Of [`SyncCursorStore`].

use super::connections::grant;
use super::{account, day, random};
use crate::{AccountStore, ConnectionId, ConnectionStore, ErrorKind, SyncCursor, SyncCursorStore};

/// Checks an adapter of [`SyncCursorStore`]; `open` gives an empty store, with a key, each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn sync_cursors<S: AccountStore + ConnectionStore + SyncCursorStore>(open: impl AsyncFn() -> S) {
    a_cursor_is_moved_by_one(&open().await).await;
    cursors_go_with_their_connection(&open().await).await;
}

async fn a_cursor_is_moved_by_one<S: AccountStore + ConnectionStore + SyncCursorStore>(store: &S) {
    let (a, b) = (account(1), account(2));
    store.add_account(&a).await.expect("an account");
    store.add_account(&b).await.expect("an account");
    let c = grant(1, &a);
    store.add_connection(&c).await.expect("a grant");
    let moved = async |metric: &str, version: u32, place: Option<&str>, on: u32| {
        store.move_sync_cursor(a.id, c.id, metric, version, place, day(on)).await.map_err(|e| e.kind())
    };
    assert_eq!(store.sync_cursor(a.id, c.id, "posts").await.expect("a query"), None);
    assert_eq!(moved("posts", 1, Some("p9"), 3).await, Err(ErrorKind::Conflict), "it was never moved");
    assert_eq!(moved("posts", 0, Some("p9"), 3).await, Ok(1));
    assert_eq!(moved("posts", 0, Some("p1"), 4).await, Err(ErrorKind::Conflict));
    assert_eq!(moved("posts", 1, Some("p12"), 4).await, Ok(2));
    // A worker that was thought dead comes back with an older place.
    assert_eq!(moved("posts", 1, Some("p10"), 5).await, Err(ErrorKind::Conflict));
    assert_eq!(moved("followers", 0, Some("2026-01-04"), 4).await, Ok(1));
    let cursor = |metric: &str, place: Option<&str>, on, version| SyncCursor {
        connection: c.id,
        metric: metric.to_owned(),
        place: place.map(str::to_owned),
        moved_at: day(on),
        version,
    };
    assert_eq!(store.sync_cursor(a.id, c.id, "posts").await.expect("a query"), Some(cursor("posts", Some("p12"), 4, 2)));
    // Back to the beginning goes on counting, so that nobody takes it for the cursor it was.
    assert_eq!(moved("posts", 2, None, 6).await, Ok(3));
    assert_eq!(moved("posts", 0, Some("p1"), 6).await, Err(ErrorKind::Conflict));
    let all = [cursor("followers", Some("2026-01-04"), 4, 1), cursor("posts", None, 6, 3)];
    assert_eq!(store.sync_cursors(a.id, c.id).await.expect("a query"), all);

    assert_eq!(store.sync_cursors(b.id, c.id).await.expect("a query"), []);
    assert_eq!(store.sync_cursor(b.id, c.id, "posts").await.expect("a query"), None);
    for (account, connection) in [(b.id, c.id), (a.id, ConnectionId::new(day(1), random(99)))] {
        for version in [0, 3] {
            let e = store.move_sync_cursor(account, connection, "posts", version, None, day(7)).await.expect_err("not theirs");
            assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
        }
    }
    for metric in ["", " ", &"x".repeat(101)] {
        assert_eq!(moved(metric, 0, None, 7).await, Err(ErrorKind::Invalid));
    }
    assert_eq!(store.sync_cursors(a.id, c.id).await.expect("a query"), all);
}

async fn cursors_go_with_their_connection<S: AccountStore + ConnectionStore + SyncCursorStore>(store: &S) {
    let a = account(1);
    store.add_account(&a).await.expect("an account");
    let (first, second) = (grant(1, &a), grant(2, &a));
    for c in [&first, &second] {
        store.add_connection(c).await.expect("a grant");
        store.move_sync_cursor(a.id, c.id, "posts", 0, Some("p1"), day(3)).await.expect("a move");
    }
    assert!(store.remove_connection(a.id, first.id).await.expect("a removal"));
    store.add_connection(&first).await.expect("a grant");
    assert_eq!(store.sync_cursors(a.id, first.id).await.expect("a query"), []);
    assert_eq!(store.sync_cursors(a.id, second.id).await.expect("a query").len(), 1);
    assert!(store.remove_account(a.id).await.expect("a removal"));
    store.add_account(&a).await.expect("an account");
    store.add_connection(&second).await.expect("a grant");
    assert_eq!(store.sync_cursors(a.id, second.id).await.expect("a query"), []);
}
