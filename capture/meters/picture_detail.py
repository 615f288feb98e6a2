"""Sharpness, finest detail and noise, from tiles at full resolution. Pure.

Sharpness is the width of edges, as the ratio of their steepness at two scales tells it: for a step that was smeared
with a Gaussian of s, the derivative at scale σ is h / √(2π (s² + σ²)), so the height h, that is the contrast, falls out
of the ratio (Elder and Zucker 1998; Zhuo and Sim 2011). Noise widens nothing and its part is taken off.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.quality.measures import FaceBox
from capture.frames import Array
from capture.meters.picture_sight import TILE_PX, Floats, busiest_places, smaller, tiles

_FINE_PX, _COARSE_PX = 1.0, 2.2
_STEEPEST_RATIO = 0.06
"""Of a tile's pixels, those that count as edges."""
_LEAST_STEEPNESS = 1.2
"""Steps of luma a pixel at the coarse scale; below there is nothing to judge sharpness by."""
_OVER_NOISE = 6.0
"""Power of an edge over the noise's at the fine scale: weaker ones look sharp at random."""

_WIDE_PX = 1.9
_MOST_HALVINGS = 4
_MOST_TILES = 10
_REFERENCE_LINES = 720
_HALF_SHARP_PX = 2.0
"""Spread of an edge at which sharpness is 0.5; own choice: a sharp webcam has 0.7 … 1.3 at 720 lines."""

_BLOCK_PX = 16
_EVERY = 3
_NOISE_QUANTILE = 0.15
"""Of the blocks, from the stillest on: what moves lies above."""
_QUANTILE_BIAS = 0.955
"""That quantile of the deviations of blocks of 256 pixels of pure noise, of the true one: 1 - 1.04 / √(2 · 256)."""
_NOT_CUT = (18.0, 236.0)
"""Blocks whose mean lies in here; black and white cut the noise off."""
_LEAST_BLOCKS = 24


def spread_within(luma: Array, guide: Array, face: FaceBox | None, noise: float) -> float | None:
    """The spread of edges in pixels, of the face or else where most is drawn; None without edges.

    Wide edges are measured again on half the size, and on a quarter: both scales must lie about the edge's own.
    """
    spread_px = edge_spread_px(tiles(luma, busiest_places(luma, guide, _MOST_TILES, face)), noise)
    factor = 1
    while spread_px is not None and spread_px > _WIDE_PX * factor and factor < _MOST_HALVINGS:
        factor *= 2
        plane = smaller(luma, factor)
        if min(plane.shape) < TILE_PX:
            break
        wider = edge_spread_px(tiles(plane, busiest_places(plane, plane, _MOST_TILES, face)), noise / factor)
        if wider is None:
            break
        spread_px = max(spread_px, wider * factor)
    return spread_px


