//! One row of a table of fan events.

use fanpulse_core::ingest::{Dataset, FanEventKind, FanEventRow, FanEventTable, MAX_AMOUNT, MAX_SECONDS};
use fanpulse_core::time::MICROS_PER_DAY;

use crate::DropReason;
use crate::cell::{Cell, Row, count, name, time, utf8, value};
use crate::error::quoted;
use crate::fault::Fault;
use crate::layout::FanEventColumns;

/// What the rows so far have taught.
#[derive(Debug, Default)]
pub(crate) struct FanEventCodes {
    fan: Option<u32>,
    kind: Option<FanEventKind>,
    currency: Option<u16>,
}

impl FanEventCodes {
    /// The row in codes, but for its artist, which the caller knows.
    #[inline]
    pub(crate) fn read<R: Row>(
        &mut self,
        data: &mut Dataset,
        row: &R,
        names: &[String],
        columns: &FanEventColumns,
        at: usize,
    ) -> Result<FanEventRow, Box<Fault>> {
        let fan = name(row.cell(columns.fan), &names[columns.fan])?;
        let micros = time(row.cell(at), &names[at])?;
        let kind = self.kind(name(row.cell(columns.kind), &names[columns.kind])?, &names[columns.kind])?;
        let cell = |column: Option<usize>| column.map(|i| (row.cell(i), names[i].as_str()));
        let count = cell(columns.count).map_or(Ok(1), |(cell, column)| times(cell, column))?;
        let amount = cell(columns.amount).map_or(Ok(f64::NAN), |(cell, column)| bounded(cell, column, AMOUNT))?;
        let seconds = cell(columns.seconds).map_or(Ok(f64::NAN), |(cell, column)| bounded(cell, column, SECONDS))?;
        let currency = match cell(columns.currency) {
            None | Some((Cell::Missing, _)) => FanEventTable::NO_CURRENCY,
            Some((cell, column)) => self.currency(data, name(cell, column)?, column)?,
        };
        let fan = self.fan(data, fan, &names[columns.fan])?;
        #[expect(clippy::cast_possible_truncation, reason = "84,005 at most")]
        let day = micros.div_euclid(MICROS_PER_DAY) as i32;
        Ok(FanEventRow { artist: 0, fan, day, kind: kind.code(), count, amount, seconds, currency })
    }

    #[inline]
    fn fan(&mut self, data: &mut Dataset, id: &[u8], column: &str) -> Result<u32, Box<Fault>> {
        if let Some(code) = self.fan.filter(|&code| data.fans.get(code).is_some_and(|last| last.as_bytes() == id)) {
            return Ok(code);
        }
        let code = data.fans.intern(utf8(id, column)?);
        self.fan = Some(code);
        Ok(code)
    }

    #[inline]
    fn kind(&mut self, text: &[u8], column: &str) -> Result<FanEventKind, Box<Fault>> {
        if let Some(kind) = self.kind.filter(|kind| kind.as_str().as_bytes() == text) {
            return Ok(kind);
        }
        let kind = known_kind(utf8(text, column)?, column)?;
        self.kind = Some(kind);
        Ok(kind)
    }

    fn currency(&mut self, data: &mut Dataset, text: &[u8], column: &str) -> Result<u16, Box<Fault>> {
        let is = |code: &u16| data.currencies.get(usize::from(*code)).is_some_and(|c| c.as_bytes() == text);
        if let Some(code) = self.currency.filter(is) {
            return Ok(code);
        }
        let code = currency_code(data, utf8(text, column)?)?;
        self.currency = Some(code);
        Ok(code)
    }
}

/// The kind of that name.
pub(crate) fn known_kind(name: &str, column: &str) -> Result<FanEventKind, Box<Fault>> {
    name.parse().map_err(|_| {
        let known: Vec<&str> = FanEventKind::ALL.iter().map(|k| k.as_str()).collect();
        Fault::new(
            DropReason::UnknownKind,
            format!("{column}: {} is no kind of fan event; the known ones are {}", quoted(name.as_bytes()), known.join(", ")),
        )
    })
}

/// The code of a currency in the dataset.
pub(crate) fn currency_code(data: &mut Dataset, name: &str) -> Result<u16, Box<Fault>> {
    data.currency_code(name).map_err(|e| Fault::new(DropReason::TooLarge, e.message().to_owned()))
}

/// Reads how many events a row stands for; 1 where nothing stands.
#[inline]
pub(crate) fn times(cell: Cell<'_>, column: &str) -> Result<u32, Box<Fault>> {
    let n = count(cell, column)?;
    if n.is_nan() {
        return Ok(1);
    }
    if n > f64::from(u32::MAX) {
        return Err(Fault::new(DropReason::TooLarge, format!("{column}: {n} is above {}", u32::MAX)));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within 32 bits")]
    Ok(n as u32)
}

/// A number with a bound, and what to do about one below 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) most: f64,
    below: &'static str,
}

pub(crate) const AMOUNT: Bound = Bound { most: MAX_AMOUNT, below: "; net refunds against what they refund" };
pub(crate) const SECONDS: Bound = Bound { most: MAX_SECONDS, below: "" };

/// Reads a number between 0 and its bound; NaN where nothing stands.
#[inline]
pub(crate) fn bounded(cell: Cell<'_>, column: &str, bound: Bound) -> Result<f64, Box<Fault>> {
    let v = match value(cell, column) {
        Ok(Some(v)) => v,
        Ok(None) => return Ok(f64::NAN),
        Err(mut fault) => {
            if fault.reason == DropReason::Negative {
                fault.message.push_str(bound.below);
            }
            return Err(fault);
        }
    };
    if v > bound.most {
        return Err(Fault::new(DropReason::TooLarge, format!("{column}: {v} is above {}", bound.most)));
    }
    Ok(v)
}
