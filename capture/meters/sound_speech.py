"""Speech, the noise between the words, and how far the one stands out of the other. Pure; the meter's thread.

Whether a frame is speech is told by the recurrent network of WebRTC's gain control (trained on voices in noise; it
hears them at −5 dB, and takes neither fans nor hum nor keyboards for one). It does take a steady tone for a voice: so
speech must also rise and fall, as syllables do.

Definitions, all in 80 … 8000 Hz:
noise   mean power of the frames between the words (those without speech, and none beside it)
speech  power of all frames less the noise, divided by the time in which somebody speaks, pauses shorter than 0.2 s
        included: the active speech level of ITU-T P.56 (method B, hangover 0.2 s)
SNR     the one over the other
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from pywebrtc_audio import GainController

from capture.meters.sound_window import BATCH_FRAMES, FRAME_S, SPEECH_RATE_HZ, WINDOW_S, Floats, Ring, power_db

BANDS_HZ = (80, 250, 400, 650, 1000, 1500, 2200, 3200, 4600, 8000)
"""Edges; together they are what is measured."""
_HOP = SPEECH_RATE_HZ // 50
_SIZE = 512
_STEP = SPEECH_RATE_HZ // 100
SPEECH_PROBABILITY = 0.6
_NO_SPEECH_PROBABILITY = 0.35
_HANGOVER_FRAMES = round(0.2 / FRAME_S)
_NOW_FRAMES = round(0.3 / FRAME_S)
_SYLLABLE_FRAMES = round(2.0 / FRAME_S)
_SYLLABLE_DB = 5.0
"""Speech rises and falls by 15 dB and more within two seconds; in noise at −5 dB still by this much in some band."""
_AUDIBLE_DB = -65.0
MOST_SNR_DB = 80.0
_LEAST_NOISE_S = 0.3
NOISE_FLOOR_DB = -100.0

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Speech:
    """Fed with one channel at 16 kHz in batches of 100 ms; keeps 20 s of frames of 20 ms."""

    def __init__(self) -> None:
        count = round(WINDOW_S / FRAME_S)
        self._detector = GainController(sample_rate=SPEECH_RATE_HZ, num_channels=1, adaptive_digital=False)
        self._probability = Ring(count)
        self._bands = Ring(count, len(BANDS_HZ) - 1)
        self._tail = np.zeros(_SIZE - _HOP, np.float32)
        window = np.hanning(_SIZE + 1)[:-1]
        self._window = np.asarray(window, np.float32)
        frequencies = np.fft.rfftfreq(_SIZE, 1 / SPEECH_RATE_HZ)
        select = [(frequencies >= low) & (frequencies < high) for low, high in itertools.pairwise(BANDS_HZ)]
        # One-sided power: each bin counts for its mirror image too.
        self._sums = np.asarray(np.array(select).T, np.float32) * np.float32(2 / (_SIZE * float((window**2).sum())))
        self._noise: Values | None = None

    def feed(self, sound: Floats) -> None:
        """1600 samples."""
        probabilities = np.empty(len(sound) // _STEP)
        for index in range(len(probabilities)):
            self._detector.process(sound[index * _STEP : (index + 1) * _STEP])
            probabilities[index] = self._detector.speech_probability
        joined = np.concatenate((self._tail, sound))
        self._tail = joined[len(sound) :]
        frames = np.lib.stride_tricks.sliding_window_view(joined, _SIZE)[::_HOP][:BATCH_FRAMES] * self._window
        spectra = np.fft.rfft(frames, axis=1)
        power = np.asarray(spectra.real**2 + spectra.imag**2, np.float32)
        self._bands.extend(power @ self._sums)
        self._probability.extend(probabilities.reshape(BATCH_FRAMES, -1).mean(axis=1))

    def look(self) -> Heard:
        """All of the window."""
        bands, probability = self._bands.values(), self._probability.values()
        return heard(bands, probability)


class Heard:
    """What a window held. Powers are mean squares; ``bands`` frames × bands."""

    def __init__(self, bands: Values, is_speech: Mask, is_active: Mask, noise: Values | None) -> None:
        self.bands, self.is_speech, self.is_active, self.noise = bands, is_speech, is_active, noise

    @property
    def speech_s(self) -> float:
        return float(self.is_speech.sum()) * FRAME_S

    @property
    def is_speaking(self) -> bool:
        """In most of the last 0.3 s."""
        last = self.is_speech[-_NOW_FRAMES:]
        return last.size == _NOW_FRAMES and float(last.mean()) >= 0.5

    @property
    def noise_db(self) -> float | None:
        return None if self.noise is None else power_db(float(self.noise.sum()), NOISE_FLOOR_DB)

    @property
    def speech_power(self) -> float | None:
        """Of the voice alone, while somebody speaks."""
        active = float(self.is_active.sum())
        if active * FRAME_S < 0.5:
            return None
        total = self.bands[self.is_active].sum()
        noise = 0.0 if self.noise is None else float(self.noise.sum()) * active
        return max(float(total - noise), float(total) * 0.02) / active

    @property
    def speech_db(self) -> float | None:
        power = self.speech_power
        return None if power is None else power_db(power, NOISE_FLOOR_DB)

    @property
    def snr_db(self) -> float | None:
        """At most 80: what lies under that is nobody's noise."""
        speech_db, noise_db = self.speech_db, self.noise_db
        return None if speech_db is None or noise_db is None else min(MOST_SNR_DB, speech_db - noise_db)


