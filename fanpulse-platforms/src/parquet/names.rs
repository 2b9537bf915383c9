//! Columns of text: artists, platforms, metrics, ids.

use arrow::array::{Array, StringArray};
use fanpulse_core::ingest::{Component, FanEventKind, Metric, Names, Strings};

use super::Failure;
use super::chunk::{Bad, Chunk, damaged, each_batch};
use super::dictionary::{Known, Texts};
use crate::DropReason;
use crate::codes::known_metric;
use crate::fan_event::known_kind;
use crate::fault::Fault;

/// A code that fits what the dataset keeps it in.
pub(super) trait Code: Copy + Default + Send + Sync {
    fn new(code: usize) -> Option<Self>;
    fn position(self) -> usize;
}

impl Code for u32 {
    fn new(code: usize) -> Option<Self> {
        code.try_into().ok()
    }

    fn position(self) -> usize {
        self as usize
    }
}

impl Code for u16 {
    fn new(code: usize) -> Option<Self> {
        code.try_into().ok()
    }

    fn position(self) -> usize {
        self.into()
    }
}

/// Reads names as codes in the order of first sight within the group.
pub(super) fn names<C: Code>(chunk: Chunk<'_>, out: &mut [C], bad: &mut Bad) -> Result<Names, Failure> {
    let mut names = Names::default();
    let mut codes = Known::new();
    chunk.each(|rows, array| {
        let texts = Texts::new(array)?;
        codes.look_at(&texts);
        let mut row = rows.start;
        // Rows mostly repeat the name of the row before.
        for run in texts.keys().chunk_by(i32::eq) {
            let end = row + run.len();
            match codes.get(run[0], || new_code(&mut names, texts.name(run[0], chunk.name)?)) {
                Ok(code) => out[row..end].fill(code),
                Err(fault) => {
                    if !bad.meet_all(row..end, fault) {
                        return Ok(false);
                    }
                }
            }
            row = end;
        }
        Ok(true)
    })?;
    Ok(names)
}

