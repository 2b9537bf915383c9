//! What each post adds, element by element, so that the loops vectorise.

#[inline(always)]
pub(super) fn known(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x }
}

#[inline(always)]
pub(super) fn flag(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}

/// Which posts lie in the window and in the baseline. Not 0 where a time is out of range.
#[inline(always)]
pub(super) fn time_terms<T: Copy + PartialOrd>(
    times: &[T],
    len: usize,
    [first, end, after, window, baseline]: [T; 5],
    in_window: &mut [f64],
    in_baseline: &mut [f64],
) -> u64 {
    let n = times.len();
    let (in_window, in_baseline) = (&mut in_window[..n], &mut in_baseline[..n]);
    let mut bad = 0;
    for i in 0..n {
        let t = times[i];
        let inside = i < len;
        in_window[i] = flag((t >= window) & (t < after) & inside);
        in_baseline[i] = flag((t >= baseline) & (t < after) & inside);
        bad |= u64::from(((t < first) | (t >= end)) & inside);
    }
    bad
}

/// What each post of the window adds to conversion, where it knows both sides. Not 0 where a count is out of range.
#[inline(always)]
pub(super) fn conversion_terms(
    shares: &[f64],
    saves: &[f64],
    views: &[f64],
    len: usize,
    in_window: &[f64],
    conversions: &mut [f64],
    viewed: &mut [f64],
) -> u64 {
    let n = shares.len();
    let (saves, views, in_window) = (&saves[..n], &views[..n], &in_window[..n]);
    let (conversions, viewed) = (&mut conversions[..n], &mut viewed[..n]);
    let mut bad = 0;
    for i in 0..n {
        let (s, v, w) = (shares[i], saves[i], views[i]);
        let gained = known(s) + known(v);
        let seen = known(w);
        let counts = (in_window[i] > 0.0) & !w.is_nan() & !(s.is_nan() & v.is_nan());
        conversions[i] = if counts { gained } else { 0.0 };
        viewed[i] = if counts { seen } else { 0.0 };
        bad |= u64::from(((gained + seen == f64::INFINITY) | (v < 0.0) | (w < 0.0)) & (i < len));
    }
    bad
}

/// Engagement of each post; one of which no reaction is known takes no part. Not 0 where a count is out of range.
#[inline(always)]
pub(super) fn engagement_terms(
    likes: &[f64],
    comments: &[f64],
    shares: &[f64],
    len: usize,
    engagement: &mut [f64],
    in_window: &mut [f64],
    in_baseline: &mut [f64],
) -> u64 {
    let n = likes.len();
    let (comments, shares, engagement) = (&comments[..n], &shares[..n], &mut engagement[..n]);
    let (in_window, in_baseline) = (&mut in_window[..n], &mut in_baseline[..n]);
    let mut bad = 0;
    for i in 0..n {
        let (l, c, s) = (likes[i], comments[i], shares[i]);
        let e = known(l) + known(c) + known(s);
        let counts = flag(!(l.is_nan() & c.is_nan() & s.is_nan()));
        in_window[i] *= counts;
        in_baseline[i] *= counts;
        engagement[i] = if i < len { e } else { 0.0 };
        bad |= u64::from(((e == f64::INFINITY) | (l < 0.0) | (c < 0.0) | (s < 0.0)) & (i < len));
    }
    bad
}
