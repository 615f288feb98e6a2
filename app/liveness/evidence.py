"""What is gathered from a clip while it is judged: depth, frames worth looking at, how frames follow each other.

Pure; numpy and cv2. Each is fed every frame, in order, and keeps numbers only.
"""

from __future__ import annotations

import hashlib
import math
import statistics

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.liveness import Action
from app.liveness.actions import Neutral
from app.liveness.analysis import Seen
from app.liveness.face import LEFT_IRIS, MOUTH_CORNERS, RIGHT_IRIS, Motion, Points, Pose
from app.liveness.guidance import Look, eyes_covered, mouth_covered
from app.liveness.look import Picture
from app.liveness.parallax import ParallaxMeter
from app.liveness.policy import Policy

_FRONTAL_DEG = 6.0
_AGAIN_MS = 400.0
"""While the person still looks ahead the patches are chosen anew: those that are followed for long are lost."""
_BEYOND_DEG = 14.0
"""So far beyond the angle at which depth shows it is still measured; then the far half of the face is gone."""
_HASHED_PX = (160, 120)


class TurnDepth:
    """One turn: how far the nose stands out, in the middle of what is measured on the way there and back."""

    def __init__(self, neutral: Neutral, policy: Policy) -> None:
        self._neutral, self._rules = neutral, policy.parallax
        self._meter = ParallaxMeter(self._rules)
        self._begun_ms: float | None = None
        self._found: list[float] = []

    def feed(self, picture: Picture, seen: Seen) -> None:
        motion, points = seen.frame.motion, seen.points
        if motion is None or points is None:
            return
        grey: Picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
        moved = motion.pose - self._neutral.pose
        is_frontal = max(abs(moved.yaw_deg), abs(moved.pitch_deg)) < _FRONTAL_DEG
        if is_frontal and (self._begun_ms is None or motion.at_ms - self._begun_ms >= _AGAIN_MS):
            self._begun_ms = motion.at_ms
            self._meter.begin(grey, points)
            return
        if self._begun_ms is None:
            return
        self._meter.follow(grey)
        if self._rules.at_deg <= abs(moved.yaw_deg) <= self._rules.at_deg + _BEYOND_DEG:
            out = self._meter.stands_out()
            if out is not None:
                self._found.append(out)

    @property
    def ratio(self) -> float | None:
        """In distances between the pupils; None: nothing could be measured."""
        return statistics.median(self._found) if self._found else None


class Best:
    """The frame that shows the face best: the one that keeps most of the rules, then the sharpest."""

    def __init__(self, policy: Policy) -> None:
        self._rules = policy.best
        self._closed_ratio = policy.mouth.closed_rise_ratio
        self._rank: tuple[int, float] | None = None
        self.at_ms: float | None = None

    def feed(self, look: Look, motion: Motion, neutral: Neutral, width_px: int) -> None:
        """A frame outside the flash. ``width_px``: of the picture."""
        rules, moved = self._rules, motion.pose - neutral.pose
        kept = (
            max(abs(moved.yaw_deg), abs(moved.pitch_deg)) <= rules.most_deg,
            motion.eyes >= rules.least_eyes_ratio * neutral.eyes,
            motion.mouth - neutral.mouth < self._closed_ratio,
            rules.least_luma <= look.luma <= rules.most_luma,
            look.clipped_ratio < rules.most_clipped_ratio,
            look.sharpness >= rules.least_sharpness,
            look.width_ratio * width_px >= rules.least_width_px,
        )
        rank = (sum(kept), look.sharpness)
        if self._rank is None or rank > self._rank:
            self._rank, self.at_ms = rank, look.at_ms


class Extreme:
    """Of one action the frame in which it is seen best."""

    def __init__(self, action: Action, neutral: Neutral) -> None:
        self.action = action
        self._neutral = neutral
        self._most = -math.inf
        self.at_ms: float | None = None

    def feed(self, motion: Motion) -> None:
        value = self._shown(motion, motion.pose - self._neutral.pose)
        if value > self._most:
            self._most, self.at_ms = value, motion.at_ms

    def _shown(self, motion: Motion, moved: Pose) -> float:
        match self.action:
            case Action.BLINK:
                return -motion.eyes
            case Action.MOUTH_OPEN:
                return motion.mouth
            case Action.NOD:
                return moved.pitch_deg
            case Action.TURN_LEFT:
                return moved.yaw_deg
            case Action.TURN_RIGHT:
                return -moved.yaw_deg


