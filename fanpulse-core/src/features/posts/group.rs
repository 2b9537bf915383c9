//! Sums over one platform's posts, and the bar that a viral post of it has to pass.

use super::{Lane, Posts};
use crate::math::{LANES, reduce};
use crate::settings::Settings;

/// Sums over one platform's posts.
pub(super) struct Group {
    pub(super) n: f64,
    pub(super) centre: f64,
    pub(super) total: f64,
    pub(super) squares: f64,
    pub(super) window_posts: f64,
    pub(super) window_total: f64,
    pub(super) window_max: f64,
}

/// What a post is judged by, the same for all of a group.
pub(super) struct Bar {
    centre: f64,
    centred_total: f64,
    squares: f64,
    share: f64,
    variance_factor: f64,
    floor: f64,
    min_lift: f64,
    min_engagement: f64,
}

impl Bar {
    #[inline(always)]
    pub(super) fn new(settings: &Settings, g: &Group) -> Self {
        let v = &settings.viral;
        Self {
            centre: g.centre,
            centred_total: g.total - g.n * g.centre,
            squares: g.squares,
            share: 1.0 / (g.n - 1.0),
            variance_factor: v.sigmas * v.sigmas,
            floor: v.sigmas * v.sd_floor,
            min_lift: v.min_lift,
            min_engagement: v.min_engagement,
        }
    }

    /// Mean and variance of the others.
    ///
    /// # Formula
    /// With d = e − c for a centre c: μ = c + (Σd − d)/(n−1), σ² = (Σd² − d²)/(n−1) − (μ − c)².
    #[inline(always)]
    pub(super) fn others(&self, e: f64) -> (f64, f64) {
        let d = e - self.centre;
        let m = (self.centred_total - d) * self.share;
        (self.centre + m, (self.squares - d * d) * self.share - m * m)
    }

    /// Whether a post is viral (`scoring.md` §4): e > μ + k·max(σ, f·μ), e ≥ r·μ and e ≥ the least engagement;
    /// compared as squares, which saves the root.
    #[inline(always)]
    pub(super) fn is_passed(&self, e: f64) -> bool {
        let (mean, variance) = self.others(e);
        let above = e - mean;
        (above > self.floor * mean)
            & (above * above > self.variance_factor * variance)
            & (e >= self.min_lift * mean)
            & (e >= self.min_engagement)
    }
}

/// Sums over the posts of one platform. Centred on a whole number near the mean, so that whole counts add up
/// exactly in any order and large ones lose no digits.
#[inline(always)]
pub(super) fn group(member: &[Lane], posts: &Posts) -> Group {
    let (mut n, mut total) = ([0.0; LANES], [0.0; LANES]);
    let mut window_max = [f64::NEG_INFINITY; LANES];
    let (mut window_posts, mut window_total) = ([0.0; LANES], [0.0; LANES]);
    let (in_window, engagement) = (&posts.in_window[..member.len()], &posts.engagement[..member.len()]);
    for k in 0..member.len() {
        for i in 0..LANES {
            let (m, e) = (member[k][i], engagement[k][i]);
            let w = m * in_window[k][i];
            n[i] += m;
            total[i] += m * e;
            window_posts[i] += w;
            window_total[i] += w * e;
            let seen = if w > 0.0 { e } else { f64::NEG_INFINITY };
            window_max[i] = if seen > window_max[i] { seen } else { window_max[i] };
        }
    }
    let (n, total) = (reduce(n), reduce(total));
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let mean = if n > 0.0 { total / n } else { 0.0 };
    let centre = if mean < 1e15 { (mean + MAGIC) - MAGIC } else { mean };
    let mut squares = [0.0; LANES];
    for k in 0..member.len() {
        for i in 0..LANES {
            let d = engagement[k][i] - centre;
            squares[i] += member[k][i] * (d * d);
        }
    }
    Group {
        n,
        centre,
        total,
        squares: reduce(squares),
        window_posts: reduce(window_posts),
        window_total: reduce(window_total),
        window_max: highest(window_max),
    }
}

/// How many posts of the window have more engagement than `cap`, and the engagement of the others.
#[inline(never)]
pub(super) fn above(cap: f64, member: &[Lane], posts: &Posts) -> (f64, f64) {
    let (mut over, mut rest) = (0.0, 0.0);
    let columns = posts.in_window.as_flattened().iter().zip(posts.engagement.as_flattened());
    for (m, (w, e)) in member.as_flattened().iter().zip(columns) {
        if m * w > 0.0 {
            if *e > cap { over += 1.0 } else { rest += e }
        }
    }
    (over, rest)
}

#[inline(always)]
fn highest(lanes: Lane) -> f64 {
    let mut highest = f64::NEG_INFINITY;
    for v in std::hint::black_box(lanes) {
        highest = if v > highest { v } else { highest };
    }
    highest
}
