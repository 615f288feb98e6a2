"""What the 478 points of a face say: its size, its pose, how far eyes and mouth are open. Pure.

Points are those of MediaPipe's face mesh with irises, N × 3 float32 in pixels: x to the right, y down, z away from the
camera, as large as x. "Left" is the person's own: in the picture of a camera it lies at the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating[Any]]

MESH_POINTS = 478
FOREHEAD, CHIN = 10, 152
RIGHT_CHEEK_EDGE, LEFT_CHEEK_EDGE = 234, 454
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263
NOSE_TIP = 1
_RIGHT_EYE = (33, 160, 158, 133, 153, 144)
"""Outer corner, two above, inner corner, two below: the six of Soukupová & Čech 2016."""
_LEFT_EYE = (263, 387, 385, 362, 380, 373)
_UPPER_LIP, _LOWER_LIP = 13, 14
RIGHT_IRIS, LEFT_IRIS = 468, 473
MOUTH_CORNERS = (61, 291)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the face looks: ``yaw_deg`` grows to the person's left, ``pitch_deg`` downwards, ``roll_deg`` clockwise in
    the picture. Only differences from the person's own neutral mean anything: faces are not alike."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float

    def __sub__(self, other: Pose) -> Pose:
        return Pose(self.yaw_deg - other.yaw_deg, self.pitch_deg - other.pitch_deg, self.roll_deg - other.roll_deg)


ZERO = Pose(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Box:
    """Of the outline, in pixels."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.left_px + self.width_px / 2, self.top_px + self.height_px / 2


@dataclass(frozen=True, slots=True)
class Motion:
    """One face at one moment, as far as actions go."""

    at_ms: float
    eyes: float
    """Height of the open eyes over their width (EAR). It changes with a picture that is turned, too."""
    lids: float
    """The same height over that of the face: it does not."""
    mouth: float
    """Gap of the inner lips over the height of the face."""
    pose: Pose
    width_px: float


def box_of(points: Points) -> Box:
    """Around all points."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def pose_of(points: Points) -> Pose:
    """From three axes of the mesh: eye to eye, cheek to cheek, forehead to chin.

    Many points solved together (solvePnP on six) move with the mouth; these do not.
    """
    across = _unit(_unit(points[LEFT_EYE_OUTER] - points[RIGHT_EYE_OUTER]) + _unit(_cheeks(points)))
    down = points[CHIN] - points[FOREHEAD]
    down = _unit(down - across * float(down @ across))
    # Out of the face: towards the camera, whose axis z points away.
    out = np.cross(down, across)
    return Pose(
        yaw_deg=float(np.degrees(np.arctan2(out[0], -out[2]))),
        pitch_deg=float(np.degrees(np.arcsin(np.clip(out[1], -1, 1)))),
        roll_deg=float(np.degrees(np.arctan2(across[1], across[0]))),
    )


def eyes_of(points: Points) -> tuple[float, float]:
    """How far the eyes are open, both together: over their width, and over the height of the face."""
    (right_px, right_width_px), (left_px, left_width_px) = _eye(points, _RIGHT_EYE), _eye(points, _LEFT_EYE)
    # Of a turned head the far eye is seen narrow, and counts less.
    width_px = right_width_px + left_width_px
    height_px = float(np.linalg.norm(points[CHIN, :2] - points[FOREHEAD, :2]))
    gap_px = right_px + left_px
    return (gap_px / width_px if width_px > 0 else 0.0, gap_px / 2 / height_px if height_px > 0 else 0.0)


def mouth_of(points: Points) -> float:
    """How far the mouth is open."""
    height = float(np.linalg.norm(points[CHIN] - points[FOREHEAD]))
    gap = float(np.linalg.norm(points[_LOWER_LIP] - points[_UPPER_LIP]))
    return gap / height if height > 0 else 0.0


def pupil_distance_px(points: Points) -> float:
    """Between the middles of the irises, in space."""
    return float(np.linalg.norm(points[LEFT_IRIS] - points[RIGHT_IRIS]))


def motion_of(points: Points, at_ms: float) -> Motion:
    """All of it. ``points``: 478 × 3."""
    eyes, lids = eyes_of(points)
    width_px = float(np.linalg.norm(_cheeks(points)))
    return Motion(at_ms, eyes, lids, mouth_of(points), pose_of(points), width_px)


def _cheeks(points: Points) -> Points:
    edge: Points = points[LEFT_CHEEK_EDGE] - points[RIGHT_CHEEK_EDGE]
    return edge


def _eye(points: Points, six: tuple[int, ...]) -> tuple[float, float]:
    """Height of the opening, and width."""
    outer, above, above_inner, inner, below_inner, below = points[list(six), :2]
    gaps_px = float(np.linalg.norm(above - below) + np.linalg.norm(above_inner - below_inner))
    return gaps_px / 2, float(np.linalg.norm(outer - inner))


def _unit(vector: Points) -> Points:
    length = float(np.linalg.norm(vector))
    result: Points = vector / length if length > 0 else vector
    return result