def heard(bands: Values, probability: Values) -> Heard:
    """Divide a window into speech and what lies between."""
    if not len(bands):
        nothing = np.zeros(0, np.bool_)
        return Heard(bands, nothing, nothing, None)
    level_db = 10 * np.log10(np.maximum(bands.sum(axis=1), 1e-12))
    is_speech = (probability >= SPEECH_PROBABILITY) & (level_db > _AUDIBLE_DB) & _is_lively(bands)
    is_active = closed(is_speech, _HANGOVER_FRAMES)
    return Heard(bands, is_speech, is_active, _noise(bands, level_db, probability, is_speech))


def _is_lively(bands: Values) -> Mask:
    """Where the sound of the last two seconds rises and falls in some band."""
    is_lively = np.zeros(len(bands), np.bool_)
    if len(bands) < _SYLLABLE_FRAMES // 4:
        return is_lively
    steps = 10 * np.log10(np.maximum(bands[:, :6], 1e-12))
    smooth = steps.copy()
    smooth[1:-1] = (steps[:-2] + steps[1:-1] + steps[2:]) / 3
    size, block = min(len(smooth), _SYLLABLE_FRAMES), _SYLLABLE_FRAMES // 4
    # Windows that end at the newest frame, and every half second before.
    windows = np.lib.stride_tricks.sliding_window_view(smooth, size, axis=0)[::-1][::block]
    low, high = np.quantile(windows, (0.1, 0.9), axis=2)
    for number, swing_db in enumerate((high - low).max(axis=1)):
        end = len(bands) - number * block
        is_lively[max(0, end - block) : end] = swing_db >= _SYLLABLE_DB
    # The oldest frames have no two seconds before them: they go with the first window.
    first = len(bands) - len(windows) * block
    if first > 0:
        is_lively[:first] = is_lively[min(first, len(bands) - 1)]
    return is_lively


def _noise(bands: Values, level_db: Values, probability: Values, is_speech: Mask) -> Values | None:
    """Mean power for each band between the words; None when nobody has paused yet."""
    quiet = (probability < _NO_SPEECH_PROBABILITY) & ~dilated(is_speech, 3, 5)
    if float(quiet.sum()) * FRAME_S < _LEAST_NOISE_S:
        quiet = ~dilated(probability >= SPEECH_PROBABILITY, 1, 2)
    if float(quiet.sum()) * FRAME_S < _LEAST_NOISE_S:
        if not is_speech.any():
            return bands.mean(axis=0) if len(bands) * FRAME_S >= _LEAST_NOISE_S else None
        # Somebody who never pauses: the lowest twentieth of the frames.
        quiet = level_db <= np.quantile(level_db, 0.05)
        return np.asarray(bands[quiet].mean(axis=0), np.float64)
    chosen, chosen_db = bands[quiet], level_db[quiet]
    # Breaths, steps and doors are no noise floor.
    kept = chosen[chosen_db <= np.median(chosen_db) + 8]
    return np.asarray(kept.mean(axis=0), np.float64)


def dilated(mask: Mask, before: int, after: int) -> Mask:
    """True also so many frames before and after."""
    ones = np.convolve(mask.astype(np.float64), np.ones(before + after + 1))
    return np.asarray(ones[before : before + len(mask)] > 0.5)


def closed(mask: Mask, frames: int) -> Mask:
    """Gaps of at most so many frames are filled."""
    out = mask.copy()
    edges = np.flatnonzero(np.diff(mask.astype(np.int8)))
    for end, begin in itertools.pairwise(edges):
        if not mask[begin] and begin - end <= frames:
            out[end + 1 : begin + 1] = True
    return out


__all__ = ["BANDS_HZ", "Heard", "Speech", "closed", "dilated", "heard"]
