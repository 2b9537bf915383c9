"""Every form of a table gives the bits that rows give."""

from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import fanpulse

from .conftest import AS_OF, post_rows, rows


def by_rows() -> list[Any]:
    return list(fanpulse.score(rows(), post_rows(), as_of=AS_OF))


def duck(table: pa.Table) -> Any:
    return duckdb.connect().from_arrow(table)


def dictionary(table: pa.Table, index: pa.DataType) -> pa.Table:
    for i, field in enumerate(table.schema):
        if field.type == pa.string():
            column = pc.dictionary_encode(table.column(i)).combine_chunks()
            column = pa.DictionaryArray.from_arrays(column.indices.cast(index), column.dictionary)
            table = table.set_column(i, field.name, column)
    return table


def cast(table: pa.Table, of: Callable[[pa.DataType], pa.DataType]) -> pa.Table:
    return table.cast(pa.schema([(field.name, of(field.type)) for field in table.schema]))


def strings(to: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    return lambda table: cast(table, lambda t: to if t == pa.string() else t)


def times(to: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    return lambda table: cast(table, lambda t: to if pa.types.is_temporal(t) else t)


def chunked(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 7), table.slice(7, 0), table.slice(7, 31), table.slice(38)])


def as_numpy(table: pa.Table) -> dict[str, Any]:
    return {name: table.column(name).to_numpy() for name in table.column_names if not pa.types.is_timestamp(table.column(name).type)} | {
        name: table.column(name).to_pylist() for name in table.column_names if pa.types.is_timestamp(table.column(name).type)
    }


