//! Of [`WebhookStore`].

use std::collections::BTreeSet;
use std::time::Duration;

use fanpulse_core::Instant;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{account, all_pages, day, random};
use crate::{
    Account, AccountId, AccountStore, Attempt, AttemptOutcome, Delivery, DeliveryFilter, DeliveryId, DeliveryState, ErrorKind, Webhook,
    WebhookEvent, WebhookId, WebhookStore,
};

/// Checks an adapter of [`WebhookStore`]; `open` gives an empty store, with a key, each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn webhooks<S: AccountStore + WebhookStore>(open: impl AsyncFn() -> S) {
    a_webhook_belongs_to_its_account(&open().await).await;
    an_event_is_told_once_to_those_that_take_it(&open().await).await;
    an_attempt_has_its_delivery_for_a_while(&open().await).await;
    a_delivery_goes_on_until_it_ends(&open().await).await;
    a_delivery_is_told_again(&open().await).await;
    deliveries_are_filtered_paged_and_trimmed(&open().await).await;
    deliveries_go_with_their_webhook_and_account(&open().await).await;
}

const LEASE: Duration = Duration::from_hours(24);

fn webhook(number: u8, of: &Account, events: &[&str]) -> Webhook {
    Webhook {
        id: WebhookId::new(day(1), random(number)),
        account: of.id,
        url: format!("https://low-tide.example/hooks/{number}"),
        secret: SecretString::from(format!("whsec_{number}")),
        events: events.iter().map(|&kind| kind.to_owned()).collect(),
        is_active: true,
        created_at: day(1),
        version: 1,
    }
}

fn event(of: &Account, key: &str, kind: &str) -> WebhookEvent {
    WebhookEvent { account: of.id, key: key.to_owned(), kind: kind.to_owned(), payload: json!({"title": "Ébène", "of": [1, null]}) }
}

/// Everything of a webhook, its secret included.
fn plain(w: &Webhook) -> String {
    format!("{w:?} {}", w.secret.expose_secret())
}

async fn two_accounts(store: &impl AccountStore) -> (Account, Account) {
    let (a, b) = (account(1), account(2));
    store.add_account(&a).await.expect("an account");
    store.add_account(&b).await.expect("an account");
    (a, b)
}

async fn all(store: &impl WebhookStore, filter: &DeliveryFilter) -> Vec<Delivery> {
    all_pages(2, async |page| store.deliveries(filter, &page).await).await
}

async fn publish(store: &impl WebhookStore, event: &WebhookEvent, on: u32) -> Vec<DeliveryId> {
    store.publish(event, day(on)).await.expect("an event")
}

