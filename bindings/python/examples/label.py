"""A label's first afternoon: a data frame in, a leaderboard out, one artist explained, a spike found.

The data are simulated from a seed. Run it with ``python examples/label.py``.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl

import fanpulse

AS_OF = date(2026, 3, 31)
DAYS = 90


def simulated(artists: int = 25, seed: int = 5) -> pl.DataFrame:
    """Followers of artists of whom each grows at a pace of its own."""
    rng = np.random.default_rng(seed)
    days = [AS_OF - timedelta(days=DAYS - 1 - i) for i in range(DAYS)]
    frames = []
    for i, pace in enumerate(rng.normal(0.002, 0.004, artists)):
        values = rng.lognormal(9, 1) * np.exp(np.cumsum(rng.normal(pace, 0.002, DAYS)))
        frames.append(pl.DataFrame({"artist_id": f"artist {i:02}", "observed_at": days, "value": np.round(values)}))
    return pl.concat(frames)


def main() -> None:
    """Prints what a team would look at."""
    scores = fanpulse.score(simulated(), as_of=AS_OF, platform="spotify", metric="followers")
    board = scores.to_polars().sort("momentum", descending=True)
    print(board.select("artist_id", "momentum", "momentum_low", "momentum_high", "status", "breakout").head(5))
    print(scores.explain(board["artist_id"][0]))

    streams = np.random.default_rng(1).poisson(8000, DAYS).astype(float)
    streams[70] *= 2.5
    for spike in fanpulse.viral.spikes(streams, start=AS_OF - timedelta(days=DAYS - 1))["spikes"]:
        print(f"{spike['start']}: {spike['value']:,.0f} streams where {spike['baseline']:,.0f} were expected")


if __name__ == "__main__":
    main()
