"""Planar 4:2:0 pictures (I420) in one numpy buffer, and the planes of PyAV's frames. Pure; any thread.

A picture does not change after it was handed on; whoever wraps its buffer keeps it alive.
Colours are BT.709, limited range, throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """Size and rate of the programme's picture; width and height are even."""

    width_px: int
    height_px: int
    rate_fps: int


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

    def put(self, frame: av.VideoFrame, left_px: int = 0, top_px: int = 0) -> None:
        """Copy a yuv420p frame to an even place."""
        for plane, own, part in zip(planes(frame), (self.y, self.u, self.v), (1, 2, 2), strict=True):
            height, width = plane.shape
            top, left = top_px // part, left_px // part
            own[top : top + height, left : left + width] = plane

    def turned(self, turns: int) -> I420:
        """Another picture, turned counter-clockwise by quarters of a circle."""
        size = (self.height_px, self.width_px) if turns % 2 else (self.width_px, self.height_px)
        picture = I420(*size)
        for own, plane in zip((picture.y, picture.u, picture.v), (self.y, self.u, self.v), strict=True):
            own[:] = np.rot90(plane, turns)
        return picture

    def frame(self) -> av.VideoFrame:
        """A PyAV frame over the same memory, which it keeps alive."""
        return av.VideoFrame.from_numpy_buffer(self.data, "yuv420p")

    @staticmethod
    def copy_of(frame: av.VideoFrame) -> I420:
        """A picture of its own with the content of a yuv420p frame."""
        picture = I420(frame.width, frame.height)
        picture.put(frame)
        return picture


def planes(frame: av.VideoFrame) -> tuple[Array, Array, Array]:
    """Views of the Y, U and V planes of a yuv420p frame; valid as long as the frame is."""
    views = [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]
    return views[0], views[1], views[2]
