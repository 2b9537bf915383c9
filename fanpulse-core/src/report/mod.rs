//! One artist's whole analysis, as data, as JSON and in words.

mod analysis;
mod explain;

pub use analysis::{Analysis, Quality, ViralPost};
pub use explain::explain;
