"""FanPulse: fan value, momentum, viral posts and breakout of music artists.

The rows and results are described in :mod:`fanpulse.types`.
"""

from ._fanpulse import __version__, analyze, score
from .errors import FanPulseError, InsufficientDataError, InternalError, InvalidInputError, NotFoundError

__all__ = [
    "FanPulseError",
    "InsufficientDataError",
    "InternalError",
    "InvalidInputError",
    "NotFoundError",
    "__version__",
    "analyze",
    "score",
]
