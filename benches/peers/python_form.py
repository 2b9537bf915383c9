"""FanPulse's own Python package as one more side: what a data team gets, from the same Parquet files.

Needs the wheel in the environment of the comparison: `make packages`, then `pip install` it there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

os.environ.setdefault("RAYON_NUM_THREADS", os.environ.get("PEER_THREADS", "2"))

import fanpulse  # noqa: E402  (its threads are started as the variable says)

CODED = ["artist_id", "platform", "metric"]
COLUMNS = {
    "fvs": "fvs",
    "coverage": "fvs_coverage",
    "momentum": "momentum",
    "momentum_low": "momentum_low",
    "momentum_high": "momentum_high",
    "velocity_se": "velocity_se",
    "velocity": "velocity_score",
    "acceleration": "acceleration_score",
    "consistency": "consistency_score",
    "viral_potential": "viral_potential_score",
    "breakout": "breakout",
    "viral_posts": "viral_posts",
}
"""Columns of the package by the keys of `agree.py`."""

Tables = tuple[pa.Table, pa.Table | None]


def load(observations: Path, posts: Path | None) -> Tables:
    """Tables with their ids as whole-number codes, each column in one piece."""

    def read(path: Path) -> pa.Table:
        return pq.read_table(path, read_dictionary=CODED).unify_dictionaries().combine_chunks()

    return read(observations), None if posts is None else read(posts)


def score(tables: Tables, as_of: date, window: int) -> Lazy:
    """Scores of all artists, as columns that are made when they are looked at."""
    return Lazy(fanpulse.score(*tables, as_of=as_of, window_days=window))


class Lazy(Mapping[str, Any]):
    """The columns of a result; the other sides' runs end with arrays in memory, this one's with the engine's columns."""

    def __init__(self, scores: fanpulse.Scores) -> None:
        self.scores = scores

    def __iter__(self) -> Iterator[str]:
        """The keys of `agree.py`."""
        return iter(COLUMNS)

    def __len__(self) -> int:
        """How many there are."""
        return len(COLUMNS)

    def __getitem__(self, key: str) -> np.ndarray:
        """A column by its key, NaN where there is no score."""
        table = self.scores.to_arrow().sort_by("artist_id")
        values = table.column(COLUMNS[key]).to_numpy().astype(np.float64)
        if key == "coverage":
            return np.where(np.isnan(table.column("fvs").to_numpy()), np.nan, values)
        return values


def score_files(observations: Path, posts: Path | None, as_of: date, window: int) -> Lazy:
    """Scores of all artists of Parquet files."""
    return score(load(observations, posts), as_of, window)
