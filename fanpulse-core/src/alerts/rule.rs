//! What to be told of: the built-in thresholds and a caller's own rules.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::figures::read;
use crate::{Error, Result};

/// The longest cool-down, hours: a leap year.
const MAX_COOL_DOWN: u32 = 8784;

/// The longest id of a rule, characters.
const MAX_ID: usize = 64;

/// Thresholds of the built-in alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// Momentum index from which momentum is viral, 0–10, default 9.
    pub momentum_index: f64,
    /// Breakout probability from which a breakout is told, 0–1, default 0.8.
    pub breakout_probability: f64,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { momentum_index: 9.0, breakout_probability: 0.8 }
    }
}

impl AlertSettings {
    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        within("momentum_index", self.momentum_index, 0.0, 10.0)?;
        within("breakout_probability", self.breakout_probability, 0.0, 1.0)
    }
}

/// What a rule looks at; the [module's table](crate::alerts) says what each measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleKind {
    /// Rise of the momentum index since the previous analysis, points, threshold above 0 to 10.
    MomentumSpike,
    /// Fall of the momentum index since the previous analysis, points, threshold above 0 to 10.
    MomentumDrop,
    /// Fan Value Score, threshold 0 to 100, any operator.
    FvsThreshold,
    /// Reach (followers + ½ monthly listeners) that passes the threshold upwards, people, 1 to 10¹².
    FollowerMilestone,
    /// Lift of a viral post, a multiple of the other posts' mean, threshold 1 to 10⁶.
    ViralPost,
    /// Fall of the engagement rate since the previous analysis, % of what it was, threshold above 0 to 100.
    EngagementDrop,
    /// Share of the superfans at risk, threshold above 0 to 1.
    SuperfanChurn,
    /// Velocity, % per day, threshold −100 to 100, with an operator that looks downwards.
    GrowthStall,
}

impl RuleKind {
    /// Every kind, in a fixed order.
    pub const ALL: &[Self] = &[
        Self::MomentumSpike,
        Self::MomentumDrop,
        Self::FvsThreshold,
        Self::FollowerMilestone,
        Self::ViralPost,
        Self::EngagementDrop,
        Self::SuperfanChurn,
        Self::GrowthStall,
    ];

    /// The kind's name in files and APIs, for instance `momentum_spike`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MomentumSpike => "momentum_spike",
            Self::MomentumDrop => "momentum_drop",
            Self::FvsThreshold => "fvs_threshold",
            Self::FollowerMilestone => "follower_milestone",
            Self::ViralPost => "viral_post",
            Self::EngagementDrop => "engagement_drop",
            Self::SuperfanChurn => "superfan_churn",
            Self::GrowthStall => "growth_stall",
        }
    }

    /// Least and greatest threshold. A change of nothing is no event, so 0 is out of bounds for a change.
    const fn bounds(self) -> (f64, f64) {
        const TINY: f64 = 1e-6;
        match self {
            Self::MomentumSpike | Self::MomentumDrop => (TINY, 10.0),
            Self::FvsThreshold => (0.0, 100.0),
            Self::FollowerMilestone => (1.0, 1e12),
            Self::ViralPost => (1.0, 1e6),
            Self::EngagementDrop => (TINY, 100.0),
            Self::SuperfanChurn => (TINY, 1.0),
            Self::GrowthStall => (-100.0, 100.0),
        }
    }

    /// Whether a rule of this kind makes sense with the operator.
    const fn takes(self, operator: Operator) -> bool {
        match self {
            Self::FvsThreshold => true,
            Self::GrowthStall => !operator.looks_up(),
            _ => operator.looks_up(),
        }
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a measure is compared with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// ≥.
    #[serde(rename = ">=")]
    AtLeast,
    /// >.
    #[serde(rename = ">")]
    Above,
    /// ≤.
    #[serde(rename = "<=")]
    AtMost,
    /// <.
    #[serde(rename = "<")]
    Below,
}

