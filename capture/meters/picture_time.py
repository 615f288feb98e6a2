"""What only shows from picture to picture: standing still, rate, lamp flicker. Pure; one thread.

Each picture is sampled on a grid (90 rows or so), which costs some hundredths of a millisecond; four times a second it
is compared as a whole with the one that has been standing.
"""

from __future__ import annotations

import math
from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

from capture.frames import Array

Complex = npt.NDArray[np.complex64]

_GRID_ROWS = 90
_WINDOW_S = 3.0
"""Rate, jitter and flicker are of so long."""
_COMPARE_S = 0.24
_BLOCK_PX = 8
_MOVED_LUMA = 2
"""A block's mean differs by more than this: encoding the same picture anew stays below (x264, 1.5 … 4 Mbit/s)."""
_MOVED_RATIO = 0.0012
"""Part of the blocks that must have moved; a head that sways by half a pixel moves three times as many."""
_ALIVE_S = 0.5
_ALIVE_RATIO = 0.12
"""Part of the grid that changes from one picture to the next by a sensor's noise, where no codec smoothed it away."""

BANDS = 8
"""The most bands in a picture: lamp at 120 Hz, read out in 66 ms."""
_ROWS, _COLUMNS = 45, 8
_MOST_PICTURES = 72
_LEAST_PICTURES = 16
_LEAST_WINDOW_S = 0.6
_DARKEST = 12.0
_SLOWEST_PULSE_HZ = 2.2
"""Slower changes of the whole picture are the camera's exposure, or somebody passing a window."""
_SLOWEST_BAND_HZ = 0.4
_AGREEING = 6
"""So many of the eight columns must show the same wave: a lamp lights them all, a person moves in some."""
_PURITY = 5.0
"""The wave stands so far out of what else goes on at other speeds."""


