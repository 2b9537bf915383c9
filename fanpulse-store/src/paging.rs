//! Long answers come in parts.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Where a part of a long answer ended. It means something only to the call that it came from, and may be sent
/// through a URL as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor at this place.
    pub(crate) fn at(place: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_vec(place).map_err(|e| Error::internal(e.to_string()).caused_by(e))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(json)))
    }

    /// The place that it was made at.
    pub(crate) fn place<T: DeserializeOwned>(&self) -> Result<T> {
        let wrong = || Error::invalid(format!("cursor `{self}` is not one that this call gave"));
        let json = URL_SAFE_NO_PAD.decode(&self.0).map_err(|e| wrong().caused_by(e))?;
        serde_json::from_slice(&json).map_err(|e| wrong().caused_by(e))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// Takes what [`Cursor`]'s display gave; whether it fits is seen by the call that it is given to.
    fn from_str(s: &str) -> Result<Self> {
        Ok(Self(s.to_owned()))
    }
}

/// Which part of a long answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The most that may come.
    pub limit: NonZeroUsize,
    /// The cursor of the page before; `None` = from the beginning.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The first `limit`.
    #[must_use]
    pub const fn first(limit: NonZeroUsize) -> Self {
        Self { limit, after: None }
    }

    /// One more than may come, which tells whether more follows.
    pub(crate) fn one_more(&self) -> i64 {
        i64::try_from(self.limit.get()).unwrap_or(i64::MAX).saturating_add(1)
    }
}

/// A part of a long answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// In the order that the call promises.
    pub items: Vec<T>,
    /// Where the next page begins; `None` = this was the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The page of `found`, which is one longer than `limit` where more follows.
    pub(crate) fn of<P: Serialize>(mut found: Vec<T>, limit: NonZeroUsize, place: impl Fn(&T) -> P) -> Result<Self> {
        let more = found.len() > limit.get();
        found.truncate(limit.get());
        let next = found.last().filter(|_| more).map(|last| Cursor::at(&place(last))).transpose()?;
        Ok(Self { items: found, next })
    }
}
