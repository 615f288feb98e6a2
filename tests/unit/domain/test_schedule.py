"""Which times a session may have, which collide, when one is reminded; and the pages of a calendar."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.china_time import DAY_MS, midnight_ms
from app.domain.schedule import (
    MAX_AHEAD_DAYS,
    MAX_LENGTH_MIN,
    MIN_LENGTH_MIN,
    MINUTE_MS,
    REMIND_BEFORE_MIN,
    Span,
    TimeFault,
    days_of,
    due_reminder,
    first_overlap,
    length_fault,
    month_days,
    past_reminders,
    span_of_day,
    start_fault,
)

NOW_MS = midnight_ms(date(2028, 2, 28)) + 20 * 3600 * 1000
SPANS = st.builds(
    lambda start, length: Span(NOW_MS + start * 1000, NOW_MS + (start + length) * 1000),
    st.integers(0, 200),
    st.integers(1, 60),
)


def at(text: str) -> int:
    """A moment in UTC, ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("length_min", "fault"),
    [
        (MIN_LENGTH_MIN - 1, TimeFault.TOO_SHORT),
        (MIN_LENGTH_MIN, None),
        (MAX_LENGTH_MIN, None),
        (MAX_LENGTH_MIN + 1, TimeFault.TOO_LONG),
        (-(10**30), TimeFault.TOO_SHORT),
        (10**30, TimeFault.TOO_LONG),
    ],
)
def test_lengths(length_min: int, fault: TimeFault | None) -> None:
    assert length_fault(length_min) is fault


@pytest.mark.parametrize(
    ("from_now_ms", "fault"),
    [
        (-MINUTE_MS - 1, TimeFault.PAST),
        (-MINUTE_MS, None),
        (0, None),
        (MAX_AHEAD_DAYS * DAY_MS, None),
        (MAX_AHEAD_DAYS * DAY_MS + 1, TimeFault.TOO_FAR),
    ],
)
def test_starts(from_now_ms: int, fault: TimeFault | None) -> None:
    assert start_fault(NOW_MS + from_now_ms, NOW_MS) is fault


def test_a_minute_that_runs_may_still_be_picked() -> None:
    for into_ms in range(0, MINUTE_MS, 777):
        picked_ms = NOW_MS + into_ms - into_ms % MINUTE_MS
        assert start_fault(picked_ms, NOW_MS + into_ms) is None


@given(SPANS, SPANS)
def test_two_overlap_when_a_moment_lies_in_both(one: Span, other: Span) -> None:
    of_one = set(range(one.starts_ms, one.ends_ms, 1000))
    shared = of_one & set(range(other.starts_ms, other.ends_ms, 1000))
    assert one.overlaps(other) == other.overlaps(one) == bool(shared)


@given(SPANS, st.lists(SPANS, max_size=8))
def test_the_earliest_that_collides_is_named(wanted: Span, taken: list[Span]) -> None:
    colliding = [one for one in taken if one.overlaps(wanted)]
    found = first_overlap(wanted, taken)
    assert (found is None) == (not colliding)
    if found is not None:
        assert found in colliding
        assert found.starts_ms == min(one.starts_ms for one in colliding)


@given(st.lists(SPANS, max_size=12))
def test_a_schedule_that_takes_only_what_collides_with_nothing_has_no_moment_twice(wishes: list[Span]) -> None:
    taken: list[Span] = []
    for wish in wishes:
        if first_overlap(wish, taken) is None:
            taken.append(wish)
    moments = [moment for one in taken for moment in range(one.starts_ms, one.ends_ms, 1000)]
    assert len(moments) == len(set(moments))


def test_one_that_ends_when_the_other_begins_is_no_collision() -> None:
    first, second = Span.of(NOW_MS, 60), Span.of(NOW_MS + 60 * MINUTE_MS, 60)
    assert not first.overlaps(second)
    assert Span.of(NOW_MS, 61).overlaps(second)


# Reminders ------------------------------------------------------------------------------------------


@given(
    ahead_min=st.integers(0, 4 * 24 * 60),
    looks_s=st.lists(st.integers(0, 4 * 24 * 3600), max_size=40),
)
def test_each_reminder_comes_once_in_time_and_only_the_nearest_after_a_gap(ahead_min: int, looks_s: list[int]) -> None:
    """However often and irregularly one looks."""
    created_ms, starts_ms = NOW_MS, NOW_MS + ahead_min * MINUTE_MS
    sent: list[int] = []
    for look_s in sorted(looks_s):
        now_ms = created_ms + look_s * 1000
        due = due_reminder(starts_ms, created_ms, now_ms, sent)
        reached = [before for before in REMIND_BEFORE_MIN if now_ms >= starts_ms - before * MINUTE_MS]
        if due is None:
            is_past = now_ms >= starts_ms
            is_known = bool(reached) and (min(reached) in sent or starts_ms - min(reached) * MINUTE_MS < created_ms)
            assert is_past or not reached or is_known
            continue
        assert now_ms < starts_ms, "never at the start or after it"
        assert due == min(reached), "only the nearest"
        assert due not in sent, "each once"
        assert all(due < one for one in sent), "they come nearer"
        assert starts_ms - due * MINUTE_MS >= created_ms, "none whose time was over when it was made"
        sent.append(due)


