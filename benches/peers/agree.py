"""Comparison of results: one artist's in full, and all artists' as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

Array = np.ndarray
KEYS = (
    "fvs",
    "coverage",
    "momentum",
    "momentum_low",
    "momentum_high",
    "velocity_se",
    "velocity",
    "acceleration",
    "consistency",
    "viral_potential",
    "breakout",
    "viral_posts",
)
"""Columns of a result: component scores, not raw values; NaN where there is none."""


def differences(got: Any, want: Any, path: str = "") -> list[str]:
    """Places where two results differ by more than 1e-9 relative."""
    if isinstance(want, dict) and isinstance(got, dict):
        keys = sorted(set(want) | set(got))
        return [
            d for k in keys for d in differences(got.get(k), want.get(k), f"{path}.{k}")
        ]
    if isinstance(want, (int, float)) and isinstance(got, (int, float)):
        same = math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-12)
    else:
        same = got == want
    return [] if same else [f"{path}: got {got!r}, want {want!r}"]


def read_scores(path: Path) -> dict[str, Array]:
    """Dumped scores in the order of their artists."""
    table = pq.read_table(path).sort_by("artist_id")
    return {key: table.column(key).to_numpy().astype(np.float64) for key in KEYS}


def array_differences(got: Mapping[str, Array], want: Mapping[str, Array]) -> list[str]:
    """Columns whose values differ by more than 1e-9 relative; NaN stands for no score."""
    out = []
    for key in KEYS:
        a = np.asarray(got[key], dtype=np.float64)
        b = np.asarray(want[key], dtype=np.float64)
        if a.shape != b.shape:
            out.append(f"{key}: {a.shape} values, want {b.shape}")
            continue
        wrong = np.flatnonzero(~np.isclose(a, b, rtol=1e-9, atol=1e-11, equal_nan=True))
        if wrong.size:
            i = wrong[0]
            out.append(
                f"{key}: {wrong.size} differ, first {i}: {a[i]!r}, want {b[i]!r}"
            )
    return out
