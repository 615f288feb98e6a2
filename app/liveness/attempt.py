"""One attempt from the first frame to the last: what is asked for when, and what ends it. Pure; fed in order.

::

    align → (wait → action)… → (wait → flash) → wait → recentre → finished
      any of them → aborted (reason)

The service hands out one order at a time; while ``wait`` lasts the program fetches the next. The program runs an
attempt to guide and to know when to stop; the service runs another over the frames of the clip, with the same orders at
the same times, and believes that one only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.flash import WHOLE_MS, Colour
from app.domain.liveness import Abort, Action, Phase, Stage
from app.liveness.actions import Neutral, Progress, Recogniser, neutral_of, recogniser_for
from app.liveness.colours import Skin
from app.liveness.face import Box, Motion
from app.liveness.guidance import Advice, Guide, Look
from app.liveness.policy import POLICY, Policy

NOTHING = Advice(None, False)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, analysed. ``motion``, ``box`` and ``skin`` are None without a face."""

    look: Look
    motion: Motion | None = None
    box: Box | None = None
    skin: Skin | None = None

    @property
    def at_ms(self) -> float:
        return self.look.at_ms


@dataclass(frozen=True, slots=True)
class Step:
    """An action that was done."""

    action: Action
    from_ms: float
    until_ms: float


@dataclass(frozen=True, slots=True)
class Status:
    """Where it stands after a frame. ``left_ms``: of the time for what is asked now; 0 when there is no such limit."""

    phase: Phase
    advice: Advice = NOTHING
    progress: Progress | None = None
    left_ms: float = 0.0
    abort: Abort | None = None


