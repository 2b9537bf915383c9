//! Columns that JavaScript gave, and how the engine borrows them.

use std::borrow::Cow;

use fanpulse_core::ingest::{Component, Dataset, Metric, ObservationColumns, PostColumns, Repeats, Times};
use fanpulse_core::{Day, Error, Instant};
use napi::bindgen_prelude::{BigInt64Array, Float64Array, Int32Array, Uint8Array, Uint16Array, Uint32Array};
use napi_derive::napi;
use rayon::prelude::*;

use crate::error::{Failure, Outcome};
use crate::text::Text;

/// Rows per task of a conversion.
const ROWS: usize = 1 << 16;

/// A column of codes, in the one of the three widths that is given.
#[napi(object, object_to_js = false)]
pub struct Codes {
    /// 8 bits.
    pub u8: Option<Uint8Array>,
    /// 16 bits.
    pub u16: Option<Uint16Array>,
    /// 32 bits.
    pub u32: Option<Uint32Array>,
}

macro_rules! with_codes {
    ($codes:expr, $c:ident => $then:expr) => {
        match $codes {
            Codes { u32: Some($c), .. } => $then,
            Codes { u16: Some($c), .. } => $then,
            Codes { u8: Some($c), .. } => $then,
            _ => {
                let $c: &[u8] = &[];
                $then
            }
        }
    };
}

impl Codes {
    pub(crate) fn wide(&self) -> Cow<'_, [u32]> {
        match self {
            Self { u32: Some(c), .. } => Cow::Borrowed(c),
            Self { u16: Some(c), .. } => c.par_iter().with_min_len(ROWS).map(|&c| u32::from(c)).collect::<Vec<u32>>().into(),
            Self { u8: Some(c), .. } => c.par_iter().with_min_len(ROWS).map(|&c| u32::from(c)).collect::<Vec<u32>>().into(),
            _ => Cow::Borrowed(&[]),
        }
    }

    fn at(&self, row: usize) -> u32 {
        #[expect(clippy::useless_conversion, reason = "one of the widths is the wanted one")]
        {
            with_codes!(self, c => c.get(row).map_or(u32::MAX, |&c| u32::from(c)))
        }
    }

    /// Codes among `names` names as 16 bits, each through `to`.
    ///
    /// # Errors
    /// The first row whose code has no name.
    fn mapped(&self, names: usize, to: impl Fn(usize, usize) -> u16 + Sync) -> Result<Vec<u16>, usize> {
        #[expect(clippy::useless_conversion, reason = "one of the widths is the wanted one")]
        {
            with_codes!(self, c => c.par_iter().with_min_len(ROWS).enumerate().map(|(row, &code)| {
                let code = u32::from(code) as usize;
                if code < names { Ok(to(row, code)) } else { Err(row) }
            }).collect())
        }
    }
}

/// A column of times, in the one of the forms that is given.
#[napi(object, object_to_js = false)]
pub struct TimeColumn {
    /// UTC days since 1970-01-01.
    pub days: Option<Int32Array>,
    /// Milliseconds since 1970-01-01T00:00:00Z, as JavaScript's `Date` has them; fractions count.
    pub millis: Option<Float64Array>,
    /// The same as whole numbers.
    pub big_millis: Option<BigInt64Array>,
    /// Microseconds since then, whole.
    pub micros: Option<Float64Array>,
    /// Texts of 20 bytes each, most of them like `2026-03-28T10:00:00Z`; they stand for as many of the first rows, `micros` for the others.
    pub stamps: Option<Uint8Array>,
}

/// Times before this, March 1973, are older than anything that is measured: they are in another unit.
pub(crate) const TOO_EARLY: f64 = 1e11;

/// Bytes of a stamp.
pub(crate) const STAMP: usize = 20;

