//! The port for sync cursors: up to where a connection's platform has been read.

mod sql;

use async_trait::async_trait;
use fanpulse_core::Instant;

use crate::{AccountId, ConnectionId, Error, Result};

/// Up to where one metric of a connection has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncCursor {
    /// Which connection.
    pub connection: ConnectionId,
    /// What is read, a metric or what else the platform has, for instance `followers` or `posts`: 1–100 characters.
    pub metric: String,
    /// The platform's place, or a day, in the words of whoever reads; `None` = from the beginning.
    pub place: Option<String>,
    /// When it was moved.
    pub moved_at: Instant,
    /// Rises with each move, from 1.
    pub version: u32,
}

/// Sync cursors by connection; they go with it. What belongs to another account is not found.
#[async_trait]
pub trait SyncCursorStore: Send + Sync {
    /// The cursor; `None` = nothing was read yet.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn sync_cursor(&self, account: AccountId, connection: ConnectionId, metric: &str) -> Result<Option<SyncCursor>>;

    /// All cursors of a connection by metric; it has few.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn sync_cursors(&self, account: AccountId, connection: ConnectionId) -> Result<Vec<SyncCursor>>;

    /// Moves a cursor from the version that was read, 0 = none yet, to a place, `None` = back to the beginning. Of those
    /// who read the same version one moves it, so that a worker that was thought dead cannot move it back. Returns the
    /// new version.
    ///
    /// # Errors
    /// * `invalid` where the metric's name is blank or longer than 100 characters.
    /// * `not_found` where the account has no such connection.
    /// * `conflict` where somebody else moved it since: what was read meanwhile may be read again.
    async fn move_sync_cursor(
        &self,
        account: AccountId,
        connection: ConnectionId,
        metric: &str,
        version: u32,
        place: Option<&str>,
        now: Instant,
    ) -> Result<u32>;
}

pub(crate) fn check(metric: &str) -> Result<()> {
    let length = metric.chars().count();
    if metric.trim().is_empty() || length > 100 {
        return Err(Error::invalid(format!("metric name of {length} characters: 1 to 100 are needed, not all of them blank")));
    }
    Ok(())
}

pub(crate) fn stale(connection: ConnectionId, metric: &str, version: u32) -> Error {
    Error::conflict(format!("the cursor `{metric}` of connection {connection} was moved since version {version}"))
}
