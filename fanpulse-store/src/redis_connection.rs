//! A Redis that may be away at any time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, RedisResult};

use crate::{Error, Result};

/// How long it is not asked after it did not answer.
const REST: Duration = Duration::from_secs(1);

/// A Redis that replicas share, or a Valkey. Nothing that is in it is its only copy.
///
/// Whatever is asked of it is answered within its patience or fails; after a failure it is left in peace for a second, so that a
/// Redis that hangs delays one call in a second and not every one. Its keys begin with `fanpulse:`. Two databases of
/// FanPulse on one Redis need two of its numbers: `redis://host/1`, `redis://host/2`.
pub struct Redis {
    client: Client,
    manager: Mutex<ConnectionManager>,
    resting: Arc<AtomicBool>,
    patience: Duration,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Redis").field(&self.place()).finish()
    }
}

impl Redis {
    /// A Redis by its URL, `redis://user:password@host:port/number`, whether it is there or not.
    ///
    /// # Errors
    /// `invalid` where the URL has no such form.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn open(url: &str) -> Result<Self> {
        Self::with_patience(url, Duration::from_millis(250))
    }

    /// As [`Redis::open`], with the longest that a call may take.
    ///
    /// # Errors
    /// As [`Redis::open`].
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn with_patience(url: &str, patience: Duration) -> Result<Self> {
        if url.starts_with("rediss:") || url.starts_with("valkeys:") {
            return Err(Error::invalid("Redis over TLS is not built in: name one on a private network by redis://…"));
        }
        // The parser's own message may repeat the URL, and with it the password.
        let wrong = |_: RedisError| Error::invalid("the Redis URL is not of the form redis://user:password@host:port/number");
        let client = Client::open(url).map_err(wrong)?;
        let manager = Mutex::new(manager(&client, patience).map_err(wrong)?);
        Ok(Self { client, manager, resting: Arc::default(), patience })
    }

    /// Whether it answers and runs scripts.
    ///
    /// # Errors
    /// `unavailable`, with what is wrong.
    pub async fn check(&self) -> Result<()> {
        let mut time = redis::cmd("EVAL");
        time.arg("return redis.call('TIME')[1]").arg(0);
        self.ask(|mut connection| async move { time.query_async::<i64>(&mut connection).await }).await.map(drop)
    }

    /// Its name in messages: host and port, never a password.
    #[must_use]
    pub fn place(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Which of its databases.
    pub(crate) fn number(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// Asks, within the patience there is.
    pub(crate) async fn ask<T, F>(&self, call: impl FnOnce(ConnectionManager) -> F) -> Result<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        if self.resting.load(Ordering::Relaxed) {
            return Err(self.away("did not answer a moment ago"));
        }
        let connection = self.manager().clone();
        let failed = match tokio::time::timeout(self.patience, call(connection)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(e)) => {
                let connected = !e.is_io_error() && !e.is_unrecoverable_error();
                let failed = self.away(&e.to_string()).caused_by(e);
                if connected {
                    return Err(failed);
                }
                failed
            }
            Err(_) => self.away(&format!("did not answer within {:?}", self.patience)),
        };
        // The next call connects anew: a connection whose other end is gone would keep silent for many minutes, and one that
        // failed would say so once more.
        if let Ok(new) = manager(&self.client, self.patience) {
            *self.manager() = new;
        }
        self.rest();
        Err(failed)
    }

    fn manager(&self) -> MutexGuard<'_, ConnectionManager> {
        // Every change is one assignment.
        self.manager.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn away(&self, said: &str) -> Error {
        Error::unavailable(format!("redis {}: {said}", self.place()))
    }

    fn rest(&self) {
        if !self.resting.swap(true, Ordering::Relaxed) {
            let resting = Arc::clone(&self.resting);
            tokio::spawn(async move {
                tokio::time::sleep(REST).await;
                resting.store(false, Ordering::Relaxed);
            });
        }
    }
}

fn manager(client: &Client, patience: Duration) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(patience)).set_response_timeout(None);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}
