"""Who was in a room while it was on air: how many at a time, for how long, and how many different people. Pure.

A clock runs while the session is live, that is while its media arrives, and stands still in all other states: nobody
watches what is being prepared, and who waits for a publisher to come back (the grace period) waits. Whoever is in the
room at some moment of that clock is an onlooker (围观). What is told:

===========  =======================================================================================
figure       is
===========  =======================================================================================
on_air_ms    what the clock ran
viewer_ms    what all viewers together spent in the room while it ran (观看时长)
peak         the most viewers at a time while it ran (最高在线)
average      viewer_ms / on_air_ms (平均在线)
onlookers    different people in the room while it ran (围观人数)
===========  =======================================================================================
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

MAX_MARKS = 8192
"""Up to so many onlookers are told exactly; beyond it about one in a hundred is missed or too much."""
MARK_BITS = 64
_MARK_BYTES = MARK_BITS // 8


@dataclass(frozen=True, slots=True)
class Audience:
    """The figures of one session up to a moment. Milliseconds; counts of people."""

    on_air_ms: int = 0
    viewer_ms: int = 0
    peak: int = 0
    onlookers: int = 0

    @property
    def average(self) -> float:
        """Viewers at a time, over the time on air."""
        return self.viewer_ms / self.on_air_ms if self.on_air_ms else 0.0

    @property
    def each_ms(self) -> int:
        """What one onlooker spent there, on average."""
        return self.viewer_ms // self.onlookers if self.onlookers else 0


class Distinct:
    """How many different ones there were, in bounded memory.

    They come as marks: numbers of ``MARK_BITS`` bits that are spread evenly (a keyed hash). Invariant: what is kept are
    the marks whose lowest ``depth`` bits are 0, all of them, ``max_marks`` at most. While ``depth`` is 0 that is
    everybody; each time they become too many, half of them stay and each stands for twice as many (adaptive sampling,
    Flajolet 1990: a standard error of about 1.2 / sqrt(max_marks)).
    """

    def __init__(self, marks: Iterable[int] = (), depth: int = 0, max_marks: int = MAX_MARKS) -> None:
        self.depth = depth
        self._max_marks = max_marks
        self._marks: set[int] = set()
        for mark in marks:
            self.add(mark)

    @classmethod
    def from_bytes(cls, packed: bytes, depth: int, max_marks: int = MAX_MARKS) -> Distinct:
        """What ``to_bytes`` gave; half a mark at its end is passed over."""
        marks = array("Q")
        marks.frombytes(packed[: len(packed) // _MARK_BYTES * _MARK_BYTES])
        return cls(marks, depth, max_marks)

    def to_bytes(self) -> bytes:
        """The marks in no order, 8 bytes each."""
        return array("Q", self._marks).tobytes()

    def __contains__(self, mark: int) -> bool:
        """Whether it is kept. One of those that are not kept any more is not told from a new one."""
        return mark in self._marks

    def add(self, mark: int) -> bool:
        """Whether anything changed."""
        if mark & self._mask or mark in self._marks:
            return False
        self._marks.add(mark)
        while len(self._marks) > self._max_marks:
            self.depth += 1
            self._marks = {one for one in self._marks if not one & self._mask}
        return True

    def discard(self, mark: int) -> bool:
        """It was no one of its own after all. Whether anything changed."""
        if mark not in self._marks:
            return False
        self._marks.discard(mark)
        return True

    @property
    def count(self) -> int:
        """Exact while ``depth`` is 0."""
        return len(self._marks) << self.depth

    @property
    def _mask(self) -> int:
        return (1 << self.depth) - 1


class Presence:
    """Adds up what viewers spend in a room. Times are of one clock that never goes back (ms).

    It may go on from what was written down before (``since``): what was not written is missing, nothing is doubled.
    """

    def __init__(self, since: Audience | None = None) -> None:
        since = since or Audience()
        self._on_air_ms, self._viewer_ms, self._peak = since.on_air_ms, since.viewer_ms, since.peak
        self._viewers = 0
        self._running_since_ms: int | None = None

    @property
    def is_running(self) -> bool:
        return self._running_since_ms is not None

    def run(self, viewers: int, now_ms: int) -> None:
        """It is live from now on, with so many viewers there."""
        self._settle(now_ms)
        self._running_since_ms = now_ms
        self._set(viewers)

    def halt(self, now_ms: int) -> None:
        """It is not live any more."""
        self._settle(now_ms)
        self._running_since_ms = None

    def change(self, viewers: int, now_ms: int) -> None:
        """From now on so many are there."""
        self._settle(now_ms)
        self._set(viewers)

    def audience(self, now_ms: int, onlookers: int = 0) -> Audience:
        """Up to now. So many as were there at a time have been there, whatever was made of their marks."""
        self._settle(now_ms)
        return Audience(self._on_air_ms, self._viewer_ms, self._peak, max(onlookers, self._peak))

    def _set(self, viewers: int) -> None:
        self._viewers = viewers
        if self._running_since_ms is not None:
            self._peak = max(self._peak, viewers)

    def _settle(self, now_ms: int) -> None:
        if self._running_since_ms is None:
            return
        passed_ms = max(0, now_ms - self._running_since_ms)
        self._on_air_ms += passed_ms
        self._viewer_ms += passed_ms * self._viewers
        self._running_since_ms = max(now_ms, self._running_since_ms)
