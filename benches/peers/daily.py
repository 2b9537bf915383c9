"""Daily series of one artist: section 1 of the scoring specification."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from spec import COUNTERS, LEVELS, MAX_AGE, MAX_FILL

Component = tuple[str, str]
Daily = dict[int, float]


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean of at least one value."""
    items = list(values)
    return math.fsum(items) / len(items)


def instant(text: str) -> datetime:
    """A date or an instant in UTC; without an offset it is taken as UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def day_of(text: str) -> int:
    """UTC calendar day of a date or of an instant, as a day number."""
    return instant(text).toordinal()


@dataclass
class Series:
    """Daily values of every component of one artist up to `as_of`."""

    raw: dict[Component, Daily]
    """Levels: last observation of the day. Flows: the day's sum. Counters: the day's share."""
    filled: dict[Component, Daily]
    """As `raw`, levels carried forward over at most `MAX_FILL` missing days."""

    def metrics(
        self, names: Iterable[str], *, filled: bool = True
    ) -> dict[Component, Daily]:
        """Components whose metric is one of `names`."""
        source = self.filled if filled else self.raw
        return {c: v for c, v in sorted(source.items()) if c[1] in names}


def counter_to_flow(last: Daily) -> Daily:
    """Differences of a running total, spread over the days since the last one; a fall is a gap."""
    flow: Daily = {}
    days = sorted(last)
    for before, day in pairwise(days):
        step = last[day] - last[before]
        if step >= 0:
            for t in range(before + 1, day + 1):
                flow[t] = step / (day - before)
    return flow


def fill(daily: Daily, as_of: int) -> Daily:
    """Carries each level forward over at most `MAX_FILL` missing days."""
    out: Daily = {}
    for day in sorted(daily):
        for t in range(day, min(day + MAX_FILL, as_of) + 1):
            out[t] = daily[day]
    return out


def read_series(observations: Iterable[Mapping[str, Any]], as_of: int) -> Series:
    """Daily series from observation rows in any order; rows after `as_of` are ignored."""
    by_day: dict[Component, dict[int, list[tuple[datetime, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in {tuple(sorted(o.items())): o for o in observations}.values():
        day = day_of(row["observed_at"])
        if day <= as_of:
            component = (row["platform"], row["metric"])
            by_day[component][day].append((instant(row["observed_at"]), row["value"]))
    raw: dict[Component, Daily] = {}
    filled: dict[Component, Daily] = {}
    for (platform, metric), days in sorted(
        by_day.items(), key=lambda item: item[0][1] in COUNTERS
    ):
        if metric in LEVELS or metric in COUNTERS:
            daily = {t: max(rows)[1] for t, rows in days.items()}
        else:
            daily = {t: math.fsum(v for _, v in rows) for t, rows in days.items()}
        if metric in COUNTERS:
            daily = counter_to_flow(daily)
            metric = COUNTERS[metric]
        component = (platform, metric)
        if component in raw:
            continue  # a flow that is reported wins over one derived from a counter
        raw[component] = daily
        filled[component] = fill(daily, as_of) if metric in LEVELS else daily
    return Series(raw, filled)


def latest(daily: Daily, as_of: int) -> float | None:
    """Last raw value, unless it is more than `MAX_AGE` days old."""
    days = [t for t in daily if as_of - t <= MAX_AGE]
    return daily[max(days)] if days else None
