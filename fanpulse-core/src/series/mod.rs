//! Rows become daily series: one artist's rows are grouped by component, aggregated by day, counters are
//! differenced, and the audience components are linked into one index (`scoring.md` §1).

mod gather;
mod index;
mod layout;
mod runs;

pub(crate) use gather::{Frame, Gather, Rows};
pub(crate) use index::{AudienceIndex, Filled};
pub(crate) use layout::{Class, CodeInfo, Layout};
pub(crate) use runs::all_valid_or_missing;
