//! What replicas share: rate limits a second, in process, as rows and in Redis; the latest score of an artist from the
//! database and from both caches; and how long an event takes from its append to a subscriber on another replica.

use std::sync::Arc;
use std::time::{Duration, Instant as Watch};

use fanpulse_core::{Day, Instant};
use fanpulse_store::testing::{self, RedisServer};
use fanpulse_store::{
    Account, AccountId, AccountStore, Artist, ArtistId, ArtistStore, CachedScores, Fanout, Heard, Limit, LimitStore, LocalLimits,
    LocalScores, LocalSignals, NewEvent, PostgresSignals, Redis, RedisLimits, RedisScores, RedisSignals, Score, ScoreKey, ScoreStore,
    Signals, SqlLimits, Store, Tier, Times,
};

const HOUR: Duration = Duration::from_hours(1);

fn at(seconds: i64) -> Instant {
    Instant::try_new(1_772_000_000_000_000 + seconds * 1_000_000).expect("a time")
}

fn id() -> (AccountId, ArtistId) {
    (AccountId::new(at(0), [7; 10]), ArtistId::new(at(0), [7; 10]))
}

/// Checks a second by several callers, each over keys of its own and all over one.
async fn limits(name: &str, limits: Arc<dyn LimitStore>, callers: usize, checks: usize) {
    let limit = Limit::try_new(1_000_000, Duration::from_secs(1), 1_000_000).expect("a limit");
    for (keys, what) in [(1000, "1,000 keys each"), (1, "one key for all")] {
        let watch = Watch::now();
        let tasks = (0..callers).map(|caller| {
            let limits = Arc::clone(&limits);
            let names: Vec<String> = (0..keys).map(|n| if keys == 1 { "all".to_owned() } else { format!("ip {caller} {n}") }).collect();
            tokio::spawn(async move {
                for n in 0..checks {
                    limits.take(&names[n % names.len()], limit, 1, at(n as i64)).await.expect("an answer");
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("a caller");
        }
        let rate = (callers * checks) as f64 / watch.elapsed().as_secs_f64();
        println!("limits {name} {callers} callers, {what}: {rate:.0} checks/s");
    }
}

/// The median, and what 95 in 100 take at most.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e6;
    format!("median {:.1} µs, 95 % within {:.1} µs", at(50), at(95))
}

async fn add(store: &Store) {
    let (account, artist) = id();
    store.add_account(&Account { id: account, name: "label".to_owned(), tier: Tier::Label, created_at: at(0) }).await.expect("an account");
    let external_ids = std::collections::BTreeSet::new();
    let artist = Artist { id: artist, account, name: "Low Tide".to_owned(), external_ids, created_at: at(0), version: 1 };
    store.add_artist(&artist).await.expect("an artist");
    let days: Vec<Score> = (0..100)
        .map(|day| Score {
            key: ScoreKey { artist: artist.id, kind: "fvs".to_owned(), as_of: Day::try_new(20_500 + day).expect("a day") },
            value: Some(61.2),
            document: serde_json::json!({"components": {"growth": {"raw": 2.4, "score": 65.3, "weight": 0.3}}, "coverage": 1.0}),
            algorithm: "fanpulse-1".to_owned(),
            settings_hash: "a1b2c3d4".to_owned(),
            computed_at: at(0),
        })
        .collect();
    store.put_scores(&days).await.expect("scores");
}

async fn reads(name: &str, store: &dyn ScoreStore, count: usize) {
    let mut times = Vec::new();
    for _ in 0..count {
        let watch = Watch::now();
        store.latest_score(id().1, "fvs", Day::MAX).await.expect("a query").expect("a score");
        times.push(watch.elapsed());
    }
    println!("latest score {name}: {}", spread(times));
}

/// From the call that appends to the subscriber on the other replica.
async fn latency(name: &str, here: Fanout, there: Fanout, count: usize) {
    let account = id().0;
    let mut subscription = there.subscribe(account, None).await.expect("a subscription");
    let mut times = Vec::new();
    for number in 0..count {
        let event = NewEvent { account, kind: "alert.fired".to_owned(), payload: serde_json::json!(number) };
        let watch = Watch::now();
        let (appended, heard) = tokio::join!(here.append(std::slice::from_ref(&event), at(0)), subscription.next());
        times.push(watch.elapsed());
        appended.expect("an append");
        let Heard::Event(event) = heard.expect("a subscription") else { panic!("an event was missed") };
        assert_eq!(event.payload, number);
    }
    println!("event {name}: {}", spread(times));
}

async fn measure(database: &str, url: &str, redis: &RedisServer, count: usize) {
    let store = Store::open(url).await.expect("a store");
    let other = Store::connect(url).await.expect("a store");
    add(&store).await;
    limits(database, Arc::new(SqlLimits::new(store.clone(), Times::Servers)), 4, count).await;
    let redis = || Arc::new(Redis::with_patience(&redis.url(), Duration::from_secs(20)).expect("a URL"));
    reads(&format!("{database}, not cached"), &store, count).await;
    let local = CachedScores::new(store.clone(), Arc::new(LocalScores::new(64 << 20, HOUR, Arc::new(LocalSignals::default()))));
    reads(&format!("{database}, in process"), &local, count).await;
    reads(&format!("{database}, in Redis"), &CachedScores::new(store.clone(), Arc::new(RedisScores::new(redis(), HOUR))), count).await;
    let fanouts = |signals: [Arc<dyn Signals>; 2]| {
        let [here, there] = signals;
        (Fanout::new(Arc::new(store.clone()), here, HOUR), Fanout::new(Arc::new(other.clone()), there, HOUR))
    };
    let signals = Arc::new(LocalSignals::default());
    let (here, there) = fanouts([signals.clone(), signals]);
    latency(&format!("{database}, in process"), here, there, count / 10).await;
    if url.contains("://") {
        let signals = |store: &Store| Arc::new(PostgresSignals::new(store).expect("PostgreSQL"));
        let (here, there) = fanouts([signals(&store), signals(&other)]);
        latency(&format!("{database}, LISTEN and NOTIFY"), here, there, count / 10).await;
    }
    let (here, there) = fanouts([Arc::new(RedisSignals::new(redis())), Arc::new(RedisSignals::new(redis()))]);
    latency(&format!("{database}, Redis"), here, there, count / 10).await;
}

fn main() {
    // Without `--bench` every path is run once, in small.
    let count = if std::env::args().any(|a| a == "--bench") { 5000 } else { 50 };
    let folder = tempfile::tempdir().expect("a folder");
    let redis = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for callers in [1, 4] {
            limits("in process", Arc::new(LocalLimits::default()), callers, count * 100).await;
            let connection = Arc::new(Redis::with_patience(&redis.url(), Duration::from_secs(20)).expect("a URL"));
            let in_redis = RedisLimits::new(connection, Times::Servers, Arc::new(LocalLimits::default()));
            limits("Redis", Arc::new(in_redis), callers, count).await;
        }
        measure("sqlite", &folder.path().join("shared.db").display().to_string(), &redis, count).await;
        measure("postgres", &testing::postgres().await, &redis, count).await;
    });
}
