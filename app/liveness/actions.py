"""Recognises what the person was asked to do, a frame at a time. Pure; one recogniser for one attempt at one action.

Each starts from the person's own ``Neutral`` and ends back there: what was done is known when it is over. A turn to the
wrong side is told at once, as it ends the attempt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.liveness import Action, Stage
from app.liveness.face import Motion, Pose
from app.liveness.policy import POLICY, Policy

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Progress:
    """``share``: 0 … 1 of the way, for the arc."""

    stage: Stage
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Neutral:
    """The person at rest, looking at the screen."""

    pose: Pose
    eyes: float
    lids: float
    mouth: float


def neutral_of(motions: Sequence[Motion], policy: Policy = POLICY) -> Neutral:
    """From the frames in which all was in order: medians, and of the eyes the share that leaves blinks out.

    Raises ValueError without a frame.
    """
    if not motions:
        raise ValueError("no frame")
    poses = np.array([(one.pose.yaw_deg, one.pose.pitch_deg, one.pose.roll_deg) for one in motions])
    yaw, pitch, roll = (float(value) for value in np.median(poses, axis=0))
    eyes, lids = np.percentile([(one.eyes, one.lids) for one in motions], policy.blink.base_percentile, axis=0)
    mouth = float(np.median([one.mouth for one in motions]))
    return Neutral(Pose(yaw, pitch, roll), float(eyes), float(lids), mouth)


class Recogniser:
    """One action. ``feed`` frames in their order; a frame without a face is not fed."""

    def __init__(self, neutral: Neutral, policy: Policy = POLICY) -> None:
        self.neutral = neutral
        self.policy = policy
        self.progress = Progress(Stage.WAITING)

    def feed(self, motion: Motion) -> Progress:
        """How far it is after this frame; what is done, or wrong, stays so."""
        if self.progress.stage not in (Stage.DONE, Stage.WRONG):
            self.progress = self._look(motion, motion.pose - self.neutral.pose)
        return self.progress

    def _look(self, motion: Motion, moved: Pose) -> Progress:
        raise TypeError(type(self))

    def _is_back(self, moved: Pose) -> bool:
        limit_deg = self.policy.action.back_deg
        return abs(moved.yaw_deg) < limit_deg and abs(moved.pitch_deg) < limit_deg


class BlinkRecogniser(Recogniser):
    """Open, shut, open again within a moment, against how far these eyes were open in the last two seconds.

    Both measures of the eyes have to agree: of a picture that is swung about only one changes.
    """

    def __init__(self, neutral: Neutral, policy: Policy = POLICY) -> None:
        super().__init__(neutral, policy)
        self._seen: deque[tuple[float, float, float]] = deque()
        self._shut_since_ms: float | None = None
        self._was_open = False

    def _look(self, motion: Motion, moved: Pose) -> Progress:
        rules = self.policy.blink
        self._seen.append((motion.at_ms, motion.eyes, motion.lids))
        while self._seen[0][0] < motion.at_ms - rules.base_window_ms:
            self._seen.popleft()
        if motion.width_px < rules.least_width_px:
            self._shut_since_ms, self._was_open = None, False
            return Progress(Stage.WAITING)
        low, high = self._ratios(motion)
        if low > rules.open_ratio:
            shut_ms = motion.at_ms - self._shut_since_ms if self._shut_since_ms is not None else None
            self._shut_since_ms, self._was_open = None, True
            is_blink = shut_ms is not None and shut_ms <= rules.longest_ms
            return Progress(Stage.DONE, 1.0) if is_blink else Progress(Stage.WAITING)
        if high < rules.closed_ratio and self._was_open and self._shut_since_ms is None:
            self._shut_since_ms = motion.at_ms
        return Progress(Stage.WAITING) if self._shut_since_ms is None else Progress(Stage.UNDERWAY, 0.5)

    def _ratios(self, motion: Motion) -> tuple[float, float]:
        """How far the eyes are open by the one measure and by the other, the lower first; 1: as far as usual."""
        rules, neutral = self.policy.blink, self.neutral
        _, eyes, lids = zip(*self._seen, strict=True)
        # Who shut the eyes for a while has not got used to that.
        usual_eyes = max(_high(eyes, rules.base_percentile), neutral.eyes * rules.open_ratio)
        usual_lids = max(_high(lids, rules.base_percentile), neutral.lids * rules.open_ratio)
        ratios = (motion.eyes / max(usual_eyes, _LEAST), motion.lids / max(usual_lids, _LEAST))
        return min(ratios), max(ratios)


def _high(values: Sequence[float], percentile: float) -> float:
    """The value that so many of 100 do not exceed. For a few dozen, many times faster than numpy's."""
    return sorted(values)[min(len(values) - 1, int(len(values) * percentile / 100))]


