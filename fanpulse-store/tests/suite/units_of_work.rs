//! What happens together, and what many do at once.

use std::collections::BTreeSet;
use std::time::Duration;

use fanpulse_core::Day;
use fanpulse_core::alerts::AlertKind;
use fanpulse_store::{
    Account, AccountId, AccountStore, Actor, AlertFilter, AlertId, AlertStore, Artist, ArtistId, ArtistStore, AuditEntry, AuditFilter,
    AuditId, AuditStore, BegunImport, DeliveryFilter, ErrorKind, ImportId, ImportStore, Keyring, NewImport, PageRequest, RaisedAlert,
    Result, Store, Tier, Transaction, Webhook, WebhookEvent, WebhookId, WebhookStore,
};
use secrecy::SecretString;

use super::databases::stores;
use super::observations::moment;

fn everything() -> PageRequest {
    PageRequest::first(std::num::NonZeroUsize::MAX)
}

async fn label(store: &Store) -> (AccountId, ArtistId) {
    let (account, artist) = (AccountId::new(moment(0, 0), [1; 10]), ArtistId::new(moment(0, 0), [2; 10]));
    let created_at = moment(0, 0);
    store.add_account(&Account { id: account, name: "label".to_owned(), tier: Tier::Label, created_at }).await.unwrap();
    let external_ids = BTreeSet::new();
    store.add_artist(&Artist { id: artist, account, name: "Low Tide".to_owned(), external_ids, created_at, version: 1 }).await.unwrap();
    (account, artist)
}

fn hook(account: AccountId, number: u8) -> Webhook {
    Webhook {
        id: WebhookId::new(moment(0, 0), [number; 10]),
        account,
        url: "https://low-tide.example/hooks".to_owned(),
        secret: SecretString::from("whsec"),
        events: BTreeSet::new(),
        is_active: true,
        created_at: moment(0, 0),
        version: 1,
    }
}

fn alert(account: AccountId, artist: ArtistId, event: u8, by: u8) -> RaisedAlert {
    let mut random = [event; 10];
    random[9] = by;
    RaisedAlert {
        id: AlertId::new(moment(1, 0), random),
        account,
        artist,
        key: format!("builtin/breakout/{event}"),
        rule: None,
        kind: AlertKind::Breakout,
        as_of: Day::try_new(20_001).unwrap(),
        raised_at: moment(1, 0),
        title: "a breakout is likely".to_owned(),
        message: String::new(),
        evidence: serde_json::json!({}),
        expires_at: None,
        read_at: None,
        resolved_at: None,
    }
}

fn event(account: AccountId, number: u32) -> WebhookEvent {
    WebhookEvent {
        account,
        key: format!("alert/{number}"),
        kind: "alert.raised".to_owned(),
        payload: serde_json::json!({"number": number}),
    }
}

async fn tell(tx: &mut Transaction, account: AccountId, artist: ArtistId) -> Result<()> {
    tx.raise_alerts(&[alert(account, artist, 1, 1)]).await?;
    tx.publish(&event(account, 1), moment(1, 0)).await?;
    let id = AuditId::new(moment(1, 0), [1; 10]);
    let details = serde_json::Value::Null;
    let action = "alert.raise".to_owned();
    let entry = AuditEntry { id, account, at: moment(1, 0), actor: Actor::System, action, subject: None, address: None, details };
    tx.record_audit(&[entry]).await
}

/// How many alerts, deliveries and audit entries there are.
async fn told(store: &Store, account: AccountId) -> [usize; 3] {
    [
        store.alerts(&AlertFilter::of(account), &everything()).await.unwrap().items.len(),
        store.deliveries(&DeliveryFilter::of(account), &everything()).await.unwrap().items.len(),
        store.audit_log(&AuditFilter::of(account), &everything()).await.unwrap().items.len(),
    ]
}

#[tokio::test]
async fn what_happens_together_happens_or_does_not() {
    for (store, _database) in stores().await {
        let store = store.with_keys(Keyring::generate());
        let (account, artist) = label(&store).await;
        store.add_webhook(&hook(account, 1)).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tell(&mut tx, account, artist).await.unwrap();
        drop(tx);
        assert_eq!(told(&store, account).await, [0, 0, 0]);
        let mut tx = store.begin().await.unwrap();
        tell(&mut tx, account, artist).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told(&store, account).await, [1, 1, 1]);
    }
}

