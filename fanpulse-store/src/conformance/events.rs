//! Of [`EventStore`].

use std::num::NonZeroUsize;

use serde_json::json;

use super::{account, day, two_labels};
use crate::{AccountId, AccountStore, ArtistStore, ErrorKind, Event, EventStore, NewEvent, Tail};

/// Checks an adapter of [`EventStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn events<S: AccountStore + ArtistStore + EventStore>(open: impl AsyncFn() -> S) {
    what_is_appended_is_read_in_its_order(&open().await).await;
    whoever_comes_back_goes_on_where_they_were(&open().await).await;
    what_was_trimmed_is_said_to_be_missed(&open().await).await;
    events_go_with_their_account(&open().await).await;
    what_is_out_of_range_is_refused(&open().await).await;
}

fn event(account: AccountId, number: u32) -> NewEvent {
    NewEvent { account, kind: "alert.fired".to_owned(), payload: json!({ "number": number, "name": "é \u{1f3b5} \u{0} \"'\n" }) }
}

async fn append(store: &impl EventStore, account: AccountId, numbers: std::ops::RangeInclusive<u32>, on: u32) -> Vec<Event> {
    let events: Vec<NewEvent> = numbers.map(|number| event(account, number)).collect();
    store.append_events(&events, day(on)).await.expect("events are appended")
}

async fn after(store: &impl EventStore, account: AccountId, after: u64, limit: usize) -> Tail {
    store.events(account, after, NonZeroUsize::new(limit).expect("a limit above 0")).await.expect("a query")
}

fn missed(until: u64) -> Tail {
    Tail { missed_until: Some(until), events: Vec::new() }
}

