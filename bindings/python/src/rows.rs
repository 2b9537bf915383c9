//! Rows given as dicts.

use std::str::FromStr;

use fanpulse_core::error::Location;
use fanpulse_core::ingest::{Dataset, Metric, Observation, Post};
use fanpulse_core::{Error, Instant};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};

use crate::error::raised;
use crate::table::Naive;
use crate::table::number::MAX_COUNT;

/// Reads observations, appending them to a data set.
pub(crate) fn observations(rows: &Bound<'_, PyAny>, naive: Naive, data: &mut Dataset) -> PyResult<()> {
    each(rows, "observations", |row, item| read_observation(item, naive, data).map_err(|e| e.about().at(Location::Observation(row))))
}

/// Reads posts, appending them to a data set.
pub(crate) fn posts(rows: &Bound<'_, PyAny>, naive: Naive, data: &mut Dataset) -> PyResult<()> {
    each(rows, "posts", |row, item| read_post(item, naive, data).map_err(|e| e.about().at(Location::Post(row))))
}

fn each(rows: &Bound<'_, PyAny>, what: &str, mut read: impl FnMut(usize, &Bound<'_, PyAny>) -> Result<(), Error>) -> PyResult<()> {
    /// Rows between two looks at the signals.
    const OFTEN: usize = 1 << 14;
    let py = rows.py();
    let items = rows.try_iter().map_err(|_| raised(py, Error::invalid(format!("{what}: {} is neither a table nor rows", shown(rows)))))?;
    for (row, item) in items.enumerate() {
        read(row, &item?).map_err(|e| raised(py, e))?;
        if row % OFTEN == 0 {
            py.check_signals()?;
        }
    }
    Ok(())
}

/// The data set, each post once, and how many were there again.
pub(crate) fn once(mut data: Dataset) -> Result<(Dataset, u64), Error> {
    let repeats = data.repeated_posts();
    if let Some((row, ..)) = repeats.iter().find(|(.., exact)| !exact) {
        return Err(data.conflicting_post(*row));
    }
    let rows: Vec<usize> = repeats.into_iter().map(|(row, ..)| row).collect();
    data.drop_posts(&rows);
    Ok((data, rows.len() as u64))
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

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn about(self) -> Error {
        match self.field {
            Some(field) => Error::invalid(format!("{field}: {}", self.message)),
            None => Error::invalid(self.message),
        }
    }

    /// The error of a value in an argument that has fields.
    pub(crate) fn within(self, argument: &str) -> Error {
        let about = self.about();
        Error::invalid(format!("{argument}: {}", about.message()))
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
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
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

/// A value that is text.
pub(crate) fn text<'a>(value: &'a Bound<'_, PyAny>) -> Result<&'a str, Fault> {
    str(value.cast().map_err(|_| Fault::new(format!("{} is not a str", shown(value))))?)
}

fn str<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, Fault> {
    text.to_str().map_err(|_| Fault::new(format!("{} has a lone surrogate", shown(text))))
}

/// A value that is a number.
pub(crate) fn number(value: &Bound<'_, PyAny>) -> Result<f64, Fault> {
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(float.value());
    }
    if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
        let exact = value.extract::<i64>().ok().filter(|v| v.unsigned_abs() <= 1 << 53);
        #[expect(clippy::cast_precision_loss, reason = "within 2⁵³")]
        return exact
            .map(|v| v as f64)
            .ok_or_else(|| Fault::new(format!("{} is beyond 2^53, where floating point skips integers", shown(value))));
    }
    let number = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    number.ok_or_else(|| Fault::new(format!("{} is not a number", shown(value))))
}

/// A day or a time, as text or as Python's `date` or `datetime`.
pub(crate) fn parsed<T: FromStr<Err = Error>>(value: &Bound<'_, PyAny>) -> Result<T, Fault> {
    Ok(iso(value)?.parse()?)
}

fn iso(value: &Bound<'_, PyAny>) -> Result<String, Fault> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(str(text)?.to_owned());
    }
    let wrong = || Fault::new(format!("{} is neither a str nor a date", shown(value)));
    let text = value.call_method0(intern!(value.py(), "isoformat")).map_err(|_| wrong())?;
    Ok(str(text.cast().map_err(|_| wrong())?)?.to_owned())
}

/// A time; one without a zone is refused or in UTC.
pub(crate) fn instant(value: &Bound<'_, PyAny>, naive: Naive) -> Result<Instant, Fault> {
    let read = parsed::<Instant>(value);
    match naive {
        Naive::Refuse => read,
        Naive::Utc => read.or_else(|e| iso(value).ok().and_then(|text| format!("{text}Z").parse().ok()).ok_or(e)),
    }
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

fn read_observation(item: &Bound<'_, PyAny>, naive: Naive, data: &mut Dataset) -> Result<(), Fault> {
    let fields = Fields::of(item)?;
    let artist_id = field!(fields.text "artist_id");
    let platform = field!(fields.text "platform");
    let metric = |text: &Bound<'_, PyString>| -> Result<Metric, Fault> { Ok(str(text)?.parse()?) };
    data.push_observation(&Observation {
        artist_id: str(&artist_id).map_err(Fault::of("artist_id"))?,
        platform: str(&platform).map_err(Fault::of("platform"))?,
        metric: field!(fields.text "metric", metric),
        observed_at: field!(fields.get "observed_at", |value| instant(value, naive)),
        value: field!(fields.get "value", number),
    })?;
    Ok(())
}

fn read_post(item: &Bound<'_, PyAny>, naive: Naive, data: &mut Dataset) -> Result<(), Fault> {
    let fields = Fields::of(item)?;
    let artist_id = field!(fields.text "artist_id");
    let post = post(&fields, str(&artist_id).map_err(Fault::of("artist_id"))?.to_owned(), naive)?;
    data.push_post(&post)?;
    Ok(())
}

/// A post whose artist is known.
pub(crate) fn post_of_artist(item: &Bound<'_, PyAny>) -> Result<Post, Fault> {
    post(&Fields::of(item)?, String::new(), Naive::Refuse)
}

fn post(fields: &Fields<'_, '_>, artist_id: String, naive: Naive) -> Result<Post, Fault> {
    let owned = |text: &Bound<'_, PyString>| -> Result<String, Fault> { Ok(str(text)?.to_owned()) };
    Ok(Post {
        artist_id,
        platform: field!(fields.text "platform", owned),
        post_id: field!(fields.text "post_id", owned),
        published_at: field!(fields.get "published_at", |value| instant(value, naive)),
        likes: field!(fields.count "likes"),
        comments: field!(fields.count "comments"),
        shares: field!(fields.count "shares"),
        saves: field!(fields.count "saves"),
        views: field!(fields.count "views"),
    })
}
