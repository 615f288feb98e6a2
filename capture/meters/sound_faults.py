"""Faults of the signal as it comes from the device: flat tops, gaps and jumps, silence. Pure; the meter's thread.

All in batches of 100 ms of the louder channel, at 48 kHz.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.meters.sound_window import BATCH_S, WINDOW_S, Floats, Ring
from capture.programme import SAMPLE_RATE_HZ

Mask = npt.NDArray[np.bool_]

_FLAT_SAMPLES = 4
_FLAT_STEP = 1.2 / 32768
"""What 16 bits make of a straight line."""
_LEAST_TOP = 0.03
_CORNER = 0.004
"""A top that was cut begins or ends with a corner: the step beside it is at least this part of its height, where that
of a sine's own top is ten times less."""

_BINS = 64
_LEAST_LOUD = 0.01
_PILE_RATIO = 0.5
"""Of the samples above 45 % of the highest those above 80 %: a voice has 5 … 25 %, a clipped one more than half."""
_PILED_PER_S = 60.0
_LEAST_SPEECH_S = 1.0

_ZERO = 1.5e-4
_GAP_SAMPLES = SAMPLE_RATE_HZ * 4 // 1000
_MOST_GAP_SAMPLES = SAMPLE_RATE_HZ // 2
_EDGE_SAMPLES = SAMPLE_RATE_HZ * 2 // 1000
_SKIP_SAMPLES = SAMPLE_RATE_HZ // 4000
"""Beside a gap lies the ringing of whoever converted the rate."""
_EDGE_RMS = 0.004
_EDGE_OF_LOUDEST = 0.1
"""Words fade into a pause: only one that is cut is still this loud, of the loudest around, on both sides of the gap."""
_JUMP = 0.05
_JUMP_OF_USUAL = 15.0
_JUMP_OF_NEXT = 4.0
_ALONE_SAMPLES = SAMPLE_RATE_HZ // 200
_OWN_BENDS = 4
"""A step bends the signal twice; whoever converts the rate rings a little."""

_SILENT_S = 2.0
_SILENT_LEVEL = 5.6e-5
"""−85 dBFS: the noise of the worst converter is louder."""


class Flats:
    """Tops that were cut, in a signal at any level."""

    def __init__(self) -> None:
        self._runs = Ring(round(WINDOW_S / BATCH_S))
        self._heights = Ring(round(WINDOW_S / BATCH_S), _BINS)
        self._highest = Ring(round(WINDOW_S / BATCH_S))

    def feed(self, sound: Floats) -> None:
        """4800 samples."""
        size = np.abs(sound)
        top = float(size.max())
        self._highest.push(top)
        self._heights.push_row(np.bincount(np.minimum((size * _BINS).astype(np.int64), _BINS - 1), minlength=_BINS))
        self._runs.push(0.0 if top < _LEAST_TOP else float(_cut_tops(sound, size, top)))

    def per_s(self, speech_s: float) -> float:
        """Cut tops for each second of speech."""
        runs = float(self._runs.values().sum()) / max(1.0, speech_s)
        # A pure tone is at its tops most of the time: only of voices this says anything.
        return max(runs, self._piled() if speech_s >= _LEAST_SPEECH_S else 0.0)

    def _piled(self) -> float:
        """Where a change of the rate has bent the flat tops, loud samples still crowd at one height."""
        highest = self._highest.largest()
        if highest < 6 / _BINS:
            return 0.0
        counts = self._heights.values().sum(axis=0)
        top = int(min(_BINS - 1, highest * _BINS))
        loud, loudest = counts[round(0.45 * top) :].sum(), counts[round(0.8 * top) :].sum()
        ratio = float(loudest / loud) if loud > 500 else 0.0
        return _PILED_PER_S * max(0.0, ratio - _PILE_RATIO) / (1 - _PILE_RATIO)


