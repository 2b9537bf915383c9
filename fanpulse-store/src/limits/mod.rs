//! The port for rate limits: how much of what it may a caller has taken, in one process or over all replicas.

mod local;
#[cfg(feature = "redis")]
mod redis;
mod sql;

use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

pub use local::LocalLimits;
#[cfg(feature = "redis")]
pub use redis::RedisLimits;
pub use sql::SqlLimits;

use crate::{Error, Result};

/// The longest that what was spent may lie ahead: 366 days.
const LONGEST: i64 = 366 * 86_400 * 1_000_000;

/// By how much, in microseconds, two clocks may differ, or a caller may wait for its turn, before what lies beyond the
/// whole limit is taken for a limit that was lowered or a clock that was set back.
const SLACK: i64 = 1_000_000;

/// So many requests in so long, and so many at once.
///
/// # Formula
/// The generic cell rate algorithm (ITU-T I.371, virtual scheduling), which is a token bucket that stores one number:
/// each request costs `interval = period / requests`, what is spent lies ahead of now by at most `burst · interval`. No
/// span of time t grants more than `burst + t / interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    burst: u32,
    /// What one costs, in microseconds.
    interval: i64,
}

impl Limit {
    /// `requests` in each `period`, of which `burst` may come at once.
    ///
    /// # Errors
    /// `invalid` where `requests` or `burst` is 0, a request takes less than 1 µs, or the burst takes more than 366 days
    /// to come back.
    pub fn try_new(requests: u32, period: Duration, burst: u32) -> Result<Self> {
        let wrong = |why: &str| Error::invalid(format!("a limit of {requests} requests in {period:?}, {burst} at once: {why}"));
        if requests == 0 || burst == 0 {
            return Err(wrong("at least 1 request and 1 at once are needed"));
        }
        if period.as_micros() < u128::from(requests) {
            return Err(wrong("at least 1 µs for each request is needed"));
        }
        // Rounded up: never more than was said.
        let interval = i64::try_from(period.as_micros().div_ceil(u128::from(requests))).unwrap_or(i64::MAX);
        if interval.saturating_mul(i64::from(burst)) > LONGEST {
            return Err(wrong("it takes more than 366 days until as many may come at once again"));
        }
        Ok(Self { burst, interval })
    }

    /// How many may come at once.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// How long the whole burst takes to come back, in microseconds.
    const fn span(self) -> i64 {
        self.interval * self.burst as i64
    }

    /// What so many cost, in microseconds.
    const fn cost(self, count: u32) -> i64 {
        self.interval.saturating_mul(count as i64)
    }

    /// Whether `count` are granted at `now` where what came before is spent until `spent_until`, and until when it is
    /// spent then. SQL and Lua say the same in their words.
    fn take(self, spent_until: i64, count: u32, now: i64) -> (bool, i64) {
        let beyond = spent_until > now + self.span() + SLACK;
        let spent = if beyond { now + self.span() } else { spent_until.max(now) };
        let then = spent + self.cost(count);
        if then <= now + self.span() { (true, then) } else { (false, spent) }
    }

    /// The answer, where what is spent lies so many microseconds ahead.
    fn answer(self, count: u32, granted: bool, ahead: i64) -> Allowance {
        let micros = |n: i64| Duration::from_micros(n.max(0).unsigned_abs());
        let remaining = u32::try_from((self.span() - ahead).max(0) / self.interval).unwrap_or(u32::MAX);
        let wait = (ahead + self.cost(count) - self.span()).max(1);
        Allowance { limit: self.burst, remaining, reset_after: micros(ahead), retry_after: (!granted).then(|| micros(wait)) }
    }
}

/// What came of asking, as `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` and `Retry-After` say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many may come at once.
    pub limit: u32,
    /// How many more may come now.
    pub remaining: u32,
    /// When as many as `limit` may come again, if none comes before.
    pub reset_after: Duration,
    /// `None` = granted; otherwise nothing was taken, and as many are granted after this if none comes before.
    pub retry_after: Option<Duration>,
}

impl Allowance {
    /// Whether what was asked for was granted.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        self.retry_after.is_none()
    }
}

/// Whose clock an adapter goes by that several machines share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Times {
    /// The server's, whatever the callers' say: one replica whose clock is wrong would else lock out all callers of the
    /// others.
    #[default]
    Servers,
    /// The callers': `now` is what counts.
    Callers,
}

/// Limits by key, for instance `ip 203.0.113.7` or `account 0195…`.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use fanpulse_core::Instant;
/// use fanpulse_store::{Limit, LimitStore, LocalLimits};
///
/// # pollster::block_on(async {
/// let limits = LocalLimits::default();
/// let a_minute = Limit::try_new(60, Duration::from_secs(60), 2)?;
/// let now: Instant = "2026-03-01T10:00:00Z".parse()?;
/// for remaining in [1, 0] {
///     assert_eq!(limits.take("ip 203.0.113.7", a_minute, 1, now).await?.remaining, remaining);
/// }
/// let refused = limits.take("ip 203.0.113.7", a_minute, 1, now).await?;
/// assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// Takes `count` of what `key` may, all or none; 0 asks how it stands. Whoever asks of a key at the same time, on
    /// whatever replica, shares one limit. `now` is the caller's clock, which an adapter on a server heeds only where it
    /// was made with [`Times::Callers`].
    ///
    /// # Errors
    /// * `invalid` where the key is empty or longer than 200 bytes, or `count` is above the burst and never granted.
    /// * `unavailable` where the adapter's storage is.
    async fn take(&self, key: &str, limit: Limit, count: u32, now: Instant) -> Result<Allowance>;

    /// Forgets at most `limit` keys that have had nothing spent since a minute before `now`, as if they had never come.
    /// Returns how many; 0 from adapters whose keys go by themselves.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn trim_limits(&self, _now: Instant, _limit: u32) -> Result<u64> {
        Ok(0)
    }
}

fn check(key: &str, limit: Limit, count: u32) -> Result<()> {
    if key.is_empty() || key.len() > 200 {
        return Err(Error::invalid(format!("the key of a limit has {} bytes, 1 to 200 are needed", key.len())));
    }
    if count > limit.burst {
        return Err(Error::invalid(format!("{count} at once are never granted, the limit's burst is {}", limit.burst)));
    }
    Ok(())
}
