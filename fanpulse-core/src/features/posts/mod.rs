//! Engagement, conversion and spikes of one artist's posts.

mod group;
mod terms;

use self::group::{Bar, Group, above, group};
use self::terms::{conversion_terms, engagement_terms, flag, time_terms};
use crate::ingest::Times;
use crate::math::{LANES, LaneColumn, reduce};
use crate::series::Rows;
use crate::settings::Settings;
use crate::time::MICROS_PER_DAY;
use crate::{Day, Instant};

/// One artist's posts as column slices. The slices go on to a whole number of lanes; what lies behind the
/// first `len` posts is read but does not count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostRows<'a> {
    pub(crate) len: usize,
    /// Platform numbers by the posts' platform codes.
    pub(crate) numbers: &'a [u32],
    /// `as_of` in days.
    pub(crate) as_of: i32,
    pub(crate) platform: &'a [u16],
    pub(crate) published: Times<'a>,
    pub(crate) likes: &'a [f64],
    pub(crate) comments: &'a [f64],
    pub(crate) shares: &'a [f64],
    pub(crate) saves: &'a [f64],
    pub(crate) views: &'a [f64],
    /// Where the rows stand in the caller's columns.
    pub(crate) rows: Rows<'a>,
}

/// A post that rose above its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PostSpike {
    /// Row of the caller's columns.
    pub(crate) row: usize,
    /// The post's platform code there.
    pub(crate) platform: u16,
    pub(crate) published: Instant,
    pub(crate) engagement: f64,
    /// Mean of the others.
    pub(crate) mean: f64,
    /// Population standard deviation of the others.
    pub(crate) sd: f64,
    /// How many others.
    pub(crate) others: u32,
}

/// Where a worker puts the spikes it finds, artist after artist.
pub(crate) type SpikeSink = Vec<PostSpike>;

/// What the posts say of an artist; NaN = no data.
pub(crate) struct PostFeatures {
    pub(crate) engagement: f64,
    pub(crate) excess: f64,
    pub(crate) viral_share: f64,
    pub(crate) conversions: f64,
    pub(crate) views: f64,
}

type Lane = [f64; LANES];

/// Scratch columns of one artist's posts in whole lanes.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    engagement: LaneColumn,
    /// 1 for a post of the window, of the baseline; 0 for one that does not count there.
    in_window: LaneColumn,
    in_baseline: LaneColumn,
    /// The baseline's posts of the platform at hand.
    member: LaneColumn,
    /// 1 for a post of it that is viral.
    viral: LaneColumn,
    /// Saves and shares, and the views they stand against, of the window's posts that know both.
    conversions: LaneColumn,
    views: LaneColumn,
    chunks: usize,
}

impl Posts {
    /// The features of one artist's posts; its spikes are appended to the sink in the order of the rows.
    ///
    /// # Errors
    /// The position of a post with a negative or infinite count, or a platform code or day out of range.
    #[inline(always)]
    pub(crate) fn scan(
        &mut self,
        settings: &Settings,
        posts: &PostRows<'_>,
        followers: &[(u32, f64)],
        spikes: &mut SpikeSink,
    ) -> Result<PostFeatures, usize> {
        // A number of chunks known to the compiler lets it unroll the passes over a few posts.
        match posts.len.div_ceil(LANES) {
            1 => self.scan_chunks(settings, posts, followers, spikes, 1),
            2 => self.scan_chunks(settings, posts, followers, spikes, 2),
            3 => self.scan_chunks(settings, posts, followers, spikes, 3),
            4 => self.scan_chunks(settings, posts, followers, spikes, 4),
            chunks => self.scan_chunks(settings, posts, followers, spikes, chunks),
        }
    }

    #[inline(always)]
    fn scan_chunks(
        &mut self,
        settings: &Settings,
        posts: &PostRows<'_>,
        followers: &[(u32, f64)],
        spikes: &mut SpikeSink,
        chunks: usize,
    ) -> Result<PostFeatures, usize> {
        self.load(settings, posts, chunks)?;
        let mut sums = Sums::new();
        let first = posts.platform[0];
        let alone = all_on(first, &posts.platform[..chunks * LANES], posts.len);
        if !(if alone { usize::from(first) < posts.numbers.len() } else { are_known(posts) }) {
            return Err(find_bad(posts));
        }
        if alone {
            let number = posts.numbers[usize::from(first)];
            let reach = followers_of(followers, number);
            let member = std::mem::take(&mut self.in_baseline);
            let group = group(&member[..chunks], self);
            self.add(settings, posts, &group, reach, (&member[..chunks], spikes), &mut sums);
            self.in_baseline = member;
        } else {
            self.scan_platforms(settings, posts, followers, spikes, &mut sums);
        }
        let enough = sums.window_posts >= f64::from(settings.momentum.min_posts) && sums.judged > 0.0 && !sums.excess.is_nan();
        Ok(PostFeatures {
            engagement: sums.rates / if sums.rated > 0.0 { sums.rated } else { f64::NAN },
            excess: if enough { sums.excess } else { f64::NAN },
            viral_share: if enough { sums.viral / sums.judged } else { f64::NAN },
            conversions: lane_sum(&self.conversions[..chunks]),
            views: lane_sum(&self.views[..chunks]),
        })
    }

