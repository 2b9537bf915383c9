"""Times FanPulse's models against lifetimes, scikit-learn and Polars on the same data.

The peer runs here, FanPulse in a process of its own; in each round they run in turn with the same
number of threads, and before a ratio is printed their figures must agree. A ratio is the median
over the rounds of peer time by FanPulse time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

THREADS = 2
"""Of Polars and of FanPulse beside it; lifetimes and scikit-learn use one, and so does FanPulse there."""
os.environ["POLARS_MAX_THREADS"] = str(THREADS)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

AS_OF = np.datetime64("2026-03-31")
PIECE = 1 << 20
"""Events that are made at a time."""
RIDGE, FEATURES = 0.01, 20
CDNOW = Path(__file__).parents[3] / "shared/data/fans/cdnow_customers_summary.csv"


@dataclass(frozen=True)
class Task:
    """One comparison: what FanPulse is told, the peer's run, how near the figures must be."""

    name: str
    line: str
    peer: Callable[[], tuple[float, list[float]]]
    tolerance: float
    threads: int = 1
    rounds: int = 3
    columns: int = 0
    """Bytes of the input, where FanPulse's peak memory is to be told in units of them."""


def clocked(work: Callable[[], list[float]]) -> tuple[float, list[float]]:
    """Seconds and result."""
    start = perf_counter()
    figures = work()
    return perf_counter() - start, figures


def save(folder: Path, columns: dict[str, np.ndarray]) -> None:
    """Raw little-endian columns."""
    for name, values in columns.items():
        values.astype(values.dtype.newbyteorder("<"), copy=False).tofile(folder / name)


