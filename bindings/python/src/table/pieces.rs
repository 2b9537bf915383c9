//! Tables whose columns are converted piece by piece, each just before it is scored.
//!
//! Here is the way of tables as they mostly are: sorted, in one chunk, without a mistake. Whatever is not so is left to
//! the columns that are read whole, which know what to say of it.

use std::cell::RefCell;
use std::ops::Range;
use std::str::FromStr;

use arrow::array::{Array, AsArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use fanpulse_core::ingest::{Component, Metric, ObservationColumns, PostColumns, Repeats, Times};
use fanpulse_core::{Day, Engine, Error, ErrorKind, Piece, Pieces};

use super::observations::{Defaults, Side, side};
use super::posts::PostIds;
use super::text::{Ids, Keys, Numbered, Texts};
use super::time::{YEAR, joined};
use super::{Column, Naive, Table, scan};
use crate::scores::Labelled;

/// Scores tables piece by piece; none where they have to be read whole.
pub(crate) fn score(engine: &Engine, observations: &Table, posts: Option<&Table>, defaults: &Defaults, as_of: Day) -> Option<Labelled> {
    let mut ids = Ids::default();
    let observations = Observations::of(observations, defaults, &mut ids)?;
    let posts = posts.map_or_else(|| Some(Posts::none()), |posts| Posts::of(posts, &mut ids))?;
    let artists = ids.len();
    let scores = engine.score_pieces(artists, &Tables { observations: &observations, posts: &posts }, as_of).ok()??;
    Some(Labelled { scores, artists: ids.into_artists(), post_ids: posts.id, whole: None })
}

/// Says that the columns are to be read whole.
fn unusual() -> Error {
    Error::new(ErrorKind::Internal, "the columns have to be read whole")
}

/// The columns of observations, as far as they are converted later.
struct Observations {
    artist: ScalarBuffer<u32>,
    /// How many artists have to turn up, of those whose rows have not been looked at.
    expected: usize,
    components: Vec<Component>,
    platform: Option<Keys>,
    metric: Option<Keys>,
    pairs: Pairs,
    time: Clock,
    value: Numbers,
}

struct Posts {
    artist: ScalarBuffer<u32>,
    platforms: Vec<String>,
    platform: Keys,
    /// The platform's number by its key.
    numbers: Vec<u16>,
    published: Clock,
    counts: [Option<Numbers>; 5],
    id: PostIds,
}

/// What a piece is converted into; each thread keeps one.
#[derive(Default)]
struct Scratch {
    component: Vec<u16>,
    at: Vec<i64>,
    value: Vec<f64>,
    platform: Vec<u16>,
    published: Vec<i64>,
    counts: [Vec<f64>; 5],
    repeats: Repeats,
}

struct Tables<'a> {
    observations: &'a Observations,
    posts: &'a Posts,
}

impl Pieces for Tables<'_> {
    fn components(&self) -> &[Component] {
        &self.observations.components
    }

    fn platforms(&self) -> &[String] {
        &self.posts.platforms
    }

    fn artists(&self) -> &[u32] {
        &self.observations.artist
    }

    fn post_artists(&self) -> &[u32] {
        &self.posts.artist
    }

    fn with(&self, piece: &Piece, score: &mut dyn FnMut(&ObservationColumns<'_>, &PostColumns<'_>)) -> Result<(), Error> {
        thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::default());
        SCRATCH.with_borrow_mut(|scratch| {
            let Scratch { component, at, value, platform, published, counts, repeats } = scratch;
            let (o, p) = (self.observations, self.posts);
            let rows = piece.observations.clone();
            let artist = &o.artist[rows.clone()];
            let expected = piece.artists.end.min(o.expected).saturating_sub(piece.artists.start);
            let found = scan::changes(artist) as usize + usize::from(!artist.is_empty());
            if expected > 0 && found != expected {
                return Err(unusual());
            }
            o.pairs.fill(o.platform.as_ref(), o.metric.as_ref(), rows.clone(), component)?;
            let observations = ObservationColumns {
                components: &o.components,
                artist,
                component,
                time: o.time.slice(rows.clone(), at),
                value: o.value.slice(rows, value)?,
            };

            let rows = piece.posts.clone();
            let artist = &p.artist[rows.clone()];
            mapped(&p.platform, &p.numbers, rows.clone(), platform)?;
            if p.repeat(repeats, artist, platform, rows.start) {
                return Err(unusual());
            }
            let [likes, comments, shares, saves, views] = counts;
            let [a, b, c, d, e] = &p.counts;
            let posts = PostColumns {
                platforms: &p.platforms,
                artist,
                platform,
                published: p.published.slice(rows.clone(), published),
                likes: counted(a.as_ref(), rows.clone(), likes)?,
                comments: counted(b.as_ref(), rows.clone(), comments)?,
                shares: counted(c.as_ref(), rows.clone(), shares)?,
                saves: counted(d.as_ref(), rows.clone(), saves)?,
                views: counted(e.as_ref(), rows.clone(), views)?,
            };
            score(&observations, &posts);
            Ok(())
        })
    }
}

