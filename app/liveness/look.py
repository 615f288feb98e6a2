"""Measures one frame for guidance: where the face is, and how it is lit, seen and uncovered. Pure; numpy and cv2.

Luma is that of cv2's grey (BT.601), 0 … 255. A frame of 640 × 480 takes about a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.liveness.face import ZERO, Box, Points, Pose, box_of, pose_of
from app.liveness.guidance import Look

Picture = NDArray[np.uint8]
"""H × W × 3, BGR; or H × W, luma."""

_RIGHT_CHEEK, _LEFT_CHEEK = 50, 280
_FOREHEAD = 151
_LIP = 17
_LOWER = (199, 210, 430, 164)
"""Chin, beside it on both sides, above the lip."""
_UPPER = (151, 10, 119, 348)
"""Forehead, below the eyes."""
_MOUTH = (61, 291, 0, 17)
_EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outline, all around."""
_INNER_RATIO = 0.85
"""Of the outline: at the edge hair and background come in."""
_BESIDE_PX = 4
_PATCH_RATIO = 0.10
"""Side of the patches of skin, of the width of the face."""
_CLIPPED_LUMA = 250
_CROP = (160, 200)
_EDGE_RATIO = 0.01
_DARK_STEP_PX = 4


def look_of(picture: Picture, points: Points, others: Sequence[Box], at_ms: float, rest: Pose | None = None) -> Look:
    """``others``: the other faces of the picture. ``rest``: how the mesh of somebody who looks straight ahead lies, if
    that is known; tilt is from there."""
    height_px, width_px = picture.shape[:2]
    box = box_of(points)
    grey: Picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    face = _cut(grey, box)
    centre_x, centre_y = box.centre
    pose = pose_of(points) - (rest or ZERO)
    lip_contrast, lower_red = _redness(picture, points, box)
    return Look(
        at_ms,
        has_face=True,
        width_ratio=box.width_px / width_px,
        other_width_ratio=max((one.width_px for one in others), default=0.0) / width_px,
        off_x_ratio=centre_x / width_px - 0.5,
        off_y_ratio=centre_y / height_px - 0.5,
        is_cut=_is_cut(box, width_px, height_px),
        luma=float(face.mean()) if face.size else 0.0,
        clipped_ratio=float((face >= _CLIPPED_LUMA).mean()) if face.size else 0.0,
        cheek_ratio=_cheek_ratio(grey, points, box),
        sharpness=_sharpness(face),
        lip_contrast=lip_contrast,
        lower_red=lower_red,
        mouth_deviation=_deviation(grey, points, _MOUTH),
        eye_deviation=min(_deviation(grey, points, eye) for eye in _EYES),
        tilt_deg=max(abs(pose.roll_deg), abs(pose.pitch_deg)),
    )


def skin_of(picture: Picture, points: Points) -> tuple[float, float, float]:
    """Mean red, green and blue of the face without eyes and mouth, 0 … 255.

    All of it, since what a screen adds at 2 % of the room's light is below one step of a pixel: of 20,000 of them it is
    found after encoding with a correlation of 0.84 … 0.92, of patches on cheeks and forehead with 0.57 … 0.79.
    """
    box = box_of(points)
    face = _cut(picture, box)
    if not face.size:
        return 0.0, 0.0, 0.0
    corner = np.array([max(0, round(box.left_px)), max(0, round(box.top_px))], np.float32)
    mask = np.zeros(face.shape[:2], np.uint8)
    oval = points[list(_OVAL), :2] - corner
    middle = oval.mean(axis=0)
    cv2.fillPoly(mask, [((oval - middle) * _INNER_RATIO + middle).astype(np.int32)], 255)
    for part in (*_EYES, _MOUTH):
        (left, top), (right, bottom) = (_bound(points[list(part), :2] - corner, pick) for pick in (np.min, np.max))
        cv2.rectangle(mask, (left - _BESIDE_PX, top - _BESIDE_PX), (right + _BESIDE_PX, bottom + _BESIDE_PX), 0, -1)
    blue, green, red, _ = cv2.mean(face, mask)
    return red, green, blue


def dark_of(picture: Picture) -> tuple[float, float, float]:
    """Mean red, green and blue of the darkest tenth of the picture, looked at every so manieth pixel."""
    sparse = picture[::_DARK_STEP_PX, ::_DARK_STEP_PX].reshape(-1, 3)
    sums = sparse.sum(axis=1, dtype=np.int32)
    count = max(1, len(sums) // 10)
    blue, green, red = (float(value) for value in sparse[np.argpartition(sums, count)[:count]].mean(axis=0))
    return red, green, blue


def nobody(at_ms: float) -> Look:
    """A frame without a face."""
    return Look(at_ms, has_face=False)


def _bound(places: Points, pick: Callable[..., Any]) -> tuple[int, int]:
    x, y = pick(places, axis=0)
    return int(x), int(y)


def _is_cut(box: Box, width_px: int, height_px: int) -> bool:
    margin_x, margin_y = _EDGE_RATIO * width_px, _EDGE_RATIO * height_px
    return (
        box.left_px < margin_x
        or box.top_px < margin_y
        or box.left_px + box.width_px > width_px - margin_x
        or box.top_px + box.height_px > height_px - margin_y
    )


def _cut(picture: Picture, box: Box) -> Picture:
    """The part of a picture, as far as it is within."""
    top, left = max(0, round(box.top_px)), max(0, round(box.left_px))
    cut: Picture = picture[
        top : max(top, round(box.top_px + box.height_px)), left : max(left, round(box.left_px + box.width_px))
    ]
    return cut


def _patch(picture: Picture, middle: NDArray[Any], face: Box) -> Picture:
    side_px = max(2.0, face.width_px * _PATCH_RATIO)
    return _cut(picture, Box(float(middle[0]) - side_px / 2, float(middle[1]) - side_px / 2, side_px, side_px))


def _cheek_ratio(grey: Picture, points: Points, box: Box) -> float:
    patches = [_patch(grey, points[index], box) for index in (_RIGHT_CHEEK, _LEFT_CHEEK)]
    if not all(patch.size for patch in patches):
        return 1.0
    one, other = (max(1.0, float(patch.mean())) for patch in patches)
    return max(one, other) / min(one, other)


def _sharpness(face: Picture) -> float:
    if not face.size:
        return 0.0
    crop = cv2.resize(face, _CROP, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(crop, cv2.CV_64F).var())


def _redness(picture: Picture, points: Points, box: Box) -> tuple[float, float]:
    """Of the lips over the skin around them, and of the lower half of the face over the upper; see Look."""
    patches = [_patch(picture, points[index], box) for index in (_LIP, *_LOWER, *_UPPER)]
    if not all(patch.size for patch in patches):
        return Look(0.0, has_face=True).lip_contrast, 0.0
    means = np.array([[patch.reshape(-1, 3).mean(axis=0) for patch in patches]], np.float32)
    # Medians, since hair or a shadow may lie on one of the places.
    lip, *lower = cv2.cvtColor(means[:, : 1 + len(_LOWER)] / 255, cv2.COLOR_BGR2LAB)[0, :, 1]
    reds = np.log(np.maximum(means[0, 1:, 2], 1) / np.maximum(means[0, 1:, 1], 1))
    change = np.median(reds[: len(_LOWER)]) - np.median(reds[len(_LOWER) :])
    return float(lip - np.median(lower)), float(change)


def _deviation(grey: Picture, points: Points, around: Sequence[int]) -> float:
    region = _cut(grey, box_of(points[list(around)]))
    return float(region.std()) if region.size else 0.0
