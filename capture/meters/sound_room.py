"""Hum of the mains, and how long the room rings. Pure; the meter's thread."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from capture.meters.sound_window import FRAME_S, HUM_RATE_HZ, Floats, power_db

Values = npt.NDArray[np.float64]

# ---- hum ---------------------------------------------------------------------------------------------

MAINS_HZ = (50.0, 60.0)
_MULTIPLES = 8
_HUM_S = 8.0
_SEGMENT = HUM_RATE_HZ * 2 // 5
"""0.4 s, some of which fall between the words; a bin is 2.5 Hz."""
_STEADY_QUANTILE = 0.12
"""A line that hums is there always; a voice's pitch is there now and then."""
_LEAST_LINE_DB = -72.0
_BESIDE_BINS = (4, 9)
_PAUSE_SAMPLES = round(0.1 * HUM_RATE_HZ)
_PAUSE_QUANTILE, _PAUSE_MARGIN = 0.1, 1.2


class Hum:
    """Fed with one channel at 2 kHz."""

    def __init__(self) -> None:
        self._sound = np.zeros(round(_HUM_S * HUM_RATE_HZ), np.float32)
        self._filled = 0
        self._window = np.hanning(_SEGMENT + 1)[:-1].astype(np.float32)

    def feed(self, sound: Floats) -> None:
        """200 samples."""
        self._sound = np.concatenate((self._sound[len(sound) :], sound))
        self._filled = min(len(self._sound), self._filled + len(sound))

    def look(self) -> tuple[float, float] | None:
        """How far the lines stand out, dB, and of which mains; None before there was enough to tell."""
        if self._filled < 2 * _SEGMENT:
            return None
        sound = self._sound[-self._filled :]
        segments = np.lib.stride_tricks.sliding_window_view(sound, _SEGMENT)[:: _SEGMENT // 2] * self._window
        power = np.abs(np.fft.rfft(segments, axis=1)) ** 2 * (4 / float(self._window.sum()) ** 2) / 2
        steady = np.quantile(power, _STEADY_QUANTILE, axis=0)
        most = _PAUSE_MARGIN * _power_in_pauses(sound)
        return max(((_stands_out_db(steady, hz, most), hz) for hz in MAINS_HZ), key=lambda one: one[0])


def _power_in_pauses(sound: Floats) -> float:
    """Mean square where it is quietest. Mains hum goes on there; a voice that keeps its pitch does not."""
    frames = sound[: len(sound) // _PAUSE_SAMPLES * _PAUSE_SAMPLES].reshape(-1, _PAUSE_SAMPLES)
    return float(np.quantile(np.einsum("ij,ij->i", frames, frames) / _PAUSE_SAMPLES, _PAUSE_QUANTILE))


def _stands_out_db(steady: Values, mains_hz: float, most: float) -> float:
    """The power of all lines that can be heard, and ``most`` at most, over the power of as many places beside them."""
    lines = beside = 0.0
    for multiple in range(1, _MULTIPLES + 1):
        at = round(mains_hz * multiple * _SEGMENT / HUM_RATE_HZ)
        line = float(steady[at - 1 : at + 2].max())
        near = np.concatenate(
            (steady[at - _BESIDE_BINS[1] : at - _BESIDE_BINS[0]], steady[at + _BESIDE_BINS[0] : at + _BESIDE_BINS[1]])
        )
        usual = float(np.median(near))
        if line > 4 * usual:
            lines += line
            beside += usual
    heard = min(lines, most)
    if power_db(heard) < _LEAST_LINE_DB:
        return 0.0
    return min(60.0, max(0.0, 10 * math.log10(heard / max(beside, 1e-11))))


# ---- reverberation -----------------------------------------------------------------------------------

_BANDS = slice(3, 8)
"""650 … 4600 Hz of capture.meters.sound_speech.BANDS_HZ: where rooms ring and microphones agree."""
_LEAST_FALL_DB, _LEAST_FRAMES, _MOST_FRAMES = 4.0, 8, 40
_ABOVE_LOWEST_DB = 2.0
_LEAST_FALLS = 6
_SMOOTH = 5
"""100 ms: syllables still stand apart, and a tail's own flutter does not cut it up."""


def reverberation_s(bands: Values) -> float | None:
    """Time to fall by 60 dB, from how sounds end: no sound ends faster than its room lets it (after Löllmann et al.,
    "An improved algorithm for blind reverberation time estimation", IWAENC 2010, which also takes the fast ones).

    ``bands``: frames × bands, mean squares. None when too few sounds have ended.
    """
    if len(bands) < round(2.0 / FRAME_S):
        return None
    times: list[float] = []
    for index in range(_BANDS.start, _BANDS.stop):
        level_db = 10 * np.log10(np.maximum(bands[:, index], 1e-12))
        smooth = np.convolve(level_db, np.ones(_SMOOTH) / _SMOOTH, "valid")
        lowest = float(np.quantile(smooth, 0.03))
        times += _falls(smooth, max(-85.0, lowest) + _ABOVE_LOWEST_DB)
    if len(times) < _LEAST_FALLS:
        return None
    return float(np.median(times))


def _falls(level_db: Values, floor_db: float) -> list[float]:
    """Times for 60 dB of every stretch that only falls, from its steepest straight part."""
    found: list[float] = []
    is_falling = np.concatenate((np.diff(level_db) < 0.0, [False]))
    start: int | None = None
    for index, falls in enumerate(is_falling):
        if falls and start is None:
            start = index
        elif not falls and start is not None:
            stretch = level_db[start : min(index + 1, start + _MOST_FRAMES)]
            stretch = stretch[stretch > floor_db]
            start = None
            if len(stretch) >= _LEAST_FRAMES and stretch[0] - stretch[-1] >= _LEAST_FALL_DB:
                places = np.arange(len(stretch)) - (len(stretch) - 1) / 2
                slope_db = float(places @ stretch) / float(places @ places) / FRAME_S
                found.append(-60.0 / slope_db)
    return found
