//! Limits in Redis, for all replicas.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use fanpulse_core::Instant;
use redis::Script;

use super::{Allowance, Limit, LimitStore, SLACK, Times, check};
use crate::{Redis, Result};

/// Limits in Redis: one script each, which nothing comes between.
///
/// While Redis is away or slow the limits of another adapter hold, as a rule those of this process, which know nothing
/// of what was spent before: callers are neither let through unbounded nor locked out.
pub struct RedisLimits {
    redis: Arc<Redis>,
    times: Times,
    meanwhile: Arc<dyn LimitStore>,
}

impl std::fmt::Debug for RedisLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLimits").field("redis", &self.redis).field("times", &self.times).finish_non_exhaustive()
    }
}

impl RedisLimits {
    /// Limits in this Redis, and those that hold while it is away.
    #[must_use]
    pub fn new(redis: Arc<Redis>, times: Times, meanwhile: Arc<dyn LimitStore>) -> Self {
        Self { redis, times, meanwhile }
    }
}

/// As [`Limit::take`](super::Limit): what it costs, the whole limit, the caller's time or, to go by Redis', nothing, the
/// slack, and how many milliseconds longer than needed the key stays. Numbers of up to 2^53 are exact in Lua.
const TAKE: &str = "
local cost, span, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local spent = tonumber(redis.call('GET', KEYS[1]) or '') or now
if spent > now + span + ARGV[4] then spent = now + span end
if spent < now then spent = now end
local granted = 0
if spent + cost <= now + span then
    granted = 1
    spent = spent + cost
end
if spent > now then
    redis.call('SET', KEYS[1], string.format('%.0f', spent), 'PX', string.format('%.0f', math.ceil((spent - now) / 1000) + ARGV[5]))
end
return {granted, string.format('%.0f', spent - now)}";

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(TAKE));

#[async_trait]
impl LimitStore for RedisLimits {
    async fn take(&self, key: &str, limit: Limit, count: u32, now: Instant) -> Result<Allowance> {
        check(key, limit, count)?;
        // The callers' time may pass slower than Redis', by which keys expire.
        let (time, longer) = match self.times {
            Times::Servers => (String::new(), 0),
            Times::Callers => (now.micros().to_string(), 3_600_000),
        };
        let mut call = SCRIPT.key(format!("fanpulse:limit:{key}"));
        call.arg(limit.cost(count)).arg(limit.span()).arg(time).arg(SLACK).arg(longer);
        let took = self.redis.ask(|mut connection| async move { call.invoke_async::<(bool, i64)>(&mut connection).await }).await;
        match took {
            Ok((granted, ahead)) => Ok(limit.answer(count, granted, ahead)),
            Err(_) => self.meanwhile.take(key, limit, count, now).await,
        }
    }
}
