"""A limiter for the programme's sound: never above −1 dBFS. Mixer's thread; looks 1 ms ahead.

libavfilter's alimiter costs 9 ms of CPU a second for nothing while nobody shouts; this one costs one max().
"""

from __future__ import annotations

import numpy as np

from capture.audio.rings import Sound
from capture.programme import SAMPLE_RATE_HZ

CEILING = 10 ** (-1 / 20)
_STEP = SAMPLE_RATE_HZ // 1000
_RELEASE_PER_STEP = 10 ** (0.06 / 20)


class Limiter:
    """Delays by 1 ms (48 samples), so that the gain is down before the peak comes."""

    def __init__(self) -> None:
        self._tail: Sound = np.zeros((2, _STEP), np.float32)
        self._tail_needed = 1.0
        self._gain = 1.0

    def process(self, sound: Sound, peak: float | None = None) -> Sound:
        """A block whose length is a multiple of 48; ``peak`` is its absolute maximum, when already known."""
        highest = float(np.abs(sound).max()) if peak is None else peak
        joined = np.concatenate((self._tail, sound), axis=1)
        out, self._tail = joined[:, : sound.shape[1]], joined[:, sound.shape[1] :]
        if highest <= CEILING and self._tail_needed >= 1.0 and self._gain >= 1.0:
            return out
        return out * self._curve(joined)

    def _curve(self, joined: Sound) -> Sound:
        """Gain for all samples but the last 48: straight lines between points that are low enough for both sides."""
        peaks = np.abs(joined).max(axis=0).reshape(-1, _STEP).max(axis=1)
        needed = np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9))
        points = [self._gain]
        for index in range(len(needed) - 1):
            lowest = min(float(needed[index]), float(needed[index + 1]))
            points.append(min(lowest, points[-1] * _RELEASE_PER_STEP, 1.0))
        self._gain, self._tail_needed = points[-1], float(needed[-1])
        places = np.arange((len(needed) - 1) * _STEP) / _STEP
        return np.interp(places, np.arange(len(points)), points).astype(np.float32)
