//! Of [`AuditStore`].

use std::num::NonZeroUsize;

use super::{account, all_pages, day, random};
use crate::{Account, AccountStore, Actor, ApiKeyId, AuditEntry, AuditFilter, AuditId, AuditStore, ErrorKind, PageRequest, UserId};

/// Checks an adapter of [`AuditStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn audit<S: AccountStore + AuditStore>(open: impl AsyncFn() -> S) {
    what_was_done_is_kept_and_found(&open().await).await;
    a_refused_call_leaves_nothing(&open().await).await;
    old_entries_are_trimmed(&open().await).await;
}

fn entry(number: u8, of: &Account, actor: Actor, action: &str) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(day(number.into()), random(number)),
        account: of.id,
        at: day(number.into()),
        actor,
        action: action.to_owned(),
        subject: Some(format!("artist {}", number % 2)),
        address: None,
        details: serde_json::json!({"name": ["Low Tide", "Ébène"], "n": number}),
    }
}

async fn all(store: &impl AuditStore, filter: &AuditFilter) -> Vec<AuditEntry> {
    all_pages(2, async |page| store.audit_log(filter, &page).await).await
}

async fn two_accounts(store: &impl AccountStore) -> (Account, Account) {
    let (a, b) = (account(1), account(2));
    store.add_account(&a).await.expect("an account");
    store.add_account(&b).await.expect("an account");
    (a, b)
}

async fn what_was_done_is_kept_and_found<S: AccountStore + AuditStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    let (user, key) = (Actor::User(UserId::new(day(1), random(7))), Actor::ApiKey(ApiKeyId::new(day(1), random(7))));
    let entries = [
        entry(1, &a, user, "artist.add"),
        AuditEntry { subject: None, address: Some("2001:db8::7".to_owned()), ..entry(2, &a, key, "sign_in") },
        entry(3, &a, user, "artist.remove"),
        entry(4, &a, Actor::System, "artist.remove"),
    ];
    store.record_audit(&entries[..2]).await.expect("entries");
    store.record_audit(&entries[2..]).await.expect("entries");
    store.record_audit(&[entry(5, &b, user, "artist.add")]).await.expect("entries");
    store.record_audit(&[]).await.expect("nothing");
    let of = AuditFilter::of(a.id);
    let cases = [
        (of.clone(), vec![3, 2, 1, 0]),
        (AuditFilter { actor: Some(user), ..of.clone() }, vec![2, 0]),
        (AuditFilter { actor: Some(Actor::System), ..of.clone() }, vec![3]),
        (AuditFilter { action: Some("artist.remove".to_owned()), ..of.clone() }, vec![3, 2]),
        (AuditFilter { subject: Some("artist 1".to_owned()), ..of.clone() }, vec![2, 0]),
        (AuditFilter { from: Some(day(2)), until: Some(day(3)), ..of.clone() }, vec![2, 1]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<AuditEntry> = expected.into_iter().map(|i: usize| entries[i].clone()).collect();
        assert_eq!(all(store, &filter).await, expected, "{filter:?}");
    }
    let request = PageRequest { limit: NonZeroUsize::MIN, after: Some("nonsense".parse().expect("any text")) };
    assert_eq!(store.audit_log(&of, &request).await.expect_err("a foreign cursor").kind(), ErrorKind::Invalid);
    assert!(store.remove_account(b.id).await.expect("a removal"));
    assert_eq!(all(store, &AuditFilter::of(b.id)).await, []);
    assert_eq!(all(store, &of).await.len(), 4);
}

async fn a_refused_call_leaves_nothing<S: AccountStore + AuditStore>(store: &S) {
    let (a, _) = two_accounts(store).await;
    let good = entry(1, &a, Actor::System, "sync");
    let other = entry(2, &a, Actor::System, "sync");
    let cases = [
        (AuditEntry { action: String::new(), ..other.clone() }, ErrorKind::Invalid),
        (AuditEntry { action: "x".repeat(101), ..other.clone() }, ErrorKind::Invalid),
        (AuditEntry { subject: Some(" ".to_owned()), ..other.clone() }, ErrorKind::Invalid),
        (AuditEntry { address: Some("x".repeat(101)), ..other.clone() }, ErrorKind::Invalid),
        (AuditEntry { account: account(9).id, ..other }, ErrorKind::Conflict),
        (good.clone(), ErrorKind::Conflict),
    ];
    for (bad, kind) in cases {
        let e = store.record_audit(&[good.clone(), bad]).await.expect_err("a bad entry");
        assert!(e.kind() == kind && (kind == ErrorKind::Conflict || e.message().contains("entry 1")), "{e}");
    }
    assert_eq!(all(store, &AuditFilter::of(a.id)).await, []);
    store.record_audit(std::slice::from_ref(&good)).await.expect("an entry");
    assert_eq!(store.record_audit(std::slice::from_ref(&good)).await.expect_err("there already").kind(), ErrorKind::Conflict);
}

async fn old_entries_are_trimmed<S: AccountStore + AuditStore>(store: &S) {
    let (a, b) = two_accounts(store).await;
    for number in 1..=6 {
        let of = if number % 2 == 0 { &a } else { &b };
        store.record_audit(&[entry(number, of, Actor::System, "sync")]).await.expect("an entry");
    }
    for (before, limit, gone) in [(1, 9, 0), (5, 3, 3), (5, 9, 1), (5, 9, 0)] {
        assert_eq!(store.trim_audit(day(before), limit).await.expect("a removal"), gone, "before day {before}");
    }
    let left = [all(store, &AuditFilter::of(a.id)).await, all(store, &AuditFilter::of(b.id)).await].concat();
    assert_eq!(left.iter().map(|e| e.at).collect::<Vec<_>>(), [day(6), day(5)]);
}
