"""What every sound source is to the mixer, silence, and the tone scale that stands in for missing demo speech."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from app.ports.engine import SourceStatus
from capture.audio.rings import Sound
from capture.programme import SAMPLE_RATE_HZ
from capture.sources.base import Report, SourceState

_SCALE_HZ = (262, 294, 330, 349, 392, 440, 494, 523)
_NOTE_S = 0.4
_TONE_LEVEL = 0.2


class SoundSource(Protocol):
    """A running source of sound."""

    def start(self) -> None:
        """Begin; returns at once."""

    def read(self, at: int, count: int) -> Sound | None:
        """Samples ``at`` … ``at + count`` of the programme, None for silence. Mixer's thread; never blocks."""

    def close(self) -> None:
        """End and join (≤ 2 s)."""


class Silence:
    """No sound at all."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def start(self) -> None:
        """Off."""
        self._report(SourceState(SourceStatus.OFF))

    def read(self, at: int, count: int) -> Sound | None:
        """Nothing."""
        return None

    def close(self) -> None:
        """Nothing is held."""


class ToneScale:
    """C major up and again, −14 dBFS, with a short fade around each note."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def start(self) -> None:
        """Live at once."""
        self._report(SourceState(SourceStatus.LIVE, "", "tone"))

    def read(self, at: int, count: int) -> Sound | None:
        """The tone at that place of the programme."""
        place = np.arange(at, at + count)
        note_samples = int(_NOTE_S * SAMPLE_RATE_HZ)
        note = place // note_samples % len(_SCALE_HZ)
        within = place % note_samples
        hz = np.array(_SCALE_HZ, np.float64)[note]
        fade = np.minimum(1.0, np.minimum(within, note_samples - within) / (0.02 * SAMPLE_RATE_HZ))
        tone = (_TONE_LEVEL * fade * np.sin(2 * np.pi * hz * within / SAMPLE_RATE_HZ)).astype(np.float32)
        return np.stack((tone, tone))

    def close(self) -> None:
        """Nothing is held."""
