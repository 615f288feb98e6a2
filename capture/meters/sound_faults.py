"""Faults of the signal as it comes from the device: flat tops, gaps and jumps, silence. Pure; the meter's thread.

All in batches of 100 ms of the louder channel, at 48 kHz.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.meters.sound_window import BATCH_S, FRAME_S, WINDOW_S, Floats, Ring
from capture.programme import SAMPLE_RATE_HZ

Mask = npt.NDArray[np.bool_]

_FLAT_SAMPLES = 4
_FLAT_STEP = 1.2 / 32768
"""What 16 bits make of a straight line."""
_LEAST_TOP = 0.03
_CORNER = 0.004
"""A top that was cut begins or ends with a corner: the step beside it is at least this part of its height, where that
of a sine's own top is ten times less."""

_FRAME = SAMPLE_RATE_HZ // 50
_HIGH, _MIDDLE = 0.92, 0.7
_FLAT_RATIO = 0.62
"""Of a frame's samples above 70 % of its top those above 92 %: of a parabola √(0.08 / 0.3) = 0.52, less where tops
differ; of a cut top the more the more was cut, also when the rate was changed since and its corners are round."""
_LEAST_HIGH = 6
_NEAR_LOW, _NEAR_HIGH = 0.9, 1.12
"""Tops that were cut end at one height; what rings there where the rate was changed lies within this of it."""
_HEIGHT_QUANTILES = (1.0, 0.98, 0.95, 0.9)
"""Where that height may lie among the frames' tops: above it there is only ringing."""
_USUAL_FLAT_PER_S = 0.65
"""So many flat frames a clean voice may have at one height in each second: 15 have 0.5 at most, cut ones 1.5 … 35."""
_TOPS_PER_FRAME = 2.5

_ZERO = 1.5e-4
_GAP_SAMPLES = SAMPLE_RATE_HZ * 4 // 1000
_MOST_GAP_SAMPLES = SAMPLE_RATE_HZ // 2
_EDGE_SAMPLES = SAMPLE_RATE_HZ * 2 // 1000
_SKIP_SAMPLES = SAMPLE_RATE_HZ // 4000
"""Beside a gap lies the ringing of whoever converted the rate."""
_EDGE_RMS = 0.004
_EDGE_OF_LOUDEST = 0.1
"""Words fade into a pause: only one that is cut is still this loud, of the loudest around, on both sides of the gap."""
_END_OF_LOUDEST, _MOST_END_SAMPLES = 0.15, SAMPLE_RATE_HZ // 10
_HELD_SAMPLES = SAMPLE_RATE_HZ * 6 // 1000
_HELD_RANGE = 6e-5
_LEAST_HELD, _MOST_HELD_OF_LOUDEST = 0.003, 0.8
"""Between noise and cut tops no sound stands still at a value of its own."""
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
        # Of each frame: its highest and its lowest sample, and whether these tops are flat.
        self._tops = Ring(round(WINDOW_S / FRAME_S), 4)

    def feed(self, sound: Floats) -> None:
        """4800 samples."""
        size = np.abs(sound)
        top = float(size.max())
        rows = np.zeros((len(sound) // _FRAME, 4))
        if top >= _LEAST_TOP:
            frames = (sound - sound.mean()).reshape(-1, _FRAME)
            rows[:, 0], rows[:, 2] = _flat_frames(frames)
            rows[:, 1], rows[:, 3] = _flat_frames(-frames)
        self._tops.extend(rows)
        self._runs.push(0.0 if top < _LEAST_TOP else float(_cut_tops(sound, size, top)))

    def per_s(self, speech_s: float) -> float:
        """Cut tops for each second of speech."""
        seconds = max(1.0, speech_s)
        runs = float(self._runs.values().sum()) / seconds
        return max(runs, _TOPS_PER_FRAME * max(0.0, self._flat_at_one_height() / seconds - _USUAL_FLAT_PER_S))

    def _flat_at_one_height(self) -> float:
        """How many frames are flat at the height where most are."""
        rows = self._tops.values()
        most = 0.0
        for side in (0, 1):
            heights, are_flat = rows[:, side], rows[:, side + 2] > 0
            if not are_flat.any():
                continue
            for height in np.quantile(heights, _HEIGHT_QUANTILES):
                is_near = (heights >= _NEAR_LOW * height) & (heights <= _NEAR_HIGH * height)
                most = max(most, float((is_near & are_flat).sum()))
        return most


def _flat_frames(frames: Floats) -> tuple[Floats, Mask]:
    """The top of each, and whether it is flat."""
    tops = frames.max(axis=1)
    high = (frames >= _HIGH * tops[:, None]).sum(axis=1)
    middle = (frames >= _MIDDLE * tops[:, None]).sum(axis=1)
    return tops, (high > _FLAT_RATIO * middle) & (high >= _LEAST_HIGH) & (tops > _LEAST_TOP / 2)


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

    def skip(self) -> None:
        """Something was left out on purpose: what came before it says nothing of what follows."""
        self._held = np.zeros(0, np.float32)

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
        found += self._jumps(sound) + self._held_values(sound)
        self._held = joined[max(keep_from, len(joined) - _MOST_GAP_SAMPLES - 2 * _EDGE_SAMPLES) :]
        self._found.push(found + self._lost)
        self._lost = 0.0

    def _is_cut(self, joined: Floats, start: int, end: int) -> bool:
        before = joined[max(0, start - _SKIP_SAMPLES - _EDGE_SAMPLES) : max(0, start - _SKIP_SAMPLES)]
        after = joined[end + _SKIP_SAMPLES : end + _SKIP_SAMPLES + _EDGE_SAMPLES]
        if len(before) < _EDGE_SAMPLES or len(after) < _EDGE_SAMPLES:
            return False
        loudest = self._loudest.largest()
        first, last = _rms(before), _rms(after)
        if min(first, last) >= max(_EDGE_RMS, _EDGE_OF_LOUDEST * loudest):
            return True
        # A word may begin at once after a pause; one that ends at once, and shortly, was cut.
        return end - start <= _MOST_END_SAMPLES and first >= max(_EDGE_RMS, _END_OF_LOUDEST * loudest)

    def _held_values(self, sound: Floats) -> int:
        """Stretches in which the last value was repeated instead of silence."""
        size = np.abs(sound[1:])
        is_still = (np.abs(np.diff(sound)) <= _HELD_RANGE) & (size >= _LEAST_HELD)
        is_still &= size <= _MOST_HELD_OF_LOUDEST * self._loudest.largest()
        edges = np.flatnonzero(np.diff(np.concatenate(([0], is_still.view(np.int8), [0]))))
        return sum(
            int(end - start >= _HELD_SAMPLES and float(np.ptp(sound[start + 1 : end + 1])) <= _HELD_RANGE)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        )

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
