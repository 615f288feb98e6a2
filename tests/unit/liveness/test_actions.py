"""Each action is found when it is done, and nothing else is taken for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.liveness import Action, Stage
from app.liveness.actions import Neutral, neutral_of, recogniser_for
from app.liveness.face import Motion
from tests.unit.liveness.stick import Stance, at, bump, played

NEUTRAL = neutral_of([at(number * 33.3, Stance()) for number in range(25)])


def stages(action: Action, motions: Iterable[Motion], neutral: Neutral = NEUTRAL) -> list[Stage]:
    recogniser = recogniser_for(action, neutral)
    return [recogniser.feed(motion).stage for motion in motions]


def done(action: Action, motions: Iterable[Motion]) -> bool:
    return stages(action, motions)[-1] is Stage.DONE


def acted(action: Action, seconds: float = 1.2) -> list[Motion]:
    """A person who does it once, after half a second."""
    changes = {
        Action.BLINK: lambda s: {"eyes": 1 - 0.9 * bump(s, 0.5, 0.3)},
        Action.MOUTH_OPEN: lambda s: {"mouth_mm": 2 + 40 * bump(s, 0.5, seconds)},
        Action.TURN_LEFT: lambda s: {"yaw_deg": 35 * bump(s, 0.5, seconds)},
        Action.TURN_RIGHT: lambda s: {"yaw_deg": -35 * bump(s, 0.5, seconds)},
        Action.NOD: lambda s: {"pitch_deg": 22 * bump(s, 0.5, seconds)},
    }
    return list(played(1.0 + seconds, changes[action]))


@pytest.mark.parametrize(("asked", "acts"), list(itertools.product(Action, Action)))
def test_an_action_is_found_and_no_other_is_taken_for_it(asked: Action, acts: Action) -> None:
    found = stages(asked, acted(acts))[-1]
    opposite = {asked, acts} == {Action.TURN_LEFT, Action.TURN_RIGHT}
    assert found is (Stage.DONE if asked is acts else Stage.WRONG if opposite else Stage.WAITING)


@pytest.mark.parametrize("action", list(Action))
def test_it_is_over_only_when_the_person_is_back(action: Action) -> None:
    seen = stages(action, acted(action))
    assert seen[0] is Stage.WAITING
    assert Stage.UNDERWAY in seen
    assert seen.index(Stage.DONE) > seen.index(Stage.UNDERWAY)
    assert set(seen[seen.index(Stage.DONE) :]) == {Stage.DONE}
    if action is not Action.BLINK:
        assert Stage.RETURNING in seen


@settings(max_examples=20)
@given(share=st.floats(0.0, 0.9))
def test_less_than_what_is_asked_is_not_enough(share: float) -> None:
    assert not done(Action.TURN_LEFT, played(2.5, lambda s: {"yaw_deg": 25 * share * bump(s, 0.3, 2)}))
    assert not done(Action.NOD, played(2.5, lambda s: {"pitch_deg": 12 * share * bump(s, 0.3, 2)}))
    assert not done(Action.MOUTH_OPEN, played(2.5, lambda s: {"mouth_mm": 2 + 20 * share * bump(s, 0.3, 2)}))
    assert not done(Action.BLINK, played(2.5, lambda s: {"eyes": 1 - 0.45 * share * bump(s, 0.3, 0.4)}))


@pytest.mark.parametrize(
    ("action", "change"),
    [(Action.TURN_LEFT, {"yaw_deg": 40.0}), (Action.MOUTH_OPEN, {"mouth_mm": 45.0}), (Action.NOD, {"pitch_deg": 25.0})],
)
def test_one_frame_of_it_is_nothing(action: Action, change: dict[str, float]) -> None:
    assert not done(action, played(1.0, lambda s: change if s == 0.5 else {}))


def test_who_stays_there_has_not_finished() -> None:
    assert stages(Action.TURN_LEFT, played(3, lambda s: {"yaw_deg": 35 * min(1.0, s)}))[-1] is Stage.RETURNING
    assert stages(Action.MOUTH_OPEN, played(3, lambda s: {"mouth_mm": 2 + 40 * min(1.0, s)}))[-1] is Stage.RETURNING


def test_eyes_that_were_shut_for_long_did_not_blink() -> None:
    assert not done(Action.BLINK, played(4, lambda s: {"eyes": 0.05 if 0.5 < s < 2.0 else 1.0}))
    assert done(Action.BLINK, played(6, lambda s: {"eyes": 0.05 if 0.5 < s < 2.0 else 1 - 0.95 * bump(s, 4, 0.3)}))


def test_eyes_that_begin_shut_did_not_blink() -> None:
    assert not done(Action.BLINK, played(1.5, lambda s: {"eyes": 0.05 if s < 0.2 else 1.0}))


@given(narrow=st.floats(0.45, 1.0), lasts_s=st.floats(0.15, 0.5))
def test_a_blink_is_measured_against_the_own_eyes(narrow: float, lasts_s: float) -> None:
    neutral = neutral_of([at(number * 33.3, Stance(eyes=narrow)) for number in range(25)])
    blinking = played(2, lambda s: {"eyes": narrow * (1 - 0.95 * bump(s, 0.6, lasts_s))})
    assert stages(Action.BLINK, blinking, neutral)[-1] is Stage.DONE


@settings(max_examples=30)
@given(
    swing_deg=st.floats(0, 60),
    tilt_deg=st.floats(0, 50),
    spin_deg=st.floats(0, 40),
    hz=st.floats(0.3, 4),
    rate=st.floats(0.5, 3),
)
def test_a_photograph_that_is_swung_does_nothing(
    swing_deg: float, tilt_deg: float, spin_deg: float, hz: float, rate: float
) -> None:
    photo = Stance(is_flat=True)
    neutral = neutral_of([at(number * 33.3, photo) for number in range(25)])

    def change(second: float) -> dict[str, float]:
        angle = 2 * math.pi * hz * second
        return {
            "yaw_deg": swing_deg * math.sin(angle),
            "pitch_deg": tilt_deg * math.sin(angle * rate),
            "roll_deg": spin_deg * math.sin(angle / 2),
        }

    for action in (Action.BLINK, Action.MOUTH_OPEN):
        assert stages(action, played(4, change, photo), neutral)[-1] is not Stage.DONE


def test_a_blink_of_a_face_too_far_away_is_not_judged() -> None:
    far = Stance(px_per_mm=0.3)
    neutral = neutral_of([at(number * 33.3, far) for number in range(25)])
    blinking = played(2, lambda s: {"eyes": 1 - 0.95 * bump(s, 0.6, 0.3)}, far)
    assert stages(Action.BLINK, blinking, neutral)[-1] is Stage.WAITING


def test_without_a_frame_there_is_no_neutral() -> None:
    with pytest.raises(ValueError, match="no frame"):
        neutral_of([])


def test_the_arc_grows_with_the_turn() -> None:
    recogniser = recogniser_for(Action.TURN_RIGHT, NEUTRAL)
    shares = [recogniser.feed(motion).share for motion in played(1, lambda s: {"yaw_deg": -30 * s})]
    assert shares == sorted(shares)
    assert shares[12] == pytest.approx(30 * 0.4 / 25, abs=0.05)
