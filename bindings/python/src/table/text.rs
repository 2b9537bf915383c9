//! Text columns as codes: dictionaries are taken as they are, plain text is hashed once per run of equal rows.

use std::sync::OnceLock;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, LargeStringArray, StringArray, StringViewArray};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowDictionaryKeyType, DataType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use fanpulse_core::Error;
use fanpulse_core::ingest::Names;
use rayon::prelude::*;

use super::{Column, PIECE, scan, unlike};

const WANTED: &str = "text (string, large_string, string_view, or a dictionary of these)";

/// A chunk of text.
pub(crate) enum Texts<'a> {
    Utf8(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

impl<'a> Texts<'a> {
    pub(crate) fn of(array: &'a dyn Array) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => Some(Self::Utf8(array.as_string())),
            DataType::LargeUtf8 => Some(Self::Large(array.as_string())),
            DataType::Utf8View => Some(Self::View(array.as_string_view())),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn get(&self, i: usize) -> &'a str {
        match self {
            Self::Utf8(a) => a.value(i),
            Self::Large(a) => a.value(i),
            Self::View(a) => a.value(i),
        }
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Utf8(a) => *a,
            Self::Large(a) => *a,
            Self::View(a) => *a,
        }
    }
}

/// Positions in a dictionary, of whatever width; a negative one is too large a number.
#[derive(Clone)]
pub(crate) enum Keys {
    Bytes(ScalarBuffer<u8>),
    Shorts(ScalarBuffer<u16>),
    Words(ScalarBuffer<u32>),
    Longs(ScalarBuffer<u64>),
}

impl Keys {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(k) => k.len(),
            Self::Shorts(k) => k.len(),
            Self::Words(k) => k.len(),
            Self::Longs(k) => k.len(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, i: usize) -> usize {
        match self {
            Self::Bytes(k) => usize::from(k[i]),
            Self::Shorts(k) => usize::from(k[i]),
            Self::Words(k) => k[i] as usize,
            Self::Longs(k) => usize::try_from(k[i]).unwrap_or(usize::MAX),
        }
    }

    /// Writes the keys from `start` on, those of 2³² and more as the largest.
    #[inline]
    pub(crate) fn copy(&self, start: usize, out: &mut [u32]) {
        let n = start + out.len();
        match self {
            Self::Bytes(k) => out.iter_mut().zip(&k[start..n]).for_each(|(o, k)| *o = u32::from(*k)),
            Self::Shorts(k) => out.iter_mut().zip(&k[start..n]).for_each(|(o, k)| *o = u32::from(*k)),
            Self::Words(k) => out.copy_from_slice(&k[start..n]),
            Self::Longs(k) => out.iter_mut().zip(&k[start..n]).for_each(|(o, k)| *o = u32::try_from(*k).unwrap_or(u32::MAX)),
        }
    }
}

/// A chunk as positions in a list of texts, which may hold one twice or one that no row has.
pub(crate) struct Coded {
    pub(crate) first_row: usize,
    pub(crate) keys: Keys,
    pub(crate) values: ArrayRef,
}

impl Coded {
    /// The texts of the dictionary.
    pub(crate) fn texts(&self) -> Option<Texts<'_>> {
        Texts::of(self.values.as_ref())
    }

    /// The error of a row whose key has no value.
    fn broken(&self, column: &Column, values: usize) -> Error {
        let row = (0..self.keys.len()).find(|&i| self.keys.get(i) >= values).unwrap_or(0);
        column.fault(self.first_row + row, format!("dictionary index {} is not below {values}", self.keys.get(row)))
    }
}

/// A text column in coded chunks.
pub(crate) fn coded(column: &Column) -> Result<Vec<Coded>, Error> {
    column.complete()?;
    if column.chunks.is_empty() {
        return Ok(Vec::new());
    }
    let mut plain = Vec::new();
    let mut coded = Vec::new();
    for (first_row, chunk) in column.offsets() {
        match chunk.data_type() {
            DataType::Dictionary(_, _) => coded.push(dictionary(column, first_row, chunk)?),
            _ => plain.push((first_row, Texts::of(chunk.as_ref()).ok_or_else(|| column.wrong_type(WANTED))?)),
        }
    }
    if !plain.is_empty() {
        coded.push(hashed(&plain));
    }
    Ok(coded)
}

