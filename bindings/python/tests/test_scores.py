"""What can be done with a result."""

import math
import pickle
from datetime import date
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

import fanpulse
from fanpulse import types

from .conftest import AS_OF, post_rows, rows

SCORES = fanpulse.score([*rows(), rows(6)[-1] | {"artist_id": "new <b>"}], post_rows(), as_of=AS_OF)


def test_the_table_says_what_the_analyses_say() -> None:
    frame = SCORES.to_polars()
    assert frame.columns == SCORES.columns and frame.height == len(SCORES) == 6
    for row, analysis in zip(frame.iter_rows(named=True), SCORES, strict=True):
        fvs, momentum, breakout = analysis["fvs"], analysis["momentum"], analysis["breakout"]
        assert (row["artist_id"], row["as_of"]) == (analysis["artist_id"], date.fromisoformat(analysis["as_of"]))
        assert row["fvs"] == (fvs and fvs["score"])
        assert row["momentum"] == (momentum and momentum["index"])
        assert row["status"] == (momentum and momentum["status"])
        assert row["velocity"] == (momentum and momentum["components"]["velocity"]["raw"])
        assert row["breakout"] == (breakout and breakout["probability"])
        assert row["breakout_level"] == (breakout and breakout["level"])
        assert row["viral_posts"] == len(analysis["viral"]["posts"])


def test_missing_is_null_and_never_zero_or_nan() -> None:
    last = SCORES.to_arrow().slice(5).to_pylist()[0]
    assert last["momentum"] is None and last["engagement"] is None and last["breakout_level"] is None
    for row in SCORES.to_arrow().to_pylist():
        assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())


def test_everybody_reads_it() -> None:
    arrow = SCORES.to_arrow()
    assert arrow.num_rows == 6 and pa.table(SCORES).equals(arrow)
    assert pa.record_batch(SCORES).num_rows == 6 and pa.schema(SCORES) == arrow.schema
    assert pl.DataFrame(SCORES).equals(SCORES.to_polars())
    assert SCORES.to_pandas()["momentum"].isna().sum() == 1
    scores = SCORES
    found = duckdb.connect().sql("select artist_id from scores order by momentum desc nulls last limit 1").fetchall()
    assert found[0] == (pl.DataFrame(scores).sort("momentum", descending=True, nulls_last=True)["artist_id"][0],)
    wider = pa.schema([pa.field(f.name, pa.large_string() if f.type == pa.string() else f.type, f.nullable) for f in arrow.schema])
    assert pa.RecordBatchReader.from_stream(SCORES, schema=wider).read_all().schema.field("artist_id").type == pa.large_string()


def test_artists_are_found_by_id_and_by_row() -> None:
    assert SCORES.analysis("artist 3") == SCORES[3] == SCORES["artist 3"] == list(SCORES)[3]
    assert SCORES[-1]["artist_id"] == "new <b>"
    assert "artist 3" in SCORES and "artist 9" not in SCORES and 3 not in SCORES
    assert SCORES.artist_ids == [a["artist_id"] for a in SCORES]
    with pytest.raises(fanpulse.NotFoundError, match="^there is no artist 'artist 9'$"):
        SCORES.analysis("artist 9")
    with pytest.raises(fanpulse.NotFoundError):
        SCORES.explain("artist 9")
    for row in (6, -7, 2**70):
        with pytest.raises(IndexError):
            SCORES[row]
    with pytest.raises(TypeError):
        SCORES[1.5]  # type: ignore[index]


def test_more_artists_than_are_made_at_a_time() -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 21)]
    table: dict[str, list[Any]] = {"artist_id": [f"a{i}" for i in range(2500) for _ in days], "observed_at": days * 2500, "value": [5.0] * 2500 * 20}
    scores = fanpulse.score(table, as_of="2026-03-20", platform="spotify", metric="followers")
    assert [a["artist_id"] for a in scores] == scores.artist_ids and len(scores.artist_ids) == 2500


def test_an_explanation_says_the_numbers() -> None:
    text = SCORES.explain("artist 4")
    momentum = SCORES[4]["momentum"]
    assert momentum and text.splitlines()[0] == "artist 4" and f"{momentum['index']:.1f}" in text


def test_viral_posts_have_their_ids() -> None:
    for artist in range(5):
        assert [post["post_id"] for post in SCORES[artist]["viral"]["posts"]] == ["post 15"]


def test_a_notebook_shows_it() -> None:
    html = SCORES._repr_html_()
    assert html.count("<tr>") == 7 and "new &lt;b&gt;" in html and "6 artists as of 2026-03-01" in html
    assert repr(SCORES) == "<fanpulse.Scores: 6 artists as of 2026-03-01, 30 days>"
    assert SCORES.as_of == date(2026, 3, 1)


