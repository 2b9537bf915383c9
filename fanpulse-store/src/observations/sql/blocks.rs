//! Writing and reading blocks: many at once by COPY in its binary format on PostgreSQL, by a prepared statement on SQLite.

use crate::observations::block;
use crate::observations::point::{BUCKET, Point};
use crate::sql::{Arg, Dialect, Transaction, args};
use crate::{Error, Result};

/// The most points of a block.
pub(super) const FULL: usize = 8192;

/// Holds the buckets until the transaction ends: nobody else appends to them or joins their blocks meanwhile.
/// Buckets share 32 locks, since PostgreSQL has room for some thousands only.
pub(super) async fn lock(tx: &mut Transaction, buckets: impl Iterator<Item = u32>) -> Result<()> {
    const FIRST: i64 = 0x46_50_62_75_63_6b_00;
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut slots: Vec<i64> = buckets.map(|b| FIRST + i64::from(b % 32)).collect();
    // Everybody takes them in ascending order, so that none waits for the other.
    slots.sort_unstable();
    slots.dedup();
    for slot in slots {
        tx.run("select pg_advisory_xact_lock($1)", args![slot]).await?;
    }
    Ok(())
}

/// Writes points of one month, which are sorted by artist, component and time.
pub(super) async fn write(tx: &mut Transaction, month: i32, points: &[Point]) -> Result<()> {
    let blocks = points.chunk_by(|a, b| a.artist / BUCKET == b.artist / BUCKET).flat_map(|bucket| bucket.chunks(FULL));
    if points.is_empty() {
        return Ok(());
    }
    match tx.dialect() {
        Dialect::Sqlite => {
            for points in blocks {
                let b = Block::of(month, points)?;
                let row = args![b.month, b.bucket, b.artists.0, b.artists.1, b.at.0, b.at.1, b.recorded, b.points, b.data];
                let insert = "insert into observation_blocks
                    (month, bucket, first_artist, last_artist, first_at, last_at, first_recorded, points, data)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
                tx.run(insert, row).await?;
            }
        }
        Dialect::Postgres => {
            let blocks: Vec<Block> = blocks.map(|points| Block::of(month, points)).collect::<Result<_>>()?;
            if blocks.iter().map(|b| b.data.len()).sum::<usize>() < COPIED {
                insert(tx, blocks).await?;
            } else {
                copy(tx, &blocks).await?;
            }
        }
    }
    Ok(())
}

/// From so many bytes on, COPY is faster. Its end is a message of its own, which waits up to 40 ms for the
/// acknowledgement of the one before (RFC 1122 §4.2.3.2), since sqlx leaves Nagle's algorithm on.
const COPIED: usize = 1 << 20;

async fn insert(tx: &mut Transaction, blocks: Vec<Block>) -> Result<()> {
    let column = |value: fn(&Block) -> i64| Arg::Ints(blocks.iter().map(value).collect());
    let mut args = vec![
        column(|b| b.month.into()),
        column(|b| b.bucket.into()),
        column(|b| b.artists.0.into()),
        column(|b| b.artists.1.into()),
        column(|b| b.at.0),
        column(|b| b.at.1),
        column(|b| b.recorded),
        column(|b| b.points.into()),
    ];
    args.push(Arg::Blobs(blocks.into_iter().map(|b| b.data).collect()));
    let insert = "insert into observation_blocks
        (month, bucket, first_artist, last_artist, first_at, last_at, first_recorded, points, data)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    tx.run(insert, args).await.map(drop)
}

async fn copy(tx: &mut Transaction, blocks: &[Block]) -> Result<()> {
    let copy = "copy observation_blocks
        (month, bucket, first_artist, last_artist, first_at, last_at, first_recorded, points, data)
        from stdin (format binary)";
    // https://www.postgresql.org/docs/current/sql-copy.html, file formats
    let header = [b"PGCOPY\n\xff\r\n\0".as_slice(), &[0; 8]].concat();
    let rows = std::iter::once(header).chain(blocks.iter().map(Block::copied)).chain([vec![0xff; 2]]);
    tx.copy_in(copy, rows).await.map(drop)
}

