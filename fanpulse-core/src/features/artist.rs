//! The features of one artist.

use super::index_stats::{Terms, with_gaps};
use super::posts::{PostRows, Posts, SpikeSink};
use super::{Block, FanValueFeatures, MomentumFeatures};
use crate::math::Tally;
use crate::series::{AudienceIndex, Class, Filled, Gather};
use crate::settings::Settings;

/// Scratch space of one worker for the features of one artist after the other.
#[derive(Debug, Default)]
pub(crate) struct Extractor {
    terms: Terms,
    filled: Filled,
    index: AudienceIndex,
    platforms: Vec<(u32, f64)>,
    posts: Posts,
    /// Component-days of the window that were carried forward.
    pub(crate) filled_days: u32,
    /// Days of the window without an audience index.
    pub(crate) missing_days: u32,
}

/// Follower growth, listener growth and the momentum features of the audience.
struct Audience {
    /// Nothing where the terms hold an index without missing days, of which they are made after the posts: the core waits
    /// for what it reads at other places than it was just written.
    momentum: Option<MomentumFeatures>,
    growth: f64,
}

/// What the series say of an artist; its posts add to it.
pub(crate) struct SeriesFeatures {
    /// As in [`Audience`].
    momentum: Option<MomentumFeatures>,
    growth: f64,
    reach: f64,
    /// Saves and playlist adds of the window, and the streams they stand against.
    conversions: f64,
    streams: f64,
}

/// Growth from one window to the next, %, by sums over their days, or means where days are missing, of the components of
/// one kind with data in both. Only the ratio counts.
#[inline(always)]
fn growth(before: f64, now: f64) -> f64 {
    if before > 0.0 { 100.0 * (now / before - 1.0) } else { f64::NAN }
}

impl Extractor {
    /// The features of the artist whose series stand in `gather`; nothing where one of their values is not what it may be.
    #[inline(always)]
    pub(crate) fn series(&mut self, settings: &Settings, gather: &Gather, sources: &[&[f64]]) -> Option<SeriesFeatures> {
        let audience = match settings.window_days {
            // A length known to the compiler lets it unroll the passes of the default window.
            30 => self.audience(settings, gather, sources, 30)?,
            _ => self.audience(settings, gather, sources, settings.window())?,
        };
        let reach = self.latest_levels(settings, gather, sources);
        let (conversions, streams) = stream_conversion(gather, sources, settings.window());
        Some(SeriesFeatures { momentum: audience.momentum, growth: audience.growth, reach, conversions, streams })
    }

    /// Writes the features of the artist whose series were the last, and of these posts, to position `i` of `block`.
    ///
    /// # Errors
    /// The position of a post with a negative or infinite count, or a platform code or day out of range.
    #[inline(always)]
    pub(crate) fn posts(
        &mut self,
        settings: &Settings,
        series: SeriesFeatures,
        posts: &PostRows<'_>,
        (block, i): (&mut Block, usize),
        spikes: &mut SpikeSink,
    ) -> Result<(), usize> {
        let SeriesFeatures { momentum, growth, reach, conversions: mut numerator, streams: mut denominator } = series;
        let mut engagement = f64::NAN;
        let (mut excess, mut viral_share) = (f64::NAN, f64::NAN);
        if posts.len > 0 {
            let found = self.posts.scan(settings, posts, &self.platforms, spikes)?;
            engagement = found.engagement;
            excess = found.excess;
            viral_share = found.viral_share;
            numerator += found.conversions;
            denominator += found.views;
        }
        let conversion = if denominator > 0.0 { 100.0 * numerator / denominator } else { f64::NAN };
        let mut momentum = match momentum {
            Some(momentum) => momentum,
            None => match settings.window_days {
                30 => self.terms.complete(30, &settings.momentum),
                _ => self.terms.complete(settings.window(), &settings.momentum),
            },
        };
        momentum.excess = excess;
        momentum.viral_share = viral_share;
        block.set_momentum(i, &momentum);
        block.set_fan_value(i, &FanValueFeatures { engagement, growth, reach, conversion });
        Ok(())
    }

    #[inline(always)]
    fn audience(&mut self, settings: &Settings, gather: &Gather, sources: &[&[f64]], window: usize) -> Option<Audience> {
        self.filled_days = 0;
        self.missing_days = 0;
        match self.complete_audience(settings, gather, sources, window) {
            Some(audience) => Some(audience),
            None if gather.is_valid(sources) => Some(self.patchy_audience(settings, gather, sources)),
            None => None,
        }
    }

    /// The common case: every audience component has a valid value on every day of both windows, so that the chain
    /// of links telescopes to the weighted sum.
    #[inline(always)]
    fn complete_audience(&mut self, settings: &Settings, gather: &Gather, sources: &[&[f64]], window: usize) -> Option<Audience> {
        let (mut followers, mut listeners) = ([Tally::default(); 2], [Tally::default(); 2]);
        self.terms.begin(window);
        let mut components = 0;
        for series in gather.series() {
            if !series.class.is_audience() {
                break;
            }
            let days = gather.days(series, sources);
            let both = &days[days.len().checked_sub(2 * window)?..];
            let (before, now) = both.split_at(window);
            let (weight, sums) = match series.class {
                Class::Followers => (settings.audience.followers, &mut followers),
                _ => (settings.audience.monthly_listeners, &mut listeners),
            };
            sums[0].add(before);
            sums[1].add(now);
            self.terms.add(weight, now);
            components += 1;
        }
        // NaN, the mark of a missing day, survives a sum, as infinity does; a day without audience cannot be linked.
        let [f0, f1, l0, l1] = [followers[0].total(), followers[1].total(), listeners[0].total(), listeners[1].total()];
        let not_positive = self.terms.not_positive(window);
        let negative = followers[0].negative() | followers[1].negative() | listeners[0].negative() | listeners[1].negative();
        // No closure here or elsewhere on this path: it would be compiled for the least of the CPUs.
        if components == 0 || !(f0 + f1 + l0 + l1).is_finite() || not_positive | negative != 0 {
            return None;
        }
        self.terms.lay_out(window);
        Some(Audience { momentum: None, growth: both_growths(growth(f0, f1), growth(l0, l1)) })
    }

