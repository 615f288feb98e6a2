"""A head of a dozen points that turns, blinks and opens its mouth, and a photograph of it. Millimetres, then pixels.

Anthropometry (Farkas 1994, adults, means): face 185 mm high and 140 mm wide, outer corners of the eyes 90 mm apart,
pupils 63 mm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.liveness.face import MESH_POINTS, Motion, Points, motion_of

PX_PER_MM = 1.5
EYE_MM = 30.0
OPEN_MM = 9.0
FRAME_MS = 1000 / 30


@dataclass(frozen=True)
class Stance:
    """``yaw_deg`` to the person's left, ``pitch_deg`` down, ``roll_deg`` clockwise in the picture; ``eyes``: 1 is open;
    ``mouth_mm`` between the lips; ``flat``: it is a photograph, so nothing has any depth."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    eyes: float = 1.0
    mouth_mm: float = 2.0
    is_flat: bool = False
    px_per_mm: float = PX_PER_MM


def points_of(stance: Stance) -> Points:
    """478 × 3; those that nobody asks for lie at the tip of the nose."""
    places = _places(stance)
    points = np.full((MESH_POINTS, 3), places[1], np.float32)
    for index, place in places.items():
        points[index] = place
    if stance.is_flat:
        points[:, 2] = 0.0
    turned = points @ _rotation(stance).T * stance.px_per_mm
    if stance.is_flat:
        # A landmarker sees the two dimensions only, and takes the depth from what faces look like.
        turned[:, 2] = 0.0
    points[:] = turned + np.array([320.0, 240.0, 0.0])
    return points


def at(at_ms: float, stance: Stance) -> Motion:
    return motion_of(points_of(stance), at_ms)


def played(
    seconds: float, change: Callable[[float], dict[str, float]], start: Stance | None = None, from_ms: float = 0.0
) -> Iterator[Motion]:
    """Frames at 30 a second; ``change`` gives what is different at a second."""
    for number in range(round(seconds * 30)):
        at_ms = from_ms + number * FRAME_MS
        yield at(at_ms, replace(start or Stance(), **change(number / 30)))  # type: ignore[arg-type]  # of floats only


def bump(second: float, begins_s: float, lasts_s: float) -> float:
    """0, up to 1 and back to 0, smoothly."""
    share = (second - begins_s) / lasts_s
    return 0.5 - 0.5 * math.cos(2 * math.pi * share) if 0 < share < 1 else 0.0


def _places(stance: Stance) -> dict[int, tuple[float, float, float]]:
    """Right of the person is left in the picture: x < 0."""
    places = {
        10: (0.0, -90.0, -5.0), 152: (0.0, 95.0, -10.0), 234: (-70.0, -10.0, 60.0), 454: (70.0, -10.0, 60.0),
        50: (-40.0, 20.0, 0.0), 280: (40.0, 20.0, 0.0), 151: (0.0, -60.0, -20.0), 199: (0.0, 80.0, -15.0),
        164: (0.0, 33.0, -18.0), 210: (-40.0, 66.0, -5.0), 430: (40.0, 66.0, -5.0), 119: (-32.0, 0.0, -4.0),
        348: (32.0, 0.0, -4.0),
        61: (-25.0, 50.0, -8.0), 291: (25.0, 50.0, -8.0), 0: (0.0, 42.0, -18.0), 17: (0.0, 58.0, -16.0),
        159: (-31.0, -30.0, -4.0), 145: (-31.0, -20.0, -4.0), 386: (31.0, -30.0, -4.0), 374: (31.0, -20.0, -4.0),
        468: (-31.5, -25.0, -8.0), 473: (31.5, -25.0, -8.0), 1: (0.0, 15.0, -35.0),
        13: (0.0, 50.0 - stance.mouth_mm / 2, -15.0), 14: (0.0, 50.0 + stance.mouth_mm / 2, -15.0),
    }  # fmt: skip
    gap = OPEN_MM * stance.eyes / 2
    for outer, inner, above, below, side in (
        (33, 133, (160, 158), (144, 153), -1),
        (263, 362, (387, 385), (373, 380), 1),
    ):
        places[outer], places[inner] = (side * 46.0, -25.0, 0.0), (side * (46.0 - EYE_MM), -25.0, -6.0)
        for index, x in zip(above, (38.0, 24.0), strict=True):
            places[index] = (side * x, -25.0 - gap, -4.0)
        for index, x in zip(below, (38.0, 24.0), strict=True):
            places[index] = (side * x, -25.0 + gap, -4.0)
    return places


def _rotation(stance: Stance) -> Points:
    yaw, pitch, roll = (math.radians(value) for value in (stance.yaw_deg, stance.pitch_deg, stance.roll_deg))
    # The nose (z < 0) goes to the right of the picture, which is the person's left; then downwards; then the picture.
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    result: Points = about_z @ about_x @ about_y
    return result
