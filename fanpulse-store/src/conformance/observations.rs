//! Of [`ObservationStore`].

use std::num::NonZeroUsize;

use fanpulse_core::Instant;
use fanpulse_core::ingest::{Dataset, Metric, Observation};

use super::day;
use crate::{Appended, AsOf, ErrorKind, Filter, Key, ObservationStore, Origin, PageRequest, Precision, Quality, Statement, load};

/// Checks an adapter of [`ObservationStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn observations<S: ObservationStore>(open: impl AsyncFn() -> S) {
    an_empty_store_answers_nothing(&open().await).await;
    a_restatement_is_seen_from_its_recording_on(&open().await).await;
    what_is_observed_later_is_not_seen(&open().await).await;
    a_repeat_is_counted_and_not_stored(&open().await).await;
    a_value_may_come_back(&open().await).await;
    each_source_has_its_own_history(&open().await).await;
    the_past_cannot_be_changed(&open().await).await;
    a_refused_batch_leaves_nothing(&open().await).await;
    filters_narrow(&open().await).await;
    pages_are_ordered_and_whole(&open().await).await;
    the_engine_is_fed_in_batches(&open().await).await;
    batches_hold_whole_artists(&open().await).await;
    what_a_statement_is_worth_is_kept(&open().await).await;
    old_months_are_given_up(&open().await).await;
    foreign_cursors_are_refused(&open().await).await;
    any_history_answers_like_a_plain_log(&open().await).await;
    super::restatements::a_thousand_restatements_answer_like_a_replayed_ledger(&open().await).await;
}

fn followers(artist: &str, observed: u32, value: f64) -> Observation {
    Observation {
        artist_id: artist.to_owned(),
        platform: "spotify".to_owned(),
        metric: Metric::Followers,
        observed_at: day(observed),
        value,
    }
}

const fn as_of(valid: Instant, recorded: Instant) -> AsOf {
    AsOf { valid, recorded }
}

/// The rows as a table, also those that a table's own checks would refuse.
fn table(rows: &[Observation]) -> Dataset {
    let mut data = Dataset::default();
    for row in rows {
        let artist = data.artists.intern(&row.artist_id);
        let component = data.component_code(&row.platform, row.metric).expect("few components");
        let t = &mut data.observations;
        t.artist.push(artist);
        t.component.push(component);
        t.at.push(row.observed_at.micros());
        t.value.push(row.value);
    }
    data
}

async fn append(store: &dyn ObservationStore, source: &str, recorded: u32, rows: &[Observation]) -> Appended {
    store.append(&source.into(), day(recorded), &table(rows)).await.expect("the rows are appended")
}

async fn pages(store: &dyn ObservationStore, filter: &Filter, as_of: AsOf, limit: usize) -> Vec<Vec<Statement>> {
    let mut request = PageRequest { limit: NonZeroUsize::new(limit).expect("a limit above 0"), after: None };
    let mut pages = Vec::new();
    loop {
        let page = store.series(filter, as_of, &request).await.expect("a page");
        pages.push(page.items);
        match page.next {
            Some(key) => request.after = Some(key),
            None => return pages,
        }
    }
}

async fn all(store: &dyn ObservationStore, as_of: AsOf) -> Vec<Statement> {
    pages(store, &Filter::default(), as_of, 100_000).await.concat()
}

async fn values(store: &dyn ObservationStore, as_of: AsOf) -> Vec<f64> {
    all(store, as_of).await.iter().map(|s| s.observation.value).collect()
}

async fn an_empty_store_answers_nothing(store: &dyn ObservationStore) {
    assert_eq!(all(store, as_of(day(31), day(31))).await, []);
    assert_eq!(append(store, "api", 1, &[]).await, Appended::default());
}

async fn a_restatement_is_seen_from_its_recording_on(store: &dyn ObservationStore) {
    assert_eq!(append(store, "api", 2, &[followers("a", 1, 10.0)]).await.stored, 1);
    assert_eq!(append(store, "api", 5, &[followers("a", 1, 8.0)]).await.stored, 1);
    let micro_before = Instant::try_new(day(5).micros() - 1).expect("in range");
    assert_eq!(values(store, as_of(day(31), day(1))).await, [0.0; 0]);
    assert_eq!(values(store, as_of(day(31), day(2))).await, [10.0]);
    assert_eq!(values(store, as_of(day(31), micro_before)).await, [10.0]);
    assert_eq!(values(store, as_of(day(31), day(5))).await, [8.0]);
}

