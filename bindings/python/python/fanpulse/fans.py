"""Fans from their events: engagement, tier, segment, and what is expected of each."""

from ._fanpulse import FanScores
from ._fanpulse import fan_scores as score

__all__ = ["FanScores", "score"]
