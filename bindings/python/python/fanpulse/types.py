"""The rows that go in and the analyses that come out, as types."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Protocol, TypeAlias, TypedDict

Metric: TypeAlias = Literal[
    "followers",
    "monthly_listeners",
    "subscribers",
    "popularity",
    "streams",
    "saves",
    "playlist_adds",
    "likes",
    "comments",
    "shares",
    "total_streams",
    "total_views",
]
"""What an observation measures."""

Time: TypeAlias = str | date | datetime
"""RFC 3339, or a date, which is its first instant in UTC; a ``datetime`` needs a zone."""


Day: TypeAlias = str | date
"""A day; as text YYYY-MM-DD."""

Settings: TypeAlias = Mapping[str, Any] | str
"""What is to differ from the default settings, as a dict or as JSON."""


class ArrowStream(Protocol):
    """A table that Arrow can read: of pyarrow, Polars, pandas 2.2 and later, DuckDB, and others."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The stream of its batches."""


class ArrowArray(Protocol):
    """A batch or a column that Arrow can read."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        """The schema and the array."""


class NumPyArray(Protocol):
    """A NumPy array, or what can be one."""

    def __array__(self) -> Any:
        """The array."""

    @property
    def dtype(self) -> Any:
        """The type of its values."""


Values: TypeAlias = ArrowStream | ArrowArray | NumPyArray | Sequence[Any]
"""A column: an Arrow array, a NumPy array, a list; ``None`` is null."""

Table: TypeAlias = ArrowStream | ArrowArray | Mapping[str, Values]
"""A table: whatever Arrow can read, or a dict of columns of equal length. The columns are the keys of ``Observation``,
``Post`` or ``FanEvent``; those that may be absent there may be absent here, and others are not looked at. Text may
be plain or dictionary-encoded, numbers of any width, times are dates, timestamps with a zone, or text."""


class Observation(TypedDict):
    """What a platform said of an artist at an instant."""

    artist_id: str
    platform: str
    metric: Metric
    observed_at: Time
    value: float


class Post(TypedDict):
    """A post with its counts; a count that is absent or ``None`` is unknown, which is never zero."""

    artist_id: str
    platform: str
    post_id: str
    published_at: Time
    likes: NotRequired[int | None]
    comments: NotRequired[int | None]
    shares: NotRequired[int | None]
    saves: NotRequired[int | None]
    views: NotRequired[int | None]


FanEventKind: TypeAlias = Literal["stream", "like", "comment", "share", "save", "playlist_add", "purchase", "ticket", "follow"]
"""What a fan did."""


class FanEvent(TypedDict):
    """What a fan did: one event, or a day's worth (``count``)."""

    artist_id: str
    fan_id: str
    occurred_at: Time
    kind: FanEventKind
    count: NotRequired[int | None]
    """How many events the row stands for; absent = 1."""
    amount: NotRequired[float | None]
    """What was paid for all of them; ``None`` = nothing was sold."""
    seconds: NotRequired[float | None]
    """How long the streams lasted in all; ``None`` = unknown."""
    currency: NotRequired[str | None]
    """Currency of the amount; all amounts are in one."""


Observations: TypeAlias = Table | Iterable[Observation]
Posts: TypeAlias = Table | Iterable[Post]
FanEvents: TypeAlias = Table | Iterable[FanEvent]


class Reason(TypedDict):
    """Why a part could not be computed."""

    kind: Literal["insufficient_data"]
    have: float
    need: float


class Component(TypedDict):
    """A part of a score; the contributions of a score, with the neutral one of momentum, add up to it."""

    raw: float
    score: float
    weight: float
    contribution: float


class FanValueComponents(TypedDict, total=False):
    """Those with data."""

    engagement: Component
    growth: Component
    reach: Component
    conversion: Component


class FanValue(TypedDict):
    """Fan Value Score, 0-100."""

    score: float
    coverage: float
    components: FanValueComponents


class MomentumComponents(TypedDict, total=False):
    """Those with data."""

    velocity: Component
    acceleration: Component
    consistency: Component
    viral_potential: Component


class Momentum(TypedDict):
    """Momentum index, 0-10."""

    index: float
    status: Literal["declining", "stable", "growing", "rapid_growth", "viral"]
    coverage: float
    interval90: list[float] | None
    velocity_se: float | None
    neutral_contribution: NotRequired[float]
    components: MomentumComponents


class ViralPost(TypedDict):
    """A viral post with its evidence."""

    platform: str
    post_id: str
    published_at: str
    engagement: float
    mean: float
    sd: float
    z: float | None
    lift: float | None
    others: int


