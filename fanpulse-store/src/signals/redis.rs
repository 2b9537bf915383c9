//! Signals by Redis' publish and subscribe.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};

use super::{CHANNEL, Listener, Signal, Signals};
use crate::{Redis, Result};

/// How long a listener waits before it tries again to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// How long it may be silent before it is asked whether it is still there, and how long it has to answer.
const SILENCE: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(2);

/// Signals between the replicas on one Redis. Each listener has a connection of its own.
#[derive(Debug, Clone)]
pub struct RedisSignals {
    redis: Arc<Redis>,
    channel: String,
}

impl RedisSignals {
    /// Signals through this Redis, between those that use the same number of database in it.
    #[must_use]
    pub fn new(redis: Arc<Redis>) -> Self {
        let channel = format!("{CHANNEL}:{}", redis.number());
        Self { redis, channel }
    }
}

#[async_trait]
impl Signals for RedisSignals {
    async fn send(&self, signals: &[Signal]) -> Result<()> {
        let mut publish = redis::pipe();
        for text in Signal::texts(signals) {
            publish.publish(&self.channel, text).ignore();
        }
        if publish.is_empty() {
            return Ok(());
        }
        self.redis.ask(|mut connection| async move { publish.query_async::<()>(&mut connection).await }).await
    }

    fn listen(&self) -> Box<dyn Listener> {
        Box::new(Listening { redis: Arc::clone(&self.redis), channel: self.channel.clone(), connected: None })
    }
}

struct Listening {
    redis: Arc<Redis>,
    channel: String,
    connected: Option<(PubSubSink, PubSubStream)>,
}

impl Listening {
    async fn connect(&self) -> Option<(PubSubSink, PubSubStream)> {
        let connect = async {
            let (mut sink, stream) = self.redis.client().get_async_pubsub().await.ok()?.split();
            sink.subscribe(&self.channel).await.ok()?;
            Some((sink, stream))
        };
        tokio::time::timeout(ANSWER, connect).await.ok().flatten()
    }
}

#[async_trait]
impl Listener for Listening {
    async fn next(&mut self) -> Signal {
        loop {
            let Some((sink, stream)) = &mut self.connected else {
                self.connected = self.connect().await;
                if self.connected.is_some() {
                    return Signal::Lost;
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            match tokio::time::timeout(SILENCE, stream.next()).await {
                Ok(Some(message)) => {
                    if let Some(signal) = message.get_payload::<String>().ok().and_then(|text| Signal::parse(&text)) {
                        return signal;
                    }
                }
                Ok(None) => self.connected = None,
                Err(_) => {
                    let there = matches!(tokio::time::timeout(ANSWER, sink.ping::<redis::Value>()).await, Ok(Ok(_)));
                    if !there {
                        self.connected = None;
                    }
                }
            }
        }
    }
}
