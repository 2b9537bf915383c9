"""What several tests are made of."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fanpulse.types import Metric, Observation

DAYS = 60
AS_OF = "2026-03-01"
"""The last of the days."""
FIRST = np.datetime64("2026-01-01")
SERIES: list[tuple[str, Metric]] = [("spotify", "followers"), ("spotify", "monthly_listeners"), ("youtube", "subscribers")]


def rows(artists: int = 5, days: int = DAYS) -> list[Observation]:
    """Followers and monthly listeners of some artists, one row per day, sorted."""
    out: list[Observation] = []
    for artist in range(artists):
        for platform, metric in SERIES:
            for day in range(days):
                value = float(10_000 * (artist + 1) * (1 + 0.002 * artist) ** day + (day * 7919 + artist * 31) % 101)
                out.append(
                    {
                        "artist_id": f"artist {artist}",
                        "platform": platform,
                        "metric": metric,
                        "observed_at": str(FIRST + day),
                        "value": value,
                    }
                )
    return out


def post_rows(artists: int = 5, posts: int = 20) -> list[Any]:
    """Posts of the same artists; one of each goes viral, some counts are unknown."""
    return [
        {
            "artist_id": f"artist {artist}",
            "platform": "tiktok",
            "post_id": f"post {i}",
            "published_at": f"2026-02-{1 + i:02}T10:00:00Z",
            "likes": 9000 if i == 15 else 100 + (i * 7919 + artist) % 41,
            "comments": None if i % 4 == 0 else 10 + i,
            "shares": 3,
            "saves": None,
            "views": 5000 + i,
        }
        for artist in range(artists)
        for i in range(posts)
    ]


def table(of: list[Any]) -> pa.Table:
    """Rows as an Arrow table with real dates."""
    made = pa.Table.from_pylist(of)
    for i, name in enumerate(made.column_names):
        if name == "observed_at":
            made = made.set_column(i, name, made.column(i).cast(pa.date32()))
        if name == "published_at":
            made = made.set_column(i, name, pa.compute.strptime(made.column(i), "%Y-%m-%dT%H:%M:%SZ", "us").cast(pa.timestamp("us", "UTC")))
    return made


@pytest.fixture(scope="session")
def observations() -> pa.Table:
    """The observations as a table."""
    return table(rows())


@pytest.fixture(scope="session")
def posts() -> pa.Table:
    """The posts as a table."""
    return table(post_rows())
