"""What becomes of a broadcast or recording whose window is away: a grace, a slate for a moment, then the end. Pure.

| the window | what happens |
|---|---|
| attached | nothing |
| lost, or left with ``keep_s`` | on air for the grace (``keep_s``) |
| still away after it | slate for ``SLATE_S`` |
| still away after that | publishing and recording end |
| attaches again | all as before |
"""

from __future__ import annotations

from typing import Literal

from app.runtime.clock import Clock

SLATE_S = 10.0

Step = Literal["", "slate", "end"]


class WindowWatch:
    """Control thread. ``step`` once a second."""

    def __init__(self, clock: Clock, grace_s: float) -> None:
        self._clock = clock
        self._grace_s = grace_s
        self._keep_s: float | None = None
        self._away_since_s: float | None = clock.monotonic_s()
        self._told: Step = ""

    def attached(self) -> None:
        """A window is there."""
        self._away_since_s = self._keep_s = None
        self._told = ""

    def leaves(self, keep_s: float) -> None:
        """The window says how long to wait for the next one; counted from when it is gone. 0 … an hour."""
        self._keep_s = max(0.0, min(3600.0, keep_s))

    def lost(self) -> None:
        """The window is gone."""
        self._away_since_s = self._clock.monotonic_s()
        self._told = ""

    def step(self, is_on: bool) -> Step:
        """What is to be done now; each step is told once. While nothing is published or recorded, nothing."""
        if self._away_since_s is None or not is_on:
            return ""
        away_s = self._clock.monotonic_s() - self._away_since_s
        grace_s = self._grace_s if self._keep_s is None else self._keep_s
        now: Step = "end" if away_s >= grace_s + SLATE_S else "slate" if away_s >= grace_s else ""
        if now == self._told:
            return ""
        self._told = now
        return now
