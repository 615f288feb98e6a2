"""A clip is judged by what is in it: who does what was asked passes, and each thing that is missing has its name."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from app.domain.flash import BEFORE_MS, EACH_MS, WHOLE_MS, Colour, drawn, shown_at
from app.domain.liveness import Action, Finding, Grade, LivenessPath, OrderKind, Retry
from app.liveness.analysis import Found
from app.liveness.judgement import judge
from app.liveness.look import Picture
from app.liveness.policy import POLICY
from app.liveness.verdict import Case, Judgement, Ordered, Verdict
from tests.unit.liveness.stick import Stance, bump, points_of
from tests.unit.liveness.test_parallax import Depth, flat_mm, head_mm, skin, turned

FRAME_MS = 40.0
COLOURS = drawn(random.Random(8).choice)
LAG_MS = 120.0
ALIGN_MS, ACTION_MS, REACTION_MS = 1600.0, 2400.0, 400.0
DOES: dict[Action, Callable[[float], Stance]] = {
    Action.BLINK: lambda s: Stance(eyes=1 - 0.9 * bump(s, 0.6, 0.4)),
    Action.MOUTH_OPEN: lambda s: Stance(mouth_mm=2 + 40 * bump(s, 0.4, 1.5)),
    Action.TURN_LEFT: lambda s: Stance(yaw_deg=35 * bump(s, 0.4, 1.6)),
    Action.TURN_RIGHT: lambda s: Stance(yaw_deg=-35 * bump(s, 0.4, 1.6)),
    Action.NOD: lambda s: Stance(pitch_deg=22 * bump(s, 0.4, 1.5)),
}
NEUTRAL = Stance()


@dataclass
class Clip:
    """Somebody who does ``does`` when ``asked`` is asked, before a screen that shows ``shown``."""

    asked: tuple[Action, ...] = (Action.TURN_LEFT, Action.BLINK)
    does: tuple[Action | None, ...] | None = None
    shown: Sequence[Colour] | None = COLOURS
    path: LivenessPath = LivenessPath.FULL
    light: float = 0.08
    depth: Depth = head_mm
    change: Callable[[int, float, Stance], Stance | None] = lambda number, at_ms, stance: stance
    jitter_ms: float = 0.6
    is_virtual: bool = False
    orders: list[Ordered] = field(default_factory=list)
    flash_ms: float | None = None

    def __post_init__(self) -> None:
        at_ms = ALIGN_MS
        for action in self.asked:
            self.orders.append(Ordered(OrderKind.ACTION, at_ms, action))
            at_ms += ACTION_MS
        if self.path is not LivenessPath.NO_FLASH:
            self.orders.append(Ordered(OrderKind.FLASH, at_ms, colours=COLOURS))
            self.flash_ms = at_ms + 80
            at_ms = self.flash_ms + WHOLE_MS + 40
        self.orders.append(Ordered(OrderKind.SEAL, at_ms))
        self.end_ms = at_ms + 600

    @property
    def case(self) -> Case:
        return Case(self.path, tuple(self.orders), FRAME_MS, self.flash_ms, self.is_virtual)

    def stances(self) -> Iterator[tuple[float, Stance | None]]:
        does = self.does or self.asked
        made = np.random.default_rng(3)
        for number in range(round(self.end_ms / FRAME_MS)):
            at_ms = number * FRAME_MS + float(made.uniform(-1, 1)) * self.jitter_ms
            stance = NEUTRAL
            for order, action in zip(self.orders, does, strict=False):
                if action is not None and 0 <= at_ms - order.after_ms < ACTION_MS:
                    stance = DOES[action]((at_ms - order.after_ms) / 1000)
            yield at_ms, self.change(number, at_ms, stance)

    def judged(self, case: Case | None = None, other_from_ms: float = np.inf) -> Judgement:
        drawer, other = Drawer(self.depth), Drawer(self.depth, seed=17)
        mesh = Known()

        def frames() -> Iterator[tuple[float, Picture]]:
            for at_ms, stance in self.stances():
                mesh.stance = stance
                colour = (160, 160, 160)
                if self.shown is not None and self.flash_ms is not None:
                    colour = shown_at(self.shown, at_ms - self.flash_ms - LAG_MS)
                yield at_ms, (drawer if at_ms < other_from_ms else other).picture(stance or NEUTRAL, colour, self.light)

        return judge(frames(), case or self.case, mesh)


class Known:
    """A mesh that has been told where the points are."""

    def __init__(self) -> None:
        self.stance: Stance | None = NEUTRAL

    def find(self, bgr: Picture) -> Found:
        return Found(None if self.stance is None else points_of(self.stance))

    def close(self) -> None:
        """Nothing is held."""


class Drawer:
    """Skin with pores on a head, in the colour of room and screen."""

    def __init__(self, depth: Depth, seed: int = 5) -> None:
        self._depth = depth
        # As much contrast as eyes, lips and pores have.
        self._texture = np.clip((skin(seed).astype(np.float32) - 120) * 3 + 130, 20, 235).astype(np.uint8)
        self._known: dict[int, Picture] = {}
        self._noise = np.random.default_rng(6)

    def picture(self, stance: Stance, colour: Colour, light: float) -> Picture:
        turned_deg = round(stance.yaw_deg)
        if turned_deg not in self._known:
            self._known[turned_deg] = turned(self._texture, self._depth, float(turned_deg))
        room = np.array([0.62, 0.78, 1.0]) * (1 + light * (np.array(colour[::-1]) / 255) ** 2.2)
        picture = self._known[turned_deg][:, :, None] * (room ** (1 / 2.2)).astype(np.float32)
        grain = self._noise.integers(-2, 3, (480, 1, 3)) + self._noise.integers(-2, 3, (1, 640, 3))
        return np.clip(picture + grain, 0, 255).astype(np.uint8)


def grade(found: Judgement, finding: Finding) -> Grade:
    return next(sign.grade for sign in found.signs if sign.finding is finding)


@pytest.mark.slow
def test_who_does_what_is_asked_is_alive() -> None:
    clip = Clip(asked=(Action.TURN_LEFT, Action.BLINK, Action.MOUTH_OPEN))
    found = clip.judged()
    assert (found.verdict, found.retry) == (Verdict.LIVE, None)
    assert {sign.finding: sign.grade for sign in found.signs} == dict.fromkeys(Finding, Grade.FITS)
    assert found.figures["correlation"] >= POLICY.flash.least_correlation
    assert found.figures["likeness"] > 0.9
    assert found.figures["lag_ms"] == pytest.approx(LAG_MS, abs=40)
    at = {moment.label: moment.at_ms for moment in found.moments}
    assert list(at) == ["best", "turn_left", "blink", "mouth_open", "flash_3", "flash_7"]
    assert clip.flash_ms is not None
    assert at["turn_left"] == pytest.approx(ALIGN_MS + 1200, abs=100)
    assert at["blink"] == pytest.approx(ALIGN_MS + ACTION_MS + 800, abs=100)
    assert at["flash_3"] == pytest.approx(clip.flash_ms + BEFORE_MS + 2.5 * EACH_MS + LAG_MS, abs=80)
    assert not clip.flash_ms <= at["best"] <= clip.flash_ms + WHOLE_MS
    assert set(at.values()) <= {at_ms for at_ms, _ in clip.stances()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clip", "retry"),
    [
        (Clip(does=(Action.TURN_LEFT, Action.NOD)), Retry.ACTION_MISSED),
        (Clip(does=(Action.TURN_RIGHT, Action.BLINK)), Retry.ACTION_MISSED),
        (Clip(does=(None, Action.TURN_LEFT)), Retry.ACTION_MISSED),
        (Clip(shown=drawn(random.Random(9).choice)), Retry.NO_LIGHT),
        (Clip(shown=None), Retry.NO_LIGHT),
        (Clip(depth=flat_mm), Retry.NO_DEPTH),
        (Clip(change=lambda number, at_ms, stance: None if 60 < number < 85 else stance), Retry.INTERRUPTED),
        (Clip(change=lambda number, at_ms, stance: None), Retry.UNCLEAR),
        (Clip(change=lambda number, at_ms, stance: replace(stance, px_per_mm=0.6)), Retry.UNCLEAR),
    ],
    ids=["other action", "other side", "too late", "other colours", "no colours", "flat", "lost", "nobody", "far"],
)
def test_what_is_missing_is_named(clip: Clip, retry: Retry) -> None:
    found = clip.judged()
    assert (found.verdict, found.retry) == (Verdict.RETRY, retry)


@pytest.mark.slow
def test_what_was_done_before_it_was_asked_does_not_count() -> None:
    """A program that says that an action was done before anything of it is seen, to be told what comes next."""
    clip = Clip(asked=(Action.TURN_LEFT, Action.BLINK))
    first, second, *others = clip.orders
    clip.orders = [first, replace(second, after_ms=first.after_ms + 300), *others]
    assert clip.judged().retry is Retry.ACTION_MISSED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clip", "looked_at"),
    [
        (Clip(path=LivenessPath.NO_FLASH), {Finding.ACTIONS, Finding.DEPTH}),
        (Clip(path=LivenessPath.NO_ACTIONS, asked=()), {Finding.LIGHT}),
    ],
    ids=["no flash", "no actions"],
)
def test_a_reduced_path_is_for_an_operator(clip: Clip, looked_at: set[Finding]) -> None:
    found = clip.judged()
    assert (found.verdict, found.retry) == (Verdict.REVIEW, None)
    for finding in (Finding.ACTIONS, Finding.DEPTH, Finding.LIGHT):
        assert grade(found, finding) is (Grade.FITS if finding in looked_at else Grade.NOT_LOOKED_AT)


@pytest.mark.slow
def test_a_camera_that_is_slower_than_it_says_is_no_gap() -> None:
    clip = Clip(asked=(Action.TURN_LEFT,))
    promised = replace(clip.case, frame_ms=FRAME_MS / 2)
    assert clip.judged(promised).verdict is Verdict.LIVE


@pytest.mark.slow
def test_hints_are_for_an_operator_and_refuse_nobody() -> None:
    found = Clip(asked=(Action.TURN_LEFT,), is_virtual=True).judged()
    assert (found.verdict, grade(found, Finding.DEVICE)) == (Verdict.REVIEW, Grade.WEAK)
    found = Clip(asked=(Action.TURN_LEFT,), jitter_ms=0.0).judged()
    assert (found.verdict, grade(found, Finding.DEVICE)) == (Verdict.LIVE, Grade.FITS)
    assert found.signs[-1].params == {"virtual": "0", "even": "1"}


@pytest.mark.slow
def test_another_face_in_between_is_for_an_operator() -> None:
    clip = Clip(asked=(Action.TURN_LEFT,))
    first_ms = clip.orders[1].after_ms
    found = clip.judged(other_from_ms=first_ms)
    assert (found.verdict, grade(found, Finding.CONTINUITY)) == (Verdict.REVIEW, Grade.WEAK)
    assert found.figures["likeness"] < POLICY.judge.least_likeness


def test_a_clip_that_breaks_off_and_one_without_orders() -> None:
    clip = Clip()
    clip.end_ms = ALIGN_MS + 200
    assert clip.judged().retry is Retry.ACTION_MISSED
    with pytest.raises(ValueError, match="orders"):
        judge([], Case(LivenessPath.FULL, (), FRAME_MS), Known())
    nothing = judge([], clip.case, Known())
    assert (nothing.verdict, nothing.retry) == (Verdict.RETRY, Retry.UNCLEAR)
