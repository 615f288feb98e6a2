"""Time as it is injected: monotonic for durations, UTC for the wire. The only place that asks the system."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What everything that measures or waits is given."""

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary point; never goes back. CLOCK_MONOTONIC: the same in every process."""

    def utc(self) -> datetime:
        """Aware UTC time."""

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Wait until ``event`` is set or the time is over; True when set."""


class SystemClock:
    """The machine's clock. Any thread."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        return event.wait(max(0.0, timeout_s))


class ManualClock:
    """A clock that a test moves. ``wait`` advances it at once, so that loops run without sleeping."""

    def __init__(self, start_s: float = 1000.0, utc: datetime | None = None) -> None:
        self._now_s = start_s
        self._utc = utc or datetime(2026, 1, 1, tzinfo=UTC)
        self._start_s = start_s

    def monotonic_s(self) -> float:
        return self._now_s

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self._utc.timestamp() + self._now_s - self._start_s, UTC)

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._now_s += seconds

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        if event.is_set():
            return True
        self.advance(max(0.0, timeout_s))
        return event.is_set()


def utc_ms(moment: datetime) -> int:
    """UTC milliseconds since 1970, as on the wire."""
    return int(moment.timestamp() * 1000)