def _cut_tops(sound: Floats, size: Floats, top: float) -> int:
    steps = np.abs(np.diff(sound))
    is_flat = (steps <= _FLAT_STEP) & (size[1:] >= 0.6 * top)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_flat.view(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    is_long = ends - starts >= _FLAT_SAMPLES - 1
    starts, ends = starts[is_long], ends[is_long]
    inside = (starts > 0) & (ends < len(steps))
    starts, ends = starts[inside], ends[inside]
    corner = np.maximum(steps[starts - 1], steps[ends]) >= _CORNER * size[starts]
    return int(corner.sum())


class Gaps:
    """Moments that are missing: silence cut into sound, and jumps where samples were left out."""

    def __init__(self) -> None:
        self._found = Ring(round(WINDOW_S / BATCH_S))
        self._held = np.zeros(0, np.float32)
        self._loudest = Ring(10)
        self._lost = 0.0

    def note_lost(self, blocks: int) -> None:
        """Blocks of 20 ms that were never made: those that follow each other are one gap."""
        self._lost += min(1.0, blocks)

    def feed(self, sound: Floats) -> None:
        """4800 samples; a gap is told when it has ended."""
        self._loudest.push(float(np.abs(sound).max()))
        joined = np.concatenate((self._held, sound))
        is_quiet = np.abs(joined) <= _ZERO
        edges = np.flatnonzero(np.diff(np.concatenate(([0], is_quiet.view(np.int8), [0]))))
        found, keep_from = 0, max(0, len(joined) - _EDGE_SAMPLES - _SKIP_SAMPLES)
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if end - start < _GAP_SAMPLES:
                continue
            if end > len(joined) - _EDGE_SAMPLES - _SKIP_SAMPLES:
                # What comes after it is not here yet.
                keep_from = min(keep_from, max(0, int(start) - _EDGE_SAMPLES - _SKIP_SAMPLES))
            elif end - start <= _MOST_GAP_SAMPLES and end > len(self._held) - _EDGE_SAMPLES - _SKIP_SAMPLES:
                found += self._is_cut(joined, int(start), int(end))
        found += self._jumps(sound)
        self._held = joined[max(keep_from, len(joined) - _MOST_GAP_SAMPLES - 2 * _EDGE_SAMPLES) :]
        self._found.push(found + self._lost)
        self._lost = 0.0

    def _is_cut(self, joined: Floats, start: int, end: int) -> bool:
        before = joined[max(0, start - _SKIP_SAMPLES - _EDGE_SAMPLES) : max(0, start - _SKIP_SAMPLES)]
        after = joined[end + _SKIP_SAMPLES : end + _SKIP_SAMPLES + _EDGE_SAMPLES]
        if len(before) < _EDGE_SAMPLES or len(after) < _EDGE_SAMPLES:
            return False
        limit = max(_EDGE_RMS, _EDGE_OF_LOUDEST * self._loudest.largest())
        return min(_rms(before), _rms(after)) >= limit

    @staticmethod
    def _jumps(sound: Floats) -> int:
        """Single steps that stand alone: a plosive or a cut top is one of many sharp bends."""
        bends = np.abs(np.diff(sound, 2))
        limit = max(_JUMP, _JUMP_OF_USUAL * float(bends.mean()))
        found, last = 0, -_ALONE_SAMPLES
        for place in np.flatnonzero(bends > limit):
            around = bends[max(0, place - _ALONE_SAMPLES) : place + _ALONE_SAMPLES]
            beside = np.sort(around)[-_OWN_BENDS - 1] if len(around) > _OWN_BENDS else 0.0
            if place - last > _ALONE_SAMPLES and bends[place] > _JUMP_OF_NEXT * beside:
                found, last = found + 1, int(place)
        return found

    def per_minute(self, observed_s: float) -> float:
        """Of the last 20 s, or of what there was."""
        return float(self._found.values().sum()) * 60 / max(5.0, min(WINDOW_S, observed_s))


class Silence:
    """Nothing at all, not even noise: switched off, muted in hardware, or the wrong device."""

    def __init__(self) -> None:
        self._swings = Ring(round(_SILENT_S / BATCH_S))

    def feed(self, sound: Floats) -> None:
        """4800 samples; a constant is as silent as zero."""
        self._swings.push(float(sound.max() - sound.min()) / 2)

    @property
    def is_silent(self) -> bool:
        return len(self._swings) >= round(_SILENT_S / BATCH_S) and self._swings.largest() < _SILENT_LEVEL


def _rms(sound: Floats) -> float:
    return float(np.sqrt(np.dot(sound, sound) / len(sound)))
