"""Plain Python form of the scores of one artist: sections 1-5 of the scoring specification.

Written to be read beside the specification, not to be fast. It is what the fast forms in this
folder are checked against. Left out: series spikes and the learned breakout model.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agree import differences
from daily import Component, Daily, Series, day_of, latest, mean, read_series
from interval import Motion, interval, velocity_se
from spec import (
    ACCELERATION,
    BASELINE_DAYS,
    BREAKOUT,
    EXCESS,
    FOLLOWER_METRICS,
    FVS_CURVES,
    FVS_WEIGHTS,
    INDICATORS,
    LISTENER_METRICS,
    MIN_COVERAGE,
    MIN_OTHERS,
    MIN_PAIRS,
    MIN_POSTS,
    MIN_WEEK_DAYS,
    MOMENTUM_WEIGHTS,
    STATUS,
    TIE,
    VELOCITY,
    VIRAL_SHARE,
    curve,
)

# --- Fan Value Score -------------------------------------------------------------------------


def engagement_of(post: Mapping[str, Any]) -> float:
    """Likes, comments and shares of one post."""
    return post["likes"] + post["comments"] + post["shares"]


def platform_followers(series: Series, as_of: int) -> dict[str, float]:
    """Latest followers (or subscribers) of each platform."""
    out: dict[str, float] = {}
    for (platform, _), daily in series.metrics(FOLLOWER_METRICS, filled=False).items():
        value = latest(daily, as_of)
        if value is not None:
            out[platform] = out.get(platform, 0.0) + value
    return out


def engagement_rate(
    posts: Sequence[Mapping[str, Any]], followers: Mapping[str, float]
) -> float | None:
    """Mean engagement rate of the window's posts in % of followers."""
    rates = [
        min(100.0, 100.0 * engagement_of(p) / followers[p["platform"]])
        for p in posts
        if followers.get(p["platform"], 0) > 0
    ]
    return mean(rates) if rates else None


def growth_rate(
    components: Mapping[Component, Daily], as_of: int, window: int
) -> float | None:
    """Window mean over that of the window before it, in %, over the components with both."""
    now = before = 0.0
    for daily in components.values():
        here = [daily[t] for t in range(as_of - window + 1, as_of + 1) if t in daily]
        there = [
            daily[t]
            for t in range(as_of - 2 * window + 1, as_of - window + 1)
            if t in daily
        ]
        if here and there:
            now += mean(here)
            before += mean(there)
    return 100.0 * (now / before - 1.0) if before > 0 else None


def reach_of(series: Series, as_of: int) -> float | None:
    """Followers summed over platforms plus half the monthly listeners, latest values."""
    total, known = 0.0, False
    for names, weight in ((FOLLOWER_METRICS, 1.0), (LISTENER_METRICS, 0.5)):
        for daily in series.metrics(names, filled=False).values():
            value = latest(daily, as_of)
            if value is not None:
                total += weight * value
                known = True
    return total if known else None


def window_sum(series: Series, metric: str, first: int, as_of: int) -> float | None:
    """Sum of a flow over the window and all platforms, if any day of it is known."""
    days = [
        v
        for daily in series.metrics((metric,)).values()
        for t, v in daily.items()
        if first <= t <= as_of
    ]
    return math.fsum(days) if days else None


def conversion_rate(
    series: Series, posts: Sequence[Mapping[str, Any]], first: int, as_of: int
) -> float | None:
    """Saves, shares and playlist adds in % of views and streams, each pair where both are known."""
    top = bottom = 0.0
    if posts:
        top += sum(p["saves"] + p["shares"] for p in posts)
        bottom += sum(p["views"] for p in posts)
    streams = window_sum(series, "streams", first, as_of)
    taken = [window_sum(series, m, first, as_of) for m in ("saves", "playlist_adds")]
    known = [v for v in taken if v is not None]
    if streams is not None and known:
        top += sum(known)
        bottom += streams
    return 100.0 * top / bottom if bottom > 0 else None