impl Observations {
    fn of(table: &Table, defaults: &Defaults, ids: &mut Ids) -> Option<Self> {
        let platform = side(table, "platform", defaults.platform.as_deref(), "").ok()?;
        let metric = side(table, "metric", defaults.metric.as_deref(), "").ok()?;
        let time = Clock::of(&table.column("observed_at").ok()?)?;
        let value = Numbers::of(&table.column("value").ok()?).filter(|v| !v.has_nulls())?;
        let (pairs, components) = Pairs::of(&platform, &metric)?;
        let (platform, metric) = (keys(platform)?, keys(metric)?);
        let (artist, numbered) = ids.number_unseen(&table.column("artist_id").ok()?).ok()?;
        let expected = if numbered == Numbered::Unseen { ids.len() } else { 0 };
        Some(Self { artist, expected, components, platform, metric, pairs, time, value })
    }
}

impl Posts {
    fn of(table: &Table, ids: &mut Ids) -> Option<Self> {
        let platform = side(table, "platform", None, "").ok()?;
        let (platforms, numbers) = platforms(&platform)?;
        let platform = keys(platform)??;
        let id = table.column("post_id").ok()?;
        id.complete().ok()?;
        let id = match (&id.chunks[..], &id.data_type) {
            ([only], DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => PostIds::Shared(vec![(0, only.clone())]),
            _ => return None,
        };
        let published = Clock::of(&table.column("published_at").ok()?)?;
        let count = |name| match table.optional(name).ok()? {
            Some(column) => Numbers::of(&column).map(Some),
            None => Some(None),
        };
        let counts = [count("likes")?, count("comments")?, count("shares")?, count("saves")?, count("views")?];
        let (artist, _) = ids.number_unseen(&table.column("artist_id").ok()?).ok()?;
        Some(Self { artist, platforms, platform, numbers, published, counts, id })
    }

    /// Whether a post among those from a row on may stand twice.
    fn repeat(&self, repeats: &mut Repeats, artist: &[u32], platform: &[u16], first: usize) -> bool {
        let PostIds::Shared(chunks) = &self.id else { return true };
        match chunks.first().and_then(|(_, chunk)| Texts::of(chunk.as_ref())) {
            Some(Texts::Utf8(texts)) => repeats.any(artist, platform, |row| texts.value(first + row)),
            Some(Texts::Large(texts)) => repeats.any(artist, platform, |row| texts.value(first + row)),
            Some(Texts::View(texts)) => repeats.any(artist, platform, |row| texts.value(first + row)),
            None => false, // no posts
        }
    }

    fn none() -> Self {
        Self {
            artist: Vec::new().into(),
            platforms: Vec::new(),
            platform: Keys::Bytes(Vec::new().into()),
            numbers: Vec::new(),
            published: Clock::Days(Vec::new().into()),
            counts: [const { None }; 5],
            id: PostIds::Shared(Vec::new()),
        }
    }
}

/// The keys of a text column in one chunk; none within where all rows have the same text.
fn keys(side: Side) -> Option<Option<Keys>> {
    match side {
        Side::Same(_) => Some(None),
        Side::Column(_, chunks) => <[_; 1]>::try_from(chunks).ok().map(|[only]| Some(only.keys)),
    }
}

/// The texts that the keys stand for.
fn texts(side: &Side) -> Option<Vec<&str>> {
    match side {
        Side::Same(text) => Some(vec![text]),
        Side::Column(_, chunks) => {
            let [only] = &chunks[..] else { return None };
            let texts = only.texts()?;
            Some((0..only.values.len()).map(|i| texts.get(i)).collect())
        }
    }
}

/// Stands for a pair that no component can be.
const NONE: u16 = u16::MAX;
/// Pairs of two dictionaries up to which each gets a component, whether there is a row of it or not.
const MOST: usize = 256;

/// Components by their pairs of keys.
struct Pairs {
    metrics: usize,
    /// Whether each pair is its own number.
    identical: bool,
    numbers: Vec<u16>,
}

impl Pairs {
    fn of(platform: &Side, metric: &Side) -> Option<(Self, Vec<Component>)> {
        let (platforms, metrics) = (texts(platform)?, texts(metric)?);
        if platforms.len() * metrics.len() > MOST {
            return None;
        }
        let known: Vec<Option<Metric>> = metrics.iter().map(|m| Metric::from_str(m).ok()).collect();
        let mut components: Vec<Component> = Vec::new();
        let mut numbers = Vec::with_capacity(platforms.len() * known.len());
        for platform in platforms {
            for metric in &known {
                let Some(metric) = *metric else {
                    numbers.push(NONE);
                    continue;
                };
                let found = components.iter().position(|c| c.metric == metric && c.platform == platform);
                let number = found.unwrap_or_else(|| {
                    components.push(Component::new(platform, metric));
                    components.len() - 1
                });
                numbers.push(u16::try_from(number).ok()?);
            }
        }
        let identical = (0_u16..).zip(&numbers).all(|(pair, &number)| pair == number);
        Some((Self { metrics: metrics.len(), identical, numbers }, components))
    }

