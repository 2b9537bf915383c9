//! Events as they happen, on several replicas.

use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_store::{
    AccountId, Event, EventStore, Fanout, Heard, Listener, LocalSignals, NewEvent, PostgresSignals, Result, Shared, Signal, Signals, Store,
    Subscription, Tail,
};

use super::databases::{Temporary, stores};
use super::events::{Dice, account, add_accounts, at, event};

/// So long that whatever is heard was told and not looked for.
const NEVER: Duration = Duration::from_hours(1);

/// The next event; a test that hears nothing for a minute has failed.
async fn next(subscription: &mut Subscription) -> Heard {
    tokio::time::timeout(Duration::from_secs(60), subscription.next()).await.expect("something is heard").unwrap()
}

async fn next_event(subscription: &mut Subscription) -> (u64, u64) {
    match next(subscription).await {
        Heard::Event(event) => (event.id, event.payload.as_u64().unwrap()),
        other => panic!("{other:?}"),
    }
}

async fn hears(subscription: &mut Subscription, ids: std::ops::RangeInclusive<u64>) {
    for id in ids {
        assert_eq!(next_event(subscription).await, (id, id));
    }
}

async fn append(fanout: &Fanout, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        fanout.append(&[event(account(0), number)], at(0)).await.unwrap();
    }
}

async fn on_postgres(database: &Temporary) -> Fanout {
    let store = Store::connect(&database.url).await.unwrap();
    let signals = PostgresSignals::new(&store).unwrap();
    Fanout::new(Arc::new(store), Arc::new(signals), NEVER)
}

#[tokio::test]
async fn an_event_reaches_the_other_replica_on_postgres() {
    let [_, (store, database)] = stores().await;
    add_accounts(&store, 2).await;
    let (here, there) = (on_postgres(&database).await, on_postgres(&database).await);
    let mut listening = there.subscribe(account(0), None).await.unwrap();
    append(&here, 1..=3).await;
    hears(&mut listening, 1..=3).await;
    // Another account's are not this one's.
    here.append(&[event(account(1), 77)], at(0)).await.unwrap();
    append(&here, 4..=4).await;
    hears(&mut listening, 4..=4).await;
    // An event of a larger unit of work, told once that is committed.
    let mut tx = store.begin().await.unwrap();
    let appended = tx.append_events(&[event(account(0), 5)], at(0)).await.unwrap();
    tx.commit().await.unwrap();
    here.tell(&appended).await;
    hears(&mut listening, 5..=5).await;
    // Whoever comes back hears from where they were.
    drop(listening);
    append(&here, 6..=6).await;
    hears(&mut there.subscribe(account(0), Some(3)).await.unwrap(), 4..=6).await;
}

