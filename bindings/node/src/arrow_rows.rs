//! Rows given as Arrow IPC, stream or file.

use std::borrow::Cow;
use std::io::Cursor;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType, UInt64Type};
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use fanpulse_core::ingest::{Dataset, FanEventTable, Metric, Names};
use fanpulse_core::{Day, Error, Instant};

use crate::columns::COUNTS;
use crate::error::{Failure, Outcome};
use crate::fans::{Currencies, EventsRead, FAN_EVENTS, kind};
use crate::pack::camel;

/// What an IPC file begins with; a stream begins with a message.
const MAGIC: &[u8] = b"ARROW1";
/// Up to here floating point has every integer.
const EXACT: i64 = 1 << 53;

/// A batch of a table, and which of the table's rows is its first.
struct Batch {
    table: &'static str,
    first: usize,
    rows: RecordBatch,
}

fn each(table: &'static str, bytes: &[u8], mut read: impl FnMut(&Batch) -> Outcome<()>) -> Outcome<()> {
    let broken = |e: ArrowError| Failure::table(table, format!("{table}: the bytes are not an Arrow IPC stream or file: {e}"));
    let batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;
    let schema: SchemaRef;
    if bytes.starts_with(MAGIC) {
        let reader = FileReader::try_new(Cursor::new(bytes), None).map_err(broken)?;
        schema = reader.schema();
        batches = Box::new(reader);
    } else {
        let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(broken)?;
        schema = reader.schema();
        batches = Box::new(reader);
    }
    let mut first = 0;
    for rows in std::iter::once(Ok(RecordBatch::new_empty(schema))).chain(batches) {
        let rows = rows.map_err(broken)?;
        let n = rows.num_rows();
        // The empty batch has the columns checked even where there are no rows.
        read(&Batch { table, first, rows })?;
        first += n;
    }
    Ok(())
}

impl Batch {
    fn len(&self) -> usize {
        self.rows.num_rows()
    }

    fn optional(&self, name: &str) -> Option<&dyn Array> {
        let schema = self.rows.schema_ref();
        let place = schema.fields().iter().position(|f| f.name() == name || *f.name() == camel(name))?;
        Some(self.rows.column(place))
    }

    fn column(&self, name: &'static str) -> Outcome<&dyn Array> {
        self.optional(name).ok_or_else(|| {
            let present: Vec<&str> = self.rows.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
            Failure::of(self.table, None, name, &format!("there is no such column; there are {}", present.join(", ")), None)
        })
    }

    fn type_error(&self, name: &str, column: &dyn Array, wanted: &str) -> Failure {
        Failure::of(self.table, None, name, &format!("{} where {wanted} is wanted", column.data_type()), None)
    }

    fn null(&self, name: &str, row: usize) -> Failure {
        Failure::of(self.table, Some(self.first + row), name, "null", None)
    }

    fn cast(&self, name: &str, column: &dyn Array, to: &DataType) -> Outcome<arrow::array::ArrayRef> {
        cast(column, to).map_err(|e| Failure::of(self.table, None, name, &e.to_string(), None))
    }

    /// Every text of a column, in order.
    fn texts(&self, name: &'static str, mut take: impl FnMut(usize, &str) -> Outcome<()>) -> Outcome<()> {
        self.some_texts(name, |row, text| take(row, text.ok_or_else(|| self.null(name, row))?))
    }

    /// Every text of a column that may have nulls, in order.
    fn some_texts(&self, name: &'static str, mut take: impl FnMut(usize, Option<&str>) -> Outcome<()>) -> Outcome<()> {
        let column = self.column(name)?;
        let is_text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let text = match column.data_type() {
            DataType::Dictionary(_, values) => is_text(values),
            other => is_text(other),
        };
        if !text {
            return Err(self.type_error(name, column, "text"));
        }
        if self.len() == 0 {
            return Ok(());
        }
        let nulls = column.logical_nulls();
        let there = |row: usize| nulls.as_ref().is_none_or(|n| n.is_valid(row));
        if let Some(dictionary) = column.as_any_dictionary_opt() {
            let values = self.cast(name, dictionary.values(), &DataType::LargeUtf8)?;
            let values = values.as_string::<i64>();
            let keys = dictionary.normalized_keys();
            return keys.into_iter().enumerate().try_for_each(|(row, key)| take(row, there(row).then(|| values.value(key))));
        }
        let texts = self.cast(name, column, &DataType::LargeUtf8)?;
        let texts = texts.as_string::<i64>();
        (0..self.len()).try_for_each(|row| take(row, there(row).then(|| texts.value(row))))
    }

