//! The table of observations as the engine reads it.

use std::str::FromStr;

use arrow::array::Array;
use arrow::buffer::ScalarBuffer;
use fanpulse_core::Error;
use fanpulse_core::ingest::{Component, Metric, ObservationColumns};
use rayon::prelude::*;

use super::text::{Coded, Ids, Keys, coded};
use super::time::{TimeColumn, times};
use super::{Column, PIECE, Table, number, scan};

/// Observations, borrowed from whoever made them.
pub(crate) struct Observations {
    pub(crate) components: Vec<Component>,
    pub(crate) artist: ScalarBuffer<u32>,
    pub(crate) component: ScalarBuffer<u16>,
    pub(crate) time: TimeColumn,
    pub(crate) value: ScalarBuffer<f64>,
}

/// What stands for a column that the table does not have.
#[derive(Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) platform: Option<String>,
    pub(crate) metric: Option<String>,
}

impl Observations {
    pub(crate) fn columns(&self) -> ObservationColumns<'_> {
        ObservationColumns {
            components: &self.components,
            artist: &self.artist,
            component: &self.component,
            time: self.time.times(),
            value: &self.value,
        }
    }

    /// Reads a table.
    pub(crate) fn read(table: &Table, defaults: &Defaults, ids: &mut Ids) -> Result<Self, Error> {
        let artist = table.column("artist_id")?;
        let platform = side(table, "platform", defaults.platform.as_deref(), "spotify")?;
        let metric = side(table, "metric", defaults.metric.as_deref(), "followers")?;
        let time = table.column("observed_at")?;
        let value = table.column("value")?;
        let (components, component) = Components::default().number(&platform, &metric, table.rows())?;
        Ok(Self { components, artist: ids.number(&artist)?, component, time: times(&time)?, value: number::complete_floats(&value)? })
    }
}

/// One side of a component: a column, or the same text in every row.
pub(super) enum Side {
    Column(Column, Vec<Coded>),
    Same(String),
}

pub(super) fn side(table: &Table, name: &'static str, default: Option<&str>, example: &str) -> Result<Side, Error> {
    match (table.optional(name)?, default) {
        (Some(column), _) => {
            let chunks = coded(&column)?;
            Ok(Side::Column(column, chunks))
        }
        (None, Some(text)) => Ok(Side::Same(text.to_owned())),
        (None, None) => Err(table.missing(name, &format!("; where all rows have the same, pass {name}='{example}'"))),
    }
}

impl Side {
    /// The chunk that a row lies in, and where it ends.
    fn chunk(&self, row: usize) -> Option<(&Coded, usize)> {
        match self {
            Self::Column(_, chunks) => chunks.iter().find(|c| row < c.first_row + c.keys.len()).map(|c| (c, c.first_row + c.keys.len())),
            Self::Same(_) => None,
        }
    }

    /// The text of a row.
    fn text(&self, row: usize) -> Option<&str> {
        match (self, self.chunk(row)) {
            (Self::Same(text), _) => Some(text),
            (Self::Column(..), Some((chunk, _))) => {
                let key = chunk.keys.get(row - chunk.first_row);
                chunk.texts().filter(|_| key < chunk.values.len()).map(|t| t.get(key))
            }
            _ => None,
        }
    }

    fn fault(&self, row: usize, message: &str) -> Error {
        match self {
            Self::Column(column, _) => column.fault(row, message),
            Self::Same(_) => Error::invalid(message),
        }
    }
}

/// The platforms of a column, and which each row has.
pub(crate) fn platforms(table: &Table) -> Result<(Vec<String>, ScalarBuffer<u16>), Error> {
    table.column("platform")?;
    let platform = side(table, "platform", None, "tiktok")?;
    let any = Side::Same(Metric::Followers.as_str().to_owned());
    let (pairs, codes) = Components::default().number(&platform, &any, table.rows())?;
    Ok((pairs.into_iter().map(|pair| pair.platform).collect(), codes))
}

/// The pairs of platform and metric that there are.
#[derive(Default)]
struct Components {
    known: Vec<Component>,
}

/// As many pairs of two dictionaries as a code can tell apart.
const PAIRS: usize = 1 << 16;

impl Components {
    /// Numbers the pairs of the rows.
    fn number(mut self, platform: &Side, metric: &Side, rows: usize) -> Result<(Vec<Component>, ScalarBuffer<u16>), Error> {
        let mut out = vec![0_u16; rows];
        let mut row = 0;
        while row < rows {
            let (p, m) = (platform.chunk(row), metric.chunk(row));
            let end = [p.as_ref().map(|c| c.1), m.as_ref().map(|c| c.1), Some(rows)].into_iter().flatten().min().unwrap_or(rows);
            self.stretch(platform, metric, row, &mut out[row..end])?;
            row = end;
        }
        Ok((self.known, out.into()))
    }

