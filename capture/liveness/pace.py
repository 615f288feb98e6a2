"""Whether a camera keeps its pace: the same bounds as for what is analysed, over what was captured. Pure."""

from __future__ import annotations

from collections import deque
from statistics import median

from app.liveness.policy import AbortPolicy

_LEARNT = 30
"""Intervals that its pace is taken from."""
_KNOWN = 5
_ENOUGH = 30
"""Of fewer frames no share is taken."""


class Pace:
    """One camera that runs."""

    def __init__(self, rules: AbortPolicy) -> None:
        self._rules = rules
        self._intervals: deque[int] = deque(maxlen=_LEARNT)
        self._last_us: int | None = None
        self._frame_us = 0.0
        self._frames, self._missing = 0, 0.0
        self._is_counted = False

    @property
    def rate_fps(self) -> float:
        """0 until it is known."""
        return 1_000_000 / median(self._intervals) if len(self._intervals) >= _KNOWN else 0.0

    def begin(self) -> None:
        """Count from here on, against what was usual so far."""
        self._is_counted = True
        self._frame_us = median(self._intervals) if self._intervals else 0.0

    def is_broken(self, at_us: int) -> bool:
        """After the next frame: whether too many are missing, or for too long at once."""
        gap_us = at_us - self._last_us if self._last_us is not None else 0
        self._last_us = at_us
        if not self._is_counted:
            if gap_us:
                self._intervals.append(gap_us)
            return False
        self._frames += 1
        self._missing += max(0.0, round(gap_us / self._frame_us) - 1) if self._frame_us else 0.0
        most = self._rules.most_dropped_ratio * (self._frames + self._missing)
        return gap_us > self._rules.longest_gap_ms * 1000 or (self._frames >= _ENOUGH and self._missing > most)