/// One row of `observation_blocks`.
struct Block {
    month: i32,
    bucket: i32,
    artists: (i32, i32),
    at: (i64, i64),
    recorded: i64,
    points: i32,
    data: Vec<u8>,
}

impl Block {
    fn of(month: i32, points: &[Point]) -> Result<Self> {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Err(Error::internal("a block without points")) };
        let times = || points.iter().map(|p| p.at);
        Ok(Self {
            month,
            bucket: (first.artist / BUCKET).cast_signed(),
            artists: (first.artist.cast_signed(), last.artist.cast_signed()),
            at: (times().min().unwrap_or_default(), times().max().unwrap_or_default()),
            recorded: points.iter().map(|p| p.recorded).min().unwrap_or_default(),
            points: i32::try_from(points.len()).unwrap_or(i32::MAX),
            data: block::pack(points),
        })
    }

    /// The row in COPY's binary format: each value behind its length, big-endian.
    fn copied(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.data.len() + 96);
        let mut put = |value: &[u8]| {
            out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(value);
        };
        for v in [self.month, self.bucket, self.artists.0, self.artists.1] {
            put(&v.to_be_bytes());
        }
        for v in [self.at.0, self.at.1, self.recorded] {
            put(&v.to_be_bytes());
        }
        put(&self.points.to_be_bytes());
        put(&self.data);
        [9_u16.to_be_bytes().as_slice(), &out].concat()
    }
}

/// What blocks are asked for by; every span is inclusive.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) months: (i32, i32),
    pub(super) at: (i64, i64),
    /// Only blocks that hold something recorded by then.
    pub(super) recorded: i64,
}

impl Wanted {
    /// The packed points of these buckets, by bucket and month.
    pub(super) async fn of_buckets(&self, tx: &mut Transaction, buckets: &[u32]) -> Result<Vec<(u32, Vec<u8>)>> {
        let buckets: Vec<i64> = buckets.iter().map(|b| i64::from(*b)).collect();
        let select = match tx.dialect() {
            Dialect::Sqlite => {
                "select bucket, data from observation_blocks
                 where bucket in (select value from json_each($1)) and month between $2 and $3 and last_at >= $4 and first_at <= $5
                 and first_recorded <= $6 order by bucket, month"
            }
            Dialect::Postgres => {
                "select cast(bucket as bigint), data from observation_blocks
                 where bucket = any($1) and month between $2 and $3 and last_at >= $4 and first_at <= $5
                 and first_recorded <= $6 order by bucket, month"
            }
        };
        self.packed(tx, select, vec![Arg::ints(tx.dialect(), buckets)]).await
    }

    /// The packed points of a span of buckets, by bucket and month.
    pub(super) async fn of_span(&self, tx: &mut Transaction, first: u32, last: u32) -> Result<Vec<(u32, Vec<u8>)>> {
        let select = "select cast(bucket as bigint), data from observation_blocks
             where bucket between $1 and $7 and month between $2 and $3 and last_at >= $4 and first_at <= $5
             and first_recorded <= $6 order by bucket, month";
        let mut args = self.arguments(args![first]);
        args.push(last.into());
        rows(tx.rows(select, args).await?)
    }

    async fn packed(&self, tx: &mut Transaction, select: &'static str, first: Vec<Arg>) -> Result<Vec<(u32, Vec<u8>)>> {
        rows(tx.rows(select, self.arguments(first)).await?)
    }

    fn arguments(&self, mut args: Vec<Arg>) -> Vec<Arg> {
        args.extend(args![self.months.0, self.months.1, self.at.0, self.at.1, self.recorded]);
        args
    }
}

fn rows(rows: Vec<crate::sql::Row>) -> Result<Vec<(u32, Vec<u8>)>> {
    rows.iter().map(|row| Ok((super::names::artist_number(row.get(0)?)?, row.get(1)?))).collect()
}