class Pace:
    """``feed`` each picture with its time; the properties are of the last seconds."""

    def __init__(self) -> None:
        self._last_grid: Array | None = None
        self._fed_s: deque[float] = deque()
        self._new_s: deque[float] = deque()
        self._changed: deque[tuple[float, float]] = deque()
        self._standing: Array | None = None
        self._standing_s = self._compared_s = self._now_s = 0.0

    def feed(self, luma: Array, grid: Array, at_s: float) -> bool:
        """Whether this picture is a new one. ``grid`` is a sample of ``luma``."""
        self._now_s = at_s
        self._fed_s.append(at_s)
        is_new = True
        changed = 1.0
        if self._last_grid is not None and self._last_grid.shape == grid.shape:
            difference = cv2.absdiff(grid, self._last_grid)
            is_new = bool(cv2.countNonZero(difference))
            changed = np.count_nonzero(difference > 1) / grid.size if is_new else 0.0
            self._changed.append((at_s, changed))
        self._last_grid = grid
        if is_new:
            self._new_s.append(at_s)
        for times in (self._fed_s, self._new_s):
            while times and times[0] < at_s - _WINDOW_S:
                times.popleft()
        while self._changed and self._changed[0][0] < at_s - _ALIVE_S:
            self._changed.popleft()
        if self._standing is None or at_s - self._compared_s >= _COMPARE_S:
            self._compare(luma, at_s)
        return is_new

    def _compare(self, luma: Array, at_s: float) -> None:
        self._compared_s = at_s
        size = (max(1, luma.shape[1] // _BLOCK_PX), max(1, luma.shape[0] // _BLOCK_PX))
        blocks = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
        if self._standing is None or self._standing.shape != blocks.shape:
            self._standing, self._standing_s = blocks, at_s
            return
        moved = np.count_nonzero(cv2.absdiff(blocks, self._standing) > _MOVED_LUMA) / blocks.size
        # The median: a key frame makes everything anew once, a living picture does so each time.
        alive = float(np.median([part for _, part in self._changed])) if self._changed else 1.0
        if moved > _MOVED_RATIO or alive > _ALIVE_RATIO:
            self._standing, self._standing_s = blocks, at_s

    @property
    def frozen_s(self) -> float:
        """How long the same picture has been standing, as the viewer sees it."""
        return max(0.0, self._now_s - self._standing_s) if self._standing is not None else 0.0

    @property
    def wanted_fps(self) -> float | None:
        """The rate at which pictures are fed, new ones or repeats."""
        steps = np.diff(self._fed_s)
        steps = steps[steps > 0]
        return float(1 / np.median(steps)) if len(steps) >= 5 else None

    @property
    def delivered_fps(self) -> float | None:
        """New pictures a second; None before there were a second's."""
        if not self._fed_s or self._now_s - self._fed_s[0] < 1.0:
            return None
        return len(self._new_s) / (self._now_s - self._fed_s[0] + self._step_s())

    @property
    def jitter_ms(self) -> float | None:
        """Standard deviation of the time between new pictures."""
        if len(self._new_s) < 8:
            return None
        return float(np.std(np.diff(self._new_s)) * 1000)

    def _step_s(self) -> float:
        fps = self.wanted_fps
        return 1 / fps if fps else 0.0


class Flicker:
    """Bands that wander through the picture, or pulses of the whole, as lamps on the mains make them.

    Light at 100 or 120 Hz meets a shutter that reads row after row: row r of picture t is brighter by
    1 + a · cos(2π (f t + k r)). The rows' means in eight columns, each over its own mean, are fitted with such waves
    for all f up to half the rate and k up to eight bands. The median over the columns leaves what all of them show, and
    that is not what people, hands and things do: they move in some columns and in no steady wave.
    """

    def __init__(self) -> None:
        self._rows: deque[tuple[float, npt.NDArray[np.float32]]] = deque(maxlen=_MOST_PICTURES)
        turns = np.arange(_ROWS) / _ROWS
        bands = np.arange(-BANDS, BANDS + 1)
        taper = np.hanning(_ROWS + 2)[1:-1]
        self._waves: Complex = (np.exp(-2j * np.pi * np.outer(turns, bands)) * (taper / taper.sum())[:, None]).astype(
            np.complex64
        )
        self._bands = bands

    def feed(self, grid: Array, at_s: float) -> None:
        """A new picture's sample, limited range."""
        rows = np.asarray(
            cv2.resize(grid.astype(np.float32), (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA), np.float32
        )
        self._rows.append((at_s, rows))
        while self._rows and self._rows[0][0] < at_s - _WINDOW_S:
            self._rows.popleft()

    @property
    def ratio(self) -> float | None:
        """Depth of the wave, of the mean luma (its amplitude: half of what lies between bright and dark)."""
        if len(self._rows) < _LEAST_PICTURES:
            return None
        times = np.array([at_s for at_s, _ in self._rows])
        length_s = times[-1] - times[0]
        if length_s < _LEAST_WINDOW_S:
            return None
        light = np.stack([rows for _, rows in self._rows]) - 16
        mean = light.mean(axis=0)
        lit = mean > _DARKEST
        if lit.sum() < lit.size // 4:
            return None
        change = np.where(lit, light / np.maximum(mean, 1) - 1, 0).astype(np.float32)
        # What drifts slowly, exposure or a cloud, is taken out as a straight line.
        moments = (times - times.mean()) / max(length_s, 1e-3)
        slope = np.tensordot(moments, change, 1) / float((moments**2).sum())
        change -= moments[:, None, None].astype(np.float32) * slope.astype(np.float32)
        return self._depth(times, change, lit, length_s)

    def _depth(
        self,
        times: npt.NDArray[np.float64],
        change: npt.NDArray[np.float32],
        lit: npt.NDArray[np.bool_],
        length_s: float,
    ) -> float:
        fps = (len(times) - 1) / length_s
        step_hz = 0.5 / length_s
        rates = np.arange(_SLOWEST_BAND_HZ, fps / 2 + step_hz, step_hz)
        taper = np.hanning(len(times) + 2)[1:-1]
        turns: Complex = (np.exp(-2j * np.pi * np.outer(rates, times - times[0])) * (taper / taper.sum())).astype(
            np.complex64
        )
        in_time = (turns @ change.reshape(len(times), -1)).reshape(len(rates), _ROWS, _COLUMNS)
        # Dark rows tell nothing; the others stand for them.
        weight = self._waves[:, BANDS].real
        share = np.maximum((lit * weight[:, None]).sum(axis=0), 0.25)
        waves = 2 * np.einsum("frc,rk->fkc", in_time, self._waves, optimize=True) / share
        both = np.median(waves.real, axis=2) + 1j * np.median(waves.imag, axis=2)
        depth = np.abs(both)
        depth[np.ix_(rates < _SLOWEST_PULSE_HZ, self._bands == 0)] = 0
        # A wave at half the rate is counted with both of its signs.
        depth[rates > fps / 2 - 1.5 * step_hz] /= 2
        at = np.unravel_index(int(np.argmax(depth)), depth.shape)
        peak = float(depth[at])
        agreeing = int((np.abs(waves[at] - both[at]) < 0.6 * abs(both[at])).sum())
        far = np.abs(rates - rates[at[0]]) > 4 * step_hz
        others = float(np.sqrt(np.mean(np.max(depth[far], axis=1) ** 2))) if far.sum() >= 4 else 0.0
        if agreeing < _AGREEING or peak < _PURITY * others * _slowness(float(rates[at[0]])):
            return 0.0
        return peak if math.isfinite(peak) else 0.0


def _slowness(rate_hz: float) -> float:
    """Below two turns a second movement is likelier than a lamp: more is asked."""
    return 1.0 if rate_hz >= 2 else 2.0 - rate_hz / 2


def sample(luma: Array) -> Array:
    """Single pixels on a grid of about 90 rows; a copy."""
    step = max(1, luma.shape[0] // _GRID_ROWS)
    return np.ascontiguousarray(luma[step // 2 :: step, step // 2 :: step])
