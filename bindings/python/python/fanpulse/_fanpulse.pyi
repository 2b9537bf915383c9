from collections.abc import Iterable
from datetime import date
from typing import Final

from .types import Analysis, Observation, Post

__all__ = ["__version__", "analyze", "score"]

__version__: Final[str]

def analyze(
    observations: Iterable[Observation], posts: Iterable[Post] = (), *, as_of: str | date, window_days: int = 30
) -> Analysis: ...
def score(
    observations: Iterable[Observation], posts: Iterable[Post] = (), *, as_of: str | date, window_days: int = 30
) -> list[Analysis]: ...
