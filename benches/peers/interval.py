"""The 90 % interval of the momentum index in plain Python: section 3 of the specification, *Noise*.

The specification leaves the method free; it is FanPulse's own, and described where it is written in
Rust: `fanpulse-core/src/scores/interval.rs` (formula and constants), `features/index_stats.rs`
(the two estimates of the noise, `with_gaps`) and `scores/momentum.rs` (`velocity_se`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from daily import mean
from spec import (
    ACCELERATION,
    CURVATURE_DF,
    MAX_H2,
    MIN_SECOND,
    MIN_WEEKLY,
    MOMENTUM_WEIGHTS,
    PHI_0,
    SIGMA_ZERO,
    T_1,
    T_2,
    VELOCITY,
    WEEKLY_DF,
    Z_95,
    curve,
)


@dataclass(frozen=True)
class Motion:
    """What the momentum index of one artist is made of."""

    window: int
    score: float
    weight: float
    """Sum of the weights behind the index."""
    v: float
    days: tuple[int, int]
    """Present days of weeks 1 and 2."""
    u: float | None
    """Earlier velocity; `None` where no week before the last two can be used."""
    far: tuple[int, int]
    """Number and present days of the week behind `u`."""
    risen: float | None
    """Share of risen days, where there are pairs enough."""


def second_differences(index: Mapping[int, float]) -> list[float]:
    """Squared second differences, relative to the day in the middle."""
    return [
        (((index[t + 1] - index[t]) - (index[t] - index[t - 1])) / index[t]) ** 2
        for t in index
        if t - 1 in index and t + 1 in index
    ]


def weekly_steps(index: Mapping[int, float]) -> list[float]:
    """Squared steps from day to day of the relative change over a week: blind to the weekday."""
    change = {
        t: 2.0 * (x - index[t - 7]) / (x + index[t - 7])
        for t, x in index.items()
        if t - 7 in index
    }
    return [(c - change[t - 1]) ** 2 for t, c in change.items() if t - 1 in change]


def variance(index: Mapping[int, float]) -> float | None:
    """Variance of the noise of ln X by second differences."""
    second = second_differences(index)
    return mean(second) / 6.0 if len(second) >= MIN_SECOND else None


def velocity_se(index: Mapping[int, float], m: Motion) -> float | None:
    """Standard error of velocity in % per day."""
    noise = variance(index)
    if noise is None:
        return None
    spread = sum(1.0 / n for n in m.days)
    return (100.0 + m.v) / 7.0 * math.sqrt(noise) * math.sqrt(spread)


def noise_of(index: Mapping[int, float]) -> tuple[float, float] | None:
    """Standard deviation of the noise of ln X and its degrees of freedom."""
    steps = weekly_steps(index)
    if len(steps) >= MIN_WEEKLY:
        return math.sqrt(mean(steps) / 4.0), WEEKLY_DF * len(steps)
    noise = variance(index)
    if noise is None:
        return None
    return math.sqrt(noise), CURVATURE_DF * len(second_differences(index))


def overlap(days: float) -> float:
    """A number of days as a part of a week."""
    return min(max(days, 0.0), 7.0) / 7.0


@dataclass(frozen=True)
class Spread:
    """Standard errors of the weighted risen share and what it shares with the others."""

    share: float
    with_velocity: float
    with_acceleration: float


def interval(index: Mapping[int, float], m: Motion) -> tuple[float, float] | None:
    """Ends of the 90 % interval; `None` where the noise is not known."""
    noise = noise_of(index)
    if noise is None:
        return None
    sigma, df = noise
    if sigma < SIGMA_ZERO:
        return m.score, m.score
    q = (Z_95 + T_1 / df + T_2 / df**2) * sigma

    # Delta method: standard errors per unit of σ, and the correlation.
    n1, n2 = (1.0 / n for n in m.days)
    k, nk = (3, 0.0) if m.u is None else (m.far[0], 1.0 / m.far[1])
    u = 0.0 if m.u is None else m.u
    c, b = (100.0 + m.v) / 7.0, (100.0 + u) / (7.0 * (k - 2))
    rv = c * math.sqrt(n1 + n2)
    ra = math.sqrt(c**2 * n1 + (c + b) ** 2 * n2 + b**2 * nk)
    r = (c**2 * n1 + c * (c + b) * n2) / (rv * ra)
    p = spread(index, m, sigma**2, (c, b, rv, ra))

    def side(sign: int) -> float:
        """How far the end lies from the index (MOVER)."""
        limit = curve(VELOCITY, m.v + sign * q * rv)
        one = MOMENTUM_WEIGHTS["velocity"] * abs(limit - curve(VELOCITY, m.v))
        two = 0.0
        if m.u is not None:
            a = m.v - m.u
            limit = curve(ACCELERATION, a + sign * q * ra)
            two = MOMENTUM_WEIGHTS["acceleration"] * abs(limit - curve(ACCELERATION, a))
        shared = r * one * two + p.with_velocity * one + p.with_acceleration * two
        return math.sqrt(one**2 + two**2 + p.share**2 + 2.0 * shared) / m.weight

    return max(m.score - side(-1), 0.0), min(m.score + side(1), 10.0)


def spread(
    index: Mapping[int, float],
    m: Motion,
    noise: float,
    errors: tuple[float, float, float, float],
) -> Spread:
    """Variance of the risen share; P(risen) = Φ(h) for the weekly growth over √2σ."""
    if m.risen is None:
        return Spread(0.0, 0.0, 0.0)
    c, b, rv, ra = errors
    pairs = sum(t - 7 in index for t in index)
    chains = sum(t - 7 in index and t - 14 in index for t in index)
    k, steps, growth = 3, 1, m.v
    behind = m.days[1]
    if m.u is not None:
        k, behind = m.far
        steps = k - 1
        growth = (m.v + (k - 2) * m.u) / steps
    tau = (1.0 / m.days[0] + 1.0 / behind) / (2.0 * steps**2)
    h2 = min((0.07 * growth) ** 2 / (2.0 * noise) / (1.0 + 2.0 * tau), MAX_H2)
    e = math.exp(-0.5 * h2)
    x = max(0.25 * e / (1.0 + h2 / 8.0), m.risen * (1.0 - m.risen))
    phi = max(PHI_0 * e, 1.5 * x)
    # Pairs that share a day have correlation −½.
    variance = x / pairs - 2.0 * chains * x**2 * (1.0 + 4.0 / 3.0 * x) / pairs**2
    weight = Z_95 * 10.0 * MOMENTUM_WEIGHTS["consistency"]
    t = weight * math.sqrt(0.5) * phi / pairs
    # How much of week 2 and of week k lies among the first seven days.
    o2, ok = overlap(21 - m.window), overlap(7 * k + 7 - m.window)
    return Spread(
        weight * math.sqrt(max(variance, 0.0)),
        t * c * (1.0 + o2) / rv,
        0.0 if m.u is None else max(t * (c + (c + b) * o2 - b * ok) / ra, 0.0),
    )
