//! Of [`FanEventStore`].

use fanpulse_core::Day;
use fanpulse_core::ingest::{Dataset, FanEvent, FanEventKind};

use super::{artist, day, two_labels};
use crate::{AccountId, AccountStore, Appended, Artist, ArtistStore, ErrorKind, FanEventFilter, FanEventStore, load_fan_events};

/// Checks an adapter of [`FanEventStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn fan_events<S: AccountStore + ArtistStore + FanEventStore>(open: impl AsyncFn() -> S) {
    events_come_back_in_the_engines_columns(&open().await).await;
    a_batch_counts_once(&open().await).await;
    a_refused_batch_leaves_nothing(&open().await).await;
    only_the_days_asked_for_are_seen(&open().await).await;
    a_fan_is_erased(&open().await).await;
    events_go_with_their_artist_and_account(&open().await).await;
    batches_are_of_whole_artists(&open().await).await;
}

fn event(of: &Artist, fan: &str, on: u32, kind: FanEventKind) -> FanEvent {
    FanEvent {
        artist_id: of.id.to_string(),
        fan_id: fan.to_owned(),
        occurred_at: day(on),
        kind,
        count: None,
        amount: None,
        seconds: None,
        currency: None,
    }
}

fn table(events: &[FanEvent]) -> Dataset {
    let mut data = Dataset::default();
    for e in events {
        data.push_fan_event(e).expect("an event");
    }
    data
}

fn stored(stored: u64) -> Appended {
    Appended { stored, repeated: 0 }
}

/// What the rows of a table say, sorted: their order means nothing.
fn said(data: &Dataset) -> Vec<String> {
    let t = data.fan_events();
    let row = |i: usize| {
        let currency = t.currency.and_then(|c| c.names.get(usize::from(c.code[i])));
        format!(
            "{:?} {:?} {} {} {:?} {:?} {:?} {currency:?}",
            data.artists.get(t.artist[i]),
            data.fans.get(t.fan[i]),
            t.day[i],
            t.kind[i],
            t.count.map_or(1, |c| c[i]),
            t.amount.map(|c| c[i]).filter(|v| !v.is_nan()),
            t.seconds.map(|c| c[i]).filter(|v| !v.is_nan()),
        )
    };
    let mut rows: Vec<String> = (0..t.len()).map(row).collect();
    rows.sort();
    rows
}

async fn all(store: &impl FanEventStore, filter: &FanEventFilter) -> Vec<String> {
    let mut data = Dataset::default();
    let rows = load_fan_events(store, filter, &mut data).await.expect("fan events");
    assert_eq!(rows, data.fan_events.len() as u64);
    said(&data)
}

async fn append(store: &impl FanEventStore, account: AccountId, events: &[FanEvent]) -> Appended {
    store.append_fan_events(account, day(20), &table(events)).await.expect("the rows are appended")
}

async fn events_come_back_in_the_engines_columns<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let second = artist(3, &a, "Spring Tide");
    store.add_artist(&second).await.expect("an artist");
    let sold = FanEvent { amount: Some(9.99), currency: Some("EUR".to_owned()), ..event(&x, "fan é", 3, FanEventKind::Purchase) };
    let events = [
        event(&x, "fan 2", 5, FanEventKind::Stream),
        FanEvent { count: Some(u32::MAX), seconds: Some(187.25), ..event(&x, "fan 10", 5, FanEventKind::Stream) },
        FanEvent { amount: Some(0.1 + 0.2), currency: Some("USD".to_owned()), ..sold.clone() },
        sold,
        // Without a currency, of nothing, and the same twice.
        FanEvent { amount: Some(0.0), count: Some(0), ..event(&second, "fan 2", 1, FanEventKind::Ticket) },
        event(&second, "fan 2", 5, FanEventKind::Follow),
        event(&second, "fan 2", 5, FanEventKind::Follow),
    ];
    assert_eq!(append(store, a.id, &events).await, stored(7));
    assert_eq!(append(store, b.id, &[event(&y, "fan 2", 5, FanEventKind::Stream)]).await, stored(1));
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await, said(&table(&events)));
    let of_one = FanEventFilter { artist: Some(second.id), ..FanEventFilter::of(a.id) };
    assert_eq!(all(store, &of_one).await, said(&table(&events[4..])));
    let foreign = FanEventFilter { artist: Some(y.id), ..FanEventFilter::of(a.id) };
    assert_eq!(all(store, &foreign).await, Vec::<String>::new());
    assert_eq!(append(store, a.id, &[]).await, stored(0));
}