class Attempt:
    """Invariant: finished and aborted are final."""

    def __init__(self, frame_ms: float, policy: Policy = POLICY) -> None:
        """``frame_ms``: between two frames of the camera, as it promised them; may be set anew until it has begun, as
        many cameras are slower in a dim room."""
        self._policy = policy
        self.frame_ms = frame_ms
        self._guide = Guide(policy)
        self._aligned: deque[Motion] = deque(maxlen=60)
        self._recogniser: Recogniser | None = None
        self._action: Action | None = None
        self._since_ms = 0.0
        self._began_ms: float | None = None
        self._last_ms: float | None = None
        self._last_box: Box | None = None
        self._missing, self._second = _Lasting(), _Lasting()
        self._frames, self._dropped = 0, 0.0
        self.status = Status(Phase.ALIGN)
        self.neutral: Neutral | None = None
        self.steps: list[Step] = []
        self.colours: tuple[Colour, ...] = ()
        self.flash_ms: float | None = None
        self.skin: list[Skin] = []

    @property
    def guide(self) -> Guide:
        """What it advises by, for who wants to show more than the one prompt."""
        return self._guide

    @property
    def action(self) -> Action | None:
        """The one that was asked for last."""
        return self._action

    @property
    def is_over(self) -> bool:
        return self.status.phase in (Phase.FINISHED, Phase.ABORTED)

    def ask(self, action: Action, at_ms: float) -> None:
        """The order of an action. Raises ValueError when none is waited for."""
        if self.status.phase is not Phase.WAIT or self.neutral is None:
            raise ValueError(self.status.phase)
        self._action, self._since_ms = action, at_ms
        self._recogniser = recogniser_for(action, self.neutral, self._policy)
        self.status = Status(Phase.ACTION, progress=self._recogniser.progress, left_ms=self._policy.action.limit_ms)

    def flash(self, colours: Sequence[Colour], at_ms: float) -> None:
        """The colours; the first grey is shown from ``at_ms`` on. Raises ValueError when none are waited for."""
        if self.status.phase is not Phase.WAIT:
            raise ValueError(self.status.phase)
        self.colours, self.flash_ms, self._since_ms = tuple(colours), at_ms, at_ms
        self.status = Status(Phase.FLASH, left_ms=WHOLE_MS)

    def seal(self, at_ms: float) -> None:
        """The order to come to an end. Raises ValueError when none is waited for."""
        if self.status.phase is not Phase.WAIT:
            raise ValueError(self.status.phase)
        self._since_ms = at_ms
        self.status = Status(Phase.RECENTRE)

    def abort(self, reason: Abort) -> None:
        """From outside: the camera, the window, the person."""
        if not self.is_over:
            self.status = Status(Phase.ABORTED, abort=reason)

    def feed(self, frame: Frame) -> Status:
        """The next frame. What is over stays as it is."""
        if self.is_over:
            return self.status
        advice = self._guide.feed(frame.look)
        broken = self._broken(frame)
        if broken is not None:
            self.abort(broken)
            return self.status
        if self.flash_ms is not None and frame.skin is not None:
            # Also after the last grey: skin answers a little late.
            self.skin.append(frame.skin)
        match self.status.phase:
            case Phase.ALIGN:
                self._align(frame, advice)
            case Phase.ACTION:
                self._act(frame)
            case Phase.FLASH:
                self._shine(frame)
            case Phase.RECENTRE:
                self._recentre(frame, advice)
            case _:
                self.status = Status(Phase.WAIT, advice)
        return self.status

    # ---- what ends it --------------------------------------------------------------------------------

    def _broken(self, frame: Frame) -> Abort | None:
        """Looked for from being in place on: until then the person comes and goes as they like."""
        rules, at_ms = self._policy.abort, frame.at_ms
        before_ms, self._last_ms = self._last_ms, at_ms
        before_box, self._last_box = self._last_box, frame.box or self._last_box
        if self._began_ms is None:
            return None
        if at_ms - self._began_ms > rules.whole_ms:
            return Abort.TOO_LONG
        if before_ms is not None and self._is_gap(at_ms - before_ms):
            return Abort.FRAMES_MISSING
        if self._missing.lasted_ms(frame.box is None, at_ms) > rules.face_lost_ms:
            return Abort.FACE_LOST
        other = frame.look.other_width_ratio >= self._policy.look.other_width_ratio
        if self._second.lasted_ms(other, at_ms) >= rules.second_face_ms:
            return Abort.SECOND_FACE
        if frame.box is not None and before_box is not None and _jump(before_box, frame.box) > rules.jump_ratio:
            return Abort.JUMPED
        return None

    def _is_gap(self, gap_ms: float) -> bool:
        rules = self._policy.abort
        self._frames += 1
        self._dropped += max(0.0, round(gap_ms / self.frame_ms) - 1)
        is_sparse = self._frames >= _ENOUGH and self._dropped > rules.most_dropped_ratio * (
            self._frames + self._dropped
        )
        return gap_ms > rules.longest_gap_ms or is_sparse

    # ---- the phases ----------------------------------------------------------------------------------

    def _align(self, frame: Frame, advice: Advice) -> None:
        if frame.motion is None:
            self._aligned.clear()
        else:
            self._aligned.append(frame.motion)
        if not advice.is_in_place or not self._aligned:
            self.status = Status(Phase.ALIGN, advice)
            return
        held_ms = frame.at_ms - self._policy.guidance.aligned_ms
        self.neutral = neutral_of([one for one in self._aligned if one.at_ms >= held_ms], self._policy)
        self._began_ms = frame.at_ms
        self.status = Status(Phase.WAIT, advice)

    def _act(self, frame: Frame) -> None:
        assert self._recogniser is not None
        assert self._action is not None
        left_ms = self._since_ms + self._policy.action.limit_ms - frame.at_ms
        # What was seen before it was asked for is no answer.
        if frame.motion is not None and frame.at_ms >= self._since_ms:
            self._recogniser.feed(frame.motion)
        progress = self._recogniser.progress
        if progress.stage is Stage.WRONG:
            self.abort(Abort.WRONG_SIDE)
        elif progress.stage is Stage.DONE:
            self.steps.append(Step(self._action, self._since_ms, frame.at_ms))
            self.status = Status(Phase.WAIT, progress=progress)
        elif left_ms <= 0:
            self.abort(Abort.ACTION_TOO_LATE)
        else:
            self.status = Status(Phase.ACTION, progress=progress, left_ms=left_ms)

    def _shine(self, frame: Frame) -> None:
        assert self.neutral is not None
        left_ms = self._since_ms + WHOLE_MS - frame.at_ms
        if frame.motion is not None:
            moved = frame.motion.pose - self.neutral.pose
            if max(abs(moved.yaw_deg), abs(moved.pitch_deg)) > self._policy.flash.most_moved_deg:
                self.abort(Abort.MOVED_IN_FLASH)
                return
        if left_ms > 0:
            self.status = Status(Phase.FLASH, left_ms=left_ms)
            return
        self.status = Status(Phase.WAIT)

    def _recentre(self, frame: Frame, advice: Advice) -> None:
        assert self.neutral is not None
        is_back = frame.motion is not None and _is_back(frame.motion, self.neutral, self._policy)
        if not is_back:
            self._since_ms = frame.at_ms
        is_done = is_back and frame.at_ms - self._since_ms >= self._policy.action.recentred_ms
        self.status = Status(Phase.FINISHED if is_done else Phase.RECENTRE, advice)


class _Lasting:
    """For how long something has held without a break."""

    def __init__(self) -> None:
        self._since_ms: float | None = None

    def lasted_ms(self, holds: bool, at_ms: float) -> float:
        """Until now; −1 when it does not hold."""
        if not holds:
            self._since_ms = None
            return -1.0
        if self._since_ms is None:
            self._since_ms = at_ms
        return at_ms - self._since_ms


_ENOUGH = 30
"""Of fewer frames no share of dropped ones is taken."""


def _jump(before: Box, after: Box) -> float:
    """How far the middle went, in widths of the face."""
    (from_x, from_y), (to_x, to_y) = before.centre, after.centre
    width_px = max(before.width_px, after.width_px, 1.0)
    return float(((to_x - from_x) ** 2 + (to_y - from_y) ** 2) ** 0.5) / width_px


def _is_back(motion: Motion, neutral: Neutral, policy: Policy) -> bool:
    moved = motion.pose - neutral.pose
    return max(abs(moved.yaw_deg), abs(moved.pitch_deg)) < policy.action.back_deg
