//! Of [`ReleaseStore`].

use fanpulse_core::Day;
use fanpulse_core::scores::{Competition, ReleaseInput, release_windows};
use fanpulse_core::settings::ReleaseSettings;

use super::{account, all_pages, artist, day, random, two_labels};
use crate::{
    AccountStore, Artist, ArtistStore, CompetingFilter, CompetingRelease, ErrorKind, Release, ReleaseFilter, ReleaseId, ReleaseStore,
    load_competition,
};

/// Checks an adapter of [`ReleaseStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn releases<S: AccountStore + ArtistStore + ReleaseStore>(open: impl AsyncFn() -> S) {
    a_release_belongs_to_its_account(&open().await).await;
    releases_are_found_by_day(&open().await).await;
    what_was_told_last_of_others_is_kept(&open().await).await;
    a_refused_put_leaves_nothing(&open().await).await;
    others_of_the_genre_and_days_compete(&open().await).await;
    releases_go_with_their_artist_and_account(&open().await).await;
}

fn on(day: u32) -> Day {
    Day::from_ymd(2026, 1, day).expect("a day of January")
}

fn release(number: u8, of: &Artist, title: &str, out: u32) -> Release {
    Release {
        id: ReleaseId::new(day(1), random(number)),
        account: of.account,
        artist: of.id,
        title: title.to_owned(),
        genre: "indie pop".to_owned(),
        day: on(out),
        created_at: day(1),
        version: 1,
    }
}

fn other(id: &str, genre: &str, out: u32, followers: Option<u64>, told: u32) -> CompetingRelease {
    CompetingRelease {
        source: "spotify".to_owned(),
        external_id: id.to_owned(),
        title: format!("Song {id}"),
        artist_name: "Somebody".to_owned(),
        genre: genre.to_owned(),
        day: on(out),
        followers,
        recorded_at: day(told),
    }
}

async fn all(store: &impl ReleaseStore, filter: &ReleaseFilter) -> Vec<Release> {
    all_pages(2, async |page| store.releases(filter, &page).await).await
}

async fn a_release_belongs_to_its_account<S: AccountStore + ArtistStore + ReleaseStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let first = Release { genre: " Indie Pop ".to_owned(), ..release(1, &x, "Ébène", 9) };
    store.add_release(&first).await.expect("a release");
    let first = Release { genre: "indie pop".to_owned(), ..first };
    assert_eq!(store.release(a.id, first.id).await.expect("a query"), Some(first.clone()));
    assert_eq!(store.release(b.id, first.id).await.expect("a query"), None);
    for refused in [first.clone(), Release { account: a.id, ..release(2, &y, "Stolen", 9) }] {
        assert_eq!(store.add_release(&refused).await.expect_err("a conflict").kind(), ErrorKind::Conflict);
    }
    for title in ["", " ", &"x".repeat(201)] {
        assert_eq!(store.add_release(&release(3, &x, title, 9)).await.expect_err("no title").kind(), ErrorKind::Invalid);
    }
    let moved = Release { day: on(16), title: "Ebony".to_owned(), genre: "FOLK".to_owned(), ..first.clone() };
    assert_eq!(store.update_release(&moved).await.expect("an update"), 2);
    assert_eq!(store.update_release(&first).await.expect_err("stale").kind(), ErrorKind::Conflict);
    let moved = Release { genre: "folk".to_owned(), version: 2, ..moved };
    let refused = [
        (Release { account: b.id, artist: y.id, ..moved.clone() }, ErrorKind::NotFound),
        (Release { artist: y.id, ..moved.clone() }, ErrorKind::Conflict),
        (Release { genre: String::new(), ..moved.clone() }, ErrorKind::Invalid),
    ];
    for (refused, kind) in refused {
        assert_eq!(store.update_release(&refused).await.expect_err("refused").kind(), kind);
    }
    assert_eq!(store.release(a.id, first.id).await.expect("a query"), Some(moved));
    assert!(!store.remove_release(b.id, first.id).await.expect("a removal"));
    assert!(store.remove_release(a.id, first.id).await.expect("a removal"));
    assert!(!store.remove_release(a.id, first.id).await.expect("a removal"));
}