async fn what_is_observed_later_is_not_seen(store: &dyn ObservationStore) {
    append(store, "api", 9, &[followers("a", 1, 1.0), followers("a", 3, 3.0)]).await;
    let micro_before = Instant::try_new(day(3).micros() - 1).expect("in range");
    assert_eq!(values(store, as_of(micro_before, day(9))).await, [1.0]);
    assert_eq!(values(store, as_of(day(3), day(9))).await, [1.0, 3.0]);
}

async fn a_repeat_is_counted_and_not_stored(store: &dyn ObservationStore) {
    let row = followers("a", 1, 10.0);
    assert_eq!(append(store, "api", 2, &[row.clone(), row.clone()]).await, Appended { stored: 1, repeated: 1 });
    assert_eq!(append(store, "api", 2, std::slice::from_ref(&row)).await, Appended { stored: 0, repeated: 1 });
    assert_eq!(append(store, "api", 7, &[row.clone(), followers("a", 2, 11.0)]).await, Appended { stored: 1, repeated: 1 });
    let known = all(store, as_of(day(31), day(31))).await;
    assert_eq!(known[0], Statement { observation: row, origin: "api".into(), recorded_at: day(2) });
}

async fn a_value_may_come_back(store: &dyn ObservationStore) {
    for (recorded, value) in [(2, 10.0), (3, 8.0), (4, 10.0)] {
        assert_eq!(append(store, "api", recorded, &[followers("a", 1, value)]).await.stored, 1);
    }
    assert_eq!(values(store, as_of(day(31), day(3))).await, [8.0]);
    assert_eq!(values(store, as_of(day(31), day(4))).await, [10.0]);
    // Repeating the first two changes nothing.
    for (recorded, value) in [(2, 10.0), (3, 8.0)] {
        assert_eq!(append(store, "api", recorded, &[followers("a", 1, value)]).await.repeated, 1);
    }
}

async fn each_source_has_its_own_history(store: &dyn ObservationStore) {
    append(store, "api", 2, &[followers("a", 1, 10.0)]).await;
    assert_eq!(append(store, "file", 3, &[followers("a", 1, 9.0)]).await.stored, 1);
    // The first source says nothing new, so the later word of the other one holds.
    assert_eq!(append(store, "api", 4, &[followers("a", 1, 10.0)]).await.repeated, 1);
    assert_eq!(values(store, as_of(day(31), day(2))).await, [10.0]);
    assert_eq!(values(store, as_of(day(31), day(4))).await, [9.0]);
    // At one moment, the source whose name sorts last holds, whatever the order of the calls.
    append(store, "b", 6, &[followers("a", 1, 7.0)]).await;
    append(store, "a", 6, &[followers("a", 1, 6.0)]).await;
    assert_eq!(values(store, as_of(day(31), day(6))).await, [7.0]);
}

async fn the_past_cannot_be_changed(store: &dyn ObservationStore) {
    append(store, "api", 5, &[followers("a", 1, 10.0)]).await;
    for recorded in [4, 5] {
        let e = store.append(&"api".into(), day(recorded), &table(&[followers("a", 1, 9.0)])).await.expect_err("a conflict");
        assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
    }
    let e = store.append(&"api".into(), day(6), &table(&[followers("a", 2, 1.0), followers("a", 2, 2.0)])).await.expect_err("a conflict");
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("row 1"), "{e}");
    assert_eq!(values(store, as_of(day(31), day(31))).await, [10.0]);
}

async fn a_refused_batch_leaves_nothing(store: &dyn ObservationStore) {
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        let rows = [followers("a", 1, 1.0), followers("a", 2, bad)];
        let e = store.append(&"api".into(), day(3), &table(&rows)).await.expect_err("a bad value");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains("row 1") && e.message().contains(&bad.to_string()), "{e}");
    }
    let e = store.append(&"".into(), day(3), &table(&[followers("a", 1, 1.0)])).await.expect_err("no source");
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert_eq!(all(store, as_of(day(31), day(31))).await, []);
}

async fn filters_narrow(store: &dyn ObservationStore) {
    let other = |platform: &str, metric| Observation { platform: platform.to_owned(), metric, ..followers("b", 4, 5.0) };
    let rows = [followers("a", 1, 1.0), followers("b", 2, 2.0), other("youtube", Metric::Followers), other("spotify", Metric::Streams)];
    append(store, "api", 9, &rows).await;
    let cases = [
        (Filter { artist_id: Some("b".to_owned()), ..Filter::default() }, 3),
        (Filter { platform: Some("spotify".to_owned()), ..Filter::default() }, 3),
        (Filter { metric: Some(Metric::Followers), ..Filter::default() }, 3),
        (Filter { from: Some(day(2)), ..Filter::default() }, 3),
        (Filter { artist_id: Some("b".to_owned()), metric: Some(Metric::Streams), ..Filter::default() }, 1),
        (Filter { artist_id: Some("c".to_owned()), ..Filter::default() }, 0),
    ];
    for (filter, count) in cases {
        let got = pages(store, &filter, as_of(day(31), day(31)), 2).await.concat();
        assert!(got.len() == count && got.iter().all(|s| filter.takes(&Key::from(&s.observation))), "{filter:?}: {got:?}");
    }
}

