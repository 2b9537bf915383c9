//! What a way of segmenting fans takes and gives.

use serde::Serialize;

use super::table::FanTable;
use crate::Result;

/// Puts every fan of a table into one segment.
///
/// # Example: a segmenter of one's own
/// ```
/// use fanpulse_core::Result;
/// use fanpulse_core::fans::{FanSegmenter, FanTable, Segmentation};
///
/// struct Payers;
///
/// impl FanSegmenter for Payers {
///     fn segment(&self, table: &FanTable) -> Result<Segmentation> {
///         let of_fan = table.rows().iter().map(|row| u16::from(row.paid_days > 0)).collect();
///         Segmentation::try_new(vec!["listeners".to_owned(), "payers".to_owned()], of_fan)
///     }
/// }
/// ```
pub trait FanSegmenter: Send + Sync {
    /// The segment of each row of the table.
    ///
    /// # Errors
    /// `insufficient_data` or `invalid` where the table does not allow it.
    fn segment(&self, table: &FanTable) -> Result<Segmentation>;
}

/// The segment of each fan of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segmentation {
    /// The segments' names, each once.
    pub names: Vec<String>,
    /// Each row's segment, a position in `names`.
    pub of_fan: Vec<u16>,
}

impl Segmentation {
    /// A segmentation whose positions all have a name.
    ///
    /// # Errors
    /// `invalid` for a position without a name, naming the row, or a name that is there twice.
    pub fn try_new(names: Vec<String>, of_fan: Vec<u16>) -> Result<Self> {
        if let Some(row) = of_fan.iter().position(|&s| usize::from(s) >= names.len()) {
            return Err(crate::Error::invalid(format!("row {row} has segment {}, of {} segments", of_fan[row], names.len())));
        }
        if let Some(name) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(crate::Error::invalid(format!("segment `{}` is there twice", name.1)));
        }
        Ok(Self { names, of_fan })
    }

    /// The name of a row's segment.
    #[must_use]
    pub fn name_of(&self, row: usize) -> Option<&str> {
        self.of_fan.get(row).and_then(|&s| self.names.get(usize::from(s))).map(String::as_str)
    }

    /// How many fans each segment has, in the order of the names.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.names.len()];
        for &segment in &self.of_fan {
            if let Some(size) = sizes.get_mut(usize::from(segment)) {
                *size += 1;
            }
        }
        sizes
    }
}
