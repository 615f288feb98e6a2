"""Finds faces in small pictures. Pure; in the product it runs in a process of its own (``face_process``).

mediapipe's two detectors give boxes of different sizes about the same face, so the box is made from the points they
agree about. Anthropometry (Farkas 1994, adults, means): hairline to chin 185 mm, 140 mm wide, pupils 63 mm apart, from
their line 70 mm down to the mouth and 115 mm to the chin. A turned head narrows the one distance and a nod the other,
so the larger answer counts.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from app.domain.quality.measures import FaceBox
from capture.frames import Array

_HEIGHT_OF_EYES = 185 / 63
_HEIGHT_OF_MOUTH = 185 / 70
_EYE_LINE_RATIO = 70 / 185
"""From the hairline down to the pupils, of the height."""
_WIDTH_RATIO = 140 / 185
_LEAST_SCORE = 0.5
_SAME_RATIO = 0.3
"""Two boxes that share so much of their union are one face."""
_DIM_LUMA = 90.0
_LIFTED_LUMA = 120.0


class FaceFinder(Protocol):
    """What looks for faces; one thread."""

    def find(self, rgb: Array) -> tuple[FaceBox, ...]:
        """Faces in an H × W × 3 picture (RGB, 320 wide or less is enough), largest first."""


class FinderMissingError(Exception):
    """The detector is not installed, or does not load on this machine."""


class MediapipeFinder:
    """BlazeFace for faces far away, then for near ones, then both on a picture with its shadows lifted.

    The first that finds any has the answer: each alone misses some, and mostly one look is enough.
    """

    def __init__(self) -> None:
        """Takes a second or three. Raises FinderMissingError."""
        detection = _load()
        self._detectors = [
            detection.FaceDetection(model_selection=model, min_detection_confidence=_LEAST_SCORE) for model in (1, 0)
        ]

    def find(self, rgb: Array) -> tuple[FaceBox, ...]:
        """See FaceFinder."""
        found = self._try(rgb)
        if not found:
            mean = float(rgb.mean())
            if 2 < mean < _DIM_LUMA:
                rgb = _lifted(rgb, mean)
                found = self._try(rgb)
        return found or self._try_parts(rgb)

    def close(self) -> None:
        """Ends the detectors' threads."""
        for detector in self._detectors:
            detector.close()

    def _try(self, rgb: Array) -> tuple[FaceBox, ...]:
        for detector in self._detectors:
            told = detector.process(np.ascontiguousarray(rgb)).detections or []
            boxes = [box_of(points_of(one), rgb.shape[1] / rgb.shape[0]) for one in told]
            if boxes:
                return largest_first(boxes)
        return ()

    def _try_parts(self, rgb: Array) -> tuple[FaceBox, ...]:
        """Squares of three quarters of the height, beside each other in the upper part: for faces far away."""
        height_px, width_px = rgb.shape[:2]
        side = round(height_px * 0.7)
        if side >= width_px:
            return ()
        boxes = []
        for left in np.linspace(0, width_px - side, 4).astype(int):
            top = round(height_px * 0.08)
            for box in self._try(rgb[top : top + side, left : left + side]):
                boxes.append(
                    FaceBox(
                        (left + box.left_ratio * side) / width_px, (top + box.top_ratio * side) / height_px,
                        box.width_ratio * side / width_px, box.height_ratio * side / height_px,
                    )
                )  # fmt: skip
        return largest_first(boxes)


Points = Sequence[tuple[float, float]]


def points_of(detection: Any) -> Points:
    """Right eye, left eye, nose, mouth, in parts of the picture."""
    return [(point.x, point.y) for point in list(detection.location_data.relative_keypoints)[:4]]


def box_of(points: Points, aspect: float) -> FaceBox:
    """Hairline to chin, from the pupils and the mouth; ``aspect`` is the picture's width over its height."""
    (first_x, first_y), (second_x, second_y), _, (mouth_x, mouth_y) = points
    eye_x, eye_y = (first_x + second_x) / 2, (first_y + second_y) / 2
    apart = float(np.hypot((second_x - first_x) * aspect, second_y - first_y))
    down = float(np.hypot((mouth_x - eye_x) * aspect, mouth_y - eye_y))
    height = max(apart * _HEIGHT_OF_EYES, down * _HEIGHT_OF_MOUTH)
    width = height * _WIDTH_RATIO / aspect
    middle_x = (eye_x + mouth_x) / 2
    return FaceBox(middle_x - width / 2, eye_y - _EYE_LINE_RATIO * height, width, height)


def largest_first(boxes: Sequence[FaceBox]) -> tuple[FaceBox, ...]:
    """Each face once."""
    kept: list[FaceBox] = []
    for box in sorted(boxes, key=lambda one: -one.height_ratio * one.width_ratio):
        if all(_shared(box, other) < _SAME_RATIO for other in kept):
            kept.append(box)
    return tuple(kept)


def _shared(one: FaceBox, other: FaceBox) -> float:
    """Intersection over union."""
    across = min(one.left_ratio + one.width_ratio, other.left_ratio + other.width_ratio)
    across -= max(one.left_ratio, other.left_ratio)
    down = min(one.top_ratio + one.height_ratio, other.top_ratio + other.height_ratio)
    down -= max(one.top_ratio, other.top_ratio)
    both = max(0.0, across) * max(0.0, down)
    area = one.width_ratio * one.height_ratio + other.width_ratio * other.height_ratio - both
    return both / area if area > 0 else 0.0


def _lifted(rgb: Array, mean: float) -> Array:
    """With a gamma that brings the mean to middle grey: a face against a window is there, only dark."""
    gamma = float(np.clip(np.log(_LIFTED_LUMA / 255) / np.log(mean / 255), 0.25, 1))
    table = (255 * (np.arange(256) / 255) ** gamma + 0.5).astype(np.uint8)
    return table[rgb]


def _load() -> Any:
    """mediapipe's face detection. It imports matplotlib for drawing only; an empty one does, if there is none."""
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import matplotlib  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        stand_in = types.ModuleType("matplotlib")
        stand_in.pyplot = types.ModuleType("matplotlib.pyplot")  # type: ignore[attr-defined]
        sys.modules["matplotlib"] = stand_in
        sys.modules["matplotlib.pyplot"] = stand_in.pyplot
    try:
        from mediapipe.python.solutions import face_detection  # type: ignore[import-untyped,unused-ignore]
    except (ImportError, OSError, AttributeError) as cause:
        raise FinderMissingError(str(cause)) from cause
    return face_detection
