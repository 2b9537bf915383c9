"""Frames, daily levels and the audience index of the Polars form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl

import spec

COUNTS = ("likes", "comments", "shares", "saves", "views")
FOLLOWERS = pl.col("metric").is_in(spec.FOLLOWER_METRICS)
LISTENERS = pl.col("metric").is_in(spec.LISTENER_METRICS)
WEIGHT = pl.when(FOLLOWERS).then(1.0).when(LISTENERS).then(0.5)


@dataclass(frozen=True)
class Frames:
    """Long columns in memory."""

    rows: pl.DataFrame
    """series, day, value; in order."""
    series: pl.DataFrame
    """series, artist, platform, metric; one row per run of rows."""
    posts: pl.DataFrame
    """artist, platform, day and counts; in order."""


def take(frame: pl.LazyFrame) -> pl.DataFrame:
    """Runs a query on the streaming engine, the faster one here."""
    return frame.collect(engine="streaming")


def ordered(*names: str) -> list[pl.Expr]:
    """Columns that are known to ascend."""
    return [pl.col(name).set_sorted() for name in names]


def load(observations: Path, posts: Path | None) -> Frames:
    """Reads the files; strings become whole numbers by the runs of the sorted rows."""
    scan = pl.scan_parquet(observations)
    key = pl.struct("artist_id", "platform", "metric")
    runs = take(scan.select(key.rle().alias("run")).unnest("run"))
    series = runs.with_row_index("series").unnest("value")
    series = series.with_columns(pl.col("artist_id").rle_id().alias("artist"))
    rows = take(scan.select(pl.col("observed_at").alias("day"), "value"))
    repeated = series.select(pl.col("series").repeat_by("len").explode())
    rows = rows.with_columns(repeated["series"].set_sorted())
    empty = pl.DataFrame(
        schema={"artist": pl.UInt32, "platform": pl.String, "day": pl.Date}
    )
    post = empty.with_columns(pl.lit(0).alias(name) for name in COUNTS)
    if posts is not None:
        post = take(
            pl.scan_parquet(posts).select(
                pl.col("artist_id").rle_id().alias("run"),
                "platform",
                pl.col("published_at").dt.date().alias("day"),
                *COUNTS,
            )
        )
        ids = take(
            pl.scan_parquet(posts).select(pl.col("artist_id").rle().alias("run"))
        )
        known = series.select("artist_id", "artist").unique(maintain_order=True)
        codes = ids.unnest("run").join(
            known,
            left_on="value",
            right_on="artist_id",
            how="left",
            maintain_order="left",
        )
        post = post.with_columns(codes["artist"].gather(post["run"])).drop("run")
    return Frames(
        rows,
        series.select("series", "artist", "platform", "metric"),
        post.with_columns(ordered("artist")),
    )


def curve(knots: spec.Knots, x: pl.Expr) -> pl.Expr:
    """A piecewise-linear curve; null stays null."""
    y = pl.when(x <= knots[0][0]).then(float(knots[0][1]))
    for (x0, y0), (x1, y1) in pairwise(knots):
        y = y.when(x <= x1).then(y0 + (x - x0) * ((y1 - y0) / (x1 - x0)))
    return y.when(x > knots[-1][0]).then(float(knots[-1][1]))


# --- Series and audience index -----------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """The days of a calculation."""

    end: date
    days: int

    def after(self, back: int) -> pl.Expr:
        """Whether a day is one of the last `back` days."""
        return pl.col("day") > self.end - timedelta(days=back)


def series_means(rows: pl.LazyFrame, window: Window) -> list[pl.Expr]:
    """Means of a series over both windows."""
    value = pl.col("value")
    recent, both = window.after(window.days), window.after(2 * window.days)
    return [
        value.filter(recent).mean().alias("now"),
        value.filter(both & ~recent).mean().alias("before"),
    ]


def describe(frames: Frames, window: Window) -> pl.DataFrame:
    """One row per series: means of both windows, last value, whether it is unbroken."""
    day = pl.col("day")
    known = frames.rows.lazy().filter(day <= window.end, pl.col("value").is_not_nan())
    found = known.group_by("series", maintain_order=True).agg(
        *series_means(known, window),
        pl.col("value").last().alias("latest"),
        day.first().alias("first"),
        day.last().alias("last"),
        window.after(2 * window.days).sum().alias("days"),
    )
    start = window.end - timedelta(days=window.days - 1)
    length = (pl.lit(window.end) - pl.col("first")).dt.total_days() + 1
    stale = pl.col("last") < window.end - timedelta(days=spec.MAX_AGE)
    return take(
        found.with_columns(
            pl.when(~stale).then("latest").alias("latest"),
            unbroken=(pl.col("last") == window.end)
            & (pl.col("first") <= start)
            & (pl.col("days") == length.clip(upper_bound=2 * window.days)),
        )
        .join(frames.series.lazy(), on="series", maintain_order="left")
        .filter(WEIGHT.is_not_null())
        .with_columns(WEIGHT.alias("weight"))
    )


def alike(frames: Frames, series: pl.DataFrame) -> int | None:
    """Number of components if all artists have the same ones, unbroken."""
    artists = series["artist"].n_unique()
    each = series.height // artists
    if not series["unbroken"].all() or each * artists != frames.series.height:
        return None
    place = pl.col("series") % each
    kinds = series.select(
        pl.struct(place.alias("place"), "platform", "metric").n_unique().alias("kinds"),
        (pl.col("artist") == pl.col("series") // each).all().alias("even"),
    )
    return each if kinds["kinds"][0] == each and kinds["even"][0] else None


def sum_of_components(
    frames: Frames, series: pl.DataFrame, each: int, window: Window
) -> pl.LazyFrame:
    """Audience index up to a factor where `alike`: columns added side by side."""
    rows = frames.rows.lazy().filter(
        window.after(window.days), pl.col("day") <= window.end
    )
    weights = series["weight"][:each].to_list()
    columns = []
    for place, weight in enumerate(weights):
        part = rows if each == 1 else rows.filter(pl.col("series") % each == place)
        keys = [] if place else [(pl.col("series") // each).alias("artist"), "day"]
        columns.append(
            part.select(*keys, (weight * pl.col("value")).alias(f"x{place}"))
        )
    x = pl.sum_horizontal(f"x{place}" for place in range(each))
    return pl.concat(columns, how="horizontal").select("artist", "day", x.alias("x"))


def carried(frames: Frames, series: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Rows of all series with levels carried forward."""
    day, end = pl.col("day"), window.end
    rows = frames.rows.lazy().filter(day <= end, pl.col("value").is_not_nan())
    until = day.shift(-1).over("series").fill_null(end + timedelta(days=1))
    span = (until - day).dt.total_days().clip(upper_bound=spec.MAX_FILL + 1)
    span = pl.min_horizontal(span, (pl.lit(end) - day).dt.total_days() + 1)
    filled = rows.with_columns(span.alias("span")).with_columns(
        pl.int_ranges(0, "span").alias("back")
    )
    filled = filled.explode("back").with_columns(day + pl.duration(days="back"))
    keys = series.lazy().select("series", "artist", "weight")
    return take(filled.filter(window.after(2 * window.days)).join(keys, on="series"))


