"""What is said of wrong tables: which row, which column, which value, and what to do."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import fanpulse

from .conftest import AS_OF, post_rows, rows, table


def replaced(of: pa.Table, name: str, column: Any) -> pa.Table:
    return of.set_column(of.column_names.index(name), name, column)


def with_cell(of: pa.Table, name: str, row: int, value: Any) -> pa.Table:
    column = of.column(name).to_pylist()
    column[row] = value
    return replaced(of, name, pa.array(column, of.column(name).type))


def refused(observations: Any, posts: Any = None, **keywords: Any) -> str:
    with pytest.raises(fanpulse.InvalidInputError) as caught:
        fanpulse.score(observations, posts, as_of=AS_OF, **keywords)
    return str(caught.value)


OBSERVATIONS = table(rows())
POSTS = table(post_rows())


@pytest.mark.parametrize("name", ["artist_id", "platform", "metric", "observed_at", "value"])
def test_a_missing_column_is_named_with_those_that_there_are(name: str) -> None:
    message = refused(OBSERVATIONS.drop_columns([name]))
    assert message.startswith(f"observations: column `{name}` is missing; there are `")
    assert all(f"`{other}`" in message for other in OBSERVATIONS.column_names)
    if name == "metric":
        assert message.endswith("; where all rows have the same, pass metric='followers'")


def test_a_missing_column_of_posts_is_named() -> None:
    assert refused(OBSERVATIONS, POSTS.drop_columns(["post_id"])).startswith("posts: column `post_id` is missing; there are ")
    assert refused({}).startswith("observations: column `artist_id` is missing; there are none")


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("artist_id", pa.array(range(900)), "column `artist_id` is Int64, not text (string, large_string"),
        ("artist_id", pa.array(range(900)).dictionary_encode(), "column `artist_id` is Dictionary(Int32, Int64), not text"),
        ("value", pa.array(["1"] * 900), "column `value` is Utf8, not a number"),
        ("value", pa.array([True] * 900), "column `value` is Boolean, not a number"),
        ("observed_at", pa.array([1.7e9] * 900), "column `observed_at` is Float64, not a time: a number does not say its unit"),
        ("observed_at", pa.array([1_760_000_000] * 900), "column `observed_at` is Int64, not a time: a number does not say its unit"),
        ("observed_at", pa.array([True] * 900), "column `observed_at` is Boolean, not a date, a timestamp with a zone, or text"),
        ("metric", pa.array([1.5] * 900), "column `metric` is Float64, not text"),
    ],
)
def test_a_column_of_the_wrong_type_is_named(name: str, column: pa.Array, message: str) -> None:
    assert refused(replaced(OBSERVATIONS, name, column)).startswith(f"observations: {message}")


@pytest.mark.parametrize("name", ["artist_id", "platform", "metric", "observed_at", "value"])
def test_a_null_is_named(name: str) -> None:
    assert refused(with_cell(OBSERVATIONS, name, 417, None)) == f"observation row 417: {name}: missing (null)"
    split = with_cell(OBSERVATIONS, name, 417, None)
    assert refused(pa.concat_tables([split.slice(0, 400), split.slice(400)])) == f"observation row 417: {name}: missing (null)"
    coded = split.column(name).dictionary_encode()
    if pa.types.is_string(split.column(name).type):
        assert refused(replaced(split, name, coded)) == f"observation row 417: {name}: missing (null)"


def test_a_null_among_the_texts_of_a_dictionary_is_named() -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([0] * 899 + [1], pa.int32()), pa.array(["artist", None]))
    assert refused(replaced(OBSERVATIONS, "artist_id", coded)) == "observation row 899: artist_id: missing (null)"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("value", -1.0, "observation row 417: value -1 is not a finite number of at least 0"),
        ("value", float("nan"), "observation row 417: value NaN is not a finite number of at least 0"),
        ("value", float("inf"), "observation row 417: value inf is not a finite number of at least 0"),
        ("metric", "plays", "observation row 417: metric: unknown metric `plays`; the known ones are followers, "),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any, message: str) -> None:
    assert refused(with_cell(OBSERVATIONS, name, 417, value)).startswith(message)


def test_an_unknown_metric_is_named_at_its_first_row() -> None:
    metrics = ["followers"] * 450 + ["plays"] * 450
    assert refused(replaced(OBSERVATIONS, "metric", pa.array(metrics))).startswith("observation row 450: metric: unknown metric `plays`")
    coded = replaced(OBSERVATIONS, "metric", pa.array(metrics).dictionary_encode())
    assert refused(coded).startswith("observation row 450: metric: unknown metric `plays`")
    assert refused(OBSERVATIONS.drop_columns(["metric"]), metric="plays").startswith("unknown metric `plays`; the known ones are")


def test_integers_beyond_what_floats_hold_are_named() -> None:
    values = [1] * 900
    values[17] = 2**53 + 1
    message = "observation row 17: value: 9007199254740993 is beyond 2^53, where floating point skips integers"
    for kind in (pa.int64(), pa.uint64()):
        assert refused(replaced(OBSERVATIONS, "value", pa.array(values, kind))) == message
    assert refused({**OBSERVATIONS.to_pydict(), "value": values}) == message
    assert refused([rows()[0] | {"value": 10**400}]).startswith("observation row 0: value: 1000000000")


def test_times_without_a_zone_are_refused_with_advice() -> None:
    naive = replaced(OBSERVATIONS, "observed_at", OBSERVATIONS.column("observed_at").cast(pa.timestamp("us")))
    message = "a time with a zone; give the column its zone, or pass naive='utc' where it is UTC already"
    assert refused(naive) == f"observations: column `observed_at` is Timestamp(µs), not {message}"
    assert refused(naive.to_pandas()).endswith(message)
    assert refused(pl.DataFrame(naive)).endswith(message)
    arrays = {name: naive.column(name).to_numpy() for name in naive.column_names}
    assert refused(arrays).endswith(message)
    naive_rows: list[Any] = [rows()[0] | {"observed_at": datetime(2026, 1, 1, 8)}]
    assert "time `2026-01-01T08:00:00` has no zone" in refused(naive_rows)
    assert "time `2026-01-01T08:00:00` has no zone" in refused({name: [row[name] for row in naive_rows] for name in naive_rows[0]})
    with pytest.raises(fanpulse.InvalidInputError, match="^naive is `local`, not `refuse` or `utc`$"):
        fanpulse.score(OBSERVATIONS, as_of=AS_OF, naive="local")  # type: ignore[arg-type]


def test_times_in_another_unit_than_they_say_are_noticed() -> None:
    seconds = pa.array([1_767_225_600 + 86_400 * (i % 60) for i in range(900)])
    as_millis = replaced(OBSERVATIONS, "observed_at", seconds.cast(pa.timestamp("ms", "UTC")))
    message = refused(as_millis)
    assert message.startswith("observation row 59: observed_at: 1970-01-21T") and "ms" in message
    assert message.endswith("is probably not their unit")
    as_seconds = replaced(OBSERVATIONS, "observed_at", pa.array([1_767_225_600_000] * 900).cast(pa.timestamp("s", "UTC")))
    message = refused(as_seconds)
    assert message.startswith("observation row 0: observed_at: time +57971-") and "is Timestamp(s" in message
    far = replaced(OBSERVATIONS, "observed_at", pa.array([20_000] * 899 + [99_999_999], pa.date32()))
    assert refused(far).startswith("observation row 899: observed_at: day 99999999 after 1970-01-01 is outside 1970-01-01 to 2199-12-31")


def test_text_that_is_no_time_is_named() -> None:
    texts = OBSERVATIONS.column("observed_at").cast(pa.string()).to_pylist()
    texts[417] = "last week"
    message = "observation row 417: observed_at: `last week` is not a date of the form YYYY-MM-DD"
    assert refused(replaced(OBSERVATIONS, "observed_at", pa.array(texts))) == message
    assert refused(replaced(OBSERVATIONS, "observed_at", pa.array(texts).dictionary_encode())) == message


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([1.5] * 100), "post row 0: likes: 1.5 is not a whole number from 0 to 2^53 (null = unknown)"),
        (pa.array([3] * 99 + [-1]), "post row 99: likes: -1 is not a whole number from 0 to 2^53"),
        (pa.array([3] * 99 + [2**60]), "post row 99: likes: 1152921504606846976 is beyond 2^53"),
        (pa.array(["many"] * 100), "posts: column `likes` is Utf8, not a number"),
    ],
)
def test_wrong_counts_are_named(column: pa.Array, message: str) -> None:
    assert refused(OBSERVATIONS, replaced(POSTS, "likes", column)).startswith(message)


def test_two_values_for_one_day_are_named() -> None:
    twice = pa.concat_tables([OBSERVATIONS, with_cell(OBSERVATIONS.slice(5, 1), "value", 0, 1.0)])
    assert refused(twice).startswith("observation row 900: ")
    engine = fanpulse.Engine(conflicts="keep_first")
    scores = engine.score(twice, as_of=AS_OF)
    assert scores.dropped_rows == 1 and list(scores)[0]["momentum"] == list(fanpulse.score(OBSERVATIONS, as_of=AS_OF))[0]["momentum"]


def test_things_that_are_no_table() -> None:
    assert refused("streams.csv") == "observations: 'streams.csv' is text, not a table; read the file first"
    assert refused(pl.LazyFrame({"artist_id": ["a"]})) == "observations: a LazyFrame holds no rows yet; call its `collect()`"
    assert refused(5) == "observations: 5 is neither a table nor rows"
    assert "is not a table of columns that Arrow can hand over" in refused(pl.Series([1.0, 2.0]))
    assert refused({"artist_id": "abc"}) == "observations: column `artist_id` is 'abc', not a list or an array"
    assert refused({"artist_id": ["a"], "value": [1.0, 2.0]}) == "observations: column `value` has 2 rows where `artist_id` has 1"
    assert refused({"artist_id": ["a"], "value": np.zeros((1, 1))}) == "observations: column `value` has 2 dimensions, not one"
    assert refused({"value": np.array([1j])}).startswith("observations: column `value` is an array of complex128")
    assert refused({"artist_id": [7]}) == "observation row 0: artist_id: 7 is not a str"
    assert refused({1: ["a"]}) == "observations: 1 is not the name of a column"
    both = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["artist_id", "artist_id"])
    assert refused(both) == "observations: column `artist_id` is there twice"


def test_missing_times_of_numpy_and_pandas_are_nulls() -> None:
    stamps = OBSERVATIONS.column("observed_at").to_numpy().astype("datetime64[D]").copy()
    stamps[3] = np.datetime64("NaT")
    arrays = {name: OBSERVATIONS.column(name).to_numpy() for name in OBSERVATIONS.column_names} | {"observed_at": stamps}
    assert refused(arrays) == "observation row 3: observed_at: missing (null)"
    frame = pd.DataFrame(rows())
    frame["observed_at"] = pd.to_datetime(frame["observed_at"], utc=True)
    frame.loc[3, "observed_at"] = pd.NaT
    assert refused(frame) == "observation row 3: observed_at: missing (null)"
    hidden = np.ma.masked_array(arrays["value"], mask=np.arange(900) == 5)
    assert refused(arrays | {"observed_at": OBSERVATIONS.column("observed_at").to_numpy(), "value": hidden}) == "observation row 5: value: missing (null)"


def test_a_reader_that_fails_half_way() -> None:
    def batches() -> Any:
        yield OBSERVATIONS.to_batches()[0]
        raise OSError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(OBSERVATIONS.schema, batches())
    message = refused(reader)
    assert message.startswith("observations: the table cannot be read: ") and "the disk is gone" in message


def test_a_broken_dictionary_is_noticed() -> None:
    keys = pa.array([0] * 899 + [9], pa.int32())
    broken = pa.DictionaryArray.from_arrays(keys, pa.array(["artist"]), safe=False)
    # Which of the two notices it depends on Arrow's own checks at the border.
    with pytest.raises(fanpulse.InvalidInputError):
        fanpulse.score(replaced(OBSERVATIONS, "artist_id", broken), as_of=AS_OF)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"windw_days": 30}, "settings: unknown field `windw_days`"),
        ({"window_days": "30"}, 'settings: invalid type: string "30"'),
        ({"window_days": 3}, "window_days is 3, outside 14 to 366"),
        ({"viral": {"sigmas": -1}}, "viral.sigmas is -1, outside "),
        ("{", "settings: EOF while parsing"),
    ],
)
def test_wrong_settings_are_named(settings: Any, message: str) -> None:
    assert refused(OBSERVATIONS, settings=settings).startswith(message)
    with pytest.raises(fanpulse.InvalidInputError, match="^" + message.split("`")[0].replace("(", "")):
        fanpulse.Engine(settings)


def test_large_offsets() -> None:
    """Text of more than 2³¹ bytes, which only large_string can hold, without holding it: one long id many times over."""
    long = "x" * (1 << 20)
    ids = pa.array([long], pa.large_string()).take(pa.array([0] * 2100))
    assert ids.nbytes > 2**31
    day = pa.array(np.arange(2100, dtype=np.int32) + 18_000, pa.date32())
    observations = pa.table({"artist_id": ids, "observed_at": day, "value": pa.array([5.0] * 2100)})
    scores = fanpulse.score(observations, as_of="2025-01-01", platform="spotify", metric="followers")
    assert scores.artist_ids == [long] and scores[0]["momentum"] is not None
