"""Momentum index of the Polars form: components, 90 % interval, standard error of velocity.

The interval is that of `interval.py`, as expressions over one row per artist.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from math import sqrt
from operator import add

import polars as pl

import spec
from polars_frames import Window, curve, ordered

NAMES = "v u k d1 d2 dk noise df c b rv ra p h2 e x t".split()
"""What the interval is made of, by the names of `interval.py`; `d` is one by a week's days."""


def wide_measures(index: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    """One row per artist of a complete index: means of weeks and of terms, and their numbers.

    The days of an artist stand side by side, so that nothing is grouped.
    """
    days = window.days
    x = [pl.col(f"x{t}") for t in range(days)]
    change = [pl.col(f"c{t}") for t in range(7, days)]
    side_by_side = [
        pl.col("x").gather_every(days, t).alias(f"x{t}") for t in range(days)
    ]
    weeks = range(1, days // 7 + 1)
    means = [
        (total(x[days - 7 * k : days - 7 * k + 7]) / 7.0).alias(f"m{k}") for k in weeks
    ]
    bends, changes, risen = [], [], []
    for left, middle, right in zip(x, x[1:], x[2:], strict=False):
        bends.append(((right - middle) - (middle - left)) / middle)
    for t in range(7, days):
        gain, tie = x[t] - x[t - 7], spec.TIE * pl.max_horizontal(x[t], x[t - 7])
        risen.append((gain > tie).cast(pl.Int8) + (gain >= -tie).cast(pl.Int8))
        changes.append((gain / (x[t] + x[t - 7])).alias(f"c{t}"))
    steps = [now - before for before, now in pairwise(change)]
    numbers = dict.fromkeys((f"n{k}" for k in weeks), 7)
    numbers |= {"pairs": days - 7, "chains": days - 14}
    numbers |= {"bends": days - 2, "steps": days - 8}
    return (
        index.select(pl.col("artist").gather_every(days), *side_by_side)
        .with_columns(changes)
        .select(
            "artist",
            *means,
            (total(risen) / (2.0 * len(risen))).alias("rise"),
            (total([b * b for b in bends]) / len(bends)).alias("bend"),
            (total([s * s for s in steps]) / len(steps)).alias("step"),
            *(pl.lit(float(n)).alias(name) for name, n in numbers.items()),
        )
    )


def total(parts: Sequence[pl.Expr]) -> pl.Expr:
    """A sum without a zero before it."""
    return reduce(add, parts)


def terms(index: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    """What each day adds to the sums of its artist; null where a day before it is missing."""
    x = pl.col("x")
    day_before, week_before = x.shift(1), x.shift(7)
    tie = spec.TIE * pl.max_horizontal(x, week_before)
    gain = x - week_before
    rise = pl.when(gain > tie).then(1.0).when(gain >= -tie).then(0.5)
    rise = rise.when(gain.is_not_null()).then(0.0)
    bend = ((x - day_before) - (day_before - x.shift(2))) / day_before
    change = gain / (x + week_before)
    step = change - change.shift(1)
    back = (pl.lit(window.end) - pl.col("day")).dt.total_days()

    def within(days: int, term: pl.Expr) -> pl.Expr:
        """A term that looks so many days back, where these lie in the window."""
        return pl.when(pl.col("back") < window.days - days).then(term)

    return index.with_columns(back.cast(pl.Int32).alias("back")).select(
        "artist",
        "x",
        (pl.col("back") // 7 + 1).cast(pl.Int8).alias("week"),
        within(7, rise).alias("rise"),
        within(2, bend * bend).alias("bend"),
        within(8, step * step).alias("step"),
        within(14, gain + x.shift(14)).alias("chain"),
    )


def long_measures(index: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    """The same of an index with missing days."""
    counted = (("rise", "pairs"), ("bend", "bends"), ("step", "steps"))
    sums = [pl.col(name).mean() for name, _ in counted]
    counts = [pl.col(name).count().alias(many) for name, many in counted]
    counts.append(pl.col("chain").count().alias("chains"))
    enough = []
    for k in range(1, window.days // 7 + 1):
        week = pl.col("x").filter(pl.col("week") == k)
        sums.append(week.mean().alias(f"m{k}"))
        counts.append(week.count().alias(f"n{k}"))
        few = pl.col(f"n{k}") < spec.MIN_WEEK_DAYS
        enough.append(pl.when(~few).then(f"m{k}").alias(f"m{k}"))
    return (
        terms(index, window)
        .with_columns(ordered("artist"))
        .group_by("artist")
        .agg(*sums, *(n.cast(pl.Float64) for n in counts))
        .with_columns(enough)
    )


def momentum(index: pl.LazyFrame, window: Window, *, complete: bool) -> pl.LazyFrame:
    """Velocity, acceleration and consistency by artist, and what the interval is made of.

    `index` holds every day of the window of each artist, in order; if it is `complete`, no day
    is missing and none need be counted.
    """
    weeks = range(window.days // 7, 2, -1)
    col = pl.col
    v = 100.0 * ((col("m1") / col("m2")).pow(1.0 / 7.0) - 1.0)
    rates = [
        100.0 * ((col("m2") / col(f"m{k}")).pow(1.0 / (7 * (k - 2))) - 1.0)
        for k in weeks
    ]
    there = [col(f"m{k}").is_not_null() for k in weeks]
    far = [pl.when(w).then(float(k)) for w, k in zip(there, weeks, strict=True)]
    part = [
        pl.when(w).then(1.0 / col(f"n{k}")) for w, k in zip(there, weeks, strict=True)
    ]
    weekly = col("steps") >= spec.MIN_WEEKLY
    curved = pl.when(col("bends") >= spec.MIN_SECOND).then(col("bend") / 6.0)
    return (
        (wide_measures if complete else long_measures)(index, window)
        .with_columns(
            v.alias("v"),
            pl.coalesce(*rates, pl.lit(None, pl.Float64)).alias("u"),
            pl.coalesce(*far, 3.0).alias("k"),
            (1.0 / col("n1")).alias("d1"),
            (1.0 / col("n2")).alias("d2"),
            pl.coalesce(*part, 0.0).alias("dk"),
            pl.when(col("pairs") >= spec.MIN_PAIRS).then("rise").alias("p"),
            curved.alias("curved"),
            pl.when(weekly).then("step").otherwise(curved).alias("noise"),
            pl.when(weekly)
            .then(spec.WEEKLY_DF * col("steps"))
            .otherwise(spec.CURVATURE_DF * col("bends"))
            .alias("df"),
        )
        .filter(col("v").is_not_null())
        .with_columns(
            curve(spec.VELOCITY, col("v")).alias("velocity"),
            curve(spec.ACCELERATION, col("v") - col("u")).alias("acceleration"),
            (10.0 * col("p")).alias("consistency"),
            (
                (100.0 + col("v"))
                / 7.0
                * (col("curved") * (col("d1") + col("d2"))).sqrt()
            ).alias("velocity_se"),
        )
        .pipe(sides, window)
        .select(
            "artist",
            "velocity",
            "acceleration",
            "consistency",
            "velocity_se",
            "below",
            "above",
        )
    )


def overlap(days: pl.Expr) -> pl.Expr:
    """A number of days as a part of a week."""
    return days.clip(0.0, 7.0) / 7.0


def sides(frame: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    """How far the ends lie below and above the index, times the weight behind it.

    Null where the noise is not known.
    """
    v, u, k, d1, d2, dk, noise, df, c, b, rv, ra, p, h2, e, x, t = (
        pl.col(name) for name in NAMES
    )
    none = pl.col("acceleration").is_null()
    pairs, chains = pl.col("pairs"), pl.col("chains")
    q = (spec.Z_95 + spec.T_1 / df + spec.T_2 / (df * df)) * noise.sqrt()
    steps = pl.when(none).then(1.0).otherwise(k - 1.0)
    growth = 0.07 * pl.when(none).then(v).otherwise((v + (k - 2.0) * u) / steps)
    tau = (d1 + pl.when(none).then(d2).otherwise(dk)) / (2.0 * steps * steps)
    h2_of = growth * growth / (2.0 * noise) / (1.0 + 2.0 * tau)
    phi = pl.max_horizontal(spec.PHI_0 * e, 1.5 * x)
    shared = 2.0 * chains * x * x * (1.0 + 4.0 / 3.0 * x) / (pairs * pairs)
    w = spec.Z_95 * 10.0 * spec.MOMENTUM_WEIGHTS["consistency"]
    square = w * w * (x / pairs - shared).clip(lower_bound=0.0)
    o2, ok = overlap(pl.lit(21.0 - window.days)), overlap(7.0 * k + 7.0 - window.days)
    da = (t * (c + (c + b) * o2 - b * ok) / ra).clip(lower_bound=0.0)
    known = p.is_not_null()
    r = (c * c * d1 + c * (c + b) * d2) / (rv * ra)
    ends = []
    for sign, name in ((-1.0, "below"), (1.0, "above")):
        reach = sign * pl.col("q")
        limit = curve(spec.VELOCITY, v + reach * rv)
        one = spec.MOMENTUM_WEIGHTS["velocity"] * (limit - pl.col("velocity")).abs()
        limit = curve(spec.ACCELERATION, v - u + reach * ra)
        two = (limit - pl.col("acceleration")).abs().fill_null(0.0)
        two = spec.MOMENTUM_WEIGHTS["acceleration"] * two
        ends += [one.alias(f"{name} v"), two.alias(f"{name} a")]
    last = []
    for name in ("below", "above"):
        one, two = pl.col(f"{name} v"), pl.col(f"{name} a")
        both = pl.col("r") * one * two + pl.col("dv") * one + pl.col("da") * two
        far = (one * one + two * two + pl.col("square") + 2.0 * both).sqrt()
        exact = noise < spec.SIGMA_ZERO**2
        last.append(pl.when(exact).then(0.0).otherwise(far).alias(name))
    return (
        frame.with_columns(
            u.fill_null(0.0), ((100.0 + v) / 7.0).alias("c"), q.alias("q")
        )
        # Delta method: standard errors per unit of σ.
        .with_columns(((100.0 + u) / (7.0 * (k - 2.0))).alias("b"))
        .with_columns(
            (c * (d1 + d2).sqrt()).alias("rv"),
            (c * c * d1 + (c + b) * (c + b) * d2 + b * b * dk).sqrt().alias("ra"),
            # P(risen) = Φ(h) for the weekly growth over √2σ.
            pl.min_horizontal(h2_of, spec.MAX_H2).alias("h2"),
        )
        .with_columns((-0.5 * h2).exp().alias("e"), r.alias("r"), *ends)
        .with_columns(
            pl.max_horizontal(0.25 * e / (1.0 + h2 / 8.0), p * (1.0 - p)).alias("x")
        )
        .with_columns(
            pl.when(known).then(w * sqrt(0.5) * phi / pairs).otherwise(0.0).alias("t"),
            pl.when(known).then(square).otherwise(0.0).alias("square"),
        )
        .with_columns(
            (t * c * (1.0 + o2) / rv).alias("dv"),
            pl.when(none).then(0.0).otherwise(da).alias("da"),
        )
        # Both ends, by MOVER.
        .with_columns(*last)
    )
