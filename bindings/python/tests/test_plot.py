"""The charts show what the results say."""

import doctest
import io
import subprocess
import sys
from typing import Any

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402

import fanpulse  # noqa: E402
from fanpulse import plot  # noqa: E402

from .conftest import AS_OF, rows  # noqa: E402
from .test_scores import EVENTS, trained  # noqa: E402


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    pyplot.close("all")


def drawn(ax: Any) -> Any:
    """Draws it, which finds out more than making it does."""
    ax.figure.savefig(out := io.BytesIO())
    assert out.getvalue().startswith(b"\x89PNG")
    return ax


def test_the_docstring_is_true() -> None:
    assert doctest.testmod(plot).failed == 0


def test_momentum() -> None:
    scores = fanpulse.score(rows(), as_of=AS_OF)
    ax = drawn(plot.momentum(scores, top=3))
    best = sorted(scores, key=lambda a: -a["momentum"]["index"])[:3]  # type: ignore[index]
    assert [label.get_text() for label in ax.get_yticklabels()] == [a["artist_id"] for a in best]
    assert len(ax.lines) == 4
    assert list(ax.lines[-1].get_xdata()) == [a["momentum"]["index"] for a in best]  # type: ignore[index]


def test_spikes() -> None:
    values: list[float | None] = [10_000.0 + day * 7919 % 1001 for day in range(100)]
    values[50], values[80] = None, 40_000.0
    report = fanpulse.viral.spikes(values, start="2026-01-01")
    ax = drawn(plot.spikes(values, report, start="2026-01-01"))
    assert [line.get_ydata()[0] for line in ax.lines[1:]] == [40_000.0] and len(ax.patches) == 1
    assert ax.get_title() == "1 spikes"


def test_tiers() -> None:
    superfans = fanpulse.fans.score(EVENTS, as_of=AS_OF).superfans("artist 1")
    ax = drawn(plot.tiers(superfans))
    assert [round(bar.get_width() ** 2) for bar in ax.patches] == [superfans["tiers"][t] for t in ("platinum", "gold", "silver", "bronze")]


def test_calibration() -> None:
    _, mine = pyplot.subplots()
    evaluation = trained().card["evaluation"]
    assert drawn(plot.calibration(evaluation, ax=mine)) is mine
    shown = mine.collections[0].get_offsets()
    assert [tuple(point) for point in shown] == [(b["predicted"], b["observed"]) for b in evaluation["reliability"] if b["rows"]]


def test_without_matplotlib_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['matplotlib'] = None\nimport fanpulse.plot\nfanpulse.plot.momentum([])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.strip().endswith("ImportError: fanpulse.plot needs matplotlib: pip install 'fanpulse[plot]'")
