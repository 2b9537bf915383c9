"""Times FanPulse against the NumPy, Polars and DuckDB forms of the same scores.

Each side is a process of its own that runs when it is told to (see `worker.py`). After one
warm-up the two sides of a pair run in turn; a ratio is the median over the rounds of peer time by
FanPulse time. `threads` are the peer's and FanPulse's. Without `--worker`, only the peers are run.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

import agree
import data
from side import Side, peer_command
from worker import PACKAGE


@dataclass(frozen=True)
class Pair:
    """A peer and the threads of both sides."""

    form: str
    threads: int
    ours: int


PEERS = (
    Pair("numpy", 1, 1),
    Pair("numpy", 2, 2),
    Pair("numpy", 1, 2),
    Pair("numpy_long", 1, 1),
    Pair("numpy_long", 1, 2),
    Pair("polars", 2, 2),
    Pair("duckdb", 2, 2),
    *([Pair(PACKAGE, 2, 2)] if find_spec("fanpulse") else []),
)
"""NumPy works on one thread by itself; on two, the script's own pool shares out blocks of artists."""


@dataclass(frozen=True)
class Timing:
    """Seconds of both sides, round by round; FanPulse's are empty without a worker."""

    peer: list[float]
    ours: list[float]
    peer_memory: float | None
    our_memory: float | None


def alternate(peer: Side, ours: Side | None, pair: Pair, rounds: int) -> Timing:
    """One warm-up, then rounds in alternation."""
    ours_seconds, peer_seconds = [], []
    for _ in range(rounds + 1):
        if ours is not None:
            ours_seconds.append(ours.run(pair.ours))
        peer_seconds.append(peer.run(pair.threads))
    memory = ours.peak_memory() if ours is not None else None
    return Timing(peer_seconds[1:], ours_seconds[1:], peer.peak_memory(), memory)


def megabytes(value: float | None) -> str:
    """Memory as text."""
    return "-" if value is None else f"{value:.0f} MB"


def report(pair: Pair, artists: int, timing: Timing) -> None:
    """One row of the table."""
    peer = artists / median(timing.peer)
    row = f"{pair.form:10} {f'{pair.threads} : {pair.ours}':>7} {peer:12,.0f}"
    if timing.ours:
        ratios = [p / o for p, o in zip(timing.peer, timing.ours, strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        row += f" {artists / median(timing.ours):12,.0f} {spread:>20}"
    else:
        row += f" {'-':>12} {'-':>20}"
    print(
        f"{row} {megabytes(timing.peer_memory):>9} {megabytes(timing.our_memory):>9}",
        flush=True,
    )


def compare(args: argparse.Namespace, kind: str, folder: Path) -> bool:
    """Checks and times one data set; whether all agree."""
    files = data.write(data.Shape(args.artists, kind), folder)
    want, agreed = None, True
    for read in (False, True):
        print(f"\n{kind}: {'Parquet files' if read else 'columns in memory'} -> scores")
        print(
            f"{'peer':10} {'threads':>7} {'artists/s':>12} {'FanPulse':>12}"
            f" {'ratio (range)':>20} {'peak':>9} {'FanPulse':>9}"
        )
        with ExitStack() as stack:
            ours = None
            if args.worker:
                ours = stack.enter_context(Side([str(args.worker)], files, read=read))
                want = ours.scores(folder, 2)
            for pair in PEERS:
                command = peer_command(pair.form, pair.threads)
                with Side(command, files, read=read) as peer:
                    got = peer.scores(folder, pair.threads)
                    want = want or got
                    found = agree.array_differences(got, want)
                    agreed &= not found
                    timing = alternate(peer, ours, pair, args.rounds)
                report(pair, args.artists, timing)
                for line in found:
                    print(f"  DIFFERS: {line}")
    if args.fanpulse:
        whole_process(args, files, folder)
    return agreed


def whole_process(args: argparse.Namespace, files: data.Files, folder: Path) -> None:
    """Times the command line from start to exit, Parquet in and out."""
    paths = [str(p) for p in (files.observations, files.posts) if p is not None]
    words = [str(args.fanpulse), "score", *paths, "--as-of", data.AS_OF.isoformat()]
    words += ["--window", str(data.WINDOW), "--format", "parquet"]
    words += ["--out", str(folder / "whole.parquet")]
    seconds = []
    for _ in range(args.rounds + 1):
        start = perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        seconds.append(perf_counter() - start)
    speed = args.artists / median(seconds[1:])
    print(f"`fanpulse score`, whole process: {speed:,.0f} artists/s")


def main() -> None:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artists", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--worker", type=Path, help="FanPulse's worker of this comparison"
    )
    parser.add_argument(
        "--fanpulse", type=Path, help="the fanpulse binary, timed as a whole"
    )
    parser.add_argument("--kind", choices=sorted(data.COMPONENTS), action="append")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kinds = args.kind or list(data.COMPONENTS)
        agreed = [compare(args, kind, Path(folder)) for kind in kinds]
    print(f"\nAll sides agree to 1e-9: {'yes' if all(agreed) else 'NO'}")
    if not all(agreed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