async fn releases_are_found_by_day<S: AccountStore + ArtistStore + ReleaseStore>(store: &S) {
    let [(a, x), (_, y)] = two_labels(store).await;
    let second = artist(3, &a, "Spring Tide");
    store.add_artist(&second).await.expect("an artist");
    for (number, of, out) in [(1, &x, 23), (2, &second, 9), (3, &x, 16), (4, &second, 16), (5, &x, 2), (6, &y, 16)] {
        store.add_release(&release(number, of, "Song", out)).await.expect("a release");
    }
    let of = ReleaseFilter::of(a.id);
    let cases = [
        (of.clone(), vec![5, 2, 3, 4, 1]),
        (ReleaseFilter { from: Some(on(9)), until: Some(on(16)), ..of.clone() }, vec![2, 3, 4]),
        (ReleaseFilter { artist: Some(x.id), from: Some(on(3)), ..of.clone() }, vec![3, 1]),
        (ReleaseFilter { artist: Some(y.id), ..of }, vec![]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<ReleaseId> = expected.into_iter().map(|n| ReleaseId::new(day(1), random(n))).collect();
        assert_eq!(all(store, &filter).await.iter().map(|r| r.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn competing(store: &impl ReleaseStore, filter: &CompetingFilter) -> Vec<CompetingRelease> {
    all_pages(2, async |page| store.competing_releases(filter, &page).await).await
}

async fn what_was_told_last_of_others_is_kept<S: AccountStore + ArtistStore + ReleaseStore>(store: &S) {
    let [(a, _), (b, _)] = two_labels(store).await;
    let (first, second) = (other("1", "pop", 9, Some(10), 3), other("1", "pop", 16, None, 5));
    for (told, put) in [(&first, 1), (&second, 1), (&first, 0), (&second, 1)] {
        assert_eq!(store.put_competing_releases(a.id, std::slice::from_ref(told)).await.expect("a release"), put);
    }
    let filter = CompetingFilter { account: a.id, genre: "Pop".to_owned(), from: on(1), until: on(31) };
    assert_eq!(competing(store, &filter).await, [second]);
    assert_eq!(competing(store, &CompetingFilter { account: b.id, ..filter }).await, []);
}

async fn a_refused_put_leaves_nothing<S: AccountStore + ArtistStore + ReleaseStore>(store: &S) {
    let [(a, _), _] = two_labels(store).await;
    let good = other("1", "pop", 9, None, 3);
    let cases = [
        (CompetingRelease { source: String::new(), ..good.clone() }, "source of 0 characters"),
        (CompetingRelease { external_id: " ".to_owned(), ..good.clone() }, "external_id"),
        (CompetingRelease { genre: "x".repeat(101), ..good.clone() }, "genre of 101 characters"),
        (other("2", "pop", 9, Some((1 << 53) + 1), 3), "above 2^53"),
        (good.clone(), "comes twice"),
    ];
    for (bad, says) in cases {
        let e = store.put_competing_releases(a.id, &[good.clone(), bad]).await.expect_err("a bad release");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains("row 1") && e.message().contains(says), "{e}");
    }
    let e = store.put_competing_releases(account(9).id, &[good]).await.expect_err("no account");
    assert_eq!(e.kind(), ErrorKind::Conflict);
    let filter = CompetingFilter { account: a.id, genre: "pop".to_owned(), from: on(1), until: on(31) };
    assert_eq!(competing(store, &filter).await, []);
}

async fn others_of_the_genre_and_days_compete<S: AccountStore + ArtistStore + ReleaseStore>(store: &S) {
    let [(a, _), _] = two_labels(store).await;
    let mut told: Vec<CompetingRelease> = (1..=6_u32).map(|n| other(&n.to_string(), "Pop", 9, Some(500_000 * u64::from(n)), 3)).collect();
    told.extend([other("7", "pop", 16, None, 3), other("8", "folk", 9, Some(9), 3), other("9", "pop", 30, Some(9), 3)]);
    told.push(CompetingRelease { source: "apple_music".to_owned(), ..other("1", "pop", 9, Some(7), 3) });
    assert_eq!(store.put_competing_releases(a.id, &told).await.expect("releases"), 10);
    let filter = CompetingFilter { account: a.id, genre: "pop".to_owned(), from: on(9), until: on(16) };
    let found = competing(store, &filter).await;
    let ids: Vec<(&str, &str)> = found.iter().map(|r| (r.source.as_str(), r.external_id.as_str())).collect();
    let of = |n: &'static str| ("spotify", n);
    assert_eq!(ids, [("apple_music", "1"), of("1"), of("2"), of("3"), of("4"), of("5"), of("6"), of("7")]);

    let competition: Vec<Competition> = load_competition(store, &filter).await.expect("a query");
    assert!(competition.len() == 8 && competition[7].followers.is_nan());
    let input = ReleaseInput { as_of: on(8), momentum: Some(5.0), streams: &[], window_days: 30, competition: &competition };
    let windows = release_windows(&ReleaseSettings::default(), &input).expect("windows");
    let score = |i: usize| windows[i].components.iter().find(|c| c.name == "competition").map(|c| c.score);
    // Seven on the first Friday, of which five are by artists with a million followers: 7 − 0.5 · 5. One on the second.
    assert_eq!((windows[0].day, score(0), score(1), score(2)), (on(9), Some(4.5), Some(9.0), Some(10.0)));

    for (before, limit, gone) in [(9, 9, 0), (10, 5, 5), (10, 9, 3), (31, 9, 2)] {
        assert_eq!(store.forget_competing_releases(on(before), limit).await.expect("a removal"), gone, "before day {before}");
    }
}

async fn releases_go_with_their_artist_and_account<S: AccountStore + ArtistStore + ReleaseStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    store.add_release(&release(1, &x, "Song", 9)).await.expect("a release");
    store.add_release(&release(2, &y, "Song", 9)).await.expect("a release");
    store.put_competing_releases(b.id, &[other("1", "pop", 9, None, 3)]).await.expect("a release");
    assert!(store.remove_artist(a.id, x.id).await.expect("a removal"));
    assert_eq!(all(store, &ReleaseFilter::of(a.id)).await, []);
    assert!(store.remove_account(b.id).await.expect("a removal"));
    assert_eq!(all(store, &ReleaseFilter::of(b.id)).await, []);
    let filter = CompetingFilter { account: b.id, genre: "pop".to_owned(), from: on(1), until: on(31) };
    assert_eq!(competing(store, &filter).await, []);
}