class Flow:
    """How frames follow each other."""

    def __init__(self) -> None:
        self._times_ms: list[float] = []
        self._known: set[bytes] = set()
        self._last = b""
        self.repeated = 0
        """Frames that are the one before."""
        self.returned = 0
        """Frames that are an earlier one, with others between."""

    def feed(self, picture: Picture, at_ms: float) -> None:
        self._times_ms.append(at_ms)
        small = cv2.resize(picture, _HASHED_PX, interpolation=cv2.INTER_NEAREST)
        hashed = hashlib.blake2b(np.ascontiguousarray(small).tobytes(), digest_size=16).digest()
        if hashed == self._last:
            self.repeated += 1
        elif hashed in self._known:
            self.returned += 1
        self._known.add(hashed)
        self._last = hashed

    @property
    def frames(self) -> int:
        return len(self._times_ms)

    @property
    def fps(self) -> float:
        lasted_ms = self._times_ms[-1] - self._times_ms[0] if self._times_ms else 0.0
        return (self.frames - 1) * 1000 / lasted_ms if lasted_ms > 0 else 0.0

    @property
    def step_ms(self) -> float:
        """The usual one, from frame to frame; 0 of one frame."""
        steps = np.diff(np.array(self._times_ms))
        return float(np.median(steps)) if len(steps) else 0.0

    @property
    def jitter_ms(self) -> float:
        """Median distance of the steps from the usual step."""
        steps = np.diff(np.array(self._times_ms))
        return float(np.median(np.abs(steps - np.median(steps)))) if len(steps) else 0.0


class Likeness:
    """Whether it is the same face all along, as far as its shades tell: so that nobody does what is asked, and then
    holds somebody else's picture before the camera for the frame that is compared with a document.

    Eyes and mouth are brought to the same places, and what is large (light) is taken out; compared with the first
    frontal frame of the attempt. It recognises nobody: who is older by a year may fail it.
    """

    def __init__(self, neutral: Neutral, policy: Policy) -> None:
        self._neutral, self._policy = neutral, policy
        self._first: NDArray[np.float32] | None = None
        self._due_ms = -math.inf
        self._found: list[float] = []

    def feed(self, picture: Picture, seen: Seen) -> None:
        motion, points, rules = seen.frame.motion, seen.points, self._policy
        if motion is None or points is None or motion.at_ms < self._due_ms:
            return
        moved = motion.pose - self._neutral.pose
        is_shut = motion.mouth - self._neutral.mouth < rules.mouth.closed_rise_ratio
        is_open = motion.eyes > self._neutral.eyes * rules.best.least_eyes_ratio
        if max(abs(moved.yaw_deg), abs(moved.pitch_deg)) > _FRONTAL_DEG or not is_shut or not is_open:
            return
        self._due_ms = motion.at_ms + _COMPARED_MS
        chip = _chip(picture, points)
        if self._first is None:
            self._first = chip
        else:
            self._found.append(float((chip * self._first).mean()))

    @property
    def ratio(self) -> float:
        """The lowest but two, 1 at most: a frame or two may be blurred. 1 when there is nothing to compare."""
        return sorted(self._found)[min(2, len(self._found) - 1)] if self._found else 1.0


_COMPARED_MS = 150.0
_CHIP_PX = 48
_CHIP_PLACES = np.array([(15, 18), (33, 18), (24, 36)], np.float32)
"""Of the irises and of the middle of the mouth."""
_CHIP_FINE_PX, _CHIP_LARGE_PX = 1.0, 8.0


def _chip(picture: Picture, points: Points) -> NDArray[np.float32]:
    """The face at 48 × 48: mean 0, deviation 1."""
    mouth = points[list(MOUTH_CORNERS), :2].mean(axis=0)
    places = np.array([points[RIGHT_IRIS, :2], points[LEFT_IRIS, :2], mouth], np.float32)
    to = cv2.getAffineTransform(places, _CHIP_PLACES)
    small = cv2.warpAffine(picture, to, (_CHIP_PX, _CHIP_PX), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), _CHIP_FINE_PX)
    shades = fine - cv2.GaussianBlur(fine, (0, 0), _CHIP_LARGE_PX)
    chip: NDArray[np.float32] = ((shades - shades.mean()) / max(float(shades.std()), 1e-6)).astype(np.float32)
    return chip


class Clearness:
    """In how many frames a face could be looked at, and was uncovered."""

    def __init__(self, policy: Policy) -> None:
        self._rules = policy
        self._frames = self._unclear = self._frontal = self._covered = 0

    def feed(self, look: Look, motion: Motion | None, neutral: Neutral) -> None:
        self._frames += 1
        self._unclear += self._is_unclear(look)
        if motion is None:
            return
        moved = motion.pose - neutral.pose
        is_shut = motion.mouth - neutral.mouth < self._rules.mouth.closed_rise_ratio
        is_open = motion.eyes > neutral.eyes * self._rules.blink.open_ratio
        if max(abs(moved.yaw_deg), abs(moved.pitch_deg)) <= self._rules.best.most_deg and is_shut and is_open:
            self._frontal += 1
            self._covered += mouth_covered(look, self._rules.look) > 0 or eyes_covered(look, self._rules.look) > 0

    def _is_unclear(self, look: Look) -> bool:
        """Blur counts from half of the bound on: what moves is blurred a little."""
        rules = self._rules.look
        return not look.has_face or (
            look.width_ratio < rules.least_width_ratio
            or look.luma < rules.dark_luma
            or look.luma > rules.bright_luma
            or look.clipped_ratio > rules.most_clipped_ratio
            or look.sharpness < rules.least_sharpness / 2
        )

    @property
    def unclear_ratio(self) -> float:
        return self._unclear / self._frames if self._frames else 1.0

    @property
    def covered_ratio(self) -> float:
        return self._covered / self._frontal if self._frontal else 0.0
