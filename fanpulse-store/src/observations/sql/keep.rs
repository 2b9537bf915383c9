//! What keeps the blocks in order: partitions by month, joining, and giving up old months.

use fanpulse_core::Day;
use sqlx::AssertSqlSafe;

use super::blocks::{self, FULL, Wanted};
use super::names::{self, Names};
use super::summaries;
use crate::observations::block;
use crate::observations::point::{BUCKET, month};
use crate::sql::{Arg, Database, Dialect, args, narrow};
use crate::{Error, Result};

/// Whoever holds it makes or drops partitions.
const LOCK: i64 = 0x46_50_70_61_72_74;

/// What [`Store::compact`](crate::Store::compact) did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Blocks that were joined.
    pub joined: u64,
    /// Blocks that they became.
    pub into: u64,
}

/// Makes PostgreSQL's partitions of these months, ascending, and of the one that follows.
pub(super) async fn make_partitions(database: &Database, months: &[i32]) -> Result<()> {
    if database.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let ahead = months.last().map(|last| last + 1);
    let names: Vec<(i32, String)> = months.iter().copied().chain(ahead).map(|m| (m, partition(m))).collect();
    let wanted: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    // Not `to_regclass`, whose cache may not know yet what was committed while this waited for the lock.
    let select = "select name from unnest($1) as name where name not in (
        select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = 'observation_blocks'::regclass)";
    if database.rows(select, vec![Arg::texts(Dialect::Postgres, &wanted)]).await?.is_empty() {
        return Ok(());
    }
    let mut tx = database.begin().await?;
    tx.run("select pg_advisory_xact_lock($1)", args![LOCK]).await?;
    let missing = tx.rows(select, vec![Arg::texts(Dialect::Postgres, &wanted)]).await?;
    let missing: Vec<String> = missing.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    for (m, name) in names.iter().filter(|(_, name)| missing.contains(name)) {
        // Made beside the table and then attached, which lets appends and reads go on.
        tx.script(&format!(
            "create table {name} (like observation_blocks including all);
             alter table observation_blocks attach partition {name} for values from ({m}) to ({})",
            m + 1
        ))
        .await?;
    }
    tx.commit().await
}

fn partition(month: i32) -> String {
    format!("observation_blocks_{}_{:02}", 1970 + month.div_euclid(12), month.rem_euclid(12) + 1)
}

pub(super) async fn forget(database: &Database, before: Day) -> Result<u64> {
    let before = month(before);
    let mut tx = database.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.run("select pg_advisory_xact_lock($1)", args![LOCK]).await?;
    }
    // Nobody appends meanwhile, nor makes summaries of what goes.
    blocks::lock(&mut tx, 0..32).await?;
    let sum = "select month, cast(sum(points) as bigint) from observation_blocks where month < $1 group by month";
    let sum = if tx.dialect() == Dialect::Postgres { sum.replace("select month", "select cast(month as bigint)") } else { sum.to_owned() };
    let mut gone = 0_u64;
    for row in tx.rows(AssertSqlSafe(sum), args![before]).await? {
        gone += narrow::<u64>(row.get(1)?, "number of points")?;
    }
    match tx.dialect() {
        Dialect::Sqlite => {
            tx.run("delete from observation_blocks where month < $1", args![before]).await?;
        }
        Dialect::Postgres => {
            let select = "select cast(inhrelid::regclass as text) from pg_inherits where inhparent = 'observation_blocks'::regclass";
            let last = partition(before);
            for row in tx.rows(select, args![]).await? {
                let name: String = row.get(0)?;
                // Names of partitions sort by time.
                if name < last {
                    tx.script(&format!("alter table observation_blocks detach partition {name}; drop table {name}")).await?;
                }
            }
        }
    }
    summaries::forget(&mut tx, before).await?;
    tx.commit().await?;
    Ok(gone)
}

pub(super) async fn compact(database: &Database) -> Result<Compacted> {
    let select = "select cast(month as bigint), cast(bucket as bigint) from observation_blocks group by month, bucket
        having count(*) > 1 + cast(sum(points) as bigint) / $1 order by 1, 2";
    let mut compacted = Compacted::default();
    for row in database.rows(select, args![FULL as i64]).await? {
        let (month, bucket) = (narrow(row.get(0)?, "month")?, names::artist_number(row.get(1)?)?);
        let one = join(database, month, bucket).await?;
        compacted.joined += one.joined;
        compacted.into += one.into;
    }
    Ok(compacted)
}

/// Joins the blocks of one month and bucket.
async fn join(database: &Database, month: i32, bucket: u32) -> Result<Compacted> {
    let mut tx = database.begin().await?;
    blocks::lock(&mut tx, std::iter::once(bucket)).await?;
    let rank = Names::load(&mut tx).await?.rank();
    let everything = Wanted { months: (month, month), at: (i64::MIN, i64::MAX), recorded: i64::MAX };
    let packed = everything.of_buckets(&mut tx, &[bucket]).await?;
    let mut points = Vec::new();
    for (_, data) in &packed {
        block::unpack(data, |p| points.push(p))?;
    }
    points.sort_by_key(|p| (p.key(), p.recorded, rank.get(usize::from(p.origin)).copied()));
    tx.run("delete from observation_blocks where month = $1 and bucket = $2", args![month, bucket]).await?;
    blocks::write(&mut tx, month, &points).await?;
    tx.commit().await?;
    Ok(Compacted { joined: packed.len() as u64, into: points.len().div_ceil(FULL) as u64 })
}

/// Whether every block unpacks into what its row says of it.
pub(crate) async fn examine_blocks(database: &Database) -> Result<()> {
    let mut tx = database.begin_reading().await?;
    let artists: i64 = match tx.row("select count(*) from observed_artists", args![]).await? {
        Some(row) => row.get(0)?,
        None => 0,
    };
    let everything = Wanted { months: (i32::MIN, i32::MAX), at: (i64::MIN, i64::MAX), recorded: i64::MAX };
    let buckets = tx
        .rows("select cast(bucket as bigint), cast(sum(points) as bigint) from observation_blocks group by bucket order by 1", args![])
        .await?;
    for row in buckets {
        let (bucket, points) = (names::artist_number(row.get(0)?)?, row.get::<i64>(1)?);
        let mut seen = 0;
        for (_, data) in everything.of_buckets(&mut tx, &[bucket]).await? {
            block::unpack(&data, |p| seen += i64::from(i64::from(p.artist) < artists && p.artist / BUCKET == bucket))?;
        }
        if seen != points {
            return Err(Error::internal(format!("observations of bucket {bucket} are damaged: {seen} of {points} are of known artists")));
        }
    }
    Ok(())
}
