"""The scoring cases with right answers, computed by an independent plain implementation of the definition."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import fanpulse
from fanpulse.types import Observation, Post

CASES: list[dict[str, Any]] = json.loads(gzip.decompress((Path(__file__).parents[3] / "tests/data/golden.json.gz").read_bytes()))

# Agreement, relative; and absolute near zero, where the reference's own rounding is 2e-14.
TOLERANCE = 1e-9
TOLERANCE_AT_ZERO = 1e-12


def rows(case: dict[str, Any]) -> tuple[list[Observation], list[Post]]:
    of_artist = {"artist_id": case["artist_id"]}
    observations: list[Observation] = [of_artist | row for row in case["observations"]]
    posts: list[Post] = [of_artist | row for row in case["posts"]]
    return observations, posts


def close(got: object, want: object, what: str) -> None:
    assert got == pytest.approx(want, rel=TOLERANCE, abs=TOLERANCE_AT_ZERO), what


def components(got: Any, want: Any, what: str) -> None:
    assert got.keys() == want.keys(), what
    for name, component in got.items():
        close(component["raw"], want[name]["raw"], f"{what} {name} raw")
        close(component["score"], want[name]["score"], f"{what} {name} score")


def check(case: dict[str, Any], got: Any) -> None:
    want = case["expected"]
    assert (got["artist_id"], got["as_of"], got["window_days"]) == (case["artist_id"], case["as_of"], case["window_days"])
    for part, figure in [("fvs", "score"), ("momentum", "index")]:
        assert (got[part] is None) == (want[part] is None), part
        if got[part] is None:
            assert got[part + "_reason"]["kind"] == "insufficient_data"
            continue
        close(got[part][figure], want[part][part], part)
        close(got[part]["coverage"], want[part]["coverage"], f"{part} coverage")
        components(got[part]["components"], want[part]["components"], part)
        total = sum(c["contribution"] for c in got[part]["components"].values())
        total += got[part].get("neutral_contribution", 0)
        close(total, got[part][figure], f"contributions of {part}")
    if got["momentum"] is None:
        reason = got["momentum_reason"]
        assert (reason["have"], reason["need"]) == (want["momentum_reason"]["have"], want["momentum_reason"]["need"])
        assert got["breakout"] is None and want.get("breakout") is None
    else:
        assert got["momentum"]["status"] == want["momentum"]["status"]
        close(got["momentum"]["velocity_se"], want["momentum"]["velocity_se"], "velocity_se")
        close(got["breakout"]["probability"], want["breakout"]["probability"], "breakout")
        assert got["breakout"]["level"] == want["breakout"]["level"]
        assert sum(got["breakout"]["drivers"].values()) == want["breakout"]["met"]
    keys = [(p["platform"], p["post_id"]) for p in case["posts"]]
    assert [keys.index((p["platform"], p["post_id"])) for p in got["viral"]["posts"]] == want["viral_posts"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_one_artist_agrees(case: dict[str, Any]) -> None:
    observations, posts = rows(case)
    check(case, fanpulse.analyze(observations, posts, as_of=case["as_of"], window_days=case["window_days"]))


def test_many_artists_agree() -> None:
    assert len(CASES) == 37
    for window_days in {case["window_days"] for case in CASES}:
        cases = [case for case in CASES if case["window_days"] == window_days]
        assert len({case["as_of"] for case in cases}) == 1
        observations = [row for case in cases for row in rows(case)[0]]
        posts = [row for case in cases for row in rows(case)[1]]
        analyses = fanpulse.score(observations, posts, as_of=cases[0]["as_of"], window_days=window_days)
        assert len(analyses) == len(cases)
        for case, analysis in zip(cases, analyses, strict=True):
            check(case, analysis)
