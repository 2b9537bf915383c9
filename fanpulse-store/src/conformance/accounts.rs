//! Of [`AccountStore`].

use std::collections::BTreeSet;

use super::{account, all_pages, day, random};
use crate::{Account, AccountStore, ApiKey, ApiKeyId, ErrorKind, User, UserId};

/// Checks an adapter of [`AccountStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn accounts<S: AccountStore>(open: impl AsyncFn() -> S) {
    an_account_is_kept_and_goes_with_all_it_has(&open().await).await;
    an_address_signs_in_one_user(&open().await).await;
    keys_are_found_by_their_hash(&open().await).await;
    accounts_and_their_users_are_listed(&open().await).await;
}

fn user(number: u8, of: &Account, email: &str) -> User {
    let id = UserId::new(day(1), random(number));
    User { id, account: of.id, email: email.to_owned(), password_hash: "$argon2id$1".to_owned(), verified_at: None, created_at: day(1) }
}

fn key(number: u8, of: &Account) -> ApiKey {
    ApiKey {
        id: ApiKeyId::new(day(1), random(number)),
        account: of.id,
        name: format!("key {number}"),
        hash: [number; 32],
        scopes: BTreeSet::from(["artists:read".to_owned(), "scores:read".to_owned()]),
        created_at: day(1),
        expires_at: Some(day(9)),
        revoked_at: None,
    }
}

async fn an_account_is_kept_and_goes_with_all_it_has(store: &impl AccountStore) {
    let a = account(1);
    assert_eq!(store.account(a.id).await.expect("a query"), None);
    store.add_account(&a).await.expect("an account");
    assert_eq!(store.account(a.id).await.expect("a query"), Some(a.clone()));
    assert_eq!(store.add_account(&a).await.expect_err("there already").kind(), ErrorKind::Conflict);
    let (u, k) = (user(1, &a, "eve@low-tide.example"), key(1, &a));
    store.add_user(&u).await.expect("a user");
    store.add_api_key(&k).await.expect("a key");
    assert!(store.remove_account(a.id).await.expect("a removal"));
    assert!(!store.remove_account(a.id).await.expect("a removal"));
    assert_eq!(store.user(u.id).await.expect("a query"), None);
    assert_eq!(store.api_key_by_hash(&k.hash).await.expect("a query"), None);
    assert_eq!(store.add_user(&u).await.expect_err("no account").kind(), ErrorKind::Conflict);
    assert_eq!(store.add_api_key(&k).await.expect_err("no account").kind(), ErrorKind::Conflict);
}

async fn an_address_signs_in_one_user(store: &impl AccountStore) {
    let (a, b) = (account(1), account(2));
    store.add_account(&a).await.expect("an account");
    store.add_account(&b).await.expect("an account");
    store.add_user(&user(1, &a, " Eve@Low-Tide.example ")).await.expect("a user");
    let e = store.add_user(&user(2, &b, "eve@LOW-TIDE.example")).await.expect_err("the address is taken");
    assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
    for bad in ["", "eve", "@x", "eve@", "e ve@x", "eve@x@y"] {
        assert_eq!(store.add_user(&user(3, &b, bad)).await.expect_err("no address").kind(), ErrorKind::Invalid, "{bad}");
    }
    let found = store.user_by_email("EVE@low-tide.example").await.expect("a query").expect("the user");
    assert_eq!(found, User { email: "eve@low-tide.example".to_owned(), ..user(1, &a, "") });
    assert!(!format!("{found:?}").contains("argon2"), "a hash is printed");
    assert!(store.set_password_hash(found.id, "$argon2id$2").await.expect("an update"));
    assert!(store.verify_email(found.id, day(3)).await.expect("an update"));
    assert!(store.verify_email(found.id, day(4)).await.expect("an update"));
    let now = store.user(found.id).await.expect("a query").expect("the user");
    assert_eq!((now.password_hash.as_str(), now.verified_at), ("$argon2id$2", Some(day(3))));
    let nobody = UserId::new(day(1), random(99));
    assert!(!store.set_password_hash(nobody, "x").await.expect("an update"));
    assert!(!store.verify_email(nobody, day(3)).await.expect("an update"));
    assert_eq!(store.user_by_email("nobody@low-tide.example").await.expect("a query"), None);
}

async fn keys_are_found_by_their_hash(store: &impl AccountStore) {
    let (a, b) = (account(1), account(2));
    store.add_account(&a).await.expect("an account");
    store.add_account(&b).await.expect("an account");
    let (first, second) = (key(1, &a), ApiKey { expires_at: None, ..key(2, &a) });
    store.add_api_key(&first).await.expect("a key");
    store.add_api_key(&second).await.expect("a key");
    let twin = ApiKey { hash: first.hash, ..key(3, &b) };
    assert_eq!(store.add_api_key(&twin).await.expect_err("the hash is taken").kind(), ErrorKind::Conflict);
    let blank = ApiKey { scopes: BTreeSet::from(["a b".to_owned()]), ..key(4, &a) };
    assert_eq!(store.add_api_key(&blank).await.expect_err("a blank").kind(), ErrorKind::Invalid);
    assert_eq!(store.api_key_by_hash(&first.hash).await.expect("a query"), Some(first.clone()));
    assert_eq!(store.api_keys(a.id).await.expect("a query"), [first.clone(), second.clone()]);
    assert!(!store.revoke_api_key(b.id, second.id, day(5)).await.expect("an update"), "another account's key");
    assert!(store.revoke_api_key(a.id, second.id, day(5)).await.expect("an update"));
    assert!(store.revoke_api_key(a.id, second.id, day(6)).await.expect("an update"));
    let revoked = store.api_key_by_hash(&second.hash).await.expect("a query").expect("the key");
    assert_eq!(revoked.revoked_at, Some(day(5)));
    assert!(first.is_active(day(8)) && !first.is_active(day(9)) && revoked.is_active(day(4)) && !revoked.is_active(day(5)));
}

async fn accounts_and_their_users_are_listed(store: &impl AccountStore) {
    let accounts: Vec<Account> = (1..=5).map(account).collect();
    for account in accounts.iter().rev() {
        store.add_account(account).await.expect("an account");
    }
    for limit in [1, 2, 5, 9] {
        assert_eq!(all_pages(limit, async |page| store.accounts(&page).await).await, accounts, "pages of {limit}");
    }
    for (number, of) in [(2, 0), (1, 0), (3, 1)] {
        store.add_user(&user(number, &accounts[of], &format!("{number}@low-tide.example"))).await.expect("a user");
    }
    let ids = async |of: usize| store.users(accounts[of].id).await.expect("a query").iter().map(|u| u.id).collect::<Vec<_>>();
    let id = |number| UserId::new(day(1), random(number));
    assert_eq!((ids(0).await, ids(1).await, ids(2).await), (vec![id(1), id(2)], vec![id(3)], vec![]));
}
