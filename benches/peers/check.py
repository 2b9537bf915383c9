"""Checks the fast forms against `plain.py`, on complete data and on data with gaps.

Every artist of the small data sets is checked.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

import data
import plain
from agree import KEYS, array_differences
from side import Side
from spec import MOMENTUM_WEIGHTS
from worker import FORMS

Rows = dict[str, list[dict[str, Any]]]


def by_artist(path: Path | None, instant: str) -> Rows:
    """Rows of a file by artist, instants as text."""
    rows: Rows = defaultdict(list)
    for row in [] if path is None else pq.read_table(path).to_pylist():
        rows[row["artist_id"]].append(row | {instant: row[instant].isoformat()})
    return rows


def row_of(result: dict[str, Any]) -> dict[str, float]:
    """One artist's results as the columns of the fast forms."""
    fvs, momentum = result["fvs"] or {}, result["momentum"] or {}
    parts = momentum.get("components", {})
    row = {name: parts.get(name, {}).get("score") for name in MOMENTUM_WEIGHTS}
    row |= {name: fvs.get(name) for name in ("fvs", "coverage")}
    row |= {name: momentum.get(name) for name in ("momentum", "velocity_se")}
    row["momentum_low"], row["momentum_high"] = momentum.get("interval") or (None, None)
    row["breakout"] = result.get("breakout", {}).get("probability")
    row["viral_posts"] = len(result["viral_posts"])
    return {key: np.nan if row[key] is None else row[key] for key in KEYS}


def plain_scores(files: data.Files, as_of: date, window: int) -> dict[str, np.ndarray]:
    """Scores of all artists of a small data set, one by one."""
    observations = by_artist(files.observations, "observed_at")
    posts = by_artist(files.posts, "published_at")
    rows = [
        row_of(plain.score(observations[i], posts[i], as_of.isoformat(), window))
        for i in sorted(observations)
    ]
    return {key: np.array([row[key] for row in rows]) for key in KEYS}


def main() -> None:
    """Runs all checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artists", type=int, default=200)
    parser.add_argument("--window", type=int, default=data.WINDOW, help="at least 14")
    parser.add_argument(
        "--worker", type=Path, help="FanPulse's worker, checked as well"
    )
    args = parser.parse_args()
    failed = False
    for kind in data.COMPONENTS:
        for gaps in (0.0, 0.6):
            with tempfile.TemporaryDirectory() as folder:
                files = data.write(data.Shape(args.artists, kind, gaps), Path(folder))
                want = plain_scores(files, data.AS_OF, args.window)
                if args.worker:
                    with Side(
                        [str(args.worker)], files, read=False, window=args.window
                    ) as side:
                        found = array_differences(side.scores(Path(folder), 2), want)
                    failed |= bool(found)
                    label = f"{kind}, gaps {gaps}, FanPulse"
                    print(f"{label}: {'; '.join(found) or 'agrees'}")
                for name in FORMS:
                    form = import_module(f"{name}_form")
                    where = (files.observations, files.posts)
                    runs = {
                        "memory": form.score(
                            form.load(*where), data.AS_OF, args.window
                        ),
                        "files": form.score_files(*where, data.AS_OF, args.window),
                    }
                    for source, got in runs.items():
                        found = array_differences(got, want)
                        failed |= bool(found)
                        label = f"{kind}, gaps {gaps}, {name} from {source}"
                        print(f"{label}: {'; '.join(found) or 'agrees'}")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
