"""The platform's day: midnights, leap days, and moments on either side of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.china_time import CHINA, DAY_MS, day_of, midnight_ms, moment_of, next_midnight_ms

MOMENTS_MS = st.integers(0, 4_102_444_800_000)
"""1970 to 2100."""


def at(text: str) -> int:
    """A moment in UTC, ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-01T15:59:59.999", date(2026, 3, 1)),
        ("2026-03-01T16:00", date(2026, 3, 2)),
        ("2028-02-28T16:00", date(2028, 2, 29)),
        ("2028-02-29T15:59:59.999", date(2028, 2, 29)),
        ("2028-02-29T16:00", date(2028, 3, 1)),
        ("2027-02-28T16:00", date(2027, 3, 1)),
        ("2026-12-31T16:00", date(2027, 1, 1)),
        # There was summer time up to 1991: a day of those years is reckoned as today's are.
        ("1990-07-01T15:59:59.999", date(1990, 7, 1)),
    ],
)
def test_a_day_begins_at_midnight_there(moment: str, day: date) -> None:
    assert day_of(at(moment)) == day


def test_a_midnight_is_eight_hours_before_that_of_utc() -> None:
    assert midnight_ms(date(2026, 1, 1)) == at("2025-12-31T16:00")
    assert next_midnight_ms(at("2025-12-31T16:00")) == at("2026-01-01T16:00")
    assert next_midnight_ms(at("2025-12-31T15:59:59.999")) == at("2025-12-31T16:00")


@given(MOMENTS_MS)
def test_every_moment_lies_in_the_one_day_that_is_its(at_ms: int) -> None:
    day = day_of(at_ms)
    assert midnight_ms(day) <= at_ms < midnight_ms(day + timedelta(days=1))
    assert next_midnight_ms(at_ms) == midnight_ms(day) + DAY_MS
    assert day_of(midnight_ms(day)) == day
    assert day_of(midnight_ms(day) - 1) == day - timedelta(days=1)


@given(MOMENTS_MS)
def test_a_moment_is_the_same_in_both_zones(at_ms: int) -> None:
    moment = moment_of(at_ms)
    assert moment.utcoffset() == timedelta()
    assert moment.astimezone(CHINA).date() == day_of(at_ms)
    assert moment == datetime.fromtimestamp(at_ms / 1000, CHINA)