    /// The posts of several platforms, one platform after the other in the order of their names.
    #[inline(never)]
    fn scan_platforms(
        &mut self,
        settings: &Settings,
        posts: &PostRows<'_>,
        followers: &[(u32, f64)],
        spikes: &mut SpikeSink,
        sums: &mut Sums,
    ) {
        let start = spikes.len();
        let number_of = |i: usize| posts.numbers[usize::from(posts.platform[i])];
        let mut platforms: Vec<u32> = (0..posts.len).map(number_of).collect();
        platforms.sort_unstable();
        platforms.dedup();
        let mut all = std::mem::take(&mut self.member);
        all.fit(self.chunks);
        let member = &mut all[..self.chunks];
        for number in platforms {
            member.copy_from_slice(&self.in_baseline[..self.chunks]);
            for i in (0..posts.len).filter(|&i| number_of(i) != number) {
                member[i / LANES][i % LANES] = 0.0;
            }
            let reach = followers_of(followers, number);
            let group = group(member, self);
            self.add(settings, posts, &group, reach, (member, spikes), sums);
        }
        self.member = all;
        spikes[start..].sort_unstable_by_key(|s| s.row);
    }

    /// Fills the scratch columns, all of them element by element.
    #[inline(always)]
    fn load(&mut self, settings: &Settings, posts: &PostRows<'_>, chunks: usize) -> Result<(), usize> {
        let n = chunks * LANES;
        self.chunks = chunks;
        if self.engagement.len() < chunks {
            for column in
                [&mut self.engagement, &mut self.in_window, &mut self.in_baseline, &mut self.conversions, &mut self.views, &mut self.viral]
            {
                column.fit(chunks);
            }
        }
        let as_of = posts.as_of;
        let window = as_of - settings.window_days as i32;
        let baseline = as_of - settings.viral.baseline_days as i32;
        let limits = [0, Day::MAX.days() + 1, as_of + 1, window + 1, baseline + 1];
        let (in_window, in_baseline) = (flat(&mut self.in_window, n), flat(&mut self.in_baseline, n));
        let mut bad = match posts.published {
            Times::Days(days) => time_terms(&days[..n], posts.len, limits, in_window, in_baseline),
            Times::Micros(micros) => {
                let [a, b, c, d, e] = limits;
                let limits = [micros_of(a), micros_of(b), micros_of(c), micros_of(d), micros_of(e)];
                time_terms(&micros[..n], posts.len, limits, in_window, in_baseline)
            }
        };
        let (likes, comments, shares) = (&posts.likes[..n], &posts.comments[..n], &posts.shares[..n]);
        let (saves, views) = (&posts.saves[..n], &posts.views[..n]);
        let (conversions, viewed) = (flat(&mut self.conversions, n), flat(&mut self.views, n));
        bad |= conversion_terms(shares, saves, views, posts.len, in_window, conversions, viewed);
        let engagement = flat(&mut self.engagement, n);
        bad |= engagement_terms(likes, comments, shares, posts.len, engagement, in_window, in_baseline);
        if bad != 0 {
            return Err(find_bad(posts));
        }
        Ok(())
    }

    /// Adds one platform's posts to the sums and lists its spikes.
    #[inline(always)]
    fn add(
        &mut self,
        settings: &Settings,
        posts: &PostRows<'_>,
        group: &Group,
        reach: f64,
        (member, spikes): (&[Lane], &mut SpikeSink),
        sums: &mut Sums,
    ) {
        let highest_rate = settings.fan_value.max_engagement_rate;
        if reach > 0.0 {
            let cap = reach * highest_rate / 100.0;
            let (over, rest) = if group.window_max > cap { above(cap, member, self) } else { (0.0, group.window_total) };
            // Added up as integers first, so that the order of the posts cannot show.
            sums.rates += highest_rate * over + 100.0 / reach * rest;
            sums.rated += group.window_posts;
        }
        sums.window_posts += group.window_posts;
        if group.n <= f64::from(settings.viral.min_others) {
            return;
        }
        sums.judged += group.window_posts;
        let bar = Bar::new(settings, group);
        if self.judge(&bar, member) != 0 {
            sums.viral += self.list(&bar, group, posts, spikes);
        }
        if group.window_posts > 0.0 {
            // The excess rises with engagement, so the largest is that of the largest post.
            let mean = (group.total - group.window_max) / (group.n - 1.0);
            // Where all others have none, the largest has no mean to exceed, and the rest of the window lie 100 % below theirs.
            let alone = if (group.window_max > 0.0) & (group.window_posts > 1.0) { -1.0 } else { f64::NAN };
            let relative = if mean > 0.0 { (group.window_max - mean) / mean } else { alone };
            sums.excess = if relative > sums.excess || sums.excess.is_nan() { relative } else { sums.excess };
        }
    }