    /// Missing days, platforms that come and go, zeros, or streams in place of an audience.
    #[inline(never)]
    fn patchy_audience(&mut self, settings: &Settings, gather: &Gather, sources: &[&[f64]]) -> Audience {
        let window = settings.window();
        let has_audience = gather.series().iter().any(|s| s.class.is_audience());
        // Before and now.
        let (mut followers, mut listeners) = ([0.0; 2], [0.0; 2]);
        self.filled.reset(2 * window);
        for series in gather.series() {
            let (weight, max_fill) = match series.class {
                Class::Followers => (settings.audience.followers, settings.max_fill_days as usize),
                Class::Listeners => (settings.audience.monthly_listeners, settings.max_fill_days as usize),
                // The only component where there is no audience: linked like the rest, so that a platform's gap is no fall.
                Class::Streams if !has_audience => (1.0, 0),
                _ => continue,
            };
            self.filled.push(gather.days(series, sources), weight, max_fill, window);
            let (before, now) = self.filled.days(self.filled.len() - 1).split_at(window);
            let (before, now) = (mean(before), mean(now));
            if !before.is_nan() && !now.is_nan() {
                let means = match series.class {
                    Class::Followers => &mut followers,
                    Class::Listeners => &mut listeners,
                    _ => continue,
                };
                means[0] += before;
                means[1] += now;
            }
        }
        self.index.link(&self.filled, settings);
        self.filled_days = self.filled.filled_days;
        self.missing_days = u32::try_from(self.index.values.iter().filter(|x| x.is_nan()).count()).unwrap_or(u32::MAX);
        Audience {
            momentum: Some(with_gaps(&self.index.values, &settings.momentum)),
            growth: both_growths(growth(followers[0], followers[1]), growth(listeners[0], listeners[1])),
        }
    }

    /// Reach, and the followers of each platform for the engagement of its posts.
    #[inline(always)]
    fn latest_levels(&mut self, settings: &Settings, gather: &Gather, sources: &[&[f64]]) -> f64 {
        self.platforms.clear();
        let (mut reach, mut any) = (0.0, false);
        for series in gather.series() {
            if !series.class.is_audience() {
                break;
            }
            let days = gather.days(series, sources);
            let oldest = days.len().saturating_sub(settings.max_level_age_days as usize + 1);
            let latest = last_known(&days[oldest..]);
            if latest.is_nan() {
                continue;
            }
            any = true;
            if series.class == Class::Followers {
                reach += latest;
                match self.platforms.iter_mut().find(|p| p.0 == series.platform) {
                    Some(p) => p.1 += latest,
                    None => self.platforms.push((series.platform, latest)),
                }
            } else {
                reach += settings.fan_value.listeners_in_reach * latest;
            }
        }
        if any { reach } else { f64::NAN }
    }
}

/// The mean of the growths that are available.
#[inline(always)]
fn both_growths(followers: f64, listeners: f64) -> f64 {
    match (followers.is_nan(), listeners.is_nan()) {
        (false, false) => 0.5 * (followers + listeners),
        (false, true) => followers,
        _ => listeners,
    }
}

/// The last value that is not missing; NaN where there is none.
#[inline(always)]
fn last_known(days: &[f64]) -> f64 {
    let mut i = days.len();
    while i > 0 {
        i -= 1;
        if !days[i].is_nan() {
            return days[i];
        }
    }
    f64::NAN
}

fn mean(days: &[f64]) -> f64 {
    let (mut n, mut total) = (0.0, 0.0);
    for v in days.iter().filter(|v| !v.is_nan()) {
        n += 1.0;
        total += v;
    }
    total / n
}

/// Saves and playlist adds of the window, and the streams of the days on which a platform knows both sides.
#[inline(always)]
fn stream_conversion(gather: &Gather, sources: &[&[f64]], window: usize) -> (f64, f64) {
    let pairs = gather.series().iter().any(|s| matches!(s.class, Class::Saves | Class::PlaylistAdds));
    if pairs { paired_conversion(gather, sources, window) } else { (0.0, 0.0) }
}

#[inline(never)]
fn paired_conversion(gather: &Gather, sources: &[&[f64]], window: usize) -> (f64, f64) {
    let series = gather.series();
    let last = |class: Class, platform: u32| {
        let days = series.iter().find(|s| s.class == class && s.platform == platform).map(|s| gather.days(s, sources));
        days.map_or(&[][..], |d| &d[d.len().saturating_sub(window)..])
    };
    // The value `back` days before as_of.
    let at = |days: &[f64], back: usize| days.len().checked_sub(back + 1).map_or(f64::NAN, |i| days[i]);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for streams in series.iter().filter(|s| s.class == Class::Streams) {
        let platform = streams.platform;
        let streams = last(Class::Streams, platform);
        let (saves, adds) = (last(Class::Saves, platform), last(Class::PlaylistAdds, platform));
        for back in 0..window {
            let (n, s, a) = (at(streams, back), at(saves, back), at(adds, back));
            if n.is_nan() || (s.is_nan() && a.is_nan()) {
                continue;
            }
            denominator += n;
            numerator += if s.is_nan() { 0.0 } else { s } + if a.is_nan() { 0.0 } else { a };
        }
    }
    (numerator, denominator)
}