@pytest.mark.parametrize(
    ("left_min", "made_before_min", "done", "due"),
    [
        (24 * 60 + 1, 9999, (), None),
        (24 * 60, 9999, (), 24 * 60),
        (31, 9999, (24 * 60,), None),
        (30, 9999, (24 * 60,), 30),
        (30, 9999, (24 * 60, 30), None),
        (5, 9999, (24 * 60, 30), 5),
        (1, 9999, (), 5),
        (0, 9999, (), None),
        (-1, 9999, (), None),
        # Made 20 minutes before it begins: what lies before that is no reminder.
        (20, 20, (), None),
        (5, 20, (), 5),
        # Exactly at the time of one.
        (30, 30, (), 30),
    ],
)
def test_reminders(left_min: int, made_before_min: int, done: tuple[int, ...], due: int | None) -> None:
    starts_ms = NOW_MS + left_min * MINUTE_MS
    assert due_reminder(starts_ms, starts_ms - made_before_min * MINUTE_MS, NOW_MS, done) == due


@given(st.integers(-100, 4 * 24 * 60), st.integers(0, 3 * 24 * 60))
def test_whoever_moves_a_session_is_not_reminded_of_what_they_just_did(left_min: int, later_min: int) -> None:
    starts_ms = NOW_MS + left_min * MINUTE_MS
    known = past_reminders(starts_ms, NOW_MS)
    assert all(starts_ms - before * MINUTE_MS < NOW_MS for before in known)
    due = due_reminder(starts_ms, 0, NOW_MS + later_min * MINUTE_MS, known)
    if due is not None:
        assert due not in known
        assert starts_ms - due * MINUTE_MS >= NOW_MS


# The calendar ---------------------------------------------------------------------------------------


@given(st.integers(2000, 2099), st.integers(1, 12))
def test_a_months_page_has_whole_weeks_and_every_day_once(year: int, month: int) -> None:
    days = month_days(year, month)
    assert len(days) % 7 == 0
    assert days[0].weekday() == 0
    assert days[-1].weekday() == 6
    assert list(days) == [days[0] + timedelta(days=one) for one in range(len(days))]
    own = [day for day in days if (day.year, day.month) == (year, month)]
    assert len(own) == calendar.monthrange(year, month)[1]
    assert own[0] - days[0] < timedelta(days=7)
    assert days[-1] - own[-1] < timedelta(days=7)


def test_pages_of_some_months() -> None:
    leap = month_days(2028, 2)
    assert (leap[0], leap[-1], len(leap)) == (date(2028, 1, 31), date(2028, 3, 5), 35)
    assert date(2028, 2, 29) in leap
    # Begins on a Monday and ends on a Sunday: four weeks.
    assert month_days(2027, 2) == tuple(date(2027, 2, 1) + timedelta(days=one) for one in range(28))
    turn = month_days(2026, 12)
    assert (turn[0], turn[-1]) == (date(2026, 11, 30), date(2027, 1, 3))


def test_a_day_is_a_span_and_its_session_stays_in_it() -> None:
    day = date(2028, 2, 29)
    span = span_of_day(day)
    assert (span.starts_ms, span.ends_ms) == (at("2028-02-28T16:00"), at("2028-02-29T16:00"))
    assert days_of(span) == (day,)


@pytest.mark.parametrize(
    ("starts", "length_min", "days"),
    [
        # 23:30 to 00:30 there, over the leap day's midnight
        ("2028-02-28T15:30", 60, (date(2028, 2, 28), date(2028, 2, 29))),
        # up to midnight sharp
        ("2028-02-28T15:00", 60, (date(2028, 2, 28),)),
        ("2028-02-29T15:00", 61, (date(2028, 2, 29), date(2028, 3, 1))),
        ("2026-12-31T15:59", 15, (date(2026, 12, 31), date(2027, 1, 1))),
        ("2026-06-01T12:00", 0, (date(2026, 6, 1),)),
    ],
)
def test_the_days_on_which_one_runs(starts: str, length_min: int, days: tuple[date, ...]) -> None:
    assert days_of(Span.of(at(starts), length_min)) == days
