//! What is wrong with a row, and whether that ends the read.

use std::collections::BTreeMap;

use crate::DropReason;

/// One thing that is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: DropReason,
    /// Names the column, the value and the bound, but not the row.
    pub(crate) message: String,
}

impl Fault {
    #[cold]
    pub(crate) fn new(reason: DropReason, message: String) -> Box<Self> {
        Box::new(Self { reason, message })
    }

    #[cold]
    pub(crate) fn missing(column: &str) -> Box<Self> {
        Self::new(DropReason::MissingField, format!("{column}: nothing stands there"))
    }
}

/// Counts what a lenient read drops; lets nothing pass in a strict one.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) lenient: bool,
    pub(crate) dropped: BTreeMap<DropReason, u64>,
}

impl Tally {
    pub(crate) const fn new(lenient: bool) -> Self {
        Self { lenient, dropped: BTreeMap::new() }
    }

    /// Counts the fault, or hands it back where the read is strict.
    #[cold]
    pub(crate) fn meet(&mut self, fault: Box<Fault>) -> Result<(), Box<Fault>> {
        if self.lenient {
            self.count(fault.reason, 1);
            Ok(())
        } else {
            Err(fault)
        }
    }

    /// Counts something that even a strict read drops.
    pub(crate) fn count(&mut self, reason: DropReason, times: u64) {
        *self.dropped.entry(reason).or_default() += times;
    }
}
