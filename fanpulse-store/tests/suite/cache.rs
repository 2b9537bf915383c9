//! Cached scores: whatever the cache does, the answers are the database's.

use std::sync::Arc;
use std::time::Duration;

use fanpulse_core::Day;
use fanpulse_store::{
    Artist, ArtistId, ArtistStore, CacheCounts, CachedScores, Known, LocalScores, LocalSignals, PostgresSignals, Score, ScoreCache,
    ScoreKey, ScoreStore, Signals, Store, Ticket,
};
use serde_json::json;

use super::databases::{Temporary, stores};
use super::events::{Dice, account, add_accounts, at};

const HOUR: Duration = Duration::from_hours(1);

/// A cache that listens to its signals already.
pub async fn listening(age: Duration, signals: Arc<dyn Signals>) -> LocalScores {
    let cache = LocalScores::new(1 << 20, age, signals);
    while cache.latest(artist(0), "fvs").await == Known::Nothing(Some(Ticket(0))) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    cache
}

fn artist(number: u8) -> ArtistId {
    ArtistId::new(at(1), [number; 10])
}

fn day(number: u64) -> Day {
    Day::try_new(20_500 + number as i32).unwrap()
}

fn score(number: u8, kind: &str, as_of: u64, value: f64) -> Score {
    Score {
        key: ScoreKey { artist: artist(number), kind: kind.to_owned(), as_of: day(as_of) },
        value: Some(value),
        document: json!({"score": value, "growth": value / 3.0}),
        algorithm: "fanpulse-1".to_owned(),
        settings_hash: "a1b2".to_owned(),
        computed_at: at(100),
    }
}

async fn add_artists(store: &Store, count: u8) {
    add_accounts(store, 1).await;
    for number in 0..count {
        let name = format!("artist {number}");
        let external_ids = std::collections::BTreeSet::new();
        let artist = Artist { id: artist(number), account: account(0), name, external_ids, created_at: at(0), version: 1 };
        store.add_artist(&artist).await.unwrap();
    }
}

/// Random puts and questions; each answer is compared with the database's own. `disturb` breaks the cache.
async fn answers_are_the_databases(
    store: &Store,
    caches: Vec<Arc<dyn ScoreCache>>,
    steps: u64,
    mut disturb: impl FnMut(u64),
) -> CacheCounts {
    let replicas: Vec<_> = caches.into_iter().map(|cache| CachedScores::new(store.clone(), cache)).collect();
    let mut dice = Dice(steps);
    for step in 0..steps {
        let replica = &replicas[dice.roll(replicas.len() as u64) as usize];
        let (number, kind) = (dice.roll(5) as u8, ["fvs", "momentum"][dice.roll(2) as usize]);
        if dice.roll(25) == 0 {
            let scores: Vec<Score> = (0..3).map(|n| score((number + n) % 5, kind, dice.roll(10), dice.roll(1000) as f64 / 7.0)).collect();
            replica.put_scores(&scores).await.unwrap();
        }
        let until = if dice.roll(4) == 0 { day(dice.roll(10)) } else { Day::MAX };
        let answer = replica.latest_score(artist(number), kind, until).await.unwrap();
        assert_eq!(answer, store.latest_score(artist(number), kind, until).await.unwrap(), "step {step}");
        disturb(step);
    }
    let trend = replicas[0].score_trend(artist(0), "fvs", Day::MIN, Day::MAX).await.unwrap();
    assert_eq!(trend, store.score_trend(artist(0), "fvs", Day::MIN, Day::MAX).await.unwrap());
    assert_eq!(replicas[0].latest_score(artist(77), "fvs", Day::MAX).await.unwrap(), None, "there is no such artist");
    let sum = |a: CacheCounts, b: CacheCounts| CacheCounts { found: a.found + b.found, missed: a.missed + b.missed };
    replicas.iter().map(CachedScores::counts).fold(CacheCounts::default(), sum)
}

#[tokio::test]
async fn a_process_answers_as_its_database_does() {
    for (store, _database) in stores().await {
        add_artists(&store, 5).await;
        let cache: Arc<dyn ScoreCache> = Arc::new(listening(HOUR, Arc::new(LocalSignals::default())).await);
        let counts = answers_are_the_databases(&store, vec![cache], 1000, |_| {}).await;
        assert!(counts.found > counts.missed && counts.missed > 50, "{counts:?}");
    }
}

async fn on_postgres(database: &Temporary) -> CachedScores<Store> {
    let store = Store::connect(&database.url).await.unwrap();
    let signals = Arc::new(PostgresSignals::new(&store).unwrap());
    CachedScores::new(store, Arc::new(listening(HOUR, signals).await))
}

