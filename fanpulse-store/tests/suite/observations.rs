use std::num::NonZeroUsize;

use fanpulse_core::ingest::{Dataset, Metric, Observation};
use fanpulse_core::{Day, Instant};
use fanpulse_store::{AsOf, ErrorKind, Filter, ObservationStore, Origin, PageRequest, Statement, Store};

use super::databases::{Temporary, stores};

pub fn moment(day: i32, micros: i64) -> Instant {
    Instant::try_new(Instant::from(Day::try_new(20_000 + day).unwrap()).micros() + micros).unwrap()
}

pub fn always() -> AsOf {
    AsOf { valid: moment(30_000, 0), recorded: moment(30_000, 0) }
}

/// A figure for each of `artists` artists on one day.
pub fn day_of(artists: u32, day: i32, value: impl Fn(u32) -> f64) -> Dataset {
    let mut data = Dataset::default();
    for artist in 0..artists {
        let observed_at = moment(day, 0);
        let artist_id = format!("artist {artist}");
        data.push_observation(&Observation {
            artist_id: &*artist_id,
            platform: "spotify",
            metric: Metric::Followers,
            observed_at,
            value: value(artist),
        })
        .unwrap();
    }
    data
}

pub async fn everything(store: &Store, as_of: AsOf) -> Vec<Statement> {
    let request = PageRequest::first(NonZeroUsize::MAX);
    store.series(&Filter::default(), as_of, &request).await.unwrap().items
}

#[tokio::test]
async fn compaction_changes_no_answer() {
    for (store, _database) in stores().await {
        for day in 0..70 {
            for (source, late) in [("api", 1), ("file", 9)] {
                let data = day_of(100, day, |a| f64::from(a + day.cast_unsigned() / late));
                store.append(&source.into(), moment(day + i32::try_from(late).unwrap(), 7), &data).await.unwrap();
            }
        }
        let questions: Vec<AsOf> = (0..80).step_by(13).map(|d| AsOf { valid: moment(d - 3, 0), recorded: moment(d, 7) }).collect();
        let mut before = Vec::new();
        for as_of in &questions {
            before.push(everything(&store, *as_of).await);
        }
        let compacted = store.compact().await.unwrap();
        assert!(compacted.joined > 250 && compacted.into < 10, "{compacted:?}");
        for (as_of, before) in questions.iter().zip(&before) {
            assert_eq!(everything(&store, *as_of).await, *before, "{as_of:?}");
        }
        assert_eq!(store.compact().await.unwrap(), fanpulse_store::Compacted::default());
        let repeated = store.append(&"api".into(), moment(30, 7), &day_of(100, 29, |a| f64::from(a + 29))).await.unwrap();
        assert_eq!((repeated.stored, repeated.repeated), (0, 100));
    }
}

/// Eight tasks append the same days and join blocks meanwhile: each statement is stored once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appends_store_a_statement_once() {
    for (store, _database) in stores().await {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut stored = 0;
                    for day in 0..20 {
                        let data = day_of(200, day, f64::from);
                        stored += store.append(&"api".into(), moment(day + 1, 0), &data).await?.stored;
                        if day % 7 == 0 {
                            store.compact().await?;
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
        assert_eq!(stored, 200 * 20, "{}", store.place());
        assert_eq!(everything(&store, always()).await.len(), 200 * 20);
    }
}

/// A batch whose last row is refused, across months and parts, leaves nothing; nor does a process that dies.
#[tokio::test]
async fn an_append_happens_whole_or_not_at_all() {
    for (store, database) in stores().await {
        let mut data = day_of(3000, 0, f64::from);
        for day in (0..60).step_by(20) {
            let more = day_of(3000, day, f64::from);
            data.observations.artist.extend(&more.observations.artist);
            data.observations.component.extend(&more.observations.component);
            data.observations.at.extend(&more.observations.at);
            data.observations.value.extend(&more.observations.value);
        }
        *data.observations.value.last_mut().unwrap() += 1.0;
        data.observations.at.push(*data.observations.at.last().unwrap());
        data.observations.artist.push(2999);
        data.observations.component.push(0);
        data.observations.value.push(7.0);
        let e = store.append(&"api".into(), moment(70, 0), &data).await.unwrap_err();
        assert!(e.kind() == ErrorKind::Conflict && e.message().contains("row 12000"), "{e}");
        assert_eq!(everything(&store, always()).await, []);
        killed_in_the_middle(&store, &database).await;
    }
}

async fn killed_in_the_middle(store: &Store, database: &Temporary) {
    const FLAG: &str = "FANPULSE_TEST_APPEND_AND_DIE";
    let mut appends = 0;
    for wait in [60, 120, 180, 240] {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "suite::observations::appends_until_it_is_killed", "--nocapture"])
            .env(FLAG, &database.url)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let known = everything(store, always()).await;
        assert_eq!(known.len() % 20_000, 0, "whole appends only");
        appends = known.len() / 20_000;
    }
    // The writer starts again from what is there.
    let next = store.append(&"api".into(), moment(1000, 0), &day_of(20_000, 0, f64::from)).await.unwrap();
    assert_eq!(next.repeated, if appends > 0 { 20_000 } else { 0 });
}

/// Does nothing in an ordinary run; see [`killed_in_the_middle`].
#[tokio::test]
async fn appends_until_it_is_killed() {
    let Ok(url) = std::env::var("FANPULSE_TEST_APPEND_AND_DIE") else { return };
    let store = Store::connect(&url).await.unwrap();
    for day in 0.. {
        let origin = Origin::from("api");
        store.append(&origin, moment(1000, 0), &day_of(20_000, day, f64::from)).await.unwrap();
    }
}
