"""Rings between those who make sound and the mixer. Thread-safe; memory is taken once."""

from __future__ import annotations

import math
import threading

import numpy as np
import numpy.typing as npt

from capture.programme import SAMPLE_RATE_HZ

Sound = npt.NDArray[np.float32]

MAX_CORRECTION_RATIO = 0.005
_CORRECTION_PER_S = 0.25
"""Half a percent at 20 ms beyond the calm zone: a clock that is 0.3 % off is followed 20 ms from the target."""
_CALM_S = 0.008
RESYNC_S = 0.1
_MOST_LATE_READS = 50
"""A reader that was kept from running takes what waited within so many reads; what is too much after them stays."""


class TimedRing:
    """Sound that knows its place in the programme: written and read by sample number. Unknown places are silent."""

    def __init__(self, samples: int = 3 * SAMPLE_RATE_HZ) -> None:
        self._data = np.zeros((2, samples), np.float32)
        self._size = samples
        self._lock = threading.Lock()
        self._start = 0
        self._end = 0

    def write(self, at: int, sound: Sound) -> None:
        """Put sound at sample number ``at``, which then ends the ring; a gap before it becomes silence.

        Sound from before the start, or too far ahead, begins the ring anew.
        """
        dropped = max(0, sound.shape[1] - self._size)
        at, sound = at + dropped, sound[:, dropped:]
        with self._lock:
            if self._start == self._end or at < self._start or at - self._end >= self._size:
                self._start = at
            elif at > self._end:
                self._put(self._end, np.zeros((2, at - self._end), np.float32))
            self._put(at, sound)
            self._end = at + sound.shape[1]
            self._start = max(self._start, self._end - self._size)

    def read(self, at: int, count: int) -> Sound:
        """``count`` samples from number ``at``."""
        out = np.zeros((2, count), np.float32)
        with self._lock:
            first, last = max(at, self._start), min(at + count, self._end)
            if last > first:
                index = np.arange(first, last) % self._size
                out[:, first - at : last - at] = self._data[:, index]
        return out

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._start = self._end = 0

    def _put(self, at: int, sound: Sound) -> None:
        count = sound.shape[1]
        first = at % self._size
        head = min(count, self._size - first)
        self._data[:, first : first + head] = sound[:, :head]
        self._data[:, : count - head] = sound[:, head:]


class DriftRing:
    """Sound of a device with a clock and perhaps a rate of its own. The reader follows by playing up to 0.5 % off.

    The fill is held at ``target_s``; more than 100 ms too much that stays is mended by a jump (counted).
    """

    def __init__(self, target_s: float, rate_hz: int = SAMPLE_RATE_HZ, keeps_s: float = 1.0) -> None:
        self._size = round(keeps_s * rate_hz)
        self._data = np.zeros((2, self._size), np.float32)
        self._rate_hz = rate_hz
        self._step = rate_hz / SAMPLE_RATE_HZ
        self._target = target_s * rate_hz
        self._lock = threading.Lock()
        self._written = 0
        self._position = 0.0
        self._is_filling = True
        self._mean_off = 0.0
        self._late_reads = 0
        self.resyncs = 0
        self.correction_ratio = 0.0

    def write(self, sound: Sound) -> None:
        """Called by the device's callback: a copy and nothing else. The oldest sound is overwritten."""
        sound = sound[:, -self._size :]
        count = sound.shape[1]
        with self._lock:
            first = self._written % self._size
            head = min(count, self._size - first)
            self._data[:, first : first + head] = sound[:, :head]
            self._data[:, : count - head] = sound[:, head:]
            self._written += count

    @property
    def fill_s(self) -> float:
        """Sound that waits."""
        with self._lock:
            return (self._written - self._position) / self._rate_hz

    def read(self, count: int) -> Sound | None:
        """``count`` samples at 48 kHz, or None (silence) while it fills again after a gap."""
        with self._lock:
            needed = count * self._step
            if self._is_filling:
                if self._written - self._position < self._target + needed:
                    return None
                self._is_filling = False
                self._jump(needed)
            off = self._written - self._position - needed - self._target
            self._late_reads = self._late_reads + 1 if off > RESYNC_S * self._rate_hz else 0
            if self._late_reads > _MOST_LATE_READS or self._written - self._position > self._size:
                self._jump(needed)
                self.resyncs += 1
                off = 0.0
            # Blocks of the device make the fill a saw; the mean over about half a second shows the drift.
            self._mean_off += 0.04 * (off - self._mean_off)
            step = self._step * (1 + self._correction())
            if self._written - self._position < count * step + 3:
                self._is_filling = True
                self.resyncs += 1
                return None
            return self._take(count, step)

    def _jump(self, needed: float) -> None:
        self._position = float(int(self._written - self._target - needed))
        self._mean_off = 0.0
        self._late_reads = 0

    def _correction(self) -> float:
        off_s = self._mean_off / self._rate_hz
        # From the edge of the calm zone on, so that the pitch never jumps.
        wanted = math.copysign(max(0.0, abs(off_s) - _CALM_S) * _CORRECTION_PER_S, off_s)
        self.correction_ratio = max(-MAX_CORRECTION_RATIO, min(MAX_CORRECTION_RATIO, wanted))
        return self.correction_ratio

    def _take(self, count: int, step: float) -> Sound:
        first = int(self._position)
        if step == 1.0:
            # Whole samples; should a correction have left a fraction, a shift by less than a sample is not heard.
            self._position = float(first + count)
            return np.asarray(self._data[:, np.arange(first, first + count) % self._size], np.float32)
        places = self._position - first + np.arange(count) * step
        whole = places.astype(np.intp)
        t = (places - whole).astype(np.float32)
        index = first + whole
        # Cubic Hermite through four samples keeps the treble that straight lines would take away.
        a, b, c, d = (self._data[:, (index + shift) % self._size] for shift in (-1, 0, 1, 2))
        slope, bend, turn = (c - a) / 2, a - 2.5 * b + 2 * c - d / 2, (d - a) / 2 + 1.5 * (b - c)
        self._position += count * step
        return np.asarray(b + t * (slope + t * (bend + t * turn)), np.float32)
