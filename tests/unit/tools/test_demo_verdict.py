"""When a demonstration counts as shown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tools.demo_verdict import Shown, Watched, faults

GOOD = Watched("viewer 1", "flv", "flv", 1000, 950, (-20.0, -22.0, -90.0), (3, 6, 6, 9), {"a": 1, "b": 1})
OTHERS = (replace(GOOD, name="viewer 2"), replace(GOOD, name="viewer 3", asked_via="hls", via="hls"))
SHOWN = Shown(1100, 0, ("a", "b"), {"a": 1, "b": 1}, (GOOD, *OTHERS))


def with_viewer(**changes: object) -> Shown:
    return replace(SHOWN, viewers=(replace(GOOD, **changes), *OTHERS))  # type: ignore[arg-type]  # by the cases below


def test_all_well() -> None:
    assert faults(SHOWN) == []


@pytest.mark.parametrize(
    ("shown", "named"),
    [
        (with_viewer(frames_decoded=899), "decoded 899 of 1000"),
        (with_viewer(frames_sent_since_joined=0, frames_decoded=0), "decoded 0 of 0"),
        (with_viewer(sound_dbfs=(-20.0, -50.0, -60.0)), "33%"),
        (with_viewer(sound_dbfs=()), "0%"),
        (with_viewer(seen={"a": 1}), "“b” 0 times"),
        (with_viewer(seen={"a": 2, "b": 1}), "“a” 2 times"),
        (with_viewer(errors=("TypeError",)), "TypeError"),
        (replace(SHOWN, seen_in_window={"a": 1}), "the window saw “b” 0 times"),
        (with_viewer(via="hls"), "by hls, not by flv"),
        (with_viewer(via=""), "by nothing"),
        (with_viewer(counter=(3, 6, 4, 9)), "no moving picture"),
        (with_viewer(counter=(3, 3, 3, 3)), "no moving picture"),
        (with_viewer(counter=(3, 9)), "no moving picture"),
        (with_viewer(counter=()), "no moving picture"),
        (replace(SHOWN, viewers=()), "0 watched, at least 3"),
        (replace(SHOWN, viewers=(GOOD, OTHERS[0])), "2 watched, at least 3"),
        (replace(SHOWN, messages=()), "nobody said anything"),
        (replace(SHOWN, exit_code=-9), "ended with -9"),
        (replace(SHOWN, left_running=("engine 7",)), "still running: engine 7"),
        (replace(SHOWN, frames_sent=0), "no frame"),
    ],
)
def test_each_fault_is_named(shown: Shown, named: str) -> None:
    assert any(named in fault for fault in faults(shown)), faults(shown)


def test_exactly_at_the_limits_is_enough() -> None:
    assert faults(with_viewer(frames_decoded=900, sound_dbfs=(-39.0, -41.0))) == []


def test_the_summary_is_plain() -> None:
    told = json.loads(json.dumps(SHOWN.summary()))
    assert told["viewers"][0]["decoded_ratio"] == 0.95
    assert told["viewers"][0]["counter"] == [4, 3, 9]
    assert told["viewers"][0]["loud_ratio"] == pytest.approx(0.6667)
