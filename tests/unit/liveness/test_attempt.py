"""An attempt goes its way in order, and ends at what must end it, wherever that comes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.flash import WHOLE_MS, drawn
from app.domain.liveness import Abort, Action, Phase
from app.liveness.attempt import Attempt, Frame
from app.liveness.colours import Skin
from app.liveness.face import Box
from app.liveness.guidance import Look
from app.liveness.policy import POLICY
from tests.unit.liveness.stick import FRAME_MS, Stance, at, bump

BOX = Box(215, 105, 210, 278)
GOOD = Look(0.0, has_face=True, width_ratio=0.33)
COLOURS = drawn(random.Random(4).choice)
DOES: dict[Action, Callable[[float], Stance]] = {
    Action.BLINK: lambda s: Stance(eyes=1 - 0.9 * bump(s, 0.5, 0.3)),
    Action.MOUTH_OPEN: lambda s: Stance(mouth_mm=2 + 40 * bump(s, 0.3, 1.5)),
    Action.TURN_LEFT: lambda s: Stance(yaw_deg=35 * bump(s, 0.3, 1.5)),
    Action.TURN_RIGHT: lambda s: Stance(yaw_deg=-35 * bump(s, 0.3, 1.5)),
    Action.NOD: lambda s: Stance(pitch_deg=22 * bump(s, 0.3, 1.5)),
}


class Person:
    """Somebody before the camera, and the service's orders."""

    def __init__(self, actions: tuple[Action, ...] = (Action.TURN_LEFT, Action.BLINK)) -> None:
        self.attempt = Attempt(FRAME_MS)
        self.orders = list(actions)
        self.at_ms = 0.0
        self.phases: list[Phase] = []

    def frame(self, stance: Stance | None) -> Frame:
        look = replace(GOOD, at_ms=self.at_ms)
        if stance is None:
            return Frame(replace(look, has_face=False))
        return Frame(look, at(self.at_ms, stance), BOX, Skin(self.at_ms, (150.0, 110.0, 90.0)))

    def show(self, stance: Stance | None, change: Callable[[Frame], Frame] = lambda frame: frame) -> Phase:
        phase = self.attempt.feed(change(self.frame(stance))).phase
        self.at_ms += FRAME_MS
        if not self.phases or self.phases[-1] is not phase:
            self.phases.append(phase)
        return phase

    def go(self, until: Phase, seconds: float = 20.0) -> None:
        """Does what is asked, up to this phase."""
        for stance in self._asked(seconds):
            if self.show(stance) in (until, Phase.ABORTED):
                return

    def _asked(self, seconds: float) -> Iterator[Stance]:
        since_ms, action = self.at_ms, None
        for _ in range(round(seconds * 30)):
            if self.attempt.status.phase is Phase.WAIT:
                since_ms = self.at_ms
                if self.orders:
                    action = self.orders.pop(0)
                    self.attempt.ask(action, self.at_ms)
                elif self.attempt.flash_ms is None:
                    self.attempt.flash(COLOURS, self.at_ms)
                else:
                    self.attempt.seal(self.at_ms)
            acts = self.attempt.status.phase is Phase.ACTION and action is not None
            yield DOES[action]((self.at_ms - since_ms) / 1000) if acts and action is not None else Stance()


@pytest.mark.parametrize(
    "actions", [(Action.TURN_LEFT, Action.BLINK), (Action.NOD, Action.MOUTH_OPEN, Action.TURN_RIGHT)]
)
def test_who_does_what_is_asked_comes_to_the_end(actions: tuple[Action, ...]) -> None:
    person = Person(actions)
    person.go(Phase.FINISHED)
    attempt = person.attempt
    assert attempt.status.phase is Phase.FINISHED
    assert attempt.is_over
    assert [step.action for step in attempt.steps] == list(actions)
    assert all(earlier.until_ms <= later.from_ms for earlier, later in itertools.pairwise(attempt.steps))
    assert attempt.colours == COLOURS
    assert attempt.flash_ms is not None
    assert attempt.skin[-1].at_ms - attempt.flash_ms >= WHOLE_MS
    assert person.phases[-2:] == [Phase.RECENTRE, Phase.FINISHED]
    assert person.at_ms < POLICY.abort.whole_ms


