"""What goes in, what comes out, and what is said of wrong input."""

import doctest
import sys
import threading
from datetime import date, datetime, timezone
from typing import Any, get_args

import pytest

import fanpulse
import fanpulse._fanpulse
from fanpulse import types
from fanpulse.types import Observation


def observation(**changes: Any) -> Any:
    row = {"artist_id": "a", "platform": "spotify", "metric": "followers", "observed_at": "2026-03-01", "value": 100.0}
    return row | changes


def post(**changes: Any) -> Any:
    row = {"artist_id": "a", "platform": "tiktok", "post_id": "p", "published_at": "2026-03-01T10:00:00Z", "likes": 5}
    return row | changes


def growing(artist: str = "a", days: int = 30) -> list[Observation]:
    return [observation(artist_id=artist, observed_at=f"2026-03-{day:02}", value=1000 * 1.01**day) for day in range(1, days + 1)]


def test_the_docstrings_are_true() -> None:
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for name in fanpulse._fanpulse.__all__:
        # Classes say that they are of `fanpulse`, and would not be looked at as part of a module.
        for test in finder.find(getattr(fanpulse._fanpulse, name), name, module=False, globs={}):
            runner.run(test)
    result = runner.summarize()
    assert result.attempted >= 40 and result.failed == 0


def test_dates_may_be_objects() -> None:
    expected = fanpulse.analyze(growing(), [post()], as_of="2026-03-30")
    rows = [row | {"observed_at": date.fromisoformat(str(row["observed_at"]))} for row in growing()]
    posts = [post(published_at=datetime(2026, 3, 1, 10, tzinfo=timezone.utc))]
    assert fanpulse.analyze(rows, posts, as_of=date(2026, 3, 30)) == expected


def test_rows_may_come_from_a_generator() -> None:
    assert fanpulse.analyze((row for row in growing()), as_of="2026-03-30") == fanpulse.analyze(growing(), as_of="2026-03-30")


def test_what_is_after_as_of_is_ignored() -> None:
    late = observation(observed_at="2026-03-31", value=9e9)
    assert fanpulse.analyze([*growing(), late], as_of="2026-03-30") == fanpulse.analyze(growing(), as_of="2026-03-30")


def test_no_rows() -> None:
    assert list(fanpulse.score([], as_of="2026-03-30")) == []
    with pytest.raises(fanpulse.InvalidInputError, match="of one artist, these are of 0"):
        fanpulse.analyze([], as_of="2026-03-30")


def test_a_repeat_counts_once_and_a_contradiction_is_refused() -> None:
    posts = [post(post_id=str(i), likes=10 * i) for i in range(1, 9)]
    once = fanpulse.analyze(growing(), posts, as_of="2026-03-30")
    assert fanpulse.analyze(growing() + growing(), posts + posts, as_of="2026-03-30") == once
    with pytest.raises(fanpulse.InvalidInputError, match="^post row 8: post `1` of artist `a` on tiktok stands twice"):
        fanpulse.analyze(growing(), [*posts, post(post_id="1", likes=11)], as_of="2026-03-30")
    with pytest.raises(fanpulse.InvalidInputError, match="^observation row 30: "):
        fanpulse.analyze([*growing(), observation(value=1.0)], as_of="2026-03-30")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (observation(value="12"), "value: '12' is not a number"),
        (observation(value=True), "value: True is not a number"),
        (observation(value=None), "value: missing"),
        (observation(value=-1.5), "value -1.5 is not a finite number of at least 0"),
        (observation(value=float("nan")), "value NaN is not a finite number of at least 0"),
        (observation(artist_id=7), "artist_id: 7 is not a str"),
        (observation(platform="\ud800"), "platform: '\\ud800' has a lone surrogate"),
        (observation(metric="plays"), "metric: unknown metric `plays`; the known ones are " + ", ".join(get_args(types.Metric))),
        (observation(observed_at="yesterday"), "observed_at: `yesterday` is not a date of the form YYYY-MM-DD"),
        (observation(observed_at=5), "observed_at: 5 is neither a str nor a date"),
        (observation(observed_at=datetime(2026, 3, 1, 10)), "observed_at: time `2026-03-01T10:00:00` has no zone"),
        ({}, "artist_id: missing"),
        (["a"], "['a'] is not a dict"),
        ("x" * 100, "'" + "x" * 78 + "… is not a dict"),
    ],
)
def test_a_wrong_observation_is_named(row: Any, message: str) -> None:
    with pytest.raises(fanpulse.InvalidInputError) as caught:
        fanpulse.score([observation(), row], as_of="2026-03-30")
    assert str(caught.value).startswith(f"observation row 1: {message}")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (post(likes=1.5), "likes: 1.5 is not a whole number from 0 to 2^53 (None = unknown)"),
        (post(views=-1), "views: -1 is not a whole number"),
        (post(saves=float("nan")), "saves: nan is not a whole number"),
        (post(shares=2**60), "shares: 1152921504606846976 is beyond 2^53"),
        (post(comments="many"), "comments: 'many' is not a number"),
        (post(post_id=None), "post_id: missing"),
        (post(published_at="2026-02-30"), "published_at: "),
    ],
)
def test_a_wrong_post_is_named(row: Any, message: str) -> None:
    with pytest.raises(fanpulse.InvalidInputError) as caught:
        fanpulse.score([], [post(), row], as_of="2026-03-30")
    assert str(caught.value).startswith(f"post row 1: {message}")


