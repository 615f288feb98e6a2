"""What the sound's meters share: sizes, a ring of the last values, decimation. Pure.

Sound comes in batches of 100 ms: five blocks of the mixer, so that numpy's cost per call is paid ten times a second.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from capture.programme import SAMPLE_RATE_HZ

Floats = npt.NDArray[np.float32]

BATCH_SAMPLES = SAMPLE_RATE_HZ // 10
BATCH_S = 0.1
FRAME_S = 0.02
BATCH_FRAMES = 5
WINDOW_S = 20.0
"""How far back all slow measures look: long enough for pauses between sentences, short enough to see a mend work."""
SPEECH_RATE_HZ = 16_000
HUM_RATE_HZ = 2_000


class Ring:
    """The last ``count`` rows of ``width`` values; without width, of single values."""

    def __init__(self, count: int, width: int | None = None) -> None:
        self._rows = np.zeros(count if width is None else (count, width), np.float64)
        self._pushed = 0

    def __len__(self) -> int:
        return min(self._pushed, len(self._rows))

    def push(self, value: float) -> None:
        """One row."""
        self._rows[self._pushed % len(self._rows)] = value
        self._pushed += 1

    def push_row(self, row: npt.NDArray[np.number]) -> None:
        """One row of ``width`` values."""
        self._rows[self._pushed % len(self._rows)] = row
        self._pushed += 1

    def extend(self, rows: npt.NDArray[np.floating]) -> None:
        """Some rows, fewer than there is room for."""
        at, size = self._pushed % len(self._rows), len(self._rows)
        head = min(len(rows), size - at)
        self._rows[at : at + head] = rows[:head]
        self._rows[: len(rows) - head] = rows[head:]
        self._pushed += len(rows)

    def values(self) -> npt.NDArray[np.float64]:
        """A copy, oldest first."""
        if self._pushed < len(self._rows):
            return self._rows[: self._pushed].copy()
        return np.roll(self._rows, -(self._pushed % len(self._rows)), axis=0)

    def largest(self) -> float:
        """Of single values that are none of them negative; 0 of none."""
        return float(self._rows.max())


class Decimator:
    """Every ``factor``-th sample of one channel behind a low-pass; keeps what reaches over the seams."""

    def __init__(self, rate_hz: int, factor: int, reach: int) -> None:
        """``reach``: half the filter's length in samples of the lower rate. Pass band up to some 0.45 of that rate."""
        taps = 2 * reach * factor
        places = np.arange(taps) - (taps - 1) / 2
        weights = np.sinc(places / factor * 0.94) * np.kaiser(taps, 6.0)
        self._weights = np.asarray(weights / weights.sum(), np.float32)
        self._factor = factor
        self._tail = np.zeros(taps - factor, np.float32)

    def process(self, sound: Floats) -> Floats:
        """n samples become n / factor; n is a multiple of it."""
        joined = np.concatenate((self._tail, sound))
        self._tail = joined[len(sound) :]
        windows = np.lib.stride_tricks.sliding_window_view(joined, len(self._weights))[:: self._factor]
        return np.asarray(windows @ self._weights, np.float32)


def decibels(amplitude: float, floor_db: float) -> float:
    """20 · log10, not below the floor."""
    return max(floor_db, 20 * math.log10(amplitude)) if amplitude > 0 else floor_db


def power_db(power: float, floor_db: float = -120.0) -> float:
    """10 · log10, not below the floor."""
    return max(floor_db, 10 * math.log10(power)) if power > 0 else floor_db
