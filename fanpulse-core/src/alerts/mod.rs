//! Alerts (`scoring.md` §8): what an analysis says that someone wants to be told of, once.
//!
//! [`evaluate`] is pure: the analyses, what has already fired and the time come in, alerts go out. An alert
//! carries its evidence and a key; whoever sends alerts adds them to [`Fired`] and stores it, so that the same
//! event raises one alert, however often the job runs. [`evaluate_all`] does it for many artists; [`AlertFigures`] are what an
//! analysis that was stored as JSON is read as.
//!
//! Built in, raised when the analysis says so and the one before did not (or there was none):
//!
//! | kind | measure | default | one alert per |
//! |---|---|---|---|
//! | `viral_post` | a post that is viral (§4) | | post |
//! | `viral_momentum` | momentum index | ≥ 9 | artist and day |
//! | `breakout` | breakout probability | ≥ 0.8 | artist and day |
//!
//! A caller's rules, raised while they hold, at most once per cool-down for an artist, and never twice for one event:
//!
//! | kind | measure compared with the threshold | needs | one alert per |
//! |---|---|---|---|
//! | `momentum_spike` | rise of the momentum index since the previous analysis, points | previous | day |
//! | `momentum_drop` | its fall since the previous analysis, points | previous | day |
//! | `fvs_threshold` | Fan Value Score, 0–100 | | day |
//! | `follower_milestone` | reach, people: at the threshold now, below it in the previous analysis | previous | milestone |
//! | `viral_post` | lift of a viral post (§4): its multiple of the other posts' mean | | post |
//! | `engagement_drop` | fall of the engagement rate since the previous analysis, % of what it was | previous | day |
//! | `superfan_churn` | share of the superfans at risk, 0–1, as the caller gives it | the share | day |
//! | `growth_stall` | velocity, % per day | | day |
//!
//! A part that is insufficient never fires, and neither does a rule whose previous value is not known.
//!
//! # Example: momentum becomes viral, and is told once
//! ```
//! use fanpulse_core::alerts::{AlertInput, AlertSettings, Fired, Operator, Rule, RuleKind, evaluate};
//! use fanpulse_core::ingest::{Metric, Observation};
//! use fanpulse_core::{Day, Engine, Instant};
//!
//! let as_of = Day::from_ymd(2026, 3, 31)?;
//! let row = |back: i32| Observation {
//!     artist_id: "low-tide",
//!     platform: "spotify",
//!     metric: Metric::Followers,
//!     observed_at: Instant::from(as_of.plus(-back)),
//!     value: 50_000.0 * 1.001_f64.powi(back * back),
//! };
//! let rows: Vec<_> = (0..30).map(row).collect();
//! let analysis = Engine::default().analyze(&rows, &[], as_of)?;
//!
//! let rules = [Rule::try_new("stalled", RuleKind::GrowthStall, Operator::AtMost, 0.0, 24)?];
//! let now = Instant::from(as_of.plus(1));
//! let mut fired = Fired::default();
//! let input = AlertInput::try_new(&analysis, None)?;
//! let alerts = evaluate(&AlertSettings::default(), &rules, &input, &fired, now);
//! assert_eq!(alerts[0].title, "low-tide: growth has stalled");
//!
//! fired.record(&alerts);
//! assert!(evaluate(&AlertSettings::default(), &rules, &input, &fired, now).is_empty());
//! # Ok::<(), fanpulse_core::Error>(())
//! ```

mod alert;
mod batch;
mod evaluate;
mod figures;
mod fired;
mod rule;
#[cfg(test)]
mod tests;

pub use alert::{Alert, AlertKind, Evidence};
pub use batch::{AlertBatch, evaluate_all};
pub use evaluate::{AlertInput, evaluate};
pub use figures::AlertFigures;
pub use fired::Fired;
pub use rule::{AlertSettings, Operator, Rule, RuleKind};