/// Reads kinds of fan events as their codes.
pub(super) fn kinds(chunk: Chunk<'_>, out: &mut [u8], bad: &mut Bad) -> Result<(), Failure> {
    let mut known = Known::new();
    chunk.each(|rows, array| {
        let texts = Texts::new(array)?;
        known.look_at(&texts);
        for (row, &key) in rows.zip(texts.keys().iter()) {
            match known.get(key, || known_kind(texts.name(key, chunk.name)?, chunk.name).map(FanEventKind::code)) {
                Ok(code) => out[row] = code,
                Err(fault) => {
                    if !bad.meet(row, fault) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    })
}

/// Reads currencies as codes in the order of first sight within the group, 0 where none stands.
pub(super) fn currencies(chunk: Chunk<'_>, out: &mut [u16], bad: &mut Bad) -> Result<Names, Failure> {
    let mut names = Names::default();
    names.intern("");
    let mut codes = Known::new();
    chunk.each(|rows, array| {
        let texts = Texts::new(array)?;
        codes.look_at(&texts);
        for (row, &key) in rows.zip(texts.keys().iter()) {
            match codes.get(key, || new_code(&mut names, texts.get(key).unwrap_or_default())) {
                Ok(code) => out[row] = code,
                Err(fault) => {
                    if !bad.meet(row, fault) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    })?;
    Ok(names)
}

fn new_code<C: Code>(names: &mut Names, name: &str) -> Result<C, Box<Fault>> {
    let code = names.intern(name) as usize;
    C::new(code).ok_or_else(|| Fault::new(DropReason::TooLarge, "more than 65,535 names".to_owned()))
}

impl Texts<'_> {
    /// The name at a position of the dictionary, which has to be there.
    fn name(&self, key: i32, column: &str) -> Result<&str, Box<Fault>> {
        self.get(key).filter(|name| !name.is_empty()).ok_or_else(|| Fault::missing(column))
    }
}

/// Where a row's component stands.
#[derive(Clone, Copy)]
pub(super) struct ComponentChunk<'a> {
    pub(super) metric: Chunk<'a>,
    pub(super) platform: PlatformChunk<'a>,
}

/// Where a row's platform stands.
#[derive(Clone, Copy)]
pub(super) enum PlatformChunk<'a> {
    Column(Chunk<'a>),
    Constant(&'a str),
}

/// Reads components as codes in the order of first sight within the group.
pub(super) fn components(chunk: ComponentChunk<'_>, out: &mut [u16], bad: &mut Bad) -> Result<Vec<Component>, Failure> {
    let mut known = KnownComponents::default();
    let (mut platforms, mut metrics) = (Known::new(), Known::new());
    let mut columns = vec![chunk.metric.column];
    if let PlatformChunk::Column(platform) = chunk.platform {
        columns.push(platform.column);
        columns.sort_unstable();
    }
    let metric_at = columns.iter().position(|&c| c == chunk.metric.column).unwrap_or_default();
    each_batch(chunk.metric.source, chunk.metric.group, &columns, |rows, batch| {
        let metric_texts = Texts::new(batch.column(metric_at))?;
        metrics.look_at(&metric_texts);
        let metric_keys = metric_texts.keys();
        let platform_texts = match chunk.platform {
            PlatformChunk::Column(c) => Some((Texts::new(batch.column(1 - metric_at))?, c.name)),
            PlatformChunk::Constant(_) => None,
        };
        let platform_keys = platform_texts.as_ref().map(|(texts, _)| {
            platforms.look_at(texts);
            texts.keys()
        });
        let mut row = 0;
        while row < metric_keys.len() {
            let metric_key = metric_keys[row];
            let platform_key = platform_keys.as_ref().map(|keys| keys[row]);
            let mut end = row + run(&metric_keys[row..]);
            if let Some(keys) = &platform_keys {
                end = end.min(row + run(&keys[row..end]));
            }
            let platform = match (&platform_texts, platform_key, chunk.platform) {
                (Some((texts, name)), Some(key), _) => platforms.get(key, || Ok(known.platform(texts.name(key, name)?))),
                (_, _, PlatformChunk::Constant(name)) => Ok(known.platform(name)),
                _ => Ok(0),
            };
            let mut metric = || {
                metrics.get(metric_key, || {
                    let name = metric_texts.name(metric_key, chunk.metric.name)?;
                    known_metric(name, chunk.metric.name).map(metric_position)
                })
            };
            let rows = rows.start + row..rows.start + end;
            match platform.and_then(|platform| Ok((platform, metric()?))).and_then(|(p, m)| known.code(p, m)) {
                Ok(code) => out[rows].fill(code),
                Err(fault) => {
                    if !bad.meet_all(rows, fault) {
                        return Ok(false);
                    }
                }
            }
            row = end;
        }
        Ok(true)
    })?;
    Ok(known.list)
}

/// How many of the keys are as the first.
#[inline]
fn run(keys: &[i32]) -> usize {
    keys.iter().position(|key| *key != keys[0]).unwrap_or(keys.len())
}

fn metric_position(metric: Metric) -> usize {
    Metric::ALL.iter().position(|m| *m == metric).unwrap_or_default()
}

/// Components by platform and metric.
#[derive(Default)]
struct KnownComponents {
    platforms: Names,
    /// Code + 1 by platform and metric; 0 = not seen.
    codes: Vec<[u16; Metric::ALL.len()]>,
    list: Vec<Component>,
}

impl KnownComponents {
    fn platform(&mut self, name: &str) -> usize {
        let position = self.platforms.intern(name) as usize;
        if position == self.codes.len() {
            self.codes.push([0; Metric::ALL.len()]);
        }
        position
    }

    #[inline]
    fn code(&mut self, platform: usize, metric: usize) -> Result<u16, Box<Fault>> {
        match self.codes[platform][metric] {
            0 => self.new_code(platform, metric),
            code => Ok(code - 1),
        }
    }

    #[cold]
    fn new_code(&mut self, platform: usize, metric: usize) -> Result<u16, Box<Fault>> {
        let code = u16::try_from(self.list.len() + 1)
            .map_err(|_| Fault::new(DropReason::TooLarge, "more than 65,535 components (platform and metric)".to_owned()))?;
        let name = u32::try_from(platform).ok().and_then(|p| self.platforms.get(p)).unwrap_or_default();
        self.list.push(Component::new(name, Metric::ALL[metric]));
        self.codes[platform][metric] = code;
        Ok(code - 1)
    }
}

/// Reads texts of each row's own; an empty one for a row at fault.
pub(super) fn ids(chunk: Chunk<'_>, bad: &mut Bad) -> Result<Strings, Failure> {
    let mut ids = Strings::default();
    chunk.each(|rows, array| {
        let texts = array.as_any().downcast_ref::<StringArray>().ok_or_else(|| damaged("text was decoded as something else"))?;
        for (i, row) in rows.enumerate() {
            let text = if texts.is_null(i) { "" } else { texts.value(i).trim_ascii() };
            ids.push(text);
            if text.is_empty() && !bad.meet(row, Fault::missing(chunk.name)) {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    Ok(ids)
}