#[tokio::test]
async fn a_listener_that_postgres_ended_listens_again() {
    let [_, (store, database)] = stores().await;
    add_accounts(&store, 1).await;
    let (here, there) = (on_postgres(&database).await, on_postgres(&database).await);
    let mut listening = there.subscribe(account(0), None).await.unwrap();
    append(&here, 1..=1).await;
    hears(&mut listening, 1..=1).await;
    for round in 0..3_u64 {
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity
            where query like 'LISTEN%' and datname = current_database()";
        let out = Command::new("psql").args([&database.url, "-Atc", end]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        // Some are told while nobody listens.
        append(&here, round * 2 + 2..=round * 2 + 3).await;
        hears(&mut listening, round * 2 + 2..=round * 2 + 3).await;
    }
}

/// Signals that nobody hears.
struct Deaf;

#[async_trait]
impl Signals for Deaf {
    async fn send(&self, _: &[Signal]) -> Result<()> {
        Ok(())
    }

    fn listen(&self) -> Box<dyn Listener> {
        Box::new(Self)
    }
}

#[async_trait]
impl Listener for Deaf {
    async fn next(&mut self) -> Signal {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_signal_that_is_lost_delays_and_loses_nothing() {
    for (store, database) in stores().await {
        add_accounts(&store, 1).await;
        let there = Arc::new(Store::connect(&database.url).await.unwrap());
        let there = Fanout::new(there, Arc::new(Deaf), Duration::from_millis(50));
        let mut listening = there.subscribe(account(0), None).await.unwrap();
        let here = Fanout::new(Arc::new(store), Arc::new(Deaf), NEVER);
        append(&here, 1..=5).await;
        hears(&mut listening, 1..=5).await;
    }
}

/// Counts how often the log is read.
struct Counted {
    store: Store,
    reads: AtomicUsize,
}

#[async_trait]
impl EventStore for Counted {
    async fn append_events(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Event>> {
        self.store.append_events(events, now).await
    }

    async fn events(&self, account: AccountId, after: u64, limit: NonZeroUsize) -> Result<Tail> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.store.events(account, after, limit).await
    }

    async fn last_events(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, u64)>> {
        self.store.last_events(accounts).await
    }

    async fn trim_events(&self, before: Instant, limit: u32) -> Result<u64> {
        self.store.trim_events(before, limit).await
    }
}

#[tokio::test]
async fn one_read_serves_everybody_who_watches() {
    for (store, _database) in stores().await {
        add_accounts(&store, 1).await;
        let counted = Arc::new(Counted { store, reads: AtomicUsize::new(0) });
        let fanout = Fanout::new(Arc::clone(&counted) as Arc<dyn EventStore>, Arc::new(LocalSignals::default()), NEVER);
        let mut tasks = Vec::new();
        for _ in 0..200 {
            let mut subscription = fanout.subscribe(account(0), None).await.unwrap();
            tasks.push(tokio::spawn(async move { hears(&mut subscription, 1..=10).await }));
        }
        append(&fanout, 1..=10).await;
        for task in tasks {
            task.await.unwrap();
        }
        let reads = counted.reads.load(Ordering::Relaxed);
        assert!(reads <= 30, "{reads} reads for 10 events and 200 subscribers");
    }
}

#[tokio::test]
async fn a_slow_subscriber_costs_no_memory_and_misses_nothing() {
    for (store, _database) in stores().await {
        add_accounts(&store, 1).await;
        let fanout = Fanout::new(Arc::new(store), Arc::new(LocalSignals::default()), NEVER);
        let (mut slow, mut quick) = (fanout.subscribe(account(0), None).await.unwrap(), fanout.subscribe(account(0), None).await.unwrap());
        let mut heard = 0;
        for part in 0..50_u64 {
            let events: Vec<NewEvent> = (part * 40 + 1..=part * 40 + 40).map(|number| event(account(0), number)).collect();
            fanout.append(&events, at(0)).await.unwrap();
            hears(&mut quick, part * 40 + 1..=part * 40 + 40).await;
            heard += 1;
            hears(&mut slow, heard..=heard).await;
            assert!(slow.ready() <= 64 && quick.ready() <= 64, "{} {}", slow.ready(), quick.ready());
        }
        hears(&mut slow, heard + 1..=2000).await;
    }
}

#[tokio::test]
async fn who_was_away_for_too_long_is_told_so() {
    for (store, _database) in stores().await {
        add_accounts(&store, 1).await;
        let fanout = Fanout::new(Arc::new(store.clone()), Arc::new(LocalSignals::default()), NEVER);
        append(&fanout, 1..=100).await;
        assert_eq!(store.trim_events(at(1), 70).await.unwrap(), 70);
        let mut away = fanout.subscribe(account(0), Some(20)).await.unwrap();
        assert_eq!(next(&mut away).await, Heard::Missed { until: 70 });
        hears(&mut away, 71..=100).await;
        // A number of another database.
        let mut foreign = fanout.subscribe(account(0), Some(5000)).await.unwrap();
        assert_eq!(next(&mut foreign).await, Heard::Missed { until: 100 });
        append(&fanout, 101..=101).await;
        hears(&mut foreign, 101..=101).await;
        hears(&mut away, 101..=101).await;
    }
}

/// What a child process is to write to: its number, the database, and the Redis or nothing.
const WRITER: &str = "FANPULSE_TEST_WRITER";

fn writer(number: usize, database: &str, redis: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "suite::fanout::a_child_writes", "--nocapture"]);
    command.env(WRITER, format!("{number} {database} {redis}")).stdout(Stdio::null()).spawn().unwrap()
}

/// Does nothing in an ordinary run; as a child it goes on until it is killed.
#[tokio::test]
async fn a_child_writes() {
    let Ok(what) = std::env::var(WRITER) else { return };
    let [number, database, redis] = what.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let store = Store::connect(database).await.unwrap();
    let shared = Shared::connect(&store, Some(redis).filter(|url| !url.is_empty())).unwrap();
    let number: u64 = number.parse().unwrap();
    for count in 0.. {
        shared.events.append(&[event(account(0), number * 1_000_000 + count)], at(0)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Processes write and are killed; a subscriber, and one who comes back from anywhere, hear what was written and
/// nothing else, in one order.
async fn killed_writers(database: &Temporary, redis: &str, mut disturb: impl FnMut(usize)) {
    let store = Store::connect(&database.url).await.unwrap();
    add_accounts(&store, 1).await;
    let shared = Shared::connect(&store, Some(redis).filter(|url| !url.is_empty())).unwrap();
    let mut subscription = shared.events.subscribe(account(0), None).await.unwrap();
    let mut writers: Vec<Child> = (0..3).map(|number| writer(number, &database.url, redis)).collect();
    let (mut heard, mut dice) = (Vec::<(u64, u64)>::new(), Dice(7));
    for round in 0..8_usize {
        // Each round waits for what all three write.
        for _ in 0..60 {
            heard.push(next_event(&mut subscription).await);
        }
        disturb(round);
        writers[round % 3].kill().unwrap();
        writers[round % 3].wait().unwrap();
        writers[round % 3] = writer(round + 3, &database.url, redis);
        // One who comes back hears the same again.
        let from = dice.roll(heard.len() as u64) as usize;
        let mut again = shared.events.subscribe(account(0), Some(from as u64)).await.unwrap();
        for known in &heard[from..] {
            assert_eq!(next_event(&mut again).await, *known);
        }
    }
    for writer in &mut writers {
        writer.kill().unwrap();
        writer.wait().unwrap();
    }
    let last = store.last_events(&[account(0)]).await.unwrap()[0].1;
    while (heard.len() as u64) < last {
        heard.push(next_event(&mut subscription).await);
    }
    assert!(heard.iter().map(|(id, _)| *id).eq(1..=last), "each number once and in order");
    let mut counts = [0_u64; 11];
    for (_, payload) in heard {
        let (writer, count) = (payload / 1_000_000, payload % 1_000_000);
        assert_eq!(count, counts[writer as usize], "what each wrote, once and in its order");
        counts[writer as usize] += 1;
    }
    assert!(counts.iter().filter(|count| **count > 0).count() >= 5, "{counts:?}");
}

#[tokio::test]
async fn what_processes_write_is_heard_though_they_are_killed() {
    for (_store, database) in stores().await {
        killed_writers(&database, "", |_| {}).await;
    }
}

#[cfg(feature = "redis")]
mod redis {
    use fanpulse_store::testing::RedisServer;
    use fanpulse_store::{Redis, RedisSignals};

    use super::*;

    async fn replica(database: &Temporary, server: &RedisServer) -> Fanout {
        let store = Arc::new(Store::connect(&database.url).await.unwrap());
        let redis = Arc::new(Redis::with_patience(&server.url(), Duration::from_secs(20)).unwrap());
        Fanout::new(store, Arc::new(RedisSignals::new(redis)), NEVER)
    }

    #[tokio::test]
    async fn an_event_reaches_the_other_replica_through_redis() {
        for (store, database) in stores().await {
            add_accounts(&store, 1).await;
            let mut server = RedisServer::start();
            let (here, there) = (replica(&database, &server).await, replica(&database, &server).await);
            let mut listening = there.subscribe(account(0), None).await.unwrap();
            append(&here, 1..=3).await;
            hears(&mut listening, 1..=3).await;
            // Messages of others are passed over.
            for garbage in ["", "events", "tune 440", "events \u{1f3b5} 4"] {
                server.cli(&["publish", "fanpulse:0", garbage]);
            }
            append(&here, 4..=4).await;
            hears(&mut listening, 4..=4).await;
            // What happens while Redis is away is found as soon as it is back, without being looked for.
            server.kill();
            append(&here, 5..=9).await;
            server.restart();
            hears(&mut listening, 5..=9).await;
        }
    }

    /// Redis is killed or hangs again and again while processes write.
    #[tokio::test]
    async fn what_processes_write_is_heard_though_redis_dies() {
        for (_store, database) in stores().await {
            let mut server = RedisServer::start();
            let url = server.url();
            killed_writers(&database, &url, |round| match round % 4 {
                0 => server.kill(),
                1 => server.restart(),
                2 => server.freeze(),
                _ => server.thaw(),
            })
            .await;
        }
    }
}
