"""Seeded data for the peer comparison, written as Parquet.

Observations are sorted by artist, then platform and metric, then day; posts by artist, then
platform and time. Values are random walks of whole numbers stored as floats.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = date(2026, 2, 28)
WINDOW = 30
DAYS = 60
POSTS = 20
ROW_GROUP = 1_000_000
MICROSECONDS_A_DAY = 86_400_000_000
COMPONENTS = {
    "full": [
        ("spotify", "followers"),
        ("spotify", "monthly_listeners"),
        ("tiktok", "followers"),
    ],
    "one-metric": [("spotify", "followers")],
}


@dataclass(frozen=True)
class Shape:
    """Size of a data set."""

    artists: int
    kind: str = "full"
    """A key of `COMPONENTS`; posts are written for `full` only."""
    gaps: float = 0.0
    """Share of artists with missing days, a late start or an early end, for checks."""
    seed: int = 20260228


@dataclass(frozen=True)
class Files:
    """Where a data set was written."""

    observations: Path
    posts: Path | None


def codes(names: list[str], index: np.ndarray) -> pa.DictionaryArray:
    """A dictionary-encoded string column."""
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), pa.array(names))


def walks(rng: np.random.Generator, artists: int, components: int) -> np.ndarray:
    """Values by artist, component and day: drift per artist, noise per day, whole numbers."""
    start = np.exp(rng.normal(10.0, 2.0, (artists, components, 1))) + 50.0
    drift = rng.normal(0.0008, 0.004, (artists, 1, 1))
    bend = rng.normal(0.0, 0.003, (artists, 1, 1)) * np.linspace(0.0, 1.0, DAYS) ** 2
    noise = rng.normal(0.0, 0.001, (artists, components, DAYS))
    return np.rint(start * np.exp(np.cumsum(drift + bend + noise, axis=2)))


def kept_days(rng: np.random.Generator, shape: Shape, artists: int) -> np.ndarray:
    """Which values exist, by artist, component and day."""
    components = len(COMPONENTS[shape.kind])
    keep = np.ones((artists, components, DAYS), dtype=bool)
    holed = rng.random(artists) < shape.gaps
    some = rng.random((artists, components, 1))
    day = np.arange(DAYS)
    start = rng.integers(0, DAYS, (artists, components, 1))
    holes = rng.random((artists, components, DAYS)) < rng.choice(
        [0.02, 0.3, 0.7], (artists, components, 1)
    )
    keep[holed] &= ~holes[holed]
    keep[holed] &= (day >= np.where(some < 0.4, start, 0))[holed]
    keep[holed] &= (day < np.where(some > 0.8, start, DAYS))[holed]
    keep[~keep.any(axis=(1, 2)), 0, 0] = True
    return keep


def observation_table(
    names: list[str], shape: Shape, values: np.ndarray, keep: np.ndarray
) -> pa.Table:
    """Rows of a block of artists."""
    components = COMPONENTS[shape.kind]
    platforms = sorted({platform for platform, _ in components})
    metrics = sorted({metric for _, metric in components})
    artist, component, day = (axis.astype(np.int32) for axis in np.nonzero(keep))
    platform = np.array([platforms.index(p) for p, _ in components], dtype=np.int32)
    metric = np.array([metrics.index(m) for _, m in components], dtype=np.int32)
    first = (AS_OF - date(1970, 1, 1)).days - DAYS + 1
    return pa.table(
        {
            "artist_id": codes(names, artist),
            "platform": codes(platforms, platform[component]),
            "metric": codes(metrics, metric[component]),
            "observed_at": pa.array(day + first, pa.int32()).cast(pa.date32()),
            "value": values[keep],
        }
    )


def post_table(
    rng: np.random.Generator, names: list[str], followers: np.ndarray
) -> pa.Table:
    """Posts of a block of artists, spread over `DAYS`, now and then with a spike."""
    artists = len(names)
    end = int(datetime.combine(AS_OF, datetime.min.time(), UTC).timestamp()) * 10**6
    day = np.sort(rng.integers(0, DAYS, (artists, POSTS)), axis=1)
    time = end - (DAYS - 1 - day) * MICROSECONDS_A_DAY
    time += rng.integers(0, MICROSECONDS_A_DAY // POSTS, (artists, POSTS))
    time += np.arange(POSTS) * (MICROSECONDS_A_DAY // POSTS)
    rate = np.exp(rng.normal(-4.0, 0.7, (artists, 1)))
    level = followers[:, None] * rate * np.exp(rng.normal(0.0, 0.4, (artists, POSTS)))
    spike = rng.random((artists, POSTS)) < 0.03
    level = np.where(spike, level * rng.uniform(3.0, 30.0, level.shape), level)
    likes = np.rint(0.88 * level).astype(np.int64)
    columns = {
        "likes": likes,
        "comments": np.rint(0.07 * level).astype(np.int64),
        "shares": np.rint(0.05 * level).astype(np.int64),
        "saves": np.rint(0.04 * level).astype(np.int64),
        "views": likes * rng.integers(8, 40, level.shape) + 10,
    }
    artist = np.repeat(np.arange(artists, dtype=np.int32), POSTS)
    ids = [f"{name}-{i}" for name in names for i in range(POSTS)]
    return pa.table(
        {
            "artist_id": codes(names, artist),
            "platform": codes(["tiktok"], np.zeros(artist.size, dtype=np.int32)),
            "post_id": pa.array(ids),
            "published_at": pa.array(time.ravel(), pa.timestamp("us", tz="UTC")),
            **{name: column.ravel() for name, column in columns.items()},
        }
    )


class Sink:
    """Parquet file that is written in full row groups."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Appends rows as row groups."""
        if self.writer is None:
            strings = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
            plain = pa.schema(
                [
                    pa.field(f.name, pa.string() if f.name in strings else f.type)
                    for f in table.schema
                ]
            )
            self.writer = pq.ParquetWriter(
                self.path,
                plain,
                compression="zstd",
                use_dictionary=[*strings, "observed_at"],
            )
        self.writer.write_table(
            table.cast(self.writer.schema), row_group_size=ROW_GROUP
        )

    def close(self) -> None:
        """Finishes the file."""
        if self.writer is not None:
            self.writer.close()


def write(shape: Shape, folder: Path) -> Files:
    """Writes the files of a data set; the same shape gives the same rows."""
    rng = np.random.default_rng(shape.seed)
    components = COMPONENTS[shape.kind]
    observations = Sink(folder / f"observations-{shape.kind}.parquet")
    posts = Sink(folder / f"posts-{shape.kind}.parquet")
    block = max(1, ROW_GROUP // (len(components) * DAYS))
    for first in range(0, shape.artists, block):
        count = min(block, shape.artists - first)
        names = [f"a{i:06d}" for i in range(first, first + count)]
        values = walks(rng, count, len(components))
        keep = kept_days(rng, shape, count)
        observations.write(observation_table(names, shape, values, keep))
        if shape.kind == "full":
            posts.write(post_table(rng, names, values[:, -1, -1]))
    observations.close()
    posts.close()
    return Files(observations.path, posts.path if shape.kind == "full" else None)


def main() -> None:
    """Writes a data set into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--artists", type=int, default=100_000)
    parser.add_argument("--kind", choices=sorted(COMPONENTS), default="full")
    parser.add_argument("--gaps", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=Shape.seed)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    files = write(Shape(args.artists, args.kind, args.gaps, args.seed), args.folder)
    for path in (files.observations, files.posts):
        if path is not None:
            print(path, f"{path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