def histories(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers of a BG/NBD process: frequency, recency and age in weeks."""
    random = np.random.default_rng(1)
    age = random.uniform(27, 39, n)
    rate, leave = random.gamma(0.25, 1 / 4.4, n), random.beta(0.8, 2.4, n)
    visits, stays = random.poisson(rate * age), random.geometric(leave)
    frequency = np.minimum(visits, stays)
    # The k-th of v arrival times within the age is age · Beta(k, v − k + 1).
    share = random.beta(np.maximum(frequency, 1), np.maximum(visits - frequency, 0) + 1)
    return frequency.astype(float), np.where(frequency > 0, age * share, 0.0), age


def btyd(folder: Path, name: str, columns: tuple[np.ndarray, ...], rounds: int) -> list[Task]:
    """Fit and prediction by lifetimes."""
    import pandas as pd
    from lifetimes import BetaGeoFitter

    x, recency, age = columns
    save(folder, {f"{name}-x": x, f"{name}-tx": recency, f"{name}-T": age})

    def fit() -> list[float]:
        fitted = BetaGeoFitter(penalizer_coef=0.0).fit(x, recency, age)
        return [float(fitted.params_[k]) for k in ("r", "alpha", "a", "b")]

    published = BetaGeoFitter()
    published.params_ = pd.Series({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})

    def predict() -> list[float]:
        alive = published.conditional_probability_alive(x, recency, age)
        expected = published.conditional_expected_number_of_purchases_up_to_time(
            39, x, recency, age
        )
        return [float(np.sum(alive)), float(np.sum(expected))]

    n = f"{len(x):,} fans"
    return [
        Task(f"lifetimes: BG/NBD fit, {n}", f"fit {name}", lambda: clocked(fit), 2e-3, 1, rounds),
        Task(f"lifetimes: P(alive), expected, {n}", f"predict {name}", lambda: clocked(predict), 1e-9),
    ]


def kmeans(folder: Path, n: int) -> Task:
    """Five clusters of the scaled logarithms, three starts each."""
    from sklearn.cluster import KMeans

    random = np.random.default_rng(2)
    kinds = np.array([[3, 60, 90], [5, 20, 0], [40, 8, 10], [70, 2, 0], [80, 3, 60]], float)
    rfm = np.floor(kinds[random.integers(0, 5, n)] * random.lognormal(0, 0.25, (n, 3)))
    save(folder, {"rfm": rfm})

    def work() -> list[float]:
        logs = np.log1p(rfm)
        scaled = (logs - logs.mean(0)) / logs.std(0)
        found = KMeans(5, n_init=3, max_iter=100, tol=1e-4, random_state=1).fit(scaled)
        return sorted(np.bincount(found.labels_).astype(float).tolist())

    return Task(f"scikit-learn: KMeans(5), {n:,} fans", "kmeans 0", lambda: clocked(work), 5e-2)


def logistic(folder: Path, n: int) -> Task:
    """The same penalised likelihood, solved by Newton's method on both sides."""
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(3)
    x = random.normal(size=(n, FEATURES)) * random.uniform(0.1, 10, FEATURES)
    signal = (x / x.std(0))[:, ::2].sum(1) * 0.5 - 2
    y = (random.random(n) < 1 / (1 + np.exp(-signal))).astype(float)
    save(folder, {"logistic-x": x, "logistic-y": y})

    def work() -> list[float]:
        scaled = (x - x.mean(0)) / x.std(0)
        model = LogisticRegression(C=1 / (RIDGE * n), solver="newton-cholesky", tol=1e-9).fit(scaled, y)
        return [float(model.intercept_[0]), *model.coef_[0].tolist()]

    return Task(f"scikit-learn: LogisticRegression, {n:,} × {FEATURES}", "logistic 0", lambda: clocked(work), 1e-6)


def rfm(folder: Path, rows: int, fans: int, artists: int) -> Task:
    """What a fan table holds, but for the window that ended on the fan's last day."""
    import polars as pl

    # Made and written piece by piece, so that 50 million events fit beside both sides.
    random = np.random.default_rng(4)
    last = int(AS_OF.astype("datetime64[D]").astype(int))
    kinds = {"artist": "u4", "fan": "u4", "day": "i4", "kind": "u1", "amount": "f8"}
    columns = {name: np.empty(rows, dtype) for name, dtype in kinds.items()}
    for start in range(0, rows, PIECE):
        n = min(PIECE, rows - start)
        fan = (fans * random.random(n) ** 3).astype("u4")
        kind = random.integers(0, 10, n).astype("u1")
        kind = np.where(kind == 9, 6, np.minimum(kind, 5)).astype("u1")
        amount = np.where(kind == 6, np.round(5 + 40 * random.random(n)), np.nan)
        day = last - 364 + np.arange(start, start + n) * 365 // rows
        piece = {"artist": fan % artists, "fan": fan, "day": day, "kind": kind, "amount": amount}
        for name, values in piece.items():
            columns[name][start : start + n] = values
    save(folder, {f"events-{k}": v for k, v in columns.items()})
    frame = pl.DataFrame(columns)
    size = sum(column.nbytes for column in columns.values())
    del columns
    frame = frame.with_columns(pl.col("amount").fill_nan(None))

    weights = {1: 1.0, 2: 3.0, 4: 2.0, 5: 2.0, 6: 5.0, 7: 5.0}
    quality = pl.lit(0.0)
    for code, weight in weights.items():
        quality = pl.when(pl.col("kind") == code).then(weight).otherwise(quality)
    within = pl.col("day") > last - 90
    paid = pl.col("amount") > 0

    def work() -> list[float]:
        # Twice as fast as grouping the columns as they are: one key, the window taken before the groups, and a day
        # of a fan first, so that distinct days are rows.
        rows = frame.lazy().select(
            (pl.col("artist").cast(pl.UInt64) * 2**32 + pl.col("fan").cast(pl.UInt64)).alias("key"),
            "day",
            pl.col("amount").fill_null(0.0).alias("spend"),
            (pl.col("amount").fill_null(0.0) * within).alias("window_spend"),
            paid.fill_null(False).alias("paid"),
            (quality * within).alias("quality"),
            ((pl.col("kind") == 3) & within).alias("shares"),
            (pl.col("kind").is_between(1, 3) & within).alias("social"),
            ((pl.col("kind") == 0) & within).alias("streams"),
        )
        sums = ("spend", "window_spend", "quality", "shares", "social", "streams")
        by_day = rows.group_by("key", "day").agg(pl.col("paid").any(), pl.col(sums).sum())
        table = by_day.group_by("key").agg(
            pl.col("day").min().alias("first"),
            pl.col("day").max().alias("last"),
            pl.len().alias("active"),
            pl.col("paid").sum().alias("paid_days"),
            within.sum().alias("window_active"),
            pl.col(sums).sum(),
        ).with_columns((pl.col("streams") * 3.5 / 60).alias("hours")).collect()
        names = ("active", "paid_days", "spend", "window_spend", "window_active", "quality", "shares", "social", "hours")
        return [float(table.height), float(table["last"].cast(pl.Int64).sum()), *(float(table[k].sum()) for k in names)]

    title = f"Polars: fan table, {rows:,} events, {fans:,} fans, {artists:,} artists"
    return Task(title, "rfm 0", lambda: clocked(work), 1e-9, THREADS, 5, size)


class FanPulse:
    """FanPulse as a process that runs when it is told to."""

    def __init__(self, worker: Path, folder: Path) -> None:
        self.process = subprocess.Popen(
            [worker, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, task: Task) -> tuple[float, list[float]]:
        """Seconds and figures."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(task.line, task.threads, file=self.process.stdin, flush=True)
        words = [float(word) for word in self.process.stdout.readline().split()]
        if not words:
            raise RuntimeError(f"FanPulse ended in `{task.line}`")
        return words[0], words[1:]

    def peak(self) -> int:
        """The most memory that the process ever held, bytes; its input among it."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            held = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        return int(held) * 1024


def compare(task: Task, ours: FanPulse) -> bool:
    """Runs a task on both sides in turn; whether they agree."""
    peer, own, agreed = [], [], True
    for _ in range(task.rounds):
        seconds, want = task.peer()
        peer.append(seconds)
        seconds, got = ours.run(task)
        own.append(seconds)
        agreed &= len(want) == len(got) and np.allclose(got, want, rtol=task.tolerance, atol=task.tolerance)
    ratios = [p / o for p, o in zip(peer, own, strict=True)]
    spread = f"{median(ratios):.1f} ({min(ratios):.1f}-{max(ratios):.1f})"
    print(f"{task.name:68} {task.threads:7} {median(peer):9.4f} {median(own):9.4f} {spread:>20}", flush=True)
    if task.columns and sys.platform == "linux":
        print(f"  peak memory {ours.peak() / task.columns:.2f} times the {task.columns / 1e6:,.0f} MB of input")
    if not agreed:
        print(f"  DIFFERS: {want}\n       by: {got}")
    return agreed


def main() -> None:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=Path, required=True)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--fans", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="run the tasks that begin with this")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        makers: list[tuple[str, Callable[[], list[Task]]]] = []
        if CDNOW.exists():
            cdnow = np.loadtxt(CDNOW, delimiter=",", skiprows=1)[:, 1:4].T
            makers.append(("lifetimes", lambda: btyd(folder, "cdnow", tuple(cdnow), 3)))
        else:
            print(f"skipped: CDNOW is not there ({CDNOW})", file=sys.stderr)
        makers.append(("lifetimes", lambda: btyd(folder, "many", histories(args.fans), 1)))
        makers.append(("scikit-learn", lambda: [kmeans(folder, 20_000), logistic(folder, 100_000)]))
        for artists in (1, 1_000):
            makers.append(("Polars", lambda artists=artists: [rfm(folder, args.events, args.fans, artists)]))
        print(f"{'':68} {'threads':>7} {'peer, s':>9} {'FanPulse':>9} {'ratio (range)':>20}")
        ours = FanPulse(args.worker, folder)
        agreed = [
            compare(task, ours)
            for label, make in makers
            if label.startswith(args.only)
            for task in make()
        ]
    print(f"\nBoth sides agree: {'yes' if all(agreed) else 'NO'}")
    if not all(agreed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