impl Operator {
    /// Whether the comparison holds; never for NaN.
    #[must_use]
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::Above => value > threshold,
            Self::AtMost => value <= threshold,
            Self::Below => value < threshold,
        }
    }

    /// The operator as it is written in files and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
        }
    }

    const fn looks_up(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A caller's rule.
///
/// # Example: a rule from JSON
/// ```
/// use fanpulse_core::alerts::{Rule, RuleKind};
/// let rule: Rule = serde_json::from_str(r#"{"id": "big", "kind": "fvs_threshold", "operator": ">=", "threshold": 70}"#)?;
/// assert_eq!((rule.kind, rule.cool_down_hours), (RuleKind::FvsThreshold, 24));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RuleFields")]
pub struct Rule {
    /// The caller's name of it: 1 to 64 of a–z, A–Z, 0–9, `-`, `_`; its alerts' keys hold it.
    pub id: String,
    /// What it looks at.
    pub kind: RuleKind,
    /// How the measure is compared.
    pub operator: Operator,
    /// What it is compared with, in the measure's unit.
    pub threshold: f64,
    /// After an alert for an artist the rule is silent for it so long, hours, 0–8784, default 24.
    pub cool_down_hours: u32,
}

/// A rule as it is written, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a rule")]
struct RuleFields {
    id: String,
    kind: RuleKind,
    operator: Operator,
    threshold: f64,
    #[serde(default = "default_cool_down")]
    cool_down_hours: u32,
}

const fn default_cool_down() -> u32 {
    24
}

impl TryFrom<RuleFields> for Rule {
    type Error = Error;

    fn try_from(r: RuleFields) -> Result<Self> {
        Self::try_new(r.id, r.kind, r.operator, r.threshold, r.cool_down_hours)
    }
}

impl Rule {
    /// A rule whose fields are within their bounds.
    ///
    /// # Errors
    /// Those of [`Rule::validate`].
    pub fn try_new(id: impl Into<String>, kind: RuleKind, operator: Operator, threshold: f64, cool_down_hours: u32) -> Result<Self> {
        let rule = Self { id: id.into(), kind, operator, threshold, cool_down_hours };
        rule.validate()?;
        Ok(rule)
    }

    /// Reads a rule.
    ///
    /// # Errors
    /// `invalid`, naming the rule as far as its id can be read, the field, its value and the bound.
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Named {
            id: String,
        }
        let named = |message: String| match serde_json::from_str::<Named>(json) {
            Ok(Named { id }) => Error::invalid(format!("`{id}`: {message}")),
            // What has no id is wrong in some other way, which the message says.
            Err(_) => Error::invalid(message),
        };
        let fields: RuleFields = read(json).map_err(named)?;
        Self::try_from(fields).map_err(|e| named(e.message().to_owned()))
    }

    /// Checks every field against its bound.
    ///
    /// # Errors
    /// `invalid`, naming the field, its value and the bound.
    pub fn validate(&self) -> Result<()> {
        let plain = self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !plain || self.id.is_empty() || self.id.len() > MAX_ID {
            return Err(Error::invalid(format!("id is `{}`, not 1 to {MAX_ID} of a-z, A-Z, 0-9, - and _", self.id)));
        }
        if !self.kind.takes(self.operator) {
            let wanted = if self.operator.looks_up() { "<= or <" } else { ">= or >" };
            return Err(Error::invalid(format!("operator is {}, where a {} rule takes {wanted}", self.operator, self.kind)));
        }
        let (low, high) = self.kind.bounds();
        within("threshold", self.threshold, low, high)?;
        if self.cool_down_hours > MAX_COOL_DOWN {
            return Err(Error::invalid(format!("cool_down_hours is {}, outside 0 to {MAX_COOL_DOWN}", self.cool_down_hours)));
        }
        Ok(())
    }
}

pub(super) fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(Error::invalid(format!("{name} is {value}, outside {low} to {high}"))) }
}