async fn pages_are_ordered_and_whole(store: &dyn ObservationStore) {
    // Names whose order differs between bytes and languages.
    let names = ["a", "B", "é", "a b", "ab", "_"];
    let rows: Vec<Observation> = (1..=7).rev().flat_map(|d| names.map(|a| followers(a, d, f64::from(d)))).collect();
    append(store, "api", 9, &rows).await;
    let mut keys: Vec<Key> = rows.iter().map(Key::from).collect();
    keys.sort();
    for limit in [1, 5, 41, 42, 43] {
        let pages = pages(store, &Filter::default(), as_of(day(31), day(31)), limit).await;
        assert_eq!(pages.len(), 42_usize.div_ceil(limit), "pages of {limit}");
        let got: Vec<Key> = pages.concat().iter().map(|s| Key::from(&s.observation)).collect();
        assert_eq!(got, keys, "pages of {limit}");
    }
}

async fn the_engine_is_fed_in_batches(store: &dyn ObservationStore) {
    let rows: Vec<Observation> =
        (0..400).flat_map(|i| (1..=25).map(move |d| followers(&format!("artist {i:03}"), d, f64::from(i)))).collect();
    append(store, "api", 30, &rows).await;
    let mut data = Dataset::default();
    let count = load(store, &Filter::default(), as_of(day(31), day(31)), &mut data).await.expect("the rows");
    assert_eq!((count, data.artists.len(), data.observations.len()), (10_000, 400, 10_000));
    let values: Vec<f64> = rows.iter().map(|o| o.value).collect();
    assert_eq!(data.observations.value, values);
}

/// More rows than fit a batch, of artists that lie in the database in another order than by name.
async fn batches_hold_whole_artists(store: &dyn ObservationStore) {
    let mut data = Dataset::default();
    let components = [Metric::Followers, Metric::Streams].map(|m| data.component_code("spotify", m).expect("few components"));
    for artist in 0..800_u32 {
        let code = data.artists.intern(&format!("artist {}", artist * 7919 % 800));
        for at in 0..400_i64 {
            let t = &mut data.observations;
            t.artist.push(code);
            t.component.push(components[usize::try_from(at % 2).expect("0 or 1")]);
            t.at.push(day(1).micros() + at / 2 * 3_600_000_000);
            t.value.push(f64::from(artist) + 0.5);
        }
    }
    let rows = data.observations.len();
    let origin = Origin::from("api");
    let appended = store.append(&origin, day(30), &data).await.expect("the rows are appended");
    assert_eq!(appended, Appended { stored: 320_000, repeated: 0 });
    let again = store.append(&origin, day(31), &data).await.expect("the rows are appended");
    assert_eq!(again, Appended { stored: 0, repeated: 320_000 });
    let (mut after, mut seen, mut batches) = (None, std::collections::BTreeMap::new(), 0);
    loop {
        let batch = store.batch(&Filter::default(), as_of(day(31), day(31)), after.as_ref()).await.expect("a batch");
        let t = &batch.data.observations;
        let keys: Vec<_> = (0..t.len()).map(|i| (t.artist[i], t.component[i], t.at[i])).collect();
        assert!(keys.is_sorted(), "rows in the engine's order");
        for i in 0..t.len() {
            let id = batch.data.artists.get(t.artist[i]).expect("a name").to_owned();
            let of_artist = seen.entry(id).or_insert((batches, 0, t.value[i]));
            assert!(of_artist.0 == batches && of_artist.2 == t.value[i], "an artist in two batches");
            of_artist.1 += 1;
        }
        batches += 1;
        match batch.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert!(batches > 1 && seen.len() == 800 && seen.values().all(|s| s.1 == 400), "{rows} rows in {batches} batches");
    let one = Filter { artist_id: Some("artist 799".to_owned()), metric: Some(Metric::Streams), ..Filter::default() };
    let batch = store.batch(&one, as_of(day(3), day(31)), None).await.expect("a batch");
    assert_eq!((batch.data.artists.len(), batch.data.observations.len(), batch.next), (1, 49, None));
}

async fn what_a_statement_is_worth_is_kept(store: &dyn ObservationStore) {
    let rounded = Origin { precision: Precision::Rounded3, definition: 2, quality: Quality::Provisional, ..Origin::from("api") };
    let row = followers("a", 1, 10.0);
    append(store, "api", 2, std::slice::from_ref(&row)).await;
    // The same figure by another definition is news.
    let appended = store.append(&rounded, day(3), &table(std::slice::from_ref(&row))).await.expect("the row is appended");
    assert_eq!(appended, Appended { stored: 1, repeated: 0 });
    let expected = |origin, recorded| vec![Statement { observation: row.clone(), origin, recorded_at: day(recorded) }];
    assert_eq!(all(store, as_of(day(31), day(2))).await, expected("api".into(), 2));
    assert_eq!(all(store, as_of(day(31), day(3))).await, expected(rounded, 3));
}

async fn old_months_are_given_up(store: &dyn ObservationStore) {
    let at = |time: &str, value| Observation { observed_at: time.parse().expect("a time"), ..followers("a", 1, value) };
    let rows = [at("2025-11-05", 1.0), at("2025-12-31T23:59:59.999999Z", 2.0), at("2026-01-01", 3.0), at("2026-01-02", 4.0)];
    append(store, "api", 9, &rows).await;
    let before = fanpulse_core::Day::from_ymd(2026, 1, 20).expect("a day");
    assert_eq!(store.forget(before).await.expect("months are given up"), 2);
    assert_eq!(values(store, as_of(day(31), day(31))).await, [3.0, 4.0]);
    assert_eq!(store.forget(before).await.expect("nothing is left to give up"), 0);
    // What is said again later counts again.
    assert_eq!(append(store, "api", 10, &rows).await, Appended { stored: 2, repeated: 2 });
}

async fn foreign_cursors_are_refused(store: &dyn ObservationStore) {
    append(store, "api", 9, &[followers("a", 1, 1.0)]).await;
    for text in ["", "x", "bm9uZQ", "../../etc/passwd"] {
        let after = Some(text.parse().expect("any text"));
        let request = PageRequest { limit: NonZeroUsize::MIN, after };
        let e = store.series(&Filter::default(), as_of(day(31), day(31)), &request).await.expect_err("a foreign cursor");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains("cursor"), "{e}");
        let e = store.batch(&Filter::default(), as_of(day(31), day(31)), request.after.as_ref()).await.expect_err("a foreign cursor");
        assert_eq!(e.kind(), ErrorKind::Invalid, "{e}");
    }
}

