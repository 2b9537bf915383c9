"""However the columns of a table lie in memory, the result has the bits of the rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import fanpulse

from .conftest import AS_OF, post_rows, rows, table

ARTISTS = 140
"""More than the engine takes in one piece."""
OBSERVATIONS = rows(ARTISTS)
POSTS = post_rows(ARTISTS)
WANT = list(fanpulse.score(OBSERVATIONS, POSTS, as_of=AS_OF))


def coded(values: list[str | None], names: list[str], width: pa.DataType = pa.int32()) -> pa.DictionaryArray:
    """A dictionary column with the names in this order, whether they are used or not."""
    code = {name: i for i, name in enumerate(names)}
    return pa.DictionaryArray.from_arrays(pa.array([None if v is None else code[v] for v in values], width), pa.array(names))


def put(of: pa.Table, **columns: Any) -> pa.Table:
    """The table with other columns."""
    for name, column in columns.items():
        of = of.set_column(of.column_names.index(name), name, column)
    return of


def texts(of: list[Any], name: str) -> list[Any]:
    return [row[name] for row in of]


PLAIN = table(OBSERVATIONS)
PLAIN_POSTS = table(POSTS)
IDS = sorted({row["artist_id"] for row in OBSERVATIONS}, key=lambda name: int(name.split()[1]))
CODED = put(
    PLAIN,
    artist_id=coded(texts(OBSERVATIONS, "artist_id"), IDS),
    platform=coded(texts(OBSERVATIONS, "platform"), ["spotify", "youtube"]),
    metric=coded(texts(OBSERVATIONS, "metric"), ["followers", "monthly_listeners", "subscribers"]),
)
CODED_POSTS = put(PLAIN_POSTS, artist_id=coded(texts(POSTS, "artist_id"), IDS), platform=coded(texts(POSTS, "platform"), ["tiktok"]))


def narrow(width: pa.DataType) -> pa.Table:
    return put(
        CODED,
        platform=coded(texts(OBSERVATIONS, "platform"), ["spotify", "youtube"], width),
        metric=coded(texts(OBSERVATIONS, "metric"), ["followers", "monthly_listeners", "subscribers"], width),
    )


def stamped(unit: str) -> pa.Table:
    return put(CODED, observed_at=PLAIN.column("observed_at").cast(pa.timestamp(unit, "UTC")))


LAYOUTS: dict[str, pa.Table] = {
    "text": PLAIN,
    "dictionaries": CODED,
    "keys of a byte": narrow(pa.int8()),
    "unsigned keys of a byte": narrow(pa.uint8()),
    "keys of two bytes": narrow(pa.int16()),
    "keys of eight bytes": narrow(pa.int64()),
    "keys of two widths": put(narrow(pa.int8()), metric=CODED.column("metric")),
    "names that no row has": put(CODED, artist_id=coded(texts(OBSERVATIONS, "artist_id"), ["nobody", *IDS[:70], "none", *IDS[70:], "no one"])),
    "names in another order": put(CODED, artist_id=coded(texts(OBSERVATIONS, "artist_id"), IDS[::-1])),
    "a metric that is none, and that no row has": put(
        CODED, metric=coded(texts(OBSERVATIONS, "metric"), ["followers", "subscribers", "likes me", "monthly_listeners"])
    ),
    "a name that stands twice": put(
        CODED,
        platform=pa.DictionaryArray.from_arrays(
            pa.array([2 if p == "youtube" else i % 2 for i, p in enumerate(texts(OBSERVATIONS, "platform"))], pa.int32()),
            pa.array(["spotify", "spotify", "youtube"]),
        ),
    ),
    "seconds": stamped("s"),
    "milliseconds": stamped("ms"),
    "microseconds": stamped("us"),
    "nanoseconds": stamped("ns"),
    "whole numbers": put(CODED, value=pc.min_element_wise(PLAIN.column("value"), 2.0**52 - 1).cast(pa.int64(), safe=False)),
    "single precision": put(CODED, value=PLAIN.column("value").cast(pa.float32(), safe=False)),
    "a part of a larger table": pa.concat_tables([CODED.slice(0, 7), CODED]).combine_chunks().slice(7),
    "chunks": pa.concat_tables([CODED.slice(i * 5_007, 5_007) for i in range(6)]),
    "chunks of text": pa.concat_tables([PLAIN.slice(i * 5_007, 5_007) for i in range(6)]),
    "rows in any order": CODED.take(np.random.default_rng(1).permutation(CODED.num_rows)),
    "one artist's rows apart": pa.concat_tables([CODED.slice(0, 100), CODED.slice(200), CODED.slice(100, 100)]).combine_chunks(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_observations(layout: str) -> None:
    of = LAYOUTS[layout]
    want = WANT
    if layout in ("whole numbers", "single precision"):
        # Other numbers than the rows': those that this type holds.
        values = of.column("value").to_pylist()
        want = list(fanpulse.score([row | {"value": v} for row, v in zip(OBSERVATIONS, values, strict=True)], POSTS, as_of=AS_OF))
    for posts in (CODED_POSTS, PLAIN_POSTS, POSTS):
        scores = fanpulse.score(of, posts, as_of=AS_OF)
        assert {a["artist_id"]: a for a in scores} == {a["artist_id"]: a for a in want}
        first_seen = list(dict.fromkeys(of.column("artist_id").to_pylist()))
        assert scores.artist_ids == first_seen
    assert list(fanpulse.score(of, as_of=AS_OF)) == list(fanpulse.score(of.to_pylist(), as_of=AS_OF))


def counts(convert: Callable[[pa.ChunkedArray], Any]) -> pa.Table:
    return put(CODED_POSTS, **{name: convert(CODED_POSTS.column(name)) for name in ("likes", "comments", "shares", "views")})


POST_LAYOUTS: dict[str, pa.Table] = {
    "floats with nulls": counts(lambda column: column.cast(pa.float64())),
    "floats with NaN": counts(lambda column: pa.array([np.nan if v is None else float(v) for v in column.to_pylist()])),
    "32 bits": counts(lambda column: column.cast(pa.int32())),
    "unsigned": counts(lambda column: column.cast(pa.uint64())),
    "without a column of nothing": CODED_POSTS.drop_columns(["saves"]),
    "large text": put(CODED_POSTS, post_id=CODED_POSTS.column("post_id").cast(pa.large_string())),
    "views of text": put(CODED_POSTS, post_id=CODED_POSTS.column("post_id").cast(pa.string_view())),
    "ids as a dictionary": put(CODED_POSTS, post_id=CODED_POSTS.column("post_id").combine_chunks().dictionary_encode()),
    "milliseconds": put(CODED_POSTS, published_at=CODED_POSTS.column("published_at").cast(pa.timestamp("ms", "UTC"))),
    "chunks": pa.concat_tables([CODED_POSTS.slice(i * 503, 503) for i in range(6)]),
    "names of its own": put(CODED_POSTS, artist_id=coded(texts(POSTS, "artist_id"), IDS[::-1])),
    "rows in any order": CODED_POSTS.take(np.random.default_rng(2).permutation(CODED_POSTS.num_rows)),
}


@pytest.mark.parametrize("layout", POST_LAYOUTS)
def test_posts(layout: str) -> None:
    scores = fanpulse.score(CODED, POST_LAYOUTS[layout], as_of=AS_OF)
    found = list(scores)
    if layout == "rows in any order":
        key = lambda post: post["published_at"]  # noqa: E731
        for analysis in found:
            analysis["viral"]["posts"].sort(key=key)
    assert found == WANT and scores.dropped_rows == 0


def test_an_artist_with_posts_only_comes_last() -> None:
    more = [*POSTS, *(row | {"artist_id": "posts only"} for row in POSTS[:20])]
    posts = put(table(more), artist_id=coded(texts(more, "artist_id"), [*IDS, "posts only"]))
    scores = fanpulse.score(CODED, posts, as_of=AS_OF)
    assert scores.artist_ids == [*IDS, "posts only"]
    assert list(scores) == list(fanpulse.score(OBSERVATIONS, more, as_of=AS_OF))


@pytest.mark.parametrize("ids", [["p"] * 20, [f"{'x' * 30}{i}{'y' * 30}" for i in range(20)], [str(i % 19) for i in range(20)], [""] * 20])
def test_posts_that_stand_twice(ids: list[str]) -> None:
    """Exactly the same, they count once; ids that only look alike in places are different posts."""
    some = [row | {"post_id": ids[i % 20]} for i, row in enumerate(POSTS[:40])]
    repeats = len(some) - 2 * len(set(ids))
    if repeats == 0:
        scores = fanpulse.score(CODED, table(some), as_of=AS_OF)
        assert scores.dropped_rows == 0 and len(scores.analysis("artist 0")["viral"]["posts"]) == 1
        return
    with pytest.raises(fanpulse.InvalidInputError, match="stands twice with different values"):
        fanpulse.score(CODED, table(some), as_of=AS_OF)
    of_one = {(row["artist_id"], row["post_id"]): row for row in some}
    exact = [of_one[row["artist_id"], row["post_id"]] for row in some]
    assert fanpulse.score(CODED, table(exact), as_of=AS_OF).dropped_rows == repeats


@pytest.mark.parametrize(
    ("column", "row", "value", "message"),
    [
        ("value", 25_200 - 7, -1.0, "observation row 25193: value -1 is not a finite number of at least 0"),
        ("value", 3, float("nan"), "observation row 3: value NaN is not a finite number"),
        ("observed_at", 20_000, 99_999_999, "observation row 20000: observed_at: "),
    ],
)
def test_the_wrong_row_is_named(column: str, row: int, value: Any, message: str) -> None:
    whole = CODED.column(column)
    numbers = whole.cast(pa.int32()).to_numpy().copy() if column == "observed_at" else whole.to_numpy().copy()
    numbers[row] = value
    with pytest.raises(fanpulse.InvalidInputError, match=message):
        fanpulse.score(put(CODED, **{column: pa.array(numbers).cast(whole.type)}), CODED_POSTS, as_of=AS_OF)


@pytest.mark.parametrize("likes", [-1, 2**60, -(2**63)])
def test_the_wrong_count_is_named(likes: int) -> None:
    column = CODED_POSTS.column("likes").to_pylist()
    column[2_321] = likes
    with pytest.raises(fanpulse.InvalidInputError, match="post row 2321: likes: "):
        fanpulse.score(CODED, put(CODED_POSTS, likes=pa.array(column, pa.int64())), as_of=AS_OF)


def test_days_said_to_be_seconds_are_refused() -> None:
    for unit in ("s", "ms", "us", "ns"):
        days = CODED.column("observed_at").cast(pa.int32()).cast(pa.int64()).cast(pa.timestamp(unit, "UTC"))
        with pytest.raises(fanpulse.InvalidInputError, match="1970"):
            fanpulse.score(put(CODED, observed_at=days), as_of=AS_OF)
