//! Viral posts (`scoring.md` §4).

use serde::Serialize;

use crate::features::{PostRows, PostSpike, Posts};
use crate::ingest::Times;
use crate::math::LANES;
use crate::series::Rows;
use crate::settings::{Settings, ViralSettings};
use crate::{Day, Error, Instant, Result};

/// A value that rose above its baseline, with the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spike {
    /// Position in the input.
    pub position: usize,
    /// The value.
    pub value: f64,
    /// Mean of the baseline.
    pub mean: f64,
    /// Population standard deviation of the baseline.
    pub sd: f64,
    /// (value − mean)/max(sd, floor·mean); `None` where that is not defined.
    pub z: Option<f64>,
    /// value/mean; `None` where the mean is 0.
    pub lift: Option<f64>,
    /// How many others the baseline has.
    pub others: u32,
}

/// Finds what rose above its baseline in posts or in a series.
pub trait SpikeDetector<Input: ?Sized>: Send + Sync {
    /// What a spike is in such an input.
    type Spike;

    /// The spikes, in the order of the input.
    ///
    /// # Errors
    /// `invalid` where a value is out of range.
    fn detect(&self, input: &Input) -> Result<Vec<Self::Spike>>;
}

/// One post as a spike detector sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PostActivity {
    /// Number of its platform; only posts of one platform are compared.
    pub platform: u16,
    /// When it was published.
    pub published: Instant,
    /// Likes + comments + shares, finite and not negative.
    pub engagement: f64,
}

/// The built-in detector of viral posts: each post against the mean and standard deviation of the others.
///
/// # Formula
/// e > μ + k·max(σ, f·μ) and e ≥ r·μ and e ≥ the least engagement, μ and σ those of the *other* posts of the
/// platform in the trailing baseline: a spike must not hide itself.
///
/// # Example: one post of six stands out
/// ```
/// use fanpulse_core::scores::{PostActivity, SigmaPosts, SpikeDetector};
/// use fanpulse_core::{Day, Instant};
/// let as_of = Day::from_ymd(2026, 3, 31)?;
/// let post = |engagement| PostActivity { platform: 0, published: Instant::from(as_of.plus(-3)), engagement };
/// let posts: Vec<_> = [100.0, 110.0, 90.0, 105.0, 95.0, 900.0].map(post).into();
/// let spikes = SigmaPosts::new(Default::default(), as_of).detect(&posts[..])?;
/// assert_eq!(spikes.len(), 1);
/// assert_eq!((spikes[0].position, spikes[0].mean, spikes[0].lift), (5, 100.0, Some(9.0)));
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SigmaPosts {
    settings: Settings,
    as_of: Day,
}

impl SigmaPosts {
    /// The detector as of a day; posts after it and before the baseline are not judged.
    #[must_use]
    pub fn new(settings: ViralSettings, as_of: Day) -> Self {
        Self { settings: Settings { viral: settings, ..Settings::default() }, as_of }
    }
}

impl SpikeDetector<[PostActivity]> for SigmaPosts {
    type Spike = Spike;

    fn detect(&self, posts: &[PostActivity]) -> Result<Vec<Spike>> {
        if posts.is_empty() {
            return Ok(Vec::new());
        }
        let mut platform: Vec<u16> = posts.iter().map(|p| p.platform).collect();
        let numbers: Vec<u32> = (0..=platform.iter().copied().max().unwrap_or(0)).map(u32::from).collect();
        let mut at: Vec<i64> = posts.iter().map(|p| p.published.micros()).collect();
        let mut engagement: Vec<f64> = posts.iter().map(|p| p.engagement).collect();
        if let Some(i) = engagement.iter().position(|e| e.is_nan()) {
            return Err(Error::invalid(format!("post {i} has no engagement")));
        }
        let lanes = posts.len().next_multiple_of(LANES);
        platform.resize(lanes, 0);
        at.resize(lanes, 0);
        engagement.resize(lanes, 0.0);
        let unknown = vec![f64::NAN; lanes];
        let rows = PostRows {
            len: posts.len(),
            numbers: &numbers,
            as_of: self.as_of.days(),
            platform: &platform,
            published: Times::Micros(&at),
            likes: &engagement,
            comments: &unknown,
            shares: &unknown,
            saves: &unknown,
            views: &unknown,
            rows: Rows::Range(0, posts.len()),
        };
        let mut found = Vec::new();
        Posts::default()
            .scan(&self.settings, &rows, &[], &mut found)
            .map_err(|i| Error::invalid(format!("post {i} has the engagement {}, not a finite number of at least 0", engagement[i])))?;
        Ok(found.iter().map(|s| spike_of(s, &self.settings.viral)).collect())
    }
}

/// A spike with its derived figures.
pub(crate) fn spike_of(s: &PostSpike, settings: &ViralSettings) -> Spike {
    let scale = s.sd.max(settings.sd_floor * s.mean);
    Spike {
        position: s.row,
        value: s.engagement,
        mean: s.mean,
        sd: s.sd,
        z: (scale > 0.0).then(|| (s.engagement - s.mean) / scale),
        lift: (s.mean > 0.0).then(|| s.engagement / s.mean),
        others: s.others,
    }
}
