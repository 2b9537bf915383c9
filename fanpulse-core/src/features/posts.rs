//! Engagement, conversion and spikes of one artist's posts.

use crate::ingest::Times;
use crate::math::{LANES, reduce};
use crate::series::Rows;
use crate::settings::Settings;
use crate::time::MICROS_PER_DAY;

/// One artist's posts as column slices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostRows<'a> {
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

impl PostRows<'_> {
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.likes.len()
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.likes.is_empty()
    }
}

/// A post that rose above its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PostSpike {
    /// Row of the caller's columns.
    pub(crate) row: usize,
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

/// Scratch columns of one artist's posts, padded to whole lanes with posts that do not count.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    engagement: Vec<f64>,
    in_window: Vec<f64>,
    in_baseline: Vec<f64>,
    conversions: Vec<f64>,
    views: Vec<f64>,
    member: Vec<f64>,
}

/// Sums over one platform's posts.
struct Group {
    n: f64,
    centre: f64,
    total: f64,
    squares: f64,
    window_posts: f64,
    window_max: f64,
    capped: f64,
    uncapped: f64,
}

#[inline(always)]
fn known(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x }
}

#[inline(always)]
fn flag(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
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
        self.load(settings, posts)?;
        let mut found = PostFeatures {
            engagement: f64::NAN,
            excess: f64::NAN,
            viral_share: f64::NAN,
            conversions: lane_sum(&self.conversions),
            views: lane_sum(&self.views),
        };
        let (mut rate_sum, mut rated, mut window_posts) = (0.0, 0.0, 0.0);
        let (mut judged, mut viral, mut excess) = (0.0, 0.0, f64::NAN);
        let first = posts.platform[0];
        let one_platform = posts.platform.iter().fold(0, |bad, &p| bad | (p ^ first)) == 0;
        let mut number = if one_platform { posts.numbers[usize::from(first)] } else { lowest_above(posts, None) };
        let sink_start = spikes.len();
        loop {
            self.select(posts, (!one_platform).then_some(number));
            let reach = followers.iter().find(|f| f.0 == number).map_or(f64::NAN, |f| f.1);
            let cap = settings.fan_value.max_engagement_rate;
            let group = self.group(reach * cap / 100.0);
            if reach > 0.0 {
                // Added up as integers first, so that the order of the posts cannot show.
                rate_sum += cap * group.capped + 100.0 / reach * group.uncapped;
                rated += group.window_posts;
            }
            window_posts += group.window_posts;
            if group.n > f64::from(settings.viral.min_others) {
                judged += group.window_posts;
                viral += self.judge(settings, &group, posts, spikes);
                if group.window_posts > 0.0 {
                    let mean = (group.total - group.window_max) / (group.n - 1.0);
                    let relative = if mean > 0.0 { (group.window_max - mean) / mean } else { f64::NAN };
                    excess = if relative > excess || excess.is_nan() { relative } else { excess };
                }
            }
            if one_platform {
                break;
            }
            let next = lowest_above(posts, Some(number));
            if next == u32::MAX {
                break;
            }
            number = next;
        }
        if !one_platform {
            spikes[sink_start..].sort_unstable_by_key(|s| s.row);
        }
        if rated > 0.0 {
            found.engagement = rate_sum / rated;
        }
        if window_posts >= f64::from(settings.momentum.min_posts) && judged > 0.0 && !excess.is_nan() {
            found.excess = excess;
            found.viral_share = viral / judged;
        }
        Ok(found)
    }

    /// Fills the scratch columns, all of them element by element.
    #[inline(always)]
    fn load(&mut self, settings: &Settings, posts: &PostRows<'_>) -> Result<(), usize> {
        let n = posts.len();
        let padded = n.next_multiple_of(LANES);
        for column in
            [&mut self.engagement, &mut self.in_window, &mut self.in_baseline, &mut self.conversions, &mut self.views, &mut self.member]
        {
            if column.len() != padded {
                column.resize(padded, 0.0);
            }
            column[n..].fill(0.0);
        }
        let as_of = posts.as_of;
        let window = as_of - settings.window_days as i32;
        let baseline = as_of - settings.viral.baseline_days as i32;
        match posts.published {
            Times::Days(days) => self.load_times(&days[..n], as_of + 1, window + 1, baseline + 1),
            Times::Micros(micros) => {
                let start = |day: i32| i64::from(day) * MICROS_PER_DAY;
                self.load_times(&micros[..n], start(as_of + 1), start(window + 1), start(baseline + 1));
            }
        }
        let (likes, comments, shares) = (&posts.likes[..n], &posts.comments[..n], &posts.shares[..n]);
        let (saves, views) = (&posts.saves[..n], &posts.views[..n]);
        let (engagement, conversions, viewed) = (&mut self.engagement[..n], &mut self.conversions[..n], &mut self.views[..n]);
        let (in_window, in_baseline) = (&mut self.in_window[..n], &mut self.in_baseline[..n]);
        let mut bad = 0;
        for i in 0..n {
            let (l, c, s, v, w) = (likes[i], comments[i], shares[i], saves[i], views[i]);
            let nothing = l.is_nan() & c.is_nan() & s.is_nan();
            // One comparison finds an infinity in any of the five: all are added up, unknown ones as zero.
            let e = known(l) + known(c) + known(s);
            let all = e + known(v) + known(w);
            bad |= u64::from(!(all < f64::INFINITY))
                | u64::from(l < 0.0)
                | u64::from(c < 0.0)
                | u64::from(s < 0.0)
                | u64::from(v < 0.0)
                | u64::from(w < 0.0);
            engagement[i] = e;
            // A post of which no reaction is known takes no part in engagement.
            let counts = flag(!nothing);
            let pairs = in_window[i] * flag(!w.is_nan() & !(s.is_nan() & v.is_nan()));
            conversions[i] = pairs * (known(s) + known(v));
            viewed[i] = pairs * known(w);
            in_window[i] *= counts;
            in_baseline[i] *= counts;
        }
        let platforms = posts.numbers.len();
        if bad != 0 || posts.platform.iter().any(|&p| usize::from(p) >= platforms) {
            return Err(self.find_bad(posts));
        }
        Ok(())
    }

    #[inline(always)]
    fn load_times<T: Copy + PartialOrd>(&mut self, times: &[T], after: T, window: T, baseline: T) {
        let (in_window, in_baseline) = (&mut self.in_window[..times.len()], &mut self.in_baseline[..times.len()]);
        for (i, &t) in times.iter().enumerate() {
            in_window[i] = flag((t >= window) & (t < after));
            in_baseline[i] = flag((t >= baseline) & (t < after));
        }
    }

    #[cold]
    fn find_bad(&self, posts: &PostRows<'_>) -> usize {
        let bad = |x: f64| x < 0.0 || x == f64::INFINITY;
        let wrong = |i: &usize| {
            let i = *i;
            usize::from(posts.platform[i]) >= posts.numbers.len()
                || [posts.likes[i], posts.comments[i], posts.shares[i], posts.saves[i], posts.views[i]].into_iter().any(bad)
        };
        (0..posts.len()).find(wrong).unwrap_or(0)
    }

    /// Marks the baseline's posts of one platform, or of all where there is only one.
    #[inline(always)]
    fn select(&mut self, posts: &PostRows<'_>, number: Option<u32>) {
        self.member.copy_from_slice(&self.in_baseline);
        if let Some(number) = number {
            for (member, &p) in self.member.iter_mut().zip(posts.platform) {
                *member *= flag(posts.numbers[usize::from(p)] == number);
            }
        }
    }

    /// Sums over the selected posts. Centred on a whole number near the mean, so that whole counts add up
    /// exactly in any order and large ones lose no digits.
    #[inline(always)]
    fn group(&self, cap: f64) -> Group {
        let (mut n, mut total) = ([0.0; LANES], [0.0; LANES]);
        let mut window_max = [f64::NEG_INFINITY; LANES];
        let (mut window_posts, mut capped, mut uncapped) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let len = self.member.len();
        let (member, in_window, engagement) = (&self.member[..len], &self.in_window[..len], &self.engagement[..len]);
        for start in (0..len).step_by(LANES) {
            for l in 0..LANES {
                let (m, e) = (member[start + l], engagement[start + l]);
                let w = m * in_window[start + l];
                n[l] += m;
                total[l] += m * e;
                window_posts[l] += w;
                let over = if e > cap { w } else { 0.0 };
                capped[l] += over;
                uncapped[l] += (w - over) * e;
                let seen = if w > 0.0 { e } else { f64::NEG_INFINITY };
                window_max[l] = if seen > window_max[l] { seen } else { window_max[l] };
            }
        }
        let (n, total) = (reduce(n), reduce(total));
        const MAGIC: f64 = 6_755_399_441_055_744.0;
        let mean = if n > 0.0 { total / n } else { 0.0 };
        let centre = if mean < 1e15 { (mean + MAGIC) - MAGIC } else { mean };
        let mut squares = [0.0; LANES];
        for start in (0..len).step_by(LANES) {
            for l in 0..LANES {
                let d = engagement[start + l] - centre;
                squares[l] += member[start + l] * (d * d);
            }
        }
        Group {
            n,
            centre,
            total,
            squares: reduce(squares),
            window_posts: reduce(window_posts),
            window_max: window_max.into_iter().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a }),
            capped: reduce(capped),
            uncapped: reduce(uncapped),
        }
    }

    /// Judges every selected post against the others (`scoring.md` §4) and returns how many of the window are viral.
    ///
    /// # Formula
    /// With d = e − c for a centre c: μ = c + (Σd − d)/(n−1), σ² = (Σd² − d²)/(n−1) − (μ − c)². Viral where
    /// e > μ + k·max(σ, f·μ), e ≥ r·μ and e ≥ the least engagement; squared, which saves the root.
    #[inline(always)]
    fn judge(&mut self, settings: &Settings, g: &Group, posts: &PostRows<'_>, spikes: &mut SpikeSink) -> f64 {
        let v = &settings.viral;
        let share = 1.0 / (g.n - 1.0);
        let centred_total = g.total - g.n * g.centre;
        let variance_factor = v.sigmas * v.sigmas;
        let floor = v.sigmas * v.sd_floor;
        let (mut in_window_viral, mut any) = ([0.0; LANES], 0);
        let len = self.member.len();
        let (member, in_window, engagement) = (&mut self.member[..len], &self.in_window[..len], &self.engagement[..len]);
        for start in (0..len).step_by(LANES) {
            for l in 0..LANES {
                let e = engagement[start + l];
                let d = e - g.centre;
                let m = (centred_total - d) * share;
                let variance = (g.squares - d * d) * share - m * m;
                let mean = g.centre + m;
                let above = e - mean;
                let viral = (above > floor * mean)
                    & (above * above > variance_factor * variance)
                    & (e >= v.min_lift * mean)
                    & (e >= v.min_engagement)
                    & (member[start + l] > 0.0);
                let viral_flag = flag(viral);
                member[start + l] = viral_flag;
                in_window_viral[l] += viral_flag * in_window[start + l];
                any |= u64::from(viral);
            }
        }
        if any != 0 {
            for i in 0..posts.len() {
                if self.member[i] > 0.0 {
                    let e = self.engagement[i];
                    let d = e - g.centre;
                    let m = (centred_total - d) * share;
                    let variance = (g.squares - d * d) * share - m * m;
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of posts")]
                    spikes.push(PostSpike {
                        row: posts.rows.get(i),
                        engagement: e,
                        mean: g.centre + m,
                        sd: if variance > 0.0 { variance.sqrt() } else { 0.0 },
                        others: (g.n - 1.0) as u32,
                    });
                }
            }
        }
        reduce(in_window_viral)
    }
}

#[inline(always)]
fn lane_sum(padded: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    for chunk in padded.chunks_exact(LANES) {
        for l in 0..LANES {
            lanes[l] += chunk[l];
        }
    }
    reduce(lanes)
}

/// The least platform number of the posts above the given one; `u32::MAX` where there is none.
fn lowest_above(posts: &PostRows<'_>, above: Option<u32>) -> u32 {
    posts.platform.iter().map(|&p| posts.numbers[usize::from(p)]).filter(|&p| above.is_none_or(|a| p > a)).min().unwrap_or(u32::MAX)
}
