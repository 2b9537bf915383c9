//! Fan Value Score, 0–100 (`scoring.md` §2).

use super::ComponentScore;
use crate::error::Insufficient;
use crate::features::FanValueFeatures;
use crate::settings::FanValueSettings;

/// A Fan Value Score and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct FanValue {
    /// 0–100.
    pub score: f64,
    /// Σ of the weights of the components with data.
    pub coverage: f64,
    /// The components with data.
    pub components: Vec<ComponentScore>,
}

/// Makes a Fan Value Score of an artist's features.
pub trait FanValueModel: Send + Sync {
    /// The score of one artist.
    ///
    /// # Errors
    /// [`Insufficient`] where the features cover too little.
    fn fan_value(&self, features: &FanValueFeatures) -> Result<FanValue, Insufficient>;
}

/// FanPulse's published weighting.
///
/// # Formula
/// FVS = Σ wᵢsᵢ / Σ wᵢ over the components with data.
#[derive(Debug, Clone, Default)]
pub struct WeightedFanValue {
    settings: FanValueSettings,
}

impl WeightedFanValue {
    /// The weighting with these settings.
    #[must_use]
    pub const fn new(settings: FanValueSettings) -> Self {
        Self { settings }
    }
}

/// The built-in score as plain numbers; NaN = not available.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FanValueScores {
    pub(crate) score: f64,
    pub(crate) coverage: f64,
    pub(crate) engagement: f64,
    pub(crate) growth: f64,
    pub(crate) reach: f64,
    pub(crate) conversion: f64,
}

/// A component's score, or NaN where its raw value is NaN.
#[inline(always)]
fn scored(curve: &crate::settings::Curve, raw: f64) -> f64 {
    let score = curve.at(raw);
    if raw.is_nan() { f64::NAN } else { score }
}

/// (weight, weight · score), both zero where there is no score.
#[inline(always)]
pub(super) fn weighted(weight: f64, score: f64) -> (f64, f64) {
    let missing = score.is_nan();
    (if missing { 0.0 } else { weight }, if missing { 0.0 } else { weight * score })
}

/// The built-in score, without branches.
#[inline(always)]
pub(crate) fn fan_value(f: &FanValueFeatures, s: &FanValueSettings) -> FanValueScores {
    let engagement = scored(&s.engagement_curve, f.engagement);
    let growth = scored(&s.growth_curve, f.growth);
    let reach = scored(&s.reach_curve, f.reach);
    let conversion = scored(&s.conversion_curve, f.conversion);
    let (we, e) = weighted(s.engagement_weight, engagement);
    let (wg, g) = weighted(s.growth_weight, growth);
    let (wr, r) = weighted(s.reach_weight, reach);
    let (wc, c) = weighted(s.conversion_weight, conversion);
    let coverage = we + wg + wr + wc;
    let mean = (e + g + r + c) / coverage;
    // Rounding must not carry a mean of scores out of their range.
    let mean = if mean < 100.0 { mean } else { 100.0 };
    let score = if coverage >= s.min_coverage { mean } else { f64::NAN };
    FanValueScores { score, coverage, engagement, growth, reach, conversion }
}

impl FanValueScores {
    /// The score with its parts.
    pub(crate) fn assemble(&self, f: &FanValueFeatures, s: &FanValueSettings) -> Result<FanValue, Insufficient> {
        if self.score.is_nan() {
            return Err(Insufficient { have: self.coverage, need: s.min_coverage });
        }
        let parts = [
            ("engagement", f.engagement, self.engagement, s.engagement_weight),
            ("growth", f.growth, self.growth, s.growth_weight),
            ("reach", f.reach, self.reach, s.reach_weight),
            ("conversion", f.conversion, self.conversion, s.conversion_weight),
        ];
        let components = parts
            .into_iter()
            .filter(|p| !p.2.is_nan())
            .map(|(name, raw, score, weight)| ComponentScore { name, raw, score, weight, contribution: weight * score / self.coverage })
            .collect();
        Ok(FanValue { score: self.score, coverage: self.coverage, components })
    }
}

impl FanValueModel for WeightedFanValue {
    fn fan_value(&self, features: &FanValueFeatures) -> Result<FanValue, Insufficient> {
        fan_value(features, &self.settings).assemble(features, &self.settings)
    }
}
