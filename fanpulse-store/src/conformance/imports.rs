//! Of [`ImportStore`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::{account, all_pages, artist, day, random, two_labels};
use crate::{
    Account, AccountStore, Artist, ArtistStore, BegunImport, ErrorKind, Import, ImportCounts, ImportFilter, ImportId, ImportOutcome,
    ImportState, ImportStore, NewImport,
};

/// Checks an adapter of [`ImportStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn imports<S: AccountStore + ArtistStore + ImportStore>(open: impl AsyncFn() -> S) {
    a_content_is_imported_once(&open().await).await;
    what_failed_is_begun_again(&open().await).await;
    who_is_silent_is_taken_over(&open().await).await;
    what_is_wrong_is_refused(&open().await).await;
    imports_are_filtered_and_paged(&open().await).await;
    imports_go_with_their_artist_and_account(&open().await).await;
}

const PATIENCE: Duration = Duration::from_hours(48);

fn file(number: u8, of: &Account, artist: Option<&Artist>, hash: u8) -> NewImport {
    let id = ImportId::new(day(1), random(number));
    NewImport { id, account: of.id, artist: artist.map(|a| a.id), name: format!("streams {number}.csv"), hash: [hash; 32] }
}

fn counts() -> ImportCounts {
    let dropped = BTreeMap::from([("value: not a number".to_owned(), 3), ("metric: unknown".to_owned(), 1 << 53)]);
    ImportCounts { read: 100, stored: 90, repeated: 6, dropped }
}

async fn begin(store: &impl ImportStore, import: &NewImport, on: u32) -> BegunImport {
    store.begin_import(import, day(on), PATIENCE).await.expect("an import")
}

async fn a_content_is_imported_once<S: AccountStore + ArtistStore + ImportStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let first = file(1, &a, Some(&x), 7);
    let begun = begin(store, &first, 3).await;
    let running = Import {
        new: first.clone(),
        state: ImportState::Running,
        attempt: 1,
        counts: ImportCounts::default(),
        error: None,
        began_at: day(3),
        ended_at: None,
    };
    assert_eq!(begun, BegunImport { import: running.clone(), is_new: true });
    // Under another name and id.
    assert_eq!(begin(store, &file(2, &a, Some(&x), 7), 4).await, BegunImport { import: running.clone(), is_new: false });
    store.end_import(a.id, first.id, 1, &ImportOutcome::Done(counts()), day(4)).await.expect("an end");
    let done = Import { state: ImportState::Done, counts: counts(), ended_at: Some(day(4)), ..running };
    for again in [&first, &file(2, &a, Some(&x), 7)] {
        assert_eq!(begin(store, again, 31).await, BegunImport { import: done.clone(), is_new: false });
    }
    assert_eq!(store.import(a.id, first.id).await.expect("a query"), Some(done));
    assert_eq!(store.import(b.id, first.id).await.expect("a query"), None);
    // Of nobody in particular, of another content, and of another account it is another import.
    for other in [&file(3, &a, None, 7), &file(4, &a, Some(&x), 8), &file(5, &b, Some(&y), 7)] {
        assert!(begin(store, other, 4).await.is_new, "{other:?}");
    }
    assert!(!begin(store, &file(6, &a, None, 7), 4).await.is_new);
}

async fn what_failed_is_begun_again<S: AccountStore + ArtistStore + ImportStore>(store: &S) {
    let [(a, x), (b, _)] = two_labels(store).await;
    let first = file(1, &a, Some(&x), 7);
    begin(store, &first, 3).await;
    let failed = ImportOutcome::Failed { counts: counts(), error: "line 3: `12x` is not a number".to_owned() };
    assert_eq!(store.end_import(b.id, first.id, 1, &failed, day(4)).await.expect_err("another's").kind(), ErrorKind::NotFound);
    store.end_import(a.id, first.id, 1, &failed, day(4)).await.expect("an end");
    let import = store.import(a.id, first.id).await.expect("a query").expect("the import");
    assert_eq!((import.state, import.error.as_deref()), (ImportState::Failed, Some("line 3: `12x` is not a number")));
    let e = store.end_import(a.id, first.id, 1, &ImportOutcome::Done(counts()), day(5)).await.expect_err("over");
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("failed"), "{e}");
    let again = begin(store, &file(2, &a, Some(&x), 7), 6).await;
    assert!(again.is_new && again.import.new.id == first.id && again.import.attempt == 2 && again.import.error.is_none(), "{again:?}");
    assert_eq!((again.import.counts, again.import.began_at, again.import.ended_at), (ImportCounts::default(), day(6), None));
}

