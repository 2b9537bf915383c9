//! Summaries on both databases: weeks and months of a bucket of artists, and which of them late rows have changed.
//!
//! Appending marks the bucket and month that it adds to, in its own transaction. Making a summary anew reads all that
//! the bucket holds of the month and of the weeks that reach into it, under the lock that appending takes, and then
//! takes the mark away: between a mark and what it stands for there is no moment.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{Months, NaiveDate};
use fanpulse_core::{Day, Instant};

use super::blocks::{self, Wanted};
use super::names::{self, Names};
use super::summary_block::{pack, unpack};
use crate::observations::point::{BUCKET, Calendar, MICROS_PER_DAY, Point, keep_what_holds};
use crate::observations::summary::{Figures, sort};
use crate::observations::{Period, Summary, SummaryFilter, SummaryStore, block};
use crate::sql::{Arg, Database, Dialect, Transaction, args, narrow};
use crate::{Error, Result, Store};

#[async_trait]
impl SummaryStore for Store {
    async fn summaries(&self, filter: &SummaryFilter) -> Result<Vec<Summary>> {
        let mut tx = self.database().begin_reading().await?;
        let known = names::known_artists(&mut tx, &[&filter.artist_id]).await?;
        let Some(artist) = known.get(&filter.artist_id).copied() else { return Ok(Vec::new()) };
        let bucket = artist / BUCKET;
        let marked = tx.rows("select cast(month as bigint) from changed_summaries where bucket = $1", args![bucket]).await?;
        if !marked.is_empty() {
            drop(tx);
            for row in &marked {
                refresh(self.database(), narrow(row.get(0)?, "month")?, bucket).await?;
            }
            tx = self.database().begin_reading().await?;
        }
        read(&mut tx, filter, artist).await
    }

    async fn refresh_summaries(&self, limit: u32) -> Result<u64> {
        let select = "select cast(month as bigint), cast(bucket as bigint) from changed_summaries order by bucket, month limit $1";
        let marked = self.database().rows(select, args![limit]).await?;
        for row in &marked {
            refresh(self.database(), narrow(row.get(0)?, "month")?, names::artist_number(row.get(1)?)?).await?;
        }
        Ok(marked.len() as u64)
    }
}

/// Marks that points of one month were added; they are sorted by artist.
pub(super) async fn mark(tx: &mut Transaction, month: i32, points: &[Point]) -> Result<()> {
    let mut buckets: Vec<i64> = points.iter().map(|p| i64::from(p.artist / BUCKET)).collect();
    buckets.dedup();
    if buckets.is_empty() {
        return Ok(());
    }
    let insert = match tx.dialect() {
        Dialect::Sqlite => {
            "insert into changed_summaries (bucket, month) select value, $1 from json_each($2) where true on conflict do nothing"
        }
        Dialect::Postgres => {
            "insert into changed_summaries (bucket, month) select bucket, $1 from unnest($2) as bucket on conflict do nothing"
        }
    };
    tx.run(insert, vec![Arg::from(month), Arg::ints(tx.dialect(), buckets)]).await.map(drop)
}

/// Gives up the summaries of what was observed before a month, and marks the month: its first week reached back.
pub(super) async fn forget(tx: &mut Transaction, before: i32) -> Result<()> {
    let first = first_day(before)?;
    tx.run("delete from summaries where start < $1", args![first]).await?;
    tx.run("delete from changed_summaries where month < $1", args![before]).await?;
    let mark = "insert into changed_summaries (bucket, month) select distinct bucket, month from observation_blocks where month = $1
        on conflict do nothing";
    tx.run(mark, args![before]).await.map(drop)
}

