//! One artist's whole analysis, as data, as JSON and in words.

mod analysis;
mod explain;
mod fans;
mod superfans;

pub use analysis::{Analysis, Quality, ViralPost, ViralSeries};
pub use explain::explain;
pub use fans::FanReport;
pub use superfans::{BestFans, Churn, Clustering, Counts, Fan, FanCluster, Held, LeavingFan, Model, Month, Spread, Superfans};
