"""Planar 4:2:0 pictures (I420) in one numpy buffer, as cv2 and PyAV share them without a copy. Pure; any thread.

A picture does not change after it was handed on; whoever wraps its buffer keeps it alive.
Colours are BT.709, limited range, throughout.
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

Array = npt.NDArray[np.uint8]


class I420:
    """One picture: ``data`` is H·3/2 × W bytes (Y, then U, then V); width and height are even."""

    __slots__ = ("data", "height_px", "u", "v", "width_px", "y")

    def __init__(self, width_px: int, height_px: int, data: Array | None = None) -> None:
        if width_px % 2 or height_px % 2:
            raise ValueError("sizes of 4:2:0 pictures are even")
        self.width_px, self.height_px = width_px, height_px
        self.data: Array = np.empty((height_px * 3 // 2, width_px), np.uint8) if data is None else data
        flat = self.data.reshape(-1)
        luma, chroma = width_px * height_px, width_px * height_px // 4
        self.y: Array = flat[:luma].reshape(height_px, width_px)
        self.u: Array = flat[luma : luma + chroma].reshape(height_px // 2, width_px // 2)
        self.v: Array = flat[luma + chroma : luma + 2 * chroma].reshape(height_px // 2, width_px // 2)

    def fill_black(self) -> None:
        """Limited-range black."""
        self.y[:] = 16
        self.u[:] = 128
        self.v[:] = 128

    def copy(self) -> I420:
        """A picture of its own."""
        return I420(self.width_px, self.height_px, self.data.copy())