async fn who_is_silent_is_taken_over<S: AccountStore + ArtistStore + ImportStore>(store: &S) {
    let [(a, x), _] = two_labels(store).await;
    let first = file(1, &a, Some(&x), 7);
    begin(store, &first, 3).await;
    let other = file(2, &a, Some(&x), 7);
    assert!(!begin(store, &other, 4).await.is_new, "within the patience");
    let taken = begin(store, &other, 5).await;
    assert!(taken.is_new && taken.import.new.id == first.id && taken.import.attempt == 2, "{taken:?}");
    // A job that is tried again has the same id, and does not wait.
    let same = begin(store, &first, 5).await;
    assert!(same.is_new && same.import.attempt == 3, "{same:?}");
    for attempt in [1, 2] {
        let e = store.end_import(a.id, first.id, attempt, &ImportOutcome::Done(counts()), day(5)).await.expect_err("taken over");
        assert!(e.kind() == ErrorKind::Conflict && e.message().contains("attempt 3"), "{e}");
    }
    store.end_import(a.id, first.id, 3, &ImportOutcome::Done(counts()), day(5)).await.expect("an end");
}

async fn what_is_wrong_is_refused<S: AccountStore + ArtistStore + ImportStore>(store: &S) {
    let [(a, x), (_, y)] = two_labels(store).await;
    begin(store, &file(1, &a, Some(&x), 7), 3).await;
    let refused = [
        (NewImport { name: " ".to_owned(), ..file(2, &a, Some(&x), 8) }, ErrorKind::Invalid),
        (NewImport { name: "x".repeat(256), ..file(2, &a, Some(&x), 8) }, ErrorKind::Invalid),
        (file(2, &a, Some(&y), 8), ErrorKind::Conflict),
        (file(2, &account(9), None, 8), ErrorKind::Conflict),
        (file(1, &a, Some(&x), 8), ErrorKind::Conflict),
    ];
    for (import, kind) in refused {
        let e = store.begin_import(&import, day(3), PATIENCE).await.expect_err("refused");
        assert_eq!(e.kind(), kind, "{e}");
    }
    let id = ImportId::new(day(1), random(1));
    let many = ImportOutcome::Done(ImportCounts { read: (1 << 53) + 1, ..counts() });
    assert_eq!(store.end_import(a.id, id, 1, &many, day(4)).await.expect_err("too many").kind(), ErrorKind::Invalid);
    let nothing = ImportId::new(day(1), random(99));
    let e = store.end_import(a.id, nothing, 1, &ImportOutcome::Done(counts()), day(4)).await.expect_err("no import");
    assert_eq!(e.kind(), ErrorKind::NotFound);
}

async fn imports_are_filtered_and_paged<S: AccountStore + ArtistStore + ImportStore>(store: &S) {
    let [(a, x), (b, _)] = two_labels(store).await;
    let second = artist(3, &a, "Spring Tide");
    store.add_artist(&second).await.expect("an artist");
    for number in 1..=6 {
        begin(store, &file(number, &a, Some(if number % 2 == 0 { &x } else { &second }), number), 3).await;
    }
    begin(store, &file(7, &b, None, 1), 3).await;
    store.end_import(a.id, ImportId::new(day(1), random(4)), 1, &ImportOutcome::Done(counts()), day(4)).await.expect("an end");
    let of = ImportFilter::of(a.id);
    let cases = [
        (of.clone(), vec![6, 5, 4, 3, 2, 1]),
        (ImportFilter { artist: Some(x.id), ..of.clone() }, vec![6, 4, 2]),
        (ImportFilter { state: Some(ImportState::Done), ..of.clone() }, vec![4]),
        (ImportFilter { artist: Some(x.id), state: Some(ImportState::Running), ..of }, vec![6, 2]),
    ];
    for (filter, expected) in cases {
        let found = all_pages(2, async |page| store.imports(&filter, &page).await).await;
        let expected: Vec<ImportId> = expected.into_iter().map(|n| ImportId::new(day(1), random(n))).collect();
        assert_eq!(found.iter().map(|i| i.new.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn imports_go_with_their_artist_and_account<S: AccountStore + ArtistStore + ImportStore>(store: &S) {
    let [(a, x), (b, _)] = two_labels(store).await;
    let (first, second) = (file(1, &a, Some(&x), 7), file(2, &b, None, 7));
    begin(store, &first, 3).await;
    begin(store, &second, 3).await;
    assert!(store.remove_artist(a.id, x.id).await.expect("a removal"));
    assert_eq!(store.import(a.id, first.id).await.expect("a query"), None);
    assert!(store.remove_account(b.id).await.expect("a removal"));
    assert_eq!(store.import(b.id, second.id).await.expect("a query"), None);
}