def test_scores_say_what_to_pickle_instead() -> None:
    with pytest.raises(TypeError, match="pickle `list\\(scores\\)`"):
        pickle.dumps(SCORES)
    assert pickle.loads(pickle.dumps(SCORES.to_arrow())).equals(SCORES.to_arrow())


EVENTS: list[Any] = [
    {"artist_id": artist, "fan_id": f"fan {fan}", "occurred_at": f"2026-02-{1 + day:02}", "kind": "stream"}
    for artist in ("artist 1", "nobody's")
    for fan in range(20)
    for day in range(0, 28, 1 + fan)
]


def test_fans_go_into_the_analysis() -> None:
    scores = fanpulse.score(rows(), fans=EVENTS, as_of=AS_OF)
    superfans = scores.analysis("artist 1")["superfans"]
    assert superfans and superfans["fans"] == 20 and superfans["tiers"]["platinum"] == 1
    assert superfans.keys() == types.Superfans.__annotations__.keys()
    assert superfans["best"]["fans"][0].keys() == types.Fan.__annotations__.keys()
    other = scores.analysis("artist 2")
    assert other["superfans"] is None and other["superfans_reason"] == {"kind": "insufficient_data", "have": 0, "need": 1}
    assert scores.analysis("artist 1")["viral"]["series"] == [] and "fans" in scores.explain("artist 1")
    assert SCORES.analysis("artist 1")["viral"]["series"] is None and SCORES.analysis("artist 1")["superfans"] is None
    assert scores.artist_ids[-1] == "nobody's" and scores[-1]["fvs"] is None
    assert superfans == fanpulse.fans.score(EVENTS, as_of=AS_OF).superfans("artist 1")


def test_fan_tables() -> None:
    scores = fanpulse.fans.score(pa.Table.from_pylist(EVENTS), as_of=AS_OF)
    frame = scores.to_polars()
    assert frame.height == len(scores) == 40 and scores.artist_ids == ["artist 1", "nobody's"]
    assert frame["tier"].value_counts().height == 4 or set(frame["tier"].unique()) <= {"platinum", "gold", "silver", "bronze"}
    assert frame.filter(pl.col("tier") == "platinum")["fan_id"].unique().to_list() == ["fan 0"]
    groups, of_fan = scores.clusters(3, seed=1)
    assert sum(group["fans"] for group in groups) == len(of_fan) == 40 and max(of_fan) == len(groups) - 1
    assert groups[0].keys() == types.Cluster.__annotations__.keys()
    with pytest.raises(fanpulse.NotFoundError):
        scores.superfans("artist 2")
    with pytest.raises(fanpulse.InsufficientDataError, match="fans where clusters need 10"):
        fanpulse.fans.score(EVENTS[:28], as_of=AS_OF).clusters()
    with pytest.raises(fanpulse.InvalidInputError, match="^clusters is 99, outside 2 to 16$"):
        scores.clusters(99)


def test_purchases_in_one_currency() -> None:
    paid: list[Any] = [event | {"amount": 9.5, "currency": "EUR", "kind": "purchase"} for event in EVENTS[::3]]
    scores = fanpulse.fans.score([*EVENTS, *paid], as_of=AS_OF)
    assert scores.to_polars()["spend"].sum() == 9.5 * len(paid)
    with pytest.raises(fanpulse.InvalidInputError, match="USD"):
        fanpulse.fans.score([*paid, paid[0] | {"currency": "USD"}], as_of=AS_OF)
    with pytest.raises(fanpulse.InvalidInputError, match="^fan event row 0: kind: unknown fan event `hug`"):
        fanpulse.fans.score([paid[0] | {"kind": "hug"}], as_of=AS_OF)


def test_engines_travel() -> None:
    model = trained()
    engine = fanpulse.Engine({"window_days": 14}, breakout=model, conflicts="keep_first")
    again = pickle.loads(pickle.dumps(engine))
    assert again == engine and hash(again) == hash(engine) and again != fanpulse.Engine({"window_days": 14})
    assert list(again.score(rows(), as_of=AS_OF)) == list(engine.score(rows(), as_of=AS_OF))
    assert fanpulse.Engine('{"window_days": 14}').settings_hash == engine.settings_hash
    assert fanpulse.Engine(engine.settings).settings_hash == engine.settings_hash


def trained() -> fanpulse.breakout.Model:
    examples: dict[str, list[Any]] = {
        "id": [f"artist {i}" for i in range(400)],
        "date": [f"{2022 + i // 100}-{1 + i % 12:02}-01" for i in range(400)],
        "known": [f"{2022 + i // 100}-{1 + i % 12:02}-08" for i in range(400)],
        "label": [i * 37 % 100 + i * 61 % 50 > 90 for i in range(400)],
        "velocity": [i * 37 % 100 / 10 for i in range(400)],
        "acceleration": [None if i % 9 == 0 else i * 13 % 10 for i in range(400)],
        "plain": [i * 37 % 100 for i in range(400)],
    }
    return fanpulse.breakout.train(
        examples, calibrate_from="2024-01-01", test_from="2025-01-01", rankings=["plain"], task={"label": "it broke out"}
    )


