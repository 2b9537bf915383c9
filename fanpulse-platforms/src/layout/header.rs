//! The names of a file's columns, and where each stands.

use crate::column_map::Target;
use crate::error::listed;
use crate::layout::WideValue;
use crate::{ColumnMap, Error, Result};

/// A file's column names, looked up by what they mean.
pub(crate) struct Header {
    /// As the file spells them, for messages.
    pub(crate) shown: Vec<String>,
    /// What each means: its own name in lower case, or what the column map says; empty = nothing.
    meaning: Vec<String>,
    /// The value columns that the column map names.
    pub(crate) wide: Vec<WideValue>,
    /// Whether a column map applies.
    pub(crate) mapped: bool,
}

impl Header {
    pub(crate) fn new(names: &[String]) -> Self {
        let shown: Vec<String> = names.iter().map(|n| n.trim().to_owned()).collect();
        let meaning = shown.iter().map(|n| n.to_lowercase()).collect();
        Self { shown, meaning, wide: Vec::new(), mapped: false }
    }

    /// The header with the column map applied, if it names any of its columns.
    pub(crate) fn apply(mut self, map: &ColumnMap) -> Result<Self> {
        let found = map.pairs().iter().map(|(column, _)| self.find(column)).collect::<Result<Vec<_>>>()?;
        if found.iter().all(Option::is_none) {
            return Ok(self);
        }
        let absent: Vec<&str> =
            map.pairs().iter().zip(&found).filter(|(_, f)| f.is_none()).map(|((column, _), _)| column.as_str()).collect();
        if !absent.is_empty() {
            return Err(Error::invalid(format!("the column map names {}, but the columns are {}", listed(&absent), listed(&self.shown))));
        }
        let wide = map.pairs().iter().any(|(_, t)| matches!(t, Target::Value(..)));
        for meaning in &mut self.meaning {
            let taken = map.pairs().iter().any(|(_, t)| *t == Target::Column(canonical(meaning)));
            if taken || (wide && matches!(meaning.as_str(), "metric" | "value")) {
                meaning.clear();
            }
        }
        for ((_, target), column) in map.pairs().iter().zip(found.into_iter().flatten()) {
            match target {
                Target::Column(name) => self.meaning[column] = (*name).to_owned(),
                Target::Value(platform, metric) => {
                    self.meaning[column].clear();
                    self.wide.push(WideValue { column, platform: platform.clone(), metric: *metric });
                }
            }
        }
        self.wide.sort_by_key(|v| v.column);
        self.mapped = true;
        Ok(self)
    }

    /// Where the column of this meaning stands.
    pub(crate) fn find(&self, meaning: &str) -> Result<Option<usize>> {
        let mut places = self.meaning.iter().enumerate().filter(|(_, m)| *m == meaning).map(|(i, _)| i);
        let first = places.next();
        if places.next().is_some() {
            return Err(Error::invalid(format!("column `{meaning}` stands twice in the header")));
        }
        Ok(first)
    }

    /// Whether a column has this meaning.
    pub(crate) fn has(&self, meaning: &str) -> bool {
        self.meaning.iter().any(|m| m == meaning)
    }

    /// Whether these are the columns, in whatever order.
    pub(crate) fn is_exactly(&self, meanings: &[&str]) -> bool {
        self.meaning.len() == meanings.len() && meanings.iter().all(|m| self.has(m))
    }

    /// Where the columns of these meanings stand.
    pub(crate) fn require<const N: usize>(&self, table: &str, meanings: [&str; N]) -> Result<[usize; N]> {
        let mut places = [0; N];
        let mut absent = Vec::new();
        for (place, meaning) in places.iter_mut().zip(meanings) {
            match self.find(meaning)? {
                Some(i) => *place = i,
                None => absent.push(meaning),
            }
        }
        if absent.is_empty() { Ok(places) } else { Err(self.missing(table, &absent)) }
    }

    /// The error that absent columns deserve.
    pub(crate) fn missing(&self, table: &str, absent: &[&str]) -> Error {
        let (noun, verb) = if absent.len() == 1 { ("column", "is") } else { ("columns", "are") };
        Error::invalid(format!("{noun} {} {verb} missing for {table}; the columns are {}", listed(absent), listed(&self.shown)))
    }
}

/// The canonical name that this is, for comparing with a map's targets.
fn canonical(meaning: &str) -> &'static str {
    crate::column_map::TARGETS.iter().find(|t| **t == meaning).copied().unwrap_or("")
}
