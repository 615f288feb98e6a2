"""The form of a head, as depth over the plane of the face: own anthropometry, not the mesh of the check.

Millimetres; x to the right of the picture, y down, depth towards the camera from the middle of the head. The skull is a
superellipsoid, 176 mm wide and 95 mm deep before its middle (Farkas 1994, means of adults; heads are longer than that
behind it); nose, brow, lips, chin and sockets are laid on where the portrait has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.liveness_sim.portraits import ABOVE_MM, BELOW_MM, HALF_WIDTH_MM, Portrait

Field = NDArray[Any]
STEP_MM = 1.0
BEHIND_MM = -85.0
"""How far back the side of the head goes."""
NOTHING_MM = -1000.0


@dataclass(frozen=True, slots=True)
class Build:
    """Of one person. ``nose_mm``: how far its tip stands out of the face."""

    width_mm: float = 88.0
    depth_mm: float = 92.0
    nose_mm: float = 24.0
    brow_mm: float = 5.0
    chin_mm: float = 9.0


@dataclass(frozen=True, slots=True)
class Shape:
    """``depth_mm`` on a grid of STEP_MM whose first place is (−HALF_WIDTH_MM, −ABOVE_MM); ``out`` H × W × 3: where the
    surface looks (x, y, z towards the camera), length 1."""

    depth_mm: Field
    out: Field
    top_mm: float = 135.0
    bottom_mm: float = BEHIND_MM
    steps: int = 34
    """In which a ray is followed from the top to the bottom."""


def shape_of(portrait: Portrait, build: Build) -> Shape:
    """The head of this person with this face on it."""
    y, x = np.mgrid[-ABOVE_MM : BELOW_MM + 0.5 : STEP_MM, -HALF_WIDTH_MM : HALF_WIDTH_MM + 0.5 : STEP_MM]
    lines = portrait.lines
    nose, chin, eyes = lines["nose"], lines["edges"][3], (lines["eye_right_upper"], lines["eye_left_upper"])
    middle_y = -20.0
    high, low = 132.0, chin[1] - middle_y + 26.0
    rho = np.abs(x / build.width_mm) ** 2.3 + np.abs((y - middle_y) / np.where(y < middle_y, high, low)) ** 3.2
    depth = build.depth_mm * np.sqrt(np.clip(1 - rho, 0, 1))
    relief = _nose(x, y, nose, build.nose_mm)
    for eye in eyes:
        at = eye.mean(axis=0)
        relief = relief - 5.0 * _hill(x, y, at[0], at[1] + 2, 13, 8)
        relief = relief + build.brow_mm * _hill(x, y, at[0], at[1] - 16, 20, 6)
    mouth = (lines["lip_upper"].mean(axis=0) + lines["lip_lower"].mean(axis=0)) / 2
    relief = relief + 6.0 * _hill(x, y, mouth[0], mouth[1], 19, 9)
    relief = relief + build.chin_mm * _hill(x, y, chin[0], chin[1] - 10, 17, 12)
    # A face that looks aside in its picture has its far cheek farther back.
    relief = relief - x * np.tan(np.radians(portrait.turned_deg))
    depth = depth + relief * np.clip((1 - rho) * 4, 0, 1)
    side = np.clip((rho - 1) / 0.10, 0, 1)
    depth = np.where(rho < 1, depth, np.where(rho < 1.10, BEHIND_MM * side, NOTHING_MM))
    slope_y, slope_x = np.gradient(np.maximum(depth, BEHIND_MM), STEP_MM)
    out = np.stack((-slope_x, -slope_y, np.ones_like(depth)), axis=2)
    out /= np.linalg.norm(out, axis=2, keepdims=True)
    return Shape(depth.astype(np.float32), out.astype(np.float32))


def paper(bend_deg: float = 0.0, half_width_mm: float = 105.0, half_height_mm: float = 140.0) -> Shape:
    """A printed picture, flat or round an upright cylinder: so many degrees over the 140 mm of the face."""
    y, x = np.mgrid[-ABOVE_MM : BELOW_MM + 0.5 : STEP_MM, -HALF_WIDTH_MM : HALF_WIDTH_MM + 0.5 : STEP_MM]
    depth = np.zeros_like(x)
    if bend_deg > 0:
        radius = 140 / np.radians(bend_deg)
        depth = np.sqrt(np.clip(radius**2 - x**2, 0, None)) - radius
        half_width_mm = min(half_width_mm, radius * 0.98)
    slope_y, slope_x = np.gradient(depth, STEP_MM)
    out = np.stack((-slope_x, -slope_y, np.ones_like(depth)), axis=2)
    out /= np.linalg.norm(out, axis=2, keepdims=True)
    is_paper = (np.abs(x) < half_width_mm) & (np.abs(y - (BELOW_MM - ABOVE_MM) / 2) < half_height_mm)
    bottom_mm = float(depth[is_paper].min()) - 2.0
    steps = 2 + round(-bottom_mm / 5)
    sheet = np.where(is_paper, depth, NOTHING_MM).astype(np.float32)
    return Shape(sheet, out.astype(np.float32), 2.0, bottom_mm, steps)


def _hill(x: Field, y: Field, at_x: float, at_y: float, wide_mm: float, high_mm: float) -> Field:
    hill: Field = np.exp(-(((x - at_x) / wide_mm) ** 2 + ((y - at_y) / high_mm) ** 2))
    return hill


def _nose(x: Field, y: Field, line: Field, high_mm: float) -> Field:
    """A ridge that rises from between the eyes to the tip and falls to the lip, with wings beside it."""
    root, tip, foot = line[0], line[2], line[3]
    way = np.clip((y - root[1]) / (tip[1] - root[1]), 0, 1)
    rise = way**1.3 * high_mm * 0.85 + 4 * way
    below = np.clip((y - tip[1]) / max(9.0, 2.2 * (foot[1] - tip[1])), 0, 1)
    ridge_x = root[0] + (tip[0] - root[0]) * way
    ridge = rise * (1 - below) ** 0.8 * np.exp(-(np.abs((x - ridge_x) / (8.5 + 4 * way)) ** 2.2))
    tip_hill = 0.15 * high_mm * _hill(x, y, tip[0], tip[1] - 2, 9, 7)
    wings = sum(5.0 * _hill(x, y, tip[0] + side * 14, tip[1] + 1, 6, 7) for side in (-1, 1))
    total: Field = ridge + tip_hill + wings
    return total
