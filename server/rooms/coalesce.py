"""When a room's facts go out: at once when it was idle, in ticks under load. Pure."""

from __future__ import annotations

IDLE_S = 0.025
TICK_S = 0.14
PER_FACT_S = 0.020


class Coalescer:
    """A fact after a pause is sent at once; those that follow wait for its end. The more were sent, the longer it is:
    25 ms after a single fact, a tick of 140 ms after seven or more.

    One encoding and one write a socket then serve everything of the tick: with 1,000 sockets it is the
    number of writes that costs. A room in which somebody speaks now and then pays little for that with delay.
    """

    def __init__(self) -> None:
        self._resumes_s = float("-inf")

    def delay_s(self, now_s: float) -> float:
        """How long the first fact that waits has to wait; 0: send now."""
        return max(0.0, self._resumes_s - now_s)

    def is_idle(self, now_s: float) -> bool:
        """Whether what was sent last makes nothing wait any more."""
        return now_s >= self._resumes_s

    def sent(self, now_s: float, count: int = 1) -> None:
        """So many went out together."""
        self._resumes_s = now_s + min(TICK_S, max(IDLE_S, PER_FACT_S * count))
