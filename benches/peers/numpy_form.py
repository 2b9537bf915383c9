"""NumPy form of the scores of all artists at once, over sorted long columns.

Assumes what a script for this data would assume: rows sorted by artist, component, day, at most
one value per key, levels only (no flows or counters, so conversion is that of the posts and there
is no fall-back to streams). Complete data are seen as a matrix without a copy; other data are
scattered into one, carried forward and added up by `np.add.reduceat` (`numpy_long_form.py`: all).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

import spec
from numpy_columns import THREADS, Array, Columns, blocks, load
from numpy_momentum import interpolate, momentum, present_mean

__all__ = ["load", "score", "score_files"]

Scores = dict[str, Array]
EPOCH = date(1970, 1, 1)


# --- Levels ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Levels:
    """Daily levels by series (artist and component), ascending."""

    artist: Array
    component: Array
    days: Array
    """Filled values of the 2 W days up to `as_of` by series; NaN where missing."""
    latest: Array
    """Last raw value, NaN when it is too old."""
    complete: bool
    """No value is missing and every artist has the same components."""


def dense_length(c: Columns, end: int, window: int) -> int | None:
    """Days of each series if all series hold the same unbroken days up to `end`.

    As rows are sorted and unique, the ends of each block of rows tell what is between.
    """
    rows = c.value.size
    if rows == 0 or c.day[0] > end - 2 * window + 1:
        return None
    length = end - int(c.day[0]) + 1
    if rows % length:
        return None
    blocks = c.day.reshape(-1, length)
    artist = c.artist.reshape(-1, length)
    component = c.component.reshape(-1, length)
    same = (
        (blocks[:, 0] == c.day[0]).all()
        and (blocks[:, -1] == end).all()
        and (artist[:, 0] == artist[:, -1]).all()
        and (component[:, 0] == component[:, -1]).all()
    )
    return length if same else None


def levels(c: Columns, end: int, window: int, *, view: bool) -> Levels:
    """Daily levels, a view where the data are complete and one is wanted."""
    length = dense_length(c, end, window) if view else None
    if length is not None:
        days = c.value.reshape(-1, length)
        artist, component = c.artist[::length], c.component[::length]
        each = component.size // (artist[-1] - artist[0] + 1)
        square = artist.size % each == 0 and (
            (component.reshape(-1, each) == component[:each]).all()
            and (np.diff(artist[::each]) == 1).all()
            and (artist.reshape(-1, each)[:, -1] == artist[::each]).all()
        )
        wide = days[:, -2 * window :]
        return Levels(artist, component, wide, days[:, -1], bool(square))
    artist, component, day, value = c.artist, c.component, c.day, c.value
    keep = (day <= end) & ~np.isnan(value)
    if not keep.all():
        artist, component = artist[keep], component[keep]
        day, value = day[keep], value[keep]
    new = np.ones(artist.size, dtype=bool)
    new[1:] = (artist[1:] != artist[:-1]) | (component[1:] != component[:-1])
    start = np.flatnonzero(new)
    last = np.append(start[1:], artist.size) - 1
    grid = np.full((start.size, 2 * window + spec.MAX_FILL), np.nan)
    width = grid.shape[1]
    first = end - width + 1
    place = np.repeat(np.arange(start.size) * width - first, last + 1 - start)
    place += day
    inside = day >= first
    if inside.all():
        grid.ravel()[place] = value
    else:
        grid.ravel()[place[inside]] = value[inside]
    filled = grid[:, spec.MAX_FILL :]
    if np.isnan(filled).any():
        filled = filled.copy()
        for back in range(1, spec.MAX_FILL + 1):
            before = grid[:, spec.MAX_FILL - back : width - back]
            np.copyto(filled, before, where=np.isnan(filled))
    latest = np.where(end - day[last] <= spec.MAX_AGE, value[last], np.nan)
    return Levels(artist[start], component[start], filled, latest, False)


def growth(
    lv: Levels, kinds: list[Array], first: int, artists: int, window: int
) -> Array:
    """Mean growth of followers and of listeners by artist, in %."""
    if lv.complete:
        halves = np.repeat(np.eye(2), window, axis=0) / window
        before, now = (lv.days @ halves).T
    else:
        before, now = present_mean(lv.days.reshape(-1, 2, window), 2)[0].T
    both = ~np.isnan(now) & ~np.isnan(before)
    parts = []
    for kind in kinds:
        pick = kind[lv.component] & both
        row = lv.artist[pick] - first
        top = np.bincount(row, now[pick], artists)
        bottom = np.bincount(row, before[pick], artists)
        parts.append(100.0 * (ratio_of(top, bottom) - 1.0))
    return present_mean(np.stack(parts), 0)[0]


def audience_index(
    lv: Levels, weight: Array, first: int, artists: int, window: int
) -> Array:
    """Audience index by day and artist up to a factor, NaN where missing."""
    days = lv.days[:, -window:]
    if lv.complete:
        each = lv.artist.size // artists
        w = weight[lv.component[:each]]
        sums = np.einsum("c,acd->ad", w, days.reshape(artists, each, window))
        return np.ascontiguousarray(sums.T)
    audience = weight[lv.component] > 0
    row, w = lv.artist[audience] - first, weight[lv.component[audience]][:, None]
    days = days[audience]
    index = np.full((artists, window), np.nan)
    if row.size:
        start = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        whole = ~np.logical_or.reduceat(np.isnan(days).any(axis=1), start)
        sums = np.add.reduceat(w * days, start, axis=0)
        whole &= (sums > 0).all(axis=1)
        index[row[start[whole]]] = sums[whole]
        if not whole.all():
            sizes = np.diff(np.append(start, row.size))
            series = np.repeat(~whole, sizes)
            groups = np.append(0, np.cumsum(sizes[~whole])[:-1])
            index[row[start[~whole]]] = chain(days[series], w[series], groups)
    return np.ascontiguousarray(index.T)


def chain(days: Array, weight: Array, start: Array) -> Array:
    """Chain-linked index of artists with missing days, day by day."""
    sizes = np.diff(np.append(start, days.shape[0]))
    index = np.full((start.size, days.shape[1]), np.nan)
    base = np.full(days.shape[0], np.nan)
    level = np.full(start.size, np.nan)
    w = weight[:, 0]
    for t in range(days.shape[1]):
        now = days[:, t]
        shared = ~np.isnan(now) & ~np.isnan(base)
        top = np.add.reduceat(np.where(shared, w * now, 0.0), start)
        bottom = np.add.reduceat(np.where(shared, w * base, 0.0), start)
        linked = (top > 0) & (bottom > 0)
        fresh = np.isnan(level) & np.logical_or.reduceat(~np.isnan(now), start)
        ratio = np.divide(top, bottom, out=np.ones(start.size), where=linked)
        level = np.where(fresh, 1.0, np.where(linked, level * ratio, level))
        moved = linked | fresh
        index[moved, t] = level[moved]
        base = np.where(np.repeat(moved, sizes), now, base)
    return index


# --- Posts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PostScores:
    """What the posts give, by artist."""

    viral: Array
    potential: Array
    engagement: Array
    conversion: Array


def ratio_of(top: Array, bottom: Array) -> Array:
    """Quotient where the denominator is positive, else NaN."""
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)


def post_scores(
    c: Columns, followers: Array, first: int, end: int, window: int
) -> PostScores:
    """Viral posts, viral potential, engagement and conversion by artist.

    `followers` holds the latest followers by artist and platform.
    """
    artists = followers.shape[0]
    keep = (c.post_day > end - spec.BASELINE_DAYS) & (c.post_day <= end)
    counts = c.counts
    row, platform, day = c.post_artist - first, c.post_platform, c.post_day
    if not keep.all():
        row, platform, day = row[keep], platform[keep], day[keep]
        counts = {name: column[keep] for name, column in counts.items()}
    if row.size == 0:
        none = np.full(artists, np.nan)
        return PostScores(np.zeros(artists), none, none, none)
    e = counts["likes"] + counts["comments"]
    e += counts["shares"]

    new = np.append(True, row[1:] != row[:-1])
    owner = np.flatnonzero(new)
    new[1:] |= platform[1:] != platform[:-1]
    start = np.flatnonzero(new)
    size = np.diff(np.append(start, row.size))
    total = np.add.reduceat(e, start)
    d = e - np.repeat(total / size, size)
    d *= d
    squares = np.add.reduceat(d, start)
    others = np.maximum(size - 1.0, 1.0)
    others_each = np.repeat(others, size)
    mu = (np.repeat(total, size) - e) / others_each
    d *= np.repeat(-size / others, size)
    d += np.repeat(squares, size)
    d /= others_each
    sd = np.sqrt(np.maximum(d, 0.0, out=d), out=d)
    viral = e > mu + 2.0 * np.maximum(sd, 0.1 * mu)
    viral &= (e >= 1.5 * mu) & (e >= 10.0)
    judged = size > spec.MIN_OTHERS
    recent = day > end - window
    known = recent
    if not judged.all():
        judged = np.repeat(judged, size)
        viral &= judged
        known = recent & judged

    def by_artist(x: Array, ufunc: np.ufunc = np.add, empty: float = 0.0) -> Array:
        out = np.full(artists, empty)
        out[row[owner]] = ufunc.reduceat(x, owner, dtype=np.float64)
        return out

    share = ratio_of(by_artist(known & viral), by_artist(known))
    excess = np.where(known & (mu > 0), (e - mu) / mu, -np.inf)
    top = by_artist(excess, np.maximum, -np.inf)
    potential = np.maximum(
        interpolate(spec.EXCESS, top), interpolate(spec.VIRAL_SHARE, share)
    )
    posts = by_artist(recent)
    potential[(posts < spec.MIN_POSTS) | np.isinf(top)] = np.nan
    fans = followers.ravel()[row * followers.shape[1] + platform]
    rated = recent & (fans > 0)
    rate = np.where(rated, np.minimum(100.0, 100.0 * e / fans), 0.0)
    saved = np.where(recent, counts["saves"] + counts["shares"], 0.0)
    views = np.where(recent, counts["views"], 0.0)
    return PostScores(
        by_artist(viral),
        potential,
        ratio_of(by_artist(rate), by_artist(rated)),
        100.0 * ratio_of(by_artist(saved), by_artist(views)),
    )


# --- Scores ------------------------------------------------------------------------------------


def fan_value_score(parts: dict[str, Array]) -> Scores:
    """FVS and coverage by artist from raw component values."""
    total, coverage = 0.0, 0.0
    for name, w in spec.FVS_WEIGHTS.items():
        y = interpolate(spec.FVS_CURVES[name], parts[name])
        here = ~np.isnan(y)
        total = total + w * np.where(here, y, 0.0)
        coverage = coverage + w * here
    enough = coverage >= spec.MIN_COVERAGE
    fvs = ratio_of(total, np.where(enough, coverage, 0.0))
    return {"fvs": fvs, "coverage": np.where(enough, coverage, np.nan)}


@np.errstate(divide="ignore", invalid="ignore")
def score_block(c: Columns, end: int, window: int, *, view: bool) -> Scores:
    """Scores of the artists of one block of rows."""
    first, artists = int(c.artist[0]), int(c.artist[-1] - c.artist[0]) + 1
    metrics = [metric for _, metric in c.components]
    kinds = [
        np.array([m in names for m in metrics])
        for names in (spec.FOLLOWER_METRICS, spec.LISTENER_METRICS)
    ]
    weight = kinds[0] + 0.5 * kinds[1]
    lv = levels(c, end, window, view=view)
    row = lv.artist - first
    w = weight[lv.component]
    known = ~np.isnan(lv.latest) & (w > 0)
    reach = np.bincount(row[known], (w * lv.latest)[known], artists)
    reach[np.bincount(row[known], minlength=artists) == 0] = np.nan
    platform = np.array([p for p, _ in c.components])[lv.component]
    fans = known & kinds[0][lv.component]
    width = len(c.platforms)
    followers = np.bincount(
        (row * width + platform)[fans], lv.latest[fans], artists * width
    ).reshape(artists, width)
    post = post_scores(c, followers, first, end, window)
    index = audience_index(lv, weight, first, artists, window)
    scores = fan_value_score(
        {
            "engagement": post.engagement,
            "growth": growth(lv, kinds, first, artists, window),
            "reach": reach,
            "conversion": post.conversion,
        }
    )
    scores |= momentum(index, post.potential)
    met = sum(
        (scores[name] >= low).astype(int) for name, low in spec.INDICATORS.items()
    )
    chance = np.array(spec.BREAKOUT)[met]
    scores["breakout"] = np.where(np.isnan(scores["momentum"]), np.nan, chance)
    scores["viral_posts"] = post.viral
    return scores


def score(
    columns: Columns,
    as_of: date,
    window: int,
    *,
    threads: int = THREADS,
    block: int = 8192,
    view: bool = True,
) -> Scores:
    """Scores of all artists, in blocks that fit the cache, on `threads` threads."""
    end = (as_of - EPOCH).days
    cut = blocks(columns, block)
    if threads == 1:
        parts = [score_block(c, end, window, view=view) for c in cut]
    else:
        with ThreadPoolExecutor(threads) as pool:
            one = partial(score_block, end=end, window=window, view=view)
            parts = list(pool.map(one, cut))
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def score_files(
    observations: Path,
    posts: Path | None,
    as_of: date,
    window: int,
    *,
    view: bool = True,
) -> Scores:
    """Reads the files and scores all artists."""
    return score(load(observations, posts), as_of, window, view=view)
