//! Columns that are converted piece by piece, each just before it is scored.
//!
//! Here is the way of columns as they mostly are: sorted by artist, and without a mistake. Whatever is not so is left to the
//! columns that are read whole, which know what to say of it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use fanpulse_core::ingest::{Component, ObservationColumns, PostColumns, Repeats, Times};
use fanpulse_core::{Day, Engine, Error, ErrorKind, Piece, Pieces, Scores};

use crate::columns::{Codes, ObservationInput, PostInput};
use crate::score::ScoreInput;
use crate::text::{Text, Texts};
use crate::times::{STAMP, TOO_EARLY, TimeColumn};

/// Scores columns piece by piece; none where they have to be read whole.
pub(crate) fn score(engine: &Engine, input: &ScoreInput, as_of: Day) -> Option<Scores> {
    if input.posts_arrow.is_some() || input.fans.is_some() || input.fans_arrow.is_some() {
        return None;
    }
    let observations = Observations::of(input.observations.as_ref()?)?;
    let posts = input.posts.as_ref().map_or_else(|| Some(Posts::default()), Posts::of)?;
    engine.score_pieces(input.artists as usize, &Columns { observations, posts }, as_of).ok()?
}

/// Says that the columns are to be read whole.
fn unusual() -> Error {
    Error::new(ErrorKind::Internal, "the columns have to be read whole")
}

struct Columns<'a> {
    observations: Observations<'a>,
    posts: Posts<'a>,
}

struct Observations<'a> {
    components: Vec<Component>,
    artist: Cow<'a, [u32]>,
    component: Numbers<'a>,
    time: Clock<'a>,
    value: &'a [f64],
}

struct Posts<'a> {
    platforms: &'a [String],
    artist: Cow<'a, [u32]>,
    platform: Keys<'a>,
    published: Clock<'a>,
    counts: [Option<&'a [f64]>; 5],
    ids: Option<Texts<'a>>,
}

/// What a piece is converted into; each thread keeps one.
#[derive(Default)]
struct Scratch {
    component: Vec<u16>,
    at: Vec<i64>,
    platform: Vec<u16>,
    published: Vec<i64>,
    unknown: Vec<f64>,
    repeats: Repeats,
}

impl Pieces for Columns<'_> {
    fn components(&self) -> &[Component] {
        &self.observations.components
    }

    fn platforms(&self) -> &[String] {
        self.posts.platforms
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
            let Scratch { component, at, platform, published, unknown, repeats } = scratch;
            let (o, p) = (&self.observations, &self.posts);
            let rows = piece.observations.clone();
            let observations = ObservationColumns {
                components: &o.components,
                artist: &o.artist[rows.clone()],
                component: o.component.slice(rows.clone(), component).ok_or_else(unusual)?,
                time: o.time.slice(rows.clone(), at).ok_or_else(unusual)?,
                value: o.value.get(rows).ok_or_else(unusual)?,
            };
            let rows = piece.posts.clone();
            let artist = &p.artist[rows.clone()];
            let platform = p.platform.slice(rows.clone(), p.platforms.len(), platform).ok_or_else(unusual)?;
            let first = rows.start;
            if p.ids.is_some_and(|ids| repeats.any(artist, platform, |row| ids.get(first + row).unwrap_or_default())) {
                return Err(unusual());
            }
            unknown.resize(rows.len(), f64::NAN);
            let count = |i: usize| p.counts[i].map_or(Some(&unknown[..]), |c| c.get(rows.clone())).ok_or_else(unusual);
            let posts = PostColumns {
                platforms: p.platforms,
                artist,
                platform,
                published: p.published.slice(rows.clone(), published).ok_or_else(unusual)?,
                likes: count(0)?,
                comments: count(1)?,
                shares: count(2)?,
                saves: count(3)?,
                views: count(4)?,
            };
            score(&observations, &posts);
            Ok(())
        })
    }
}

impl<'a> Observations<'a> {
    fn of(input: &'a ObservationInput) -> Option<Self> {
        let component = match (&input.component, &input.platform, &input.metric) {
            (Some(codes), ..) => Numbers::Given(Keys::of(codes), input.components.len()),
            (None, Some(platform), Some(metric)) => {
                Numbers::Pairs(Keys::of(platform), Keys::of(metric), (input.platforms.len(), input.metrics.len()))
            }
            _ => return None,
        };
        let components = input.named().ok()?;
        let time = Clock::of(&input.time)?;
        Some(Self { components, artist: input.artist.wide(), component, time, value: &input.value })
    }
}