async fn a_batch_counts_once<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let mut events: Vec<FanEvent> = (1..=9).map(|n| event(&x, &format!("fan {n}"), n, FanEventKind::Like)).collect();
    assert_eq!(append(store, a.id, &events).await, stored(9));
    events.reverse();
    assert_eq!(append(store, a.id, &events).await, Appended { stored: 0, repeated: 9 }, "in another order");
    // A batch that shares rows with it is another one.
    assert_eq!(append(store, a.id, &events[..8]).await, stored(8));
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await.len(), 17);
    let others: Vec<FanEvent> = (1..=9).map(|n| event(&y, &format!("fan {n}"), n, FanEventKind::Like)).collect();
    assert_eq!(append(store, b.id, &others).await, stored(9));
}

async fn a_refused_batch_leaves_nothing<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, x), (_, y)] = two_labels(store).await;
    let good = event(&x, "fan", 3, FanEventKind::Stream);
    let with = |bad: FanEvent| table(&[good.clone(), bad]);
    let changed = |change: fn(&mut Dataset)| {
        let mut data = with(FanEvent { seconds: Some(1.0), amount: Some(1.0), ..good.clone() });
        change(&mut data);
        data
    };
    let cases = [
        (with(FanEvent { artist_id: y.id.to_string(), ..good.clone() }), ErrorKind::Conflict, "has no artist"),
        (with(FanEvent { artist_id: "low-tide".to_owned(), ..good.clone() }), ErrorKind::Invalid, "row 1: `low-tide`"),
        (with(FanEvent { fan_id: String::new(), ..good.clone() }), ErrorKind::Invalid, "row 1: fan_id is empty"),
        (changed(|d| d.fan_events.amount[1] = -1.0), ErrorKind::Invalid, "row 1: amount is -1, outside 0 to"),
        (changed(|d| d.fan_events.seconds[1] = f64::INFINITY), ErrorKind::Invalid, "row 1: seconds is inf"),
        (changed(|d| d.fan_events.kind[1] = 9), ErrorKind::Invalid, "row 1: kind 9"),
        (changed(|d| d.fan_events.day[1] = i32::MAX), ErrorKind::Invalid, "row 1: "),
        (changed(|d| d.fan_events.fan[1] = 7), ErrorKind::Invalid, "row 1: fan 7 is not one of 1"),
        (changed(|d| d.fan_events.artist[1] = 7), ErrorKind::Invalid, "row 1: artist 7 is not one of 1"),
        (changed(|d| d.fan_events.day.truncate(1)), ErrorKind::Invalid, "column `day` has 1 rows"),
        (changed(|d| d.fan_events.amount.truncate(1)), ErrorKind::Invalid, "column `amount` has 1 rows"),
    ];
    for (data, kind, says) in cases {
        let e = store.append_fan_events(a.id, day(20), &data).await.expect_err("a bad batch");
        assert!(e.kind() == kind && e.message().contains(says), "{e} instead of {says}");
    }
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await, Vec::<String>::new());
    assert_eq!(append(store, a.id, &[good]).await, stored(1), "no refused batch is remembered");
}

async fn only_the_days_asked_for_are_seen<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, x), _] = two_labels(store).await;
    let events: Vec<FanEvent> = (1..=20).map(|n| event(&x, &format!("fan {n}"), n, FanEventKind::Save)).collect();
    append(store, a.id, &events[..10]).await;
    append(store, a.id, &events[10..]).await;
    let of = |n: u32| Some(Day::from_ymd(2026, 1, n).expect("a day"));
    for (from, until, expected) in [(None, of(7), 0..7), (of(7), None, 6..20), (of(9), of(12), 8..12), (of(12), of(9), 0..0)] {
        let filter = FanEventFilter { from, until, ..FanEventFilter::of(a.id) };
        let mut data = Dataset::default();
        load_fan_events(store, &filter, &mut data).await.expect("fan events");
        assert_eq!(said(&data), said(&table(&events[expected])), "{from:?} to {until:?}");
        assert_eq!(data.fans.len(), data.fan_events.len(), "a fan of another day has a code");
    }
}

