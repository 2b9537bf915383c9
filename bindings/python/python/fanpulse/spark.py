"""The scores of ``fanpulse.score`` on a Spark cluster, bit for bit.

The work is cut by a hash bucket of the artist: never by artist, since a call for each would cost more than its work,
and never batch by batch, since an artist's rows must be together. The executors need ``fanpulse`` and ``pyarrow``.

* ``score`` takes any data frames and moves each of them once, by bucket.
* ``score_partitions`` takes one whose partitions hold whole artists already, and moves nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from . import _fanpulse
from ._fanpulse import Engine

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

    from .types import Day, Metric

__all__ = ["score", "score_partitions"]

_OBSERVATIONS = ("artist_id", "platform", "metric", "observed_at", "value")
_POSTS = ("artist_id", "platform", "post_id", "published_at", "likes", "comments", "shares", "saves", "views")
_BUCKET = "fanpulse_bucket"


def score(
    observations: DataFrame,
    posts: DataFrame | None = None,
    *,
    as_of: Day,
    engine: Engine | None = None,
    buckets: int | None = None,
    platform: str | None = None,
    metric: Metric | None = None,
    naive: Literal["refuse", "utc"] = "refuse",
) -> DataFrame:
    """Scores every artist; a data frame with the columns of ``Scores``, in no particular order.

    The arguments are those of ``fanpulse.score``; settings go in as an ``Engine``. Each data frame is shuffled
    once, by ``buckets`` (the shuffle partitions of the session unless given): the rows of a bucket, some
    100,000 artists at most, must fit the memory of a task.
    """
    count = buckets if buckets is not None else int(observations.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200)
    if count < 1:
        raise _fanpulse_invalid(f"buckets is {count}, not at least 1")
    run = _task(engine, as_of, platform, metric, naive)
    left = _bucketed(observations, _OBSERVATIONS, count)
    if posts is None:
        return left.applyInArrow(lambda rows: run(rows, None), _schema())
    return left.cogroup(_bucketed(posts, _POSTS, count)).applyInArrow(run, _schema())


def score_partitions(
    observations: DataFrame,
    *,
    as_of: Day,
    engine: Engine | None = None,
    platform: str | None = None,
    metric: Metric | None = None,
    naive: Literal["refuse", "utc"] = "refuse",
) -> DataFrame:
    """Scores each partition by itself, without a shuffle; every row of an artist must be in one partition.

    That is so after ``repartition(n, "artist_id")``, and for a table that was written ``bucketBy(n, "artist_id")`` and is
    read with ``spark.sql.sources.bucketing.autoBucketedScan.enabled`` set to false. A partition, all its batches
    together, must fit the memory of a task.
    """
    run = _task(engine, as_of, platform, metric, naive)

    def partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        whole = [batch for batch in batches if batch.num_rows]
        if whole:
            yield from run(pa.Table.from_batches(whole), None).to_batches()

    return observations.select(*_present(observations, _OBSERVATIONS)).mapInArrow(partition, _schema())


def _fanpulse_invalid(message: str) -> Exception:
    from .errors import InvalidInputError

    return InvalidInputError(message)


def _present(frame: DataFrame, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in frame.columns]


def _bucketed(frame: DataFrame, names: tuple[str, ...], count: int):  # type: ignore[no-untyped-def]
    from pyspark.sql import functions as f

    if "artist_id" not in frame.columns:
        raise _fanpulse_invalid(f"column `artist_id` is missing; there are {', '.join(frame.columns)}")
    bucket: Column = f.pmod(f.xxhash64(f.col("artist_id")), f.lit(count)).cast("int")
    return frame.select(*_present(frame, names), bucket.alias(_BUCKET)).groupBy(_BUCKET)


def _task(
    engine: Engine | None, as_of: Day, platform: str | None, metric: Metric | None, naive: Literal["refuse", "utc"]
) -> Callable[[pa.Table, pa.Table | None], pa.Table]:
    """What runs in a task: a bucket's tables in, its scores out."""
    scorer = engine if engine is not None else Engine()

    def run(observations: pa.Table, posts: pa.Table | None) -> pa.Table:
        from pyspark import TaskContext

        context = TaskContext.get()
        if context is not None:
            # As many threads as Spark reckons with; read when the first call of a process starts them.
            os.environ.setdefault("RAYON_NUM_THREADS", str(context.cpus()))
        scores = scorer.score(observations, posts, as_of=as_of, platform=platform, metric=metric, naive=naive)
        return _signed(scores.to_arrow())

    return run


def _signed(table: pa.Table) -> pa.Table:
    """With the integers that Spark has."""
    import pyarrow as pa

    fields = [field.with_type(pa.int64()) if field.type == pa.uint32() else field for field in table.schema]
    return table.cast(pa.schema(fields))


def _schema() -> StructType:
    from pyspark.sql.pandas.types import from_arrow_schema

    nothing: dict[str, list[str]] = {name: [] for name in _OBSERVATIONS}
    return from_arrow_schema(_signed(_fanpulse.score(nothing, as_of="2026-01-01").to_arrow()).schema)
