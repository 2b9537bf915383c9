"""Polars form of the scores of all artists at once: expressions on two threads.

Assumes what a script for this data would assume: rows sorted by artist, component, day, at most
one value per key, levels only (no flows or counters, so conversion is that of the posts and there
is no fall-back to streams). Sorted runs stand for hashed keys. Where every artist has the same
components without a missing day, the columns of the components are added side by side; that way
is valid for complete data only. Other data are carried forward and chain-linked day by day.

The number of threads is that of the environment variable `POLARS_MAX_THREADS`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

import spec
from agree import KEYS
from polars_frames import (
    FOLLOWERS,
    LISTENERS,
    Frames,
    Window,
    alike,
    curve,
    describe,
    general_index,
    load,
    ordered,
    sum_of_components,
    take,
)
from polars_momentum import momentum

__all__ = ["load", "score", "score_files"]

Scores = dict[str, np.ndarray]


def growth_and_reach(series: pl.DataFrame) -> pl.LazyFrame:
    """Raw growth and reach by artist."""
    both = pl.col("now").is_not_null() & pl.col("before").is_not_null()
    ratios = []
    for kind in (FOLLOWERS, LISTENERS):
        now = pl.col("now").filter(both & kind).sum()
        before = pl.col("before").filter(both & kind).sum()
        ratios.append(pl.when(before > 0).then(100.0 * (now / before - 1.0)))
    weighed = pl.col("weight") * pl.col("latest")
    return (
        series.lazy()
        .group_by("artist")
        .agg(
            pl.mean_horizontal(*ratios).alias("growth"),
            pl.when(weighed.count() > 0).then(weighed.sum()).alias("reach"),
        )
    )


def post_scores(
    posts: pl.DataFrame, series: pl.DataFrame, window: Window
) -> pl.LazyFrame:
    """Viral posts, viral potential, engagement and conversion by artist."""
    followers = (
        series.lazy()
        .filter(FOLLOWERS)
        .group_by("artist", "platform")
        .agg(pl.col("latest").sum().alias("followers"))
    )
    e, n = pl.col("e"), pl.col("n")
    kept = take(
        posts.lazy()
        .filter(window.after(spec.BASELINE_DAYS), pl.col("day") <= window.end)
        .select(
            "artist",
            "platform",
            pl.struct("artist", "platform").rle_id().alias("key"),
            (pl.col("likes") + pl.col("comments") + pl.col("shares"))
            .cast(pl.Float64)
            .alias("e"),
            (pl.col("saves") + pl.col("shares")).alias("saved"),
            "views",
            window.after(window.days).alias("recent"),
        )
        .with_columns(ordered("artist", "key"))
    )
    groups = take(
        kept.lazy()
        .group_by("key", maintain_order=True)
        .agg(
            pl.col("artist", "platform").first(),
            pl.len().cast(pl.Float64).alias("n"),
            e.sum().alias("total"),
            e.var(ddof=0).alias("variance"),
        )
        .join(followers, on=["artist", "platform"], how="left", maintain_order="left")
        .drop("key", "artist", "platform")
    )
    others = n - 1.0
    away = e - pl.col("total") / n
    spread = (pl.col("variance") - away * away / others) * n / others
    mu, sd = pl.col("mu"), pl.col("sd")
    viral = (
        (e > mu + 2.0 * pl.max_horizontal(sd, 0.1 * mu)) & (e >= 1.5 * mu) & (e >= 10.0)
    )
    recent, known = pl.col("recent"), pl.col("recent") & pl.col("judged")
    rated = recent & (pl.col("followers") > 0)
    rate = (100.0 * e / pl.col("followers")).clip(upper_bound=100.0)
    return (
        kept.hstack(groups[kept["key"]])
        .lazy()
        .with_columns(
            ((pl.col("total") - e) / others).alias("mu"),
            spread.clip(lower_bound=0.0).sqrt().alias("sd"),
            (n > spec.MIN_OTHERS).alias("judged"),
        )
        .with_columns(
            (pl.col("judged") & viral).alias("viral"),
            pl.when(known & (mu > 0)).then((e - mu) / mu).alias("excess"),
            pl.when(rated).then(rate).alias("rate"),
        )
        .with_columns(ordered("artist"))
        .group_by("artist")
        .agg(
            pl.col("viral").sum().alias("viral_posts"),
            recent.sum().alias("posts"),
            pl.col("viral").filter(known).mean().alias("share"),
            pl.col("excess").max(),
            pl.col("rate").mean().alias("engagement"),
            pl.col("saved").filter(recent).sum(),
            pl.col("views").filter(recent).sum(),
        )
        .with_columns(
            pl.when(pl.col("views") > 0)
            .then(100.0 * pl.col("saved") / pl.col("views"))
            .alias("conversion"),
            pl.when(pl.col("posts") >= spec.MIN_POSTS, pl.col("excess").is_not_null())
            .then(
                pl.max_horizontal(
                    curve(spec.EXCESS, pl.col("excess")),
                    curve(spec.VIRAL_SHARE, pl.col("share")),
                )
            )
            .alias("viral_potential"),
        )
    )


def totals(frame: pl.LazyFrame) -> pl.LazyFrame:
    """FVS, momentum index and breakout from their components."""
    y = {name: curve(spec.FVS_CURVES[name], pl.col(name)) for name in spec.FVS_WEIGHTS}
    total = sum(w * y[name].fill_null(0.0) for name, w in spec.FVS_WEIGHTS.items())
    cover = sum(
        w * pl.col(name).is_not_null().cast(pl.Float64)
        for name, w in spec.FVS_WEIGHTS.items()
    )
    enough = pl.col("cover") >= spec.MIN_COVERAGE
    w = spec.MOMENTUM_WEIGHTS
    viral = pl.col("viral_potential")
    weighed = (
        w["velocity"] * pl.col("velocity")
        + w["acceleration"] * pl.col("acceleration").fill_null(5.0)
        + w["consistency"] * pl.col("consistency").fill_null(5.0)
        + w["viral_potential"] * viral.fill_null(0.0)
    )
    weight = sum(w.values()) - w["viral_potential"] * viral.is_null().cast(pl.Float64)
    low = (weighed - pl.col("below")) / weight
    high = (weighed + pl.col("above")) / weight
    met = sum(
        (pl.col(name) >= low).fill_null(False).cast(pl.Int8)
        for name, low in spec.INDICATORS.items()
    )
    chance = met.replace_strict(
        list(range(len(spec.BREAKOUT))), spec.BREAKOUT, return_dtype=pl.Float64
    )
    moving = pl.col("velocity").is_not_null()
    return frame.with_columns(
        total.alias("total"),
        cover.alias("cover"),
        pl.when(moving).then(viral).alias("viral_potential"),
        pl.col("viral_posts").fill_null(0),
    ).with_columns(
        pl.when(enough).then(pl.col("total") / pl.col("cover")).alias("fvs"),
        pl.when(enough).then("cover").alias("coverage"),
        (weighed / weight).alias("momentum"),
        low.clip(lower_bound=0.0).alias("momentum_low"),
        high.clip(upper_bound=10.0).alias("momentum_high"),
        pl.when(moving).then(chance).alias("breakout"),
    )


def score(frames: Frames, as_of: date, days: int) -> Scores:
    """Scores of all artists."""
    window = Window(as_of, days)
    series = describe(frames, window)
    each = alike(frames, series)
    if each is None:
        series, index = general_index(frames, series, window)
    else:
        index = take(sum_of_components(frames, series, each, window)).lazy()
    joined = growth_and_reach(series)
    for part in (
        momentum(index, window, complete=each is not None),
        post_scores(frames.posts, series, window),
    ):
        joined = joined.join(part, on="artist", how="left")
    result = take(totals(joined).sort("artist").select(KEYS))
    return {
        key: result[key].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for key in KEYS
    }


def score_files(
    observations: Path, posts: Path | None, as_of: date, window: int
) -> Scores:
    """Scores of all artists of Parquet files."""
    return score(load(observations, posts), as_of, window)