fn dictionary(column: &Column, first_row: usize, chunk: &ArrayRef) -> Result<Coded, Error> {
    fn of<K: ArrowDictionaryKeyType>(chunk: &ArrayRef) -> (Buffer, ArrayRef) {
        let array: &DictionaryArray<K> = chunk.as_dictionary();
        (array.keys().values().inner().clone(), array.values().clone())
    }
    let n = chunk.len();
    let DataType::Dictionary(key, _) = chunk.data_type() else { return Err(column.wrong_type(WANTED)) };
    let (keys, values) = match **key {
        DataType::Int8 => of::<Int8Type>(chunk),
        DataType::UInt8 => of::<UInt8Type>(chunk),
        DataType::Int16 => of::<Int16Type>(chunk),
        DataType::UInt16 => of::<UInt16Type>(chunk),
        DataType::Int32 => of::<Int32Type>(chunk),
        DataType::UInt32 => of::<UInt32Type>(chunk),
        DataType::Int64 => of::<Int64Type>(chunk),
        DataType::UInt64 => of::<UInt64Type>(chunk),
        _ => return Err(column.wrong_type(WANTED)),
    };
    let keys = match key.primitive_width() {
        Some(1) => Keys::Bytes(ScalarBuffer::new(keys, 0, n)),
        Some(2) => Keys::Shorts(ScalarBuffer::new(keys, 0, n)),
        Some(4) => Keys::Words(ScalarBuffer::new(keys, 0, n)),
        _ => Keys::Longs(ScalarBuffer::new(keys, 0, n)),
    };
    let coded = Coded { first_row, keys, values };
    let texts = coded.texts().ok_or_else(|| column.wrong_type(WANTED))?;
    if texts.array().null_count() > 0 {
        let row = (0..n).find(|&i| texts.array().is_null(coded.keys.get(i)));
        if let Some(row) = row {
            return Err(column.fault(first_row + row, "missing (null)"));
        }
    }
    Ok(coded)
}

