from __future__ import annotations

import pytest

from app.runtime.clock import ManualClock
from capture.away import SLATE_S, WindowWatch


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def watch(clock: ManualClock) -> WindowWatch:
    watch = WindowWatch(clock, 120.0)
    watch.attached()
    return watch


def test_with_a_window_nothing_happens(watch: WindowWatch, clock: ManualClock) -> None:
    clock.advance(10_000)
    assert watch.step(is_on=True) == ""


def test_after_the_grace_comes_the_slate_then_the_end_each_once(watch: WindowWatch, clock: ManualClock) -> None:
    watch.lost()
    told = []
    for _ in range(150):
        told.append(watch.step(is_on=True))
        clock.advance(1.0)
    assert told.index("slate") == 120
    assert told.index("end") == 120 + SLATE_S
    assert told.count("slate") == told.count("end") == 1


def test_a_window_that_comes_back_during_the_slate_stops_the_end(watch: WindowWatch, clock: ManualClock) -> None:
    watch.lost()
    clock.advance(121)
    assert watch.step(is_on=True) == "slate"
    watch.attached()
    clock.advance(100)
    assert watch.step(is_on=True) == ""


def test_a_window_that_leaves_says_how_long_to_wait(watch: WindowWatch, clock: ManualClock) -> None:
    watch.leaves(5.0)
    clock.advance(60)
    assert watch.step(is_on=True) == "", "it is still there"
    watch.lost()
    clock.advance(5)
    assert watch.step(is_on=True) == "slate"


def test_without_a_broadcast_there_is_nothing_to_end(watch: WindowWatch, clock: ManualClock) -> None:
    watch.lost()
    clock.advance(1000)
    assert watch.step(is_on=False) == ""


def test_every_absence_is_counted_anew(watch: WindowWatch, clock: ManualClock) -> None:
    watch.lost()
    clock.advance(125)
    assert watch.step(is_on=True) == "slate"
    watch.attached()
    watch.lost()
    clock.advance(60)
    assert watch.step(is_on=True) == ""
    clock.advance(60)
    assert watch.step(is_on=True) == "slate"