def test_a_wrong_argument_is_named() -> None:
    for window_days, shown in [(13, "13"), (-1, "-1"), (2**40, "1099511627776")]:
        with pytest.raises(fanpulse.InvalidInputError, match=f"^window_days is {shown}, outside 14 to 366$"):
            fanpulse.score([], as_of="2026-03-30", window_days=window_days)
    with pytest.raises(fanpulse.InvalidInputError, match="^as_of: `tomorrow` is not a date"):
        fanpulse.score([], as_of="tomorrow")
    with pytest.raises(fanpulse.InvalidInputError, match="^as_of: 20260330 is neither a str nor a date$"):
        fanpulse.score([], as_of=20260330)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        fanpulse.score([], "2026-03-30")  # type: ignore[call-arg, arg-type]


def test_an_error_of_the_caller_comes_through() -> None:
    def rows() -> Any:
        yield observation()
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="^gone$"):
        fanpulse.score(rows(), as_of="2026-03-30")


def test_the_exceptions_are_one_tree() -> None:
    for error, also in [
        (fanpulse.InvalidInputError, ValueError),
        (fanpulse.NotFoundError, LookupError),
        (fanpulse.InsufficientDataError, Exception),
        (fanpulse.InternalError, Exception),
    ]:
        assert issubclass(error, fanpulse.FanPulseError) and issubclass(error, also)


def test_results_have_the_keys_of_their_types() -> None:
    posts = [post(platform="spotify", post_id=str(i), likes=10 + i % 2, published_at=f"2026-03-{i:02}") for i in range(1, 20)]
    analysis: Any = fanpulse.analyze(growing(), [*posts, post(platform="spotify", post_id="hit", likes=900)], as_of="2026-03-30")
    cases: list[tuple[Any, Any]] = [
        (analysis, types.Analysis),
        (analysis["fvs"], types.FanValue),
        (analysis["fvs"]["components"], types.FanValueComponents),
        (analysis["momentum"], types.Momentum),
        (analysis["momentum"]["components"], types.MomentumComponents),
        (analysis["momentum"]["components"]["velocity"], types.Component),
        (analysis["viral"], types.Viral),
        (analysis["viral"]["posts"][0], types.ViralPost),
        (analysis["breakout"], types.Breakout),
        (analysis["breakout"]["drivers"], types.Drivers),
        (analysis["quality"], types.Quality),
    ]
    for got, declared in cases:
        assert declared.__required_keys__ <= got.keys() <= declared.__annotations__.keys(), declared
    short: Any = fanpulse.analyze(growing(days=3), as_of="2026-03-03")
    assert short["momentum"] is None and short["momentum_reason"].keys() == types.Reason.__annotations__.keys()
    assert short.keys() <= types.Analysis.__annotations__.keys()


def test_other_threads_run_while_it_scores() -> None:
    observations = [row for i in range(300) for row in growing(artist=str(i))]
    go, ran = threading.Event(), threading.Event()

    def wait() -> None:
        go.wait()
        ran.set()

    def ran_meanwhile() -> bool:
        go.clear()
        ran.clear()
        thread = threading.Thread(target=wait)
        thread.start()
        go.set()
        fanpulse.score(observations, as_of="2026-03-30")
        seen = ran.is_set()
        thread.join()
        return seen

    # So long an interval that a thread runs only when another lets go by itself.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        assert any(ran_meanwhile() for _ in range(20))
    finally:
        sys.setswitchinterval(interval)
