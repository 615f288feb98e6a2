"""The schedule (排期): which times a session may have, which collide, when one is reminded. Pure.

Moments are ms since 1970 (UTC); days and months are those of Asia/Shanghai.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.domain.china_time import DAY_MS, day_of, midnight_ms

MINUTE_MS = 60 * 1000
MIN_LENGTH_MIN, MAX_LENGTH_MIN, DEFAULT_LENGTH_MIN = 15, 480, 60
MAX_AHEAD_DAYS = 90
MAX_TITLE_CHARS = 40
MAX_INDUSTRY_CHARS = MAX_POSITION_CHARS = 20
MAX_UPCOMING = 100
"""Of one anchor."""
REMIND_BEFORE_MIN = (24 * 60, 30, 5)
"""How long before the start one is reminded."""
START_EARLY_MIN = 30
"""How long before its time an official activity may begin; one's own session may begin at any time."""
MISSED_AFTER_MIN = 30
"""How long after its planned end a session that never began is taken off the schedule."""


class ScheduleField(StrEnum):
    """The fields that a refusal may name."""

    TITLE = "title"
    CATEGORY = "category"
    INDUSTRY = "industry"
    POSITION = "position"
    STARTS_AT = "starts_at"
    LENGTH = "length_min"
    COVER = "cover_image_id"
    ACTIVITY = "activity_id"


class TimeFault(StrEnum):
    """What is wrong with a time; ``schedule.fault.<value>`` says it."""

    PAST = "past"
    TOO_FAR = "too_far"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Span:
    """From ``starts_ms`` up to, and not with, ``ends_ms``."""

    starts_ms: int
    ends_ms: int

    @classmethod
    def of(cls, starts_ms: int, length_min: int) -> Span:
        return cls(starts_ms, starts_ms + length_min * MINUTE_MS)

    def overlaps(self, other: Span) -> bool:
        """Whether a moment lies in both; one that ends when the other begins does not."""
        return self.starts_ms < other.ends_ms and other.starts_ms < self.ends_ms


def length_fault(length_min: int) -> TimeFault | None:
    if length_min < MIN_LENGTH_MIN:
        return TimeFault.TOO_SHORT
    return TimeFault.TOO_LONG if length_min > MAX_LENGTH_MIN else None


def start_fault(starts_ms: int, now_ms: int) -> TimeFault | None:
    """The minute that runs counts as now: whoever picks it is not too late."""
    if starts_ms < now_ms - MINUTE_MS:
        return TimeFault.PAST
    return TimeFault.TOO_FAR if starts_ms > now_ms + MAX_AHEAD_DAYS * DAY_MS else None


def first_overlap(wanted: Span, taken: Iterable[Span]) -> Span | None:
    """The earliest of ``taken`` that collides."""
    return min((one for one in taken if wanted.overlaps(one)), key=lambda one: one.starts_ms, default=None)


def due_reminder(starts_ms: int, created_ms: int, now_ms: int, reminded: Iterable[int]) -> int | None:
    """How long before the start (min) one is to be reminded of now; None when nothing is due.

    Only the nearest is due, however many were missed while the service was down; a reminder whose time was over when
    the session was made is none.
    """
    done = set(reminded)
    left_ms = starts_ms - now_ms
    if left_ms <= 0:
        return None
    reached = [before for before in REMIND_BEFORE_MIN if left_ms <= before * MINUTE_MS]
    if not reached:
        return None
    nearest = min(reached)
    if any(one <= nearest for one in done) or starts_ms - nearest * MINUTE_MS < created_ms:
        return None
    return nearest


def past_reminders(starts_ms: int, now_ms: int) -> tuple[int, ...]:
    """How long before the start (min) those reminders are whose time is over."""
    return tuple(before for before in REMIND_BEFORE_MIN if starts_ms - before * MINUTE_MS < now_ms)


def month_days(year: int, month: int) -> tuple[date, ...]:
    """The days of a month's page, whole weeks from Monday on."""
    first = date(year, month, 1)
    last = date(year, month, calendar.monthrange(year, month)[1])
    begin = first - timedelta(days=first.weekday())
    count = (last - begin).days + 7 - last.weekday()
    return tuple(begin + timedelta(days=one) for one in range(count))


def span_of_day(day: date) -> Span:
    return Span(midnight_ms(day), midnight_ms(day + timedelta(days=1)))


def days_of(span: Span) -> tuple[date, ...]:
    """The days on which a session runs: two when it goes past midnight."""
    first, last = day_of(span.starts_ms), day_of(max(span.starts_ms, span.ends_ms - 1))
    return tuple(first + timedelta(days=one) for one in range((last - first).days + 1))
