"""Attendance: what is added up agrees with a model that looks at every millisecond; different people, more or less."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.room.attendance import MARK_BITS, Audience, Distinct, Presence

STEPS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.one_of(st.just("run"), st.just("halt"), st.just("ask"), st.just("restart"), st.integers(0, 5)),
    ),
    max_size=40,
)
MARKS = st.integers(0, 2**MARK_BITS - 1)


@dataclass
class EveryMillisecond:
    """Looks at each one that passes, and remembers what it saw."""

    is_live: bool = False
    viewers: int = 0
    seen: list[int] = field(default_factory=list)
    """How many were there in each one on air."""
    peak: int = 0

    def pass_(self, passed_ms: int) -> None:
        if self.is_live:
            self.seen += [self.viewers] * passed_ms

    def look(self) -> None:
        if self.is_live:
            self.peak = max(self.peak, self.viewers)


@given(STEPS)
def test_what_is_added_up_is_what_was_there(steps: list[tuple[int, str | int]]) -> None:
    presence, model, now_ms = Presence(), EveryMillisecond(), 10_000
    for passed_ms, step in steps:
        now_ms += passed_ms
        model.pass_(passed_ms)
        match step:
            case "run":
                model.is_live = True
                presence.run(model.viewers, now_ms)
            case "halt":
                model.is_live = False
                presence.halt(now_ms)
            case "ask":
                presence.audience(now_ms)
            case "restart":
                # What was written is gone on from: nobody is there yet, and until it is said it does not run.
                presence, model.is_live, model.viewers = Presence(presence.audience(now_ms)), False, 0
            case int(viewers):
                model.viewers = viewers
                presence.change(viewers, now_ms)
        model.look()
        assert presence.is_running is model.is_live
    told = presence.audience(now_ms)
    assert (told.on_air_ms, told.viewer_ms, told.peak) == (len(model.seen), sum(model.seen), model.peak)
    assert told.average == (sum(model.seen) / len(model.seen) if model.seen else 0.0)
    assert told.average <= told.peak


def test_only_what_is_live_counts() -> None:
    presence = Presence()
    presence.change(9, 0)
    presence.run(2, 1_000)
    presence.change(4, 3_000)
    presence.halt(4_000)
    presence.change(50, 5_000)
    presence.change(1, 6_000)
    presence.run(1, 100_000)
    told = presence.audience(102_000, onlookers=6)
    assert told == Audience(on_air_ms=5_000, viewer_ms=2 * 2_000 + 4 * 1_000 + 1 * 2_000, peak=4, onlookers=6)
    assert (told.average, told.each_ms) == (2.0, 1_666)


def test_nothing_is_divided_by_nobody() -> None:
    assert (Audience().average, Audience().each_ms) == (0.0, 0)


def test_a_clock_that_stands_adds_nothing_and_one_that_lags_takes_nothing_back() -> None:
    presence = Presence()
    presence.run(3, 1_000)
    assert presence.audience(2_000).viewer_ms == 3_000
    assert presence.audience(1_500).viewer_ms == 3_000
    assert presence.audience(2_500).viewer_ms == 4_500


def test_as_many_were_there_as_were_there_at_a_time() -> None:
    presence = Presence()
    presence.run(5, 0)
    assert presence.audience(0, onlookers=2).onlookers == 5


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=80))
def test_different_ones_are_told_exactly_while_they_are_few(steps: list[tuple[bool, int]]) -> None:
    distinct, model = Distinct(max_marks=16), set[int]()
    for is_there, mark in steps:
        changed = distinct.add(mark) if is_there else distinct.discard(mark)
        assert changed is ((mark not in model) if is_there else (mark in model))
        model = model | {mark} if is_there else model - {mark}
        assert (mark in distinct) is is_there
    assert (distinct.count, distinct.depth) == (len(model), 0)


@given(st.lists(MARKS, max_size=200), st.lists(MARKS, max_size=50))
def test_many_are_kept_in_little_and_no_order_or_repeat_matters(marks: list[int], more: list[int]) -> None:
    distinct = Distinct(marks, max_marks=16)
    assert len(distinct.to_bytes()) <= 16 * 8
    kept = Distinct.from_bytes(distinct.to_bytes(), distinct.depth, max_marks=16)
    for one in more:
        distinct.add(one)
        kept.add(one)
    other_way = Distinct([*reversed(more), *marks, *marks], max_marks=16)
    assert distinct.count == kept.count == other_way.count
    assert distinct.depth == kept.depth == other_way.depth


@pytest.mark.parametrize("people", [8_192, 20_000, 200_000])
def test_of_a_crowd_the_number_is_near(people: int) -> None:
    drawn = random.Random(7)
    distinct = Distinct(drawn.getrandbits(MARK_BITS) for _ in range(people))
    assert distinct.count == pytest.approx(people, rel=0.05 if distinct.depth else 0.0)
    assert (distinct.depth == 0) is (people <= 8_192)


def test_what_was_written_in_half_is_read_as_far_as_it_goes() -> None:
    packed = Distinct([1, 2, 3]).to_bytes()
    assert Distinct.from_bytes(packed[:-3], 0).count == 2
