"""What of a picture the meters work on: views of its planes, reduced copies, tiles at full resolution. Pure.

Values are full range: luma 0 … 255, chroma about 0, made from the programme's limited range (ITU-R BT.709-6, 3.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from app.domain.quality.measures import FaceBox
from capture.frames import Array, planes

Floats = npt.NDArray[np.float32]

REDUCED_WIDTH_PX = 320
TILE_PX = 64
_LUMA_SCALE = 255 / 219
_CHROMA_SCALE = 255 / 224


def luma_plane(frame: av.VideoFrame) -> Array:
    """The Y plane alone: a third of the time of all three, and this is done for each picture."""
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def full_range(luma: npt.NDArray[Any]) -> Floats:
    """Limited-range luma to 0 … 255; what lies outside 16 … 235 is cut, as a screen does."""
    return np.asarray(np.clip((luma.astype(np.float32) - 16) * np.float32(_LUMA_SCALE), 0, 255), np.float32)


@dataclass(frozen=True)
class Reduced:
    """A picture of at most 320 columns (a whole part of the original). ``blue`` and ``red`` are Cb and Cr less 128."""

    luma: Floats
    blue: Floats
    red: Floats


def reduced(frame: av.VideoFrame) -> Reduced:
    """Means over squares of pixels, so that noise does not matter to what is measured on it."""
    luma, blue, red = planes(frame)
    height_px, width_px = luma.shape
    part = max(1, -(-width_px // REDUCED_WIDTH_PX))
    size = (max(1, width_px // part), max(1, height_px // part))
    means = [np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA)) for plane in (luma, blue, red)]
    return Reduced(
        full_range(means[0]),
        (means[1].astype(np.float32) - 128) * np.float32(_CHROMA_SCALE),
        (means[2].astype(np.float32) - 128) * np.float32(_CHROMA_SCALE),
    )


def smaller(luma: Array, part: int) -> Array:
    """Means over squares of ``part`` pixels."""
    if part == 1:
        return luma
    size = (luma.shape[1] // part, luma.shape[0] // part)
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA)).astype(np.uint8, copy=False)


Slices = tuple[slice, slice]


def part_of(values: npt.NDArray[Any], left: float, top: float, right: float, bottom: float) -> Slices:
    """Slices for a box in parts of the size, cut to what there is, one element at least."""
    height, width = values.shape[:2]
    first_x, last_x = round(np.clip(left, 0, 1) * width), round(np.clip(right, 0, 1) * width)
    first_y, last_y = round(np.clip(top, 0, 1) * height), round(np.clip(bottom, 0, 1) * height)
    first_x, first_y = min(first_x, width - 1), min(first_y, height - 1)
    return slice(first_y, max(last_y, first_y + 1)), slice(first_x, max(last_x, first_x + 1))


def tiles(luma: Array, places: list[tuple[int, int]], size_px: int = TILE_PX) -> Floats:
    """N × size × size at full resolution, full range; ``places`` are (top, left) in pixels and lie inside."""
    cut = np.stack([luma[top : top + size_px, left : left + size_px] for top, left in places])
    return (cut.astype(np.float32) - 16) * _LUMA_SCALE


def busiest_places(luma: Array, half: Array, most: int, box: FaceBox | None = None) -> list[tuple[int, int]]:
    """Where the most drawing is, best first: a grid of tiles, within ``box`` when it is given.

    Looked for on a reduced picture (``half``), where noise counts little.
    """
    height_px, width_px = luma.shape
    scale = half.shape[0] / height_px
    edges = np.abs(cv2.Laplacian(half, cv2.CV_16S, ksize=3)).astype(np.float32)
    side = max(4, round(TILE_PX * scale))
    energy = cv2.boxFilter(edges, -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_REFLECT)
    left, top, right, bottom = 0.0, 0.0, 1.0, 1.0
    if box is not None:
        left, top = box.left_ratio, box.top_ratio
        right, bottom = left + box.width_ratio, top + box.height_ratio
    step = TILE_PX // 2 if box is not None else TILE_PX
    first_x, last_x = max(0, round(left * width_px)), min(width_px, round(right * width_px))
    first_y, last_y = max(0, round(top * height_px)), min(height_px, round(bottom * height_px))
    # A face smaller than a tile still gets one, about its middle.
    if last_x - first_x < TILE_PX:
        first_x = min(max(0, (first_x + last_x - TILE_PX) // 2), max(0, width_px - TILE_PX))
        last_x = first_x + TILE_PX
    if last_y - first_y < TILE_PX:
        first_y = min(max(0, (first_y + last_y - TILE_PX) // 2), max(0, height_px - TILE_PX))
        last_y = first_y + TILE_PX
    places = [
        (y, x)
        for y in range(first_y, min(last_y, height_px) - TILE_PX + 1, step)
        for x in range(first_x, min(last_x, width_px) - TILE_PX + 1, step)
    ]
    rows, columns = energy.shape

    def drawing(place: tuple[int, int]) -> float:
        return float(energy[min(rows - 1, round(place[0] * scale)), min(columns - 1, round(place[1] * scale))])

    return sorted(places, key=drawing, reverse=True)[:most]
