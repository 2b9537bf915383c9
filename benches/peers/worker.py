"""A peer as a process of its own, driven by lines like FanPulse's.

Started as `worker.py FORM [--from-parquet] OBSERVATIONS [POSTS] AS_OF WINDOW`. It prints
`ready <artists>`, then answers each line `run <threads>` with the seconds of one run. After
`dump PATH` it writes the last scores as Parquet. From Parquet, each run reads the files again.
Imports are not timed.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

FORMS = ("numpy", "numpy_long", "polars", "duckdb")
PACKAGE = "python"
"""FanPulse's own Python package, where it is installed."""


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("form", choices=[*FORMS, PACKAGE])
    parser.add_argument("--from-parquet", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("as_of", type=date.fromisoformat)
    parser.add_argument("window", type=int)
    return parser.parse_args()


def runner(args: argparse.Namespace) -> Callable[[], dict[str, Any]]:
    """The call to be timed."""
    os.environ["PEER_THREADS"] = os.environ["POLARS_MAX_THREADS"] = str(args.threads)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # blocks of artists are the parallel unit
    observations, posts = (*args.files, None)[:2]
    where = (args.as_of, args.window)
    form = import_module(f"{args.form}_form")
    if args.from_parquet:
        return lambda: form.score_files(observations, posts, *where)
    loaded = form.load(observations, posts)
    return lambda: form.score(loaded, *where)


def dump(scores: dict[str, Any], observations: Path, path: Path) -> None:
    """Writes scores with the ids of their artists."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    ids = pq.read_table(
        observations, columns=["artist_id"], read_dictionary=["artist_id"]
    )
    names = pc.unique(ids.column("artist_id").cast(pa.string())).sort()
    pq.write_table(pa.table({"artist_id": names, **scores}), path)


def main() -> None:
    """Answers lines until the input ends."""
    args = arguments()
    run = runner(args)
    scores: dict[str, Any] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "run":
            gc.collect()
            start = perf_counter()
            scores = run()
            print(perf_counter() - start, flush=True)
        elif word == "dump":
            dump(scores, args.files[0], Path(rest))


if __name__ == "__main__":
    main()
