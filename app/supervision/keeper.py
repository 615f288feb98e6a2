"""When to start a child again. Pure: the supervisor's loop asks, with its clock.

A child that died is started again at once; one that keeps dying waits longer each time, and is given up after
``MAX_DEATHS`` within ``WINDOW_S``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WINDOW_S = 60.0
MAX_DEATHS = 6
_WAITS_S = (0.0, 0.0, 1.0, 2.0, 5.0)


@dataclass
class RestartPolicy:
    """Deaths of one child, newest last."""

    deaths_s: list[float] = field(default_factory=list)
    restarts: int = 0

    def died(self, now_s: float) -> float | None:
        """Seconds to wait before the next start, or None: give up."""
        self.deaths_s = [moment for moment in self.deaths_s if now_s - moment < WINDOW_S] + [now_s]
        if len(self.deaths_s) >= MAX_DEATHS:
            return None
        self.restarts += 1
        return _WAITS_S[min(len(self.deaths_s) - 1, len(_WAITS_S) - 1)]
