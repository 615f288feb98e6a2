"""Corrects the picture of a camera: exposure, colour cast, cut. Compositor's thread; nothing is changed in place.

Exposure works on linear light (a power law of 2.2 stands for the display): L' = k·L / (1 + (k − 1)·L), k = 2^stops.
That lifts shadows by the whole factor, keeps white white, and has its exact inverse at −stops; it is Reinhard's curve
("Photographic tone reproduction", 2002, eq. 4) written for 0 … 1. Chroma follows half of what the middle grey gains,
so that faces are not bleached.
"""

from __future__ import annotations

import av
import cv2
import numpy as np

from app.ports.engine import PictureMends
from capture.frames import I420, Array, planes

MOST_STOPS, MOST_CAST, LEAST_CROP_RATIO = 3.0, 40.0, 0.5
_GAMMA = 2.2
_BLACK, _RANGE, _GREY = 16, 219, 128
_NOTHING = PictureMends()


class Mending:
    """Keeps the tables of the present mends and the last picture: one that is shown twice is mended once."""

    def __init__(self) -> None:
        self._mends = _NOTHING
        self._luma: Array | None = None
        self._chroma: tuple[Array, Array] | None = None
        self._last: tuple[av.VideoFrame, av.VideoFrame] | None = None

    def set(self, mends: PictureMends) -> None:
        """From the next picture on; values outside their range are taken as the nearest inside."""
        mends = bounded(mends)
        if mends == self._mends:
            return
        self._mends, self._last = mends, None
        self._luma = luma_table(mends.exposure_stops) if mends.exposure_stops else None
        is_coloured = bool(mends.cast_blue or mends.cast_red or mends.exposure_stops)
        gain = chroma_gain(mends.exposure_stops)
        self._chroma = (
            (chroma_table(mends.cast_blue, gain), chroma_table(mends.cast_red, gain)) if is_coloured else None
        )

    def apply(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The corrected picture, in the same size; the frame itself when there is nothing to correct."""
        if self._mends == _NOTHING:
            return frame
        if self._last is not None and self._last[0] is frame:
            return self._last[1]
        picture = I420(frame.width, frame.height)
        for index, (plane, own) in enumerate(zip(planes(frame), (picture.y, picture.u, picture.v), strict=True)):
            table = self._luma if index == 0 else self._chroma[index - 1] if self._chroma is not None else None
            part = self._cut(plane)
            if part.shape != own.shape:
                enlarged = cv2.resize(part, (own.shape[1], own.shape[0]), interpolation=cv2.INTER_CUBIC)
                part = np.asarray(enlarged, np.uint8)
            own[:] = part if table is None else cv2.LUT(part, table)
        mended = picture.frame()
        self._last = (frame, mended)
        return mended

    def _cut(self, plane: Array) -> Array:
        size = self._mends.crop_size_ratio
        if size >= 1.0:
            return plane
        height, width = plane.shape
        top, left = round(self._mends.crop_top_ratio * height), round(self._mends.crop_left_ratio * width)
        return plane[top : top + round(size * height), left : left + round(size * width)]


def bounded(mends: PictureMends) -> PictureMends:
    """The same with every value inside its range and the cut inside the picture."""
    size = min(1.0, max(LEAST_CROP_RATIO, mends.crop_size_ratio))
    return PictureMends(
        exposure_stops=min(MOST_STOPS, max(-MOST_STOPS, mends.exposure_stops)),
        cast_blue=min(MOST_CAST, max(-MOST_CAST, mends.cast_blue)),
        cast_red=min(MOST_CAST, max(-MOST_CAST, mends.cast_red)),
        crop_left_ratio=min(1.0 - size, max(0.0, mends.crop_left_ratio)),
        crop_top_ratio=min(1.0 - size, max(0.0, mends.crop_top_ratio)),
        crop_size_ratio=size,
    )


def luma_table(stops: float) -> Array:
    """256 codes of limited-range luma, after the exposure."""
    codes = np.arange(256)
    light = np.clip((codes - _BLACK) / _RANGE, 0.0, 1.0) ** _GAMMA
    factor = 2.0**stops
    lifted = factor * light / (1.0 + (factor - 1.0) * light)
    return np.asarray(np.round(_BLACK + _RANGE * lifted ** (1 / _GAMMA)), np.uint8)


def chroma_gain(stops: float) -> float:
    """By how much colours are strengthened."""
    return float(2.0 ** (stops / _GAMMA / 2))


def chroma_table(cast: float, gain: float) -> Array:
    """256 codes of Cb or Cr without the cast, strengthened around grey."""
    codes = np.arange(256, dtype=np.float64)
    return np.asarray(np.clip(np.round(_GREY + gain * (codes - _GREY - cast)), 16, 240), np.uint8)