FORMS: dict[str, Callable[[pa.Table], Any]] = {
    "pyarrow": lambda t: t,
    "one batch": lambda t: t.combine_chunks().to_batches()[0],
    "a reader": lambda t: t.to_reader(max_chunksize=50),
    "chunks": chunked,
    "slices": lambda t: pa.concat_tables([t, t]).slice(0, t.num_rows),
    "polars": pl.DataFrame,
    "polars, categorical": lambda t: pl.DataFrame(t).with_columns(pl.col("artist_id", "platform").cast(pl.Categorical)),
    "polars, rechunked": lambda t: pl.concat([pl.DataFrame(t).head(40), pl.DataFrame(t).slice(40)], rechunk=False),
    "pandas": lambda t: t.to_pandas(),
    "pandas, categorical": lambda t: t.to_pandas().astype({"artist_id": "category", "platform": "category"}),
    "duckdb": duck,
    "large_string": strings(pa.large_string()),
    "string_view": strings(pa.string_view()),
    "dictionary<int8>": lambda t: dictionary(t, pa.int8()),
    "dictionary<uint16>": lambda t: dictionary(t, pa.uint16()),
    "dictionary<int32>": lambda t: dictionary(t, pa.int32()),
    "dictionary<int64>": lambda t: dictionary(t, pa.int64()),
    "dictionary, chunks": lambda t: pa.concat_tables([dictionary(t.slice(0, 71), pa.int32()), dictionary(t.slice(71), pa.int32())]),
    "timestamp[s]": times(pa.timestamp("s", "UTC")),
    "timestamp[ms]": times(pa.timestamp("ms", "UTC")),
    "timestamp[us]": times(pa.timestamp("us", "UTC")),
    "timestamp[ns]": times(pa.timestamp("ns", "UTC")),
    "timestamp in New York": times(pa.timestamp("us", "America/New_York")),
    "a dict of NumPy arrays": as_numpy,
    "a dict of lists": lambda t: t.to_pydict(),
    "rows": lambda t: t.to_pylist(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_bits(form: str, observations: pa.Table, posts: pa.Table) -> None:
    if form == "pandas" or form == "pandas, categorical":
        # pandas keeps counts with gaps as floats, which are whole all the same.
        assert posts.to_pandas()["comments"].isna().any()
    got = fanpulse.score(FORMS[form](observations), FORMS[form](posts), as_of=AS_OF)
    assert list(got) == by_rows()


def test_forms_may_be_mixed(observations: pa.Table, posts: pa.Table) -> None:
    assert list(fanpulse.score(observations, post_rows(), as_of=AS_OF)) == by_rows()
    assert list(fanpulse.score(rows(), posts, as_of=AS_OF)) == by_rows()
    assert list(fanpulse.score((row for row in rows()), posts.to_pydict(), as_of=AS_OF)) == by_rows()


def test_the_order_of_the_rows_does_not_matter(observations: pa.Table, posts: pa.Table) -> None:
    def shuffled(table: pa.Table) -> pa.Table:
        return table.take(np.random.default_rng(3).permutation(table.num_rows))

    for form in ("pyarrow", "dictionary<int32>", "polars, categorical", "chunks"):
        scores = fanpulse.score(FORMS[form](shuffled(observations)), FORMS[form](shuffled(posts)), as_of=AS_OF)
        want = by_rows()
        got: list[Any] = [scores.analysis(str(a["artist_id"])) for a in want]
        for analysis in got + want:
            analysis["viral"]["posts"].sort(key=lambda post: post["post_id"])
        assert got == want


def test_ids_come_in_the_order_of_their_first_row(observations: pa.Table) -> None:
    back = observations.sort_by([("artist_id", "descending")])
    for form in ("pyarrow", "chunks", "dictionary<int8>", "dictionary<int32>", "dictionary, chunks"):
        ids = fanpulse.score(FORMS[form](back), as_of=AS_OF).artist_ids
        assert ids == [f"artist {i}" for i in (4, 3, 2, 1, 0)], form


def test_what_a_dictionary_holds_beyond_the_rows_is_no_artist() -> None:
    frame = pd.DataFrame(rows()).astype({"artist_id": "category"})
    some = frame[frame["artist_id"].isin(["artist 1", "artist 3"])]
    assert len(some["artist_id"].cat.categories) == 5
    assert fanpulse.score(some, as_of=AS_OF).artist_ids == ["artist 1", "artist 3"]


def test_a_dictionary_may_hold_a_text_twice(observations: pa.Table) -> None:
    ids = observations.column("artist_id").combine_chunks().dictionary_encode()
    twice = pa.DictionaryArray.from_arrays(pc.add(ids.indices, 5 * (np.arange(len(ids)) % 2)).cast(pa.int32()), pa.concat_arrays([ids.dictionary] * 2))
    got = fanpulse.score(observations.set_column(0, "artist_id", twice), post_rows(), as_of=AS_OF)
    assert list(got) == by_rows()


@pytest.mark.parametrize("to", [pa.float32(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint64(), pa.decimal128(12, 3)])
def test_values_of_any_width(to: pa.DataType) -> None:
    small = [row | {"value": float(i % 200)} for i, row in enumerate(rows())]
    table = pa.Table.from_pylist(small)
    column = table.column("value").cast(to)
    got = fanpulse.score(table.set_column(4, "value", column), as_of=AS_OF)
    assert list(got) == list(fanpulse.score(small, as_of=AS_OF))


def test_numpy_arrays_of_every_kind(observations: pa.Table) -> None:
    want = list(fanpulse.score(rows(), as_of=AS_OF))
    plain = {name: observations.column(name).to_numpy() for name in observations.column_names}
    text = {name: plain[name].astype(str) for name in ("artist_id", "platform", "metric")}
    strided = np.empty(2 * len(plain["value"]))
    strided[::2], strided[1::2] = plain["value"], -1
    frozen = plain["value"].copy()
    frozen.flags.writeable = False
    other_order = plain["value"].astype(">f8")
    for value in (strided[::2], frozen, other_order, plain["value"][::-1][::-1], np.ma.masked_array(plain["value"])):
        assert list(fanpulse.score(plain | {"value": value}, as_of=AS_OF)) == want
    assert list(fanpulse.score(plain | text, as_of=AS_OF)) == want
    assert list(fanpulse.score(plain | {name: column.astype(object) for name, column in text.items()}, as_of=AS_OF)) == want
    for unit in ("s", "ms", "us", "ns"):
        stamps = plain["observed_at"].astype(f"datetime64[{unit}]")
        assert list(fanpulse.score(plain | {"observed_at": stamps}, as_of=AS_OF, naive="utc")) == want


def test_times_without_a_zone_can_be_said_to_be_utc(observations: pa.Table, posts: pa.Table) -> None:
    naive = times(pa.timestamp("us"))
    assert list(fanpulse.score(naive(observations), naive(posts), as_of=AS_OF, naive="utc")) == by_rows()
    bare = [row | {"published_at": row["published_at"][:-1]} for row in post_rows()]
    assert list(fanpulse.score(rows(), bare, as_of=AS_OF, naive="utc")) == by_rows()
    assert list(fanpulse.score(observations, bare, as_of=AS_OF, naive="utc")) == by_rows()


def test_times_of_several_zones_are_the_instants_that_they_are() -> None:
    def there(hours: int, row: Any) -> Any:
        zone = timezone(timedelta(hours=hours % 12))
        return row | {"published_at": datetime.fromisoformat(row["published_at"]).astimezone(zone)}

    mixed = [there(i, row) for i, row in enumerate(post_rows())]
    assert list(fanpulse.score(rows(), mixed, as_of=AS_OF)) == by_rows()
    columns = {name: [row[name] for row in mixed] for name in mixed[0]}
    assert list(fanpulse.score(rows(), columns, as_of=AS_OF)) == by_rows()


def test_a_column_that_all_rows_share_can_be_an_argument() -> None:
    some = [row for row in rows() if row["metric"] == "followers"]
    want = list(fanpulse.score(some, as_of=AS_OF))
    table = pa.Table.from_pylist(some).select(["value", "artist_id", "observed_at"])
    assert list(fanpulse.score(table, as_of=AS_OF, platform="spotify", metric="followers")) == want


def test_columns_that_are_not_needed_are_not_looked_at(observations: pa.Table) -> None:
    more = observations.append_column("note", pa.array([{"deep": [1]}] * observations.num_rows))
    assert list(fanpulse.score(more, as_of=AS_OF)) == list(fanpulse.score(rows(), as_of=AS_OF))


def test_empty_tables() -> None:
    nothing = pa.table({name: pa.array([], pa.string()) for name in ("artist_id", "platform", "metric", "observed_at")} | {"value": pa.array([], pa.float64())})
    empty: Any
    for empty in (nothing, nothing.to_pydict(), [], pl.DataFrame(nothing)):
        scores = fanpulse.score(empty, as_of=AS_OF)
        assert len(scores) == 0 and list(scores) == [] and scores.to_arrow().num_rows == 0
        assert "0 artists" in scores._repr_html_()


def test_a_post_that_stands_twice_counts_once_in_a_table(posts: pa.Table) -> None:
    again = pa.concat_tables([posts, posts.slice(30, 25)])
    for table in (again, again.sort_by("artist_id"), dictionary(again, pa.int32())):
        scores = fanpulse.score(rows(), table, as_of=AS_OF)
        assert scores.dropped_rows == 25
        assert scores.analysis("artist 2")["viral"] == by_rows()[2]["viral"]
    changed = posts.slice(30, 1).set_column(4, "likes", pa.array([7]))
    with pytest.raises(fanpulse.InvalidInputError, match="^post row 100: post `post 10` of artist `artist 1` on tiktok stands twice"):
        fanpulse.score(rows(), pa.concat_tables([posts, changed]), as_of=AS_OF)


def test_many_posts_of_one_artist() -> None:
    some = post_rows(1, 20)
    many = [row | {"post_id": f"{i}", "published_at": f"2026-02-{1 + i % 28:02}T{i % 24:02}:00:00Z"} for i in range(300) for row in some[:1]]
    scores = fanpulse.score(rows(1), pa.Table.from_pylist(many + many[250:]), as_of=AS_OF)
    assert scores.dropped_rows == 50


def test_many_artists_in_any_order_agree(observations: pa.Table) -> None:
    """More rows than one piece of work has."""
    artists, days = 3000, 60
    rng = np.random.default_rng(1)
    ids = np.repeat([f"artist-{i:05}" for i in range(artists)], days)
    table = pa.table(
        {
            "artist_id": ids,
            "observed_at": pa.array(np.tile(np.arange(days, dtype=np.int32) + 20_000, artists), pa.date32()),
            "value": rng.uniform(1000, 2000, artists * days),
        }
    )
    as_of = str(np.datetime64("1970-01-01") + 20_000 + days - 1)

    def frame(table: Any) -> pl.DataFrame:
        return fanpulse.score(table, as_of=as_of, platform="spotify", metric="followers").to_polars()

    want = frame(table)
    assert want.height == artists and want["momentum"].null_count() == 0
    for same in (dictionary(table, pa.int32()), dictionary(table, pa.int64()), strings(pa.string_view())(table), pl.DataFrame(table)):
        assert frame(same).equals(want)
    shuffled = table.take(rng.permutation(table.num_rows))
    for other in (shuffled, dictionary(shuffled, pa.int32()), dictionary(shuffled.sort_by("observed_at"), pa.int32())):
        assert frame(other).sort("artist_id").equals(want)
