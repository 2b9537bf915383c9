//! Rows given as objects.

use std::str::FromStr;

use fanpulse_core::error::Location;
use fanpulse_core::ingest::{Dataset, Observation, Post};
use fanpulse_core::settings::Settings;
use fanpulse_core::{Error, Instant};
use napi::bindgen_prelude::{Array, Either, Either3, JsObjectValue, JsValue, Object, Unknown};
use napi::{Env, JsDate, ValueType};

use crate::Request;
use crate::error::thrown;

/// The largest count up to which floating point has every integer.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// Why a value could not be read.
enum Fault {
    /// It is wrong.
    Wrong(Error),
    /// Reading it failed, for instance because a getter threw.
    Failed(napi::Error),
}

impl From<Error> for Fault {
    fn from(e: Error) -> Self {
        Self::Wrong(e)
    }
}

impl From<napi::Error> for Fault {
    fn from(e: napi::Error) -> Self {
        Self::Failed(e)
    }
}

type Read<T> = Result<T, Fault>;
type Value<'a> = Either3<String, f64, Unknown<'a>>;

/// Reads what Node gave.
pub(crate) fn request(
    env: &Env,
    observations: &Either<Array<'_>, Unknown<'_>>,
    posts: &Either<Array<'_>, Unknown<'_>>,
    options: &Either<Object<'_>, Unknown<'_>>,
) -> napi::Result<Request> {
    let read = || -> Read<Request> {
        let mut data = Dataset::default();
        each(observations, "observations", Location::Observation, |fields| Ok(data.push_observation(&observation(fields)?)?))?;
        each(posts, "posts", Location::Post, |fields| Ok(data.push_post(&post(fields)?)?))?;
        let options = match options {
            Either::A(options) => Fields(options),
            Either::B(other) => return Err(wrong("options", &shown(other)?, "an object")),
        };
        let as_of = options.text("asOf")?.parse().map_err(|e: Error| Error::invalid(format!("asOf: {}", e.message())))?;
        let window_days = match options.number("windowDays")? {
            None => 30,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within bounds")]
            Some(days) if days.fract() == 0.0 && (0.0..1e6).contains(&days) => days as u32,
            Some(days) => return Err(Error::invalid(format!("windowDays: {days} is not a whole number from 14 to 366")).into()),
        };
        Ok(Request { data, as_of, settings: Settings { window_days, ..Settings::default() } })
    };
    read().map_err(|fault| match fault {
        Fault::Wrong(e) => thrown(env, &e),
        Fault::Failed(e) => e,
    })
}

fn each(
    rows: &Either<Array<'_>, Unknown<'_>>,
    name: &str,
    location: fn(usize) -> Location,
    mut push: impl FnMut(&Fields<'_, '_>) -> Read<()>,
) -> Read<()> {
    let rows = match rows {
        Either::A(rows) => rows,
        Either::B(other) => return Err(wrong(name, &shown(other)?, "an array")),
    };
    for row in 0..rows.len() {
        let read = match rows.get::<Either<Object<'_>, Unknown<'_>>>(row)? {
            Some(Either::A(object)) => push(&Fields(&object)),
            Some(Either::B(other)) => Err(Error::invalid(format!("{} is not an object", shown(&other)?)).into()),
            None => Err(Error::invalid("missing").into()),
        };
        read.map_err(|fault| match fault {
            Fault::Wrong(e) => Fault::Wrong(e.at(location(row as usize))),
            failed @ Fault::Failed(_) => failed,
        })?;
    }
    Ok(())
}

fn observation(fields: &Fields<'_, '_>) -> Read<Observation> {
    Ok(Observation {
        artist_id: fields.text("artistId")?,
        platform: fields.text("platform")?,
        metric: parsed("metric", &fields.text("metric")?)?,
        observed_at: fields.time("observedAt")?,
        value: fields.number("value")?.ok_or_else(|| missing("value"))?,
    })
}

