"""Constants of the scoring specification: weights, curves, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Knots = Sequence[tuple[float, float]]

LEVELS = {"followers", "monthly_listeners", "subscribers", "popularity"}
COUNTERS = {"total_streams": "streams", "total_views": "views"}
FOLLOWER_METRICS = ("followers", "subscribers")
LISTENER_METRICS = ("monthly_listeners",)

MAX_FILL = 3
MAX_AGE = 90
MIN_COVERAGE = 0.3
BASELINE_DAYS = 90
MIN_OTHERS = 5
MIN_POSTS = 5
MIN_WEEK_DAYS = 3
MIN_PAIRS = 5
MIN_SECOND = 3
TIE = 1e-9

# Interval of the momentum index (`fanpulse-core/src/scores/interval.rs`).
Z_95 = 1.645
T_1, T_2 = 1.524, 1.42
"""From the normal quantile to that of Student's t, by 1/df and 1/df²."""
CURVATURE_DF, WEEKLY_DF = 0.52, 0.5
"""Degrees of freedom per squared second difference and per squared weekly step."""
MIN_WEEKLY = 8
SIGMA_ZERO = 1e-9
MAX_H2 = 1400.0
PHI_0 = 0.39894228

ENGAGEMENT: Knots = [(0, 0), (1, 40), (2, 60), (5, 100)]
GROWTH: Knots = [(-25, 0), (0, 25), (5, 50), (10, 75), (20, 100)]
REACH: Knots = [(0, 0), (1e4, 40), (1e5, 70), (1e6, 90), (1.1e7, 100)]
CONVERSION: Knots = [(0, 0), (1, 50), (2, 70), (5, 100)]
VELOCITY: Knots = [(-3, 0), (-0.3, 2), (0, 4), (0.1, 5), (0.5, 7), (1, 8.5), (3, 10)]
ACCELERATION: Knots = [
    (-2, 0),
    (-0.5, 2),
    (-0.1, 4),
    (0, 5),
    (0.1, 6),
    (0.5, 8),
    (2, 10),
]
EXCESS: Knots = [(0, 3), (0.5, 5), (1.5, 6), (3, 8), (5, 10)]
VIRAL_SHARE: Knots = [(0, 3), (0.1, 6), (0.2, 8), (0.3, 10)]

FVS_WEIGHTS = {"engagement": 0.40, "growth": 0.30, "reach": 0.20, "conversion": 0.10}
FVS_CURVES = {
    "engagement": ENGAGEMENT,
    "growth": GROWTH,
    "reach": REACH,
    "conversion": CONVERSION,
}
MOMENTUM_WEIGHTS = {
    "velocity": 0.35,
    "acceleration": 0.30,
    "consistency": 0.20,
    "viral_potential": 0.15,
}
STATUS = [
    (9, "viral"),
    (7, "rapid_growth"),
    (5, "growing"),
    (3, "stable"),
    (-1, "declining"),
]
INDICATORS = {"acceleration": 7, "viral_potential": 7, "velocity": 7, "consistency": 6}
BREAKOUT = [0.0, 0.25, 0.50, 0.80, 0.90]


def curve(knots: Knots, x: float) -> float:
    """Piecewise-linear interpolation, constant outside the knots."""
    if x <= knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return knots[-1][1]
