//! Owned tables: what readers fill and the engine borrows as columns.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

use super::{
    Component, FanEvent, FanEventColumns, FanEventRow, FanEventTable, MAX_AMOUNT, MAX_SECONDS, Metric, Names, ObservationColumns,
    PostColumns, Strings, Times,
};
use crate::error::Location;
use crate::{Error, Instant, Result};

/// One observation: what a platform said of an artist at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation<S = String> {
    /// Whose.
    pub artist_id: S,
    /// Where.
    pub platform: S,
    /// What.
    pub metric: Metric,
    /// When.
    pub observed_at: Instant,
    /// How much: finite and not negative.
    pub value: f64,
}

/// One post with its counts; `None` = unknown, which is never zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post<S = String> {
    /// Whose.
    pub artist_id: S,
    /// Where.
    pub platform: S,
    /// The platform's id of it.
    pub post_id: S,
    /// When it went out.
    pub published_at: Instant,
    /// Likes.
    #[serde(default)]
    pub likes: Option<u64>,
    /// Comments.
    #[serde(default)]
    pub comments: Option<u64>,
    /// Shares.
    #[serde(default)]
    pub shares: Option<u64>,
    /// Saves.
    #[serde(default)]
    pub saves: Option<u64>,
    /// Views.
    #[serde(default)]
    pub views: Option<u64>,
}

/// Observations, one row each, in columns.
#[derive(Debug, Clone, Default)]
pub struct ObservationTable {
    /// Position in [`Dataset::artists`].
    pub artist: Vec<u32>,
    /// Position in [`Dataset::components`].
    pub component: Vec<u16>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub at: Vec<i64>,
    /// Finite and not negative.
    pub value: Vec<f64>,
}

impl ObservationTable {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.artist.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.artist.is_empty()
    }
}

/// Posts, one row each, in columns; NaN = unknown.
#[derive(Debug, Clone, Default)]
pub struct PostTable {
    /// Position in [`Dataset::artists`].
    pub artist: Vec<u32>,
    /// Position in [`Dataset::platforms`].
    pub platform: Vec<u16>,
    /// The platform's ids.
    pub id: Strings,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub at: Vec<i64>,
    /// Likes.
    pub likes: Vec<f64>,
    /// Comments.
    pub comments: Vec<f64>,
    /// Shares.
    pub shares: Vec<f64>,
    /// Saves.
    pub saves: Vec<f64>,
    /// Views.
    pub views: Vec<f64>,
}

impl PostTable {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.artist.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.artist.is_empty()
    }
}

/// All that was read: the rows, and what their codes stand for.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    /// Artist ids; their codes are the artist numbers of the engine.
    pub artists: Names,
    /// Components of the observations.
    pub components: Vec<Component>,
    /// Platforms of the posts.
    pub platforms: Vec<String>,
    /// The observations.
    pub observations: ObservationTable,
    /// The posts.
    pub posts: PostTable,
    /// Fan ids; the same fan of two artists has one code and counts for each.
    pub fans: Names,
    /// Currencies of the fan events' amounts.
    pub currencies: Vec<String>,
    /// The fan events.
    pub fan_events: FanEventTable,
}

impl Dataset {
    /// The code of a component, given now if it is new.
    ///
    /// # Errors
    /// `invalid` beyond 65,535 components.
    pub fn component_code(&mut self, platform: &str, metric: Metric) -> Result<u16> {
        let known = self.components.iter().position(|c| c.metric == metric && c.platform == platform);
        let code = known.unwrap_or_else(|| {
            self.components.push(Component::new(platform, metric));
            self.components.len() - 1
        });
        u16::try_from(code).map_err(|_| Error::invalid("more than 65,535 components (platform and metric)"))
    }

