//! Of [`ArtistStore`].

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use super::{all_pages, artist, two_labels};
use crate::{AccountStore, Artist, ArtistFilter, ArtistStore, ErrorKind, ExternalId, PageRequest, Scheme};

/// Checks an adapter of [`ArtistStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn artists<S: AccountStore + ArtistStore>(open: impl AsyncFn() -> S) {
    an_artist_belongs_to_its_account(&open().await).await;
    who_changed_it_first_wins(&open().await).await;
    an_external_id_names_one_artist(&open().await).await;
    artists_are_found_and_paged(&open().await).await;
}

fn ids(ids: &[(Scheme, &str)]) -> BTreeSet<ExternalId> {
    ids.iter().map(|(scheme, value)| ExternalId::try_new(*scheme, value).expect("an id")).collect()
}

async fn an_artist_belongs_to_its_account(store: &(impl AccountStore + ArtistStore)) {
    let [(a, x), (b, y)] = two_labels(store).await;
    assert_eq!(store.artist(a.id, x.id).await.expect("a query"), Some(x.clone()));
    assert_eq!(store.artist(b.id, x.id).await.expect("a query"), None);
    assert!(!store.remove_artist(b.id, x.id).await.expect("a query"));
    let stolen = Artist { account: b.id, ..x.clone() };
    assert_eq!(store.update_artist(&stolen).await.expect_err("another account's").kind(), ErrorKind::NotFound);
    assert_eq!(store.add_artist(&x).await.expect_err("there already").kind(), ErrorKind::Conflict);
    let orphan = artist(9, &super::account(9), "Nobody's");
    assert_eq!(store.add_artist(&orphan).await.expect_err("no account").kind(), ErrorKind::Conflict);
    for name in ["", "  ", &"x".repeat(201)] {
        let e = store.add_artist(&artist(9, &a, name)).await.expect_err("no name");
        assert_eq!(e.kind(), ErrorKind::Invalid, "{e}");
    }
    assert!(store.remove_artist(a.id, x.id).await.expect("a removal"));
    assert_eq!(store.artist(a.id, x.id).await.expect("a query"), None);
    assert!(store.remove_account(b.id).await.expect("a removal"));
    assert_eq!(store.artist(b.id, y.id).await.expect("a query"), None);
}

async fn who_changed_it_first_wins(store: &(impl AccountStore + ArtistStore)) {
    let [(a, x), _] = two_labels(store).await;
    let renamed = Artist { name: "High Tide".to_owned(), external_ids: ids(&[(Scheme::Spotify, "3WrFJ7ztbogyGnTHbHJFl2")]), ..x.clone() };
    assert_eq!(store.update_artist(&renamed).await.expect("an update"), 2);
    let e = store.update_artist(&Artist { name: "Spring Tide".to_owned(), ..x.clone() }).await.expect_err("a stale version");
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("version 1"), "{e}");
    assert_eq!(store.artist(a.id, x.id).await.expect("a query"), Some(Artist { version: 2, ..renamed }));
}

async fn an_external_id_names_one_artist(store: &(impl AccountStore + ArtistStore)) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let isrc = ids(&[(Scheme::Isrc, "USRC17607839"), (Scheme::Upc, "036000291452")]);
    // Two accounts may follow the same artist.
    store.update_artist(&Artist { external_ids: isrc.clone(), ..x.clone() }).await.expect("an update");
    store.update_artist(&Artist { external_ids: isrc.clone(), ..y.clone() }).await.expect("an update");
    let second = Artist { external_ids: isrc.clone(), ..artist(3, &a, "Third") };
    let e = store.add_artist(&second).await.expect_err("taken");
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("isrc USRC17607839"), "{e}");
    assert_eq!(store.artist(a.id, second.id).await.expect("a query"), None);
    for (account, id) in [(a.id, x.id), (b.id, y.id)] {
        let by_isrc = ArtistFilter { external_id: isrc.first().cloned(), ..ArtistFilter::of(account) };
        let found = all_pages(5, async |page| store.artists(&by_isrc, &page).await).await;
        assert_eq!(found.iter().map(|a| (a.id, a.external_ids.len())).collect::<Vec<_>>(), [(id, 2)]);
    }
}

async fn artists_are_found_and_paged(store: &(impl AccountStore + ArtistStore)) {
    let [(a, _), (b, _)] = two_labels(store).await;
    let names = ["Zebra", "apple", "Ébène", "100% Love", "under_score", "Apple", "Apple", "back\\slash"];
    let mut expected = vec!["Low Tide"];
    for (number, name) in (10..).zip(names) {
        let many = [(Scheme::Youtube, format!("c{number}")), (Scheme::Tiktok, format!("t{number}"))];
        let external_ids = many.iter().map(|(s, v)| ExternalId::try_new(*s, v).expect("an id")).collect();
        store.add_artist(&Artist { external_ids, ..artist(number, &a, name) }).await.expect("an artist");
        expected.push(name);
    }
    expected.sort_unstable();
    for limit in [1, 2, 9, 50] {
        let found = all_pages(limit, async |page| store.artists(&ArtistFilter::of(a.id), &page).await).await;
        assert_eq!(found.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), expected, "pages of {limit}");
    }
    for (part, expected) in [("APPLE", 3), ("ébÈ", 1), ("%", 1), ("_", 1), ("\\", 1), ("tide", 1), ("none", 0)] {
        let filter = ArtistFilter { name_contains: Some(part.to_owned()), ..ArtistFilter::of(a.id) };
        let found = all_pages(2, async |page| store.artists(&filter, &page).await).await;
        assert_eq!(found.len(), expected, "{part}: {found:?}");
    }
    assert_eq!(all_pages(5, async |page| store.artists(&ArtistFilter::of(b.id), &page).await).await.len(), 1);
    let request = PageRequest { limit: NonZeroUsize::MIN, after: Some("nonsense".parse().expect("any text")) };
    assert_eq!(store.artists(&ArtistFilter::of(a.id), &request).await.expect_err("a foreign cursor").kind(), ErrorKind::Invalid);
}
