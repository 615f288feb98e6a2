"""When a child is started again, and when it is given up."""

from __future__ import annotations

import pytest

from app.supervision.keeper import WINDOW_S, RestartPolicy


def test_the_first_starts_are_at_once_the_later_ones_wait_and_the_sixth_death_is_the_last() -> None:
    policy = RestartPolicy()
    assert [policy.died(float(moment)) for moment in range(6)] == [0.0, 0.0, 1.0, 2.0, 5.0, None]
    assert policy.restarts == 5


@pytest.mark.parametrize("since_first_s", [WINDOW_S - 0.1, WINDOW_S])
def test_six_deaths_count_only_within_a_minute(since_first_s: float) -> None:
    policy = RestartPolicy()
    for moment in range(5):
        policy.died(100.0 + moment)
    is_within = since_first_s < WINDOW_S
    assert (policy.died(100.0 + since_first_s) is None) is is_within


def test_who_dies_now_and_then_is_always_started_at_once() -> None:
    policy = RestartPolicy()
    assert [policy.died(hour * 3600.0) for hour in range(20)] == [0.0] * 20
    assert len(policy.deaths_s) == 1
