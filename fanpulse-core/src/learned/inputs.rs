//! What a model reads, so that it is not fed what only has the same names.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::settings::{ChartSettings, GrowthSettings};

/// Where the features of a training set come from, and with it those of every prediction.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Inputs {
    /// The caller's own columns.
    #[default]
    Own,
    /// The component scores of momentum, which every analysis has.
    Components {
        /// Hash of the engine's settings behind the scores.
        settings_hash: String,
    },
    /// Daily audience or streams, measured by [`super::series`].
    Daily(GrowthSettings),
    /// A chart, measured by [`super::chart`].
    Chart(ChartSettings),
}

impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "a table of its own features",
            Self::Components { .. } => "the component scores of momentum",
            Self::Daily(_) => "daily audience or streams",
            Self::Chart(_) => "a chart",
        })
    }
}
