//! The table of fan events as the engine reads it.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::DataType;
use fanpulse_core::Error;
use fanpulse_core::ingest::{CurrencyColumn, Dataset, FanEventColumns, FanEventKind, FanEventTable, Names};
use rayon::prelude::*;

use super::text::{Ids, coded};
use super::time::times;
use super::{Column, Table, number};

/// Fan events, borrowed from whoever made them.
pub(crate) struct Events {
    artist: ScalarBuffer<u32>,
    fan: ScalarBuffer<u32>,
    day: ScalarBuffer<i32>,
    kind: Vec<u8>,
    count: Option<Vec<u32>>,
    amount: Option<ScalarBuffer<f64>>,
    seconds: Option<ScalarBuffer<f64>>,
    currency: Option<(Vec<String>, Vec<u16>)>,
    /// The fans' ids by number.
    pub(crate) fans: Names,
}

impl Events {
    pub(crate) fn columns(&self) -> FanEventColumns<'_> {
        FanEventColumns {
            artist: &self.artist,
            fan: &self.fan,
            day: &self.day,
            kind: &self.kind,
            count: self.count.as_deref(),
            amount: self.amount.as_deref(),
            seconds: self.seconds.as_deref(),
            currency: self.currency.as_ref().map(|(names, code)| CurrencyColumn { names, code }),
        }
    }

    /// Reads a table.
    pub(crate) fn read(table: &Table, ids: &mut Ids) -> Result<Self, Error> {
        let artist = ids.number(&table.column("artist_id")?)?;
        let mut fans = Ids::default();
        let fan = fans.number(&table.column("fan_id")?)?;
        let day = times(&table.column("occurred_at")?)?.days();
        let kind = kinds(&table.column("kind")?)?;
        let floats = |name| table.optional(name)?.map(|column| number::floats(&column)).transpose();
        Ok(Self {
            artist,
            fan,
            day,
            kind,
            count: table.optional("count")?.map(|column| whole(&column)).transpose()?,
            amount: floats("amount")?,
            seconds: floats("seconds")?,
            currency: table.optional("currency")?.map(|column| currencies(&column)).transpose()?,
            fans: fans.into_names(),
        })
    }
}

fn kinds(column: &Column) -> Result<Vec<u8>, Error> {
    let mut all = Vec::with_capacity(column.len());
    for chunk in coded(column)? {
        let known: Vec<Result<u8, Error>> = chunk
            .texts()
            .map(|texts| (0..chunk.values.len()).map(|i| FanEventKind::from_str(texts.get(i)).map(FanEventKind::code)).collect())
            .unwrap_or_default();
        for i in 0..chunk.keys.len() {
            match known.get(chunk.keys.get(i)) {
                Some(Ok(code)) => all.push(*code),
                Some(Err(e)) => return Err(column.fault(chunk.first_row + i, e.message())),
                None => return Err(column.fault(chunk.first_row + i, "dictionary index out of range")),
            }
        }
    }
    Ok(all)
}

/// How many events each row stands for; one where it does not say.
fn whole(column: &Column) -> Result<Vec<u32>, Error> {
    let values = number::counts(column)?;
    match values.iter().position(|&v| v > f64::from(u32::MAX)) {
        Some(row) => Err(column.fault(row, format!("{} is above 4294967295", values[row]))),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within bounds")]
        None => Ok(values.par_iter().with_min_len(super::PIECE).map(|&v| if v.is_nan() { 1 } else { v as u32 }).collect()),
    }
}

/// Currencies; a null is one that is not known, and is read only where there is an amount.
fn currencies(column: &Column) -> Result<(Vec<String>, Vec<u16>), Error> {
    let plain = |chunk: &ArrayRef| arrow::compute::cast(chunk, &DataType::LargeUtf8).map_err(|_| column.wrong_type("text"));
    let named = |chunk: ArrayRef| -> ArrayRef {
        let texts = chunk.as_string::<i64>();
        Arc::new(LargeStringArray::from_iter_values((0..texts.len()).map(|i| if texts.is_null(i) { "" } else { texts.value(i) })))
    };
    let chunks = column.chunks.iter().map(|chunk| plain(chunk).map(named)).collect::<Result<Vec<_>, _>>()?;
    let mut ids = Ids::default();
    let numbers = ids.number(&Column { chunks, data_type: DataType::LargeUtf8, ..column.clone() })?;
    let mut known = Dataset::default();
    let mut code = |name: &str| match name {
        "" => Ok(FanEventTable::NO_CURRENCY),
        name => known.currency_code(name),
    };
    let codes: Vec<u16> = ids.into_names().iter().map(&mut code).collect::<Result<_, _>>()?;
    Ok((known.currencies, numbers.iter().map(|&n| codes[n as usize]).collect()))
}
