//! Columns that JavaScript gave, and how the engine borrows them.

use std::borrow::Cow;

use fanpulse_core::ingest::{Component, Dataset, Metric, ObservationColumns, PostColumns, Repeats, Times};
use fanpulse_core::{Day, Error};
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint16Array, Uint32Array};
use napi_derive::napi;
use rayon::prelude::*;

use crate::error::{Failure, Outcome};
use crate::text::Text;
use crate::times::{TimeColumn, TimesRead};

/// Rows per task of a conversion.
pub(crate) const ROWS: usize = 1 << 16;

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