/// Long before it is too old by itself.
#[tokio::test]
async fn what_another_replica_stored_is_seen_on_postgres() {
    let [_, (store, database)] = stores().await;
    add_artists(&store, 1).await;
    let (here, there) = (on_postgres(&database).await, on_postgres(&database).await);
    for value in 1..=5 {
        let score = score(0, "fvs", 1, f64::from(value));
        here.put_scores(std::slice::from_ref(&score)).await.unwrap();
        let begun = std::time::Instant::now();
        // Until it is seen, and from then on comes from the cache.
        loop {
            let before = there.counts().found;
            let seen = there.latest_score(artist(0), "fvs", Day::MAX).await.unwrap().as_ref() == Some(&score);
            if seen && there.counts().found > before {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{value} is not seen");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[tokio::test]
async fn memory_stays_within_what_it_was_given() {
    let cache = listening(HOUR, Arc::new(LocalSignals::default())).await;
    let long = Score { document: json!({"text": "x".repeat(10_000)}), ..score(1, "fvs", 1, 1.0) };
    for number in 0..=255 {
        for kind in ["fvs", "momentum"] {
            let Known::Nothing(Some(ticket)) = cache.latest(artist(number), kind).await else { panic!("{number} is known already") };
            cache.keep(ticket, artist(number), kind, Some(&long)).await;
        }
    }
    assert!(cache.bytes() <= 1 << 20, "{}", cache.bytes());
    assert!(cache.bytes() > 1 << 18, "{}", cache.bytes());
}

#[tokio::test]
async fn what_is_too_old_is_read_again() {
    let [(store, _database), _] = stores().await;
    add_artists(&store, 1).await;
    let signals = Arc::new(LocalSignals::default());
    let cached = CachedScores::new(store.clone(), Arc::new(listening(Duration::from_millis(300), signals).await));
    assert_eq!(cached.latest_score(artist(0), "fvs", Day::MAX).await.unwrap(), None);
    // Past the cache, as a process does that sends no signals.
    let new = score(0, "fvs", 1, 5.0);
    store.put_scores(std::slice::from_ref(&new)).await.unwrap();
    let begun = std::time::Instant::now();
    while cached.latest_score(artist(0), "fvs", Day::MAX).await.unwrap().as_ref() != Some(&new) {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is never seen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(feature = "redis")]
mod redis {
    use fanpulse_store::testing::RedisServer;
    use fanpulse_store::{Redis, RedisScores};

    use super::*;

    fn cache(server: &RedisServer, patience: Duration) -> Arc<dyn ScoreCache> {
        let redis = Arc::new(Redis::with_patience(&server.url(), patience).unwrap());
        Arc::new(RedisScores::new(redis, HOUR))
    }

    /// A busy machine is no Redis that is away.
    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn replicas_answer_as_their_database_does() {
        for (store, _database) in stores().await {
            add_artists(&store, 5).await;
            let server = RedisServer::start();
            let caches = (0..3).map(|_| cache(&server, LONG)).collect();
            let counts = answers_are_the_databases(&store, caches, 1000, |_| {}).await;
            assert!(counts.found > counts.missed && counts.missed > 50, "{counts:?}");
            let expires: u64 = server.cli(&["pttl", &format!("fanpulse:score:{}:fvs", artist(77))]).parse().unwrap();
            assert!((3_000_000..=3_600_000).contains(&expires), "it goes by itself, in {expires} ms");
        }
    }

    /// What Redis holds is emptied, made nonsense of, or made another version's, in between.
    #[tokio::test]
    async fn nonsense_in_redis_is_as_if_there_were_nothing() {
        let [(store, _database), _] = stores().await;
        add_artists(&store, 5).await;
        let server = RedisServer::start();
        let spoil = |step: u64| {
            if !step.is_multiple_of(5) {
                return;
            }
            let of = artist((step / 5 % 5) as u8);
            let (score, ticket) = (format!("fanpulse:score:{of}:fvs"), format!("fanpulse:ticket:{of}"));
            match step / 25 % 8 {
                0 => server.cli(&["set", &score, "{\"half"]),
                1 => {
                    // As a later version may write it.
                    let kept = server.cli(&["get", &score]);
                    server.cli(&["set", &score, &kept.replacen("\"version\":1", "\"version\":2", 1).replace("0.", "9.")])
                }
                2 => server.cli(&["eval", "redis.call('del', KEYS[1]) redis.call('lpush', KEYS[1], 'x')", "1", &score]),
                3 => server.cli(&["set", &ticket, "tuesday"]),
                4 => server.cli(&["eval", "redis.call('del', KEYS[1]) redis.call('lpush', KEYS[1], 'x')", "1", &ticket]),
                5 => {
                    // Another artist's in its place.
                    let other = server.cli(&["get", &format!("fanpulse:score:{}:fvs", artist(((step / 5 + 1) % 5) as u8))]);
                    server.cli(&["set", &score, &other])
                }
                6 => server.cli(&["set", &score, "\u{1}\u{2}"]),
                _ => server.cli(&["flushall"]),
            };
        };
        let counts = answers_are_the_databases(&store, vec![cache(&server, LONG), cache(&server, LONG)], 1000, spoil).await;
        assert!(counts.found > 100, "{counts:?}");
    }

    /// One process stores and asks while Redis hangs, dies and comes back; no call waits long.
    #[tokio::test]
    async fn a_redis_that_comes_and_goes_changes_no_answer() {
        let [(store, _database), _] = stores().await;
        add_artists(&store, 5).await;
        let mut server = RedisServer::start();
        let cache = cache(&server, Duration::from_millis(200));
        let begun = std::time::Instant::now();
        let counts = answers_are_the_databases(&store, vec![cache], 600, |step| {
            match step % 150 {
                30 => server.freeze(),
                60 => server.thaw(),
                90 => server.kill(),
                120 => server.restart(),
                _ => {}
            }
            // In all longer than it is left in peace after it did not answer, and than what is owed to it waits.
            if matches!(step % 150, 60 | 65 | 70 | 120 | 125 | 130) {
                std::thread::sleep(Duration::from_millis(700));
            }
        })
        .await;
        assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", begun.elapsed());
        assert!(counts.found > 50 && counts.missed > 100, "{counts:?}");
    }
}