def test_nothing_is_asked_before_its_turn() -> None:
    attempt = Attempt(FRAME_MS)
    with pytest.raises(ValueError, match="align"):
        attempt.ask(Action.BLINK, 0.0)
    with pytest.raises(ValueError, match="align"):
        attempt.flash(COLOURS, 0.0)


def test_what_was_done_before_it_was_asked_is_no_answer() -> None:
    person = Person(())
    person.go(Phase.WAIT)
    person.attempt.ask(Action.BLINK, person.at_ms + 3000)
    for number in range(60):
        person.show(DOES[Action.BLINK](number / 30))
    assert person.attempt.steps == []


def begun(until: Phase = Phase.ACTION) -> Person:
    person = Person()
    person.go(until)
    assert person.attempt.status.phase is until
    return person


def aborted(person: Person) -> Abort | None:
    return person.attempt.status.abort


@pytest.mark.parametrize("phase", [Phase.ACTION, Phase.FLASH])
def test_who_is_lost_or_joined_ends_it(phase: Phase) -> None:
    person = begun(phase)
    for _ in range(10):
        person.show(None)
    assert aborted(person) is None
    for _ in range(10):
        person.show(None)
    assert aborted(person) is Abort.FACE_LOST
    person = begun(phase)
    told = []
    for _ in range(12):
        person.show(Stance(), lambda frame: replace(frame, look=replace(frame.look, other_width_ratio=0.2)))
        told.append(aborted(person))
    assert told.index(Abort.SECOND_FACE) * FRAME_MS == pytest.approx(POLICY.abort.second_face_ms, abs=FRAME_MS * 1.1)


def test_a_face_that_jumps_is_another_one() -> None:
    person = begun()
    person.show(Stance(), lambda frame: replace(frame, box=replace(BOX, left_px=BOX.left_px + 0.6 * BOX.width_px)))
    assert aborted(person) is Abort.JUMPED


def test_a_gap_or_many_dropped_frames_end_it() -> None:
    person = begun()
    person.at_ms += 300
    person.show(Stance())
    assert aborted(person) is Abort.FRAMES_MISSING
    person = begun()
    for number in range(60):
        person.at_ms += FRAME_MS if number % 5 == 0 else 0
        person.show(Stance())
    assert aborted(person) is Abort.FRAMES_MISSING


def test_the_wrong_side_or_nothing_at_all_ends_it() -> None:
    person = begun()
    for number in range(30):
        person.show(Stance(yaw_deg=-number))
    assert aborted(person) is Abort.WRONG_SIDE
    person = begun()
    for _ in range(260):
        person.show(Stance())
    assert aborted(person) is Abort.ACTION_TOO_LATE


def test_who_looks_away_while_the_colours_show_ends_it() -> None:
    person = begun(Phase.FLASH)
    person.show(Stance(yaw_deg=20))
    assert aborted(person) is Abort.MOVED_IN_FLASH


def test_it_does_not_take_longer_than_a_minute() -> None:
    person = begun(Phase.WAIT)
    person.orders = []
    for _ in range(60 * 30 + 60):
        if person.show(Stance()) is Phase.ABORTED:
            break
    assert aborted(person) is Abort.TOO_LONG


def test_back_in_the_middle_for_a_moment_is_the_end() -> None:
    person = begun(Phase.RECENTRE)
    assert {person.show(Stance(yaw_deg=12)) for _ in range(30)} == {Phase.RECENTRE}
    person.go(Phase.FINISHED)
    assert person.phases[-1] is Phase.FINISHED


@settings(max_examples=30)
@given(st.sampled_from(list(Abort)), st.integers(0, 80))
def test_what_is_over_stays_over(reason: Abort, frames: int) -> None:
    person = Person()
    for stance in person._asked(frames / 30):
        person.show(stance)
    person.attempt.abort(reason)
    person.attempt.abort(Abort.GIVEN_UP)
    for _ in range(3):
        assert person.show(Stance()) is Phase.ABORTED
    assert aborted(person) is reason


def test_before_it_has_begun_one_may_come_and_go() -> None:
    person = Person()
    for number in range(90):
        person.show(None if number % 20 < 10 else Stance())
        person.at_ms += 200 if number == 50 else 0
    assert person.attempt.status.phase is Phase.ALIGN
