//! One pass over an artist's series and posts gives the few numbers that all scores are made of.

mod artist;
mod block;
mod index_stats;
mod posts;

pub(crate) use artist::Extractor;
pub(crate) use block::{BLOCK, Block};
pub(crate) use posts::{PostRows, PostSpike, Posts};

/// What the momentum index is computed from (`scoring.md` §3). NaN = not available.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MomentumFeatures {
    /// Mean of the audience index over the last week, M₁.
    pub week_1: f64,
    /// Mean over the week before, M₂.
    pub week_2: f64,
    /// Mean over the farthest week k ≥ 3 that exists, M_k.
    pub week_far: f64,
    /// That k.
    pub far: f64,
    /// Days present in the last week.
    pub days_1: f64,
    /// Days present in the week before.
    pub days_2: f64,
    /// Days present in the farthest week.
    pub days_far: f64,
    /// Share of days above the same weekday a week before, ties half, 0–1.
    pub risen: f64,
    /// Day pairs behind that share.
    pub pairs: f64,
    /// Day triples a week apart (t, t−7, t−14) behind them.
    pub chains: f64,
    /// Variance of the measurement noise of ln X, σ², from second differences.
    pub noise_variance: f64,
    /// Second differences behind it.
    pub noise_samples: f64,
    /// The same variance from day-to-day changes of the 7-day change, which is blind to the weekday.
    pub weekly_noise_variance: f64,
    /// Changes behind it.
    pub weekly_noise_samples: f64,
    /// Largest relative excess of a post of the window over the others' mean.
    pub excess: f64,
    /// Share of viral posts among the judged posts of the window, 0–1.
    pub viral_share: f64,
}

/// What the Fan Value Score is computed from (`scoring.md` §2). NaN = no data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FanValueFeatures {
    /// Mean engagement rate of the window's posts, % of followers.
    pub engagement: f64,
    /// Growth of followers and listeners over the window before, %.
    pub growth: f64,
    /// Followers + ½ monthly listeners, people.
    pub reach: f64,
    /// Saves, shares and playlist adds per view and stream, %.
    pub conversion: f64,
}

impl MomentumFeatures {
    /// No data at all.
    pub(crate) const NONE: Self = Self {
        week_1: f64::NAN,
        week_2: f64::NAN,
        week_far: f64::NAN,
        far: 0.0,
        days_1: 0.0,
        days_2: 0.0,
        days_far: 0.0,
        risen: f64::NAN,
        pairs: 0.0,
        chains: 0.0,
        noise_variance: f64::NAN,
        noise_samples: 0.0,
        weekly_noise_variance: f64::NAN,
        weekly_noise_samples: 0.0,
        excess: f64::NAN,
        viral_share: f64::NAN,
    };
}