class _HeldRecogniser(Recogniser):
    """Beyond a bound for a while, then back."""

    _hold_ms = 0.0

    def __init__(self, neutral: Neutral, policy: Policy = POLICY) -> None:
        super().__init__(neutral, policy)
        self._since_ms: float | None = None
        self._is_held = False

    def _judge(self, motion: Motion, share: float, *, is_back: bool) -> Progress:
        """``share``: from 1 on it is beyond the bound."""
        if self._is_held:
            return Progress(Stage.DONE, 1.0) if is_back else Progress(Stage.RETURNING, 1.0)
        if share < 1:
            self._since_ms = None
            return Progress(Stage.UNDERWAY if share > 0 else Stage.WAITING, max(0.0, share))
        if self._since_ms is None:
            self._since_ms = motion.at_ms
        if motion.at_ms - self._since_ms >= self._hold_ms:
            self._is_held = True
            return Progress(Stage.RETURNING, 1.0)
        return Progress(Stage.UNDERWAY, 1.0)


class MouthRecogniser(_HeldRecogniser):
    """Wide open, then shut."""

    def __init__(self, neutral: Neutral, policy: Policy = POLICY) -> None:
        super().__init__(neutral, policy)
        self._hold_ms = policy.mouth.hold_ms

    def _look(self, motion: Motion, moved: Pose) -> Progress:
        rules = self.policy.mouth
        needed = max(self.neutral.mouth + rules.rise_ratio, rules.least_ratio)
        rise = motion.mouth - self.neutral.mouth
        is_back = rise < rules.closed_rise_ratio and self._is_back(moved)
        return self._judge(motion, rise / (needed - self.neutral.mouth), is_back=is_back)


class TurnRecogniser(_HeldRecogniser):
    """The head to one side, then back."""

    def __init__(self, neutral: Neutral, *, is_left: bool, policy: Policy = POLICY) -> None:
        super().__init__(neutral, policy)
        self._sign = 1.0 if is_left else -1.0
        self._hold_ms = policy.turn.hold_ms

    def _look(self, motion: Motion, moved: Pose) -> Progress:
        turned_deg = moved.yaw_deg * self._sign
        if turned_deg < -self.policy.turn.wrong_side_deg:
            return Progress(Stage.WRONG)
        return self._judge(motion, turned_deg / self.policy.turn.least_deg, is_back=self._is_back(moved))


class NodRecogniser(_HeldRecogniser):
    """The chin down, then up again, without looking aside."""

    def __init__(self, neutral: Neutral, policy: Policy = POLICY) -> None:
        super().__init__(neutral, policy)
        self._hold_ms = policy.nod.hold_ms

    def _look(self, motion: Motion, moved: Pose) -> Progress:
        rules = self.policy.nod
        is_aside = abs(moved.yaw_deg) > rules.most_yaw_deg
        share = 0.0 if is_aside else moved.pitch_deg / rules.least_deg
        return self._judge(motion, share, is_back=self._is_back(moved))


def recogniser_for(action: Action, neutral: Neutral, policy: Policy = POLICY) -> Recogniser:
    """The one for this action."""
    match action:
        case Action.BLINK:
            return BlinkRecogniser(neutral, policy)
        case Action.MOUTH_OPEN:
            return MouthRecogniser(neutral, policy)
        case Action.NOD:
            return NodRecogniser(neutral, policy)
        case _:
            return TurnRecogniser(neutral, is_left=action is Action.TURN_LEFT, policy=policy)
