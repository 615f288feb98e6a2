"""Token buckets by key, bounded in number. Used on the event loop only; owned by the services."""

from __future__ import annotations

from collections import OrderedDict

from app.contract.errors import ErrorCode
from app.runtime.clock import Clock
from server.errors import Refusal


class Buckets:
    """One bucket a key. The least recently used key is forgotten when there are too many: it was full again or idle."""

    def __init__(self, clock: Clock, burst: float, per_s: float, max_keys: int = 20_000) -> None:
        self._clock = clock
        self._burst = float(burst)
        self._per_s = per_s
        self._max_keys = max_keys
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self.refused = 0

    def require(self, key: str) -> None:
        """Take one. Raises Refusal (rate_limited) with the seconds until one is free again."""
        wait_s = self.take(key)
        if wait_s > 0:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)

    def is_untouched(self, key: str) -> bool:
        """Whether nothing is missing: never taken from, or full again."""
        level, at_s = self._levels.get(key, (self._burst, 0.0))
        return level + (self._clock.monotonic_s() - at_s) * self._per_s >= self._burst

    def give_back(self, key: str) -> None:
        """One that was taken did not count after all."""
        if key in self._levels:
            level, at_s = self._levels[key]
            self._levels[key] = (min(self._burst, level + 1.0), at_s)

    def take(self, key: str) -> float:
        """0 when granted, else the seconds until one is free again."""
        now_s = self._clock.monotonic_s()
        level, at_s = self._levels.pop(key, (self._burst, now_s))
        level = min(self._burst, level + (now_s - at_s) * self._per_s)
        wait_s = 0.0
        if level >= 1.0:
            level -= 1.0
        else:
            wait_s = (1.0 - level) / self._per_s
            self.refused += 1
        self._levels[key] = (level, now_s)
        if len(self._levels) > self._max_keys:
            self._levels.popitem(last=False)
        return wait_s
