"""MediaPipe's face mesh with irises, and its two detectors for further faces. The only place that loads mediapipe here.

Loading takes a second or three and runs native code with threads of its own: in a process that may be ended, never in
window or engine. The detectors look at every fifth picture only, since each alone misses some faces and both cost as
much as the mesh.
"""

from __future__ import annotations

import os
import sys
import types
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.liveness.analysis import Found
from app.liveness.face import MESH_POINTS, Box, Points, Pose, box_of
from app.liveness.look import Picture

STRAIGHT = Pose(0.0, 6.0, 0.0)
"""Of somebody who looks straight ahead: −12 … 20° on twelve photographs of people who look into the camera from below
and from above, −10° on a clip; the middle of all that."""
_LOOKS_EVERY = 5
_APART = 2
"""Pictures between the one and the other: both on one would make it take twice as long as the usual."""
_LEAST_SCORE = 0.5
_SAME_RATIO = 0.2
"""An outline that shares so much with the face that is known is that face."""
_DETECTOR_WIDTH_RATIO = 1.25
"""The mesh's outline over the detectors' box."""


class MeshMissingError(Exception):
    """mediapipe is not installed, or does not load on this machine."""


class MediapipeMesh:
    """A Mesh. ``has_memory``: follows a face from picture to picture; without, each is looked at anew."""

    def __init__(self, *, has_memory: bool = True) -> None:
        """Raises MeshMissingError."""
        mesh, detection = _load()
        self._mesh = mesh.FaceMesh(
            static_image_mode=not has_memory, max_num_faces=2, refine_landmarks=True,
            min_detection_confidence=_LEAST_SCORE, min_tracking_confidence=_LEAST_SCORE,
        )  # fmt: skip
        self._detectors = [
            detection.FaceDetection(model_selection=model, min_detection_confidence=_LEAST_SCORE) for model in (0, 1)
        ]
        self._count = 0
        self._detected: list[list[Box]] = [[] for _ in self._detectors]

    def find(self, bgr: Picture) -> Found:
        """See Mesh."""
        rgb = np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)).astype(np.uint8, copy=False)
        height_px, width_px = rgb.shape[:2]
        found = self._mesh.process(rgb).multi_face_landmarks or []
        faces = sorted((_points_of(one, width_px, height_px) for one in found), key=lambda one: -box_of(one).width_px)
        known = [box_of(points) for points in faces]
        for number in range(len(self._detectors)):
            if self._count == 0 or self._count % _LOOKS_EVERY == number * _APART:
                self._detected[number] = self._detect(number, rgb)
        self._count += 1
        boxes: list[Box] = []
        for box in (box for found_by in self._detected for box in found_by):
            if all(_shared(box, other) < _SAME_RATIO for other in boxes):
                boxes.append(box)
        others = known[1:] + [box for box in boxes if all(_shared(box, one) < _SAME_RATIO for one in known)]
        return Found(faces[0] if faces else None, tuple(others), STRAIGHT)

    def close(self) -> None:
        """Ends its threads."""
        for part in (self._mesh, *self._detectors):
            part.close()

    def _detect(self, number: int, rgb: NDArray[np.uint8]) -> list[Box]:
        """By one of them."""
        height_px, width_px = rgb.shape[:2]
        boxes: list[Box] = []
        for one in self._detectors[number].process(rgb).detections or []:
            at = one.location_data.relative_bounding_box
            box = Box(at.xmin * width_px, at.ymin * height_px, at.width * width_px, at.height * height_px)
            boxes.append(_widened(box))
        return boxes


def _points_of(face: Any, width_px: int, height_px: int) -> Points:
    flat = np.array([(point.x, point.y, point.z) for point in face.landmark], np.float32)
    assert flat.shape == (MESH_POINTS, 3)
    scaled: Points = flat * np.array((width_px, height_px, width_px), np.float32)
    return scaled


def _widened(box: Box) -> Box:
    middle_x, middle_y = box.centre
    width_px, height_px = box.width_px * _DETECTOR_WIDTH_RATIO, box.height_px * _DETECTOR_WIDTH_RATIO
    return Box(middle_x - width_px / 2, middle_y - height_px / 2, width_px, height_px)


def _shared(one: Box, other: Box) -> float:
    """Intersection over the smaller one."""
    across = min(one.left_px + one.width_px, other.left_px + other.width_px) - max(one.left_px, other.left_px)
    down = min(one.top_px + one.height_px, other.top_px + other.height_px) - max(one.top_px, other.top_px)
    smaller = min(one.width_px * one.height_px, other.width_px * other.height_px)
    return max(0.0, across) * max(0.0, down) / smaller if smaller > 0 else 0.0


def _load() -> tuple[Any, Any]:
    """mediapipe imports matplotlib for drawing only; an empty one does, if there is none."""
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
        from mediapipe.python.solutions import face_detection, face_mesh  # type: ignore[import-untyped,unused-ignore]
    except (ImportError, OSError, AttributeError) as cause:
        raise MeshMissingError(str(cause)) from cause
    return face_mesh, face_detection
