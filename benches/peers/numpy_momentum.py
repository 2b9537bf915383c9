"""Momentum index of the NumPy form: components, 90 % interval, standard error of velocity.

An index without a missing day, as a quick sum tells, needs no counting. The interval is that of
`interval.py`, for all artists of a block at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import spec
from numpy_columns import Array

Scores = dict[str, Array]
Count = Array | float
"""Numbers of days by artist; one number for all where no day is missing."""


def interpolate(knots: spec.Knots, x: Array) -> Array:
    """Piecewise-linear curve; NaN stays NaN."""
    xs, ys = zip(*knots, strict=True)
    return np.interp(x, xs, ys)


def present_mean(x: Array, axis: int) -> tuple[Array, Array]:
    """Mean and number of the present values along an axis."""
    here = ~np.isnan(x)
    n = here.sum(axis=axis)
    total = np.where(here, x, 0.0).sum(axis=axis)
    return np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0), n


# --- Measures of an index ----------------------------------------------------------------------


@dataclass(frozen=True)
class Noise:
    """An estimate of the variance of the noise of ln X, and of how many terms it is made."""

    variance: Array
    samples: Count


@dataclass(frozen=True)
class Motion:
    """Velocities and the weeks behind them, by artist."""

    v: Array
    u: Array
    """NaN where no week before the last two can be used."""
    far: Count
    """Number of the week behind `u`; 3 where there is none."""
    days: tuple[Count, Count, Count]
    """Present days of weeks 1, 2 and `far`; infinite where there is none."""


@dataclass(frozen=True)
class Rising:
    """Risen days."""

    share: Array
    """NaN where there are too few pairs."""
    pairs: Count
    chains: Count
    """Pairs whose first day is the second of another."""


def mean_square(x: Array, *, whole: bool) -> Noise:
    """Mean of the present squares by artist; `x` is used up."""
    samples: Count = float(x.shape[0])
    if not whole:
        missing = np.isnan(x)
        x[missing] = 0.0
        samples = x.shape[0] - missing.sum(axis=0)
    return Noise(np.einsum("ta,ta->a", x, x) / samples, samples)


def curvature(index: Array, *, whole: bool) -> Noise:
    """Noise by second differences."""
    bend = np.diff(index, n=2, axis=0)
    bend /= index[1:-1]
    noise = mean_square(bend, whole=whole)
    enough = noise.samples >= spec.MIN_SECOND
    return Noise(np.where(enough, noise.variance / 6.0, np.nan), noise.samples)


def weekly(index: Array, rise: Array, *, whole: bool) -> Noise:
    """Noise by the steps of half the relative change over a week."""
    change = index[7:] + index[:-7]
    np.divide(rise, change, out=change)
    return mean_square(np.diff(change, axis=0), whole=whole)


def rising(index: Array, rise: Array, *, whole: bool) -> Rising:
    """Days above the day a week before, ties counting half."""
    tie = np.maximum(index[7:], index[:-7])
    tie *= spec.TIE
    risen = (rise > tie).sum(axis=0, dtype=np.int16)
    risen += (rise >= np.negative(tie, out=tie)).sum(axis=0, dtype=np.int16)
    pairs: Count = float(rise.shape[0])
    chains: Count = pairs - 7.0
    if not whole:
        here = ~np.isnan(rise)
        pairs = here.sum(axis=0)
        chains = (here[7:] & here[:-7]).sum(axis=0)
    share = 0.5 * risen / np.maximum(pairs, 1.0)
    return Rising(np.where(pairs >= spec.MIN_PAIRS, share, np.nan), pairs, chains)


def motion(index: Array, *, whole: bool) -> Motion:
    """Velocities by the means of whole weeks."""
    window, artists = index.shape
    weeks = window // 7
    recent = index[window - 7 * weeks :].reshape(weeks, 7, artists)[::-1]
    if whole:
        mean, days = recent.mean(axis=1), np.full((weeks, 1), 7)
    else:
        mean, days = present_mean(recent, 1)
        mean[days < spec.MIN_WEEK_DAYS] = np.nan
    v = 100.0 * ((mean[0] / mean[1]) ** (1.0 / 7.0) - 1.0)
    if whole and weeks > 2:
        u = 100.0 * ((mean[1] / mean[-1]) ** (1.0 / (7 * (weeks - 2))) - 1.0)
        return Motion(v, u, float(weeks), (7.0, 7.0, 7.0))
    u, far = np.full(artists, np.nan), np.full(artists, 3.0)
    days_far = np.full(artists, np.inf)
    for k in range(weeks, 2, -1):
        fits = np.isnan(u) & ~np.isnan(mean[k - 1])
        rate = (mean[1, fits] / mean[k - 1, fits]) ** (1.0 / (7 * (k - 2)))
        u[fits], far[fits], days_far[fits] = 100.0 * (rate - 1.0), k, days[k - 1][fits]
    return Motion(v, u, far, (days[0], days[1], days_far))


# --- Index and interval ------------------------------------------------------------------------


def momentum(index: Array, potential: Array) -> Scores:
    """Momentum index, its interval and its component scores by artist."""
    window, artists = index.shape
    names = ("momentum", "momentum_low", "momentum_high", "velocity_se")
    if window < 14:
        return dict.fromkeys((*names, *spec.MOMENTUM_WEIGHTS), np.full(artists, np.nan))
    whole = not np.isnan(index.sum())
    m = motion(index, whole=whole)
    rise = index[7:] - index[:-7]
    risen = rising(index, rise, whole=whole)
    parts = {
        "velocity": interpolate(spec.VELOCITY, m.v),
        "acceleration": interpolate(spec.ACCELERATION, m.v - m.u),
        "consistency": 10.0 * risen.share,
        "viral_potential": potential,
    }
    total, weight = np.zeros(artists), np.zeros(artists)
    for name, w in spec.MOMENTUM_WEIGHTS.items():
        neutral = 0.0 if name == "viral_potential" else 5.0
        here = ~np.isnan(parts[name])
        total += w * np.where(here, parts[name], neutral)
        weight += w * (here | (neutral > 0))
    score = total / weight
    curved = curvature(index, whole=whole)
    by_week = weekly(index, rise, whole=whole)
    below, above = interval(m, risen, curved, by_week, parts, window)
    absent = np.isnan(m.v)
    error = np.sqrt(curved.variance * (1.0 / m.days[0] + 1.0 / m.days[1]))
    scores = {
        "momentum": score,
        "momentum_low": np.maximum(score - below / weight, 0.0),
        "momentum_high": np.minimum(score + above / weight, 10.0),
        "velocity_se": (100.0 + m.v) / 7.0 * error,
        **parts,
    }
    return {name: np.where(absent, np.nan, x) for name, x in scores.items()}


def overlap(days: Count) -> Count:
    """A number of days as a part of a week."""
    return np.clip(days, 0.0, 7.0) / 7.0


def interval(
    m: Motion, risen: Rising, curved: Noise, by_week: Noise, parts: Scores, window: int
) -> tuple[Array, Array]:
    """How far the ends lie below and above the index, times the weight behind it.

    NaN where the noise is not known.
    """
    use = by_week.samples >= spec.MIN_WEEKLY
    noise = np.where(use, by_week.variance, curved.variance)
    df = np.where(
        use, spec.WEEKLY_DF * by_week.samples, spec.CURVATURE_DF * curved.samples
    )
    sigma = np.sqrt(noise)
    q = (spec.Z_95 + spec.T_1 / df + spec.T_2 / (df * df)) * sigma

    # Delta method: standard errors per unit of σ, and the correlation.
    none = np.isnan(m.u)
    u = np.where(none, 0.0, m.u)
    n1, n2, nk = (1.0 / days for days in m.days)
    c, b = (100.0 + m.v) / 7.0, (100.0 + u) / (7.0 * (m.far - 2.0))
    rv = c * np.sqrt(n1 + n2)
    ra = np.sqrt(c * c * n1 + (c + b) * (c + b) * n2 + b * b * nk)
    r = (c * c * n1 + c * (c + b) * n2) / (rv * ra)

    # Variance of the risen share; P(risen) = Φ(h) for the weekly growth over √2σ.
    steps = np.where(none, 1.0, m.far - 1.0)
    growth = 0.07 * (m.v + np.where(none, 0.0, (m.far - 2.0) * u)) / steps
    tau = (n1 + np.where(none, n2, nk)) / (2.0 * steps * steps)
    h2 = growth * growth / (2.0 * noise) / (1.0 + 2.0 * tau)
    np.minimum(h2, spec.MAX_H2, out=h2)
    e = np.exp(-0.5 * h2)
    pairs, p = np.maximum(risen.pairs, 1.0), risen.share
    x = np.maximum(0.25 * e / (1.0 + h2 / 8.0), p * (1.0 - p))
    phi = np.maximum(spec.PHI_0 * e, 1.5 * x)
    shared = 2.0 * risen.chains * x * x * (1.0 + 4.0 / 3.0 * x) / (pairs * pairs)
    w = spec.Z_95 * 10.0 * spec.MOMENTUM_WEIGHTS["consistency"]
    unknown = np.isnan(p)
    square = np.where(unknown, 0.0, w * w * np.maximum(x / pairs - shared, 0.0))
    t = np.where(unknown, 0.0, w * np.sqrt(0.5) * phi / pairs)
    o2, ok = overlap(21.0 - window), overlap(7.0 * m.far + 7.0 - window)
    dv = t * c * (1.0 + o2) / rv
    da = np.maximum(t * (c + (c + b) * o2 - b * ok) / ra, 0.0)

    def side(sign: float) -> Array:
        """One end, by MOVER."""
        limit = interpolate(spec.VELOCITY, m.v + sign * q * rv)
        one = spec.MOMENTUM_WEIGHTS["velocity"] * np.abs(limit - parts["velocity"])
        limit = interpolate(spec.ACCELERATION, m.v - u + sign * q * ra)
        two = spec.MOMENTUM_WEIGHTS["acceleration"] * np.abs(
            limit - parts["acceleration"]
        )
        two = np.where(none, 0.0, two)
        far = np.sqrt(
            one * one + two * two + square + 2.0 * (r * one * two + dv * one + da * two)
        )
        return np.where(sigma < spec.SIGMA_ZERO, 0.0, far)

    return side(-1.0), side(1.0)
