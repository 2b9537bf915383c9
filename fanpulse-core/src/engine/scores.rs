//! The result of a batch: one column per figure, one row per artist.

use std::sync::Arc;

use crate::Day;
use crate::error::Insufficient;
use crate::features::{FanValueFeatures, MomentumFeatures, PostSpike};
use crate::ingest::{Dataset, Strings};
use crate::report::{Analysis, Quality, ViralPost};
use crate::scores::{
    Breakout, BreakoutFeatures, BreakoutModel, FanValue, FanValueScores, Indicators, Momentum, MomentumScores, Status, spike_of,
};
use crate::settings::{ALGORITHM, Settings};

macro_rules! columns {
    ($($field:ident $doc:literal)*; $($count:ident $count_doc:literal)*) => {
        /// Scores of many artists in columns; NaN = not available. Row i belongs to artist number i.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct Scores {
            $(#[doc = $doc] pub $field: Vec<f64>,)*
            $(#[doc = $count_doc] pub $count: Vec<u32>,)*
            /// Rows that repeated another exactly and were dropped, or contradicted it and were allowed to be.
            pub dropped_rows: u64,
            pub(super) context: Context,
            pub(super) spikes: Vec<PostSpike>,
            pub(super) spike_starts: Vec<usize>,
            pub(super) custom: Custom,
        }

        /// The columns of one task.
        pub(super) struct ScoresMut<'a> {
            $(pub(super) $field: &'a mut [f64],)*
            $(pub(super) $count: &'a mut [u32],)*
        }

        /// The columns of one block of artists.
        #[repr(align(64))]
        pub(super) struct OutBlock {
            $(pub(super) $field: [f64; crate::features::BLOCK],)*
        }

        impl OutBlock {
            pub(super) fn new() -> Box<Self> {
                Box::new(Self { $($field: [f64::NAN; crate::features::BLOCK],)* })
            }

            /// Copies the first `n` artists to the columns from `start` on.
            #[inline(always)]
            pub(super) fn store(&self, out: &mut ScoresMut<'_>, start: usize, n: usize) {
                $(out.$field[start..start + n].copy_from_slice(&self.$field[..n]);)*
            }
        }

        impl Scores {
            pub(super) fn new(artists: usize, context: Context) -> Self {
                warm_allocator(artists * 8 * [$(stringify!($field)),*].len());
                Self {
                    $($field: vec![0.0; artists],)*
                    $($count: vec![0; artists],)*
                    dropped_rows: 0,
                    context,
                    spikes: Vec::new(),
                    spike_starts: Vec::new(),
                    custom: Custom::default(),
                }
            }

            /// The columns cut into tasks of `size` artists.
            pub(super) fn tasks(&mut self, size: usize) -> Vec<ScoresMut<'_>> {
                let n = self.artists();
                $(let mut $field = self.$field.chunks_mut(size);)*
                $(let mut $count = self.$count.chunks_mut(size);)*
                (0..n.div_ceil(size))
                    .map(|_| ScoresMut {
                        $($field: $field.next().unwrap_or_default(),)*
                        $($count: $count.next().unwrap_or_default(),)*
                    })
                    .collect()
            }
        }
    };
}

columns! {
    fvs "Fan Value Score, 0–100."
    fvs_coverage "Σ of the weights of its components with data."
    engagement "Mean engagement rate of the window's posts, %."
    engagement_score "Score of engagement, 0–100."
    growth "Growth over the window before, %."
    growth_score "Score of growth, 0–100."
    reach "Followers + ½ monthly listeners."
    reach_score "Score of reach, 0–100."
    conversion "Saves, shares and playlist adds per view and stream, %."
    conversion_score "Score of conversion, 0–100."
    momentum "Momentum index, 0–10."
    momentum_coverage "Σ of the weights of its components with data."
    momentum_low "Lower end of its 90 % interval."
    momentum_high "Upper end of its 90 % interval."
    velocity "Velocity, % per day."
    velocity_score "Score of velocity, 0–10."
    velocity_se "Standard error of velocity, % per day."
    acceleration "Acceleration, % per day."
    acceleration_score "Score of acceleration, 0–10."
    consistency "Share of days above the same weekday a week before, 0–1."
    consistency_score "Score of consistency, 0–10."
    viral_excess "Largest relative excess of a post over the others' mean."
    viral_share "Share of viral posts among the judged posts of the window, 0–1."
    viral_potential_score "Score of viral potential, 0–10."
    breakout "Breakout probability, 0–1."
    week_days "Days present in the last two weeks, the fewer of the two.";
    viral_posts "Viral posts of the baseline."
    counter_resets "Counters that fell within the window."
    filled_days "Component-days of the window that were carried forward."
    missing_days "Days of the window without an audience index."
}

/// Takes and gives back one untouched piece as large as all columns together. glibc then serves the columns from
/// a heap that it keeps between batches; without this it maps and unmaps each column, and a second batch pays
/// for its page faults once more (a tenth of its time at 100,000 artists). Harmless with any other allocator.
fn warm_allocator(bytes: usize) {
    const LARGEST_ADAPTED: usize = 31 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(bytes.min(LARGEST_ADAPTED))));
}

