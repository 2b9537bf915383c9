//! Rows given as dicts.

use std::str::FromStr;

use fanpulse_core::error::Location;
use fanpulse_core::ingest::{Dataset, Metric, Observation, Post};
use fanpulse_core::{Error, Instant};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};

use crate::error::raised;

/// The largest count up to which floating point has every integer.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// The rows of a call.
pub(crate) struct Rows {
    data: Dataset,
}

impl Rows {
    /// Reads what Python gave.
    pub(crate) fn read(observations: &Bound<'_, PyAny>, posts: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let py = observations.py();
        let mut data = Dataset::default();
        for (row, item) in observations.try_iter()?.enumerate() {
            read_observation(&item?, &mut data).map_err(|e| raised(py, e.about().at(Location::Observation(row))))?;
        }
        if let Some(posts) = posts {
            for (row, item) in posts.try_iter()?.enumerate() {
                read_post(&item?, &mut data).map_err(|e| raised(py, e.about().at(Location::Post(row))))?;
            }
        }
        Ok(Self { data })
    }

    /// How many artists there are.
    pub(crate) fn artists(&self) -> usize {
        self.data.artists.len()
    }

    /// The data set, each post once.
    pub(crate) fn dataset(mut self) -> Result<Dataset, Error> {
        let repeats = self.data.repeated_posts();
        if let Some((row, ..)) = repeats.iter().find(|(.., exact)| !exact) {
            return Err(self.data.conflicting_post(*row));
        }
        let rows: Vec<usize> = repeats.into_iter().map(|(row, ..)| row).collect();
        self.data.drop_posts(&rows);
        Ok(self.data)
    }
}

/// What is wrong with a value, before it is known where the value stood.
pub(crate) struct Fault {
    field: Option<&'static str>,
    message: String,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Self { field: None, message: message.into() }
    }

    fn of(field: &'static str) -> impl Fn(Self) -> Self {
        move |fault| Self { field: Some(field), ..fault }
    }

    fn about(self) -> Error {
        match self.field {
            Some(field) => Error::invalid(format!("{field}: {}", self.message)),
            None => Error::invalid(self.message),
        }
    }

    /// The error of an argument.
    pub(crate) fn under(self, argument: &'static str) -> Error {
        Self { field: Some(argument), ..self }.about()
    }
}

impl From<Error> for Fault {
    fn from(e: Error) -> Self {
        Self::new(e.message())
    }
}

/// A value as a message shows it.
fn shown(value: &Bound<'_, PyAny>) -> String {
    let repr = value.repr().map_or_else(|_| "?".to_owned(), |r| r.to_string_lossy().into_owned());
    if repr.chars().count() > 80 { repr.chars().take(79).chain(['…']).collect() } else { repr }
}

/// A dict's fields.
struct Fields<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'a, 'py> Fields<'a, 'py> {
    fn of(item: &'a Bound<'py, PyAny>) -> Result<Self, Fault> {
        item.cast::<PyDict>().map(Self).map_err(|_| Fault::new(format!("{} is not a dict", shown(item))))
    }

    fn optional(&self, key: &Bound<'py, PyString>) -> Result<Option<Bound<'py, PyAny>>, Fault> {
        let value = self.0.get_item(key).map_err(|e| Fault::new(e.to_string()))?;
        Ok(value.filter(|v| !v.is_none()))
    }

    fn get(&self, key: &Bound<'py, PyString>) -> Result<Bound<'py, PyAny>, Fault> {
        self.optional(key)?.ok_or_else(|| Fault::new("missing"))
    }

    fn text(&self, key: &Bound<'py, PyString>) -> Result<Bound<'py, PyString>, Fault> {
        self.get(key)?.cast_into().map_err(|e| Fault::new(format!("{} is not a str", shown(&e.into_inner()))))
    }

    fn count(&self, key: &Bound<'py, PyString>) -> Result<Option<u64>, Fault> {
        let Some(value) = self.optional(key)? else { return Ok(None) };
        let n = number(&value)?;
        if n.fract() == 0.0 && (0.0..=MAX_COUNT).contains(&n) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within bounds")]
            Ok(Some(n as u64))
        } else {
            Err(Fault::new(format!("{} is not a whole number from 0 to 2^53 (None = unknown)", shown(&value))))
        }
    }
}

fn str<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, Fault> {
    text.to_str().map_err(|_| Fault::new(format!("{} has a lone surrogate", shown(text))))
}

fn number(value: &Bound<'_, PyAny>) -> Result<f64, Fault> {
    let number = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    number.ok_or_else(|| Fault::new(format!("{} is not a number", shown(value))))
}

/// A day or a time, as text or as Python's `date` or `datetime`.
pub(crate) fn parsed<T: FromStr<Err = Error>>(value: &Bound<'_, PyAny>) -> Result<T, Fault> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(str(text)?.parse()?);
    }
    let wrong = || Fault::new(format!("{} is neither a str nor a date", shown(value)));
    let text = value.call_method0(intern!(value.py(), "isoformat")).map_err(|_| wrong())?;
    Ok(str(text.cast().map_err(|_| wrong())?)?.parse()?)
}

/// `$fields.$how("$name")`, an error naming the field.
macro_rules! field {
    ($fields:ident.$how:ident $name:literal) => {
        $fields.$how(intern!($fields.0.py(), $name)).map_err(Fault::of($name))?
    };
    ($fields:ident.$how:ident $name:literal, $then:expr) => {{
        let value = field!($fields.$how $name);
        $then(&value).map_err(Fault::of($name))?
    }};
}

fn read_observation(item: &Bound<'_, PyAny>, data: &mut Dataset) -> Result<(), Fault> {
    let fields = Fields::of(item)?;
    let artist_id = field!(fields.text "artist_id");
    let platform = field!(fields.text "platform");
    let metric = |text: &Bound<'_, PyString>| -> Result<Metric, Fault> { Ok(str(text)?.parse()?) };
    data.push_observation(&Observation {
        artist_id: str(&artist_id).map_err(Fault::of("artist_id"))?,
        platform: str(&platform).map_err(Fault::of("platform"))?,
        metric: field!(fields.text "metric", metric),
        observed_at: field!(fields.get "observed_at", parsed::<Instant>),
        value: field!(fields.get "value", number),
    })?;
    Ok(())
}

fn read_post(item: &Bound<'_, PyAny>, data: &mut Dataset) -> Result<(), Fault> {
    let fields = Fields::of(item)?;
    let artist_id = field!(fields.text "artist_id");
    let platform = field!(fields.text "platform");
    let post_id = field!(fields.text "post_id");
    data.push_post(&Post {
        artist_id: str(&artist_id).map_err(Fault::of("artist_id"))?,
        platform: str(&platform).map_err(Fault::of("platform"))?,
        post_id: str(&post_id).map_err(Fault::of("post_id"))?,
        published_at: field!(fields.get "published_at", parsed::<Instant>),
        likes: field!(fields.count "likes"),
        comments: field!(fields.count "comments"),
        shares: field!(fields.count "shares"),
        saves: field!(fields.count "saves"),
        views: field!(fields.count "views"),
    })?;
    Ok(())
}
