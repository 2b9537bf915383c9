//! What PostgreSQL tells those who listen.

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};

/// A connection that listens to a channel.
pub(crate) struct Notifications(PgListener);

impl Notifications {
    pub(super) async fn of(pool: &PgPool, channel: &str) -> sqlx::Result<Self> {
        let options = (*pool.connect_options()).clone();
        // Not one of the pool's own, which would be one less for all others for as long as it listens.
        let own = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&own).await?;
        listener.ignore_pool_close_event(true);
        listener.eager_reconnect(false);
        listener.listen(channel).await?;
        Ok(Self(listener))
    }

    /// The next; `None` = the connection was lost, and what was told since with it.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.0.try_recv().await.ok().flatten().map(|notification| notification.payload().to_owned())
    }
}
