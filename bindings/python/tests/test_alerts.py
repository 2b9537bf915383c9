"""Alerts of scores and of analyses, and what is said of wrong rules."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

import fanpulse

NOW = "2026-03-31T06:00:00Z"
HELD: Any = {"id": "held", "kind": "growth_stall", "operator": "<=", "threshold": 100}
RULE: Any = {"id": "fans", "kind": "fvs_threshold", "operator": ">=", "threshold": 1}


def rows(artist: str = "a", rate: float = 1.01, days: int = 30) -> Any:
    row = {"artist_id": artist, "platform": "spotify", "metric": "followers"}
    return [row | {"observed_at": f"2026-03-{day:02}", "value": 1000 * rate**day} for day in range(1, days + 1)]


def posts(artist: str = "a") -> Any:
    row = {"artist_id": artist, "platform": "tiktok"}
    return [row | {"post_id": f"p{i}", "published_at": f"2026-03-{2 * i + 1:02}", "likes": 900 if i == 9 else 50 + i} for i in range(12)]


def refused(*given: Any, **keywords: Any) -> str:
    with pytest.raises(fanpulse.InvalidInputError) as caught:
        fanpulse.alerts(*given, **{"now": NOW, **keywords})
    return str(caught.value)


def test_scores_and_their_analyses_raise_the_same() -> None:
    current = fanpulse.score(rows("a", 1.02) + rows("b"), posts("a") + posts("b"), as_of="2026-03-30")
    before = fanpulse.score(rows("a", days=20) + rows("b", 1.03, days=20), as_of="2026-03-20")
    rules = [HELD, {"id": "fall", "kind": "momentum_drop", "operator": ">", "threshold": 0.1}]
    alerts, fired = fanpulse.alerts(current, before, rules=rules, now=NOW)
    assert {(alert["artist_id"], alert["kind"]) for alert in alerts} >= {("a", "viral_post"), ("b", "viral_post"), ("b", "momentum_drop")}
    assert fanpulse.alerts(list(current), list(before), rules=rules, now=NOW) == (alerts, fired)
    assert list(fired) == sorted(alert["key"] for alert in alerts)
    # One analysis alone, and one rule alone.
    assert fanpulse.alerts(current["a"], before["a"], rules=rules, now=NOW)[0] == [a for a in alerts if a["artist_id"] == "a"]
    assert fanpulse.alerts(current["a"], rules=HELD, now=NOW)[0][-1]["rule"] == "held"


def test_whole_analyses_raise_the_same() -> None:
    events: Any = [{"artist_id": "a", "fan_id": f"f{i % 7}", "occurred_at": f"2026-03-{i % 28 + 1:02}", "kind": "share"} for i in range(60)]
    whole = fanpulse.score(rows(), posts(), events, as_of="2026-03-30")
    without = fanpulse.score(rows(), posts(), as_of="2026-03-30")
    assert fanpulse.alerts(list(whole), now=NOW) == fanpulse.alerts(whole, now=NOW) == fanpulse.alerts(without, now=NOW)


def test_what_was_told_is_plain_data_and_times_may_be_objects() -> None:
    scores = fanpulse.score(rows(), as_of="2026-03-30")
    _, fired = fanpulse.alerts(scores, rules=[HELD], now=datetime(2026, 3, 31, 6, tzinfo=timezone.utc))
    assert fired == {"rule/held/a/2026-03-30": NOW}
    told: Mapping[str, Any] = {"rule/held/a/2026-03-29": datetime(2026, 3, 31, tzinfo=timezone.utc)}
    assert fanpulse.alerts(scores, rules=[HELD], fired=told, now="2026-03-31T23:59:59Z")[0] == []
    assert len(fanpulse.alerts(scores, rules=[HELD], fired=told, now="2026-04-01")[0]) == 1
    assert len(fanpulse.alerts(scores, rules=[HELD | {"cool_down_hours": 1}], fired=told, now=NOW)[0]) == 1


def test_nobody() -> None:
    assert fanpulse.alerts([], now=NOW) == ([], {})
    assert fanpulse.alerts(fanpulse.score([], as_of="2026-03-30"), [], rules=[], fired={}, now=NOW) == ([], {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": 101}, "rules 1: `fans`: threshold is 101, outside 0 to 100"),
        ({"threshold": float("nan")}, "rules 1: threshold: expected value"),
        ({"threshold": "1"}, 'rules 1: `fans`: threshold: invalid type: string "1", expected f64'),
        ({"operator": "=="}, "rules 1: `fans`: operator: unknown variant `==`, expected one of `>=`, `>`, `<=`, `<`"),
        ({"kind": "growth_stall"}, "rules 1: `fans`: operator is >=, where a growth_stall rule takes <= or <"),
        ({"kind": "plays"}, "rules 1: `fans`: kind: unknown variant `plays`, expected one of `momentum_spike`"),
        ({"id": "a/b"}, "rules 1: `a/b`: id is `a/b`, not 1 to 64 of a-z"),
        ({"cool_down_hours": 9000}, "rules 1: `fans`: cool_down_hours is 9000, outside 0 to 8784"),
        ({"treshold": 1}, "rules 1: `fans`: treshold: unknown field `treshold`"),
        ({"threshold": datetime(2026, 3, 1)}, "rules 1: Object of type datetime is not JSON serializable"),
    ],
)
def test_a_wrong_rule_is_named(changes: Any, message: str) -> None:
    assert refused([], rules=[RULE, RULE | changes]).startswith(message)


def test_what_else_is_wrong_is_named() -> None:
    one: Any = fanpulse.analyze(rows(), as_of="2026-03-30")
    later: Any = fanpulse.analyze(rows(), as_of="2026-03-31")
    assert refused([one, one]) == "current 1: the artist `a` stands also at 0"
    assert refused(one, later) == "current 0 `a`: previous is as of 2026-03-31, after 2026-03-30"
    assert refused([one | {"momentum": {"index": "high"}}]) == 'current 0: momentum.index: invalid type: string "high", expected f64'
    assert refused({key: part for key, part in one.items() if key != "viral"}) == "current 0: missing field `viral`"
    assert refused([1]) == "current 0: 1 is not a dict"
    assert refused(1) == "current: 1 is neither a dict nor several"
    assert refused(one, rules=1) == "rules: 1 is neither a dict nor several"
    assert refused(one, superfan_churn={"b": 0.5}) == "superfan_churn: there is no artist `b` in current"
    assert refused(one, superfan_churn={"a": 1.5}) == "current 0 `a`: superfan_churn is 1.5, outside 0 to 1"
    assert refused(one, superfan_churn={"a": "1"}) == "superfan_churn[\"a\"]: '1' is not a number"
    assert refused(one, superfan_churn=0.5) == "superfan_churn: 0.5 is not a dict"
    assert refused(one, fired={"k": "yesterday"}).startswith('fired["k"]: `yesterday` is not a date')
    assert refused(one, fired={1: NOW}) == "fired: 1 is not a str"
    assert refused(one, now="2026-03-31T06:00:00").startswith("now: time `2026-03-31T06:00:00` has no zone")
    assert refused(one, settings={"momentum_index": 11}) == "momentum_index is 11, outside 0 to 10"
    assert refused(one, settings={"sigmas": 1}).startswith("settings: unknown field `sigmas`")