    /// The codes of a column of texts, given by `code`, which is not asked twice in a row for the same text.
    fn codes<T: Copy>(&self, name: &'static str, into: &mut Vec<T>, mut code: impl FnMut(&str) -> Result<T, Error>) -> Outcome<()> {
        let mut last: Option<(String, T)> = None;
        self.texts(name, |row, text| {
            let known = last.as_ref().filter(|(t, _)| t == text).map(|(_, c)| *c);
            let known = known.map_or_else(|| code(text), Ok).map_err(|e| Failure::at(self.table, self.first + row, name, text, &e))?;
            if last.as_ref().is_none_or(|(t, _)| t != text) {
                last = Some((text.to_owned(), known));
            }
            into.push(known);
            Ok(())
        })
    }

    /// The same of a column that may have nulls, which get the code `none`.
    fn some_codes<T: Copy>(
        &self,
        name: &'static str,
        into: &mut Vec<T>,
        none: T,
        mut code: impl FnMut(&str) -> Result<T, Error>,
    ) -> Outcome<()> {
        self.some_texts(name, |row, text| {
            let given = text.map_or(Ok(none), |text| code(text).map_err(|e| Failure::at(self.table, self.first + row, name, text, &e)))?;
            into.push(given);
            Ok(())
        })
    }

    /// Instants in microseconds.
    fn times(&self, name: &'static str, into: &mut Vec<i64>) -> Outcome<()> {
        let column = self.column(name)?;
        let wrong = |row: usize, value: String, e: &Error| Failure::at(self.table, self.first + row, name, value, e);
        match column.data_type() {
            DataType::Date32 => {
                for (row, day) in column.as_primitive::<Date32Type>().iter().enumerate() {
                    let day = day.ok_or_else(|| self.null(name, row))?;
                    into.push(Instant::from(Day::try_new(day).map_err(|e| wrong(row, day.to_string(), &e))?).micros());
                }
            }
            DataType::Timestamp(_, Some(_)) => {
                let micros = self.cast(name, column, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
                for (row, at) in micros.as_primitive::<TimestampMicrosecondType>().iter().enumerate() {
                    let at = at.ok_or_else(|| self.null(name, row))?;
                    into.push(Instant::try_new(at).map_err(|e| wrong(row, at.to_string(), &e))?.micros());
                }
            }
            DataType::Timestamp(..) => return Err(self.type_error(name, column, "a timestamp with a zone")),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                self.codes(name, into, |text| text.parse().map(Instant::micros))?;
            }
            _ => return Err(self.type_error(name, column, "a date, a timestamp with a zone, or text")),
        }
        Ok(())
    }

    /// Numbers as floating point; a null is `none`, or an error where there is no such.
    fn numbers(&self, name: &'static str, none: Option<f64>, into: &mut Vec<f64>) -> Outcome<()> {
        let column = self.column(name)?;
        let kind = column.data_type();
        if !(kind.is_integer() || kind.is_floating()) {
            return Err(self.type_error(name, column, "a number"));
        }
        let large = match kind {
            DataType::Int64 => column.as_primitive::<Int64Type>().iter().position(|v| v.is_some_and(|v| v.abs() > EXACT)),
            DataType::UInt64 => column.as_primitive::<UInt64Type>().iter().position(|v| v.is_some_and(|v| v > EXACT.unsigned_abs())),
            _ => None,
        };
        let floats = self.cast(name, column, &DataType::Float64)?;
        let floats = floats.as_primitive::<Float64Type>();
        if let Some(row) = large {
            let reason = Error::invalid(format!("{} is beyond 2^53, from which on floating point skips integers", floats.value(row)));
            return Err(Failure::at(self.table, self.first + row, name, floats.value(row), &reason));
        }
        for (row, number) in floats.iter().enumerate() {
            into.push(number.or(none).ok_or_else(|| self.null(name, row))?);
        }
        Ok(())
    }

    /// Counts: whole numbers; null or NaN = unknown. A column that is not there is unknown throughout.
    fn counts(&self, name: &'static str, into: &mut Vec<f64>) -> Outcome<()> {
        let start = into.len();
        if self.optional(name).is_none() {
            into.resize(start + self.len(), f64::NAN);
            return Ok(());
        }
        self.numbers(name, Some(f64::NAN), into)?;
        let whole = |c: &f64| c.is_nan() || (*c >= 0.0 && c.fract() == 0.0);
        match into[start..].iter().position(|c| !whole(c)) {
            Some(row) => {
                let value = into[start + row];
                let reason = Error::invalid(format!("{value} is not a whole number of at least 0 (null = unknown)"));
                Err(Failure::at(self.table, self.first + row, name, value, &reason))
            }
            None => Ok(()),
        }
    }
}

