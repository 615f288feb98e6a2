"""Faces to put on the simulated head: what scikit-image ships, and the people of ``build/material`` where they are.

A portrait is upright, 2 pixels a millimetre, its zero between the cheeks; a face is taken to be 140 mm wide (Farkas
1994). ``albedo`` is linear light; what lit the picture stays in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.material import FOLDER

POINTS_FILE = Path(__file__).with_name("portraits.json")
PX_PER_MM = 2.0
HALF_WIDTH_MM, ABOVE_MM, BELOW_MM = 125.0, 165.0, 155.0
FACE_MM = 140.0
Field = NDArray[Any]
_MOST_ASIDE_DEG = 12.0
_SKIN_LIN = 0.30
"""Mean reflectance of the skin of the face: pictures are exposed as it pleased who took them."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """``lines``: N × 2 millimetres, x to the right of the picture, y down; names as in portraits.json."""

    name: str
    albedo: Field
    """H × W × 3, BGR, float32."""
    lines: dict[str, Field]
    turned_deg: float = 0.0
    """How far the face looks aside in the picture, to the person's left."""


def names() -> tuple[str, ...]:
    """Of all that are there and show both cheeks: of a face that looks aside one is not in the picture, and a head that
    turns to show it is no face any more to a finder of points (at 30° of two portraits that are 14° aside)."""
    points = _points().items()
    return tuple(
        name for name, at in points if abs(at["tilt"][0][1]) <= _MOST_ASIDE_DEG and picture_of(name) is not None
    )


@cache
def picture_of(name: str) -> NDArray[np.uint8] | None:
    """BGR; None when it is not on this machine."""
    if name == "astronaut":
        import skimage.data

        return np.ascontiguousarray(skimage.data.astronaut()[:, :, ::-1])  # type: ignore[no-untyped-call]
    path = FOLDER / f"{name.rpartition('-')[0]}.jpg"
    if not path.is_file():
        return None
    read = cv2.imread(str(path))
    return None if read is None else np.asarray(read, np.uint8)


@cache
def portrait(name: str = "astronaut", *, is_mirrored: bool = False) -> Portrait:
    """Raises ValueError when there is none of this name."""
    whole, points = picture_of(name), _points().get(name)
    if whole is None or points is None:
        raise ValueError(f"no portrait {name}")
    lines = {line: np.array(at, np.float32) for line, at in points.items()}
    tilt_deg, turned_deg = (float(value) for value in lines.pop("tilt")[0])
    edges = lines["edges"]
    middle = (edges[0] + edges[1]) / 2
    scale = FACE_MM * PX_PER_MM / float(np.linalg.norm(edges[1] - edges[0]))
    angle = np.radians(tilt_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * scale
    zero = np.array([HALF_WIDTH_MM, ABOVE_MM]) * PX_PER_MM
    to = np.hstack((turn, (zero - turn @ middle)[:, None])).astype(np.float32)
    size = (round(2 * HALF_WIDTH_MM * PX_PER_MM), round((ABOVE_MM + BELOW_MM) * PX_PER_MM))
    square = cv2.warpAffine(whole, to, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    lines = {line: (((at - middle) @ turn.T) / PX_PER_MM).astype(np.float32) for line, at in lines.items()}
    albedo = _detailed(linear(np.asarray(square, np.uint8)), lines, scale)
    if is_mirrored:
        albedo = np.ascontiguousarray(albedo[:, ::-1])
        lines, turned_deg = _mirrored(lines), -turned_deg
    return Portrait(name + ("-mirrored" if is_mirrored else ""), albedo, lines, turned_deg)


def linear(picture: NDArray[np.uint8]) -> Field:
    """sRGB, 8 bit, to linear light, 0 … 1, float32."""
    return _LINEAR[picture]


_STEPS = np.arange(256) / 255
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _points() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(POINTS_FILE.read_text(encoding="utf-8"))
    return found


def _detailed(albedo: Field, lines: dict[str, Field], scale: float) -> Field:
    """With the pores that a small picture has lost, and skin of usual reflectance."""
    made = np.random.default_rng(11)
    grain = np.zeros(albedo.shape[:2], np.float32)
    for sigma, gain in ((0.9, 0.05), (2.0, 0.07), (4.5, 0.09)):
        grain += cv2.GaussianBlur(made.normal(0, 1, grain.shape).astype(np.float32), (0, 0), sigma) * gain * sigma
    albedo = albedo * np.exp(grain * min(1.0, scale / 3) * 1.4)[:, :, None]
    cheeks = [np.mean((lines["edges"][side], lines["nose"][2]), axis=0) for side in (0, 1)]
    patches = []
    for x, y in cheeks:
        column, row = round((x + HALF_WIDTH_MM) * PX_PER_MM), round((y + ABOVE_MM) * PX_PER_MM)
        patches.append(albedo[row - 15 : row + 15, column - 15 : column + 15].mean())
    albedo *= _SKIN_LIN / max(0.02, float(np.mean(patches)))
    return np.asarray(np.clip(albedo, 0.004, 1.4), np.float32)


def _mirrored(lines: dict[str, Field]) -> dict[str, Field]:
    """The same lines, from left to right again, under the names of the other side."""
    swapped = {}
    for line, at in lines.items():
        other = line.replace("right", "L").replace("left", "right").replace("L", "left")
        flipped = at * np.array([-1, 1], np.float32)
        swapped[other] = flipped if line in {"nose", "edges"} else flipped[::-1].copy()
    swapped["edges"] = swapped["edges"][[1, 0, 2, 3]]
    return swapped
