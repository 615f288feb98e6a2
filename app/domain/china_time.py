"""The platform's own time: Asia/Shanghai, where days begin and ages and schedules are reckoned. Pure.

A fixed offset of eight hours: there has been no summer time since 1991, and Windows has no zone files.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_MS = 24 * 3600 * 1000


def day_of(at_ms: int) -> date:
    """The day that it is there at a moment (ms since 1970, UTC)."""
    return datetime.fromtimestamp(at_ms / 1000, CHINA).date()


def midnight_ms(day: date) -> int:
    """The moment at which ``day`` begins there."""
    return round(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp() * 1000)


def next_midnight_ms(at_ms: int) -> int:
    """When the day of this moment is over."""
    return midnight_ms(day_of(at_ms) + timedelta(days=1))


def moment_of(at_ms: int) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