def test_models_travel_and_say_what_they_are() -> None:
    model = trained()
    again = pickle.loads(pickle.dumps(model))
    assert again == model and again.to_json() == model.to_json()
    assert model.features == ["velocity", "acceleration"]
    prediction = model.predict({"velocity": 9.0})
    assert prediction.keys() == types.Prediction.__annotations__.keys() and prediction == again.predict({"velocity": 9.0, "acceleration": None})
    assert model.card.keys() == types.Card.__annotations__.keys() and model.card["task"]["label"] == "it broke out"
    assert model.card["evaluation"].keys() == types.Evaluation.__annotations__.keys()
    assert model.card_markdown("mine").startswith("# Model card: mine")
    with pytest.raises(fanpulse.NotFoundError, match="the model has no feature `velocty`; it has velocity, acceleration"):
        model.predict({"velocty": 1.0})
    with pytest.raises(fanpulse.NotFoundError, match="no feature `acceleration`"):
        model.probabilities({"velocity": [1.0]})
    with pytest.raises(fanpulse.InvalidInputError, match="no model file"):
        fanpulse.breakout.Model.from_json("{}")
    with pytest.raises(fanpulse.InsufficientDataError, match="each class needs 10"):
        fanpulse.breakout.train(
            [{"id": "a", "date": "2024-01-01", "known": "2024-01-02", "label": 1, "x": 1.0}],
            calibrate_from="2025-01-01",
            test_from="2025-06-01",
        )


def test_a_learned_breakout_takes_the_place_of_the_indicators() -> None:
    analysis = fanpulse.Engine(breakout=trained()).analyze([r for r in rows() if r["artist_id"] == "artist 1"], as_of=AS_OF)
    assert analysis["breakout"] and analysis["breakout"]["model"] == "logistic"


def test_release_windows_and_spikes_have_the_keys_of_their_types() -> None:
    window = fanpulse.releases.windows(as_of=AS_OF, momentum=5.0, streams=[100.0] * 60)[0]
    assert window.keys() == types.ReleaseWindow.__annotations__.keys()
    assert window["components"].keys() == types.ReleaseComponents.__annotations__.keys()
    with pytest.raises(fanpulse.InsufficientDataError, match="needs a momentum index"):
        fanpulse.releases.windows(as_of=AS_OF, momentum=None, streams=[])
    with pytest.raises(fanpulse.InvalidInputError, match="^competition 0: `soon` is not a date"):
        fanpulse.releases.windows(as_of=AS_OF, momentum=5.0, streams=[], competition=[("soon", 5)])
    report = fanpulse.viral.spikes([100.0 + i % 7 for i in range(100)] + [900.0], start="2026-01-01")
    assert report.keys() == types.SpikeReport.__annotations__.keys()
    assert report["spikes"][0].keys() == types.SeriesSpike.__annotations__.keys()
    short = fanpulse.viral.spikes([1.0], start="2026-01-01")
    assert short["status"] == "insufficient_data" and short["reason"] and short["reason"]["need"] > short["reason"]["have"]
    with pytest.raises(fanpulse.InvalidInputError, match="^reading 1 is -1, outside 0 to 1e15$"):
        fanpulse.viral.spikes([1.0, -1.0], start="2026-01-01")
    with pytest.raises(fanpulse.InvalidInputError, match="^step_seconds is 0, outside"):
        fanpulse.viral.spikes([1.0], start="2026-01-01", step_seconds=0)


def test_a_live_artist_refuses_and_stays_as_it_was() -> None:
    live = fanpulse.LiveArtist("low-tide")
    live.observe("spotify", "followers", "2026-03-01", 5)
    for value, message in [(-1, "value -1 is not"), (6, "two values for spotify followers"), ("x", "value: 'x' is not a number")]:
        with pytest.raises(fanpulse.InvalidInputError, match=message):
            live.observe("spotify", "followers", "2026-03-01", value)  # type: ignore[arg-type]
    live.observe("spotify", "followers", "2026-03-01", 5)
    assert live.dropped_rows == 1 and live.artist_id == "low-tide" and "low-tide" in live.explain("2026-03-01")
    with pytest.raises(fanpulse.InvalidInputError, match="^post: likes: -1 is not a whole number"):
        live.observe_post({"artist_id": "", "platform": "tiktok", "post_id": "p", "published_at": "2026-03-01", "likes": -1})
