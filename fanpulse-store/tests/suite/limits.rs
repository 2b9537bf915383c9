//! Limits over several replicas.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fanpulse_core::Instant;
use fanpulse_store::{Limit, LimitStore, SqlLimits, Store, Times};

use super::databases::{Temporary, stores};

fn at(seconds: i64) -> Instant {
    Instant::try_new(1_772_000_000_000_000 + seconds * 1_000_000).unwrap()
}

/// So slow to come back that no test sees it.
fn a_day(burst: u32) -> Limit {
    Limit::try_new(100, Duration::from_hours(24), burst).unwrap()
}

/// How many of `each` questions of several replicas at once are granted.
async fn granted(replicas: Vec<Arc<dyn LimitStore>>, limit: Limit, each: usize, now: impl Fn(usize) -> Instant) -> usize {
    let tasks: Vec<_> = replicas
        .into_iter()
        .enumerate()
        .map(|(n, replica)| {
            let now = now(n);
            tokio::spawn(async move {
                let mut granted = 0;
                for _ in 0..each {
                    granted += usize::from(replica.take("account 1", limit, 1, now).await.unwrap().is_granted());
                }
                granted
            })
        })
        .collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.unwrap();
    }
    all
}

async fn on_database(database: &Temporary, times: Times) -> Vec<Arc<dyn LimitStore>> {
    let mut replicas: Vec<Arc<dyn LimitStore>> = Vec::new();
    for _ in 0..4 {
        replicas.push(Arc::new(SqlLimits::new(Store::connect(&database.url).await.unwrap(), times)));
    }
    replicas
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_on_a_database_share_one_limit() {
    for (_store, database) in stores().await {
        let replicas = on_database(&database, Times::Callers).await;
        assert_eq!(granted(replicas, a_day(100), 50, |_| at(0)).await, 100);
    }
}

/// One replica's clock is an hour ahead and another's an hour behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_postgres_the_servers_clock_counts() {
    let [_, (_store, database)] = stores().await;
    let replicas = on_database(&database, Times::Servers).await;
    assert_eq!(granted(replicas, a_day(100), 50, |n| at(3600 * (n as i64 - 1))).await, 100);
}

#[tokio::test]
async fn keys_that_have_nothing_spent_are_forgotten() {
    for (store, _database) in stores().await {
        let limits = SqlLimits::new(store, Times::Callers);
        let limit = Limit::try_new(1, Duration::from_secs(10), 5).unwrap();
        for number in 0..20 {
            limits.take(&format!("ip {number}"), limit, 1, at(number * 10)).await.unwrap();
        }
        // The first is spent until 10 s, the tenth until 100 s.
        assert_eq!(limits.trim_limits(at(161), 4).await.unwrap(), 4);
        assert_eq!(limits.trim_limits(at(161), 100).await.unwrap(), 6);
        assert_eq!(limits.take("ip 19", limit, 0, at(190)).await.unwrap().remaining, 4);
    }
}

/// What a child process is to ask: a database or a Redis.
const SERVER: &str = "FANPULSE_TEST_LIMITS";

/// Does nothing in an ordinary run.
#[tokio::test]
async fn a_child_asks() {
    let Ok(url) = std::env::var(SERVER) else { return };
    #[cfg(feature = "redis")]
    if url.starts_with("redis") {
        return println!("granted {}", granted(vec![redis::limits(&url)], a_day(100), 60, |_| at(0)).await);
    }
    let limits = Arc::new(SqlLimits::new(Store::connect(&url).await.unwrap(), Times::Servers));
    println!("granted {}", granted(vec![limits], a_day(100), 60, |_| at(0)).await);
}

/// How many of 60 questions of each of four processes are granted.
fn processes_are_granted(url: &str) -> usize {
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "suite::limits::a_child_asks", "--nocapture"]).env(SERVER, url);
            command.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let granted = |child: std::process::Child| -> usize {
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success());
        let said = String::from_utf8(out.stdout).unwrap();
        said.split_once("granted ").unwrap().1.split_whitespace().next().unwrap().parse().unwrap()
    };
    children.into_iter().map(granted).sum()
}

#[tokio::test]
async fn processes_share_one_limit() {
    let [sqlite, postgres] = stores().await;
    for (_store, database) in [&sqlite, &postgres] {
        assert_eq!(processes_are_granted(&database.url), 100, "{}", database.url);
    }
}

#[cfg(feature = "redis")]
mod redis {
    use fanpulse_store::testing::RedisServer;
    use fanpulse_store::{LocalLimits, Redis, RedisLimits};

    use super::*;

    /// A busy machine is no Redis that is away.
    pub(super) fn limits(url: &str) -> Arc<dyn LimitStore> {
        let redis = Arc::new(Redis::with_patience(url, Duration::from_secs(20)).unwrap());
        Arc::new(RedisLimits::new(redis, Times::Servers, Arc::new(LocalLimits::default())))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn replicas_share_one_limit_by_redis_clock() {
        let server = RedisServer::start();
        let replicas = (0..4).map(|_| limits(&server.url())).collect();
        assert_eq!(granted(replicas, a_day(100), 50, |n| at(3600 * (n as i64 - 1))).await, 100);
        assert_eq!(processes_are_granted(&server.url()), 0, "nor is there any left for processes");
        server.cli(&["del", "fanpulse:limit:account 1"]);
        assert_eq!(processes_are_granted(&server.url()), 100);
        let expires: u64 = server.cli(&["pttl", "fanpulse:limit:account 1"]).parse().unwrap();
        assert!((80_000_000..=86_400_001).contains(&expires), "it goes by itself, in {expires} ms");
    }

    #[tokio::test]
    async fn while_redis_is_away_each_process_has_limits_of_its_own() {
        let mut server = RedisServer::start();
        let redis = Arc::new(Redis::with_patience(&server.url(), Duration::from_millis(300)).unwrap());
        let limits: Arc<dyn LimitStore> = Arc::new(RedisLimits::new(redis, Times::Servers, Arc::new(LocalLimits::default())));
        let granted = async |key: &str| limits.take(key, a_day(3), 1, at(0)).await.unwrap().is_granted();
        let frozen = std::time::Instant::now();
        server.freeze();
        for number in 0..60 {
            assert_eq!(granted("a").await, number < 3, "frozen, {number}");
        }
        assert!(frozen.elapsed() < Duration::from_secs(10), "not every call waits: {:?}", frozen.elapsed());
        server.thaw();
        server.kill();
        for number in 0..6 {
            assert_eq!(granted("b").await, number < 3, "killed, {number}");
        }
        server.restart();
        // What Redis did not hear of is forgiven.
        let mut asked = 0;
        while !granted("a").await {
            asked += 1;
            assert!(asked < 600, "Redis is asked again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Garbage is as if there were nothing; what is no text at all is not Redis' to say.
        server.cli(&["set", "fanpulse:limit:c", "tuesday"]);
        server.cli(&["lpush", "fanpulse:limit:d", "x"]);
        for key in ["c", "d"] {
            for number in 0..5 {
                assert_eq!(granted(key).await, number < 3, "{key} {number}");
            }
        }
    }
}
