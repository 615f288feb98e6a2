"""When a room's facts go out: at once when it was idle, in ticks under load. Pure."""

from __future__ import annotations

IDLE_S = 0.025
TICK_S = 0.100


class Coalescer:
    """A fact after 25 ms of silence is sent at once; those that follow wait for the tick 100 ms after that send.

    One encoding and one write a socket then serve everything of the tick: with 1,000 sockets it is the
    number of writes that costs.
    """

    def __init__(self) -> None:
        self._sent_at_s = float("-inf")

    def delay_s(self, now_s: float) -> float:
        """How long the first fact that waits has to wait; 0: send now."""
        since_s = now_s - self._sent_at_s
        return 0.0 if since_s >= IDLE_S else TICK_S - since_s

    def sent(self, now_s: float) -> None:
        self._sent_at_s = now_s
