//! Analyses as JavaScript objects.

use fanpulse_core::scores::{self, ComponentScore, Level};
use fanpulse_core::{Insufficient, report};
use napi_derive::napi;

/// Everything FanPulse says of an artist as of a day. A part that cannot be computed is null, and its reason is not.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Analysis {
    /// Whose.
    pub artist_id: String,
    /// The last day of the window.
    pub as_of: String,
    /// Length of the window, days.
    pub window_days: u32,
    /// Name and version of the definition of the scores.
    pub algorithm: String,
    /// Hash of the settings.
    pub settings_hash: String,
    /// Fan Value Score.
    pub fvs: Option<FanValue>,
    /// Why there is none.
    pub fvs_reason: Option<Reason>,
    /// Momentum index.
    pub momentum: Option<Momentum>,
    /// Why there is none.
    pub momentum_reason: Option<Reason>,
    /// Viral posts, in the order of the input.
    pub viral_posts: Vec<ViralPost>,
    /// Breakout.
    pub breakout: Option<Breakout>,
    /// Why there is none.
    pub breakout_reason: Option<Reason>,
    /// What the data were like.
    pub quality: Quality,
}

/// Why a part could not be computed.
#[napi(object, object_from_js = false)]
pub struct Reason {
    /// What to do about it.
    #[napi(ts_type = "'insufficient_data'")]
    pub kind: &'static str,
    /// What there was, in the unit of `need`.
    pub have: f64,
    /// The least that is needed.
    pub need: f64,
}

/// A part of a score; the contributions of a score, with the neutral one of momentum, add up to it.
#[napi(object, object_from_js = false)]
pub struct Component {
    /// The measured value, in the unit of its definition.
    pub raw: f64,
    /// The score it gives, in the range of the whole.
    pub score: f64,
    /// Its weight among all components.
    pub weight: f64,
    /// What it adds to the whole.
    pub contribution: f64,
}

/// Fan Value Score, 0–100.
#[napi(object, object_from_js = false)]
pub struct FanValue {
    /// 0–100.
    pub score: f64,
    /// Σ of the weights of the components with data.
    pub coverage: f64,
    /// The components with data.
    pub components: FanValueComponents,
}

/// The components with data.
#[napi(object, object_from_js = false)]
pub struct FanValueComponents {
    /// Engagement rate, %.
    pub engagement: Option<Component>,
    /// Growth over the window before, %.
    pub growth: Option<Component>,
    /// Followers + ½ monthly listeners.
    pub reach: Option<Component>,
    /// Saves, shares and playlist adds per view and stream, %.
    pub conversion: Option<Component>,
}

/// Momentum index, 0–10.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Momentum {
    /// 0–10.
    pub index: f64,
    /// The index in a word.
    #[napi(ts_type = "'declining' | 'stable' | 'growing' | 'rapid_growth' | 'viral'")]
    pub status: &'static str,
    /// Σ of the weights of the components with data.
    pub coverage: f64,
    /// 90 % interval of the index; null where the noise cannot be estimated.
    #[napi(ts_type = "[number, number] | null")]
    pub interval90: Option<Vec<f64>>,
    /// Standard error of velocity, % per day; null where the noise cannot be estimated.
    pub velocity_se: Option<f64>,
    /// What acceleration and consistency add where they are not available and count as neutral.
    pub neutral_contribution: f64,
    /// The components with data.
    pub components: MomentumComponents,
}

/// The components with data.
#[napi(object, object_from_js = false)]
pub struct MomentumComponents {
    /// Velocity, % per day.
    pub velocity: Option<Component>,
    /// Acceleration, % per day.
    pub acceleration: Option<Component>,
    /// Share of days above the same weekday a week before.
    pub consistency: Option<Component>,
    /// Largest relative excess of a post, or the share of viral posts.
    pub viral_potential: Option<Component>,
}

/// A viral post with its evidence.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct ViralPost {
    /// Where it was published.
    pub platform: String,
    /// The platform's id of it.
    pub post_id: String,
    /// When it was published, RFC 3339.
    pub published_at: String,
    /// Likes + comments + shares.
    pub engagement: f64,
    /// Mean of the other posts.
    pub mean: f64,
    /// Population standard deviation of the other posts.
    pub sd: f64,
    /// Standard deviations above the mean; null where not defined.
    pub z: Option<f64>,
    /// Multiple of the mean; null where the mean is 0.
    pub lift: Option<f64>,
    /// How many other posts it was compared with.
    pub others: u32,
}