def chained(
    filled: pl.DataFrame, artists: pl.DataFrame, window: Window
) -> pl.LazyFrame:
    """Audience index by chain-linking, one day after the other; null where missing."""
    base = filled.select("artist", "series", pl.col("value").alias("base")).clear()
    index = base.select("artist", pl.lit(1.0).alias("level"))
    weighed = [
        (pl.col("weight") * pl.col(name)).sum().alias(name)
        for name in ("value", "base")
    ]
    out = []
    for back in range(window.days - 1, -1, -1):
        day = window.end - timedelta(days=back)
        now = filled.filter(pl.col("day") == day).drop("day")
        shared = now.join(base, on=["artist", "series"])
        linked = (
            shared.group_by("artist")
            .agg(weighed)
            .filter(pl.col("value") > 0, pl.col("base") > 0)
            .join(index, on="artist")
            .select("artist", pl.col("level") * pl.col("value") / pl.col("base"))
        )
        fresh = now.join(index, on="artist", how="anti").select("artist").unique()
        moved = pl.concat([linked, fresh.with_columns(pl.lit(1.0).alias("level"))])
        index = pl.concat([index.join(moved, on="artist", how="anti"), moved])
        new = now.join(moved, on="artist", how="semi")
        new = new.select("artist", "series", pl.col("value").alias("base"))
        base = pl.concat([base.join(moved, on="artist", how="anti"), new])
        out.append(
            artists.join(moved, on="artist", how="left").select(
                "artist", pl.lit(day).alias("day"), pl.col("level").alias("x")
            )
        )
    return pl.concat(out).lazy()


def general_index(
    frames: Frames, series: pl.DataFrame, window: Window
) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Series with the means of the filled days, and the audience index of any data."""
    filled = carried(frames, series, window)
    means = take(
        filled.lazy().group_by("series").agg(series_means(filled.lazy(), window))
    )
    series = series.drop("now", "before").join(
        means, on="series", how="left", maintain_order="left"
    )
    broken = series.filter(~pl.col("unbroken")).select("artist").unique()
    recent = filled.filter(window.after(window.days))
    x = (pl.col("weight") * pl.col("value")).sum().alias("x")
    whole = recent.lazy().join(broken.lazy(), on="artist", how="anti")
    whole = whole.group_by("artist", "day").agg(x)
    torn = recent.join(broken, on="artist", how="semi")
    index = pl.concat(
        [
            whole,
            chained(
                torn.select("artist", "series", "day", "value", "weight"),
                broken,
                window,
            ),
        ],
        how="vertical_relaxed",
    )
    return series, index.sort("artist", "day")
