//! An alert and its evidence.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::{Operator, RuleKind};
use crate::{Day, Error, Instant, Result};

macro_rules! kinds {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// What an alert tells of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum AlertKind { $(#[doc = $doc] $variant,)* }

        impl AlertKind {
            /// Every kind, in a fixed order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The kind's name in files and APIs, for instance `viral_post`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    ViralPost "viral_post" "A post rose far above the others.";
    ViralMomentum "viral_momentum" "The momentum index reached the top band.";
    Breakout "breakout" "A breakout is likely.";
    MomentumSpike "momentum_spike" "The momentum index rose.";
    MomentumDrop "momentum_drop" "The momentum index fell.";
    FvsThreshold "fvs_threshold" "The Fan Value Score passed a threshold.";
    FollowerMilestone "follower_milestone" "Reach passed a milestone.";
    EngagementDrop "engagement_drop" "The engagement rate fell.";
    SuperfanChurn "superfan_churn" "Superfans are about to leave.";
    GrowthStall "growth_stall" "The audience no longer grows as it should.";
}

impl FromStr for AlertKind {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|k| k.as_str() == s).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|k| k.as_str()).collect();
            Error::invalid(format!("unknown kind of alert `{s}`; the known ones are {}", known.join(", ")))
        })
    }
}

impl From<RuleKind> for AlertKind {
    fn from(kind: RuleKind) -> Self {
        match kind {
            RuleKind::MomentumSpike => Self::MomentumSpike,
            RuleKind::MomentumDrop => Self::MomentumDrop,
            RuleKind::FvsThreshold => Self::FvsThreshold,
            RuleKind::FollowerMilestone => Self::FollowerMilestone,
            RuleKind::ViralPost => Self::ViralPost,
            RuleKind::EngagementDrop => Self::EngagementDrop,
            RuleKind::SuperfanChurn => Self::SuperfanChurn,
            RuleKind::GrowthStall => Self::GrowthStall,
        }
    }
}

/// One thing to tell someone, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// Names the event: the same event has the same key, whenever it is found.
    pub key: String,
    /// The caller's rule behind it; `None` for a built-in one.
    pub rule: Option<String>,
    /// What it tells of.
    pub kind: AlertKind,
    /// Whose.
    pub artist_id: String,
    /// The last day of the data behind it.
    pub as_of: Day,
    /// When it was raised: the `now` of the evaluation.
    pub raised_at: Instant,
    /// A line in plain words.
    pub title: String,
    /// What happened, compared with what, in plain words.
    pub message: String,
    /// The numbers, the baseline and the days.
    pub evidence: Evidence,
}

/// What an alert rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What was measured, with its unit.
    pub measure: &'static str,
    /// The measured value.
    pub value: f64,
    /// How it was compared.
    pub operator: Operator,
    /// What it was compared with.
    pub threshold: f64,
    /// What the value is a change or a multiple of: the previous analysis' figure, or the other posts' mean.
    pub baseline: Option<f64>,
    /// The last day of the previous analysis, where the baseline is that analysis' figure.
    pub baseline_as_of: Option<Day>,
    /// The first day of the data behind the value.
    pub first_day: Day,
    /// The last day of the data behind the value.
    pub last_day: Day,
    /// Further numbers, by name, in a fixed order.
    #[serde(serialize_with = "as_map")]
    pub numbers: Vec<(Cow<'static, str>, f64)>,
}

fn as_map<S: Serializer>(numbers: &[(Cow<'static, str>, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(numbers.iter().map(|(name, value)| (name, value)))
}