class EvidenceDay(TypedDict):
    """A day that is evidence for a spike."""

    day: str
    value: float
    baseline: float
    z: float


class ViralSeries(TypedDict):
    """A spike in one of the artist's daily series."""

    platform: str
    metric: str
    start: str
    peak: str
    end: str | None
    """``None`` while it goes on."""
    value: float
    baseline: float
    lift: float | None
    z: float
    threshold: float
    evidence: list[EvidenceDay]


class Viral(TypedDict):
    """What went viral."""

    posts: list[ViralPost]
    series: list[ViralSeries] | None
    """``None`` where series were not judged: they are where fan events are given."""


class Drivers(TypedDict, total=False):
    """Which indicators are met; those without data are absent."""

    acceleration: bool
    viral_potential: bool
    velocity: bool
    consistency: bool


class Breakout(TypedDict):
    """Breakout probability, 0-1."""

    probability: float
    level: Literal["low", "medium", "high"]
    model: str
    drivers: Drivers


class Quality(TypedDict):
    """What the data were like."""

    counter_resets: int
    filled_days: int
    missing_days: int


class Held(TypedDict):
    """What some share of the fans holds of a value; both 0-1."""

    fans: float
    value: float


class Spread(TypedDict):
    """How a value is spread over an artist's fans."""

    total: float
    mean: float
    held_by_top: list[Held]
    """What the top 1, 5 and 15 % hold; empty where the total is 0."""


class Month(TypedDict):
    """Fans first seen in a calendar month."""

    month: str
    """YYYY-MM."""
    new_fans: int
    fans: int
    growth: float | None
    """New fans by those there were before, %; ``None`` in the first month."""


class FanForecast(TypedDict):
    """What is expected of a fan."""

    p_alive: float
    active_days: list[float]
    """Within each of the two horizons."""
    value: float | None
    value_lost: float | None


class Fan(TypedDict):
    """One fan of an artist."""

    fan_id: str
    tier: Literal["platinum", "gold", "silver", "bronze"]
    segment: Literal["champions", "at_risk", "new_promising", "loyal", "need_nurturing"]
    engagement: float
    engagement_at_last: float
    value: float
    silent_days: int
    spend: float
    forecast: FanForecast | None


class LeavingFan(Fan):
    """A fan whom the artist is losing."""

    value_lost: float


class BestFans(TypedDict):
    """The best fans, as far as they are listed."""

    limit: int
    fans: list[Fan]


class Churn(TypedDict):
    """The fans at risk, the greatest loss first."""

    unit: Literal["money", "points"]
    value_lost: float
    fans: list[LeavingFan]


class FanModel(TypedDict):
    """A model behind the forecasts, and how its fit ended."""

    source: Literal["own", "pooled", "mean", "none"]
    status: Literal["converged", "max_iterations", "degenerate"]
    status_reason: NotRequired[str]
    customers: int
    parameters: dict[str, Any] | None


class Superfans(TypedDict):
    """An artist's fans: how many of which kind, what they are worth, who is best and who is leaving."""

    window_days: int
    fans: int
    active_fans: int
    superfans: int
    superfan_share: float
    tiers: dict[str, int]
    segments: dict[str, int]
    at_risk_share: float | None
    fan_value: Spread
    spend: Spread | None
    expected_value: Spread | None
    currency: str | None
    months: list[Month]
    horizon_days: list[int]
    value_days: int
    best: BestFans
    churn: Churn
    activity: FanModel
    amounts: FanModel


class Cluster(TypedDict):
    """A group of fans, by its centre."""

    name: str
    silent_days: float
    active_days: float
    spend: float
    fans: int


class SeriesSpike(TypedDict):
    """A rise above what a series' own past lets one expect."""

    start: str
    peak: str
    end: str | None
    """``None`` while it goes on."""
    start_position: int
    peak_position: int
    end_position: int | None
    value: float
    baseline: float
    lift: float | None
    z: float
    threshold: float
    evidence: list[EvidenceDay]


class SpikeReport(TypedDict):
    """What a series showed."""

    status: Literal["judged", "insufficient_data"]
    reason: Reason | None
    """What was lacking, in days of history."""
    judged: int
    """How many readings were judged."""
    spikes: list[SeriesSpike]


class Verdict(TypedDict):
    """What a reading was."""

    z: float | None
    threshold: float | None
    started: bool
    ended: SeriesSpike | None


class ReleaseComponents(TypedDict):
    """What a release window is made of."""

    momentum: Component
    competition: Component
    history: Component
    readiness: Component
    calendar: Component


