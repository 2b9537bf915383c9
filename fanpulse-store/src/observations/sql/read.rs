//! Reading what was known: in columns by the batch, or statement by statement in the order of their keys.

use fanpulse_core::Instant;
use fanpulse_core::ingest::{Dataset, Observation};

use super::blocks::Wanted;
use super::names::{self, Names};
use crate::observations::point::{BUCKET, Calendar, Point, Taken, keep_what_holds};
use crate::observations::{AsOf, Batch, Filter, Key, Statement, block};
use crate::sql::{Database, Transaction, args};
use crate::{Cursor, Error, Page, PageRequest, Result};

/// How many points a batch has, at least, where there are so many.
const BATCH: i64 = 1 << 18;

/// A question, in numbers.
struct Question {
    names: Names,
    rank: Vec<u32>,
    taken: Taken,
    wanted: Wanted,
}

impl Question {
    async fn ask(tx: &mut Transaction, filter: &Filter, as_of: AsOf) -> Result<Self> {
        let names = Names::load(tx).await?;
        let taken = Taken::new(filter, as_of, &names.components);
        let mut calendar = Calendar::default();
        let months = (calendar.month(taken.from), calendar.month(as_of.valid.micros()));
        let wanted = Wanted { months, at: (taken.from, as_of.valid.micros()), recorded: as_of.recorded.micros() };
        Ok(Self { rank: names.rank(), names, taken, wanted })
    }
}

pub(super) async fn batch(database: &Database, filter: &Filter, as_of: AsOf, after: Option<&Cursor>) -> Result<Batch> {
    let mut tx = database.begin_reading().await?;
    let question = Question::ask(&mut tx, filter, as_of).await?;
    let mut batch = Batch { data: Dataset::default(), next: None };
    let only = match &filter.artist_id {
        Some(id) => match names::known_artists(&mut tx, &[id]).await?.get(id) {
            Some(number) => Some(*number),
            None => return Ok(batch),
        },
        None => None,
    };
    let (first, last) = match only {
        Some(artist) => (artist / BUCKET, artist / BUCKET),
        None => match next_buckets(&mut tx, &question.wanted, after).await? {
            Some((first, last, more)) => {
                batch.next = more.then(|| Cursor::at(&(last + 1))).transpose()?;
                (first, last)
            }
            None => return Ok(batch),
        },
    };
    let mut columns = Columns::new(&mut tx, &question, first, last, &mut batch.data).await?;
    let mut points = Vec::new();
    let packed = question.wanted.of_span(&mut tx, first, last).await?;
    for bucket in packed.chunk_by(|a, b| a.0 == b.0) {
        for (_, data) in bucket {
            block::unpack(data, |p| {
                if question.taken.takes(&p) && only.is_none_or(|artist| artist == p.artist) {
                    points.push(p);
                }
            })?;
        }
        keep_what_holds(&mut points, &question.rank);
        columns.push(&points)?;
        points.clear();
    }
    Ok(batch)
}

/// The next buckets that hold a batch of points: the first, the last, and whether more follow.
async fn next_buckets(tx: &mut Transaction, wanted: &Wanted, after: Option<&Cursor>) -> Result<Option<(u32, u32, bool)>> {
    const MOST: usize = 256;
    let from: u32 = after.map_or(Ok(0), Cursor::place)?;
    let select = "select cast(bucket as bigint), cast(sum(points) as bigint) from observation_blocks
        where bucket >= $1 and month between $2 and $3 group by bucket order by bucket limit 257";
    let rows = tx.rows(select, args![from, wanted.months.0, wanted.months.1]).await?;
    let (mut first, mut last, mut points) = (None, 0, 0);
    for (i, row) in rows.iter().enumerate() {
        let (bucket, more): (i64, i64) = (row.get(0)?, row.get(1)?);
        let bucket = names::artist_number(bucket)?;
        if i == MOST || points >= BATCH {
            return Ok(first.map(|first| (first, last, true)));
        }
        (first, last, points) = (first.or(Some(bucket)), bucket, points + more);
    }
    Ok(first.map(|first| (first, last, false)))
}

/// The engine's columns, filled with points.
struct Columns<'a> {
    data: &'a mut Dataset,
    /// By component's number.
    components: Vec<u16>,
    /// By artist's number, from the first.
    artists: Vec<String>,
    first_artist: u32,
}

impl<'a> Columns<'a> {
    async fn new(tx: &mut Transaction, question: &Question, first: u32, last: u32, data: &'a mut Dataset) -> Result<Self> {
        let first_artist = first * BUCKET;
        let end = (last + 1).saturating_mul(BUCKET);
        let rows =
            tx.rows("select id from observed_artists where number >= $1 and number < $2 order by number", args![first_artist, end]).await?;
        let artists = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
        // Every batch has the same codes, so that batches put together are still in the engine's order.
        let code = |(platform, metric): &(String, _)| data.component_code(platform, *metric);
        let taken = question.names.components.iter().zip(&question.taken.components);
        let mut code = code;
        let components = taken.map(|(component, taken)| if *taken { code(component) } else { Ok(0) }).collect::<Result<_, _>>();
        let components = components.map_err(|e| Error::internal(e.to_string()).caused_by(e))?;
        Ok(Self { data, components, artists, first_artist })
    }

