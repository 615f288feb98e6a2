"""Still pictures of an attempt: the best frame of the person, and a few of each step. Liveness thread.

They are for the eyes of an operator: what was asked for, and who is there. One full picture is held, the best so far;
the others are JPEG at once.
"""

from __future__ import annotations

import cv2

from app.domain.flash import BEFORE_MS, COLOURS, EACH_MS
from app.domain.liveness import Action, Phase, Stage
from app.liveness.actions import Neutral, Progress
from app.liveness.attempt import Frame
from app.liveness.package import MAX_STILL_BYTES, Still
from app.liveness.policy import POLICY
from capture.frames import Array

BEST = "best"
EACH_STEP = 4
_QUALITIES = (88, 70, 50)
_MOST_TURNED_DEG = 8.0
_OPEN_EYES_RATIO = 0.85
_LUMA = (90.0, 180.0)
_MOST_CLIPPED_RATIO = 0.02
_LEAST_SHARPNESS, _LEAST_WIDTH_PX = 80.0, 200.0
_HALF = 0.5


def is_good(frame: Frame, neutral: Neutral) -> bool:
    """Whether a face can be told by this frame: straight, eyes open, mouth shut, well lit, sharp, large."""
    look, motion = frame.look, frame.motion
    if motion is None:
        return False
    moved = motion.pose - neutral.pose
    is_straight = max(abs(moved.yaw_deg), abs(moved.pitch_deg)) <= _MOST_TURNED_DEG
    is_mouth_shut = motion.mouth - neutral.mouth < POLICY.mouth.closed_rise_ratio
    is_lit = _LUMA[0] <= look.luma <= _LUMA[1] and look.clipped_ratio < _MOST_CLIPPED_RATIO
    is_clear = look.sharpness >= _LEAST_SHARPNESS and motion.width_px >= _LEAST_WIDTH_PX
    return is_straight and motion.eyes >= _OPEN_EYES_RATIO * neutral.eyes and is_mouth_shut and is_lit and is_clear


class Stills:
    """One attempt."""

    def __init__(self) -> None:
        self._best: tuple[Array, int] | None = None
        self._best_rank = (False, -1.0)
        self._kept: list[Still] = []
        self._label = ""
        self._seen: set[str] = set()

    def consider(self, bgr: Array, at_us: int, frame: Frame, neutral: Neutral, phase: Phase) -> None:
        """Maybe the best: of good ones the sharpest; while there is none, the sharpest of all with a face."""
        if frame.motion is None or phase is Phase.FLASH:
            return
        rank = (is_good(frame, neutral), frame.look.sharpness)
        if rank > self._best_rank:
            self._best, self._best_rank = (bgr, at_us), rank

    def act(self, action: Action, progress: Progress, bgr: Array, at_us: int) -> None:
        """A frame of an action: its first, half way, furthest, and back."""
        moment = "first"
        if progress.stage in (Stage.RETURNING, Stage.DONE):
            moment = "done" if progress.stage is Stage.DONE else "furthest"
        elif progress.share >= _HALF:
            moment = "half"
        self._keep(action.value, moment, bgr, at_us)

    def shine(self, since_ms: float, bgr: Array, at_us: int) -> None:
        """A frame of the flash: in the middle of every other colour."""
        number = int((since_ms - BEFORE_MS) // EACH_MS)
        within_ms = since_ms - BEFORE_MS - number * EACH_MS
        if 0 <= number < COLOURS and number % 2 == 0 and within_ms >= EACH_MS / 2:
            self._keep("flash", str(number), bgr, at_us)

    def all(self) -> tuple[Still, ...]:
        """The best first."""
        best = () if self._best is None else (_still(BEST, self._best[1], self._best[0]),)
        return (*best, *self._kept)

    def forget(self) -> None:
        """Nothing is left."""
        self._best, self._best_rank = None, (False, -1.0)
        self._kept.clear()

    def _keep(self, label: str, moment: str, bgr: Array, at_us: int) -> None:
        if label != self._label:
            self._label, self._seen = label, set()
        if moment not in self._seen and len(self._seen) < EACH_STEP:
            self._seen.add(moment)
            self._kept.append(_still(f"{label}_{len(self._seen)}", at_us, bgr))


def _still(label: str, at_us: int, bgr: Array) -> Still:
    data = b""
    for quality in _QUALITIES:
        data = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()
        if len(data) <= MAX_STILL_BYTES // 2:
            break
    return Still(label, at_us, data)
