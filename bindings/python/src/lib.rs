//! FanPulse for Python: tables or rows in, tables or dicts out.

mod alerts;
mod breakout;
mod call;
mod capsule;
mod engine;
mod error;
mod export;
mod fans;
mod input;
mod json;
mod live;
mod releases;
mod rows;
mod scores;
mod table;
mod viral;

use pyo3::prelude::*;

#[pymodule]
mod _fanpulse {
    #[pymodule_export]
    use super::alerts::alerts;
    #[pymodule_export]
    use super::breakout::{_model, Model, train};
    #[pymodule_export]
    use super::engine::{_engine, Engine, analyze, score};
    #[pymodule_export]
    use super::fans::{FanScores, fan_scores};
    #[pymodule_export]
    use super::live::LiveArtist;
    #[pymodule_export]
    use super::releases::windows;
    #[pymodule_export]
    use super::scores::{Analyses, Scores};
    #[pymodule_export]
    use super::viral::{SpikeStream, spikes};

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
