//! Of [`ConnectionStore`].

use std::collections::BTreeSet;

use fanpulse_core::Instant;
use secrecy::{ExposeSecret, SecretString};

use super::{account, all_pages, day, random};
use crate::{Account, AccountStore, Connection, ConnectionId, ConnectionStore, ErrorKind, Tokens};

/// Checks an adapter of [`ConnectionStore`]; `open` gives an empty store, with a key, each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn connections<S: AccountStore + ConnectionStore>(open: impl AsyncFn() -> S) {
    a_grant_belongs_to_its_account(&open().await).await;
    tokens_are_replaced_once(&open().await).await;
    what_expires_first_comes_first(&open().await).await;
}

fn tokens(access: &str, expires_at: Option<Instant>) -> Tokens {
    Tokens { access: SecretString::from(access), refresh: Some(SecretString::from(format!("{access}, refresh"))), expires_at }
}

pub(super) fn grant(number: u8, of: &Account) -> Connection {
    Connection {
        id: ConnectionId::new(day(1), random(number)),
        account: of.id,
        platform: "youtube".to_owned(),
        external_account: format!("channel {number}"),
        scopes: BTreeSet::from(["analytics.readonly".to_owned()]),
        tokens: tokens(&format!("secret {number}"), Some(day(u32::from(number)))),
        created_at: day(1),
        version: 1,
    }
}

/// Everything of a grant, its secrets included.
fn plain(c: &Connection) -> String {
    let refresh = c.tokens.refresh.as_ref().map(|r| r.expose_secret().to_owned());
    format!("{c:?} {} {refresh:?}", c.tokens.access.expose_secret())
}

async fn a_grant_belongs_to_its_account(store: &(impl AccountStore + ConnectionStore)) {
    let (a, b) = (account(1), account(2));
    store.add_account(&a).await.expect("an account");
    store.add_account(&b).await.expect("an account");
    let (first, second) = (grant(1, &a), Connection { tokens: Tokens { refresh: None, ..tokens("x", None) }, ..grant(2, &a) });
    for c in [&first, &second, &grant(3, &b)] {
        store.add_connection(c).await.expect("a grant");
    }
    assert!(!format!("{first:?}").contains("secret"), "a token is printed");
    let found = store.connection(a.id, first.id).await.expect("a query").expect("the grant");
    assert_eq!(plain(&found), plain(&first));
    assert!(store.connection(b.id, first.id).await.expect("a query").is_none());
    for limit in [1, 2, 3] {
        let all = all_pages(limit, async |page| store.connections(a.id, &page).await).await;
        assert_eq!(all.iter().map(plain).collect::<Vec<_>>(), [plain(&first), plain(&second)]);
    }
    let twice = Connection { id: ConnectionId::new(day(1), random(9)), ..first.clone() };
    assert_eq!(store.add_connection(&twice).await.expect_err("granted already").kind(), ErrorKind::Conflict);
    let blank = Connection { scopes: BTreeSet::from([String::new()]), ..grant(4, &a) };
    assert_eq!(store.add_connection(&blank).await.expect_err("a blank").kind(), ErrorKind::Invalid);
    assert!(!store.remove_connection(b.id, first.id).await.expect("a removal"));
    assert!(store.remove_connection(a.id, first.id).await.expect("a removal"));
    assert!(store.remove_account(a.id).await.expect("a removal"));
    assert!(store.connection(a.id, second.id).await.expect("a query").is_none());
}

async fn tokens_are_replaced_once(store: &(impl AccountStore + ConnectionStore)) {
    let a = account(1);
    store.add_account(&a).await.expect("an account");
    let first = grant(1, &a);
    store.add_connection(&first).await.expect("a grant");
    assert_eq!(store.replace_tokens(first.id, 1, &tokens("new", None)).await.expect("tokens"), 2);
    let e = store.replace_tokens(first.id, 1, &tokens("newer", None)).await.expect_err("too late");
    assert!(e.kind() == ErrorKind::Conflict && !e.message().contains("newer"), "{e}");
    let found = store.connection(a.id, first.id).await.expect("a query").expect("the grant");
    assert_eq!(plain(&found), plain(&Connection { tokens: tokens("new", None), version: 2, ..first }));
    let nobody = ConnectionId::new(day(1), random(99));
    assert_eq!(store.replace_tokens(nobody, 1, &tokens("x", None)).await.expect_err("no grant").kind(), ErrorKind::NotFound);
}

async fn what_expires_first_comes_first(store: &(impl AccountStore + ConnectionStore)) {
    let a = account(1);
    store.add_account(&a).await.expect("an account");
    for number in [7, 3, 5, 9] {
        store.add_connection(&grant(number, &a)).await.expect("a grant");
    }
    store.add_connection(&Connection { tokens: tokens("for ever", None), ..grant(2, &a) }).await.expect("a grant");
    for (before, limit, expected) in [(9, 10, vec![3, 5, 7]), (9, 2, vec![3, 5]), (3, 10, vec![]), (31, 10, vec![3, 5, 7, 9])] {
        let found = store.expiring_connections(day(before), limit).await.expect("a query");
        let expected: Vec<ConnectionId> = expected.into_iter().map(|n| grant(n, &a).id).collect();
        assert_eq!(found.iter().map(|c| c.id).collect::<Vec<_>>(), expected, "before {before}");
    }
}