/// Appends observations.
pub(crate) fn observations(bytes: &[u8], data: &mut Dataset) -> Outcome<()> {
    let (mut platforms, mut platform, mut metric) = (Names::default(), Vec::new(), Vec::new());
    each("observations", bytes, |batch| {
        let Dataset { artists, observations: t, .. } = data;
        batch.codes("artist_id", &mut t.artist, |id| Ok(artists.intern(id)))?;
        batch.codes("platform", &mut platform, |name| Ok(platforms.intern(name)))?;
        batch.codes("metric", &mut metric, str::parse::<Metric>)?;
        batch.times("observed_at", &mut t.at)?;
        batch.numbers("value", None, &mut t.value)
    })?;
    let mut last = None;
    for (&platform, metric) in platform.iter().zip(metric) {
        let code = match last {
            Some((p, m, code)) if (p, m) == (platform, metric) => code,
            _ => data.component_code(platforms.get(platform).unwrap_or_default(), metric)?,
        };
        last = Some((platform, metric, code));
        data.observations.component.push(code);
    }
    Ok(())
}

/// Appends posts.
pub(crate) fn posts(bytes: &[u8], data: &mut Dataset) -> Outcome<()> {
    let mut platforms = Names::default();
    each("posts", bytes, |batch| {
        let Dataset { artists, posts: t, .. } = data;
        batch.codes("artist_id", &mut t.artist, |id| Ok(artists.intern(id)))?;
        let few = |code: u32| u16::try_from(code).map_err(|_| Error::invalid("more than 65,535 platforms"));
        batch.codes("platform", &mut t.platform, |name| few(platforms.intern(name)))?;
        batch.texts("post_id", |_, id| {
            t.id.push(id);
            Ok(())
        })?;
        batch.times("published_at", &mut t.at)?;
        let columns = [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views];
        COUNTS.into_iter().zip(columns).try_for_each(|(name, column)| batch.counts(name, column))
    })?;
    data.platforms = platforms.iter().map(str::to_owned).collect();
    Ok(())
}

/// Fan events, whose artists are added to `artists`.
pub(crate) fn fan_events(bytes: &[u8], artists: &mut Names) -> Outcome<EventsRead<'static>> {
    let (mut fans, mut artist, mut fan, mut kinds, mut at) = (Names::default(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut count, mut amount, mut seconds, mut currency) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut some_count, mut some_amount, mut some_seconds, mut some_currency) = (false, false, false, false);
    let mut currencies = Currencies::default();
    each(FAN_EVENTS, bytes, |batch| {
        batch.codes("artist_id", &mut artist, |id| Ok(artists.intern(id)))?;
        batch.codes("fan_id", &mut fan, |id| Ok(fans.intern(id)))?;
        batch.codes("kind", &mut kinds, kind)?;
        batch.times("occurred_at", &mut at)?;
        some_count |= batch.optional("count").is_some();
        some_amount |= batch.optional("amount").is_some();
        some_seconds |= batch.optional("seconds").is_some();
        some_currency |= batch.optional("currency").is_some();
        batch.counts("count", &mut count)?;
        let money = |name, column: &mut Vec<f64>| match batch.optional(name) {
            Some(_) => batch.numbers(name, Some(f64::NAN), column),
            None => {
                column.resize(column.len() + batch.len(), f64::NAN);
                Ok(())
            }
        };
        money("amount", &mut amount)?;
        money("seconds", &mut seconds)?;
        match batch.optional("currency") {
            Some(_) => batch.some_codes("currency", &mut currency, FanEventTable::NO_CURRENCY, |name| currencies.code(name)),
            None => {
                currency.resize(currency.len() + batch.len(), FanEventTable::NO_CURRENCY);
                Ok(())
            }
        }
    })?;
    let day = |t: &i64| Instant::try_new(*t).map(|t| t.day().days());
    // A row without a count stands for one event.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative, and saturating")]
    let counts = || count.iter().map(|c: &f64| if c.is_nan() { 1 } else { *c as u32 }).collect();
    Ok(EventsRead {
        fans,
        artist: artist.into(),
        fan: fan.into(),
        day: at.iter().map(day).collect::<Result<Vec<_>, _>>()?.into(),
        kind: kinds,
        count: some_count.then(|| Cow::Owned(counts())),
        amount: some_amount.then_some(amount.into()),
        seconds: some_seconds.then_some(seconds.into()),
        currency: some_currency.then_some((currencies.0.currencies, currency)),
    })
}
