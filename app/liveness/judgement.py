"""What the service decides from the clip itself: the whole attempt once more, over decoded frames. Pure; numpy and cv2.

The orders are those that the service gave, at the times of the clip's clock that were bound by the progress messages;
what the program says that it saw is not looked at. One pass, each frame once; nothing of the clip is kept but the
frames that are named in the judgement.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.domain.flash import BEFORE_MS, EACH_MS, WHOLE_MS
from app.domain.liveness import Abort, Action, Finding, Grade, LivenessPath, OrderKind, Phase, Retry
from app.liveness.analysis import Analyser, Mesh, Seen
from app.liveness.attempt import Attempt, Status
from app.liveness.colours import Answer, answer_of
from app.liveness.evidence import Best, Clearness, Extreme, Flow, Likeness, TurnDepth
from app.liveness.face import Pose
from app.liveness.look import Picture
from app.liveness.policy import POLICY, Policy
from app.liveness.verdict import Case, Judgement, Moment, Ordered, Sign, Verdict

Frames = Iterable[tuple[float, Picture]]
"""Milliseconds of the clip's clock, and H × W × 3 BGR, in order."""


def judge(frames: Frames, case: Case, mesh: Mesh, policy: Policy = POLICY, rest: Pose | None = None) -> Judgement:
    """The decision. Stops reading at the frame after which it is certain.

    RETRY: the clip shows that something asked for was not there. REVIEW: all was there that could be looked at, and
    either the path leaves something out, or something could not be measured (too few frames for the colours, too
    little to follow on the skin), or a hint speaks against the clip (virtual device, repeated frames, slow frames, a
    face that is not like itself): such a hint has innocent causes, so it never refuses anybody, and an operator sees
    what a figure cannot. LIVE: the full path, and nothing of that.

    ``rest``: as Analyser takes it. Raises ValueError for a case without orders.
    """
    if not case.orders:
        raise ValueError("no orders")
    trial = _Trial(case, mesh, policy, rest)
    for at_ms, picture in frames:
        if not trial.see(at_ms, picture):
            break
    return trial.judged()