async fn a_webhook_belongs_to_its_account<S: AccountStore + WebhookStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    let (first, second) = (webhook(1, &a, &["alert.raised", "score.computed"]), webhook(2, &a, &[]));
    for w in [&first, &second, &webhook(3, &b, &[])] {
        store.add_webhook(w).await.expect("a webhook");
    }
    assert!(!format!("{first:?}").contains("whsec"), "a secret is printed");
    let found = async |account: AccountId| store.webhook(account, first.id).await.expect("a query").as_ref().map(plain);
    assert_eq!((found(a.id).await, found(b.id).await), (Some(plain(&first)), None));
    for refused in [&first, &webhook(4, &account(9), &[])] {
        assert_eq!(store.add_webhook(refused).await.expect_err("a conflict").kind(), ErrorKind::Conflict);
    }
    let long = format!("https://{}", "x".repeat(2000));
    for url in ["", "low-tide.example", "ftp://low-tide.example", "https://", "https://a b", &long] {
        let e = store.add_webhook(&Webhook { url: url.to_owned(), ..webhook(5, &a, &[]) }).await.expect_err("no URL");
        assert_eq!(e.kind(), ErrorKind::Invalid, "{e}");
    }
    for kind in ["", "a b"] {
        assert_eq!(store.add_webhook(&webhook(5, &a, &[kind])).await.expect_err("no kind").kind(), ErrorKind::Invalid);
    }
    for limit in [1, 2, 3] {
        let all = all_pages(limit, async |page| store.webhooks(a.id, &page).await).await;
        assert_eq!(all.iter().map(plain).collect::<Vec<_>>(), [plain(&first), plain(&second)]);
    }
    let changed = Webhook { secret: SecretString::from("whsec_new"), is_active: false, events: BTreeSet::new(), ..first.clone() };
    assert_eq!(store.update_webhook(&changed).await.expect("an update"), 2);
    assert_eq!(store.update_webhook(&first).await.expect_err("stale").kind(), ErrorKind::Conflict);
    assert_eq!(found(a.id).await, Some(plain(&Webhook { version: 2, ..changed.clone() })));
    let stolen = Webhook { account: b.id, version: 2, ..changed };
    assert_eq!(store.update_webhook(&stolen).await.expect_err("another account's").kind(), ErrorKind::NotFound);
    assert!(!store.remove_webhook(b.id, first.id).await.expect("a removal"));
    assert!(store.remove_webhook(a.id, first.id).await.expect("a removal"));
    assert!(!store.remove_webhook(a.id, first.id).await.expect("a removal"));
}

async fn an_event_is_told_once_to_those_that_take_it<S: AccountStore + WebhookStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    let (all_kinds, one_kind, other_kind) = (webhook(1, &a, &[]), webhook(2, &a, &["alert.raised"]), webhook(3, &a, &["alert"]));
    let off = Webhook { is_active: false, ..webhook(4, &a, &[]) };
    for w in [&all_kinds, &one_kind, &other_kind, &off, &webhook(5, &b, &[])] {
        store.add_webhook(w).await.expect("a webhook");
    }
    let told = event(&a, "alert/7", "alert.raised");
    let new = publish(store, &told, 3).await;
    assert_eq!(new.len(), 2);
    assert_eq!(publish(store, &told, 3).await, []);
    assert_eq!(publish(store, &told, 4).await, [], "later");
    assert_eq!(publish(store, &event(&a, "alert/8", "score.computed"), 4).await.len(), 1);
    assert_eq!(publish(store, &event(&b, "alert/7", "alert.raised"), 4).await.len(), 1, "another account's key");
    let expected = Delivery {
        id: new[1],
        webhook: one_kind.id,
        event: told,
        state: DeliveryState::Pending,
        attempt: 0,
        next_at: Some(day(3)),
        created_at: day(3),
        ended_at: None,
    };
    assert_eq!(store.delivery(a.id, new[1]).await.expect("a query"), Some(expected));
    assert_eq!(store.delivery(b.id, new[1]).await.expect("a query"), None);
    let refused = [event(&a, "", "k"), event(&a, &"x".repeat(201), "k"), event(&a, "x", ""), event(&a, "x", "a b")];
    for refused in refused {
        assert_eq!(store.publish(&refused, day(3)).await.expect_err("refused").kind(), ErrorKind::Invalid);
    }
}

async fn claim(store: &impl WebhookStore, limit: u32, now: Instant) -> Vec<(DeliveryId, u32)> {
    let claimed = store.claim_deliveries(limit, LEASE, now).await.expect("deliveries");
    claimed.iter().map(|d| (d.id, d.attempt)).collect()
}

