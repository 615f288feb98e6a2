"""Times in whole milliseconds back to the even steps that they were rounded from. Pure."""

from __future__ import annotations

from fractions import Fraction

TOLERANCE_S = Fraction(2, 1000)
"""Two roundings, of the packet and of the key frame that is 0, make 1 ms; what is further off is meant."""


class Snapper:
    """For one stream: even steps of ``step`` units of 1 / ``rate_hz`` s, as long as the times agree with them."""

    def __init__(self, rate_hz: int, step: Fraction) -> None:
        self.unit = Fraction(1, rate_hz)
        self.step = step
        self._origin: Fraction | None = None
        self._last = -1

    def snap(self, moment_s: Fraction) -> int:
        """The moment in units, always later than the one before."""
        exact = moment_s / self.unit
        if self._origin is None:
            self._origin = exact
        steps = round((exact - self._origin) / self.step)
        even = self._origin + steps * self.step
        if abs(even - exact) * self.unit > TOLERANCE_S:
            self._origin = even = exact
        self._last = max(self._last + 1, round(even))
        return self._last