class _Trial:
    """The attempt anew. ``early`` is a reason that ends it before the clip does."""

    def __init__(self, case: Case, mesh: Mesh, policy: Policy, rest: Pose | None) -> None:
        self._case, self._policy = case, policy
        self._analyser = Analyser(mesh, rest)
        self._attempt = Attempt(case.frame_ms, lenient(policy))
        self._pending = deque(case.orders)
        self._flow, self._clear, self._best = Flow(), Clearness(policy), Best(policy)
        self._like: Likeness | None = None
        self._depth: TurnDepth | None = None
        self._depths: list[TurnDepth] = []
        self._extreme: Extreme | None = None
        self._extremes: list[Extreme] = []
        self._early: Retry | None = None

    def see(self, at_ms: float, picture: Picture) -> bool:
        """The next frame; False when no further one is needed."""
        self._flow.feed(picture, at_ms)
        if at_ms < self._case.orders[0].after_ms - self._policy.judge.lead_ms:
            return True
        seen = self._analyser.see(picture, at_ms)
        if self._attempt.status.phase is Phase.ALIGN:
            self._attempt.frame_ms = max(self._case.frame_ms, self._flow.step_ms)
        self._attempt.feed(seen.frame)
        self._give(at_ms)
        self._gather(picture, seen)
        if self._early is None and self._is_behind(at_ms):
            self._early = Retry.UNCLEAR if self._attempt.neutral is None else Retry.ACTION_MISSED
        return self._early is None and not self._attempt.is_over

    def _give(self, at_ms: float) -> None:
        """The next order, once its time has come and what went before is done."""
        if self._attempt.status.phase is not Phase.WAIT or not self._pending:
            return
        order = self._pending[0]
        if at_ms < order.after_ms:
            return
        self._pending.popleft()
        match order.kind:
            case OrderKind.ACTION:
                self._ask(order)
            case OrderKind.FLASH:
                self._attempt.flash(order.colours, self._flash_ms(order))
            case OrderKind.SEAL:
                self._attempt.seal(at_ms)

    def _ask(self, order: Ordered) -> None:
        neutral = self._attempt.neutral
        if order.action is None or neutral is None:
            raise ValueError("an order of an action without one")
        self._attempt.ask(order.action, order.after_ms)
        self._extreme = Extreme(order.action, neutral)
        self._extremes.append(self._extreme)
        self._depth = None
        if order.action in (Action.TURN_LEFT, Action.TURN_RIGHT):
            self._depth = TurnDepth(neutral, self._policy)
            self._depths.append(self._depth)

    def _flash_ms(self, order: Ordered) -> float:
        """From when on the first grey was shown: as it was said, if that is after the order and all of the colours fit
        in before the next message."""
        said_ms = order.after_ms if self._case.flash_ms is None else self._case.flash_ms
        latest_ms = order.after_ms + self._policy.judge.answer_ms
        if self._pending:
            latest_ms = min(latest_ms, self._pending[0].after_ms - WHOLE_MS)
        return max(order.after_ms, min(said_ms, latest_ms))

    def _is_behind(self, at_ms: float) -> bool:
        """The next message was said, and what it says was not seen then, nor a little later."""
        is_due = bool(self._pending) and at_ms > self._pending[0].after_ms + self._policy.judge.late_ms
        return is_due and self._attempt.status.phase in (Phase.ALIGN, Phase.ACTION)

    def _gather(self, picture: Picture, seen: Seen) -> None:
        frame, neutral, phase = seen.frame, self._attempt.neutral, self._attempt.status.phase
        if neutral is None:
            return
        self._clear.feed(frame.look, frame.motion, neutral)
        if self._like is None:
            self._like = Likeness(neutral, self._policy)
        self._like.feed(picture, seen)
        if frame.motion is None:
            return
        if phase is Phase.ACTION:
            if self._extreme is not None:
                self._extreme.feed(frame.motion)
            if self._depth is not None:
                self._depth.feed(picture, seen)
        elif phase is not Phase.FLASH:
            self._best.feed(frame.look, frame.motion, neutral, picture.shape[1])

    # ---- what it comes to ----------------------------------------------------------------------------

    def judged(self) -> Judgement:
        light = self._light()
        depths = [one.ratio for one in self._depths]
        depth = max((one for one in depths if one is not None), default=None)
        signs = (self._acted(), self._deep(depth), self._lit(light), self._continuous(), self._device())
        retry = self._early or self._broken() or self._missing(signs)
        is_sure = all(sign.grade is Grade.FITS for sign in signs) and self._case.path is LivenessPath.FULL
        verdict = Verdict.RETRY if retry is not None else Verdict.LIVE if is_sure else Verdict.REVIEW
        figures = {
            "fps": self._flow.fps,
            "frames": float(self._flow.frames),
            "jitter_ms": self._flow.jitter_ms,
            "unclear_ratio": self._clear.unclear_ratio,
            "covered_ratio": self._clear.covered_ratio,
        }
        if self._like is not None:
            figures["likeness"] = self._like.ratio
        if depth is not None:
            figures["depth_ratio"] = depth
        if light is not None:
            figures |= {"correlation": light.correlation, "lag_ms": light.lag_ms, "light_share": light.share}
            if light.glass_ratio is not None:
                figures["glass_ratio"] = light.glass_ratio
        return Judgement(verdict, retry, signs, self._moments(light), figures)

    def _broken(self) -> Retry | None:
        match self._attempt.status:
            case Status(phase=Phase.FINISHED):
                return None
            case Status(phase=Phase.ABORTED, abort=Abort.WRONG_SIDE | Abort.ACTION_TOO_LATE):
                return Retry.ACTION_MISSED
            case Status(phase=Phase.ALIGN):
                return Retry.UNCLEAR
            case Status(phase=Phase.ACTION):
                return Retry.ACTION_MISSED
            case _:
                return Retry.INTERRUPTED

    def _missing(self, signs: Sequence[Sign]) -> Retry | None:
        """Of a clip that came to its end."""
        rules = self._policy.judge
        against = {sign.finding for sign in signs if sign.grade is Grade.AGAINST}
        if Finding.LIGHT in against:
            return Retry.NO_LIGHT
        if Finding.DEPTH in against:
            return Retry.NO_DEPTH
        if self._clear.unclear_ratio > rules.most_unclear_ratio or self._clear.covered_ratio > rules.most_covered_ratio:
            return Retry.UNCLEAR
        return None

    def _light(self) -> Answer | None:
        began_ms = self._attempt.flash_ms
        if began_ms is None or self._attempt.status.phase is not Phase.FINISHED:
            return None
        return answer_of(self._attempt.skin, self._attempt.colours, began_ms, self._policy)

    def _acted(self) -> Sign:
        asked, done = len([one for one in self._case.orders if one.action is not None]), len(self._attempt.steps)
        if not asked:
            return Sign(Finding.ACTIONS, Grade.NOT_LOOKED_AT)
        grade = Grade.FITS if done == asked else Grade.AGAINST
        return Sign(Finding.ACTIONS, grade, {"done": str(done), "asked": str(asked)})

    def _deep(self, depth: float | None) -> Sign:
        if not self._depths:
            return Sign(Finding.DEPTH, Grade.NOT_LOOKED_AT)
        turns = {"turns": str(len(self._depths))}
        if depth is None:
            return Sign(Finding.DEPTH, Grade.WEAK, turns)
        is_deep = depth >= self._policy.parallax.least_ratio
        return Sign(Finding.DEPTH, Grade.FITS if is_deep else Grade.AGAINST, turns)

    def _lit(self, light: Answer | None) -> Sign:
        if light is None:
            return Sign(Finding.LIGHT, Grade.NOT_LOOKED_AT)
        if not light.is_judged:
            return Sign(Finding.LIGHT, Grade.WEAK)
        follows = light.follows(self._policy) and not light.is_mirrored(self._policy)
        params = {"lag_ms": f"{light.lag_ms:.0f}"}
        if not follows:
            return Sign(Finding.LIGHT, Grade.AGAINST, params)
        return Sign(Finding.LIGHT, Grade.WEAK if light.may_be_mirrored(self._policy) else Grade.FITS, params)

    def _continuous(self) -> Sign:
        rules, flow = self._policy.judge, self._flow
        is_same = self._like is None or self._like.ratio >= rules.least_likeness
        is_odd = (
            flow.fps < rules.least_fps
            or flow.repeated > rules.most_repeated_ratio * flow.frames
            or flow.returned > rules.most_returned
            or not is_same
        )
        params = {"fps": f"{flow.fps:.1f}", "repeated": str(flow.repeated), "returned": str(flow.returned)}
        params["same"] = _flag(is_same)
        return Sign(Finding.CONTINUITY, Grade.WEAK if is_odd else Grade.FITS, params)

    def _device(self) -> Sign:
        """A camera that is made of software; times that are too even are told with it."""
        is_even = self._flow.jitter_ms < self._policy.judge.least_jitter_ms
        params = {"virtual": _flag(self._case.is_device_virtual), "even": _flag(is_even)}
        return Sign(Finding.DEVICE, Grade.WEAK if self._case.is_device_virtual else Grade.FITS, params)

    def _moments(self, light: Answer | None) -> tuple[Moment, ...]:
        found = [("best", self._best.at_ms), *((one.action.value, one.at_ms) for one in self._extremes)]
        if light is not None and self._attempt.flash_ms is not None:
            for number in _FLASH_MOMENTS:
                found.append((f"flash_{number}", _within(self._attempt, number, light.lag_ms)))
        return tuple(Moment(label, at_ms) for label, at_ms in found if at_ms is not None)


