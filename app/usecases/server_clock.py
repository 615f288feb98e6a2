"""What time it is for the platform: days and schedules go by its clock, however wrong this machine's is. I/O loop."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.runtime.clock import Clock


class ServerClock:
    """The moment heard last, and what has gone by since on the monotonic clock, which nobody sets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[datetime, float] | None = None

    def hear(self, server_time: datetime) -> None:
        """The service told its time (UTC) just now. What it took on its way is behind: at most some seconds."""
        self._heard = (server_time, self._clock.monotonic_s())

    def now(self) -> datetime:
        """UTC. Before anything was heard by this machine's own clock."""
        if self._heard is None:
            return self._clock.utc()
        told, at_s = self._heard
        return told + timedelta(seconds=self._clock.monotonic_s() - at_s)

    def off_s(self) -> float | None:
        """This machine's clock less the platform's, as it is now; None before anything was heard."""
        return None if self._heard is None else (self._clock.utc() - self.now()).total_seconds()
