use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanpulse_core::Instant;
use fanpulse_store::{
    Account, AccountId, AccountStore, Connection, ConnectionId, ConnectionStore, ErrorKind, Keyring, Store, Tier, Tokens, Webhook,
    WebhookId, WebhookStore,
};
use secrecy::{ExposeSecret, SecretString};

use super::databases::stores;

fn now() -> Instant {
    "2026-03-01".parse().unwrap()
}

fn grant(account: AccountId, number: u8) -> Connection {
    Connection {
        id: ConnectionId::new(now(), [number; 10]),
        account,
        platform: "youtube".to_owned(),
        external_account: format!("channel {number}"),
        scopes: std::collections::BTreeSet::new(),
        tokens: Tokens { access: SecretString::from(format!("ya29.token-{number}")), refresh: None, expires_at: None },
        created_at: now(),
        version: 1,
    }
}

async fn label(store: &Store) -> AccountId {
    let id = AccountId::new(now(), [1; 10]);
    store.add_account(&Account { id, name: "label".to_owned(), tier: Tier::Label, created_at: now() }).await.unwrap();
    id
}

/// Keys change while somebody reads and replaces tokens with the keys from before.
#[tokio::test(flavor = "multi_thread")]
async fn keys_change_beside_a_running_process() {
    for (store, database) in stores().await {
        let file = tempfile::tempdir().unwrap();
        let path = file.path().join("keys");
        let old = Keyring::from_file_or_new(&path).unwrap();
        let running = store.clone().with_key_file(&path).unwrap();
        let account = label(&store).await;
        for number in 0..120 {
            running.add_connection(&grant(account, number)).await.unwrap();
        }
        let stop = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn({
            let (running, stop) = (running.clone(), stop.clone());
            async move {
                let mut replaced = 0;
                while !stop.load(Ordering::Relaxed) {
                    for number in 0..120 {
                        let c = running.connection(account, grant(account, number).id).await?.unwrap();
                        assert!(c.tokens.access.expose_secret().starts_with("ya29."));
                        match running.replace_tokens(c.id, c.version, &c.tokens).await {
                            Ok(_) => replaced += 1,
                            Err(e) if e.kind() == ErrorKind::Conflict => {}
                            Err(e) => return Err(e),
                        }
                    }
                }
                Ok::<_, fanpulse_store::Error>(replaced)
            }
        });
        let new = old.with_another_key();
        new.to_file(&path).unwrap();
        let rotating = Store::connect(&database.url).await.unwrap().with_key_file(&path).unwrap();
        let mut rounds = 0;
        while rotating.reseal().await.unwrap() > 0 || rounds < 2 {
            rounds += 1;
            assert!(rounds < 100);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(reader.await.unwrap().unwrap() > 0);
        rotating.reseal().await.unwrap();
        // The old key opens nothing any more, and the findings say so.
        let e = store.clone().with_keys(old.clone()).connection(account, grant(account, 5).id).await.unwrap_err();
        assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("key 2") && !e.message().contains("ya29"), "{e}");
        let findings = store.clone().with_keys(old).examine().await.unwrap();
        let secrets = findings.iter().find(|f| f.what == "secrets").unwrap();
        assert!(secrets.problem.as_ref().unwrap().contains("key 2") && secrets.remedy.unwrap().contains("FANPULSE_KEYS"), "{secrets:?}");
        assert!(store.with_keys(new).examine().await.unwrap().iter().all(|f| f.problem.is_none()));
    }
}

/// No token stands in the database's files.
#[tokio::test]
async fn tokens_are_nowhere_in_the_file() {
    let [(store, database), _] = stores().await;
    let store = store.with_keys(Keyring::generate());
    let account = label(&store).await;
    for number in 0..50 {
        store.add_connection(&grant(account, number)).await.unwrap();
    }
    store.close().await;
    let folder = Path::new(&database.url).parent().unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|w| w == b"ya29."));
        seen += usize::from(bytes.windows(10).any(|w| w == b"channel 49"));
    }
    assert!(seen > 0);
}

/// Secrets of webhooks change their keys as tokens do.
#[tokio::test]
async fn webhooks_change_their_keys_too() {
    for (store, _database) in stores().await {
        let old = Keyring::generate();
        let store = store.with_keys(old.clone());
        let account = label(&store).await;
        let hook = Webhook {
            id: WebhookId::new(now(), [1; 10]),
            account,
            url: "https://low-tide.example/hooks".to_owned(),
            secret: SecretString::from("whsec_1"),
            events: std::collections::BTreeSet::new(),
            is_active: true,
            created_at: now(),
            version: 1,
        };
        store.add_webhook(&hook).await.unwrap();
        store.add_connection(&grant(account, 1)).await.unwrap();
        let both = old.with_another_key();
        let rotating = store.clone().with_keys(both.clone());
        assert_eq!((rotating.reseal().await.unwrap(), rotating.reseal().await.unwrap()), (2, 0));
        let new = Keyring::from_text(both.to_text().lines().last().unwrap()).unwrap();
        let found = store.clone().with_keys(new.clone()).webhook(account, hook.id).await.unwrap().unwrap();
        assert_eq!(found.secret.expose_secret(), "whsec_1");
        let e = store.with_keys(old.clone()).webhook(account, hook.id).await.unwrap_err();
        assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("webhook") && !e.message().contains("whsec"), "{e}");
    }
}
