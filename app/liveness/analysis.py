"""From a picture to what is known of the face in it: the one way that program and service both go. numpy and cv2.

The finder of the 478 points is behind ``Mesh``: mediapipe's in the product (app.liveness.mesh), a stick head in tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.liveness.attempt import Frame
from app.liveness.colours import Skin
from app.liveness.face import ZERO, Box, Points, Pose, box_of, motion_of
from app.liveness.look import Picture, dark_of, look_of, nobody, skin_of


@dataclass(frozen=True, slots=True)
class Found:
    """The faces of one picture. ``points``: 478 × 3 of the widest, in its pixels, or None; ``others``: outlines of the
    further ones, however they were found."""

    points: Points | None
    others: Sequence[Box] = ()
    rest: Pose = ZERO
    """How the points of somebody who looks straight ahead lie with this finder."""


class Mesh(Protocol):
    """Finds faces; one thread, pictures in their order."""

    def find(self, bgr: Picture) -> Found:
        """``bgr``: H × W × 3, as it was captured: not mirrored."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """``frame`` goes to an Attempt; ``points`` for what looks closer (parallax)."""

    frame: Frame
    points: Points | None


class Analyser:
    """One clip or one camera. ``rest``: how the mesh of somebody who looks straight ahead lies, if it is not as the
    finder says."""

    def __init__(self, mesh: Mesh, rest: Pose | None = None) -> None:
        self._mesh = mesh
        self._rest = rest

    def see(self, bgr: Picture, at_ms: float) -> Seen:
        """The next picture."""
        found = self._mesh.find(bgr)
        points = found.points
        if points is None:
            return Seen(Frame(nobody(at_ms)), None)
        look = look_of(bgr, points, found.others, at_ms, self._rest or found.rest)
        red, green, blue = skin_of(bgr, points)
        frame = Frame(look, motion_of(points, at_ms), box_of(points), Skin(at_ms, (red, green, blue), dark_of(bgr)))
        return Seen(frame, points)