def edge_spread_px(cut: Floats, noise: float) -> float | None:
    """Standard deviation in pixels of the blur of the sharpest clear edges of tiles (N × S × S); None without edges."""
    spreads: list[float] = []
    rim = 6
    fine_noise, coarse_noise = noise**2 * _FINE_NOISE, noise**2 * _COARSE_NOISE
    sheet = np.ascontiguousarray(cut.reshape(-1, cut.shape[2]))
    fine_all, coarse_all = _steepness(sheet, _FINE_PX), _steepness(sheet, _COARSE_PX)
    size = cut.shape[1]
    for index in range(len(cut)):
        inside = (slice(index * size + rim, (index + 1) * size - rim), slice(rim, -rim))
        coarse, fine = coarse_all[inside], fine_all[inside]
        rank = max(1, int(coarse.size * _STEEPEST_RATIO))
        limit = max(float(np.partition(coarse.ravel(), -rank)[-rank]), _LEAST_STEEPNESS**2, _OVER_NOISE * fine_noise)
        edges = coarse >= limit
        if edges.sum() < 12:
            continue
        # Of means, as noise is only taken off on the average.
        steep = max(float(fine[edges].mean()) - fine_noise, 1e-3) / max(
            float(coarse[edges].mean()) - coarse_noise, 1e-3
        )
        spreads.append(_spread_of(steep))
    if not spreads:
        return None
    # The sharpest third: hair against skin rather than the shade of a cheek.
    return float(np.mean(sorted(spreads)[: max(1, len(spreads) // 3)]))


def _steepness(sheet: Floats, scale_px: float) -> Floats:
    """Squared gradient at a scale."""
    soft = cv2.GaussianBlur(sheet, (0, 0), scale_px, borderType=cv2.BORDER_REFLECT)
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    return np.asarray(across * across + down * down)


def _noise_power(scale_px: float) -> float:
    """What ``_steepness`` makes of white noise of one step: the power of its filter, both directions."""
    point = np.zeros((65, 65), np.float32)
    point[32, 32] = 1
    return float(_steepness(point, scale_px).sum())


_FINE_NOISE, _COARSE_NOISE = _noise_power(_FINE_PX), _noise_power(_COARSE_PX)


def _spread_of(ratio: float) -> float:
    """s from the ratio of squared steepness: (s² + C²) / (s² + F²) = ratio."""
    most = (_COARSE_PX / _FINE_PX) ** 2
    if ratio >= most:
        return 0.0
    if ratio <= 1.02:
        return 12.0
    return float(min(12.0, np.sqrt((_COARSE_PX**2 - ratio * _FINE_PX**2) / (ratio - 1))))


def sharpness_of(spread_px: float, height_px: int) -> float:
    """1 … 0. A picture of more lines than 720 is seen smaller; one of fewer cannot show more than it has."""
    seen = spread_px * _REFERENCE_LINES / max(_REFERENCE_LINES, height_px)
    return 1 / (1 + (seen / _HALF_SHARP_PX) ** 2)


_FREQUENCIES = np.hypot(np.fft.fftfreq(TILE_PX)[:, None], np.fft.rfftfreq(TILE_PX)[None, :])
_RINGS = np.minimum(np.round(_FREQUENCIES * TILE_PX).astype(int), TILE_PX // 2)
_RING_COUNT = np.bincount(_RINGS.ravel(), minlength=TILE_PX // 2 + 1)
_TAPER = (np.hanning(TILE_PX)[:, None] * np.hanning(TILE_PX)[None, :]).astype(np.float32)
_REFERENCE_RINGS = slice(3, 7)
_FALLEN_RATIO = 10**-1.25
"""Of the power an octave holds at the coarse end; natural pictures hold about as much in each (Field 1987). What a
codec leaves lies some decibels below this (measured: x264 at 2 … 4 Mbit/s, 15 … 25 dB)."""
_DRAWN = 30.0
"""Power at the coarse end over the floor, for a tile to have a say."""


def detail_ratio(cut: Floats, noise: float) -> float | None:
    """Where the spectrum of the sharpest tiles ends, of what the size can hold; None where nothing is drawn.

    The power of a natural picture falls with 1/f², so f² · power is level. An enlarged picture has a shelf that ends at
    the smaller one's highest frequency. The floor of the noise is taken off first.
    """
    if not len(cut):
        return None
    flat = cut - cut.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2(flat * _TAPER)) ** 2
    rings = np.stack([np.bincount(_RINGS.ravel(), one.ravel(), TILE_PX // 2 + 1) for one in power]) / _RING_COUNT
    white = noise**2 * float((_TAPER**2).sum())
    floor = np.maximum(rings[:, -4:-1].mean(axis=1), white)[:, None]
    numbers = np.arange(TILE_PX // 2 + 1)
    octave = np.clip(rings - floor, 0, None) * numbers**2
    reference = octave[:, _REFERENCE_RINGS].mean(axis=1)
    drawn = reference > _DRAWN * floor[:, 0]
    if drawn.sum() < 2:
        return None
    level = octave[drawn] / reference[drawn][:, None]
    level[:, 1:-1] = (level[:, :-2] + level[:, 1:-1] + level[:, 2:]) / 3
    ends = np.sort([_end_of(one) for one in level])
    # Those in focus: the upper third.
    return float(min(1.0, np.mean(ends[-max(1, len(ends) // 3) :])))


def _end_of(level: npt.NDArray[Any]) -> float:
    """Where it first falls below the limit, between two rings."""
    start = _REFERENCE_RINGS.stop - 1
    below = np.flatnonzero(level[start:] < _FALLEN_RATIO)
    if not len(below):
        return 1.0
    ring = start + int(below[0])
    before, after = np.log(level[ring - 1] + 1e-9), np.log(level[ring] + 1e-9)
    part = float(np.clip((before - np.log(_FALLEN_RATIO)) / max(before - after, 1e-6), 0, 1))
    return (ring - 1 + part) / (TILE_PX / 2)


_LARGEST_REPEAT = 7
_FLAT_RATIO = 0.4
"""Steps within repeated columns, of those between them, after a codec has smoothed them (measured: x264, 0.1 … 0.3)."""


def repeat_of(luma: Array) -> int:
    """How many columns each of a picture that was enlarged by repeating pixels takes; 1 for any other.

    Eight is left out: that is how codecs cut pictures up.
    """
    rows = luma[2::4].astype(np.int16)
    steps = np.abs(np.diff(rows, axis=1)).mean(axis=0)
    if len(steps) < 8 * _LARGEST_REPEAT or float(steps.mean()) < 0.2:
        return 1
    for repeat in range(_LARGEST_REPEAT, 1, -1):
        phases = steps[: len(steps) // repeat * repeat].reshape(-1, repeat).mean(axis=0)
        between = int(np.argmax(phases))
        within = float(np.delete(phases, between).max())
        if within < _FLAT_RATIO * float(phases[between]):
            return repeat
    return 1


def noise_of(now: Array, before: Array | None, earlier: Array | None) -> float | None:
    """Standard deviation in steps of luma (full range); None without another picture.

    ``before`` is the last other picture, ``earlier`` one of half a second ago. In a live picture the difference to
    the one before is noise wherever nothing moves: the low quantile over blocks. A compressed clip repeats most blocks;
    there the difference to ``earlier`` shows it, or else the grain in places without drawing: the smaller of both
    counts, block by block, as motion raises the one and drawing the other.
    """
    if before is None or before.shape != now.shape:
        return None
    here = _blocks(now)
    mean = here.mean(axis=(1, 2))
    eligible = (mean > _NOT_CUT[0]) & (mean < _NOT_CUT[1])
    if eligible.sum() < _LEAST_BLOCKS:
        eligible[:] = True
    here = here[eligible]
    step = _spread(here - _blocks(before)[eligible]) / np.sqrt(2)
    value = float(np.quantile(step, _NOISE_QUANTILE))
    if earlier is not None and earlier.shape == now.shape:
        lagged = _spread(here - _blocks(earlier)[eligible]) / np.sqrt(2)
        value = max(value, float(np.quantile(np.minimum(lagged, _grain(here)), _NOISE_QUANTILE)))
    return value / _QUANTILE_BIAS


def _blocks(luma: Array) -> Floats:
    """N × 16 × 16: every third block across and down."""
    rows, columns = luma.shape[0] // _BLOCK_PX, luma.shape[1] // _BLOCK_PX
    grid = luma[: rows * _BLOCK_PX, : columns * _BLOCK_PX].reshape(rows, _BLOCK_PX, columns, _BLOCK_PX)
    every = _EVERY if rows * columns > 1200 else 2 if rows * columns > 300 else 1
    if rows * columns > 5000:
        every = round(_EVERY * np.sqrt(rows * columns / 3600))
    cut = grid[::every, :, ::every].swapaxes(1, 2).reshape(-1, _BLOCK_PX, _BLOCK_PX)
    return cut.astype(np.float32) * np.float32(255 / 219)


def _spread(blocks: Floats) -> npt.NDArray[np.float32]:
    """Standard deviation of each block."""
    flat = blocks.reshape(len(blocks), -1)
    mean = flat.mean(axis=1)
    return np.asarray(np.sqrt(np.maximum(np.einsum("nk,nk->n", flat, flat) / flat.shape[1] - mean * mean, 0)))


_SLOPE = (np.arange(_BLOCK_PX) - (_BLOCK_PX - 1) / 2).astype(np.float32)
_SLOPE_POWER = float((_SLOPE**2).sum() * _BLOCK_PX)


def _grain(blocks: Floats) -> npt.NDArray[np.float32]:
    """Standard deviation of each block about a plane through it."""
    across = np.einsum("nij,j->n", blocks, _SLOPE)
    down = np.einsum("nij,i->n", blocks, _SLOPE)
    sloped = (across**2 + down**2) / _SLOPE_POWER / _BLOCK_PX**2
    return np.asarray(np.sqrt(np.maximum(_spread(blocks) ** 2 - sloped, 0)))