/// What all rows have in common.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) settings: Arc<Settings>,
    pub(super) hash: Arc<str>,
    pub(super) as_of: Day,
    pub(super) artist_ids: Option<Strings>,
    /// Names of the posts' platform codes, and the ids of the spikes' posts.
    pub(super) platforms: Vec<String>,
    pub(super) spike_ids: Option<Strings>,
}

/// What models of the caller said, where there are such.
#[derive(Debug, Clone, Default)]
pub(super) struct Custom {
    pub(super) fan_value: Option<Vec<Result<FanValue, Insufficient>>>,
    pub(super) momentum: Option<Vec<Result<Momentum, Insufficient>>>,
    pub(super) breakout: Option<Vec<Result<Breakout, Insufficient>>>,
}

impl Scores {
    /// How many artists.
    #[must_use]
    pub fn artists(&self) -> usize {
        self.fvs.len()
    }

    /// The last day of the window.
    #[must_use]
    pub fn as_of(&self) -> Day {
        self.context.as_of
    }

    /// The settings behind the scores.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.context.settings
    }

    /// The hash of the settings behind the scores.
    #[must_use]
    pub fn settings_hash(&self) -> &str {
        &self.context.hash
    }

    /// The status of an artist's momentum, if there is an index.
    #[must_use]
    pub fn status(&self, artist: usize) -> Option<Status> {
        let index = *self.momentum.get(artist)?;
        match self.custom.momentum.as_ref().and_then(|m| m.get(artist)) {
            Some(custom) => custom.as_ref().ok().map(|m| m.status),
            None => (!index.is_nan()).then(|| Status::of(index, &self.context.settings.momentum)),
        }
    }

    /// Puts predictions that were made elsewhere in place of the breakouts, one per artist.
    ///
    /// # Errors
    /// `invalid` where their number is not that of the artists.
    pub fn with_breakouts(mut self, breakouts: Vec<Result<Breakout, Insufficient>>) -> crate::Result<Self> {
        if breakouts.len() != self.artists() {
            return Err(crate::Error::invalid(format!("{} breakouts for {} artists", breakouts.len(), self.artists())));
        }
        self.breakout = breakouts.iter().map(|b| b.as_ref().map_or(f64::NAN, |b| b.probability)).collect();
        self.custom.breakout = Some(breakouts);
        Ok(self)
    }

    /// Attaches the ids of the artists and of the viral posts.
    pub(super) fn label(&mut self, data: &Dataset) {
        let mut ids = Strings::default();
        for name in data.artists.iter() {
            ids.push(name);
        }
        self.context.artist_ids = Some(ids);
        self.label_spikes(data);
    }

    /// Attaches the ids of the viral posts.
    pub(super) fn label_spikes(&mut self, data: &Dataset) {
        if self.spikes.is_empty() {
            return;
        }
        let mut ids = Strings::default();
        for spike in &self.spikes {
            ids.push(data.posts.id.get(spike.row).unwrap_or_default());
        }
        self.context.spike_ids = Some(ids);
    }

    /// The artist's id, or its number where the batch knew no ids.
    #[must_use]
    pub fn artist_id(&self, artist: usize) -> String {
        let id = self.context.artist_ids.as_ref().and_then(|ids| ids.get(artist));
        id.map_or_else(|| artist.to_string(), str::to_owned)
    }

    /// One artist's analysis.
    ///
    /// # Panics
    /// Where `artist` is not below [`Scores::artists`].
    #[must_use]
    pub fn analysis(&self, artist: usize) -> Analysis {
        let settings = &self.context.settings;
        let momentum = self.momentum_of(artist);
        Analysis {
            artist_id: self.artist_id(artist),
            as_of: self.context.as_of,
            window_days: settings.window_days,
            algorithm: ALGORITHM,
            settings_hash: self.context.hash.to_string(),
            fvs: self.fan_value_of(artist),
            breakout: self.breakout_of(artist, &momentum),
            momentum,
            viral_posts: self.viral_posts_of(artist),
            viral_series: None,
            superfans: None,
            quality: Quality {
                counter_resets: self.counter_resets[artist],
                filled_days: self.filled_days[artist],
                missing_days: self.missing_days[artist],
            },
        }
    }

    fn fan_value_of(&self, i: usize) -> Result<FanValue, Insufficient> {
        if let Some(custom) = &self.custom.fan_value {
            return custom[i].clone();
        }
        let features = FanValueFeatures {
            engagement: self.engagement[i],
            growth: self.growth[i],
            reach: self.reach[i],
            conversion: self.conversion[i],
        };
        FanValueScores {
            score: self.fvs[i],
            coverage: self.fvs_coverage[i],
            engagement: self.engagement_score[i],
            growth: self.growth_score[i],
            reach: self.reach_score[i],
            conversion: self.conversion_score[i],
        }
        .assemble(&features, &self.context.settings.fan_value)
    }

    pub(super) fn momentum_of(&self, i: usize) -> Result<Momentum, Insufficient> {
        if let Some(custom) = &self.custom.momentum {
            return custom[i].clone();
        }
        MomentumScores {
            index: self.momentum[i],
            coverage: self.momentum_coverage[i],
            low: self.momentum_low[i],
            high: self.momentum_high[i],
            velocity_se: self.velocity_se[i],
            velocity: self.velocity[i],
            velocity_score: self.velocity_score[i],
            acceleration: self.acceleration[i],
            acceleration_score: self.acceleration_score[i],
            consistency_score: self.consistency_score[i],
            viral_potential_score: self.viral_potential_score[i],
        }
        .assemble(&self.parts_of_momentum(i), &self.context.settings.momentum)
    }

    /// The features that an assembled index shows; the others are not kept.
    fn parts_of_momentum(&self, i: usize) -> MomentumFeatures {
        MomentumFeatures {
            days_1: self.week_days[i],
            days_2: self.week_days[i],
            risen: self.consistency[i],
            excess: self.viral_excess[i],
            viral_share: self.viral_share[i],
            ..MomentumFeatures::NONE
        }
    }

    fn breakout_of(&self, i: usize, momentum: &Result<Momentum, Insufficient>) -> Result<Breakout, Insufficient> {
        if let Some(custom) = &self.custom.breakout {
            return custom[i].clone();
        }
        if let Err(lack) = momentum {
            return Err(*lack);
        }
        Ok(Indicators::new(self.context.settings.breakout.clone()).breakout(&self.breakout_features(i)))
    }

    pub(super) fn breakout_features(&self, i: usize) -> BreakoutFeatures {
        let some = |x: f64| (!x.is_nan()).then_some(x);
        BreakoutFeatures {
            acceleration: some(self.acceleration_score[i]),
            viral_potential: some(self.viral_potential_score[i]),
            velocity: some(self.velocity_score[i]),
            consistency: some(self.consistency_score[i]),
        }
    }

    fn viral_posts_of(&self, artist: usize) -> Vec<ViralPost> {
        let c = &self.context;
        (self.spike_starts[artist]..self.spike_starts[artist + 1])
            .map(|i| {
                let post = &self.spikes[i];
                let spike = spike_of(post, &c.settings.viral);
                ViralPost {
                    platform: c.platforms[usize::from(post.platform)].clone(),
                    post_id: c.spike_ids.as_ref().and_then(|ids| ids.get(i)).unwrap_or_default().to_owned(),
                    published_at: post.published,
                    engagement: spike.value,
                    mean: spike.mean,
                    sd: spike.sd,
                    z: spike.z,
                    lift: spike.lift,
                    others: spike.others,
                }
            })
            .collect()
    }
}
