//! The features of a block of artists, one array per feature, so that the scores vectorise over artists.

use super::{FanValueFeatures, MomentumFeatures};

/// Artists per block: its arrays stay in the first-level cache.
pub(crate) const BLOCK: usize = 128;

macro_rules! block {
    ($($field:ident)*) => {
        /// The features of up to [`BLOCK`] artists.
        #[derive(Debug)]
        #[repr(align(64))]
        pub(crate) struct Block { $(pub(crate) $field: [f64; BLOCK],)* }

        impl Block {
            pub(crate) fn new() -> Box<Self> {
                Box::new(Self { $($field: [f64::NAN; BLOCK],)* })
            }
        }
    };
}

block! {
    week_1 week_2 week_far far days_1 days_2 days_far risen pairs chains noise_variance noise_samples weekly_noise_variance weekly_noise_samples excess viral_share
    engagement growth reach conversion
}

impl Block {
    #[inline(always)]
    pub(crate) fn set_momentum(&mut self, i: usize, f: &MomentumFeatures) {
        self.week_1[i] = f.week_1;
        self.week_2[i] = f.week_2;
        self.week_far[i] = f.week_far;
        self.far[i] = f.far;
        self.days_1[i] = f.days_1;
        self.days_2[i] = f.days_2;
        self.days_far[i] = f.days_far;
        self.risen[i] = f.risen;
        self.pairs[i] = f.pairs;
        self.chains[i] = f.chains;
        self.noise_variance[i] = f.noise_variance;
        self.noise_samples[i] = f.noise_samples;
        self.weekly_noise_variance[i] = f.weekly_noise_variance;
        self.weekly_noise_samples[i] = f.weekly_noise_samples;
        self.excess[i] = f.excess;
        self.viral_share[i] = f.viral_share;
    }

    #[inline(always)]
    pub(crate) fn momentum(&self, i: usize) -> MomentumFeatures {
        MomentumFeatures {
            week_1: self.week_1[i],
            week_2: self.week_2[i],
            week_far: self.week_far[i],
            far: self.far[i],
            days_1: self.days_1[i],
            days_2: self.days_2[i],
            days_far: self.days_far[i],
            risen: self.risen[i],
            pairs: self.pairs[i],
            chains: self.chains[i],
            noise_variance: self.noise_variance[i],
            noise_samples: self.noise_samples[i],
            weekly_noise_variance: self.weekly_noise_variance[i],
            weekly_noise_samples: self.weekly_noise_samples[i],
            excess: self.excess[i],
            viral_share: self.viral_share[i],
        }
    }

    #[inline(always)]
    pub(crate) fn set_fan_value(&mut self, i: usize, f: &FanValueFeatures) {
        self.engagement[i] = f.engagement;
        self.growth[i] = f.growth;
        self.reach[i] = f.reach;
        self.conversion[i] = f.conversion;
    }

    #[inline(always)]
    pub(crate) fn fan_value(&self, i: usize) -> FanValueFeatures {
        FanValueFeatures { engagement: self.engagement[i], growth: self.growth[i], reach: self.reach[i], conversion: self.conversion[i] }
    }
}