    /// The code of a posts' platform, given now if it is new.
    ///
    /// # Errors
    /// `invalid` beyond 65,535 platforms.
    pub fn platform_code(&mut self, platform: &str) -> Result<u16> {
        let code = self.platforms.iter().position(|p| p == platform).unwrap_or_else(|| {
            self.platforms.push(platform.to_owned());
            self.platforms.len() - 1
        });
        u16::try_from(code).map_err(|_| Error::invalid("more than 65,535 platforms"))
    }

    /// Appends an observation.
    ///
    /// # Errors
    /// `invalid` where the value is NaN, infinite or negative.
    pub fn push_observation<S: AsRef<str>>(&mut self, o: &Observation<S>) -> Result<()> {
        check_value(o.value)?;
        let component = self.component_code(o.platform.as_ref(), o.metric)?;
        let t = &mut self.observations;
        t.artist.push(self.artists.intern(o.artist_id.as_ref()));
        t.component.push(component);
        t.at.push(o.observed_at.micros());
        t.value.push(o.value);
        Ok(())
    }

    /// Appends a post.
    ///
    /// # Errors
    /// `invalid` where a count is above 2⁵³, from which on floating point skips integers.
    pub fn push_post<S: AsRef<str>>(&mut self, p: &Post<S>) -> Result<()> {
        let counts = [p.likes, p.comments, p.shares, p.saves, p.views];
        let mut values = [f64::NAN; 5];
        for (value, count) in values.iter_mut().zip(counts) {
            if let Some(count) = count {
                *value = count_value(count)?;
            }
        }
        let platform = self.platform_code(p.platform.as_ref())?;
        let t = &mut self.posts;
        t.artist.push(self.artists.intern(p.artist_id.as_ref()));
        t.platform.push(platform);
        t.id.push(p.post_id.as_ref());
        t.at.push(p.published_at.micros());
        let columns = [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views];
        for (column, value) in columns.into_iter().zip(values) {
            column.push(value);
        }
        Ok(())
    }

    /// The code of a currency, given now if it is new; `eur` is `EUR`.
    ///
    /// # Errors
    /// `invalid` beyond 65,535 currencies.
    pub fn currency_code(&mut self, currency: &str) -> Result<u16> {
        let code = self.currencies.iter().position(|c| c.eq_ignore_ascii_case(currency)).unwrap_or_else(|| {
            self.currencies.push(currency.to_ascii_uppercase());
            self.currencies.len() - 1
        });
        let code = u16::try_from(code).ok().filter(|&code| code != FanEventTable::NO_CURRENCY);
        code.ok_or_else(|| Error::invalid("more than 65,535 currencies"))
    }

    /// Appends a fan event.
    ///
    /// # Errors
    /// `invalid` where the amount is outside 0–10¹² or the length outside 0–10⁹ seconds.
    pub fn push_fan_event<S: AsRef<str>>(&mut self, e: &FanEvent<S>) -> Result<()> {
        for (name, value, most) in [("amount", e.amount, MAX_AMOUNT), ("seconds", e.seconds, MAX_SECONDS)] {
            if let Some(value) = value.filter(|value| !(0.0..=most).contains(value)) {
                return Err(Error::invalid(format!("{name} is {value}, outside 0 to {most}")));
            }
        }
        let currency = match &e.currency {
            Some(currency) => self.currency_code(currency.as_ref())?,
            None => FanEventTable::NO_CURRENCY,
        };
        self.fan_events.push(FanEventRow {
            artist: self.artists.intern(e.artist_id.as_ref()),
            fan: self.fans.intern(e.fan_id.as_ref()),
            day: e.occurred_at.day().days(),
            kind: e.kind.code(),
            count: e.count.unwrap_or(1),
            amount: e.amount.unwrap_or(f64::NAN),
            seconds: e.seconds.unwrap_or(f64::NAN),
            currency,
        });
        Ok(())
    }

