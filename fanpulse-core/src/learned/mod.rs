//! Learned breakout (`scoring.md` §5): features that do not depend on an artist's size, a logistic model with
//! calibrated probabilities, and evaluation that walks forward in time.
//!
//! * [`TrainingSet`]: dated, labelled examples. [`chart::debuts`] makes them from a chart, [`series::growth_examples`] from daily
//!   audiences or streams; a caller can bring any others.
//! * [`train`]: standardise, fit, calibrate on a later slice, judge on a later one still; the model carries its card.
//! * [`backtest`](fn@backtest), [`ablation`], [`learning_curve`]: what the model is worth, and why.
//! * [`LogisticBreakout`]: predicts with drivers, knows what it reads ([`Inputs`]), and is a JSON file. [`ComponentBreakout`] puts one
//!   behind [`crate::scores::BreakoutModel`].
//! * [`momentum`]: how well momentum ranks the growth that follows.

mod backtest;
mod calibration;
mod card;
mod components;
mod daily;
mod inputs;
mod logistic;
mod metrics;
mod model;
mod serve;
mod set;
mod standard;
mod train;

pub mod chart;
pub mod momentum;
pub mod series;

pub use backtest::{Ablation, Backtest, Comparison, LearningPoint, Step, WalkForward, ablation, backtest, learning_curve};
pub use calibration::Calibration;
pub use card::{ModelCard, SliceCard, table};
pub use components::{ComponentBreakout, beside_engine, on_components};
pub use daily::{Conflicts, daily_series};
pub use inputs::Inputs;
pub use metrics::{Estimate, Evaluation, ReliabilityBin, auc_gain, evaluate_probabilities, evaluate_ranking};
pub use model::{Driver, LogisticBreakout, MODEL_FORMAT, MODEL_VERSION, ModelFeature, Prediction};
pub use serve::Breakouts;
pub use set::{Example, Feature, Sliced, Slices, Task, TrainingSet};
pub use train::{evaluate, train};
