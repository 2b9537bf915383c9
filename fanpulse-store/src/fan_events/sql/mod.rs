//! Fan events on both databases: blocks of one artist's events, and the hashes of the batches that they came in.
//!
//! A block holds events of one artist by fan. Appending adds blocks and changes none; [`Store::compact_fan_events`]
//! joins small ones, and erasing a fan writes those that hold the fan again.

mod keep;

use std::collections::BTreeSet;

use async_trait::async_trait;
use fanpulse_core::Instant;
use fanpulse_core::ingest::Dataset;

pub(crate) use keep::examine_fan_events;

use super::block::{Block, unpack};
use super::{FanEventFilter, FanEventStore, Sorted, check};
use crate::artists::foreign;
use crate::observations::Compacted;
use crate::sql::{Arg, Dialect, Row, Transaction, args};
use crate::{AccountId, Appended, ArtistId, Batch, Cursor, Result, Store};

/// How many events a batch has, at least, where there are so many.
const BATCH: i64 = 1 << 18;
/// How many bytes of blocks go into one statement.
const PART: usize = 4 << 20;

#[async_trait]
impl FanEventStore for Store {
    async fn append_fan_events(&self, account: AccountId, recorded_at: Instant, data: &Dataset) -> Result<Appended> {
        let artists = check(data)?;
        let rows = data.fan_events.len() as u64;
        if rows == 0 {
            return Ok(Appended::default());
        }
        let sorted = Sorted::new(data, &artists);
        let mut tx = self.begin().await?;
        let insert = "insert into fan_batches (account, hash, recorded_at, events) values ($1, $2, $3, $4) on conflict do nothing";
        has_artists(&mut tx, account, artists.iter().copied().flatten()).await?;
        // Another process with the same batch waits here until this one has ended.
        if tx.run(insert, args![account, sorted.hash().as_slice(), recorded_at, rows.cast_signed()]).await? == 0 {
            return Ok(Appended { stored: 0, repeated: rows });
        }
        write(&mut tx, account, sorted.blocks()).await?;
        tx.commit().await?;
        Ok(Appended { stored: rows, repeated: 0 })
    }

    async fn fan_events(&self, filter: &FanEventFilter, after: Option<&Cursor>) -> Result<Batch> {
        let after: Option<ArtistId> = after.map(Cursor::place).transpose()?;
        let mut tx = self.database().begin_reading().await?;
        let mut batch = Batch { data: Dataset::default(), next: None };
        let span = match filter.artist {
            Some(artist) => Some((artist, artist)),
            None => next_artists(&mut tx, filter, after, &mut batch).await?,
        };
        let Some((first, last)) = span else { return Ok(batch) };
        let select = "select artist, data from fan_event_blocks
            where account = $1 and artist >= $2 and artist <= $3 and first_day <= $4 and last_day >= $5 order by artist, id";
        let days = filter.days();
        let (mut artist, mut code) = (None, 0);
        for row in tx.rows(select, args![filter.account, first, last, *days.end(), *days.start()]).await? {
            let of = ArtistId(row.get(0)?);
            if artist.replace(of) != Some(of) {
                code = batch.data.artists.intern(&of.to_string());
            }
            unpack(&row.get::<Vec<u8>>(1)?, code, &days, &mut batch.data)?;
        }
        Ok(batch)
    }

    async fn erase_fan(&self, account: AccountId, fan_id: &str) -> Result<u64> {
        keep::erase(self.database(), account, fan_id).await
    }

    async fn erase_fan_events(&self, account: AccountId) -> Result<u64> {
        keep::erase_all(self.database(), account).await
    }
}

impl Store {
    /// Joins the small blocks of fan events that daily appends leave, so that they take less room and are read faster.
    /// No answer changes. Appends and reads go on meanwhile.
    ///
    /// # Errors
    /// What the database fails with; the blocks that were joined before stay joined.
    pub async fn compact_fan_events(&self) -> Result<Compacted> {
        keep::compact(self.database()).await
    }
}