async fn what_is_appended_is_read_in_its_order(store: &(impl AccountStore + ArtistStore + EventStore)) {
    let [(a, _), (b, _)] = two_labels(store).await;
    assert_eq!(after(store, a.id, 0, 10).await, Tail::default());
    assert_eq!(store.last_events(&[a.id, b.id]).await.expect("a query"), []);
    let mixed = [event(b.id, 1), event(a.id, 2), event(b.id, 3)];
    let appended = store.append_events(&mixed, day(3)).await.expect("events are appended");
    assert_eq!(appended.iter().map(|e| (e.account, e.id)).collect::<Vec<_>>(), [(b.id, 1), (a.id, 1), (b.id, 2)]);
    for (appended, NewEvent { account, kind, payload }) in appended.iter().zip(mixed) {
        assert_eq!((&appended.account, &appended.kind, &appended.payload, appended.recorded_at), (&account, &kind, &payload, day(3)));
    }
    assert_eq!(after(store, b.id, 0, 10).await, Tail { missed_until: None, events: vec![appended[0].clone(), appended[2].clone()] });
    assert_eq!(after(store, a.id, 0, 10).await.events, [appended[1].clone()]);
    assert_eq!(append(store, a.id, 4..=5, 4).await.iter().map(|e| e.id).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(store.append_events(&[], day(4)).await.expect("nothing"), []);
    let mut last = store.last_events(&[b.id, a.id, account(9).id]).await.expect("a query");
    last.sort_unstable();
    assert_eq!(last, [(a.id, 3), (b.id, 2)]);
}

async fn whoever_comes_back_goes_on_where_they_were(store: &(impl AccountStore + ArtistStore + EventStore)) {
    let [(a, _), _] = two_labels(store).await;
    let all = append(store, a.id, 1..=50, 3).await;
    for from in [0, 1, 17, 48, 49, 50_usize] {
        for limit in [1, 7, 100] {
            let (mut heard, mut at) = (Vec::new(), from as u64);
            loop {
                let tail = after(store, a.id, at, limit).await;
                assert!(tail.missed_until.is_none() && tail.events.len() <= limit);
                let Some(last) = tail.events.last() else { break };
                at = last.id;
                heard.extend(tail.events);
            }
            assert_eq!(heard, all[from..], "after {from} in parts of {limit}");
        }
    }
    // A number that this account never had: of another database, or made up.
    for unknown in [51, 1_000_000, u64::MAX] {
        assert_eq!(after(store, a.id, unknown, 10).await, missed(50));
    }
}

async fn what_was_trimmed_is_said_to_be_missed(store: &(impl AccountStore + ArtistStore + EventStore)) {
    let [(a, _), (b, _)] = two_labels(store).await;
    append(store, a.id, 1..=10, 3).await;
    append(store, b.id, 1..=4, 4).await;
    let late = append(store, a.id, 11..=20, 5).await;
    assert_eq!(store.trim_events(day(3), 100).await.expect("a trim"), 0);
    assert_eq!(store.trim_events(day(5), 6).await.expect("a trim"), 6, "the oldest first");
    assert_eq!(after(store, a.id, 6, 1).await.missed_until, None);
    assert_eq!(after(store, a.id, 5, 1).await.missed_until, Some(6));
    assert_eq!(store.trim_events(day(5), 100).await.expect("a trim"), 8);
    assert_eq!(after(store, a.id, 7, 100).await, Tail { missed_until: Some(10), events: late.clone() });
    assert_eq!(after(store, a.id, 10, 100).await, Tail { missed_until: None, events: late });
    assert_eq!(after(store, b.id, 2, 100).await, missed(4));
    assert_eq!(after(store, b.id, 4, 100).await, Tail::default());
    let next = append(store, b.id, 5..=5, 6).await;
    assert_eq!(next[0].id, 5, "numbers go on");
    assert_eq!(after(store, b.id, 2, 100).await, Tail { missed_until: Some(4), events: next });
    // One that another clock recorded before, though its number is greater: what lies before it goes with it.
    append(store, a.id, 21..=22, 2).await;
    assert_eq!(store.trim_events(day(3), 100).await.expect("a trim"), 12);
    assert_eq!(after(store, a.id, 12, 100).await, missed(22));
}

async fn events_go_with_their_account(store: &(impl AccountStore + ArtistStore + EventStore)) {
    let [(a, _), (b, _)] = two_labels(store).await;
    append(store, a.id, 1..=3, 3).await;
    append(store, b.id, 1..=3, 3).await;
    assert!(store.remove_account(a.id).await.expect("a removal"));
    assert_eq!(after(store, a.id, 0, 10).await, Tail::default());
    assert_eq!(after(store, b.id, 0, 10).await.events.len(), 3);
    let e = store.append_events(&[event(b.id, 4), event(a.id, 4)], day(3)).await.expect_err("there is no such account");
    assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
    assert_eq!(append(store, b.id, 4..=4, 3).await[0].id, 4, "all or none, and no number is lost");
}

async fn what_is_out_of_range_is_refused(store: &(impl AccountStore + ArtistStore + EventStore)) {
    let [(a, _), _] = two_labels(store).await;
    let of_kind = |kind: &str| NewEvent { kind: kind.to_owned(), ..event(a.id, 1) };
    let long = NewEvent { payload: json!("x".repeat(65_535)), ..event(a.id, 1) };
    let cases = [
        (of_kind(""), "event 1: kind \"\""),
        (of_kind(&"k".repeat(101)), "1 to 100"),
        (of_kind("two\nlines"), "\"two\\nlines\""),
        (of_kind("é"), "`~`"),
        (long, "65537 bytes"),
    ];
    for (wrong, says) in cases {
        let e = store.append_events(&[event(a.id, 1), wrong], day(3)).await.expect_err("out of range");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains(says), "{e}");
    }
    let longest = NewEvent { payload: json!("x".repeat(65_534)), kind: "k".repeat(100), ..event(a.id, 1) };
    store.append_events(std::slice::from_ref(&longest), day(3)).await.expect("the longest");
    assert_eq!(after(store, a.id, 0, 10).await.events[0].payload, longest.payload, "nothing was appended before");
}