impl TimeColumn {
    /// Times that were text: stamps, and microseconds of all rows, which count where there is no stamp.
    pub(crate) fn texts(&self) -> (&[[u8; STAMP]], &[f64]) {
        (self.stamps.as_deref().unwrap_or_default().as_chunks().0, self.micros.as_deref().unwrap_or_default())
    }

    /// The times as the engine reads them; days are borrowed.
    pub(crate) fn read(&self, table: &'static str, column: &'static str) -> Outcome<TimesRead<'_>> {
        if let Some(days) = &self.days {
            return Ok(TimesRead::Days(days));
        }
        if self.micros.is_some() || self.stamps.is_some() {
            // Read from text, which leaves no doubt about the unit.
            let (stamps, micros) = self.texts();
            let one = |(row, stamp): (usize, &[u8; STAMP])| {
                let text = std::str::from_utf8(stamp).unwrap_or_default();
                let read = text.parse::<Instant>().map(Instant::micros);
                read.map_err(|e| Failure::at(table, row, column, format!("'{text}'"), &e))
            };
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within the times that are allowed")]
            let others = micros.iter().skip(stamps.len()).map(|&m| Ok(m as i64));
            return stamps.iter().enumerate().map(one).chain(others).collect::<Outcome<_>>().map(TimesRead::Micros);
        }
        if let Some(millis) = &self.big_millis {
            #[expect(clippy::cast_precision_loss, reason = "exact within the times that are allowed")]
            return read_millis(millis, |&m| m as f64, |&m| m as f64 * 1000.0, table, column);
        }
        let millis: &[f64] = self.millis.as_deref().unwrap_or_default();
        read_millis(millis, |&m| m, |&m| (m * 1000.0).round(), table, column)
    }
}

fn read_millis<'a, T: Sync + Copy>(
    times: &[T],
    millis: impl Fn(&T) -> f64 + Sync,
    micros: impl Fn(&T) -> f64 + Sync,
    table: &'static str,
    column: &'static str,
) -> Outcome<TimesRead<'a>> {
    #[expect(clippy::cast_possible_truncation, reason = "out of range saturates, which is refused below")]
    let read: Vec<i64> = times.par_iter().with_min_len(ROWS).map(|t| micros(t) as i64).collect();
    let bad = read.par_iter().with_min_len(ROWS).position_first(|&t| Instant::try_new(t).is_err());
    let bad = bad.or_else(|| times.iter().position(|t| millis(t).is_nan()));
    let unit = |row: usize, like: &str| {
        let value = millis(&times[row]).to_string();
        let message = format!("{value} looks like {like}; milliseconds since 1970-01-01 are wanted");
        Failure::of(table, Some(row), column, &message, Some(value))
    };
    if let Some(row) = bad {
        let value = millis(&times[row]);
        if value >= 1e14 {
            return Err(unit(row, if value >= 1e17 { "nanoseconds" } else { "microseconds" }));
        }
        let reason = if value.is_nan() {
            Error::invalid("NaN is not a time")
        } else {
            Instant::try_new(read[row]).err().unwrap_or_else(|| Error::invalid("not a time"))
        };
        return Err(Failure::at(table, row, column, value, &reason));
    }
    let latest = read.par_iter().with_min_len(ROWS).max();
    #[expect(clippy::cast_precision_loss, reason = "a comparison")]
    if let Some(&latest) = latest.filter(|&&t| (t as f64) < TOO_EARLY * 1000.0) {
        return Err(unit(read.iter().position(|&t| t == latest).unwrap_or(0), "seconds"));
    }
    Ok(TimesRead::Micros(read))
}

/// Times that the engine can borrow.
pub(crate) enum TimesRead<'a> {
    Days(&'a [i32]),
    Micros(Vec<i64>),
}

