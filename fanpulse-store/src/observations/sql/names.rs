//! The dictionaries: what the numbers in points stand for. Numbers are given from 0 without gaps.

use std::collections::BTreeMap;

use fanpulse_core::ingest::Metric;

use crate::observations::{Origin, Precision, Quality};
use crate::sql::{Arg, Dialect, Row, Transaction, args, narrow};
use crate::{Error, Result};

/// Whoever holds it gives new numbers.
const LOCK: i64 = 0x46_50_6e_61_6d_65;

/// The small dictionaries, by number.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) components: Vec<(String, Metric)>,
    pub(super) origins: Vec<Origin>,
}

impl Names {
    pub(super) async fn load(tx: &mut Transaction) -> Result<Self> {
        let rows = tx.rows("select number, platform, metric from observed_components order by number", args![]).await?;
        let components = numbered(&rows, |row| {
            let metric: String = row.get(2)?;
            Ok((row.get(1)?, metric.parse().map_err(|e: fanpulse_core::Error| Error::internal(format!("stored {e}")).caused_by(e))?))
        })?;
        let select = "select number, source, precision, definition, quality from observation_origins order by number";
        let origins = numbered(&tx.rows(select, args![]).await?, |row| {
            let (precision, quality): (String, String) = (row.get(2)?, row.get(4)?);
            Ok(Origin {
                source: row.get(1)?,
                precision: precision.parse::<Precision>().map_err(stored)?,
                definition: narrow(row.get(3)?, "definition")?,
                quality: quality.parse::<Quality>().map_err(stored)?,
            })
        })?;
        Ok(Self { components, origins })
    }

    /// The numbers of these components, given now to those that are new.
    pub(super) async fn components(&mut self, tx: &mut Transaction, wanted: &[(&str, Metric)]) -> Result<Vec<u16>> {
        let known = |all: &[(String, Metric)], w: &(&str, Metric)| all.iter().position(|(p, m)| p == w.0 && *m == w.1);
        if wanted.iter().any(|w| known(&self.components, w).is_none()) {
            lock(tx).await?;
            *self = Self::load(tx).await?;
        }
        let mut numbers = Vec::with_capacity(wanted.len());
        for w in wanted {
            let number = match known(&self.components, w) {
                Some(number) => number,
                None => {
                    let number = self.components.len();
                    let row = args![number as i64, w.0, w.1.as_str()];
                    tx.run("insert into observed_components (number, platform, metric) values ($1, $2, $3)", row).await?;
                    self.components.push((w.0.to_owned(), w.1));
                    number
                }
            };
            numbers.push(u16::try_from(number).map_err(|_| Error::invalid("more than 65,536 components (platform and metric)"))?);
        }
        Ok(numbers)
    }

    /// The number of an origin, given now if it is new.
    pub(super) async fn origin(&mut self, tx: &mut Transaction, wanted: &Origin) -> Result<u16> {
        if !self.origins.contains(wanted) {
            lock(tx).await?;
            *self = Self::load(tx).await?;
        }
        let number = match self.origins.iter().position(|o| o == wanted) {
            Some(number) => number,
            None => {
                let number = self.origins.len();
                let insert = "insert into observation_origins (number, source, precision, definition, quality) values ($1, $2, $3, $4, $5)";
                let Origin { source, precision, definition, quality } = wanted;
                tx.run(insert, args![number as i64, source, precision.as_str(), i32::from(*definition), quality.as_str()]).await?;
                self.origins.push(wanted.clone());
                number
            }
        };
        u16::try_from(number).map_err(|_| Error::invalid("more than 65,536 origins (source, precision, definition and quality)"))
    }

    /// By origin's number, the place of its source in the order of the names.
    pub(super) fn rank(&self) -> Vec<u32> {
        let mut sources: Vec<&str> = self.origins.iter().map(|o| o.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        let place = |o: &Origin| sources.partition_point(|s| *s < o.source.as_str());
        self.origins.iter().map(|o| u32::try_from(place(o)).unwrap_or(u32::MAX)).collect()
    }
}

/// The numbers of artists, given now to those that are new, in the order of their names.
pub(super) async fn artists(tx: &mut Transaction, ids: &[&str]) -> Result<Vec<u32>> {
    let mut known = known_artists(tx, ids).await?;
    if known.len() < ids.len() {
        lock(tx).await?;
        known = known_artists(tx, ids).await?;
        let mut new: Vec<&str> = ids.iter().copied().filter(|id| !known.contains_key(*id)).collect();
        new.sort_unstable();
        let first: i64 = match tx.row("select coalesce(max(number) + 1, 0) from observed_artists", args![]).await? {
            Some(row) => row.get(0)?,
            None => 0,
        };
        for (i, part) in new.chunks(PART).enumerate() {
            let insert = match tx.dialect() {
                Dialect::Sqlite => "insert into observed_artists (number, id) select $1 + key, value from json_each($2)",
                Dialect::Postgres => {
                    "insert into observed_artists (number, id)
                     select $1 + place - 1, id from unnest($2) with ordinality as new (id, place)"
                }
            };
            tx.run(insert, vec![Arg::from(first + (i * PART) as i64), Arg::texts(tx.dialect(), part)]).await?;
        }
        known = known_artists(tx, ids).await?;
    }
    ids.iter().map(|id| known.get(*id).copied().ok_or_else(|| Error::internal(format!("artist `{id}` was not stored")))).collect()
}

/// How many names go into one statement.
const PART: usize = 10_000;

/// The numbers of those artists that have one.
pub(super) async fn known_artists(tx: &mut Transaction, ids: &[&str]) -> Result<BTreeMap<String, u32>> {
    let mut known = BTreeMap::new();
    for part in ids.chunks(PART) {
        let select = match tx.dialect() {
            Dialect::Sqlite => "select id, number from observed_artists where id in (select value from json_each($1))",
            Dialect::Postgres => "select id, number from observed_artists where id = any($1)",
        };
        for row in tx.rows(select, vec![Arg::texts(tx.dialect(), part)]).await? {
            known.insert(row.get(0)?, artist_number(row.get(1)?)?);
        }
    }
    Ok(known)
}

pub(super) fn artist_number(number: i64) -> Result<u32> {
    // The columns of blocks are signed.
    narrow::<i32>(number, "artist").map(i32::cast_unsigned)
}

async fn lock(tx: &mut Transaction) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.run("select pg_advisory_xact_lock($1)", args![LOCK]).await?;
    }
    Ok(())
}

fn numbered<T>(rows: &[Row], value: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    for (i, row) in (0_i64..).zip(rows) {
        if row.get::<i64>(0)? != i {
            return Err(Error::internal(format!("a dictionary of observations lacks the number {i}; `fanpulse doctor` says what to do")));
        }
    }
    rows.iter().map(value).collect()
}

fn stored(e: Error) -> Error {
    Error::internal(format!("stored {e}")).caused_by(e)
}
