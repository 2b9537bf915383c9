//! Strings by the million without an allocation each.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// An append-only column of strings in one buffer.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    bytes: String,
    ends: Vec<usize>,
}

impl Strings {
    /// Appends a string and returns its position.
    pub fn push(&mut self, s: &str) -> usize {
        self.bytes.push_str(s);
        self.ends.push(self.bytes.len());
        self.ends.len() - 1
    }

    /// Appends all strings of another column.
    pub fn append(&mut self, other: &Self) {
        let start = self.bytes.len();
        self.bytes.push_str(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }

    /// The string at a position.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<&str> {
        let end = *self.ends.get(i)?;
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        self.bytes.get(start..end)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|i| self.get(i).unwrap_or_default())
    }
}

/// Distinct strings, each with a code from 0 in the order of first sight.
#[derive(Debug, Clone, Default)]
pub struct Names {
    strings: Strings,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// The code of `name`, given now if it is new.
    ///
    /// # Panics
    /// Beyond 2³² distinct names.
    pub fn intern(&mut self, name: &str) -> u32 {
        let Self { strings, index, hasher } = self;
        let hash = hasher.hash_one(name);
        let rehash = |&code: &u32| hasher.hash_one(strings.get(code as usize).unwrap_or_default());
        let entry = index.entry(hash, |&code| strings.get(code as usize) == Some(name), rehash);
        match entry {
            hashbrown::hash_table::Entry::Occupied(e) => *e.get(),
            hashbrown::hash_table::Entry::Vacant(e) => {
                #[expect(clippy::expect_used, reason = "2³² names do not fit the memory of a machine")]
                let code = u32::try_from(strings.ends.len()).expect("fewer than 2³² names");
                e.insert(code);
                strings.push(name);
                code
            }
        }
    }

    /// The code of `name`, if it has one.
    #[must_use]
    pub fn code(&self, name: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(name);
        self.index.find(hash, |&code| self.strings.get(code as usize) == Some(name)).copied()
    }

    /// The name that a code stands for.
    #[must_use]
    pub fn get(&self, code: u32) -> Option<&str> {
        self.strings.get(code as usize)
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// All names in the order of their codes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.strings.iter()
    }
}
