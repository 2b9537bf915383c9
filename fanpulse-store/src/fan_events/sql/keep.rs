//! What keeps the blocks in order: joining, and erasing.

use fanpulse_core::ingest::Dataset;

use super::super::block::{FULL, examine, unpack};
use super::super::{Sorted, sorted};
use super::{packed, write};
use crate::observations::Compacted;
use crate::sql::{Arg, Database, Dialect, Transaction, args};
use crate::{AccountId, ArtistId, Error, Result};

/// All days.
const EVER: std::ops::RangeInclusive<i32> = i32::MIN..=i32::MAX;

/// Holds an account's blocks until the transaction ends: nobody else joins or erases them meanwhile.
async fn lock(tx: &mut Transaction, account: AccountId) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        let name = format!("fan events of {account}");
        tx.run("select pg_advisory_xact_lock(hashtextextended($1, 0))", args![name]).await?;
    }
    Ok(())
}

pub(super) async fn erase(database: &Database, account: AccountId, fan_id: &str) -> Result<u64> {
    let mut tx = database.begin().await?;
    lock(&mut tx, account).await?;
    let select = "select id, artist, data from fan_event_blocks where account = $1 and first_fan <= $2 and last_fan >= $2 and id > $3
        order by id limit 64";
    let (mut after, mut gone) = (i64::MIN, 0);
    loop {
        let rows = tx.rows(select, args![account, fan_id, after]).await?;
        for row in &rows {
            after = row.get(0)?;
            let (artist, bytes) = packed(row)?;
            let mut data = of_artist(artist);
            unpack(&bytes, 0, &EVER, &mut data)?;
            let Some(fan) = data.fans.code(fan_id) else { continue };
            let kept = without(&data, fan);
            gone += (data.fan_events.len() - kept.fan_events.len()) as u64;
            tx.run("delete from fan_event_blocks where id = $1", args![after]).await?;
            // The new block comes last, and does not hold the fan.
            write(&mut tx, account, Sorted::new(&kept, &[Some(artist)]).blocks()).await?;
        }
        if rows.is_empty() {
            break;
        }
    }
    tx.commit().await?;
    Ok(gone)
}

/// The same events without those of a fan, whose id does not stay either.
fn without(data: &Dataset, fan: u32) -> Dataset {
    let mut kept = Dataset { artists: data.artists.clone(), currencies: data.currencies.clone(), ..Dataset::default() };
    for i in 0..data.fan_events.len() {
        let row = sorted::row(&data.fan_events, i);
        if row.fan != fan {
            let fan = kept.fans.intern(data.fans.get(row.fan).unwrap_or_default());
            kept.fan_events.push(fanpulse_core::ingest::FanEventRow { fan, ..row });
        }
    }
    kept
}

fn of_artist(artist: ArtistId) -> Dataset {
    let mut data = Dataset::default();
    data.artists.intern(&artist.to_string());
    data
}

pub(super) async fn erase_all(database: &Database, account: AccountId) -> Result<u64> {
    let mut tx = database.begin().await?;
    lock(&mut tx, account).await?;
    let sum = "select coalesce(cast(sum(events) as bigint), 0) from fan_event_blocks where account = $1";
    let gone = tx.row(sum, args![account]).await?.map_or(Ok(0), |row| row.get::<i64>(0))?;
    tx.run("delete from fan_event_blocks where account = $1", args![account]).await?;
    tx.run("delete from fan_batches where account = $1", args![account]).await?;
    tx.commit().await?;
    Ok(gone.unsigned_abs())
}

/// Joins blocks that are less than half full where an artist has several, which leaves one at most: a full block is
/// never written again, however often the others are joined.
pub(super) async fn compact(database: &Database) -> Result<Compacted> {
    let small = "select account, artist from fan_event_blocks where events < $1 group by account, artist having count(*) > 1 order by 1, 2";
    let mut compacted = Compacted::default();
    for row in database.rows(small, args![(FULL / 2) as i64]).await? {
        let one = join(database, AccountId(row.get(0)?), ArtistId(row.get(1)?)).await?;
        compacted.joined += one.joined;
        compacted.into += one.into;
    }
    Ok(compacted)
}

async fn join(database: &Database, account: AccountId, artist: ArtistId) -> Result<Compacted> {
    let mut tx = database.begin().await?;
    lock(&mut tx, account).await?;
    let select = "select id, artist, data from fan_event_blocks where account = $1 and artist = $2 and events < $3 order by id";
    let rows = tx.rows(select, args![account, artist, (FULL / 2) as i64]).await?;
    let (mut data, mut ids) = (of_artist(artist), Vec::new());
    for row in &rows {
        ids.push(row.get(0)?);
        unpack(&packed(row)?.1, 0, &EVER, &mut data)?;
    }
    let delete = match tx.dialect() {
        Dialect::Sqlite => "delete from fan_event_blocks where id in (select value from json_each($1))",
        Dialect::Postgres => "delete from fan_event_blocks where id = any($1)",
    };
    tx.run(delete, vec![Arg::ints(tx.dialect(), ids)]).await?;
    let sorted = Sorted::new(&data, &[Some(artist)]);
    write(&mut tx, account, sorted.blocks()).await?;
    tx.commit().await?;
    Ok(Compacted { joined: rows.len() as u64, into: data.fan_events.len().div_ceil(FULL) as u64 })
}

/// Whether every block unpacks into what its row says of it.
pub(crate) async fn examine_fan_events(database: &Database) -> Result<()> {
    let select = "select id, artist, data, cast(events as bigint) from fan_event_blocks where id > $1 order by id limit 64";
    let mut after = i64::MIN;
    loop {
        let rows = database.rows(select, args![after]).await?;
        for row in &rows {
            after = row.get(0)?;
            let ((artist, bytes), events) = (packed(row)?, row.get::<i64>(3)?);
            let seen = examine(&bytes)?;
            if seen != events {
                return Err(Error::internal(format!("fan events of artist {artist} are damaged: {seen} of {events} are there")));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
