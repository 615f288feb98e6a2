"""What one address carries, found from what was sent and what arrived. Pure; the probe's thread brings time and bytes.

=========  =========================================================================================
phase      goes on when
=========  =========================================================================================
climbing   the rate rises by steps, as long as what waits stays small; at the end of the time the
           highest step was held
full       more waits than a picture or two may be late: from now on there is always something to
           send, and what arrives is what the line carries
=========  =========================================================================================
"""

from __future__ import annotations

import itertools
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

STEPS_KBPS = (600, 1200, 2500, 4500, 8000)
"""The bit rates that are proposed, sound included, and what the best of them needs to be planned with."""
_BEGIN_RATIOS = (0.0, 0.08, 0.18, 0.31, 0.47)
"""When each begins, of the whole time: the highest needs the longest to be sure of."""
FULL_KBPS = 10_000
"""No more is sent when the line is full: what only stalled for a moment is not flooded afterwards."""
LATE_S = 0.4
"""What may wait, beside the way itself; players hold about a second."""
_UNKNOWN_WAY_S = 0.5
_MARK_S = 0.1
_SETTLE_S, _SETTLE_RATIO = 1.0, 0.3
"""After a change of rate, until what is measured is the line and not the filling of its buffers."""
_ENOUGH_TOLD = 5
_RECENT_S = 1.0
_HELD_RATIO = 0.95


@dataclass(frozen=True, slots=True)
class Moment:
    """Totals at a time: given to the connection, arrived by the system's word, and by the peer's own (None: none)."""

    at_s: float
    offered_bytes: int
    arrived_bytes: int
    told_bytes: int | None


@dataclass(frozen=True, slots=True)
class Gauged:
    """What was found. See app.domain.quality.measures.IngestMeasures."""

    throughput_kbps: float
    is_at_least: bool
    jitter_ms: float


class Gauge:
    """``begin`` once, then ``note`` after each look at the socket; times never go back, totals never fall."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began_s = 0.0
        self._full_s: float | None = None
        self._moments: list[Moment] = []
        self._marks: deque[tuple[float, int, int]] = deque()
        self._delays_s: list[tuple[int, float]] = []
        """The step, and how long what was sent at a mark was under way."""

    def begin(self, now_s: float) -> None:
        """The first media may be sent."""
        self._began_s = now_s

    @property
    def is_full(self) -> bool:
        return self._full_s is not None

    def passed_ratio(self, now_s: float) -> float:
        """0 … 1 of the time; at 1 it is over."""
        return min(1.0, max(0.0, (now_s - self._began_s) / self._seconds))

    def rate_kbps(self, now_s: float) -> int:
        """How much to send now."""
        return FULL_KBPS if self.is_full else STEPS_KBPS[self._step(now_s)]

    def recent_kbps(self) -> float:
        """What arrived over the last second."""
        if not self._moments:
            return 0.0
        newest = self._moments[-1]
        recent = itertools.takewhile(lambda one: newest.at_s - one.at_s <= _RECENT_S, reversed(self._moments))
        *_, since = recent
        return _kbps(newest.arrived_bytes - since.arrived_bytes, newest.at_s - since.at_s)

    def note(self, moment: Moment) -> None:
        """What the socket says now."""
        self._moments.append(moment)
        if self.is_full:
            return
        step = self._step(moment.at_s)
        while self._marks and moment.arrived_bytes >= self._marks[0][1]:
            sent_s, _, sent_step = self._marks.popleft()
            self._delays_s.append((sent_step, moment.at_s - sent_s))
        if not self._marks or moment.at_s - self._marks[-1][0] >= _MARK_S:
            self._marks.append((moment.at_s, moment.offered_bytes, step))
        way_s = min((delay_s for _, delay_s in self._delays_s), default=_UNKNOWN_WAY_S)
        may_wait_bytes = (LATE_S + 2 * way_s) * STEPS_KBPS[step] * 1000 / 8
        if moment.offered_bytes - moment.arrived_bytes > may_wait_bytes:
            self._full_s = moment.at_s

    def result(self) -> Gauged:
        """Of all that was noted."""
        if len(self._moments) < 2:
            return Gauged(0.0, False, 0.0)
        ends_s = self._moments[-1].at_s
        begins_s = self._full_s if self._full_s is not None else self._began_s + _BEGIN_RATIOS[-1] * self._seconds
        begins_s = min(begins_s, ends_s)
        settled_s = begins_s + min(_SETTLE_S, _SETTLE_RATIO * (ends_s - begins_s))
        kbps = _slope_kbps([one for one in self._moments if one.at_s >= settled_s])
        is_at_least = kbps >= _HELD_RATIO * STEPS_KBPS[-1]
        return Gauged(min(kbps, float(STEPS_KBPS[-1])) if is_at_least else kbps, is_at_least, self._jitter_ms())

    def _jitter_ms(self) -> float:
        steps = {step for step, _ in self._delays_s}
        if self.is_full and len(steps) > 1:
            # In the step that filled the line delays only grew; that is told by the throughput.
            steps.discard(max(steps))
        delays_s = [delay_s for step, delay_s in self._delays_s if step in steps]
        return statistics.pstdev(delays_s) * 1000 if len(delays_s) > 1 else 0.0

    def _step(self, now_s: float) -> int:
        passed = self.passed_ratio(now_s)
        return sum(ratio <= passed for ratio in _BEGIN_RATIOS) - 1


def _slope_kbps(moments: Sequence[Moment]) -> float:
    """By the peer's own word where it came often enough: between us and it others may take what has not arrived."""
    told: list[Moment] = []
    for one in moments:
        if one.told_bytes is not None and (not told or one.told_bytes != told[-1].told_bytes):
            told.append(one)
    # The first value may be from any time before; the second came just now.
    if len(told) > _ENOUGH_TOLD:
        return _kbps((told[-1].told_bytes or 0) - (told[1].told_bytes or 0), told[-1].at_s - told[1].at_s)
    if not moments:
        return 0.0
    return _kbps(moments[-1].arrived_bytes - moments[0].arrived_bytes, moments[-1].at_s - moments[0].at_s)


def _kbps(size_bytes: int, seconds: float) -> float:
    return size_bytes * 8 / 1000 / seconds if seconds > 0 else 0.0