    /// Marks the viral posts of the group. Not 0 where there is one.
    #[inline(always)]
    fn judge(&mut self, bar: &Bar, member: &[Lane]) -> u64 {
        let n = member.len() * LANES;
        let (member, engagement) = (&member.as_flattened()[..n], &self.engagement.as_flattened()[..n]);
        let viral = flat(&mut self.viral, n);
        let mut any = 0;
        for i in 0..n {
            let passed = bar.is_passed(engagement[i]) & (member[i] > 0.0);
            viral[i] = flag(passed);
            any |= u64::from(passed);
        }
        any
    }

    /// Lists the marked posts and returns how many of them lie in the window.
    #[inline(never)]
    fn list(&self, bar: &Bar, group: &Group, posts: &PostRows<'_>, spikes: &mut SpikeSink) -> f64 {
        let mut in_window = 0.0;
        let (viral, all) = (self.viral.as_flattened(), self.engagement.as_flattened());
        for i in (0..posts.len).filter(|&i| viral[i] > 0.0) {
            let (mean, variance) = bar.others(all[i]);
            in_window += self.in_window.as_flattened()[i];
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of posts")]
            spikes.push(PostSpike {
                row: posts.rows.get(i),
                platform: posts.platform[i],
                published: posts.published.instant(i),
                engagement: all[i],
                mean,
                sd: if variance > 0.0 { variance.sqrt() } else { 0.0 },
                others: (group.n - 1.0) as u32,
            });
        }
        in_window
    }
}

/// Sums over the platforms.
struct Sums {
    rates: f64,
    rated: f64,
    window_posts: f64,
    judged: f64,
    viral: f64,
    excess: f64,
}

impl Sums {
    #[inline(always)]
    fn new() -> Self {
        Self { rates: 0.0, rated: 0.0, window_posts: 0.0, judged: 0.0, viral: 0.0, excess: f64::NAN }
    }
}

/// Whether the first `len` posts are all on the platform.
#[inline(always)]
fn all_on(platform: u16, platforms: &[u16], len: usize) -> bool {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let mut others = 0;
    for (i, &p) in (0_u32..).zip(platforms) {
        others |= if i < len { p ^ platform } else { 0 };
    }
    others == 0
}

/// Whether every platform code has a platform.
#[inline(never)]
fn are_known(posts: &PostRows<'_>) -> bool {
    posts.platform[..posts.len].iter().all(|&p| usize::from(p) < posts.numbers.len())
}

/// The first `n` elements of a column of lanes.
#[inline(always)]
fn flat(column: &mut [Lane], n: usize) -> &mut [f64] {
    &mut column.as_flattened_mut()[..n]
}

#[inline(always)]
fn lane_sum(column: &[Lane]) -> f64 {
    let mut lanes = [0.0; LANES];
    for chunk in column {
        for i in 0..LANES {
            lanes[i] += chunk[i];
        }
    }
    reduce(lanes)
}

#[inline(always)]
fn micros_of(day: i32) -> i64 {
    i64::from(day) * MICROS_PER_DAY
}

#[inline(always)]
fn followers_of(followers: &[(u32, f64)], number: u32) -> f64 {
    for &(platform, count) in followers {
        if platform == number {
            return count;
        }
    }
    f64::NAN
}

#[cold]
fn find_bad(posts: &PostRows<'_>) -> usize {
    let bad = |x: f64| x < 0.0 || x == f64::INFINITY;
    let wrong = |i: &usize| {
        let i = *i;
        !(Day::MIN.days()..=Day::MAX.days()).contains(&posts.published.day(i))
            || usize::from(posts.platform[i]) >= posts.numbers.len()
            || [posts.likes[i], posts.comments[i], posts.shares[i], posts.saves[i], posts.views[i]].into_iter().any(bad)
    };
    (0..posts.len).find(wrong).unwrap_or(0)
}