    /// Numbers some rows.
    fn fill(&self, platform: Option<&Keys>, metric: Option<&Keys>, rows: Range<usize>, out: &mut Vec<u16>) -> Result<(), Error> {
        let (platform, metric) = match (platform, metric) {
            (Some(platform), Some(metric)) => (platform, metric),
            (Some(only), None) | (None, Some(only)) => return mapped(only, &self.numbers, rows, out),
            (None, None) => {
                out.clear();
                out.resize(rows.len(), self.numbers.first().copied().unwrap_or(NONE));
                return Ok(());
            }
        };
        out.resize(rows.len(), 0);
        #[expect(clippy::cast_possible_truncation, reason = "at most MOST")]
        let (factor, platforms) = (self.metrics as u16, self.numbers.len() / self.metrics.max(1));
        let (p, m) = match (platform, metric) {
            (Keys::Bytes(p), Keys::Bytes(m)) => {
                let (p, m) = scan::byte_pairs(&p[rows.clone()], &m[rows], factor, out);
                (u32::from(p), u32::from(m))
            }
            (Keys::Words(p), Keys::Words(m)) => scan::pairs(&p[rows.clone()], &m[rows], u32::from(factor), out),
            _ => return Err(unusual()),
        };
        if !out.is_empty() && (p as usize >= platforms || m as usize >= self.metrics) {
            return Err(unusual());
        }
        if !self.identical {
            out.iter_mut().for_each(|pair| *pair = self.numbers[usize::from(*pair)]);
        }
        Ok(())
    }
}

/// The platforms, each once, and the number of each key.
fn platforms(side: &Side) -> Option<(Vec<String>, Vec<u16>)> {
    let mut platforms: Vec<String> = Vec::new();
    let mut numbers = Vec::new();
    let texts = texts(side)?;
    if texts.len() > MOST {
        return None;
    }
    for text in texts {
        let number = platforms.iter().position(|p| p == text).unwrap_or_else(|| {
            platforms.push(text.to_owned());
            platforms.len() - 1
        });
        numbers.push(u16::try_from(number).ok()?);
    }
    Some((platforms, numbers))
}

/// Keys through a table.
fn mapped(keys: &Keys, numbers: &[u16], rows: Range<usize>, out: &mut Vec<u16>) -> Result<(), Error> {
    fn all<T: Copy>(keys: &[T], out: &mut Vec<u16>, number: impl Fn(T) -> Option<u16>) -> Result<(), Error> {
        out.clear();
        // One code beyond the last stands for a key that is out of range, which is found at the end.
        out.extend(keys.iter().map(|&key| number(key).unwrap_or(NONE)));
        if out.contains(&NONE) { Err(unusual()) } else { Ok(()) }
    }
    match keys {
        Keys::Bytes(k) => all(&k[rows], out, |k| numbers.get(usize::from(k)).copied()),
        Keys::Shorts(k) => all(&k[rows], out, |k| numbers.get(usize::from(k)).copied()),
        Keys::Words(k) => all(&k[rows], out, |k| numbers.get(k as usize).copied()),
        Keys::Longs(k) => all(&k[rows], out, |k| usize::try_from(k).ok().and_then(|k| numbers.get(k).copied())),
    }
}

/// Times of one unit; whether they are in range, the engine finds out.
enum Clock {
    Days(ScalarBuffer<i32>),
    Micros(ScalarBuffer<i64>),
    /// So many microseconds each.
    Coarse(ScalarBuffer<i64>, i64),
    Nanos(ScalarBuffer<i64>),
}

impl Clock {
    fn of(column: &Column) -> Option<Self> {
        column.complete().ok()?;
        if column.chunks.len() > 1 {
            return None;
        }
        if let DataType::Timestamp(_, None) = &column.data_type
            && column.naive == Naive::Refuse
        {
            return None;
        }
        let clock = match &column.data_type {
            DataType::Date32 => return Some(Self::Days(joined::<Date32Type>(column))),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Self::Micros(joined::<TimestampMicrosecondType>(column)),
            DataType::Timestamp(TimeUnit::Second, _) => Self::Coarse(joined::<TimestampSecondType>(column), 1_000_000),
            DataType::Timestamp(TimeUnit::Millisecond, _) => Self::Coarse(joined::<TimestampMillisecondType>(column), 1_000),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Self::Nanos(joined::<TimestampNanosecondType>(column)),
            _ => return None,
        };
        // Times that all are in 1970 are in another unit than they say, so that a later one has to be seen.
        let (Self::Micros(times) | Self::Coarse(times, _) | Self::Nanos(times)) = &clock else { return None };
        let first = match clock {
            Self::Coarse(_, unit) => times.first().map(|t| t.saturating_mul(unit)),
            Self::Nanos(_) => times.first().map(|t| t / 1_000),
            _ => times.first().copied(),
        };
        first.is_none_or(|first| first >= YEAR).then_some(clock)
    }

