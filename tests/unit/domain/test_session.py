"""The states of a session and the waits between attempts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.backoff import Backoff
from app.domain.session import SessionState, may_follow

LAWFUL = {
    "scheduled": {"preparing", "ended"},
    "preparing": {"live", "scheduled", "ended"},
    "live": {"interrupted", "ended"},
    "interrupted": {"live", "ended"},
    "ended": set(),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(SessionState, SessionState)))
def test_only_the_steps_of_the_table_are_lawful(before: SessionState, after: SessionState) -> None:
    assert may_follow(before, after) == (after.value in LAWFUL[before.value])


def test_viewers_see_what_is_live_or_waits() -> None:
    assert {state for state in SessionState if state.is_on_air} == {SessionState.LIVE, SessionState.INTERRUPTED}


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_grow_to_a_ceiling_and_jitter_only_adds(attempt: int, random_ratio: float) -> None:
    backoff = Backoff()
    least_s = backoff.wait_s(attempt, 0.0)
    assert least_s <= backoff.wait_s(attempt, random_ratio) <= least_s * 1.2
    assert backoff.wait_s(attempt + 1, 0.0) >= least_s
    assert least_s <= 5.0


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        Backoff().wait_s(0, 0.0)