def fan_value_score(
    series: Series, posts: Sequence[Mapping[str, Any]], as_of: int, window: int
) -> dict[str, Any] | None:
    """FVS of section 2, or `None` below `MIN_COVERAGE`. `posts` are the window's."""
    first = as_of - window + 1
    growths = [
        growth_rate(series.metrics(names), as_of, window)
        for names in (FOLLOWER_METRICS, LISTENER_METRICS)
    ]
    known = [g for g in growths if g is not None]
    raw = {
        "engagement": engagement_rate(posts, platform_followers(series, as_of)),
        "growth": mean(known) if known else None,
        "reach": reach_of(series, as_of),
        "conversion": conversion_rate(series, posts, first, as_of),
    }
    parts = {
        name: {"raw": value, "score": curve(FVS_CURVES[name], value)}
        for name, value in raw.items()
        if value is not None
    }
    coverage = sum(FVS_WEIGHTS[name] for name in parts)
    if coverage < MIN_COVERAGE:
        return None
    score = (
        sum(FVS_WEIGHTS[name] * part["score"] for name, part in parts.items())
        / coverage
    )
    return {"fvs": score, "coverage": coverage, "components": parts}


# --- Viral posts -----------------------------------------------------------------------------


@dataclass
class PostJudgement:
    """One post against the others of its platform."""

    viral: bool
    excess: float | None


def judge_posts(
    posts: Sequence[Mapping[str, Any]], as_of: int
) -> list[PostJudgement | None]:
    """Section 4 for each post; `None` outside the baseline or with too few others."""
    days = [day_of(p["published_at"]) for p in posts]
    inside = [as_of - BASELINE_DAYS < t <= as_of for t in days]
    out: list[PostJudgement | None] = []
    for i, post in enumerate(posts):
        others = [
            engagement_of(p)
            for j, p in enumerate(posts)
            if j != i and inside[j] and p["platform"] == post["platform"]
        ]
        if not inside[i] or len(others) < MIN_OTHERS:
            out.append(None)
            continue
        e = engagement_of(post)
        mu = mean(others)
        sd = math.sqrt(mean((x - mu) ** 2 for x in others))
        viral = e > mu + 2.0 * max(sd, 0.1 * mu) and e >= 1.5 * mu and e >= 10
        out.append(PostJudgement(viral, (e - mu) / mu if mu > 0 else None))
    return out


def viral_potential(judged: Sequence[PostJudgement | None]) -> dict[str, float] | None:
    """Viral potential of the window's posts."""
    if len(judged) < MIN_POSTS:
        return None
    known = [j for j in judged if j is not None]
    excesses = [j.excess for j in known if j.excess is not None]
    if not excesses:
        return None
    share = mean(j.viral for j in known)
    top = max(excesses)
    return {"raw": top, "score": max(curve(EXCESS, top), curve(VIRAL_SHARE, share))}


# --- Momentum index --------------------------------------------------------------------------


def chain(
    components: Mapping[Component, Daily], as_of: int, window: int
) -> dict[int, float]:
    """Audience index by day `0 … window − 1`, chain-linked over the shared components."""
    first = as_of - window + 1
    index: dict[int, float] = {}
    last: int | None = None
    for t in range(window):
        present = {c: v[first + t] for c, v in components.items() if first + t in v}
        if not present:
            continue
        if last is None:
            index[t], last = 1.0, t
            continue
        now = before = 0.0
        for c, value in present.items():
            weight = 0.5 if c[1] in LISTENER_METRICS else 1.0
            base = components[c].get(first + last)
            if base is not None:
                now += weight * value
                before += weight * base
        if now > 0 and before > 0:
            index[t], last = index[last] * now / before, t
    return index


def audience_index(series: Series, as_of: int, window: int) -> dict[int, float]:
    """Chain-linked audience index; daily streams where there is no audience component."""
    audience = series.metrics(FOLLOWER_METRICS + LISTENER_METRICS)
    if audience:
        return chain(audience, as_of, window)
    streams: Daily = defaultdict(float)
    for daily in series.metrics(("streams",)).values():
        for t, v in daily.items():
            streams[t] += v
    return chain({("all", "streams"): dict(streams)}, as_of, window)


def compound(ratio: float, days: int) -> float:
    """Rate in % per day that gives `ratio` over `days`."""
    return 100.0 * (ratio ** (1.0 / days) - 1.0)


def rising_share(index: Mapping[int, float]) -> float | None:
    """Share of days above the day a week before, ties counting half."""
    rose = pairs = 0.0
    for t, x in index.items():
        if t - 7 in index:
            pairs += 1
            y = index[t - 7]
            if abs(x - y) <= TIE * max(abs(x), abs(y)):
                rose += 0.5
            elif x > y:
                rose += 1
    return rose / pairs if pairs >= MIN_PAIRS else None