/// Refuses artists that the account does not have.
async fn has_artists(tx: &mut Transaction, account: AccountId, artists: impl Iterator<Item = ArtistId>) -> Result<()> {
    let wanted: BTreeSet<ArtistId> = artists.collect();
    let select = match tx.dialect() {
        Dialect::Sqlite => "select id from artists where account = $1 and hex(id) in (select value from json_each($2))",
        Dialect::Postgres => "select id from artists where account = $1 and id = any(cast($2 as uuid[]))",
    };
    let text = |id: &ArtistId| match tx.dialect() {
        Dialect::Sqlite => id.0.simple().to_string().to_uppercase(),
        Dialect::Postgres => id.to_string(),
    };
    let list: Vec<String> = wanted.iter().map(text).collect();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let rows = tx.rows(select, vec![account.into(), Arg::texts(tx.dialect(), &list)]).await?;
    let found = rows.iter().map(|row| row.get(0).map(ArtistId)).collect::<Result<BTreeSet<_>>>()?;
    match wanted.difference(&found).next() {
        Some(artist) => Err(foreign(account, *artist)),
        None => Ok(()),
    }
}

/// The next artists that hold a batch of events; puts the place after them into `batch` where more follow.
async fn next_artists(
    tx: &mut Transaction,
    filter: &FanEventFilter,
    after: Option<ArtistId>,
    batch: &mut Batch,
) -> Result<Option<(ArtistId, ArtistId)>> {
    const MOST: usize = 256;
    let select = "select artist, cast(sum(events) as bigint) from fan_event_blocks
        where account = $1 and ($2 is null or artist > $2) and first_day <= $3 and last_day >= $4
        group by artist order by artist limit 257";
    let days = filter.days();
    let rows = tx.rows(select, args![filter.account, after.map(|id| id.0), *days.end(), *days.start()]).await?;
    let (mut span, mut events) = (None, 0);
    for (i, row) in rows.iter().enumerate() {
        let artist = ArtistId(row.get(0)?);
        let (first, last) = span.unwrap_or((artist, artist));
        if i == MOST || events >= BATCH {
            batch.next = Some(Cursor::at(&last)?);
            return Ok(Some((first, last)));
        }
        events += row.get::<i64>(1)?;
        span = Some((first, artist));
    }
    Ok(span)
}

/// Writes blocks of an account.
async fn write(tx: &mut Transaction, account: AccountId, blocks: impl Iterator<Item = Block<'_>> + Send) -> Result<()> {
    let mut part: Vec<Block<'_>> = Vec::new();
    for block in blocks {
        if tx.dialect() == Dialect::Sqlite {
            let insert = "insert into fan_event_blocks (account, artist, first_fan, last_fan, first_day, last_day, events, data)
                values ($1, $2, $3, $4, $5, $6, $7, $8)";
            let Block { artist, fans, days, events, data } = block;
            tx.run(insert, args![account, artist, fans.0, fans.1, days.0, days.1, events, data]).await?;
            continue;
        }
        part.push(block);
        if part.iter().map(|b| b.data.len()).sum::<usize>() >= PART {
            insert_many(tx, account, std::mem::take(&mut part)).await?;
        }
    }
    if part.is_empty() { Ok(()) } else { insert_many(tx, account, part).await }
}

async fn insert_many(tx: &mut Transaction, account: AccountId, blocks: Vec<Block<'_>>) -> Result<()> {
    let numbers = |value: fn(&Block<'_>) -> i32| Arg::Ints(blocks.iter().map(|b| i64::from(value(b))).collect());
    let args = vec![
        account.into(),
        Arg::Texts(blocks.iter().map(|b| b.artist.to_string()).collect()),
        Arg::Texts(blocks.iter().map(|b| b.fans.0.to_owned()).collect()),
        Arg::Texts(blocks.iter().map(|b| b.fans.1.to_owned()).collect()),
        numbers(|b| b.days.0),
        numbers(|b| b.days.1),
        numbers(|b| b.events),
        Arg::Blobs(blocks.into_iter().map(|b| b.data).collect()),
    ];
    let insert = "insert into fan_event_blocks (account, artist, first_fan, last_fan, first_day, last_day, events, data)
        select $1, * from unnest(cast($2 as uuid[]), $3, $4, $5, $6, $7, $8)";
    tx.run(insert, args).await.map(drop)
}

/// The artist and the packed events of a row.
fn packed(row: &Row) -> Result<(ArtistId, Vec<u8>)> {
    Ok((ArtistId(row.get(1)?), row.get(2)?))
}
