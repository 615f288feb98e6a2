"""Whether a turning face has depth: its nose moves otherwise than the rest. Pure; numpy and cv2.

Small patches of skin are tracked (Lucas–Kanade) from the frontal face into the turn. Where they went is fitted by a
quadratic flow, which is all that a flat picture can do when it is turned, and nearly all of one that is bent; of a head
the nose stands out of that by some hundredths of the distance between the pupils.

The geometry of landmarks is no use for this: the mesh gives a photograph the depth that faces have.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.liveness.face import CHIN, FOREHEAD, LEFT_CHEEK_EDGE, NOSE_TIP, RIGHT_CHEEK_EDGE, Points, pupil_distance_px
from app.liveness.policy import POLICY, ParallaxPolicy

Grey = NDArray[np.uint8]
_WINDOW_PX = 15
_LEVELS = 3
_MOST_TRACKS = 200
_BACK_PX = 1.0
"""A patch that is not found back from where it went was lost."""


class ParallaxMeter:
    """One turn. ``begin`` at the frontal face, ``follow`` each frame, ``stands_out`` when it is turned far enough."""

    def __init__(self, rules: ParallaxPolicy = POLICY.parallax) -> None:
        self._rules = rules
        self._grey: Grey | None = None
        self._from = np.zeros((0, 2), np.float32)
        self._now = np.zeros((0, 2), np.float32)
        self._is_nose = np.zeros(0, bool)
        self._unit_px = 0.0
        self._middle = np.zeros(2, np.float32)

    def begin(self, grey: Grey, points: Points) -> None:
        """``grey``: H × W; ``points``: the mesh in the same pixels."""
        self._grey = grey
        self._unit_px = pupil_distance_px(points)
        self._middle = points[NOSE_TIP, :2].astype(np.float32)
        mask = np.zeros_like(grey)
        cv2.fillConvexPoly(mask, _outline(points), 255)
        found = cv2.goodFeaturesToTrack(grey, _MOST_TRACKS, 0.01, max(3.0, self._unit_px * 0.06), mask=mask)
        self._from = np.zeros((0, 2), np.float32) if found is None else found.reshape(-1, 2).astype(np.float32)
        self._now = self._from.copy()
        away = np.linalg.norm(self._from - self._middle, axis=1)
        self._is_nose = away < self._rules.nose_ratio * self._unit_px

    def follow(self, grey: Grey) -> int:
        """The next frame. Returns how many patches are still known."""
        if self._grey is None or not len(self._now):
            self._grey = grey
            return 0
        size = {"winSize": (_WINDOW_PX, _WINDOW_PX), "maxLevel": _LEVELS}
        there, found, _ = cv2.calcOpticalFlowPyrLK(self._grey, grey, self._now, None, **size)  # type: ignore[call-overload]
        back, found_back, _ = cv2.calcOpticalFlowPyrLK(grey, self._grey, there, None, **size)  # type: ignore[call-overload]
        kept = (found.ravel() > 0) & (found_back.ravel() > 0)
        kept &= np.linalg.norm(back - self._now, axis=1) < _BACK_PX
        self._from, self._now, self._is_nose = self._from[kept], there[kept], self._is_nose[kept]
        self._grey = grey
        return len(self._now)

    def stands_out(self) -> float | None:
        """How far the nose went otherwise than the rest, in distances between the pupils; None: too few are left."""
        rest = ~self._is_nose
        if self._is_nose.sum() < self._rules.least_nose_tracks or rest.sum() < self._rules.least_tracks:
            return None
        place = (self._from - self._middle) / self._unit_px
        moved = (self._now - self._from) / self._unit_px
        flow = _fitted(place[rest], moved[rest])
        if flow is None:
            return None
        left = moved[self._is_nose] - _terms(place[self._is_nose]) @ flow
        return float(np.linalg.norm(np.median(left, axis=0)))


def _outline(points: Points) -> NDArray[np.int32]:
    """A convex shape within the face: hair and background move on their own."""
    middle = points[NOSE_TIP, :2]
    edge = points[[FOREHEAD, LEFT_CHEEK_EDGE, CHIN, RIGHT_CHEEK_EDGE], :2]
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    half_x = float(np.linalg.norm(edge[1] - edge[3])) / 2 * 0.9
    centre = (edge[0] + edge[2]) / 2
    half_y = float(np.linalg.norm(edge[2] - edge[0])) / 2 * 0.9
    # The turn shifts the nose, not the outline, whose middle lies between both.
    centre = np.array([(centre[0] + middle[0]) / 2, centre[1]])
    shape: NDArray[np.int32] = np.stack(
        (centre[0] + half_x * np.cos(angles), centre[1] + half_y * np.sin(angles)), axis=1
    ).astype(np.int32)
    return shape


def _terms(place: NDArray[Any]) -> NDArray[Any]:
    x, y = place.T
    return np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=1)


def _fitted(place: NDArray[Any], moved: NDArray[Any]) -> NDArray[Any] | None:
    """Least squares, in which those that lie far off count less (Huber), as some patches are mistracked."""
    terms = _terms(place)
    weights = np.ones(len(place))
    flow: NDArray[Any] | None = None
    for _ in range(5):
        root = np.sqrt(weights)[:, None]
        flow, _, rank, _ = np.linalg.lstsq(terms * root, moved * root, rcond=None)
        if rank < terms.shape[1]:
            return None
        off = np.linalg.norm(moved - terms @ flow, axis=1)
        usual = max(1.5 * float(np.median(off)), 1e-4)
        weights = np.minimum(1.0, usual / np.maximum(off, 1e-9))
    return flow
