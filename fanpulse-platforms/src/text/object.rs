//! A JSON object as a row of cells, its text borrowed from the line where it has no escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::DropReason;
use crate::cell::{Cell, Row, utf8};
use crate::fault::Fault;

/// What an object says under each column.
pub(super) struct Object<'a> {
    cells: Vec<Value<'a>>,
}

#[derive(Debug, Clone)]
enum Value<'a> {
    /// Not there, or null.
    Missing,
    Text(Cow<'a, str>),
    Number(f64),
    Other(&'static str),
}

impl Row for Object<'_> {
    #[inline]
    fn cell(&self, column: usize) -> Cell<'_> {
        match &self.cells[column] {
            Value::Missing => Cell::Missing,
            Value::Text(text) => Cell::text(text.as_bytes()),
            Value::Number(v) => Cell::Number(*v),
            Value::Other(what) => Cell::Other(what),
        }
    }
}

/// Reads a line; keys that are no column are passed over.
pub(super) fn object<'a>(line: &'a [u8], columns: &[String]) -> Result<Object<'a>, Box<Fault>> {
    let mut json = serde_json::Deserializer::from_str(utf8(line, "line")?);
    let cells = json.deserialize_map(Cells { columns }).map_err(bad_json)?;
    json.end().map_err(bad_json)?;
    Ok(Object { cells })
}

/// The keys of a line's object.
pub(super) fn keys(line: &[u8]) -> Result<Vec<String>, Box<Fault>> {
    let mut json = serde_json::Deserializer::from_str(utf8(line, "line")?);
    json.deserialize_map(Keys).map_err(bad_json)
}

#[cold]
fn bad_json(e: serde_json::Error) -> Box<Fault> {
    let text = e.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    Fault::new(DropReason::BadJson, format!("not a JSON object: {what} (column {})", e.column()))
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(keys)
    }
}

struct Cells<'c> {
    columns: &'c [String],
}

impl<'de> Visitor<'de> for Cells<'_> {
    type Value = Vec<Value<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = vec![Value::Missing; self.columns.len()];
        let mut seen = vec![false; self.columns.len()];
        let mut guess = 0;
        while let Some(column) = map.next_key_seed(Key { columns: self.columns, guess })? {
            let Some(i) = column else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if std::mem::replace(&mut seen[i], true) {
                return Err(A::Error::custom(format_args!("`{}` stands twice", self.columns[i])));
            }
            cells[i] = map.next_value_seed(Scalar)?;
            guess = i + 1;
        }
        Ok(cells)
    }
}

/// Finds the column of a key, which mostly is the one after the last.
struct Key<'c> {
    columns: &'c [String],
    guess: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        if self.columns.get(self.guess).is_some_and(|c| c == key) {
            return Ok(Some(self.guess));
        }
        let exact = self.columns.iter().position(|c| c == key);
        Ok(exact.or_else(|| self.columns.iter().position(|c| c.trim().to_lowercase() == key.trim().to_lowercase())))
    }
}

struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[expect(clippy::cast_precision_loss, reason = "values are floating point; counts above 2⁵³ are refused later")]
impl<'de> Visitor<'de> for Scalar {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(v.to_owned())))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Value::Number(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Value::Number(v as f64))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Value::Number(v as f64))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Missing)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Value::Other(if v { "true" } else { "false" }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an object"))
    }
}
