"""Loudness after EBU R128 and peaks, of the programme's two channels. Pure; the meter's thread.

Loudness is libavfilter's ``ebur128`` (0.8 ms of CPU a second); its own true peak is told in steps of 0.001 since the
beginning, which is too coarse for quiet sound and never falls again, so peaks are ours.
"""

from __future__ import annotations

import math
from fractions import Fraction

import av
import av.filter
import numpy as np

from capture.audio.rings import Sound
from capture.meters.sound_window import BATCH_S, BATCH_SAMPLES, Floats, Ring, decibels
from capture.programme import SAMPLE_RATE_HZ

FLOOR_LUFS, FLOOR_DB = -70.0, -90.0
RECENT_S = 30.0
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
"""BS.1770-4, annex 1."""
_WINDOW_BATCHES = 4
"""400 ms; what is told before they are full is no gating block."""


class Loudness:
    """Fed with batches of 100 ms."""

    def __init__(self) -> None:
        self.momentary_lufs = self.short_term_lufs = FLOOR_LUFS
        self.integrated_lufs: float | None = None
        """Since the beginning."""
        self._recent = Ring(round(RECENT_S / BATCH_S))
        self._batches = 0
        self._graph = av.filter.Graph()
        self._source = self._graph.add_abuffer(
            format="fltp", sample_rate=SAMPLE_RATE_HZ, layout="stereo", time_base=Fraction(1, SAMPLE_RATE_HZ)
        )
        scanner = self._graph.add("ebur128", "metadata=1:framelog=quiet")
        self._sink = self._graph.add("abuffersink")
        self._source.link_to(scanner)
        scanner.link_to(self._sink)
        self._graph.configure()

    def feed(self, sound: Sound) -> None:
        """2 × 4800."""
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, self._batches * BATCH_SAMPLES
        self._source.push(frame)
        self._batches += 1
        while True:
            try:
                out = self._sink.pull()
            except (BlockingIOError, av.error.EOFError):
                return
            told = out.metadata
            self.momentary_lufs = max(FLOOR_LUFS, _number(told.get("lavfi.r128.M")))
            self.short_term_lufs = max(FLOOR_LUFS, _number(told.get("lavfi.r128.S")))
            integrated = _number(told.get("lavfi.r128.I"))
            self.integrated_lufs = integrated if integrated > FLOOR_LUFS else None
            if self._batches >= _WINDOW_BATCHES:
                self._recent.push(10 ** (_number(told.get("lavfi.r128.M")) / 10))

    @property
    def recent_lufs(self) -> float | None:
        """Gated like the integrated loudness, over the last 30 s only; None when there was nothing to count."""
        blocks = self._recent.values()
        blocks = blocks[blocks > 10 ** (_ABSOLUTE_GATE_LUFS / 10)]
        if not blocks.size:
            return None
        kept = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
        return 10 * math.log10(float(kept.mean())) if kept.size else None


def _number(text: str | None) -> float:
    """Of metadata; no number before there is one."""
    value = float(text) if text else -math.inf
    return value if math.isfinite(value) else -200.0


_REACH = 16
_PHASES = 4
_CANDIDATES = 24
_NEAR = 0.6
"""An interpolated peak has a sample of at least about this part of it beside it, in anything but the top octave."""


def _interpolators() -> Floats:
    """(2 · reach) × 3: Kaiser-windowed sinc at 1/4, 1/2 and 3/4 between two samples, as libswresample's 4 × does."""
    places = np.arange(-_REACH + 1, _REACH + 1)
    rows = []
    for phase in range(1, _PHASES):
        at = places - phase / _PHASES
        window = np.i0(9 * np.sqrt(np.maximum(0.0, 1 - (at / _REACH) ** 2))) / np.i0(9)
        row = np.sinc(at) * window
        rows.append(row / row.sum())
    return np.asarray(np.array(rows).T, np.float32)


_WEIGHTS = _interpolators()
_OFFSETS = np.arange(-_REACH + 1, _REACH + 1)


class Peaks:
    """Highest sample and true peak (BS.1770-4, annex 2: 4 ×) of the last ``seconds``.

    Only around the highest samples of a batch, and only where these are near the highest of the window, is there
    anything to be found between samples: that is where it is interpolated.
    """

    def __init__(self, seconds: float) -> None:
        self._samples, self._between = Ring(round(seconds / BATCH_S)), Ring(round(seconds / BATCH_S))
        self._tail: Sound = np.zeros((2, 2 * _REACH), np.float32)

    @property
    def peak_db(self) -> float:
        return decibels(self._samples.largest(), FLOOR_DB)

    @property
    def true_peak_db(self) -> float:
        return decibels(max(self._samples.largest(), self._between.largest()), FLOOR_DB)

    def feed(self, sound: Sound) -> None:
        """2 × n; looks one batch's end later at what lies at its very edge."""
        highest = float(max(sound.max(), -sound.min()))
        between = 0.0
        if highest > 1e-5 and highest >= _NEAR * max(self._between.largest(), self._samples.largest()):
            joined = np.concatenate((self._tail, sound), axis=1)
            size = np.abs(joined[:, _REACH:-_REACH])
            flat = size.reshape(-1)
            top = np.argpartition(flat, -_CANDIDATES)[-_CANDIDATES:]
            channel, place = np.divmod(top, size.shape[1])
            # Both sides of each candidate: the stretch that begins with it, and the one that ends with it.
            starts = np.concatenate((place, place - 1)) + _REACH
            windows = joined[np.concatenate((channel, channel))[:, None], starts[:, None] + _OFFSETS]
            between = float(np.abs(windows @ _WEIGHTS).max())
        self._tail = sound[:, -2 * _REACH :].copy()
        self._samples.push(highest)
        self._between.push(between)
