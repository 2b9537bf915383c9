//! Signals by PostgreSQL's LISTEN and NOTIFY.

use std::time::Duration;

use async_trait::async_trait;

use super::{CHANNEL, Listener, Signal, Signals};
use crate::sql::{Arg, Database, Dialect, Notifications};
use crate::{Error, Result, Store};

/// How long a listener waits before it tries again to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// Signals between the replicas on one PostgreSQL database. Each listener has a connection of its own.
///
/// They are sent after what they tell of was committed, not within its transaction: PostgreSQL makes every commit that
/// notifies wait for the one before.
#[derive(Debug, Clone)]
pub struct PostgresSignals(Database);

impl PostgresSignals {
    /// Signals through the store's database.
    ///
    /// # Errors
    /// `invalid` where it is SQLite, which has none.
    pub fn new(store: &Store) -> Result<Self> {
        match store.database().dialect() {
            Dialect::Postgres => Ok(Self(store.database().clone())),
            Dialect::Sqlite => Err(Error::invalid(format!("database {}: SQLite has no signals between processes", store.place()))),
        }
    }
}

#[async_trait]
impl Signals for PostgresSignals {
    async fn send(&self, signals: &[Signal]) -> Result<()> {
        let texts = Signal::texts(signals);
        if texts.is_empty() {
            return Ok(());
        }
        let notify = "select pg_notify($1, text) from unnest($2) as text";
        self.0.run(notify, vec![CHANNEL.into(), Arg::Texts(texts)]).await.map(drop)
    }

    fn listen(&self) -> Box<dyn Listener> {
        Box::new(Listening { database: self.0.clone(), connected: None })
    }
}

struct Listening {
    database: Database,
    connected: Option<Notifications>,
}

#[async_trait]
impl Listener for Listening {
    async fn next(&mut self) -> Signal {
        loop {
            let Some(notifications) = &mut self.connected else {
                match self.database.listen(CHANNEL).await {
                    Ok(notifications) => {
                        self.connected = Some(notifications);
                        return Signal::Lost;
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
                continue;
            };
            match notifications.next().await {
                Some(text) => {
                    if let Some(signal) = Signal::parse(&text) {
                        return signal;
                    }
                }
                None => self.connected = None,
            }
        }
    }
}
