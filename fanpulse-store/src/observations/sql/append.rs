//! Appending: what is new becomes blocks beside the older ones.

use fanpulse_core::Instant;
use fanpulse_core::ingest::Dataset;

use super::blocks::{self, Wanted};
use super::keep;
use super::names::{self, Names};
use super::summaries;
use crate::Result;
use crate::observations::point::{BUCKET, Calendar, Point};
use crate::observations::{Appended, Origin, block, conflict};
use crate::sql::{Database, Transaction};

/// How many rows are compared with what is stored at a time.
const PART: usize = 1 << 17;

/// A row on its way into a block.
#[derive(Debug, Clone, Copy)]
struct Incoming {
    point: Point,
    month: i32,
    row: usize,
}

pub(super) async fn append(database: &Database, origin: &Origin, recorded_at: Instant, data: &Dataset) -> Result<Appended> {
    let mut appended = Appended::default();
    if data.observations.is_empty() {
        return Ok(appended);
    }
    let mut calendar = Calendar::default();
    let mut months: Vec<i32> = data.observations.at.iter().map(|at| calendar.month(*at)).collect();
    months.sort_unstable();
    months.dedup();
    keep::make_partitions(database, &months).await?;

    let mut tx = database.begin().await?;
    let mut names = Names::load(&mut tx).await?;
    let number = names.origin(&mut tx, origin).await?;
    let incoming = incoming(&mut tx, &mut names, number, recorded_at, data).await?;
    blocks::lock(&mut tx, incoming.chunk_by(|a, b| a.point.artist / BUCKET == b.point.artist / BUCKET).map(|r| r[0].point.artist / BUCKET))
        .await?;
    let own: Vec<bool> = names.origins.iter().map(|o| o.source == origin.source).collect();
    let mut first_conflict: Option<usize> = None;
    for month in incoming.chunk_by(|a, b| a.month == b.month) {
        for rows in parts(month) {
            let stored = stored(&mut tx, rows, &own).await?;
            let compared = compare(rows, &stored, recorded_at);
            first_conflict = [first_conflict, compared.conflict].into_iter().flatten().min();
            if first_conflict.is_none() {
                appended.stored += compared.new.len() as u64;
                appended.repeated += compared.repeated;
                blocks::write(&mut tx, rows[0].month, &compared.new).await?;
                summaries::mark(&mut tx, rows[0].month, &compared.new).await?;
            }
        }
    }
    if let Some(row) = first_conflict {
        return Err(conflict(row, data, &origin.source, recorded_at));
    }
    tx.commit().await?;
    Ok(appended)
}

/// The rows in numbers, sorted by month, artist, component, time and row.
async fn incoming(tx: &mut Transaction, names: &mut Names, origin: u16, recorded_at: Instant, data: &Dataset) -> Result<Vec<Incoming>> {
    let rows = &data.observations;
    let components: Vec<_> = data.components.iter().map(|c| (c.platform.as_str(), c.metric)).collect();
    let components = names.components(tx, &components).await?;
    // Only artists that have rows get a number.
    let mut used = vec![false; data.artists.len()];
    rows.artist.iter().for_each(|a| used[*a as usize] = true);
    let ids: Vec<&str> = data.artists.iter().zip(&used).filter(|(_, used)| **used).map(|(id, _)| id).collect();
    let mut given = names::artists(tx, &ids).await?.into_iter();
    let artists: Vec<u32> = used.iter().map(|used| if *used { given.next().unwrap_or_default() } else { 0 }).collect();
    let mut calendar = Calendar::default();
    let mut incoming: Vec<Incoming> = (0..rows.len())
        .map(|row| Incoming {
            point: Point {
                artist: artists[rows.artist[row] as usize],
                component: components[usize::from(rows.component[row])],
                origin,
                at: rows.at[row],
                recorded: recorded_at.micros(),
                value: rows.value[row],
            },
            month: calendar.month(rows.at[row]),
            row,
        })
        .collect();
    // Rows of one key stay in their order.
    incoming.sort_by_key(|r| (r.month, r.point.key()));
    Ok(incoming)
}

/// Cuts rows of one month between buckets into parts of about [`PART`] rows.
fn parts(rows: &[Incoming]) -> impl Iterator<Item = &[Incoming]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let last = rest.get(PART.min(rest.len().checked_sub(1)?))?.point.artist / BUCKET;
        let end = PART.min(rest.len() - 1) + rest[PART.min(rest.len() - 1)..].partition_point(|r| r.point.artist / BUCKET == last);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

/// What the same source has said at the times of these rows, sorted by key and recording time.
async fn stored(tx: &mut Transaction, rows: &[Incoming], own: &[bool]) -> Result<Vec<Point>> {
    let times = || rows.iter().map(|r| r.point.at);
    let (first, last) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
    let buckets: Vec<u32> =
        rows.chunk_by(|a, b| a.point.artist / BUCKET == b.point.artist / BUCKET).map(|r| r[0].point.artist / BUCKET).collect();
    let month = rows[0].month;
    let wanted = Wanted { months: (month, month), at: (first, last), recorded: i64::MAX };
    let mut points = Vec::new();
    for (_, data) in wanted.of_buckets(tx, &buckets).await? {
        block::unpack(&data, |p| {
            if p.at >= first && p.at <= last && own.get(usize::from(p.origin)).copied().unwrap_or_default() {
                points.push(p);
            }
        })?;
    }
    points.sort_by_key(|p| (p.key(), p.recorded));
    Ok(points)
}

/// What rows are beside what was stored.
#[derive(Debug, Default)]
struct Compared {
    new: Vec<Point>,
    repeated: u64,
    /// The first row that would change the past.
    conflict: Option<usize>,
}

fn compare(rows: &[Incoming], stored: &[Point], recorded_at: Instant) -> Compared {
    let mut compared = Compared { new: Vec::with_capacity(rows.len()), ..Compared::default() };
    let mut rest = stored;
    for same in rows.chunk_by(|a, b| a.point.key() == b.point.key()) {
        let key = same[0].point.key();
        rest = &rest[rest.iter().position(|p| p.key() >= key).unwrap_or(rest.len())..];
        let of_key = &rest[..rest.iter().position(|p| p.key() != key).unwrap_or(rest.len())];
        let at = recorded_at.micros();
        let known = of_key.iter().rfind(|p| p.recorded <= at);
        let told_since = of_key.iter().any(|p| p.recorded >= at);
        let mut new: Option<Point> = None;
        for Incoming { point, row, .. } in same {
            if new.as_ref().or(known).is_some_and(|k| k.value == point.value && k.origin == point.origin) {
                compared.repeated += 1;
            } else if new.is_some() || told_since {
                compared.conflict = [compared.conflict, Some(*row)].into_iter().flatten().min();
            } else {
                new = Some(*point);
            }
        }
        compared.new.extend(new);
    }
    compared
}