async fn an_attempt_has_its_delivery_for_a_while<S: AccountStore + WebhookStore>(store: &S) {
    let (a, _) = two_accounts(store).await;
    let hook = webhook(1, &a, &[]);
    store.add_webhook(&hook).await.expect("a webhook");
    let mut ids = Vec::new();
    for on in [3, 4, 5] {
        ids.extend(publish(store, &event(&a, &format!("e{on}"), "k"), on).await);
    }
    assert_eq!(claim(store, 9, day(2)).await, []);
    assert_eq!(claim(store, 1, day(4)).await, [(ids[0], 1)], "due for longest");
    assert_eq!(claim(store, 9, day(4)).await, [(ids[1], 1)]);
    // Nobody heard of either again; the third is new.
    assert_eq!(claim(store, 9, day(5)).await, [(ids[0], 2), (ids[1], 2), (ids[2], 1)]);
    let delivered = AttemptOutcome::Delivered { status: 204 };
    let e = store.settle_delivery(ids[0], 1, &delivered, day(5)).await.expect_err("taken over");
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("attempt 2"), "{e}");
    store.settle_delivery(ids[0], 2, &delivered, day(5)).await.expect("a settlement");
    let e = store.settle_delivery(ids[0], 2, &delivered, day(5)).await.expect_err("settled already");
    assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
    let nothing = DeliveryId::new(day(1), random(99));
    assert_eq!(store.settle_delivery(nothing, 1, &delivered, day(5)).await.expect_err("none").kind(), ErrorKind::NotFound);
    // What is switched off waits.
    store.update_webhook(&Webhook { is_active: false, ..hook.clone() }).await.expect("an update");
    assert_eq!(claim(store, 9, day(20)).await, []);
    store.update_webhook(&Webhook { version: 2, ..hook }).await.expect("an update");
    assert_eq!(claim(store, 9, day(20)).await, [(ids[1], 3), (ids[2], 2)]);
}

async fn a_delivery_goes_on_until_it_ends<S: AccountStore + WebhookStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    store.add_webhook(&webhook(1, &a, &[])).await.expect("a webhook");
    let id = publish(store, &event(&a, "e", "k"), 3).await[0];
    let never = AttemptOutcome::Delivered { status: 200 };
    assert_eq!(store.settle_delivery(id, 0, &never, day(3)).await.expect_err("none has begun").kind(), ErrorKind::Conflict);
    assert_eq!(claim(store, 9, day(3)).await, [(id, 1)]);
    let again = AttemptOutcome::Again { status: None, error: "no answer in 10 s".to_owned(), at: day(6) };
    store.settle_delivery(id, 1, &again, day(4)).await.expect("a settlement");
    assert_eq!(claim(store, 9, day(5)).await, []);
    assert_eq!(claim(store, 9, day(6)).await, [(id, 2)]);
    let given_up = AttemptOutcome::GivenUp { status: Some(410), error: "gone".to_owned() };
    store.settle_delivery(id, 2, &given_up, day(6)).await.expect("a settlement");
    let found = store.delivery(a.id, id).await.expect("a query").expect("the delivery");
    assert_eq!((found.state, found.attempt, found.next_at, found.ended_at), (DeliveryState::Failed, 2, None, Some(day(6))));
    assert_eq!(claim(store, 9, day(31)).await, []);
    let attempts = [
        Attempt { number: 1, at: day(4), status: None, error: Some("no answer in 10 s".to_owned()) },
        Attempt { number: 2, at: day(6), status: Some(410), error: Some("gone".to_owned()) },
    ];
    assert_eq!(store.attempts(a.id, id).await.expect("a query"), attempts);
    assert_eq!(store.attempts(b.id, id).await.expect("a query"), []);
}

