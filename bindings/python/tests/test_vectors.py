"""The vectors that all languages share: same input, same bits (tests/data/vectors/README.md)."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fanpulse
from fanpulse import breakout, fans, releases, viral

from .conftest import table

DATA = Path(__file__).parents[3] / "tests/data"
GOLDEN = {case["name"]: case for case in json.loads(gzip.decompress((DATA / "golden.json.gz").read_bytes()))}


def vectors(name: str) -> list[Any]:
    cases: list[Any] = json.loads((DATA / "vectors" / name).read_text())
    assert cases
    return [pytest.param(case["input"], case["expected"], id=case["name"]) for case in cases]


def same(got: Any, want: Any) -> None:
    """Equal bits, and not merely equal numbers: -0.0 is not 0.0."""
    assert json.dumps(got, sort_keys=True) == json.dumps(want, sort_keys=True)


@pytest.mark.parametrize(("name", "want"), vectors("analyze.json"))
def test_analyses(name: str, want: Any) -> None:
    case = GOLDEN[name]
    of_artist = {"artist_id": case["artist_id"]}
    observations: Any = [of_artist | row for row in case["observations"]]
    posts: Any = [of_artist | row for row in case["posts"]]
    same(fanpulse.analyze(observations, posts, as_of=case["as_of"], window_days=case["window_days"]), want)
    live = fanpulse.Engine({"window_days": case["window_days"]}).live(case["artist_id"])
    for row in observations:
        live.observe(row["platform"], row["metric"], row["observed_at"], row["value"])
    for row in posts:
        live.observe_post(row)
    same(live.analyze(case["as_of"]), want)


@pytest.mark.parametrize(("given", "want"), vectors("analyses.json"))
def test_whole_analyses(given: Any, want: Any) -> None:
    observations: Any = [
        {"artist_id": one["artist_id"], "platform": one["platform"], "metric": one["metric"], "observed_at": str(day), "value": value}
        for one in given["observations"]
        for day, value in zip(np.datetime64(one["start"]) + np.arange(len(one["values"])), one["values"], strict=True)
        if value is not None
    ]
    columns: Any = {"occurred_at" if name == "day" else name: column for name, column in given["events"].items()}
    events: Any = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    posts, as_of = given["posts"], given["as_of"]
    same(list(fanpulse.score(observations, posts, events, as_of=as_of)), want)
    tables = table(observations), table(posts) if posts else None, columns
    same(list(fanpulse.score(*tables, as_of=as_of)), want)
    of_fans = fans.score(events, as_of=as_of)
    same([of_fans.superfans(artist) for artist in of_fans.artist_ids], [a["superfans"] for a in want if a["superfans"]])


@pytest.mark.parametrize(("given", "want"), vectors("spikes.json"))
def test_spikes(given: Any, want: Any) -> None:
    report = viral.spikes(given["values"], start=given["start"], step_seconds=given["step_seconds"], settings=given["settings"])
    assert (report["reason"] is None) == (report["status"] == "judged")
    same({key: report[key] for key in want}, want)  # type: ignore[literal-required]
    stream = viral.SpikeStream(given["start"], step_seconds=given["step_seconds"], settings=given["settings"])
    verdicts = [stream.push(value) for value in given["values"]]
    found = [verdict["ended"] for verdict in verdicts if verdict["ended"]]
    same(found + ([stream.open] if stream.open else []), want["spikes"])


@pytest.mark.parametrize(("given", "want"), vectors("releases.json"))
def test_releases(given: Any, want: Any) -> None:
    competition = [(rival["day"], rival["followers"]) for rival in given.pop("competition")]
    same(releases.windows(**given, competition=competition), want)


@pytest.mark.parametrize(("given", "want"), vectors("fans.json"))
def test_fans(given: Any, want: Any) -> None:
    events = {"occurred_at" if name == "day" else name: column for name, column in given["events"].items()}
    got = fans.score(events, as_of=given["as_of"]).to_arrow().to_pylist()
    assert len(got) == len(want)
    for row, fan in zip(got, want, strict=True):
        forecast = fan.pop("forecast")
        flat = fan | {
            "p_alive": forecast["p_alive"],
            "active_days_30": forecast["active_days"][0],
            "active_days_90": forecast["active_days"][1],
            "expected_value": forecast["value"],
            "value_lost": forecast["value_lost"],
        }
        same({key: row[key] for key in flat}, flat)


@pytest.mark.parametrize(("given", "want"), vectors("breakout.json"))
def test_breakouts(given: Any, want: Any) -> None:
    model = breakout.Model.from_json(json.dumps(given["model"]))
    rows = [dict(zip(model.features, row, strict=True)) for row in given["features"]]
    same([model.predict(row) for row in rows], want)
    assert model.probabilities(rows) == [prediction["probability"] for prediction in want]


@pytest.mark.parametrize(("given", "want"), vectors("alerts.json"))
def test_alerts(given: Any, want: Any) -> None:
    alerts, fired = fanpulse.alerts(**given)
    same(alerts, want["alerts"])
    same(fired, want["fired"])
    given["fired"] = fired
    again, same_fired = fanpulse.alerts(**given)
    assert (again, same_fired) == ([], fired)


@pytest.mark.parametrize(("given", "want"), vectors("clusters.json"))
def test_clusters(given: Any, want: Any) -> None:
    case = next(case for case in json.loads((DATA / "vectors/fans.json").read_text()) if case["name"] == given["fans"])["input"]
    events = {"occurred_at" if name == "day" else name: column for name, column in case["events"].items()}
    clusters, of_fan = fans.score(events, as_of=case["as_of"]).clusters(given["clusters"], seed=given["seed"])
    same({"clusters": clusters, "of_fan": of_fan}, want)


@pytest.mark.parametrize(("given", "want"), vectors("train.json"))
def test_training(given: Any, want: Any) -> None:
    columns = given.pop("examples")
    examples = [dict(zip(sorted(columns), row, strict=True)) for row in zip(*(columns[name] for name in sorted(columns)), strict=True)]
    same(breakout.train(examples, **given).parameters, want)
    same(breakout.train({name: columns[name] for name in sorted(columns)}, **given).parameters, want)