/// Breakout.
#[napi(object, object_from_js = false)]
pub struct Breakout {
    /// 0–1.
    pub probability: f64,
    /// The probability in a word.
    #[napi(ts_type = "'low' | 'medium' | 'high'")]
    pub level: &'static str,
    /// Which model said so.
    pub model: String,
    /// Which indicators are met; those without data are absent.
    pub drivers: Drivers,
}

/// Which indicators are met; those without data are absent.
#[napi(object, object_from_js = false)]
pub struct Drivers {
    /// Acceleration is high.
    pub acceleration: Option<bool>,
    /// Viral potential is high.
    pub viral_potential: Option<bool>,
    /// Velocity is high.
    pub velocity: Option<bool>,
    /// Consistency is high.
    pub consistency: Option<bool>,
}

/// What the data behind an analysis were like.
#[napi(object, object_from_js = false)]
pub struct Quality {
    /// Counters that fell within the window.
    pub counter_resets: u32,
    /// Component-days of the window that were carried forward.
    pub filled_days: u32,
    /// Days of the window without an audience index.
    pub missing_days: u32,
}

impl From<report::Analysis> for Analysis {
    fn from(a: report::Analysis) -> Self {
        let (fvs, fvs_reason) = part(a.fvs);
        let (momentum, momentum_reason) = part(a.momentum);
        let (breakout, breakout_reason) = part(a.breakout);
        Self {
            artist_id: a.artist_id,
            as_of: a.as_of.to_string(),
            window_days: a.window_days,
            algorithm: a.algorithm.to_owned(),
            settings_hash: a.settings_hash,
            fvs,
            fvs_reason,
            momentum,
            momentum_reason,
            viral_posts: a.viral_posts.into_iter().map(ViralPost::from).collect(),
            breakout,
            breakout_reason,
            quality: Quality {
                counter_resets: a.quality.counter_resets,
                filled_days: a.quality.filled_days,
                missing_days: a.quality.missing_days,
            },
        }
    }
}

fn part<T, U: From<T>>(part: Result<T, Insufficient>) -> (Option<U>, Option<Reason>) {
    match part {
        Ok(part) => (Some(part.into()), None),
        Err(lack) => (None, Some(Reason { kind: "insufficient_data", have: lack.have, need: lack.need })),
    }
}

fn component(all: &[ComponentScore], name: &str) -> Option<Component> {
    let c = all.iter().find(|c| c.name == name)?;
    Some(Component { raw: c.raw, score: c.score, weight: c.weight, contribution: c.contribution })
}

impl From<scores::FanValue> for FanValue {
    fn from(f: scores::FanValue) -> Self {
        let of = |name| component(&f.components, name);
        let components =
            FanValueComponents { engagement: of("engagement"), growth: of("growth"), reach: of("reach"), conversion: of("conversion") };
        Self { score: f.score, coverage: f.coverage, components }
    }
}

impl From<scores::Momentum> for Momentum {
    fn from(m: scores::Momentum) -> Self {
        let of = |name| component(&m.components, name);
        Self {
            index: m.index,
            status: m.status.as_str(),
            coverage: m.coverage,
            interval90: m.interval90.map(|(low, high)| vec![low, high]),
            velocity_se: m.velocity_se,
            neutral_contribution: m.neutral_contribution,
            components: MomentumComponents {
                velocity: of("velocity"),
                acceleration: of("acceleration"),
                consistency: of("consistency"),
                viral_potential: of("viral_potential"),
            },
        }
    }
}

impl From<report::ViralPost> for ViralPost {
    fn from(p: report::ViralPost) -> Self {
        Self {
            platform: p.platform,
            post_id: p.post_id,
            published_at: p.published_at.to_string(),
            engagement: p.engagement,
            mean: p.mean,
            sd: p.sd,
            z: p.z,
            lift: p.lift,
            others: p.others,
        }
    }
}

impl From<scores::Breakout> for Breakout {
    fn from(b: scores::Breakout) -> Self {
        let of = |name| b.drivers.iter().find(|d| d.0 == name).map(|d| d.1);
        Self {
            probability: b.probability,
            level: match b.level {
                Level::Low => "low",
                Level::Medium => "medium",
                Level::High => "high",
            },
            model: b.model.to_owned(),
            drivers: Drivers {
                acceleration: of("acceleration"),
                viral_potential: of("viral_potential"),
                velocity: of("velocity"),
                consistency: of("consistency"),
            },
        }
    }
}
