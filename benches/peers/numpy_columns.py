"""Long columns in memory for the NumPy form, read from Parquet."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Array = np.ndarray
MICROSECONDS_A_DAY = 86_400_000_000
THREADS = int(os.environ.get("PEER_THREADS", "2"))
pa.set_cpu_count(THREADS)
COUNTS = ("likes", "comments", "shares", "saves", "views")


@dataclass(frozen=True)
class Columns:
    """Long columns in memory, strings as whole-number codes."""

    artist_ids: pa.Array
    platforms: list[str]
    components: list[tuple[int, str]]
    """Platform code and metric of each component code."""
    artist: Array
    component: Array
    day: Array
    value: Array
    post_artist: Array
    post_platform: Array
    post_day: Array
    counts: dict[str, Array]


def read(path: Path, strings: list[str], others: list[str]) -> pa.Table:
    """Columns of a file, `strings` with one dictionary each."""
    table = pq.read_table(path, columns=strings + others, read_dictionary=strings)
    return table.unify_dictionaries()


def filled(table: pa.Table, types: dict[str, str]) -> dict[str, Array]:
    """Columns as NumPy arrays, codes for strings; row groups are converted in parallel."""
    out = {name: np.empty(table.num_rows, dtype=t) for name, t in types.items()}
    batches = table.to_batches()
    offset = np.cumsum([0] + [batch.num_rows for batch in batches])

    def convert(i: int) -> None:
        for name in types:
            column = batches[i].column(name)
            if pa.types.is_dictionary(column.type):
                column = column.indices
            elif pa.types.is_date32(column.type):
                column = column.view(pa.int32())
            elif pa.types.is_timestamp(column.type):
                column = column.view(pa.int64())
                column = pc.divide(column, MICROSECONDS_A_DAY)
            out[name][offset[i] : offset[i + 1]] = column.to_numpy(zero_copy_only=False)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(convert, range(len(batches))))
    return out


def names_of(table: pa.Table, column: str) -> pa.Array:
    """Dictionary of a column with one dictionary."""
    return table.column(column).chunk(0).dictionary


def load(observations: Path, posts: Path | None) -> Columns:
    """Reads the files into memory."""
    table = read(
        observations, ["artist_id", "platform", "metric"], ["observed_at", "value"]
    )
    artist_ids = names_of(table, "artist_id")
    platforms = names_of(table, "platform").to_pylist()
    metrics = names_of(table, "metric").to_pylist()
    components = [(p, m) for p in range(len(platforms)) for m in metrics]
    types = {"artist_id": "i4", "platform": "i1", "metric": "i1"}
    c = filled(table, types | {"observed_at": "i4", "value": "f8"})
    component = c["platform"] * np.int8(len(metrics)) + c["metric"]
    post = {"artist_id": "i4", "platform": "i1", "published_at": "i4"}
    post |= dict.fromkeys(COUNTS, "f8")
    if posts is None:
        p = {name: np.zeros(0, dtype=t) for name, t in post.items()}
    else:
        table = read(posts, ["artist_id", "platform"], ["published_at", *COUNTS])
        p = filled(table, post)
        same = pc.index_in(names_of(table, "artist_id"), value_set=artist_ids)
        p["artist_id"] = same.to_numpy()[p["artist_id"]]
        names = names_of(table, "platform").to_pylist()
        platforms += [name for name in names if name not in platforms]
        code = np.array([platforms.index(name) for name in names])
        p["platform"] = code[p["platform"]]
    return Columns(
        artist_ids,
        platforms,
        components,
        c["artist_id"],
        component,
        c["observed_at"],
        c["value"],
        p["artist_id"],
        p["platform"],
        p["published_at"],
        {name: p[name] for name in COUNTS},
    )


def blocks(c: Columns, size: int) -> list[Columns]:
    """Cuts the rows into blocks of `size` artists."""
    edges = np.arange(0, len(c.artist_ids) + size, size)
    # Of the columns' own type, or these are converted to that of the edges.
    row = np.searchsorted(c.artist, edges.astype(c.artist.dtype))
    post = np.searchsorted(c.post_artist, edges.astype(c.post_artist.dtype))
    out = []
    for i in range(edges.size - 1):
        r, p = slice(row[i], row[i + 1]), slice(post[i], post[i + 1])
        out.append(
            Columns(
                c.artist_ids,
                c.platforms,
                c.components,
                c.artist[r],
                c.component[r],
                c.day[r],
                c.value[r],
                c.post_artist[p],
                c.post_platform[p],
                c.post_day[p],
                {name: column[p] for name, column in c.counts.items()},
            )
        )
    return [block for block in out if block.artist.size]
