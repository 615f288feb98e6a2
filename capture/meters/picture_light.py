"""Exposure, backlight and colour cast, on a reduced picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.quality.measures import FaceBox
from capture.meters.picture_sight import Floats, Reduced, Slices, part_of

_SCREEN_GAMMA = 2.4
"""ITU-R BT.1886: what a screen makes of the signal."""
_BURNT, _CRUSHED = 250.0, 5.0

_CAST_EVERY = 5
"""Of the reduced picture, every fifth row and column: two thousand places are enough."""
_LEAST_GREY = 40.0
"""Below this luma, chroma is too small to tell a cast."""
_WHITE_QUANTILE = 0.93
_GREY_CHROMA = 0.16
"""Chroma over luma, less the cast so far, of what counts as nearly grey."""
_SKIN = np.array((-0.125, 0.155))
"""Cb and Cr of lit skin, parts of its luma, in the middle of what is seen at 5000 … 6500 K; all tones of skin lie
along one line, differing in luma (Angelopoulou 2001; Störring 2004)."""
_SKIN_ACROSS = np.array((0.14, 0.14))
"""Half of the width of that region, with the whites of common lamps and cameras."""


@dataclass(frozen=True)
class Light:
    """Names and units as in ``PictureMeasures``."""

    luma: float
    luma_spread: float
    clipped_ratio: float
    crushed_ratio: float
    face_luma: float | None
    face_clipped_ratio: float | None
    backlight_stops: float | None
    cast_blue: float
    cast_red: float


def light_of(picture: Reduced, face: FaceBox | None) -> Light:
    """All of it."""
    luma = picture.luma
    face_luma = face_clipped = stops = None
    if face is not None:
        skin = luma[skin_part(luma, face)]
        face_luma = float(skin.mean())
        face_clipped = float((skin >= _BURNT).mean())
        stops = _backlight(luma, face)
    blue, red = _cast(picture, face)
    # A picture that was put on black bars is judged without them.
    shown = luma[_shown_rows(luma)]
    return Light(
        float(luma.mean()), float(luma.std()),
        float((shown >= _BURNT).mean()), float((shown <= _CRUSHED).mean()),
        face_luma, face_clipped, stops, blue, red,
    )  # fmt: skip


def _shown_rows(luma: Floats) -> slice:
    lit = np.flatnonzero(luma.max(axis=1) > _CRUSHED)
    return slice(int(lit[0]), int(lit[-1]) + 1) if len(lit) else slice(None)


def skin_part(values: Floats, face: FaceBox) -> Slices:
    """Brows to lips and the cheeks: without hair, ears and what is behind."""
    left, top = face.left_ratio, face.top_ratio
    return part_of(
        values,
        left + 0.22 * face.width_ratio, top + 0.28 * face.height_ratio,
        left + 0.78 * face.width_ratio, top + 0.88 * face.height_ratio,
    )  # fmt: skip


def _backlight(luma: Floats, face: FaceBox) -> float | None:
    """log2 of the light around the head over the face's; above and beside it, not the clothes below."""
    left, top, width, height = face.left_ratio, face.top_ratio, face.width_ratio, face.height_ratio
    ring = np.zeros(luma.shape, bool)
    ring[part_of(luma, left - 1.3 * width, top - 0.9 * height, left + 2.3 * width, top + 0.9 * height)] = True
    ring[part_of(luma, left - 0.3 * width, top - 0.3 * height, left + 1.3 * width, top + 1.0 * height)] = False
    if ring.sum() < 12:
        return None
    light = (luma / 255) ** _SCREEN_GAMMA
    around = light[ring]
    # Long hair and chairs hide what is bright: the upper two thirds count.
    around = around[around >= np.quantile(around, 0.33)]
    lit = light[skin_part(luma, face)]
    return float(np.log2((around.mean() + 1e-3) / (lit.mean() + 1e-3)))


def _cast(picture: Reduced, face: FaceBox | None) -> tuple[float, float]:
    """Cb and Cr of what should be grey.

    Three witnesses: what has little colour beside the cast itself (grey world), the brightest that is not burnt (white
    patch), and skin, whose hue hardly differs between people. A coloured wall deceives one of them, a cast none: the
    smallest of them that points the same way is taken.
    """
    luma, blue, red = (part[::_CAST_EVERY, ::_CAST_EVERY] for part in (picture.luma, picture.blue, picture.red))
    usable = (luma > _LEAST_GREY) & (luma < _BURNT - 8)
    if usable.sum() < luma.size // 50:
        return _mean_cast(blue, red, luma)
    level = luma[usable]
    chroma = np.stack((blue[usable], red[usable]), axis=1) / level[:, None]
    witnesses = [_grey_world(chroma), _white_patch(chroma, level)]
    if face is not None:
        skin = skin_part(luma, face)
        bright = luma[skin] > _LEAST_GREY / 2
        if bright.any():
            tone = np.array(
                (
                    float(np.median(blue[skin][bright] / luma[skin][bright])),
                    float(np.median(red[skin][bright] / luma[skin][bright])),
                )
            )
            witnesses.append(_skin_cast(tone))
    cast = _common(witnesses)
    grey = float(np.clip(np.median(level), 90, 160))
    return float(cast[0] * grey), float(cast[1] * grey)


Pair = npt.NDArray[np.float64]


def _mean_cast(blue: Floats, red: Floats, luma: Floats) -> tuple[float, float]:
    if float(luma.mean()) < _LEAST_GREY / 2:
        return 0.0, 0.0
    return float(np.median(blue)), float(np.median(red))


def _grey_world(chroma: npt.NDArray[np.float32]) -> Pair:
    """Mean of the least coloured: begins with what is nearest to the median, and closes in."""
    start = np.median(chroma, axis=0)
    best = np.zeros(2)
    for centre in (np.zeros(2), start):
        cast = np.asarray(centre, np.float64)
        for _ in range(4):
            near = ((chroma - cast.astype(np.float32)) ** 2).sum(axis=1) < _GREY_CHROMA**2
            if near.mean() < 0.08:
                break
            cast = chroma[near].mean(axis=0).astype(np.float64)
        else:
            # From no cast at all first: where enough is truly grey there is none.
            best = cast
            break
    return best


def _white_patch(chroma: npt.NDArray[np.float32], level: npt.NDArray[np.float32]) -> Pair:
    bright = level >= np.quantile(level, _WHITE_QUANTILE)
    return np.median(chroma[bright], axis=0).astype(np.float64)


def _skin_cast(tone: Pair) -> Pair:
    """The cast that a face's tone speaks for."""
    away = (tone - _SKIN) / _SKIN_ACROSS
    distance = float(np.hypot(*away))
    if distance <= 1:
        # Inside the region of skin it may be this person's own.
        return np.asarray((tone - _SKIN) * 0.7)
    return np.asarray(tone - _SKIN)


def _common(witnesses: list[Pair]) -> Pair:
    """The smallest, less where the others point elsewhere."""
    sizes = [float(np.hypot(*one)) for one in witnesses]
    least = witnesses[int(np.argmin(sizes))]
    size = min(sizes)
    if size < 1e-6:
        return least
    agreement = min(float(least @ other) / (size * max(float(np.hypot(*other)), 1e-6)) for other in witnesses)
    return least * float(np.clip((agreement + 0.2) / 0.9, 0, 1))