impl<'a> TimesRead<'a> {
    pub(crate) fn times(&self) -> Times<'_> {
        match self {
            Self::Days(days) => Times::Days(days),
            Self::Micros(micros) => Times::Micros(micros),
        }
    }

    /// Days, each that of its instant.
    pub(crate) fn into_days(self) -> Cow<'a, [i32]> {
        match self {
            Self::Days(days) => Cow::Borrowed(days),
            Self::Micros(micros) => {
                let day = |&t: &i64| Instant::try_new(t).map_or(i32::MIN, |t| t.day().days());
                micros.par_iter().with_min_len(ROWS).map(day).collect::<Vec<_>>().into()
            }
        }
    }

    fn micros(&self, table: &'static str, column: &'static str) -> Outcome<Cow<'_, [i64]>> {
        match self {
            Self::Micros(micros) => Ok(Cow::Borrowed(micros)),
            Self::Days(days) => {
                let one = |(row, &day): (usize, &i32)| {
                    Day::try_new(day).map(|d| Instant::from(d).micros()).map_err(|e| Failure::at(table, row, column, day, &e))
                };
                days.iter().enumerate().map(one).collect::<Outcome<Vec<i64>>>().map(Cow::Owned)
            }
        }
    }

    fn shown(&self, row: usize) -> String {
        match self {
            Self::Days(days) => Day::try_new(days[row]).map_or_else(|_| days[row].to_string(), |d| d.to_string()),
            Self::Micros(micros) => Instant::try_new(micros[row]).map_or_else(|_| micros[row].to_string(), |t| t.to_string()),
        }
    }
}

/// A platform and a metric.
#[napi(object, object_to_js = false)]
pub struct ComponentName {
    /// For instance `spotify`.
    pub platform: String,
    /// For instance `followers`.
    pub metric: String,
}

/// Observations in columns.
#[napi(object, object_to_js = false)]
pub struct ObservationInput {
    /// Whose.
    pub artist: Codes,
    /// What the codes of `component` stand for.
    pub components: Vec<ComponentName>,
    /// Platform and metric as one code.
    pub component: Option<Codes>,
    /// What the codes of `platform` stand for.
    pub platforms: Vec<String>,
    /// The platform, where there is no `component`.
    pub platform: Option<Codes>,
    /// What the codes of `metric` stand for.
    pub metrics: Vec<String>,
    /// The metric, where there is no `component`.
    pub metric: Option<Codes>,
    /// When.
    pub time: TimeColumn,
    /// How much.
    pub value: Float64Array,
}

const OBSERVATIONS: &str = "observations";
const POSTS: &str = "posts";

/// Observations that the engine can borrow.
pub(crate) struct ObservationsRead<'a> {
    components: Vec<Component>,
    artist: Cow<'a, [u32]>,
    component: Cow<'a, [u16]>,
    time: TimesRead<'a>,
    value: &'a [f64],
}

