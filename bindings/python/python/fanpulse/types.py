"""The rows that go in and the analyses that come out, as types."""

from datetime import date, datetime
from typing import Literal, NotRequired, TypeAlias, TypedDict

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


class Viral(TypedDict):
    """What went viral; series are not judged by this version."""

    posts: list[ViralPost]
    series: None


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


class Analysis(TypedDict):
    """Everything FanPulse says of an artist as of a day; superfans are not found by this version."""

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
    superfans: None
    quality: Quality
