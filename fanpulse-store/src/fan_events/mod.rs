//! The port for fan events: what fans did, by artist and day. It is the one port that keeps what single people did.

mod block;
mod sorted;
mod sql;

use std::ops::RangeInclusive;

use async_trait::async_trait;
use fanpulse_core::ingest::{Dataset, FanEventKind, FanEventTable, MAX_AMOUNT, MAX_SECONDS};
use fanpulse_core::{Day, Instant};

pub(crate) use sorted::Sorted;
pub(crate) use sql::examine_fan_events;

use crate::{AccountId, Appended, ArtistId, Batch, Cursor, Error, Result};

/// Which fan events of an account; every `None` = all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanEventFilter {
    /// Whose.
    pub account: AccountId,
    /// Of the fans of this artist.
    pub artist: Option<ArtistId>,
    /// On this day or later.
    pub from: Option<Day>,
    /// On this day or earlier: what a score as of that day may see.
    pub until: Option<Day>,
}

impl FanEventFilter {
    /// All fan events of an account.
    #[must_use]
    pub const fn of(account: AccountId) -> Self {
        Self { account, artist: None, from: None, until: None }
    }

    pub(crate) fn days(&self) -> RangeInclusive<i32> {
        self.from.map_or(i32::MIN, Day::days)..=self.until.map_or(i32::MAX, Day::days)
    }
}

/// Fan events by account and artist. What belongs to another account is not found.
#[async_trait]
pub trait FanEventStore: Send + Sync {
    /// Appends the fan events of `data`, whose artists are named by their [`ArtistId`]: all rows or, where it fails, none,
    /// also where the process dies in the middle.
    ///
    /// The rows of a call are a batch. A batch that the account has been told before, in whatever order, is counted and
    /// not stored, so that an import or a job may be repeated; of two batches that share some rows all rows count. A
    /// large file is best cut into batches of about a million rows.
    ///
    /// # Errors
    /// * `invalid` where a column's length, a kind, a day, an amount or a length is out of range, a fan has no name, or an
    ///   artist's name is not an id; the message names the row.
    /// * `conflict` where the account has no such artist.
    async fn append_fan_events(&self, account: AccountId, recorded_at: Instant, data: &Dataset) -> Result<Appended>;

    /// Fan events in the engine's columns, a batch of whole artists at a time, by artist. The caller asks for the next
    /// batch when it is done with one, so that memory stays that of a batch: about 2¹⁸ rows, more only where a single
    /// artist has more.
    ///
    /// # Errors
    /// `invalid` for a foreign cursor.
    async fn fan_events(&self, filter: &FanEventFilter, after: Option<&Cursor>) -> Result<Batch>;

    /// Removes everything that a fan of any of the account's artists did. Returns how many rows went. The batches that
    /// told of it are still known, so that repeating them does not bring the fan back; another batch would. In a SQLite
    /// file the fan's bytes are overwritten, backups are not touched.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn erase_fan(&self, account: AccountId, fan_id: &str) -> Result<u64>;

    /// Removes all fan events of an account, and that it was told of any. Returns how many rows went.
    ///
    /// # Errors
    /// What the adapter's storage fails with.
    async fn erase_fan_events(&self, account: AccountId) -> Result<u64>;
}

/// Appends fan events to the engine's table, batch by batch. Returns how many rows came.
///
/// # Errors
/// What [`FanEventStore::fan_events`] fails with; the rows of the batches before are in `data` then.
pub async fn load_fan_events(store: &dyn FanEventStore, filter: &FanEventFilter, data: &mut Dataset) -> Result<u64> {
    let (mut rows, mut after) = (0, None);
    loop {
        let batch = store.fan_events(filter, after.as_ref()).await?;
        rows += batch.data.fan_events.len() as u64;
        add(data, &batch.data)?;
        match batch.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Appends the fan events of one table to another.
pub(crate) fn add(to: &mut Dataset, from: &Dataset) -> Result<()> {
    let artists: Vec<u32> = from.artists.iter().map(|id| to.artists.intern(id)).collect();
    let fans: Vec<u32> = from.fans.iter().map(|id| to.fans.intern(id)).collect();
    let currencies = from.currencies.iter().map(|name| currency(to, name)).collect::<Result<Vec<u16>>>()?;
    for row in 0..from.fan_events.len() {
        let row = sorted::row(&from.fan_events, row);
        let currency = currencies.get(usize::from(row.currency)).copied().unwrap_or(FanEventTable::NO_CURRENCY);
        to.fan_events.push(fanpulse_core::ingest::FanEventRow {
            artist: artists[row.artist as usize],
            fan: fans[row.fan as usize],
            currency,
            ..row
        });
    }
    Ok(())
}

fn currency(data: &mut Dataset, name: &str) -> Result<u16> {
    data.currency_code(name).map_err(|e| Error::invalid(e.to_string()).caused_by(e))
}

/// Checks what every adapter refuses; returns the ids of the artists that have rows, by their codes.
pub(crate) fn check(data: &Dataset) -> Result<Vec<Option<ArtistId>>> {
    let t = &data.fan_events;
    let lengths = [
        ("fan", Some(t.fan.len())),
        ("day", Some(t.day.len())),
        ("kind", Some(t.kind.len())),
        ("count", Some(t.count.len()).filter(|len| *len > 0)),
        ("amount", Some(t.amount.len()).filter(|len| *len > 0)),
        ("seconds", Some(t.seconds.len()).filter(|len| *len > 0)),
        ("currency", Some(t.currency.len()).filter(|len| *len > 0)),
    ];
    for (name, len) in lengths {
        if let Some(len) = len.filter(|len| *len != t.len()) {
            return Err(Error::invalid(format!("column `{name}` has {len} rows where `artist` has {}", t.len())));
        }
    }
    let wrong = |row: usize, what: String| Error::invalid(format!("fan event row {row}: {what}"));
    let mut artists: Vec<Option<ArtistId>> = vec![None; data.artists.len()];
    let nameless = data.fans.code("");
    for i in 0..t.len() {
        let row = sorted::row(t, i);
        let Some(artist) = artists.get_mut(row.artist as usize) else {
            return Err(wrong(i, format!("artist {} is not one of {}", row.artist, data.artists.len())));
        };
        if artist.is_none() {
            let id = data.artists.get(row.artist).unwrap_or_default().parse().map_err(|e: Error| wrong(i, e.to_string()).caused_by(e))?;
            *artist = Some(id);
        }
        if row.fan as usize >= data.fans.len() {
            return Err(wrong(i, format!("fan {} is not one of {}", row.fan, data.fans.len())));
        }
        if Some(row.fan) == nameless {
            return Err(wrong(i, "fan_id is empty".to_owned()));
        }
        if let Err(e) = Day::try_new(row.day) {
            return Err(wrong(i, e.to_string()));
        }
        if usize::from(row.kind) >= FanEventKind::ALL.len() {
            return Err(wrong(i, format!("kind {} is not one of {}", row.kind, FanEventKind::ALL.len())));
        }
        for (name, value, most) in [("amount", row.amount, MAX_AMOUNT), ("seconds", row.seconds, MAX_SECONDS)] {
            if !value.is_nan() && !(0.0..=most).contains(&value) {
                return Err(wrong(i, format!("{name} is {value}, outside 0 to {most}")));
            }
        }
        if row.currency != FanEventTable::NO_CURRENCY && usize::from(row.currency) >= data.currencies.len() {
            return Err(wrong(i, format!("currency {} is not one of {}", row.currency, data.currencies.len())));
        }
    }
    Ok(artists)
}