    /// Numbers the rows of one chunk of either side.
    fn stretch(&mut self, platform: &Side, metric: &Side, first: usize, out: &mut [u16]) -> Result<(), Error> {
        let values = |side: &Side| side.chunk(first).map_or(1, |(chunk, _)| chunk.values.len());
        let (platforms, metrics) = (values(platform), values(metric));
        if platforms * metrics > PAIRS {
            let many = if platforms > metrics { (platform, platforms) } else { (metric, metrics) };
            return Err(many.0.fault(first, &format!("{} different texts; 65,536 pairs of platform and metric at most", many.1)));
        }
        let keys = |side: &Side, start: usize, out: &mut [u32]| match side.chunk(first) {
            Some((chunk, _)) => chunk.keys.copy(first + start - chunk.first_row, out),
            None => out.fill(0),
        };
        let bytes = |side: &Side, start: usize, n: usize| match side.chunk(first) {
            Some((Coded { keys: Keys::Bytes(keys), first_row, .. }, _)) => {
                let from = first + start - first_row;
                Some(keys.slice(from, n))
            }
            _ => None,
        };
        let words = |side: &Side, start: usize, n: usize| match side.chunk(first) {
            Some((Coded { keys: Keys::Words(keys), first_row, .. }, _)) => Some(keys.slice(first + start - first_row, n)),
            _ => None,
        };
        // First the pair of keys as one number; which pairs there are is found out on the way.
        let used: Vec<Option<Vec<bool>>> = out
            .par_chunks_mut(PIECE)
            .enumerate()
            .map(|(piece, out)| {
                let mut used = vec![false; platforms * metrics];
                let start = piece * PIECE;
                if let (Some(p), Some(m)) = (bytes(platform, start, out.len()), bytes(metric, start, out.len())) {
                    #[expect(clippy::cast_possible_truncation, reason = "2^16 pairs at most")]
                    let (p, m) = scan::byte_pairs(&p, &m, metrics as u16, out);
                    if usize::from(p) >= platforms || usize::from(m) >= metrics {
                        return None;
                    }
                    scan::mark(out, &mut used);
                    return Some(used);
                }
                if let (Some(p), Some(m)) = (words(platform, start, out.len()), words(metric, start, out.len())) {
                    #[expect(clippy::cast_possible_truncation, reason = "2^16 pairs at most")]
                    let (p, m) = scan::pairs(&p, &m, metrics as u32, out);
                    if p as usize >= platforms || m as usize >= metrics {
                        return None;
                    }
                    scan::mark(out, &mut used);
                    return Some(used);
                }
                let (mut p, mut m) = ([0_u32; BLOCK], [0_u32; BLOCK]);
                for (block, out) in out.chunks_mut(BLOCK).enumerate() {
                    let n = out.len();
                    keys(platform, start + block * BLOCK, &mut p[..n]);
                    keys(metric, start + block * BLOCK, &mut m[..n]);
                    #[expect(clippy::cast_possible_truncation, reason = "2^16 pairs at most")]
                    let (highest_p, highest_m) = scan::pairs(&p[..n], &m[..n], metrics as u32, out);
                    if highest_p as usize >= platforms || highest_m as usize >= metrics {
                        return None;
                    }
                    scan::mark(out, &mut used);
                }
                Some(used)
            })
            .collect();
        let mut numbers = vec![0_u16; platforms * metrics];
        let mut identical = true;
        for pair in 0..numbers.len() {
            let any = used.iter().map(|u| u.as_ref().is_none_or(|u| u[pair]));
            if any.into_iter().any(|u| u) {
                let find = |out: &[u16]| out.iter().position(|&code| usize::from(code) == pair).unwrap_or(0);
                if used.iter().any(Option::is_none) {
                    return Err(platform.fault(first, "a dictionary index is out of range"));
                }
                let row = || first + find(out);
                numbers[pair] = self.code(platform, metric, pair, metrics, first, row)?;
                identical &= usize::from(numbers[pair]) == pair;
            }
        }
        if !identical {
            out.par_chunks_mut(PIECE).for_each(|out| out.iter_mut().for_each(|code| *code = numbers[usize::from(*code)]));
        }
        Ok(())
    }

    /// The number of a pair of keys, by the texts that they stand for.
    fn code(&mut self, p: &Side, m: &Side, pair: usize, metrics: usize, first: usize, row: impl Fn() -> usize) -> Result<u16, Error> {
        let text = |side: &Side, key: usize| -> String {
            let of_chunk = side.chunk(first).and_then(|(chunk, _)| chunk.texts().map(|t| t.get(key).to_owned()));
            of_chunk.or_else(|| side.text(first).map(str::to_owned)).unwrap_or_default()
        };
        let (platform, metric) = (text(p, pair / metrics), text(m, pair % metrics));
        let metric = Metric::from_str(&metric).map_err(|e| m.fault(row(), e.message()))?;
        let found = self.known.iter().position(|c| c.metric == metric && c.platform == platform);
        let code = found.unwrap_or_else(|| {
            self.known.push(Component::new(platform, metric));
            self.known.len() - 1
        });
        u16::try_from(code).map_err(|_| Error::invalid("more than 65,535 components (platform and metric)"))
    }
}

/// Rows that fit the first cache twice over.
const BLOCK: usize = 1024;