impl ObservationInput {
    pub(crate) fn read(&self) -> Outcome<ObservationsRead<'_>> {
        let time = self.time.read(OBSERVATIONS, if self.time.days.is_some() { "day" } else { "observedAt" })?;
        let (components, component) = self.components()?;
        Ok(ObservationsRead { components, artist: self.artist.wide(), component, time, value: &self.value })
    }

    /// What the numbers of components stand for, whether they are given or those of pairs.
    ///
    /// # Errors
    /// A metric that is not known; too many pairs.
    pub(crate) fn named(&self) -> Outcome<Vec<Component>> {
        let metric = |(i, name): (usize, &String)| {
            let named = |e: Error| Failure::of(OBSERVATIONS, None, "metric", &format!("name {i}: {}", e.message()), Some(name.clone()));
            name.parse::<Metric>().map_err(named)
        };
        if self.component.is_some() {
            let one = |(i, c): (usize, &ComponentName)| Ok(Component::new(c.platform.clone(), metric((i, &c.metric))?));
            return self.components.iter().enumerate().map(one).collect();
        }
        let known: Vec<Metric> = self.metrics.iter().enumerate().map(metric).collect::<Outcome<_>>()?;
        if self.platforms.len() * known.len() > usize::from(u16::MAX) {
            return Err(Error::invalid(format!("{} platforms × {} metrics; 65,535 at most", self.platforms.len(), known.len())).into());
        }
        Ok(self.platforms.iter().flat_map(|p| known.iter().map(|m| Component::new(p.clone(), *m))).collect())
    }

    fn components(&self) -> Outcome<(Vec<Component>, Cow<'_, [u16]>)> {
        let components = self.named()?;
        let beyond = |column: &'static str, row: usize, code: u32, names: usize| {
            let reason = Error::invalid(format!("code {code} is not below the {names} names"));
            Failure::at(OBSERVATIONS, row, column, code, &reason)
        };
        if let Some(codes) = &self.component {
            if let Codes { u16: Some(codes), u32: None, .. } = codes {
                return Ok((components, Cow::Borrowed(codes)));
            }
            #[expect(clippy::cast_possible_truncation, reason = "JavaScript gives at most 65,535 components")]
            let codes16 = codes.mapped(components.len(), |_, code| code as u16);
            let codes16 = codes16.map_err(|row| beyond("component", row, codes.at(row), components.len()))?;
            return Ok((components, codes16.into()));
        }
        let (Some(platform), Some(metrics)) = (&self.platform, &self.metric) else { return Ok((components, Cow::Borrowed(&[]))) };
        let width = self.metrics.len();
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let first = platform.mapped(self.platforms.len(), |_, code| (code * width) as u16);
        let first = first.map_err(|row| beyond("platform", row, platform.at(row), self.platforms.len()))?;
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let both = metrics.mapped(width, |row, code| first[row] + code as u16);
        let both = both.map_err(|row| beyond("metric", row, metrics.at(row), width))?;
        Ok((components, both.into()))
    }
}

impl ObservationsRead<'_> {
    pub(crate) fn columns(&self) -> ObservationColumns<'_> {
        ObservationColumns {
            components: &self.components,
            artist: &self.artist,
            component: &self.component,
            time: self.time.times(),
            value: self.value,
        }
    }

    /// The column that an error of the engine about a row means, and its value.
    pub(crate) fn blame(&self, row: usize, artists: usize) -> (&'static str, String) {
        let columns = self.columns();
        let day = match columns.time {
            Times::Days(days) => Day::try_new(days[row]).is_ok(),
            Times::Micros(_) => true,
        };
        if columns.artist[row] as usize >= artists {
            ("artistId", columns.artist[row].to_string())
        } else if usize::from(columns.component[row]) >= columns.components.len() {
            ("component", columns.component[row].to_string())
        } else if !day {
            ("day", self.time.shown(row))
        } else {
            ("value", columns.value[row].to_string())
        }
    }
}

/// Posts in columns.
#[napi(object, object_to_js = false)]
pub struct PostInput {
    /// Whose.
    pub artist: Codes,
    /// What the codes of `platform` stand for.
    pub platforms: Vec<String>,
    /// Where.
    pub platform: Codes,
    /// The platform's ids, where they are known.
    pub ids: Option<Text>,
    /// When it was published.
    pub time: TimeColumn,
    /// Likes, comments, shares, saves and views, as far as they are known; NaN = unknown.
    pub counts: Vec<Option<Float64Array>>,
}

/// Posts that the engine can borrow.
pub(crate) struct PostsRead<'a> {
    platforms: &'a [String],
    artist: Cow<'a, [u32]>,
    platform: Cow<'a, [u16]>,
    published: TimesRead<'a>,
    counts: [Cow<'a, [f64]>; 5],
}

/// The count columns, in their order.
pub(crate) const COUNTS: [&str; 5] = ["likes", "comments", "shares", "saves", "views"];

