"""Charts of results, each drawn on an ``Axes`` of matplotlib, which is returned.

>>> import fanpulse, fanpulse.plot
>>> artist = fanpulse.LiveArtist("low-tide")
>>> for day in range(1, 31):
...     artist.observe("spotify", "followers", f"2026-03-{day:02}", 50_000 * 1.01**day)
>>> ax = fanpulse.plot.momentum([artist.analyze("2026-03-30")])
>>> ax.get_xlabel()
'momentum index'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .types import Analysis, Evaluation, SpikeReport, Superfans, Time

__all__ = ["calibration", "momentum", "spikes", "tiers"]

_TIERS = {"platinum": "#5b6b7a", "gold": "#c9a227", "silver": "#a9b0b7", "bronze": "#a0693d"}
_LINE = "#1f4e79"
_MARK = "#c0392b"


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as e:
        raise ImportError("fanpulse.plot needs matplotlib: pip install 'fanpulse[plot]'") from e
    return pyplot.subplots(layout="constrained")[1]


def momentum(analyses: Iterable[Analysis], *, top: int = 20, ax: Axes | None = None) -> Axes:
    """The momentum index of the ``top`` artists, the highest first, each with its 90 % interval.

    ``analyses`` may be a ``Scores``. An artist without an index is left out.
    """
    ax = _axes(ax)
    known = [(a["artist_id"], m) for a in analyses if (m := a["momentum"]) is not None]
    known.sort(key=lambda one: -one[1]["index"])
    shown = known[:top]
    for row, (_, index) in enumerate(shown):
        if index["interval90"] is not None:
            ax.plot(index["interval90"], [row, row], color=_LINE, alpha=0.4, linewidth=4, solid_capstyle="butt")
    ax.plot([m["index"] for _, m in shown], range(len(shown)), "o", color=_LINE)
    ax.set_yticks(range(len(shown)), [artist for artist, _ in shown])
    ax.invert_yaxis()
    ax.set_xlim(0, 10)
    ax.set_xlabel("momentum index")
    ax.set_title("Momentum with 90 % interval")
    return ax


def spikes(values: Sequence[float | None], report: SpikeReport, *, start: Time, step_seconds: float = 86_400, ax: Axes | None = None) -> Axes:
    """A series with the spikes that ``fanpulse.viral.spikes`` found in it; a missing value is a gap."""
    ax = _axes(ax)
    first = start if isinstance(start, datetime) else datetime.fromisoformat(str(start))
    times: Any = [first + timedelta(seconds=step_seconds * i) for i in range(len(values))]
    ax.plot(times, [float("nan") if v is None else float(v) for v in values], color=_LINE, linewidth=1)
    for i, spike in enumerate(report["spikes"]):
        last = spike["end_position"] if spike["end_position"] is not None else len(values) - 1
        ax.axvspan(times[spike["start_position"]], times[last], color=_MARK, alpha=0.15, linewidth=0)
        at = times[spike["peak_position"]]
        ax.plot([at], [spike["value"]], "o", color=_MARK, label="spike" if i == 0 else None)
        if spike["lift"] is not None:
            ax.annotate(f"×{spike['lift']:.1f}", (at, spike["value"]), textcoords="offset points", xytext=(0, 6), ha="center")
    ax.set_ylim(bottom=0)
    ax.set_ylabel("per step")
    ax.set_title(f"{len(report['spikes'])} spikes" if report["status"] == "judged" else "Too short to judge")
    ax.tick_params(axis="x", rotation=30)
    return ax


def tiers(superfans: Superfans, *, ax: Axes | None = None) -> Axes:
    """An artist's fans by tier as a pyramid, the best at the top; the width is the number's square root."""
    ax = _axes(ax)
    fans = max(superfans["fans"], 1)
    for row, (tier, colour) in enumerate(_TIERS.items()):
        count = superfans["tiers"][tier]
        width = count**0.5
        ax.barh(row, width, left=-width / 2, height=0.9, color=colour)
        ax.annotate(f"{tier}: {count:,} ({100 * count / fans:.1f} %)", (0, row), ha="center", va="center")
    ax.invert_yaxis()
    ax.set_axis_off()
    ax.set_title(f"{superfans['fans']:,} fans")
    return ax


def calibration(evaluation: Evaluation, *, ax: Axes | None = None) -> Axes:
    """Predicted probabilities against what came true, from ``model.card["evaluation"]``; on the diagonal they keep their word."""
    ax = _axes(ax)
    bins = [b for b in evaluation["reliability"] if b["rows"] > 0]
    most = max((b["rows"] for b in bins), default=1)
    ax.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1)
    ax.plot([b["predicted"] for b in bins], [b["observed"] for b in bins], color=_LINE, linewidth=1)
    sizes = [20 + 120 * b["rows"] / most for b in bins]
    ax.scatter([b["predicted"] for b in bins], [b["observed"] for b in bins], s=sizes, color=_LINE)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_aspect("equal")
    ax.set_xlabel("predicted")
    ax.set_ylabel("came true")
    error = evaluation["calibration_error"]
    ax.set_title("Calibration" if error is None else f"Calibration, error {error:.3f}")
    return ax