/// Eight tasks find the same events at once, in different orders: each is told once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_raise_an_event_and_it_is_told_once() {
    for (store, _database) in stores().await {
        let (account, artist) = label(&store).await;
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut alerts: Vec<RaisedAlert> = (0..40).map(|event| alert(account, artist, event, task)).collect();
                    alerts.rotate_left(usize::from(task) * 5);
                    let mut new = Vec::new();
                    for part in alerts.chunks(10) {
                        new.extend(store.raise_alerts(part).await?);
                    }
                    Ok::<_, fanpulse_store::Error>(new)
                })
            })
            .collect();
        let mut new = Vec::new();
        for task in tasks {
            new.extend(task.await.unwrap().unwrap());
        }
        new.sort();
        let mut kept: Vec<AlertId> =
            store.alerts(&AlertFilter::of(account), &everything()).await.unwrap().items.into_iter().map(|a| a.id).collect();
        kept.sort();
        assert_eq!((new.len(), &new), (40, &kept), "{}", store.place());
        assert_eq!(store.fired(account, artist).await.unwrap().len(), 40);
    }
}

/// Six tasks claim deliveries at once: each attempt is one task's.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_claim_deliveries_and_none_is_claimed_twice() {
    for (store, _database) in stores().await {
        let store = store.with_keys(Keyring::generate());
        let (account, _) = label(&store).await;
        for number in 1..=3 {
            store.add_webhook(&hook(account, number)).await.unwrap();
        }
        for number in 0..50 {
            // Whoever publishes it again adds nothing.
            assert_eq!(store.publish(&event(account, number), moment(1, 0)).await.unwrap().len(), 3);
            assert_eq!(store.publish(&event(account, number), moment(1, 7)).await.unwrap().len(), 0);
        }
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    loop {
                        let claimed = store.claim_deliveries(7, Duration::from_mins(1), moment(2, 0)).await?;
                        if claimed.is_empty() {
                            return Ok::<_, fanpulse_store::Error>(mine);
                        }
                        mine.extend(claimed.into_iter().map(|d| (d.id, d.attempt)));
                    }
                })
            })
            .collect();
        let mut claimed = Vec::new();
        for task in tasks {
            claimed.extend(task.await.unwrap().unwrap());
        }
        assert!(claimed.iter().all(|(_, attempt)| *attempt == 1));
        let distinct: BTreeSet<_> = claimed.iter().map(|(id, _)| *id).collect();
        assert_eq!((claimed.len(), distinct.len()), (150, 150), "{}", store.place());
    }
}

/// Eight tasks give the same file at once: one of them is to import it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_begin_an_import_and_one_does_it() {
    for (store, _database) in stores().await {
        let (account, artist) = label(&store).await;
        let tasks: Vec<_> = (0..8)
            .map(|task: u8| {
                let store = store.clone();
                tokio::spawn(async move {
                    let id = ImportId::new(moment(1, 0), [task; 10]);
                    let new = NewImport { id, account, artist: Some(artist), name: "streams.csv".to_owned(), hash: [7; 32] };
                    store.begin_import(&new, moment(1, 0), Duration::from_hours(1)).await
                })
            })
            .collect();
        let mut begun: Vec<BegunImport> = Vec::new();
        for task in tasks {
            begun.push(task.await.unwrap().unwrap());
        }
        assert_eq!(begun.iter().filter(|b| b.is_new).count(), 1, "{}", store.place());
        assert!(begun.iter().all(|b| b.import == begun[0].import));
    }
}

/// A character that PostgreSQL's text does not have is the input's fault.
#[tokio::test]
async fn a_text_that_cannot_be_stored_is_refused() {
    let [_, (store, _database)] = stores().await;
    let account =
        Account { id: AccountId::new(moment(0, 0), [1; 10]), name: "a\0b".to_owned(), tier: Tier::Label, created_at: moment(0, 0) };
    let e = store.add_account(&account).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Invalid && e.message().contains("NUL"), "{e}");
}
