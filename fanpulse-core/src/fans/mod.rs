//! Superfans (`scoring.md` §6): from fan events to who the best fans are, who is leaving, and what that costs.
//!
//! [`FanTable::from_events`] sums fan events by fan; [`EngagementTiers`] gives every fan engagement, value, tier,
//! segment and a forecast; [`insights`] says what an artist's fans look like as a whole. Another way of segmenting
//! is another [`FanSegmenter`], for instance [`KMeansSegments`]. [`FanReport`](crate::report::FanReport) does all of it for a data set.

mod btyd;
mod engagement;
mod forecast;
mod gather;
mod insights;
mod kmeans;
mod rank;
mod segmentation;
mod table;
mod tiers;

pub use crate::ingest::{CurrencyColumn, FanEventColumns, FanEventKind};
pub use btyd::{
    ActivityFit, ActivityParameters, AmountFit, AmountParameters, Degeneracy, Fit, FitStatus, History, MIN_CUSTOMERS, Purchases,
    fit_activity, fit_amounts,
};
pub use engagement::{FanPoints, engagement, engagement_parts};
pub use forecast::{ArtistForecast, FanForecast, FitSource};
pub use insights::{ChurnRisk, FanInsights, FanLocations, MonthlyGrowth, ValueSpread, ValueUnit, insights};
pub use kmeans::{Cluster, Clusters, KMeansSegments};
pub use segmentation::{FanSegmenter, Segmentation};
pub use table::{ArtistFans, FanRow, FanTable, WindowActivity};
pub use tiers::{EngagementTiers, FanScore, FanScores, FanSegment, Tier};
