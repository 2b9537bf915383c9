"""Threads, forks, signals, memory and start."""

import gc
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import fanpulse

AS_OF = "2026-03-01"


def columns(artists: int, days: int = 60, order: str = "sorted") -> pa.Table:
    """Followers of many artists."""
    rng = np.random.default_rng(7)
    first = int(np.datetime64(AS_OF).astype(int)) - days + 1
    ids = pa.DictionaryArray.from_arrays(np.repeat(np.arange(artists, dtype=np.int32), days), [f"artist-{i:06}" for i in range(artists)])
    table = pa.table(
        {
            "artist_id": ids,
            "observed_at": pa.array(np.tile(np.arange(days, dtype=np.int32) + first, artists), pa.date32()),
            "value": rng.uniform(1000, 1100, artists * days),
        }
    )
    return table if order == "sorted" else table.take(rng.permutation(table.num_rows))


def score(table: pa.Table) -> fanpulse.Scores:
    return fanpulse.score(table, as_of=AS_OF, platform="spotify", metric="followers")


def momenta(table: pa.Table) -> list[Any]:
    found: list[Any] = score(table).to_arrow().column("momentum").to_pylist()
    return found


def test_other_threads_run_while_it_scores() -> None:
    """A thread of Python's counts on while batches are scored, which it could not if the lock were held."""
    table = columns(2000, order="shuffled")
    score(table)
    counted, done = 0, threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.0005)

    # So long an interval that the thread goes on only when the lock is let go.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    thread = threading.Thread(target=count)
    try:
        thread.start()
        start = counted
        for _ in range(20):
            score(table)
        assert counted - start >= 20
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_calls_of_several_threads_agree() -> None:
    tables = [columns(200 + i) for i in range(6)]
    want = [momenta(table) for table in tables]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(momenta, tables * 3)) == want * 3


def in_child(how: str, table: pa.Table, want: list[Any]) -> None:
    context = multiprocessing.get_context(how)
    with context.Pool(2) as pool:
        for got in pool.map_async(momenta, [table] * 4).get(timeout=120):
            assert got == want


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_scores() -> None:
    """The parent has threads by then, of which the child has none."""
    table = columns(3000)
    in_child("fork", table, momenta(table))
    assert momenta(table) == momenta(table)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_children_forked_while_a_call_runs_score() -> None:
    table = columns(3000, order="shuffled")
    want = momenta(table)
    done = threading.Event()

    def busy() -> None:
        while not done.is_set():
            score(table)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(3):
            in_child("fork", table, want)
    finally:
        done.set()
        thread.join()


def test_a_spawned_child_scores() -> None:
    table = columns(300)
    in_child("spawn", table, momenta(table))


INTERRUPTED = """
import os, signal, sys, threading, time
sys.path.insert(0, {tests!r})
from tests.test_process import columns, score
table = columns(20_000, order="shuffled")
start = time.perf_counter(); score(table); alone = time.perf_counter() - start
def interrupt():
    time.sleep(alone / 5)
    os.kill(os.getpid(), signal.SIGINT)
caught = 0
for _ in range(3):
    threading.Thread(target=interrupt).start()
    start = time.perf_counter()
    try:
        for _ in range(20):
            score(table)
    except KeyboardInterrupt:
        caught += 1
        print(f"{{(time.perf_counter() - start) / alone:.3f}}")
assert caught == 3
score(table)
"""


def test_ctrl_c_ends_a_call() -> None:
    """Within less than a call, and the next call works."""
    root = os.path.dirname(os.path.dirname(__file__))
    run = subprocess.run([sys.executable, "-c", INTERRUPTED.format(tests=root)], capture_output=True, text=True, timeout=300, cwd=root)
    assert run.returncode == 0, run.stderr
    assert statistics.median(float(line) for line in run.stdout.split()) < 0.9, run.stdout


def resident() -> int:
    """Memory of this process, bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="only Linux tells the resident memory")
def test_memory_stays_flat() -> None:
    table = columns(150)
    events = pa.table({"artist_id": ["a"] * 3000, "fan_id": [str(i % 500) for i in range(3000)], "occurred_at": ["2026-02-01"] * 3000, "kind": ["like"] * 3000})
    wrong: dict[str, list[Any]] = {"artist_id": ["a"], "platform": ["p"], "metric": ["plays"], "observed_at": ["2026-01-01"], "value": [1.0]}

    def everything() -> None:
        scores = score(table)
        scores.to_arrow()
        list(scores)
        scores.explain(5)
        fanpulse.fans.score(events, as_of=AS_OF).to_arrow()
        with pytest.raises(fanpulse.InvalidInputError):
            fanpulse.score(wrong, as_of=AS_OF)

    for _ in range(20):
        everything()
    gc.collect()
    before = resident()
    for _ in range(100):
        everything()
    gc.collect()
    assert resident() - before < 8 << 20


def test_the_import_is_quick_and_brings_nothing_along() -> None:
    code = """
import sys, time
start = time.perf_counter()
import fanpulse
took = time.perf_counter() - start
heavy = {"numpy", "pyarrow", "polars", "pandas", "matplotlib", "pyspark", "asyncio"} & set(sys.modules)
assert not heavy, heavy
print(took)
"""
    took = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(7)]
    assert min(took) < 0.06, took


def test_a_signal_handler_may_raise_what_it_likes() -> None:
    table = columns(20_000, order="shuffled")

    class Enough(Exception):
        pass

    def enough(*_: Any) -> None:
        raise Enough

    before = signal.signal(signal.SIGALRM, enough)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Enough):
            for _ in range(1000):
                score(table)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