class ReleaseWindow(TypedDict):
    """How well a Friday suits a release, 0-10."""

    day: str
    score: float
    verdict: Literal["go", "caution", "avoid"]
    components: ReleaseComponents
    first_week_streams: list[float] | None
    """Expected streams of the first week, and their range."""


class Driver(TypedDict):
    """What a feature adds to the log-odds of a prediction."""

    feature: str
    value: float | None
    contribution: float


class Prediction(TypedDict):
    """A learned prediction, 0-1."""

    probability: float
    level: Literal["low", "medium", "high"]
    log_odds: float
    drivers: list[Driver]


class Estimate(TypedDict):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class ReliabilityBin(TypedDict):
    """What was predicted against what came true."""

    predicted: float
    observed: float
    rows: int


class Evaluation(TypedDict):
    """How predictions compare with what happened."""

    rows: int
    positives: int
    auc: Estimate | None
    average_precision: Estimate | None
    brier: float | None
    log_loss: float | None
    calibration_error: float | None
    calibration_error_equal_mass: float | None
    reliability: list[ReliabilityBin]


class Slice(TypedDict):
    """A slice of the examples."""

    first: str
    last: str
    rows: int
    positives: int


class Card(TypedDict):
    """What a model was made from and how good it was on later examples."""

    task: dict[str, str]
    features: list[dict[str, str]]
    train: Slice
    calibrate: Slice
    test: Slice
    purged: int
    ridge: float
    settings: dict[str, Any]
    calibration: str
    unused: list[str]
    notes: list[str]
    evaluation: Evaluation
    raw_evaluation: Evaluation
    comparison: list[dict[str, Any]]


class Analysis(TypedDict):
    """Everything FanPulse says of an artist as of a day."""

    artist_id: str
    as_of: str
    window_days: int
    algorithm: str
    settings_hash: str
    fvs: FanValue | None
    fvs_reason: NotRequired[Reason]
    momentum: Momentum | None
    momentum_reason: NotRequired[Reason]
    viral: Viral
    breakout: Breakout | None
    breakout_reason: NotRequired[Reason]
    superfans: Superfans | None
    """``None`` where no fan events were given, or none are of the artist."""
    superfans_reason: NotRequired[Reason]
    quality: Quality


RuleKind: TypeAlias = Literal[
    "momentum_spike",
    "momentum_drop",
    "fvs_threshold",
    "follower_milestone",
    "viral_post",
    "engagement_drop",
    "superfan_churn",
    "growth_stall",
]
"""What a rule looks at."""

Operator: TypeAlias = Literal[">=", ">", "<=", "<"]
"""How a measure is compared with its threshold."""


class Rule(TypedDict):
    """What one wants to be told of.

    ======================  ========================================================================  ===========
    kind                    what is compared with the threshold                                       threshold
    ======================  ========================================================================  ===========
    ``momentum_spike``      rise of the momentum index since the previous analysis, points            above 0-10
    ``momentum_drop``       its fall since the previous analysis, points                              above 0-10
    ``fvs_threshold``       Fan Value Score, with any operator                                        0-100
    ``follower_milestone``  reach, people: at the threshold now and below it in the previous          1-10**12
    ``viral_post``          lift of a viral post, a multiple of the other posts' mean                 1-10**6
    ``engagement_drop``     fall of the engagement rate since the previous analysis, % of what it was above 0-100
    ``superfan_churn``      share of the superfans at risk, as it is given                            above 0-1
    ``growth_stall``        velocity, % per day, with ``<`` or ``<=``                                 -100-100
    ======================  ========================================================================  ===========

    Without a previous analysis nothing that needs one is told, nor is anything of a part that could not be computed.
    """

    id: str
    """1 to 64 of a-z, A-Z, 0-9, - and _; the alerts' keys hold it."""
    kind: RuleKind
    operator: Operator
    threshold: float
    cool_down_hours: NotRequired[int]
    """How long the rule is silent for an artist after an alert, 0-8784; absent = 24."""


class Evidence(TypedDict):
    """What an alert rests on."""

    measure: str
    value: float
    operator: Operator
    threshold: float
    baseline: float | None
    """The previous analysis' figure, or the other posts' mean."""
    baseline_as_of: str | None
    first_day: str
    last_day: str
    numbers: dict[str, float]
    """Further numbers, by name."""


class Alert(TypedDict):
    """One thing to tell someone."""

    key: str
    """Names the event: the same event has the same key, whenever it is found."""
    rule: str | None
    """``None`` for what is built in."""
    kind: RuleKind | Literal["viral_momentum", "breakout"]
    artist_id: str
    as_of: str
    raised_at: str
    title: str
    message: str
    evidence: Evidence