async fn a_fan_is_erased<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let second = artist(3, &a, "Spring Tide");
    store.add_artist(&second).await.expect("an artist");
    let of = |artist: &Artist| -> Vec<FanEvent> {
        let fans = ["anna", "berta", "carl"];
        (1..=9).map(|n| event(artist, fans[n as usize % 3], n, FanEventKind::Comment)).collect()
    };
    append(store, a.id, &of(&x)).await;
    append(store, a.id, &of(&second)).await;
    append(store, a.id, &of(&x)[..5]).await;
    append(store, b.id, &of(&y)).await;
    assert_eq!(store.erase_fan(a.id, "berta").await.expect("an erasure"), 8);
    assert_eq!(store.erase_fan(a.id, "berta").await.expect("an erasure"), 0);
    assert_eq!(store.erase_fan(a.id, "ber").await.expect("an erasure"), 0);
    let left: Vec<FanEvent> = [of(&x), of(&second), of(&x)[..5].to_vec()].concat().into_iter().filter(|e| e.fan_id != "berta").collect();
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await, said(&table(&left)));
    assert_eq!(all(store, &FanEventFilter::of(b.id)).await, said(&table(&of(&y))), "another account's fan");
    // Repeating what told of the fan does not bring it back.
    assert_eq!(append(store, a.id, &of(&x)).await, Appended { stored: 0, repeated: 9 });
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await.len(), left.len());

    assert_eq!(store.erase_fan_events(a.id).await.expect("an erasure"), left.len() as u64);
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await, Vec::<String>::new());
    assert_eq!(append(store, a.id, &of(&x)).await, stored(9), "all is forgotten");
    assert_eq!(all(store, &FanEventFilter::of(b.id)).await.len(), 9);
}

async fn events_go_with_their_artist_and_account<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    for (of, artist) in [(&a, &x), (&b, &y)] {
        append(store, of.id, &[event(artist, "fan", 3, FanEventKind::Share)]).await;
    }
    assert!(store.remove_artist(a.id, x.id).await.expect("a removal"));
    assert_eq!(all(store, &FanEventFilter::of(a.id)).await, Vec::<String>::new());
    assert!(store.remove_account(b.id).await.expect("a removal"));
    assert_eq!(all(store, &FanEventFilter::of(b.id)).await, Vec::<String>::new());
    store.add_account(&b).await.expect("an account");
    store.add_artist(&y).await.expect("an artist");
    assert_eq!(append(store, b.id, &[event(&y, "fan", 3, FanEventKind::Share)]).await, stored(1), "its batches are forgotten");
}

async fn batches_are_of_whole_artists<S: AccountStore + ArtistStore + FanEventStore>(store: &S) {
    let [(a, _), _] = two_labels(store).await;
    let mut data = Dataset::default();
    for number in 10..16 {
        let artist = artist(number, &a, "Tide");
        store.add_artist(&artist).await.expect("an artist");
        for n in 0..60_000 {
            let e = event(&artist, &format!("fan {}", n % 7000), 1 + n % 28, FanEventKind::Stream);
            data.push_fan_event(&e).expect("an event");
        }
    }
    let appended = store.append_fan_events(a.id, day(20), &data).await.expect("the rows are appended");
    assert_eq!(appended, stored(360_000));
    let (mut after, mut seen, mut batches) = (None, Vec::new(), 0);
    loop {
        let batch = store.fan_events(&FanEventFilter::of(a.id), after.as_ref()).await.expect("a batch");
        assert!(batch.data.fan_events.artist.is_sorted(), "rows by artist");
        for id in batch.data.artists.iter() {
            let code = batch.data.artists.code(id);
            seen.push((id.to_owned(), batch.data.fan_events.artist.iter().filter(|a| Some(**a) == code).count()));
        }
        batches += 1;
        match batch.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert!(batches > 1 && seen.len() == 6 && seen.is_sorted() && seen.iter().all(|s| s.1 == 60_000), "{batches} batches of {seen:?}");
    let e = store.fan_events(&FanEventFilter::of(a.id), Some(&"nonsense".parse().expect("any text"))).await.expect_err("a foreign cursor");
    assert_eq!(e.kind(), ErrorKind::Invalid);
}
