//! Scores in Redis, for all replicas.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::{Day, Instant};
use redis::Script;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Known, ScoreCache, Ticket};
use crate::{ArtistId, Redis, Result, Score, ScoreKey};

/// Of the form of what is kept; what has another is as if it were not there.
const VERSION: u32 = 1;

/// How many artists one script forgets.
const PART: usize = 500;

/// How long after it failed forgetting is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Scores in Redis. A score and its artist's ticket are read in one command, and the score counts only where it was kept
/// with that ticket.
///
/// A Redis that is away, slow, or holds something else knows nothing. What cannot be forgotten there at once is not asked
/// for here any more and forgotten as soon as it can be; other replicas that reach Redis meanwhile may see it until its
/// time has passed.
#[derive(Debug)]
pub struct RedisScores {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    redis: Arc<Redis>,
    age: Duration,
    /// What is still to be forgotten, and how often that is tried yet: then it is too old to be there.
    owed: Mutex<HashMap<ArtistId, u32>>,
}

/// A score as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    ticket: u64,
    artist: ArtistId,
    kind: String,
    latest: Option<Latest>,
}

#[derive(Serialize, Deserialize)]
struct Latest {
    as_of: i32,
    value: Option<f64>,
    document: Value,
    algorithm: String,
    settings_hash: String,
    computed_at: i64,
}

impl RedisScores {
    /// A cache in this Redis, whose entries are at most so old.
    #[must_use]
    pub fn new(redis: Arc<Redis>, age: Duration) -> Self {
        Self { shared: Arc::new(Shared { redis, age, owed: Mutex::default() }) }
    }
}

fn score_name(artist: ArtistId, kind: &str) -> String {
    format!("fanpulse:score:{artist}:{kind}")
}

fn ticket_name(artist: ArtistId) -> String {
    format!("fanpulse:ticket:{artist}")
}

/// Gives artists a ticket that they never had, whatever is in its place. What was kept with an older one is never read
/// again, also where the ticket was lost in between.
const FORGET: &str = "
local time = redis.call('TIME')
local ticket = string.format('%.0f', time[1] * 1000000 + time[2])
for _, key in ipairs(KEYS) do
    if redis.pcall('GET', key) == ticket then return redis.error_reply('ERR the clock stands still') end
    redis.call('SET', key, ticket, 'PX', ARGV[1])
end
return ticket";

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(FORGET));

impl Shared {
    fn owed(&self) -> MutexGuard<'_, HashMap<ArtistId, u32>> {
        // Every change is one insertion or removal.
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forget(&self, artists: &[ArtistId]) -> Result<()> {
        let artists: Vec<ArtistId> = BTreeSet::from_iter(artists.iter().copied()).into_iter().collect();
        for part in artists.chunks(PART) {
            self.new_ticket(part).await?;
        }
        Ok(())
    }

    /// A new ticket for some different artists.
    async fn new_ticket(&self, artists: &[ArtistId]) -> Result<Ticket> {
        // Longer than what is kept with it, or that would be worth less than it could.
        let lasts = (self.age * 2).as_millis();
        let mut call = SCRIPT.prepare_invoke();
        for artist in artists {
            call.key(ticket_name(*artist));
        }
        call.arg(u64::try_from(lasts).unwrap_or(u64::MAX));
        self.redis.ask(|mut connection| async move { call.invoke_async(&mut connection).await }).await.map(Ticket)
    }

    /// Forgets what is owed, as soon as Redis is there.
    async fn settle(self: Arc<Self>) {
        loop {
            tokio::time::sleep(PAUSE).await;
            let owed: Vec<ArtistId> = self.owed().keys().copied().collect();
            let forgotten = self.forget(&owed).await.is_ok();
            let mut rest = self.owed();
            for artist in owed {
                match rest.get_mut(&artist) {
                    Some(tries) if !forgotten && *tries > 1 => *tries -= 1,
                    _ => drop(rest.remove(&artist)),
                }
            }
            if rest.is_empty() {
                return;
            }
        }
    }
}

#[async_trait]
impl ScoreCache for RedisScores {
    async fn latest(&self, artist: ArtistId, kind: &str) -> Known {
        if self.shared.owed().contains_key(&artist) {
            return Known::Nothing(None);
        }
        let mut get = redis::cmd("MGET");
        get.arg(ticket_name(artist)).arg(score_name(artist, kind));
        let got = self.shared.redis.ask(|mut connection| async move { get.query_async::<[Option<Vec<u8>>; 2]>(&mut connection).await });
        let Ok([ticket, kept]) = got.await else { return Known::Nothing(None) };
        let ticket = ticket.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
        let Some(ticket) = ticket else { return Known::Nothing(self.shared.new_ticket(&[artist]).await.ok()) };
        match kept.and_then(|kept| read(&kept, ticket, artist, kind)) {
            Some(latest) => Known::Latest(latest),
            None => Known::Nothing(Some(Ticket(ticket))),
        }
    }

    async fn keep(&self, Ticket(ticket): Ticket, artist: ArtistId, kind: &str, latest: Option<&Score>) {
        let latest = latest.map(|score| Latest {
            as_of: score.key.as_of.days(),
            value: score.value,
            document: score.document.clone(),
            algorithm: score.algorithm.clone(),
            settings_hash: score.settings_hash.clone(),
            computed_at: score.computed_at.micros(),
        });
        let kept = Kept { version: VERSION, ticket, artist, kind: kind.to_owned(), latest };
        let Ok(kept) = serde_json::to_vec(&kept) else { return };
        let mut set = redis::cmd("SET");
        set.arg(score_name(artist, kind)).arg(kept).arg("PX").arg(u64::try_from(self.shared.age.as_millis()).unwrap_or(u64::MAX));
        // Where it is not kept, the next one reads the database too.
        let _kept = self.shared.redis.ask(|mut connection| async move { set.query_async::<()>(&mut connection).await }).await;
    }

    async fn forget(&self, artists: &[ArtistId]) {
        if self.shared.forget(artists).await.is_ok() {
            return;
        }
        let is_first = {
            let mut owed = self.shared.owed();
            let is_first = owed.is_empty();
            let tries = u32::try_from(self.shared.age.as_millis() / PAUSE.as_millis()).unwrap_or(u32::MAX).saturating_add(10);
            owed.extend(artists.iter().map(|artist| (*artist, tries)));
            is_first
        };
        if is_first {
            tokio::spawn(Arc::clone(&self.shared).settle());
        }
    }
}

/// What was kept, if it is what it seems.
fn read(kept: &[u8], ticket: u64, artist: ArtistId, kind: &str) -> Option<Option<Score>> {
    let kept: Kept = serde_json::from_slice(kept).ok()?;
    if kept.version != VERSION || kept.ticket != ticket || kept.artist != artist || kept.kind != kind {
        return None;
    }
    let Some(latest) = kept.latest else { return Some(None) };
    let key = ScoreKey { artist, kind: kept.kind, as_of: Day::try_new(latest.as_of).ok()? };
    Some(Some(Score {
        key,
        value: latest.value,
        document: latest.document,
        algorithm: latest.algorithm,
        settings_hash: latest.settings_hash,
        computed_at: Instant::try_new(latest.computed_at).ok()?,
    }))
}
