"""How much arrives: bytes over the last seconds, in whole buckets of a second. Pure, event loop."""

from __future__ import annotations

from collections import deque


class BitrateMeter:
    """A sliding window. ``now_s`` is monotonic and never goes back between calls."""

    def __init__(self, window_s: int, began_s: float) -> None:
        self._window_s = window_s
        self._began_s = began_s
        self._buckets: deque[tuple[int, int]] = deque()
        self.total_bytes = 0

    def add(self, now_s: float, size_bytes: int) -> None:
        """Count what arrived."""
        self.total_bytes += size_bytes
        second = int(now_s)
        if self._buckets and self._buckets[-1][0] == second:
            second, before_bytes = self._buckets.pop()
            size_bytes += before_bytes
        self._buckets.append((second, size_bytes))
        self._forget(now_s)

    def kbps(self, now_s: float) -> float:
        """The mean over the window, or over the time since the beginning when that is shorter (at least a second)."""
        self._forget(now_s)
        span_s = max(1.0, min(float(self._window_s), now_s - self._began_s))
        return sum(size_bytes for _, size_bytes in self._buckets) * 8 / 1000 / span_s

    def window_kbps(self, now_s: float) -> float:
        """The mean over the whole window, however young: a burst at the start does not count as a rate."""
        self._forget(now_s)
        return sum(size_bytes for _, size_bytes in self._buckets) * 8 / 1000 / self._window_s

    def mean_kbps(self, now_s: float) -> float:
        """The mean since the beginning."""
        return self.total_bytes * 8 / 1000 / max(0.001, now_s - self._began_s)

    def duration_ms(self, now_s: float) -> int:
        return int((now_s - self._began_s) * 1000)

    def _forget(self, now_s: float) -> None:
        oldest = int(now_s) - self._window_s
        while self._buckets and self._buckets[0][0] <= oldest:
            self._buckets.popleft()