impl PostInput {
    pub(crate) fn read(&self) -> Outcome<PostsRead<'_>> {
        let artist = self.artist.wide();
        let rows = artist.len();
        let published = self.time.read(POSTS, if self.time.days.is_some() { "day" } else { "publishedAt" })?;
        let platform = match &self.platform {
            Codes { u16: Some(codes), u32: None, .. } => Cow::Borrowed(&codes[..]),
            #[expect(clippy::cast_possible_truncation, reason = "checked by JavaScript: at most 65,535 platforms")]
            codes => codes.mapped(self.platforms.len(), |_, code| code as u16).map_err(|row| self.beyond(row, codes.at(row)))?.into(),
        };
        if let Some(row) = platform.iter().position(|&code| usize::from(code) >= self.platforms.len()) {
            return Err(self.beyond(row, u32::from(platform[row])));
        }
        let count = |i: usize| match self.counts.get(i) {
            Some(Some(column)) => Cow::Borrowed(&column[..]),
            _ => vec![f64::NAN; rows].into(),
        };
        Ok(PostsRead { platforms: &self.platforms, artist, platform, published, counts: [0, 1, 2, 3, 4].map(count) })
    }

    fn beyond(&self, row: usize, code: u32) -> Failure {
        let reason = Error::invalid(format!("code {code} is not below the {} names", self.platforms.len()));
        Failure::at(POSTS, row, "platform", code, &reason)
    }
}

impl PostsRead<'_> {
    pub(crate) fn columns(&self) -> PostColumns<'_> {
        let [likes, comments, shares, saves, views] = &self.counts;
        PostColumns {
            platforms: self.platforms,
            artist: &self.artist,
            platform: &self.platform,
            published: self.published.times(),
            likes,
            comments,
            shares,
            saves,
            views,
        }
    }

    /// The column that an error of the engine about a row means, and its value.
    pub(crate) fn blame(&self, row: usize, artists: usize) -> (&'static str, String) {
        if self.artist[row] as usize >= artists {
            return ("artistId", self.artist[row].to_string());
        }
        let wrong = |c: &Cow<'_, [f64]>| c[row] < 0.0 || c[row].is_infinite();
        match self.counts.iter().position(wrong) {
            Some(i) => (COUNTS[i], self.counts[i][row].to_string()),
            None => (if matches!(self.published, TimesRead::Days(_)) { "day" } else { "publishedAt" }, self.published.shown(row)),
        }
    }

    /// Whether a post may stand twice.
    pub(crate) fn may_repeat(&self, ids: &Text) -> bool {
        !self.artist.is_sorted() || Repeats::default().any(&self.artist, &self.platform, |row| ids.get(row).unwrap_or_default())
    }

    /// Copies the posts with their ids to a data set, in which repeats can be found.
    pub(crate) fn copy_to(&self, data: &mut Dataset, ids: &Text) -> Outcome<()> {
        data.platforms = self.platforms.to_vec();
        let posts = &mut data.posts;
        posts.artist = self.artist.to_vec();
        posts.platform = self.platform.to_vec();
        posts.at = self.published.micros(POSTS, "day")?.into_owned();
        posts.id = ids.strings()?;
        let into = [&mut posts.likes, &mut posts.comments, &mut posts.shares, &mut posts.saves, &mut posts.views];
        // Rows move where repeats are dropped: the engine would name another one.
        self.wrong_count().map_or(Ok(()), Err)?;
        for (column, count) in into.into_iter().zip(&self.counts) {
            *column = count.to_vec();
        }
        Ok(())
    }

    /// What is wrong with the first count that is.
    pub(crate) fn wrong_count(&self) -> Option<Failure> {
        let wrong = |c: &f64| *c < 0.0 || c.is_infinite();
        COUNTS.into_iter().zip(&self.counts).find_map(|(name, count)| {
            let row = count.iter().position(wrong)?;
            let reason = Error::invalid(format!("{} is not a finite number of at least 0", count[row]));
            Some(Failure::at(POSTS, row, name, count[row], &reason))
        })
    }
}
