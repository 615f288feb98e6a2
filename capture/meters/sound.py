"""What viewers will hear, measured. Pure; fed and looked at by the meter's thread.

The microphone as it comes in tells of cut tops, gaps and silence; what is sent, after mends and gain, of loudness,
speech, noise, hum, reverberation and sides. Sound is gathered to 100 ms first: numpy is called ten times a second.
"""

from __future__ import annotations

import math

import numpy as np

from app.domain.quality.measures import SoundMeasures
from capture.audio.rings import Sound
from capture.meters.sound_faults import Flats, Gaps, Silence
from capture.meters.sound_loudness import Loudness, Peaks
from capture.meters.sound_room import Hum, reverberation_s
from capture.meters.sound_speech import Speech
from capture.meters.sound_window import (
    BATCH_S,
    BATCH_SAMPLES,
    HUM_RATE_HZ,
    SPEECH_RATE_HZ,
    WINDOW_S,
    Decimator,
    Floats,
    Ring,
)
from capture.programme import SAMPLE_RATE_HZ

_PEAK_S = 10.0
_SIDE_BATCHES = round(5.0 / BATCH_S)
_HEARD_POWER = 1e-7
"""−70 dBFS: below, no side says anything."""
_MOST_SIDE_DB = 60.0
HUM_TOLD_DB = 3.0
_HEARD_BATCHES, _SKIPPED_BATCHES = round(1.0 / BATCH_S), round(2.0 / BATCH_S)


class SoundMeter:
    """Blocks of 20 ms in, SoundMeasures out."""

    def __init__(self) -> None:
        self._is_sparse = False
        self.reset()

    def reset(self) -> None:
        """Begin anew: another source, or another gain."""
        self._raw, self._voiced = np.zeros((2, BATCH_SAMPLES), np.float32), np.zeros((2, BATCH_SAMPLES), np.float32)
        self._filled = 0
        self._batches = self._skipped = 0
        self._loudness, self._peaks, self._speech = Loudness(), Peaks(_PEAK_S), Speech()
        self._to_speech = Decimator(SAMPLE_RATE_HZ, SAMPLE_RATE_HZ // SPEECH_RATE_HZ, reach=8)
        self._to_hum = Decimator(SPEECH_RATE_HZ, SPEECH_RATE_HZ // HUM_RATE_HZ, reach=8)
        self._hum = Hum()
        self._flats, self._gaps, self._silence = Flats(), Gaps(), Silence()
        self._sides = Ring(_SIDE_BATCHES, 2)

    def note_lost(self, blocks: int) -> None:
        """Blocks of 20 ms that the mixer could not make."""
        if self._batches and not self._skipped:
            self._gaps.note_lost(blocks)

    def set_sparse(self, is_sparse: bool) -> None:
        """Whether every third second is enough: on air, where each millisecond counts and nobody waits for a figure.

        Times and rates in what is measured are those of the seconds that were heard.
        """
        self._is_sparse = is_sparse

    def feed(self, raw: Sound | None, voiced: Sound) -> None:
        """2 × 960 each; ``raw`` None when the source had nothing."""
        if self._rests:
            self._filled += voiced.shape[1]
            if self._filled >= BATCH_SAMPLES:
                self._filled = 0
                self._skipped += 1
                self._gaps.skip()
            return
        # What the source did not deliver is silence in the signal, and counts as a gap where there was sound.
        end = self._filled + voiced.shape[1]
        self._raw[:, self._filled : end] = 0.0 if raw is None else raw
        self._voiced[:, self._filled : end] = voiced
        self._filled = end
        if end >= BATCH_SAMPLES:
            self._filled = self._skipped = 0
            self._batch()

    @property
    def _rests(self) -> bool:
        is_heard = self._batches > 0 and self._batches % _HEARD_BATCHES == 0
        return self._is_sparse and is_heard and self._skipped < _SKIPPED_BATCHES

    def _batch(self) -> None:
        self._batches += 1
        voiced = self._voiced.copy()
        self._loudness.feed(voiced)
        self._peaks.feed(voiced)
        powers = np.einsum("ij,ij->i", voiced, voiced) / BATCH_SAMPLES
        self._sides.push_row(powers)
        one = self._to_speech.process(_louder(voiced, powers))
        self._speech.feed(one)
        self._hum.feed(self._to_hum.process(one))
        raw = _louder(self._raw, np.einsum("ij,ij->i", self._raw, self._raw))
        self._flats.feed(raw)
        self._gaps.feed(raw)
        self._silence.feed(raw)

    def look(self) -> SoundMeasures:
        """All of the last 20 s, or since the beginning."""
        heard = self._speech.look()
        observed_s = self._batches * BATCH_S
        hum = self._hum.look()
        speech_s = heard.speech_s
        return SoundMeasures(
            observed_s=observed_s,
            peak_db=self._peaks.peak_db,
            true_peak_db=self._peaks.true_peak_db,
            momentary_lufs=self._loudness.momentary_lufs,
            short_term_lufs=self._loudness.short_term_lufs,
            integrated_lufs=self._loudness.recent_lufs,
            speech_s=speech_s,
            is_speaking=heard.is_speaking,
            speech_db=heard.speech_db,
            noise_db=heard.noise_db,
            snr_db=heard.snr_db,
            hum_db=None if hum is None else hum[0],
            hum_hz=hum[1] if hum is not None and hum[0] >= HUM_TOLD_DB else None,
            clipped_per_s=self._flats.per_s(min(speech_s, WINDOW_S)),
            reverberation_s=reverberation_s(heard.bands),
            is_silent=self._silence.is_silent,
            side_db=self._side_db(),
            dropouts_per_min=self._gaps.per_minute(observed_s),
        )

    def _side_db(self) -> float | None:
        powers = self._sides.values()
        if not len(powers):
            return None
        left, right = powers.mean(axis=0)
        if max(left, right) < _HEARD_POWER:
            return None
        lowest = max(left, right) * 10 ** (-_MOST_SIDE_DB / 10)
        return 10 * math.log10(max(left, lowest) / max(right, lowest))


def _louder(sound: Sound, powers: np.ndarray) -> Floats:
    """One channel: the mean of two that are alike, else the louder."""
    if min(powers) * 4 > max(powers):
        return np.asarray((sound[0] + sound[1]) / 2, np.float32)
    return np.ascontiguousarray(sound[int(powers[1] > powers[0])])