    fn slice<'a>(&'a self, rows: Range<usize>, into: &'a mut Vec<i64>) -> Times<'a> {
        into.clear();
        match self {
            Self::Days(days) => return Times::Days(&days[rows]),
            Self::Micros(micros) => return Times::Micros(&micros[rows]),
            Self::Coarse(times, unit) => into.extend(times[rows].iter().map(|t| t.saturating_mul(*unit))),
            Self::Nanos(times) => into.extend(times[rows].iter().map(|t| t.div_euclid(1_000))),
        }
        Times::Micros(into)
    }
}

/// Numbers of a type that is read as floats.
enum Numbers {
    Floats(ScalarBuffer<f64>, Option<NullBuffer>),
    Integers(ScalarBuffer<i64>, Option<NullBuffer>),
}

impl Numbers {
    fn of(column: &Column) -> Option<Self> {
        let [only] = &column.chunks[..] else {
            return column.chunks.is_empty().then(|| Self::Floats(Vec::new().into(), None));
        };
        let nulls = only.nulls().filter(|n| n.null_count() > 0).cloned();
        match column.data_type {
            DataType::Float64 => Some(Self::Floats(only.as_primitive::<Float64Type>().values().clone(), nulls)),
            DataType::Int64 => Some(Self::Integers(only.as_primitive::<Int64Type>().values().clone(), nulls)),
            _ => None,
        }
    }

    const fn has_nulls(&self) -> bool {
        matches!(self, Self::Floats(_, Some(_)) | Self::Integers(_, Some(_)))
    }

    /// Some rows as floats, in place where they are; a null is NaN.
    fn slice<'a>(&'a self, rows: Range<usize>, into: &'a mut Vec<f64>) -> Result<&'a [f64], Error> {
        let nulls = match self {
            Self::Floats(floats, None) => return Ok(&floats[rows]),
            Self::Floats(floats, nulls) => {
                into.clear();
                into.extend_from_slice(&floats[rows.clone()]);
                nulls
            }
            Self::Integers(integers, nulls) => {
                into.resize(rows.len(), 0.0);
                if !scan::floats_of(&integers[rows.clone()], into) {
                    return Err(unusual());
                }
                nulls
            }
        };
        if let Some(nulls) = nulls {
            into.iter_mut().zip(rows).filter(|(_, row)| nulls.is_null(*row)).for_each(|(number, _)| *number = f64::NAN);
        }
        Ok(into)
    }
}

/// Counts of some posts; NaN = unknown.
fn counted<'a>(of: Option<&'a Numbers>, rows: Range<usize>, into: &'a mut Vec<f64>) -> Result<&'a [f64], Error> {
    let Some(numbers) = of else {
        into.clear();
        into.resize(rows.len(), f64::NAN);
        return Ok(into);
    };
    let counts = numbers.slice(rows, into)?;
    let whole = matches!(numbers, Numbers::Integers(..)) || scan::are_counts(counts);
    if whole { Ok(counts) } else { Err(unusual()) }
}
