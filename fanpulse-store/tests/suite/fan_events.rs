use fanpulse_core::ingest::{Dataset, FanEvent, FanEventKind};
use fanpulse_store::{
    Account, AccountId, AccountStore, Appended, Artist, ArtistId, ArtistStore, FanEventFilter, FanEventStore, Store, Tier, load_fan_events,
};

use super::databases::stores;
use super::observations::moment;

pub async fn label(store: &Store) -> (AccountId, ArtistId) {
    let (account, artist) = (AccountId::new(moment(0, 0), [1; 10]), ArtistId::new(moment(0, 0), [2; 10]));
    let created_at = moment(0, 0);
    store.add_account(&Account { id: account, name: "label".to_owned(), tier: Tier::Label, created_at }).await.unwrap();
    let external_ids = std::collections::BTreeSet::new();
    store.add_artist(&Artist { id: artist, account, name: "Low Tide".to_owned(), external_ids, created_at, version: 1 }).await.unwrap();
    (account, artist)
}

/// What `fans` fans did on one day.
pub fn day_of(artist: ArtistId, fans: u32, day: i32) -> Dataset {
    let mut data = Dataset::default();
    for fan in 0..fans {
        let event = FanEvent {
            artist_id: artist.to_string(),
            fan_id: format!("fan {}", fan * 7 % 1000),
            occurred_at: moment(day, 0),
            kind: FanEventKind::ALL[fan as usize % 9],
            count: Some(1 + fan % 3),
            amount: (fan % 9 == 6).then_some(f64::from(fan) / 100.0),
            seconds: (fan % 9 == 0).then_some(f64::from(fan)),
            currency: (fan % 9 == 6).then(|| "EUR".to_owned()),
        };
        data.push_fan_event(&event).unwrap();
    }
    data
}

pub async fn everything(store: &Store, account: AccountId) -> Vec<String> {
    let mut data = Dataset::default();
    load_fan_events(store, &FanEventFilter::of(account), &mut data).await.unwrap();
    let t = data.fan_events();
    let row = |i: usize| {
        let (count, amount, seconds) = (t.count.map(|c| c[i]), t.amount.map(|c| c[i]), t.seconds.map(|c| c[i]));
        format!("{} {} {} {count:?} {amount:?} {seconds:?}", data.fans.get(t.fan[i]).unwrap(), t.day[i], t.kind[i])
    };
    let mut rows: Vec<String> = (0..t.len()).map(row).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn joining_changes_no_answer() {
    for (store, _database) in stores().await {
        let (account, artist) = label(&store).await;
        for day in 0..60 {
            store.append_fan_events(account, moment(day, 0), &day_of(artist, 900, day)).await.unwrap();
        }
        let before = everything(&store, account).await;
        assert_eq!(before.len(), 60 * 900);
        let compacted = store.compact_fan_events().await.unwrap();
        assert!(compacted.joined == 60 && compacted.into == 2, "{compacted:?}");
        assert_eq!(everything(&store, account).await, before);
        assert_eq!(store.compact_fan_events().await.unwrap(), fanpulse_store::Compacted::default());
        let repeated = store.append_fan_events(account, moment(70, 0), &day_of(artist, 900, 7)).await.unwrap();
        assert_eq!(repeated, Appended { stored: 0, repeated: 900 });
        assert_eq!(store.erase_fan(account, "fan 7").await.unwrap(), 60);
        let left: Vec<String> = before.iter().filter(|row| !row.starts_with("fan 7 ")).cloned().collect();
        assert_eq!(everything(&store, account).await, left);
        assert!(store.examine().await.unwrap().iter().all(|f| f.problem.is_none() || f.what == "secrets"));
    }
}

/// Eight tasks append the same days, join blocks and erase a fan meanwhile: each batch counts once, and the fan is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appends_count_a_batch_once() {
    for (store, _database) in stores().await {
        let (account, artist) = label(&store).await;
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut stored = 0;
                    for day in 0..12 {
                        stored += store.append_fan_events(account, moment(day, 0), &day_of(artist, 300, day)).await?.stored;
                        match (day + task) % 4 {
                            0 => drop(store.compact_fan_events().await?),
                            2 => drop(store.erase_fan(account, "fan 7").await?),
                            _ => {}
                        }
                    }
                    Ok::<_, fanpulse_store::Error>(stored)
                })
            })
            .collect();
        let mut stored = 0;
        for task in tasks {
            stored += task.await.unwrap().unwrap();
        }
        assert_eq!(stored, 12 * 300, "{}", store.place());
        store.erase_fan(account, "fan 7").await.unwrap();
        assert_eq!(everything(&store, account).await.len(), 12 * 299);
    }
}

/// No word of an erased fan stands in the database's files.
#[tokio::test]
async fn an_erased_fan_is_nowhere_in_the_file() {
    let [(store, database), _] = stores().await;
    let (account, artist) = label(&store).await;
    let mut data = day_of(artist, 900, 1);
    for kind in FanEventKind::ALL {
        let (count, amount, seconds, currency) = (None, None, None, None);
        let (artist_id, fan_id, occurred_at) = (artist.to_string(), "zwick@low-tide.example".to_owned(), moment(1, 0));
        data.push_fan_event(&FanEvent { artist_id, fan_id, occurred_at, kind, count, amount, seconds, currency }).unwrap();
    }
    store.append_fan_events(account, moment(1, 0), &data).await.unwrap();
    store.close().await;
    let folder = std::path::Path::new(&database.url).parent().unwrap().to_owned();
    let known = || {
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(5).any(|w| w == b"zwick")).count()
    };
    assert!(known() > 0);
    let store = Store::connect(&database.url).await.unwrap();
    assert_eq!(store.erase_fan(account, "zwick@low-tide.example").await.unwrap(), 9);
    assert_eq!(everything(&store, account).await.len(), 900);
    store.close().await;
    assert_eq!(known(), 0);
}
