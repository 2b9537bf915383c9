"""Times FanPulse's Python package beside the Rust batch on the same data, Polars and NumPy.

All sides hold their columns in memory and run in turn, round by round; a ratio is the median over
the rounds. `threads` are the side's and the package's. `run.sh package` installs the wheel that
`make packages` has built.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import agree
import data
from side import Side, peer_command
from worker import PACKAGE

MOST, LEAST = 1.15, 8.0
"""The package may take so many times the Rust batch's time, and the peers must take so many times its own."""


@dataclass(frozen=True)
class Row:
    """A side and its threads."""

    name: str
    threads: int
    is_peer: bool = True

    def ratio(self, seconds: float, package: float) -> float:
        """What is compared with the bound: the time of the slower side by that of the faster."""
        return seconds / package if self.is_peer else package / seconds


def rows(threads: int) -> list[Row]:
    """What runs beside the package on so many threads: NumPy also alone, on one."""
    forms = [Row("rust", threads, is_peer=False)]
    forms += [Row(form, threads) for form in ("polars", "numpy", "numpy_long")]
    alone = [Row(form, 1) for form in ("numpy", "numpy_long")]
    return forms + (alone if threads > 1 else [])


def seconds_of(sides: list[tuple[Row, Side]], rounds: int) -> list[list[float]]:
    """Seconds of all sides, round by round, after one warm-up."""
    taken = [[side.run(row.threads) for row, side in sides] for _ in range(rounds + 1)]
    return [list(column) for column in zip(*taken[1:], strict=True)]


def compare(args: argparse.Namespace, kind: str, threads: int, folder: Path) -> bool:
    """Runs all sides on one data set; whether their scores agree."""
    files = data.write(data.Shape(args.artists, kind), folder)
    beside = rows(threads)
    everyone = [Row(PACKAGE, threads), *beside]
    with ExitStack() as stack:
        sides = []
        for row in everyone:
            command = peer_command(row.name, row.threads)
            if not row.is_peer:
                command = [str(args.worker)]
            sides.append((row, stack.enter_context(Side(command, files, read=False))))
        scores = [side.scores(folder, row.threads) for row, side in sides]
        package, *others = seconds_of(sides, args.rounds)
    print(f"\n{kind}, {args.artists:,} artists: columns in memory -> scores")
    print(f"{'side':10} {'threads':>7} {'artists/s':>12} {'ratio (range)':>20}  wanted")
    print(f"{PACKAGE:10} {threads:7} {args.artists / median(package):12,.0f}")
    agreed = True
    for row, seconds, got in zip(beside, others, scores[1:], strict=True):
        ratios = [row.ratio(s, p) for s, p in zip(seconds, package, strict=True)]
        bound = f"at least {LEAST:g}" if row.is_peer else f"at most {MOST:g}"
        what = "its time / the package's" if row.is_peer else "the package's time / its"
        spread = f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        print(
            f"{row.name:10} {f'{row.threads} : {threads}':>7}"
            f" {args.artists / median(seconds):12,.0f} {spread:>20}  {bound}: {what}",
            flush=True,
        )
        for line in agree.array_differences(scores[0], got):
            agreed = False
            print(f"  DIFFERS: {line}")
    return agreed


def main() -> None:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artists", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--worker", type=Path, required=True, help="FanPulse's worker")
    parser.add_argument("--kind", choices=sorted(data.COMPONENTS), action="append")
    parser.add_argument("--threads", type=int, choices=(1, 2), action="append")
    args = parser.parse_args()
    agreed = True
    with tempfile.TemporaryDirectory() as folder:
        for kind in args.kind or data.COMPONENTS:
            for threads in args.threads or (1, 2):
                agreed &= compare(args, kind, threads, Path(folder))
    print(f"\nAll sides agree to 1e-9: {'yes' if agreed else 'NO'}")
    if not agreed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