/// Plain text as a dictionary of its own, the texts in the order in which they first appear.
fn hashed(chunks: &[(usize, Texts<'_>)]) -> Coded {
    let rows: usize = chunks.iter().map(|(_, t)| t.array().len()).sum();
    let mut codes = vec![0_u32; rows];
    // Pieces do not cross chunks.
    let mut tasks = Vec::new();
    let mut rest = &mut codes[..];
    for (_, texts) in chunks {
        let mut start = 0;
        while start < texts.array().len() {
            let n = PIECE.min(texts.array().len() - start);
            let (out, after) = rest.split_at_mut(n);
            rest = after;
            tasks.push((texts, start, out));
            start += n;
        }
    }
    let found: Vec<(Names, &mut [u32])> = tasks
        .into_par_iter()
        .map(|(texts, start, out)| {
            let mut names = Names::default();
            let mut last = None;
            for (i, slot) in out.iter_mut().enumerate() {
                let text = texts.get(start + i);
                *slot = match last {
                    Some((same, code)) if same == text => code,
                    _ => names.intern(text),
                };
                last = Some((text, *slot));
            }
            (names, out)
        })
        .collect();
    let mut all = Names::default();
    let renumbered: Vec<(Vec<u32>, &mut [u32])> =
        found.into_iter().map(|(names, out)| (names.iter().map(|name| all.intern(name)).collect(), out)).collect();
    renumbered.into_par_iter().for_each(|(global, out)| {
        if global.iter().enumerate().any(|(i, &g)| i != g as usize) {
            out.iter_mut().for_each(|code| *code = global[*code as usize]);
        }
    });
    let values = LargeStringArray::from_iter_values(all.iter());
    Coded { first_row: chunks.first().map_or(0, |c| c.0), keys: Keys::Words(codes.into()), values: std::sync::Arc::new(values) }
}

/// Whether all rows were looked at when they were numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbered {
    Seen,
    Unseen,
}

/// The ids of several columns, numbered together in the order in which they first appear.
#[derive(Default)]
pub(crate) struct Ids {
    names: Names,
    /// The dictionary that the first numbers were taken from as they were, each of its texts once.
    dictionary: Option<ArrayRef>,
}

impl Ids {
    /// Ids that have their numbers already.
    pub(crate) const fn known(names: Names) -> Self {
        Self { names, dictionary: None }
    }

    /// The names by number.
    pub(crate) fn into_names(mut self) -> Names {
        self.index();
        self.names
    }

    /// The names by number, indexed only once one is looked for.
    pub(crate) fn into_artists(self) -> Artists {
        match self.dictionary {
            Some(dictionary) if self.names.is_empty() => Artists { dictionary: Some(dictionary), names: OnceLock::new() },
            _ => Artists { dictionary: None, names: OnceLock::from(self.names) },
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.dictionary {
            Some(dictionary) if self.names.is_empty() => dictionary.len(),
            _ => self.names.len(),
        }
    }

    /// The name of a number.
    pub(crate) fn get(&self, code: u32) -> &str {
        let of_dictionary = || Texts::of(self.dictionary.as_ref()?.as_ref()).map(|texts| texts.get(code as usize));
        self.names.get(code).or_else(of_dictionary).unwrap_or_default()
    }

    /// Gives the texts of the dictionary their numbers, where that has been put off.
    fn index(&mut self) {
        if let Some(dictionary) = self.dictionary.as_ref().filter(|_| self.names.is_empty()) {
            self.names = indexed(dictionary);
        }
    }

    /// Numbers the rows of a column.
    pub(crate) fn number(&mut self, column: &Column) -> Result<ScalarBuffer<u32>, Error> {
        let chunks = coded(column)?;
        if let [only] = &chunks[..]
            && let Some(codes) = self.direct(only)
        {
            return Ok(codes);
        }
        let mut codes = vec![0_u32; column.len()];
        let mut rest = &mut codes[..];
        for chunk in &chunks {
            let (out, after) = rest.split_at_mut(chunk.keys.len());
            rest = after;
            self.translate(column, chunk, out)?;
        }
        Ok(codes.into())
    }

    /// Numbers the rows of a column; keys of a dictionary are taken as they are where they may be the numbers that the rows would
    /// get. What is left to find out is whether they are: the rows ascending, and every text of the dictionary used.
    pub(crate) fn number_unseen(&mut self, column: &Column) -> Result<(ScalarBuffer<u32>, Numbered), Error> {
        let chunks = coded(column)?;
        let [Coded { keys: Keys::Words(keys), values, .. }] = &chunks[..] else { return Ok((self.number(column)?, Numbered::Seen)) };
        let known = self.dictionary.as_ref().is_some_and(|d| same(d, values));
        if known || (self.len() == 0 && self.take(values)) {
            return Ok((keys.clone(), Numbered::Unseen));
        }
        Ok((self.number(column)?, Numbered::Seen))
    }

    /// Takes over a dictionary, unless a text stands twice in it.
    fn take(&mut self, values: &ArrayRef) -> bool {
        let Some(texts) = Texts::of(values.as_ref()) else { return false };
        if !unlike::ascending(&texts, values.len()) && !unlike::all(&texts, values.len()) {
            let names = indexed(values);
            if names.len() < values.len() {
                return false;
            }
            self.names = names;
        }
        self.dictionary = Some(values.clone());
        true
    }

    /// The keys themselves, where they are the numbers that the rows would get.
    fn direct(&mut self, chunk: &Coded) -> Option<ScalarBuffer<u32>> {
        let Keys::Words(keys) = &chunk.keys else { return None };
        let known = self.dictionary.as_ref().is_some_and(|d| same(d, &chunk.values));
        if known {
            let values = chunk.values.len();
            return keys.par_chunks(PIECE).all(|k| (scan::highest(k) as usize) < values).then(|| keys.clone());
        }
        if self.len() > 0 || !in_order_of_appearance(keys, chunk.values.len()) {
            return None;
        }
        self.take(&chunk.values).then(|| keys.clone())
    }

    /// Numbers the rows of a chunk by way of its dictionary, of which only what is used gets a number.
    fn translate(&mut self, column: &Column, chunk: &Coded, out: &mut [u32]) -> Result<(), Error> {
        self.index();
        let texts = chunk.texts().ok_or_else(|| column.wrong_type(WANTED))?;
        let values = chunk.values.len();
        let order: Vec<Option<Vec<u32>>> = out
            .par_chunks_mut(PIECE)
            .enumerate()
            .map(|(p, out)| {
                chunk.keys.copy(p * PIECE, out);
                appearances(out, values)
            })
            .collect();
        let mut numbers = vec![u32::MAX; values];
        for piece in order {
            for key in piece.ok_or_else(|| chunk.broken(column, values))? {
                let number = &mut numbers[key as usize];
                if *number == u32::MAX {
                    *number = self.names.intern(texts.get(key as usize));
                }
            }
        }
        out.par_chunks_mut(PIECE).for_each(|out| out.iter_mut().for_each(|code| *code = numbers[*code as usize]));
        Ok(())
    }
}

/// The texts of a dictionary as names.
fn indexed(dictionary: &ArrayRef) -> Names {
    let mut names = Names::default();
    if let Some(texts) = Texts::of(dictionary.as_ref()) {
        (0..dictionary.len()).for_each(|i| {
            names.intern(texts.get(i));
        });
    }
    names
}

/// The artists' ids by number; an index is made once one is looked for.
pub(crate) struct Artists {
    dictionary: Option<ArrayRef>,
    names: OnceLock<Names>,
}

impl Artists {
    /// The id of a number.
    pub(crate) fn get(&self, artist: usize) -> &str {
        match &self.dictionary {
            Some(dictionary) => Texts::of(dictionary.as_ref()).filter(|_| artist < dictionary.len()).map(|texts| texts.get(artist)),
            None => self.names.get().and_then(|names| names.get(u32::try_from(artist).ok()?)),
        }
        .unwrap_or_default()
    }

    /// The number of an id.
    pub(crate) fn code(&self, id: &str) -> Option<u32> {
        self.names.get_or_init(|| self.dictionary.as_ref().map(indexed).unwrap_or_default()).code(id)
    }

    fn len(&self) -> usize {
        self.dictionary.as_ref().map_or_else(|| self.names.get().map_or(0, Names::len), |d| d.len())
    }

    /// All ids, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|artist| self.get(artist))
    }
}

/// The distinct keys in the order in which they first appear; `None` where one is out of range.
fn appearances(keys: &[u32], values: usize) -> Option<Vec<u32>> {
    let mut seen = vec![false; values];
    let mut order = Vec::new();
    let mut last = u32::MAX;
    for &key in keys {
        if key == last {
            continue;
        }
        last = key;
        let seen = seen.get_mut(key as usize)?;
        if !*seen {
            *seen = true;
            order.push(key);
        }
    }
    Some(order)
}

/// Whether each key is one that was there before or the next one, and all are used.
fn in_order_of_appearance(keys: &[u32], values: usize) -> bool {
    let highest: Vec<u32> = keys.par_chunks(PIECE).map(scan::highest).collect();
    // What the keys of each piece may go on from; the first key is 0.
    let mut next = 0_u32;
    let starts: Vec<u32> = highest
        .iter()
        .map(|&h| {
            let start = next;
            next = next.max(h.saturating_add(1));
            start
        })
        .collect();
    next as usize == values && keys.par_chunks(PIECE).zip(starts).all(|(keys, next)| scan::in_order(keys, next))
}

/// Whether two dictionaries are the same memory, or hold the same.
fn same(a: &ArrayRef, b: &ArrayRef) -> bool {
    a.len() == b.len() && (a.to_data().ptr_eq(&b.to_data()) || a == b)
}