async fn a_delivery_is_told_again<S: AccountStore + WebhookStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    store.add_webhook(&webhook(1, &a, &[])).await.expect("a webhook");
    let id = publish(store, &event(&a, "e", "k"), 3).await[0];
    claim(store, 9, day(3)).await;
    assert_eq!(store.replay_delivery(b.id, id, day(3)).await.expect_err("another account's").kind(), ErrorKind::NotFound);
    // Somebody was at it.
    store.replay_delivery(a.id, id, day(3)).await.expect("a replay");
    let delivered = AttemptOutcome::Delivered { status: 200 };
    assert_eq!(store.settle_delivery(id, 1, &delivered, day(3)).await.expect_err("replayed").kind(), ErrorKind::Conflict);
    let claimed = claim(store, 9, day(3)).await;
    assert_eq!(claimed.len(), 1);
    store.settle_delivery(id, claimed[0].1, &delivered, day(4)).await.expect("a settlement");
    store.replay_delivery(a.id, id, day(5)).await.expect("a replay");
    let found = store.delivery(a.id, id).await.expect("a query").expect("the delivery");
    assert_eq!((found.state, found.next_at, found.ended_at), (DeliveryState::Pending, Some(day(5)), None));
    let last = claim(store, 9, day(5)).await[0].1;
    store.settle_delivery(id, last, &delivered, day(6)).await.expect("a settlement");
    let numbers: Vec<u32> = store.attempts(a.id, id).await.expect("a query").iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [claimed[0].1, last]);
}

async fn deliveries_are_filtered_paged_and_trimmed<S: AccountStore + WebhookStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    let (first, second) = (webhook(1, &a, &["k"]), webhook(2, &a, &["l"]));
    for w in [&first, &second, &webhook(3, &b, &[])] {
        store.add_webhook(w).await.expect("a webhook");
    }
    let mut ids = Vec::new();
    for (on, kind) in [(3, "k"), (4, "l"), (5, "k"), (6, "l"), (7, "k")] {
        ids.extend(publish(store, &event(&a, &format!("e{on}"), kind), on).await);
        publish(store, &event(&b, &format!("e{on}"), kind), on).await;
    }
    for (id, attempt) in claim(store, 4, day(7)).await {
        store.settle_delivery(id, attempt, &AttemptOutcome::Delivered { status: 200 }, day(8)).await.expect("a settlement");
    }
    let of = DeliveryFilter::of(a.id);
    let cases = [
        (of.clone(), vec![4, 3, 2, 1, 0]),
        (DeliveryFilter { webhook: Some(first.id), ..of.clone() }, vec![4, 2, 0]),
        (DeliveryFilter { state: Some(DeliveryState::Delivered), ..of.clone() }, vec![1, 0]),
        (DeliveryFilter { webhook: Some(second.id), state: Some(DeliveryState::Pending), ..of.clone() }, vec![3]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<DeliveryId> = expected.into_iter().map(|i: usize| ids[i]).collect();
        assert_eq!(all(store, &filter).await.iter().map(|d| d.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    // Two of each account ended; what is pending stays.
    for (before, limit, gone) in [(8, 9, 0), (9, 3, 3), (31, 9, 1), (31, 9, 0)] {
        assert_eq!(store.trim_deliveries(day(before), limit).await.expect("a removal"), gone, "before day {before}");
    }
    assert_eq!(all(store, &of).await.len(), 3);
}

async fn deliveries_go_with_their_webhook_and_account<S: AccountStore + WebhookStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    let (first, second) = (webhook(1, &a, &[]), webhook(2, &b, &[]));
    for w in [&first, &second] {
        store.add_webhook(w).await.expect("a webhook");
    }
    let ids = [publish(store, &event(&a, "e", "k"), 3).await[0], publish(store, &event(&b, "e", "k"), 3).await[0]];
    for (id, attempt) in claim(store, 9, day(3)).await {
        store.settle_delivery(id, attempt, &AttemptOutcome::Delivered { status: 200 }, day(3)).await.expect("a settlement");
    }
    assert!(store.remove_webhook(a.id, first.id).await.expect("a removal"));
    assert!(store.remove_account(b.id).await.expect("a removal"));
    for (account, id) in [(&a, ids[0]), (&b, ids[1])] {
        assert_eq!(store.delivery(account.id, id).await.expect("a query"), None);
        assert_eq!(store.attempts(account.id, id).await.expect("a query"), []);
    }
    assert!(store.webhook(b.id, second.id).await.expect("a query").is_none());
}
