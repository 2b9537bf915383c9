//! What an analysis says of an artist's fans (`scoring.md` §6), in the form in which it is written.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::error::Insufficient;
use crate::fans::{
    ActivityParameters, AmountParameters, FanForecast, FanSegment, Fit, FitSource, FitStatus, MonthlyGrowth, Tier, ValueSpread, ValueUnit,
};

/// An artist's fans: how many of which kind, what they are worth, who is best and who is leaving.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Superfans {
    /// Length of the window of engagement and fan value, days.
    pub window_days: u32,
    /// Fans with an event up to `as_of`.
    pub fans: usize,
    /// Fans with an event lately, by default within 30 days.
    pub active_fans: usize,
    /// Fans above bronze: the top 15 % by engagement, without those who hardly do anything.
    pub superfans: usize,
    /// Superfans as a share of the fans, 0–1.
    pub superfan_share: f64,
    /// Fans per tier.
    pub tiers: Counts<4>,
    /// Fans per segment.
    pub segments: Counts<5>,
    /// Of the fans who are engaged or were when last seen, the share that is at risk, 0–1; absent where there are none.
    pub at_risk_share: Option<f64>,
    /// Fan value, points.
    pub fan_value: Spread,
    /// Paid so far; absent where nobody paid.
    pub spend: Option<Spread>,
    /// Value expected within the horizon, by default 12 months; absent where nobody paid or no model could be fitted.
    pub expected_value: Option<Spread>,
    /// The currency of all amounts, where it is known.
    pub currency: Option<String>,
    /// New fans by month, from the first to the month of `as_of`, none left out.
    pub months: Vec<Month>,
    /// Horizons of the expected active days, days.
    pub horizon_days: [u32; 2],
    /// Horizon of the expected value, days.
    pub value_days: u32,
    /// The best fans by engagement, then value.
    pub best: BestFans,
    /// The fans at risk.
    pub churn: Churn,
    /// Whether fans are still active: BG/NBD by default.
    pub activity: Model<ActivityParameters, 4>,
    /// What fans pay: Gamma–Gamma.
    pub amounts: Model<AmountParameters, 3>,
    /// Clusters found by k-means, where they were asked for, or what they lack.
    #[serde(flatten)]
    pub clusters: Clustering,
}

/// Fans by name of their tier or segment, in a fixed order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts<const N: usize>(pub [(&'static str, usize); N]);

impl<const N: usize> Serialize for Counts<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

impl<const N: usize> Counts<N> {
    /// How many have this name.
    #[must_use]
    pub fn of(&self, name: &str) -> usize {
        self.0.iter().find(|c| c.0 == name).map_or(0, |c| c.1)
    }
}

/// How a value is spread over the fans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Σ over the fans.
    pub total: f64,
    /// Per fan.
    pub mean: f64,
    /// What the best fans hold of it; empty where the total is 0.
    pub held_by_top: Vec<Held>,
}

/// What some share of the fans holds of a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Held {
    /// The best fans, as a share of all, 0–1.
    pub fans: f64,
    /// What they hold, as a share of the total, 0–1.
    pub value: f64,
}

impl Spread {
    pub(super) fn new(spread: &ValueSpread, shares: &[f64; 3]) -> Self {
        let held = |top: [f64; 3]| shares.iter().zip(top).map(|(&fans, value)| Held { fans, value }).collect();
        Self { total: spread.total, mean: spread.mean, held_by_top: spread.top.map(held).unwrap_or_default() }
    }
}

/// One calendar month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// For instance `2026-03`.
    pub month: String,
    /// Fans first seen in it.
    pub new_fans: u64,
    /// Fans first seen until its end, or until `as_of`.
    pub fans: u64,
    /// New fans as a share of those there were before, %; absent in the first month.
    pub growth: Option<f64>,
}

impl From<&MonthlyGrowth> for Month {
    fn from(m: &MonthlyGrowth) -> Self {
        Self { month: format!("{:04}-{:02}", m.year, m.month), new_fans: m.new_fans, fans: m.fans, growth: m.growth }
    }
}

/// One fan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fan {
    /// The caller's id.
    pub fan_id: String,
    /// Rank by engagement.
    pub tier: Tier,
    /// Kind of fan.
    pub segment: FanSegment,
    /// Cluster found by k-means, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Engagement at `as_of`, 0–10.
    pub engagement: f64,
    /// Engagement on the last active day, 0–10.
    pub engagement_at_last: f64,
    /// Fan value, points, 0–100.
    pub value: f64,
    /// Days since the last event.
    pub silent_days: u32,
    /// Paid so far.
    pub spend: f64,
    /// What is expected; absent where no model could be fitted.
    pub forecast: Option<FanForecast>,
}

/// The best fans, as far as they are listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BestFans {
    /// The most that are listed.
    pub limit: usize,
    /// The fans, the best first.
    pub fans: Vec<Fan>,
}

/// The fans at risk, none left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Churn {
    /// What the lost value is counted in.
    pub unit: ValueUnit,
    /// Lost through all of them.
    pub value_lost: f64,
    /// The fans, the greatest loss first.
    pub fans: Vec<LeavingFan>,
}

/// A fan at risk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeavingFan {
    /// Expected value lost.
    pub value_lost: f64,
    /// The fan.
    #[serde(flatten)]
    pub fan: Fan,
}

/// A model behind the forecasts, and how its fit ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model<P, const N: usize> {
    /// Whose fans it was fitted on.
    pub source: FitSource,
    /// The fit.
    pub fit: Fit<P, N>,
}

impl<P: Serialize, const N: usize> Serialize for Model<P, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("source", &self.source)?;
        map.serialize_entry("status", status_name(self.fit.status))?;
        if let FitStatus::Degenerate(why) = self.fit.status {
            map.serialize_entry("status_reason", &why.to_string())?;
        }
        map.serialize_entry("customers", &self.fit.customers)?;
        map.serialize_entry("parameters", &self.fit.parameters)?;
        map.end()
    }
}

const fn status_name(status: FitStatus) -> &'static str {
    match status {
        FitStatus::Converged => "converged",
        FitStatus::MaxIterations => "max_iterations",
        FitStatus::Degenerate(_) => "degenerate",
    }
}

/// Clusters found rather than defined.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Clustering {
    /// Nobody asked for them.
    #[default]
    NotAsked,
    /// The clusters, the most recent, frequent and paying first.
    Found(Vec<FanCluster>),
    /// Too few fans.
    TooFew(Insufficient),
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FanCluster {
    /// What its centre says of it against the mean fan.
    pub name: String,
    /// How many fans.
    pub fans: usize,
    /// Days since the last event, at the centre.
    pub silent_days: f64,
    /// Distinct active days, at the centre.
    pub active_days: f64,
    /// Paid so far, at the centre.
    pub spend: f64,
}

impl Serialize for Clustering {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::NotAsked => {}
            Self::Found(clusters) => map.serialize_entry("clusters", clusters)?,
            Self::TooFew(lack) => {
                map.serialize_entry("clusters", &())?;
                map.serialize_entry("clusters_reason", lack)?;
            }
        }
        map.end()
    }
}

impl fmt::Display for ValueUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Money => "money",
            Self::Points => "points",
        })
    }
}
