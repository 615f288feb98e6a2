"""A piece of sound at another rate, and its true peak: libswresample over the whole piece. Any thread.

5 s of stereo take 15 ms to 192 kHz. What streams goes through capture.audio.rings.
"""

from __future__ import annotations

import av
import numpy as np

from capture.audio.rings import Sound
from capture.programme import SAMPLE_RATE_HZ

_PEAK_RATE_HZ = 192_000
"""Four times as many samples, as BS.1770-4, annex 2, asks for: a peak between them is found to 0.6 dB at worst."""


def resampled(sound: Sound, rate_hz: int) -> Sound:
    """2 × n at 48 kHz become 2 × m at ``rate_hz``, of the same length in time."""
    if rate_hz == SAMPLE_RATE_HZ:
        return sound
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE_HZ
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=rate_hz)
    parts = [part.to_ndarray() for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def true_peak(sound: Sound) -> float:
    """The highest amplitude, between the samples too; 1.0 is full scale."""
    return float(max(np.abs(sound).max(), np.abs(resampled(sound, _PEAK_RATE_HZ)).max()))
