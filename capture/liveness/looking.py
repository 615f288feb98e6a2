"""What an attempt does with one frame, and with the values of an order. Pure, but for the mesh that is asked."""

from __future__ import annotations

import cv2
import numpy as np

from app.domain.flash import COLOURS, Colour
from app.domain.liveness import Phase
from app.liveness.analysis import Found, Mesh, Seen
from app.liveness.package import TrackFrame
from capture.frames import Array

MOST_PX = (1280, 720)


class Ahead:
    """A mesh that was handed its one picture before it is asked: meanwhile the picture is encoded."""

    def __init__(self, mesh: Mesh, bgr: Array) -> None:
        self._mesh = mesh
        begin = getattr(mesh, "begin", None)
        self._number: int | None = begin(bgr) if begin is not None else None

    def find(self, bgr: Array) -> Found:
        """See Mesh."""
        answer = getattr(self._mesh, "answer", None)
        if self._number is None or answer is None:
            return self._mesh.find(bgr)
        found: Found = answer(self._number)
        return found

    def close(self) -> None:
        """The mesh is another's."""


def fitted(bgr: Array) -> Array:
    """Within 1280 × 720, its proportions kept, of even sides. The picture itself where it is so already."""
    height_px, width_px = bgr.shape[:2]
    scale = min(1.0, MOST_PX[0] / width_px, MOST_PX[1] / height_px)
    size = (round(width_px * scale) // 2 * 2, round(height_px * scale) // 2 * 2)
    if scale < 1:
        return cv2.resize(bgr, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    if size != (width_px, height_px):
        return np.ascontiguousarray(bgr[: size[1], : size[0]])
    return bgr


def are_colours(colours: tuple[Colour, ...]) -> bool:
    """Whether they can be shown."""
    return len(colours) == COLOURS and all(0 <= value <= 255 for colour in colours for value in colour)


def micros(at_ms: float) -> int:
    """As times are written down."""
    return max(0, round(at_ms * 1000))


def tracked(seen: Seen | None, at_us: int, phase: Phase) -> TrackFrame:
    """What was seen in a frame; None: it was not looked at."""
    if seen is None:
        return TrackFrame(at_us, phase, None, None, 0.0, 0.0, 0.0, 0.0)
    frame = seen.frame
    motion, box, look = frame.motion, frame.box, frame.look
    if motion is None or box is None:
        return TrackFrame(at_us, phase, None, None, 0.0, 0.0, 0.0, 0.0)
    return TrackFrame(
        at_us, phase, (box.left_px, box.top_px, box.width_px, box.height_px),
        (motion.pose.yaw_deg, motion.pose.pitch_deg, motion.pose.roll_deg), motion.eyes, motion.mouth, look.luma,
        look.sharpness,
    )  # fmt: skip