fn post(fields: &Fields<'_, '_>) -> Read<Post> {
    Ok(Post {
        artist_id: fields.text("artistId")?,
        platform: fields.text("platform")?,
        post_id: fields.text("postId")?,
        published_at: fields.time("publishedAt")?,
        likes: fields.count("likes")?,
        comments: fields.count("comments")?,
        shares: fields.count("shares")?,
        saves: fields.count("saves")?,
        views: fields.count("views")?,
    })
}

/// An object's fields; undefined and null are the same as absent.
struct Fields<'a, 'env>(&'a Object<'env>);

impl<'env> Fields<'_, 'env> {
    fn get(&self, name: &str) -> Read<Option<Value<'env>>> {
        Ok(match self.0.get::<Value<'env>>(name)? {
            Some(Either3::C(other)) if matches!(other.get_type()?, ValueType::Undefined | ValueType::Null) => None,
            value => value,
        })
    }

    fn text(&self, name: &str) -> Read<String> {
        match self.get(name)? {
            Some(Either3::A(text)) => Ok(text),
            Some(other) => Err(wrong(name, &shown_value(&other)?, "a string")),
            None => Err(missing(name).into()),
        }
    }

    fn number(&self, name: &str) -> Read<Option<f64>> {
        match self.get(name)? {
            Some(Either3::B(number)) => Ok(Some(number)),
            Some(other) => Err(wrong(name, &shown_value(&other)?, "a number")),
            None => Ok(None),
        }
    }

    fn count(&self, name: &str) -> Read<Option<u64>> {
        match self.number(name)? {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within bounds")]
            Some(n) if n.fract() == 0.0 && (0.0..=MAX_COUNT).contains(&n) => Ok(Some(n as u64)),
            Some(n) => Err(wrong(name, &n.to_string(), "a whole number from 0 to 2^53 (null = unknown)")),
            None => Ok(None),
        }
    }

    fn time(&self, name: &str) -> Read<Instant> {
        match self.get(name)? {
            Some(Either3::A(text)) => parsed(name, &text),
            Some(Either3::C(other)) if other.is_date()? => {
                let millis = self.0.get_named_property::<JsDate<'_>>(name)?.value_of()?;
                if millis.is_nan() {
                    return Err(wrong(name, "Invalid Date", "a time"));
                }
                #[expect(clippy::cast_possible_truncation, reason = "a Date is whole and below 8.64e15")]
                let micros = (millis as i64).saturating_mul(1000);
                Ok(Instant::try_new(micros).map_err(|e| named(name, &e))?)
            }
            Some(other) => Err(wrong(name, &shown_value(&other)?, "a string or a Date")),
            None => Err(missing(name).into()),
        }
    }
}

fn parsed<T: FromStr<Err = Error>>(name: &str, text: &str) -> Read<T> {
    Ok(text.parse().map_err(|e| named(name, &e))?)
}

fn named(name: &str, e: &Error) -> Error {
    Error::invalid(format!("{name}: {}", e.message()))
}

fn missing(name: &str) -> Error {
    Error::invalid(format!("{name}: missing"))
}

fn wrong(name: &str, shown: &str, wanted: &str) -> Fault {
    Error::invalid(format!("{name}: {shown} is not {wanted}")).into()
}

/// A value as a message shows it.
fn shown_value(value: &Value<'_>) -> napi::Result<String> {
    match value {
        Either3::A(text) => Ok(quoted(text)),
        Either3::B(number) => Ok(number.to_string()),
        Either3::C(other) => shown(other),
    }
}

/// A value as a message shows it, without calling anything that the caller wrote.
fn shown(value: &Unknown<'_>) -> napi::Result<String> {
    let text = || value.coerce_to_string()?.into_utf8()?.into_owned();
    Ok(match value.get_type()? {
        ValueType::String => quoted(&text()?),
        ValueType::Number | ValueType::Boolean | ValueType::Undefined | ValueType::Null => text()?,
        other => format!("a value of type {}", other.to_string().to_lowercase()),
    })
}

fn quoted(text: &str) -> String {
    if text.chars().count() > 80 { format!("'{}…'", text.chars().take(77).collect::<String>()) } else { format!("'{text}'") }
}