def momentum_index(
    index: Mapping[int, float], window: int, viral: dict[str, float] | None
) -> tuple[dict[str, Any] | None, dict[str, int] | None]:
    """Momentum of section 3, or the reason there is none."""
    weeks: dict[int, list[float]] = {}
    for k in range(1, window // 7 + 1):
        days = range(window - 7 * k, window - 7 * k + 7)
        weeks[k] = [index[t] for t in days if t in index]
    have = min(len(weeks.get(1, [])), len(weeks.get(2, [])))
    if have < MIN_WEEK_DAYS:
        return None, {"have": have, "need": MIN_WEEK_DAYS}
    means = {k: mean(x) for k, x in weeks.items() if len(x) >= MIN_WEEK_DAYS}
    v = compound(means[1] / means[2], 7)
    parts: dict[str, dict[str, float]] = {
        "velocity": {"raw": v, "score": curve(VELOCITY, v)}
    }
    far = max(means)
    u = None
    if far >= 3:
        u = compound(means[2] / means[far], 7 * (far - 2))
        a = v - u
        parts["acceleration"] = {"raw": a, "score": curve(ACCELERATION, a)}
    p = rising_share(index)
    if p is not None:
        parts["consistency"] = {"raw": p, "score": 10.0 * p}
    if viral is not None:
        parts["viral_potential"] = viral
    total = weight = 0.0
    for name, w in MOMENTUM_WEIGHTS.items():
        if name in parts or name != "viral_potential":
            total += w * parts.get(name, {"score": 5.0})["score"]
            weight += w
    score = total / weight
    near = (len(weeks[1]), len(weeks[2]))
    motion = Motion(window, score, weight, v, near, u, (far, len(weeks[far])), p)
    return {
        "momentum": score,
        "interval": interval(index, motion),
        "status": next(name for low, name in STATUS if score >= low),
        "coverage": sum(MOMENTUM_WEIGHTS[name] for name in parts),
        "velocity_se": velocity_se(index, motion),
        "components": parts,
    }, None


# --- Breakout --------------------------------------------------------------------------------


def breakout(momentum: Mapping[str, Any]) -> dict[str, Any]:
    """Indicator breakout of section 5."""
    parts = momentum["components"]
    met = sum(
        name in parts and parts[name]["score"] >= low
        for name, low in INDICATORS.items()
    )
    p = BREAKOUT[met]
    level = "high" if p >= 0.8 else "medium" if p >= 0.5 else "low"
    return {"probability": p, "level": level, "met": met}


def score(
    observations: Iterable[Mapping[str, Any]],
    posts: Sequence[Mapping[str, Any]],
    as_of: str,
    window: int = 30,
) -> dict[str, Any]:
    """All scores of one artist."""
    end = day_of(as_of)
    series = read_series(observations, end)
    judged = judge_posts(posts, end)
    recent = [end - window < day_of(p["published_at"]) <= end for p in posts]
    window_posts = [p for p, inside in zip(posts, recent, strict=True) if inside]
    viral = viral_potential(
        [j for j, inside in zip(judged, recent, strict=True) if inside]
    )
    momentum, reason = momentum_index(
        audience_index(series, end, window), window, viral
    )
    result: dict[str, Any] = {
        "fvs": fan_value_score(series, window_posts, end, window),
        "momentum": momentum,
        "viral_posts": [i for i, j in enumerate(judged) if j is not None and j.viral],
    }
    if momentum is None:
        result["momentum_reason"] = reason
    else:
        result["breakout"] = breakout(momentum)
    return result


# --- Golden cases ----------------------------------------------------------------------------


def main() -> None:
    """Checks this file against a file of golden cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--golden", required=True, help="path of cases.json.gz")
    path = parser.parse_args().golden
    with gzip.open(path, "rt", encoding="utf-8") as file:
        cases = json.load(file)
    failed = 0
    for case in cases:
        got = score(
            case["observations"], case["posts"], case["as_of"], case["window_days"]
        )
        if got["momentum"] is not None:
            del got["momentum"]["interval"]  # the method is free, so no case holds it
        found = differences(got, case["expected"])
        failed += bool(found)
        for line in found:
            print(f"{case['name']}{line}")
    print(f"{len(cases) - failed} of {len(cases)} cases agree")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