    /// The fan events as the engine reads them.
    #[must_use]
    pub fn fan_events(&self) -> FanEventColumns<'_> {
        self.fan_events.columns(&self.currencies)
    }

    /// The observations as the engine reads them.
    #[must_use]
    pub fn observations(&self) -> ObservationColumns<'_> {
        let t = &self.observations;
        ObservationColumns {
            components: &self.components,
            artist: &t.artist,
            component: &t.component,
            time: Times::Micros(&t.at),
            value: &t.value,
        }
    }

    /// The posts as the engine reads them.
    #[must_use]
    pub fn posts(&self) -> PostColumns<'_> {
        let t = &self.posts;
        PostColumns {
            platforms: &self.platforms,
            artist: &t.artist,
            platform: &t.platform,
            published: Times::Micros(&t.at),
            likes: &t.likes,
            comments: &t.comments,
            shares: &t.shares,
            saves: &t.saves,
            views: &t.views,
        }
    }

    /// Finds the posts that come twice under one artist, platform and id: the later rows, and whether each
    /// repeats the first exactly.
    ///
    /// # Returns
    /// `(row, first row, exact)` in the order of the rows.
    #[must_use]
    pub fn repeated_posts(&self) -> Vec<(usize, usize, bool)> {
        let t = &self.posts;
        let hasher = DefaultHashBuilder::default();
        let key = |row: usize| (t.artist[row], t.platform[row], t.id.get(row));
        let mut seen: HashTable<usize> = HashTable::with_capacity(t.len());
        let mut repeats = Vec::new();
        for row in 0..t.len() {
            let hash = hasher.hash_one(key(row));
            match seen.entry(hash, |&r| key(r) == key(row), |&r| hasher.hash_one(key(r))) {
                hashbrown::hash_table::Entry::Occupied(e) => {
                    let first = *e.get();
                    let same = |c: &[f64]| c[row].to_bits() == c[first].to_bits();
                    let exact = t.at[row] == t.at[first] && [&t.likes, &t.comments, &t.shares, &t.saves, &t.views].iter().all(|c| same(c));
                    repeats.push((row, first, exact));
                }
                hashbrown::hash_table::Entry::Vacant(e) => {
                    e.insert(row);
                }
            }
        }
        repeats
    }

    /// Drops posts by row, the rows given in ascending order.
    pub fn drop_posts(&mut self, rows: &[usize]) {
        if rows.is_empty() {
            return;
        }
        let t = &mut self.posts;
        let kept = |row: usize| rows.binary_search(&row).is_err();
        let mut id = Strings::default();
        for (_, s) in t.id.iter().enumerate().filter(|(row, _)| kept(*row)) {
            id.push(s);
        }
        t.id = id;
        retain(&mut t.artist, kept);
        retain(&mut t.platform, kept);
        retain(&mut t.at, kept);
        for column in [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views] {
            retain(column, kept);
        }
    }

    /// The error that two different posts under one id deserve.
    #[must_use]
    pub fn conflicting_post(&self, row: usize) -> Error {
        let t = &self.posts;
        Error::invalid(format!(
            "post `{}` of artist `{}` on {} stands twice with different values",
            t.id.get(row).unwrap_or_default(),
            self.artists.get(t.artist[row]).unwrap_or_default(),
            self.platforms[usize::from(t.platform[row])],
        ))
        .at(Location::Post(row))
    }
}

fn retain<T>(column: &mut Vec<T>, kept: impl Fn(usize) -> bool) {
    let mut row = 0;
    column.retain(|_| {
        row += 1;
        kept(row - 1)
    });
}

/// Checks that a value is finite and not negative.
///
/// # Errors
/// `invalid`, naming the value and the bound.
pub(crate) fn check_value(value: f64) -> Result<()> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(Error::invalid(format!("value {value} is not a finite number of at least 0")))
    }
}

fn count_value(count: u64) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "checked: exact up to 2⁵³")]
    if count <= 1 << 53 { Ok(count as f64) } else { Err(Error::invalid(format!("count {count} is above 2^53"))) }
}
