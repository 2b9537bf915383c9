"""FanPulse: fan value, momentum, viral posts, superfans and breakout of music artists.

``score`` takes tables (Arrow, Polars, pandas, DuckDB, NumPy) or rows, and gives a table with an analysis behind each
row; ``alerts`` says what is to be told of them, once. The rows, columns and results are described in :mod:`fanpulse.types`.

======================  =====================================================
:mod:`fanpulse.viral`     spikes in series, whole or while they happen
:mod:`fanpulse.fans`      tiers, segments and forecasts of fans
:mod:`fanpulse.breakout`  learned models of breakouts
:mod:`fanpulse.releases`  which Friday suits a release
:mod:`fanpulse.plot`      charts; needs matplotlib
:mod:`fanpulse.spark`     the same scores on a Spark cluster; needs pyspark
======================  =====================================================
"""

from . import breakout, fans, releases, viral
from ._fanpulse import Engine, LiveArtist, Scores, __version__, alerts, analyze, score
from .errors import FanPulseError, InsufficientDataError, InternalError, InvalidInputError, NotFoundError

__all__ = [
    "Engine",
    "FanPulseError",
    "InsufficientDataError",
    "InternalError",
    "InvalidInputError",
    "LiveArtist",
    "NotFoundError",
    "Scores",
    "__version__",
    "alerts",
    "analyze",
    "breakout",
    "fans",
    "releases",
    "score",
    "viral",
]
