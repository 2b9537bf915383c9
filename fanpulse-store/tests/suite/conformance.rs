use fanpulse_store::conformance;

use super::databases::Fresh;

macro_rules! conforms {
    ($($port:ident)*) => {$(
        mod $port {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let fresh = Fresh::new();
                conformance::$port(async || fresh.sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                conformance::$port(Fresh::postgres).await;
            }
        }
    )*};
}

conforms! { observations accounts alerts artists audit connections fan_events imports posts releases scores summaries sync_cursors webhooks jobs events }

mod limits {
    use fanpulse_store::{SqlLimits, Times};

    use super::*;

    #[tokio::test]
    async fn sqlite() {
        let fresh = Fresh::new();
        conformance::limits(async || SqlLimits::new(fresh.sqlite().await, Times::Callers)).await;
    }

    #[tokio::test]
    async fn postgres() {
        conformance::limits(async || SqlLimits::new(Fresh::postgres().await, Times::Callers)).await;
    }
}

mod signals {
    use std::sync::Arc;

    use fanpulse_store::{LocalSignals, PostgresSignals, Relay, Store, testing};

    use super::*;

    #[tokio::test]
    async fn local() {
        let signals = LocalSignals::default();
        conformance::signals(async || [signals.clone(), signals.clone()]).await;
    }

    async fn postgres_replicas() -> [PostgresSignals; 2] {
        let url = testing::postgres().await;
        let replica = async || PostgresSignals::new(&Store::connect(&url).await.unwrap()).unwrap();
        [replica().await, replica().await]
    }

    #[tokio::test]
    async fn postgres() {
        conformance::signals(postgres_replicas).await;
    }

    /// A relay says once more that it listens, when what it relays does.
    #[tokio::test]
    async fn a_relay_hears_what_it_relays() {
        use fanpulse_store::{Signal, Signals};
        let [a, b] = postgres_replicas().await.map(|signals| Relay::of(Arc::new(signals)));
        let mut listeners = [a.listen(), b.listen()];
        for listener in &mut listeners {
            assert_eq!((listener.next().await, listener.next().await), (Signal::Lost, Signal::Lost));
        }
        let told = Signal::Events { account: "0195d3f0-0000-7000-8000-000000000000".parse().unwrap(), last: 7 };
        a.send(std::slice::from_ref(&told)).await.unwrap();
        for listener in &mut listeners {
            assert_eq!(listener.next().await, told);
        }
    }
}

mod score_cache {
    use std::sync::Arc;
    use std::time::Duration;

    use fanpulse_store::{LocalSignals, PostgresSignals, Signals, Store, testing};

    use super::*;
    use crate::suite::cache::listening;

    async fn replicas(signals: [Arc<dyn Signals>; 2]) -> [fanpulse_store::LocalScores; 2] {
        let [a, b] = signals;
        let hour = Duration::from_hours(1);
        [listening(hour, a).await, listening(hour, b).await]
    }

    #[tokio::test]
    async fn local() {
        let signals: Arc<dyn Signals> = Arc::new(LocalSignals::default());
        conformance::score_cache(async || replicas([Arc::clone(&signals), Arc::clone(&signals)]).await).await;
    }

    #[tokio::test]
    async fn local_on_postgres() {
        let url = testing::postgres().await;
        let replica = async || Arc::new(PostgresSignals::new(&Store::connect(&url).await.unwrap()).unwrap()) as Arc<dyn Signals>;
        conformance::score_cache(async || replicas([replica().await, replica().await]).await).await;
    }
}

#[cfg(feature = "redis")]
mod redis {
    use std::sync::Arc;
    use std::time::Duration;

    use fanpulse_store::testing::RedisServer;
    use fanpulse_store::{LocalLimits, Redis, RedisLimits, RedisScores, RedisSignals, Times};

    use super::*;

    /// A busy machine is no Redis that is away.
    fn connect(server: &RedisServer) -> Arc<Redis> {
        Arc::new(Redis::with_patience(&server.url(), Duration::from_secs(20)).unwrap())
    }

    #[tokio::test]
    async fn limits() {
        let server = RedisServer::start();
        conformance::limits(async || {
            server.cli(&["flushall"]);
            RedisLimits::new(connect(&server), Times::Callers, Arc::new(LocalLimits::default()))
        })
        .await;
        assert_ne!(server.cli(&["dbsize"]), "0", "it was not another that answered");
    }

    #[tokio::test]
    async fn signals() {
        let server = RedisServer::start();
        conformance::signals(async || [RedisSignals::new(connect(&server)), RedisSignals::new(connect(&server))]).await;
    }

    #[tokio::test]
    async fn score_cache() {
        let server = RedisServer::start();
        conformance::score_cache(async || {
            server.cli(&["flushall"]);
            [RedisScores::new(connect(&server), Duration::from_hours(1)), RedisScores::new(connect(&server), Duration::from_hours(1))]
        })
        .await;
    }
}