_FLASH_MOMENTS = (3, 7)
"""Of the eight colours."""


def lenient(policy: Policy) -> Policy:
    """As an attempt is run over an encoded clip: what the program saw just within a bound may be just beyond it."""
    rules, more, less = policy.judge, 1 + policy.judge.slack_ratio, 1 - policy.judge.slack_ratio
    look, abort = policy.look, policy.abort
    return replace(
        policy,
        look=replace(
            look,
            least_width_ratio=look.least_width_ratio * less, most_width_ratio=look.most_width_ratio * more,
            most_off_centre_ratio=look.most_off_centre_ratio * more, dark_luma=look.dark_luma * less,
            bright_luma=look.bright_luma * more, most_clipped_ratio=look.most_clipped_ratio * more,
            most_cheek_ratio=look.most_cheek_ratio * more, least_sharpness=look.least_sharpness * less,
            least_lip_contrast=look.least_lip_contrast * less, least_mouth_deviation=look.least_mouth_deviation * less,
            least_eye_deviation=look.least_eye_deviation * less, most_tilt_deg=look.most_tilt_deg * more,
        ),
        guidance=replace(policy.guidance, aligned_ms=rules.aligned_ms),
        action=replace(
            policy.action, limit_ms=policy.action.limit_ms + rules.answer_ms, recentred_ms=rules.recentred_ms
        ),
        turn=replace(policy.turn, wrong_side_deg=policy.turn.wrong_side_deg * more),
        flash=replace(policy.flash, most_moved_deg=policy.flash.most_moved_deg * more),
        abort=replace(
            abort,
            second_face_ms=abort.second_face_ms * more, face_lost_ms=abort.face_lost_ms * more,
            most_dropped_ratio=abort.most_dropped_ratio * more, whole_ms=abort.whole_ms * more,
        ),
    )  # fmt: skip


def _within(attempt: Attempt, number: int, lag_ms: float) -> float | None:
    """The frame nearest to the middle of this colour."""
    if attempt.flash_ms is None:
        return None
    middle_ms = attempt.flash_ms + BEFORE_MS + (number - 0.5) * EACH_MS + lag_ms
    return min((one.at_ms for one in attempt.skin), key=lambda at_ms: abs(at_ms - middle_ms), default=None)


def _flag(value: bool) -> str:
    return "1" if value else "0"