    fn push(&mut self, points: &[Point]) -> Result<()> {
        for of_artist in points.chunk_by(|a, b| a.artist == b.artist) {
            let number = of_artist[0].artist;
            let id = number.checked_sub(self.first_artist).and_then(|i| self.artists.get(i as usize));
            let id = id.ok_or_else(|| Error::internal(format!("stored points are of artist {number}, which is not stored")))?;
            let code = self.data.artists.intern(id);
            let rows = &mut self.data.observations;
            rows.artist.extend(of_artist.iter().map(|_| code));
            rows.component.extend(of_artist.iter().map(|p| self.components[usize::from(p.component)]));
            rows.at.extend(of_artist.iter().map(|p| p.at));
            rows.value.extend(of_artist.iter().map(|p| p.value));
        }
        Ok(())
    }
}

pub(super) async fn series(database: &Database, filter: &Filter, as_of: AsOf, page: &PageRequest) -> Result<Page<Statement>> {
    let after: Option<Key> = page.after.as_ref().map(Cursor::place).transpose()?;
    let mut tx = database.begin_reading().await?;
    let question = Question::ask(&mut tx, filter, as_of).await?;
    let mut found: Vec<Statement> = Vec::new();
    let mut artists = Artists::new(filter, after.as_ref());
    while found.len() <= page.limit.get() {
        let Some(some) = artists.next(&mut tx).await? else { break };
        let mut points = points_of(&mut tx, &question, &some).await?;
        points.sort_by_key(|p| p.artist);
        for (number, id) in &some {
            let start = points.partition_point(|p| p.artist < *number);
            let of_artist = points[start..].iter().take_while(|p| p.artist == *number);
            let mut statements = of_artist.map(|p| statement(&question, id, p)).collect::<Result<Vec<_>>>()?;
            statements.sort_by_cached_key(|s| Key::from(&s.observation));
            let seen = |s: &Statement| after.as_ref().is_some_and(|after| Key::from(&s.observation) <= *after);
            found.extend(statements.into_iter().skip_while(seen));
        }
    }
    Page::of(found, page.limit, |s| Key::from(&s.observation))
}

/// What holds for some artists.
async fn points_of(tx: &mut Transaction, question: &Question, artists: &[(u32, String)]) -> Result<Vec<Point>> {
    let mut numbers: Vec<u32> = artists.iter().map(|a| a.0).collect();
    numbers.sort_unstable();
    let mut buckets: Vec<u32> = numbers.iter().map(|n| n / BUCKET).collect();
    buckets.dedup();
    let mut points = Vec::new();
    for (_, data) in question.wanted.of_buckets(tx, &buckets).await? {
        block::unpack(&data, |p| {
            if question.taken.takes(&p) && numbers.binary_search(&p.artist).is_ok() {
                points.push(p);
            }
        })?;
    }
    keep_what_holds(&mut points, &question.rank);
    Ok(points)
}

fn statement(question: &Question, artist: &str, p: &Point) -> Result<Statement> {
    let (component, origin) = (question.names.components.get(usize::from(p.component)), question.names.origins.get(usize::from(p.origin)));
    let (Some((platform, metric)), Some(origin)) = (component, origin) else {
        return Err(Error::internal(format!("stored points of `{artist}` have an origin {} that is not stored", p.origin)));
    };
    let moment = |micros| Instant::try_new(micros).map_err(|e| Error::internal(format!("stored {e}")).caused_by(e));
    Ok(Statement {
        observation: Observation {
            artist_id: artist.to_owned(),
            platform: platform.clone(),
            metric: *metric,
            observed_at: moment(p.at)?,
            value: p.value,
        },
        origin: origin.clone(),
        recorded_at: moment(p.recorded)?,
    })
}

/// Artists in the order of their ids, some at a time and more each time.
struct Artists<'a> {
    only: Option<&'a str>,
    from: String,
    some: i64,
    done: bool,
}

impl<'a> Artists<'a> {
    fn new(filter: &'a Filter, after: Option<&Key>) -> Self {
        let from = after.map(|key| key.artist_id.clone()).unwrap_or_default();
        Self { only: filter.artist_id.as_deref(), from, some: 4, done: false }
    }

    async fn next(&mut self, tx: &mut Transaction) -> Result<Option<Vec<(u32, String)>>> {
        if self.done {
            return Ok(None);
        }
        let rows = match self.only {
            Some(id) => tx.rows("select number, id from observed_artists where id = $1", args![id]).await?,
            None => {
                let select = "select number, id from observed_artists where id >= $1 order by id limit $2";
                tx.rows(select, args![&self.from, self.some]).await?
            }
        };
        self.done = self.only.is_some() || (rows.len() as i64) < self.some;
        let mut artists = rows.iter().map(|row| Ok((names::artist_number(row.get(0)?)?, row.get(1)?))).collect::<Result<Vec<_>>>()?;
        self.some = (self.some * 2).min(256);
        if !self.done {
            // The last one begins the next part.
            self.from = artists.pop().map(|(_, id)| id).unwrap_or_default();
        }
        Ok((!artists.is_empty()).then_some(artists))
    }
}
