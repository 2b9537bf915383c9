//! FanPulse's engine: from an artist's observations and posts to how valuable the fan base is (Fan Value
//! Score, 0–100), whether it gathers momentum (0–10), what just went viral and who is about to break out,
//! each with its evidence and its uncertainty.
//!
//! The engine is pure: no file, no network, no clock, no randomness. `as_of` is an argument, and nothing
//! dated after it influences a result.
//!
//! # Example: one artist
//! ```
//! use fanpulse_core::ingest::{Dataset, Metric, Observation};
//! use fanpulse_core::{Day, Engine, Instant};
//!
//! let as_of = Day::from_ymd(2026, 3, 31)?;
//! let mut data = Dataset::default();
//! for back in 0..60 {
//!     data.push_observation(&Observation {
//!         artist_id: "low-tide",
//!         platform: "spotify",
//!         metric: Metric::Followers,
//!         observed_at: Instant::from(as_of.plus(-back)),
//!         value: 50_000.0 * 1.01_f64.powi(-back),
//!     })?;
//! }
//! let scores = Engine::default().score(&data, as_of)?;
//! let analysis = scores.analysis(0);
//! let momentum = analysis.momentum.expect("two weeks of data");
//! assert_eq!(momentum.status.as_str(), "rapid_growth");
//! # Ok::<(), fanpulse_core::Error>(())
//! ```

pub mod error;
pub mod time;

pub mod settings;

mod math;

pub mod alerts;
pub mod fans;
pub mod features;
pub mod ingest;
pub mod learned;
pub mod report;
pub mod scores;
mod series;
pub mod spikes;

mod engine;

pub use engine::{ComponentId, Engine, EngineBuilder, LiveArtist, Piece, Pieces, Scores};
pub use error::{Error, ErrorKind, Insufficient, Result};
pub use report::Analysis;
pub use time::{Day, Instant};
