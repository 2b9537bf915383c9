"""The same scores on Dask: shuffle once by artist, then one call for each partition.

The data are simulated. Run it with ``python examples/on_dask.py``; it needs ``pip install "dask[dataframe]"``.
"""

from typing import Any

import dask.dataframe as dd
import pandas as pd
import polars as pl
from label import AS_OF, simulated

import fanpulse


def scored(partition: Any) -> Any:
    """The scores of a partition that holds whole artists."""
    return fanpulse.score(partition, as_of=AS_OF, platform="spotify", metric="followers").to_pandas()


def main() -> None:
    """Scores a data frame of six partitions, and checks the result against one call for all."""
    frame = simulated(60)
    # As text, which Dask keeps as it is.
    from_pandas: Any = dd.from_pandas  # untyped
    parts = from_pandas(frame.with_columns(pl.col("observed_at").cast(pl.String)).to_pandas(), npartitions=6)
    meta = scored(pd.DataFrame({"artist_id": [], "observed_at": [], "value": []}, dtype="object").astype({"value": "float64"}))
    result = parts.shuffle("artist_id").map_partitions(scored, meta=meta).compute()
    here = scored(frame).sort_values("artist_id", ignore_index=True)
    pd.testing.assert_frame_equal(result.sort_values("artist_id", ignore_index=True), here, check_exact=True, check_dtype=False)
    print(f"{len(result)} artists; the highest momentum index is {result['momentum'].max():.2f}")


if __name__ == "__main__":
    main()
