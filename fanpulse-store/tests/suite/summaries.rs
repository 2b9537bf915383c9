use std::collections::BTreeMap;

use fanpulse_core::Day;
use fanpulse_store::{ErrorKind, ObservationStore, Period, Store, Summary, SummaryFilter, SummaryStore, Target};

use super::databases::stores;
use super::observations::{always, day_of, everything, moment};

async fn weeks(store: &Store, artist: u32) -> Vec<Summary> {
    store.summaries(&SummaryFilter::of(format!("artist {artist}"), Period::Week)).await.unwrap()
}

/// By artist and Monday: how many observations hold, the first and the last.
async fn from_scratch(store: &Store) -> BTreeMap<(String, Day), (u64, f64, f64)> {
    let mut weeks = BTreeMap::new();
    for statement in everything(store, always()).await {
        let o = statement.observation;
        let monday = o.observed_at.day().plus(-o.observed_at.day().weekday().num_days_from_monday().cast_signed());
        let week = weeks.entry((o.artist_id, monday)).or_insert((0, o.value, o.value));
        *week = (week.0 + 1, week.1, o.value);
    }
    weeks
}

/// Tasks append and correct the same days while others make summaries anew and read them: at the end, none is stale.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn summaries_stay_exact_beside_appends() {
    for (store, _database) in stores().await {
        let tasks: Vec<_> = (0..6)
            .map(|task| {
                let store = store.clone();
                tokio::spawn(async move {
                    let source = format!("source {task}");
                    for day in 0..30 {
                        if task < 3 {
                            let data = day_of(130, day, |a| f64::from(a) + f64::from(task));
                            store.append(&source.as_str().into(), moment(day + task, 0), &data).await?;
                        } else if task == 3 {
                            store.refresh_summaries(1).await?;
                        } else {
                            let known = weeks(&store, 64 * (task - 4).unsigned_abs() + 3).await;
                            assert!(known.iter().all(|week| week.count <= 7 && week.min <= week.max));
                        }
                    }
                    Ok::<_, fanpulse_store::Error>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let expected = from_scratch(&store).await;
        let mut seen = 0;
        for artist in 0..130 {
            for week in weeks(&store, artist).await {
                let of = (format!("artist {artist}"), week.start);
                assert_eq!(expected[&of], (week.count, week.first, week.last), "{of:?} on {}", store.place());
                seen += 1;
            }
        }
        assert_eq!(seen, expected.len());
    }
}

/// What was appended before there were summaries is summed up too, and summaries that are lost come again.
#[tokio::test]
async fn summaries_of_older_observations_are_made() {
    for (store, _database) in stores().await {
        for day in 0..70 {
            store.append(&"api".into(), moment(day, 1), &day_of(100, day, f64::from)).await.unwrap();
        }
        let before = weeks(&store, 99).await;
        assert_eq!(before.len(), 11);
        store.migrate(Target::Version(11)).await.unwrap();
        let e = store.summaries(&SummaryFilter::of("artist 99", Period::Week)).await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Conflict);
        assert!(e.to_string().contains("run `fanpulse migrate up`"), "{e}");
        store.migrate(Target::Latest).await.unwrap();
        assert_eq!(weeks(&store, 99).await, before);
        // Two blocks of artists in the months that 70 days touch, of which one artist's are made already.
        let mut refreshed = 0;
        while let more @ 1.. = store.refresh_summaries(1).await.unwrap() {
            refreshed += more;
        }
        assert!((2..=4).contains(&refreshed), "{refreshed}");
        assert_eq!(weeks(&store, 99).await, before);
    }
}