/// Makes the summaries of a bucket anew that one month has a part in.
async fn refresh(database: &Database, month: i32, bucket: u32) -> Result<()> {
    let mut tx = database.begin().await?;
    blocks::lock(&mut tx, std::iter::once(bucket)).await?;
    if tx.run("delete from changed_summaries where bucket = $1 and month = $2", args![bucket, month]).await? == 0 {
        return Ok(()); // Somebody else was faster.
    }
    let (first, last) = (first_day(month)?, first_day(month + 1)?.plus(-1));
    let (from, until) = (Period::Week.start(first), Period::Week.start(last).plus(6));
    let at = (Instant::from(from).micros(), Instant::from(until).micros() + MICROS_PER_DAY - 1);
    let mut calendar = Calendar::default();
    let wanted = Wanted { months: (calendar.month(at.0), calendar.month(at.1)), at, recorded: i64::MAX };
    let rank = Names::load(&mut tx).await?.rank();
    let mut points = Vec::new();
    for (_, data) in wanted.of_buckets(&mut tx, &[bucket]).await? {
        block::unpack(&data, |p| {
            if (at.0..=at.1).contains(&p.at) {
                points.push(p);
            }
        })?;
    }
    keep_what_holds(&mut points, &rank);
    let delete =
        "delete from summaries where bucket = $1 and ((period = $2 and start = $3) or (period = $4 and start >= $5 and start <= $6))";
    let (weeks, months) = (Period::Week.code(), Period::Month.code());
    tx.run(delete, args![bucket, months, first, weeks, from, until]).await?;
    write(&mut tx, bucket, Period::Week, &points).await?;
    let days = first.days()..=last.days();
    points.retain(|p| days.contains(&day_number(p)));
    write(&mut tx, bucket, Period::Month, &points).await?;
    tx.commit().await
}

#[expect(clippy::cast_possible_truncation, reason = "checked: within the range of days")]
fn day_number(p: &Point) -> i32 {
    p.at.div_euclid(MICROS_PER_DAY) as i32
}

/// The first day of a month since January 1970.
fn first_day(month: i32) -> Result<Day> {
    let date = NaiveDate::from_epoch_days(0).and_then(|d| d.checked_add_months(Months::new(month.unsigned_abs())));
    let days = date.map(|d| d.to_epoch_days()).filter(|_| month >= 0);
    // The month after the last day's begins with it, for all that is asked here.
    let day = days.map(|days| Day::try_new(days.min(Day::MAX.days())));
    day.transpose().ok().flatten().ok_or_else(|| Error::internal(format!("a stored month {month} is out of range")))
}

/// Writes the summaries of points, which are sorted by artist, component and time.
async fn write(tx: &mut Transaction, bucket: u32, period: Period, points: &[Point]) -> Result<()> {
    let mut starts: BTreeMap<Day, Vec<(u32, u16, Figures)>> = BTreeMap::new();
    for p in points {
        let day = Day::try_new(day_number(p)).map_err(|e| Error::internal(format!("a stored {e}")).caused_by(e))?;
        let rows = starts.entry(period.start(day)).or_default();
        match rows.last_mut() {
            Some((artist, component, figures)) if (*artist, *component) == (p.artist, p.component) => figures.add(p.value),
            _ => rows.push((p.artist, p.component, Figures::of(p.value))),
        }
    }
    for (start, rows) in starts {
        let insert = "insert into summaries (bucket, period, start, data) values ($1, $2, $3, $4)";
        tx.run(insert, args![bucket, period.code(), start, pack(&rows)]).await?;
    }
    Ok(())
}

async fn read(tx: &mut Transaction, filter: &SummaryFilter, artist: u32) -> Result<Vec<Summary>> {
    let components = Names::load(tx).await?.components;
    let select = "select cast(start as bigint), data from summaries where bucket = $1 and period = $2 and start >= $3 and start <= $4";
    let (from, until) = (filter.from.unwrap_or(Day::MIN), filter.until.unwrap_or(Day::MAX));
    let mut summaries = Vec::new();
    for row in tx.rows(select, args![artist / BUCKET, filter.period.code(), from, until]).await? {
        let start = Day::try_new(narrow(row.get(0)?, "day")?).map_err(|e| Error::internal(format!("a stored {e}")).caused_by(e))?;
        unpack(&row.get::<Vec<u8>>(1)?, |(of, component, figures)| {
            let component = components.get(usize::from(component)).filter(|(platform, metric)| filter.takes(platform, *metric));
            if let Some((platform, metric)) = component.filter(|_| of == artist) {
                summaries.push(figures.summary(platform, *metric, start));
            }
        })?;
    }
    sort(&mut summaries);
    Ok(summaries)
}

/// Whether every summary unpacks.
pub(crate) async fn examine_summaries(database: &Database) -> Result<()> {
    let select = "select cast(bucket as bigint), data from summaries where bucket = (select min(bucket) from summaries where bucket > $1)";
    let mut after = -1_i64;
    loop {
        let rows = database.rows(select, args![after]).await?;
        for row in &rows {
            after = row.get(0)?;
            unpack(&row.get::<Vec<u8>>(1)?, drop)?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