impl<'a> Posts<'a> {
    fn of(input: &'a PostInput) -> Option<Self> {
        let count = |i: usize| input.counts.get(i).and_then(|c| c.as_deref());
        Some(Self {
            platforms: &input.platforms,
            artist: input.artist.wide(),
            platform: Keys::of(&input.platform),
            published: Clock::of(&input.time)?,
            counts: [0, 1, 2, 3, 4].map(count),
            ids: input.ids.as_ref().map(Text::texts),
        })
    }
}

impl Default for Posts<'_> {
    fn default() -> Self {
        let (artist, platform) = (Cow::Borrowed(&[][..]), Keys::Bytes(&[]));
        Self { platforms: &[], artist, platform, published: Clock::Days(&[]), counts: [None; 5], ids: None }
    }
}

/// Codes of one width.
enum Keys<'a> {
    Bytes(&'a [u8]),
    Shorts(&'a [u16]),
    Words(&'a [u32]),
}

impl<'a> Keys<'a> {
    fn of(codes: &'a Codes) -> Self {
        match codes {
            Codes { u32: Some(c), .. } => Self::Words(c),
            Codes { u16: Some(c), .. } => Self::Shorts(c),
            Codes { u8: Some(c), .. } => Self::Bytes(c),
            _ => Self::Bytes(&[]),
        }
    }

    /// Some rows as 16 bits, in place where they are; none where a code has no name.
    fn slice<'s>(&'s self, rows: Range<usize>, names: usize, into: &'s mut Vec<u16>) -> Option<&'s [u16]> {
        fn all<K: Key>(keys: &[K], names: usize, out: &mut Vec<u16>) -> Option<()> {
            out.clear();
            out.extend(keys.iter().map(|k| k.low()));
            below(keys, names).then_some(())
        }
        match self {
            Self::Shorts(k) => return k.get(rows).filter(|k| below(k, names)),
            Self::Bytes(k) => all(k.get(rows)?, names, into)?,
            Self::Words(k) => all(k.get(rows)?, names, into)?,
        }
        Some(into)
    }
}

/// A code of any width.
trait Key: Copy + Ord + Default {
    /// Its lowest 16 bits.
    fn low(self) -> u16;
    fn index(self) -> usize;
}

impl Key for u8 {
    fn low(self) -> u16 {
        u16::from(self)
    }

    fn index(self) -> usize {
        usize::from(self)
    }
}

impl Key for u16 {
    fn low(self) -> u16 {
        self
    }

    fn index(self) -> usize {
        usize::from(self)
    }
}

impl Key for u32 {
    fn low(self) -> u16 {
        (self & 0xFFFF) as u16
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// Whether every code has a name.
fn below<K: Key>(keys: &[K], names: usize) -> bool {
    let highest = keys.iter().fold(K::default(), |highest, &key| if key > highest { key } else { highest });
    keys.is_empty() || highest.index() < names
}

/// Where the numbers of components come from.
enum Numbers<'a> {
    /// They are given, of so many.
    Given(Keys<'a>, usize),
    /// Each platform with each metric, of so many.
    Pairs(Keys<'a>, Keys<'a>, (usize, usize)),
}

impl Numbers<'_> {
    fn slice<'s>(&'s self, rows: Range<usize>, into: &'s mut Vec<u16>) -> Option<&'s [u16]> {
        fn both<P: Key, M: Key>(platform: &[P], metric: &[M], names: (usize, usize), out: &mut Vec<u16>) -> Option<()> {
            let width = u16::try_from(names.1).ok()?;
            out.clear();
            out.extend(platform.iter().zip(metric).map(|(p, m)| p.low().wrapping_mul(width).wrapping_add(m.low())));
            (below(platform, names.0) && below(metric, names.1)).then_some(())
        }
        fn with<P: Key>(platform: &[P], metric: &Keys<'_>, rows: Range<usize>, names: (usize, usize), out: &mut Vec<u16>) -> Option<()> {
            match metric {
                Keys::Bytes(m) => both(platform, m.get(rows)?, names, out),
                Keys::Shorts(m) => both(platform, m.get(rows)?, names, out),
                Keys::Words(m) => both(platform, m.get(rows)?, names, out),
            }
        }
        let (platform, metric, names) = match self {
            // The engine looks at these itself.
            Self::Given(Keys::Shorts(codes), _) => return codes.get(rows),
            Self::Given(codes, names) => return codes.slice(rows, *names, into),
            Self::Pairs(platform, metric, names) => (platform, metric, *names),
        };
        match platform {
            Keys::Bytes(p) => with(p.get(rows.clone())?, metric, rows, names, into)?,
            Keys::Shorts(p) => with(p.get(rows.clone())?, metric, rows, names, into)?,
            Keys::Words(p) => with(p.get(rows.clone())?, metric, rows, names, into)?,
        }
        Some(into)
    }
}

/// Times of one unit; whether they are in range, the engine finds out.
enum Clock<'a> {
    Days(&'a [i32]),
    Millis(&'a [f64]),
    BigMillis(&'a [i64]),
    /// Stamps of the first rows, microseconds of the others.
    Texts(&'a [[u8; STAMP]], &'a [f64]),
}

impl<'a> Clock<'a> {
    /// None where the first time looks like one of another unit.
    fn of(column: &'a TimeColumn) -> Option<Self> {
        if let Some(days) = &column.days {
            return Some(Self::Days(days));
        }
        if column.stamps.is_some() || column.micros.is_some() {
            let (stamps, micros) = column.texts();
            return Some(Self::Texts(stamps, micros));
        }
        #[expect(clippy::cast_precision_loss, reason = "a comparison")]
        match (&column.millis, &column.big_millis) {
            (Some(millis), _) => millis.first().is_none_or(|&m| m >= TOO_EARLY).then_some(Self::Millis(millis)),
            (_, Some(millis)) => millis.first().is_none_or(|&m| m as f64 >= TOO_EARLY).then_some(Self::BigMillis(millis)),
            _ => None,
        }
    }

    fn slice<'s>(&'s self, rows: Range<usize>, into: &'s mut Vec<i64>) -> Option<Times<'s>> {
        into.clear();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "out of range saturates, which the engine refuses"
        )]
        match self {
            Self::Days(days) => return days.get(rows).map(Times::Days),
            Self::Texts(stamps, micros) => {
                for row in rows {
                    into.push(stamps.get(row).map_or_else(|| micros.get(row).map(|&m| m as i64), micros_of)?);
                }
            }
            Self::BigMillis(millis) => into.extend(millis.get(rows)?.iter().map(|m| m.saturating_mul(1000))),
            Self::Millis(millis) => {
                let micros = |&m: &f64| {
                    let whole = m as i64;
                    if whole as f64 == m { whole.saturating_mul(1000) } else { (m * 1000.0).round() as i64 }
                };
                let millis = millis.get(rows)?;
                into.extend(millis.iter().map(micros));
                if millis.iter().any(|m| m.is_nan()) {
                    return None;
                }
            }
        }
        Some(Times::Micros(into))
    }
}

/// Microseconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ` from 1970 to 2199; none where a stamp has another form, or is of no such time.
fn micros_of(stamp: &[u8; STAMP]) -> Option<i64> {
    const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut wrong = 0;
    let mut two = |at: usize| {
        let (tens, ones) = (stamp[at].wrapping_sub(b'0'), stamp[at + 1].wrapping_sub(b'0'));
        wrong |= u8::from(tens > 9) | u8::from(ones > 9);
        i64::from(tens) * 10 + i64::from(ones)
    };
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    let marks = [stamp[4], stamp[7], stamp[10], stamp[13], stamp[16], stamp[19]];
    if wrong != 0 || marks != *b"--T::Z" || !(1970..2200).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let place = usize::try_from(month - 1).ok()?;
    let days_of_month = DAYS.get(place)? + i64::from(leap && month == 2);
    if day < 1 || day > days_of_month {
        return None;
    }
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400 - 477;
    let days = (year - 1970) * 365 + leaps + BEFORE_MONTH[place] + i64::from(leap && month > 2) + day - 1;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000)
}