/// Appends a random history and compares every answer with the plainest possible store: a log of everything
/// that was accepted, searched from end to end.
async fn any_history_answers_like_a_plain_log(store: &dyn ObservationStore) {
    let mut random = 7_u64;
    let mut below = |n: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((random >> 33) % n).expect("small")
    };
    let mut log: Vec<Statement> = Vec::new();
    for _ in 0..1000 {
        let row = followers(["a", "b"][below(2) as usize], 1 + below(3), f64::from(below(3)));
        let (source, recorded_at) = (["api", "file"][below(2) as usize], day(1 + below(20)));
        let same = |s: &&Statement| s.origin.source == source && Key::from(&s.observation) == Key::from(&row);
        let known = log.iter().filter(same).filter(|s| s.recorded_at <= recorded_at).max_by_key(|s| s.recorded_at);
        let expected = match known {
            Some(s) if s.observation.value == row.value => Ok(Appended { stored: 0, repeated: 1 }),
            _ if log.iter().filter(same).any(|s| s.recorded_at >= recorded_at) => Err(ErrorKind::Conflict),
            _ => Ok(Appended { stored: 1, repeated: 0 }),
        };
        let got = store.append(&source.into(), recorded_at, &table(std::slice::from_ref(&row))).await.map_err(|e| e.kind());
        assert_eq!(got, expected, "{row:?} from {source} at {recorded_at}");
        if expected.is_ok_and(|a| a.stored == 1) {
            log.push(Statement { observation: row, origin: source.into(), recorded_at });
        }
    }
    for (valid, recorded) in (1..=3).flat_map(|valid| (1..=20).map(move |recorded| (day(valid), day(recorded)))) {
        let mut expected: Vec<Statement> = Vec::new();
        let mut seen: Vec<&Statement> = log.iter().filter(|s| s.observation.observed_at <= valid && s.recorded_at <= recorded).collect();
        seen.sort_by_key(|s| (Key::from(&s.observation), s.recorded_at, s.origin.source.clone()));
        for s in seen {
            if expected.last().is_some_and(|last| Key::from(&last.observation) == Key::from(&s.observation)) {
                expected.pop();
            }
            expected.push(s.clone());
        }
        assert_eq!(all(store, as_of(valid, recorded)).await, expected, "as of {valid}, recorded {recorded}");
    }
}
