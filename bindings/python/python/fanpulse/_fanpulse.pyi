"""The compiled part; import from ``fanpulse``."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, NoReturn, Self, SupportsFloat, final

import pandas
import polars
import pyarrow

from .types import (
    Alert,
    Analysis,
    Card,
    Cluster,
    Day,
    FanEvents,
    Metric,
    Observations,
    Post,
    Posts,
    Prediction,
    ReleaseWindow,
    Rule,
    SeriesSpike,
    Settings,
    SpikeReport,
    Superfans,
    Table,
    Time,
    Values,
    Verdict,
)

__all__ = [
    "Analyses",
    "Engine",
    "FanScores",
    "LiveArtist",
    "Model",
    "Scores",
    "SpikeStream",
    "__version__",
    "_engine",
    "_model",
    "alerts",
    "analyze",
    "fan_scores",
    "score",
    "spikes",
    "train",
    "windows",
]

__version__: str

def analyze(
    observations: Observations,
    posts: Posts | None = None,
    fans: FanEvents | None = None,
    *,
    as_of: Day,
    window_days: int | None = None,
    platform: str | None = None,
    metric: Metric | None = None,
    naive: Literal["refuse", "utc"] = "refuse",
    settings: Settings | None = None,
) -> Analysis: ...
def score(
    observations: Observations,
    posts: Posts | None = None,
    fans: FanEvents | None = None,
    *,
    as_of: Day,
    window_days: int | None = None,
    platform: str | None = None,
    metric: Metric | None = None,
    naive: Literal["refuse", "utc"] = "refuse",
    settings: Settings | None = None,
) -> Scores: ...

def alerts(
    current: Scores | Analysis | Iterable[Analysis],
    previous: Scores | Analysis | Iterable[Analysis] | None = None,
    *,
    now: Time,
    rules: Rule | Iterable[Rule] | None = None,
    fired: Mapping[str, Time] | None = None,
    superfan_churn: Mapping[str, float] | None = None,
    settings: Settings | None = None,
) -> tuple[list[Alert], dict[str, str]]: ...

@final
class Scores:
    def __len__(self) -> int: ...
    def __getitem__(self, artist: str | int, /) -> Analysis: ...
    def __contains__(self, artist_id: object, /) -> bool: ...
    def __iter__(self) -> Analyses: ...
    def analysis(self, artist: str | int) -> Analysis: ...
    def explain(self, artist: str | int) -> str: ...
    @property
    def artist_ids(self) -> list[str]: ...
    @property
    def as_of(self) -> date: ...
    @property
    def settings_hash(self) -> str: ...
    @property
    def dropped_rows(self) -> int: ...
    @property
    def columns(self) -> list[str]: ...
    def to_polars(self) -> polars.DataFrame: ...
    def to_pandas(self) -> pandas.DataFrame: ...
    def to_arrow(self) -> pyarrow.Table: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __arrow_c_schema__(self) -> object: ...
    def _repr_html_(self) -> str: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Analyses(Iterator[Analysis]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> Analysis: ...

@final
class Engine:
    def __new__(
        cls,
        settings: Settings | None = None,
        *,
        breakout: Model | None = None,
        conflicts: Literal["refuse", "keep_first"] = "refuse",
    ) -> Self: ...
    def score(
        self,
        observations: Observations,
        posts: Posts | None = None,
        fans: FanEvents | None = None,
        *,
        as_of: Day,
        platform: str | None = None,
        metric: Metric | None = None,
        naive: Literal["refuse", "utc"] = "refuse",
    ) -> Scores: ...
    def analyze(
        self,
        observations: Observations,
        posts: Posts | None = None,
        fans: FanEvents | None = None,
        *,
        as_of: Day,
        platform: str | None = None,
        metric: Metric | None = None,
        naive: Literal["refuse", "utc"] = "refuse",
    ) -> Analysis: ...
    def live(self, artist_id: str) -> LiveArtist: ...
    @property
    def settings(self) -> dict[str, Any]: ...
    @property
    def settings_hash(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class LiveArtist:
    def __new__(cls, artist_id: str, *, settings: Settings | None = None) -> Self: ...
    def observe(self, platform: str, metric: Metric, observed_at: Time, value: SupportsFloat) -> None: ...
    def observe_post(self, post: Post) -> None: ...
    def analyze(self, as_of: Day) -> Analysis: ...
    def explain(self, as_of: Day) -> str: ...
    @property
    def artist_id(self) -> str: ...
    @property
    def dropped_rows(self) -> int: ...

def spikes(values: Values, *, start: Time, step_seconds: float = 86400.0, settings: Settings | None = None) -> SpikeReport: ...
@final
class SpikeStream:
    def __new__(cls, start: Time, *, step_seconds: float = 86400.0, settings: Settings | None = None) -> Self: ...
    def push(self, value: SupportsFloat | None) -> Verdict: ...
    @property
    def open(self) -> SeriesSpike | None: ...

def windows(
    *,
    as_of: Day,
    momentum: float | None,
    streams: Values,
    competition: Iterable[tuple[Day, float]] | None = None,
    window_days: int | None = None,
    settings: Settings | None = None,
) -> list[ReleaseWindow]: ...
def fan_scores(
    events: FanEvents,
    *,
    as_of: Day,
    settings: Settings | None = None,
    naive: Literal["refuse", "utc"] = "refuse",
) -> FanScores: ...
@final
class FanScores:
    def __len__(self) -> int: ...
    def superfans(self, artist_id: str) -> Superfans: ...
    def clusters(self, clusters: int | None = None, *, seed: int = 0) -> tuple[list[Cluster], list[int]]: ...
    @property
    def artist_ids(self) -> list[str]: ...
    def to_polars(self) -> polars.DataFrame: ...
    def to_pandas(self) -> pandas.DataFrame: ...
    def to_arrow(self) -> pyarrow.Table: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __arrow_c_schema__(self) -> object: ...

def train(
    examples: Table | Iterable[Mapping[str, Any]],
    *,
    calibrate_from: Day,
    test_from: Day,
    train_from: Day | None = None,
    test_until: Day | None = None,
    features: list[str] | None = None,
    rankings: list[str] | None = None,
    task: Mapping[str, str] | str | None = None,
    settings: Settings | None = None,
) -> Model: ...
@final
class Model:
    @staticmethod
    def from_json(text: str) -> Model: ...
    def to_json(self) -> str: ...
    def predict(self, features: Mapping[str, float | None]) -> Prediction: ...
    def probabilities(self, examples: Table | Iterable[Mapping[str, Any]]) -> list[float]: ...
    @property
    def features(self) -> list[str]: ...
    @property
    def card(self) -> Card: ...
    def card_markdown(self, title: str = "breakout") -> str: ...
    @property
    def parameters(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def _engine(settings: str, breakout: Model | None, conflicts: str) -> Engine: ...
def _model(text: str) -> Model: ...
