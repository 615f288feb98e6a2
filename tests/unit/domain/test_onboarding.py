"""The steps of the way to air, whatever the service knows of a person."""

from __future__ import annotations

from itertools import product

import pytest

from app.domain.application import ApplicationState
from app.domain.face_check import FaceStanding
from app.domain.onboarding import AgreementStanding, Facts, StepId, StepState, steps_of

APPLICATIONS, EITHER = (None, *ApplicationState), (False, True)
ALL = [Facts(*one) for one in product(AgreementStanding, APPLICATIONS, EITHER, EITHER, FaceStanding, EITHER)]


def test_one_step_stands_in_the_way_or_none_does() -> None:
    for facts in ALL:
        require_one_in_the_way(facts)


def require_one_in_the_way(facts: Facts) -> None:
    steps = steps_of(facts)
    assert [step for step, _ in steps] == list(StepId)
    states = [state for _, state in steps]
    in_the_way = [state for state in states if state in (StepState.CURRENT, StepState.WAITING)]
    assert len(in_the_way) == (0 if set(states) == {StepState.DONE} else 1)
    if in_the_way:
        place = states.index(in_the_way[0])
        assert set(states[:place]) <= {StepState.DONE}
        assert StepState.LATER not in states[:place]


def test_nobody_is_done_without_every_step() -> None:
    for facts in ALL:
        require_every_step(facts)


def require_every_step(facts: Facts) -> None:
    states = dict(steps_of(facts))
    is_done = set(states.values()) == {StepState.DONE}
    may_be_done = (
        facts.agreement is AgreementStanding.ACCEPTED
        and facts.has_identity
        and facts.is_anchor
        and facts.face is FaceStanding.VERIFIED
        and facts.has_planned
    )
    assert is_done == may_be_done
    if facts.agreement is AgreementStanding.UNPUBLISHED:
        # There is nothing that the person could do.
        assert states[StepId.AGREEMENT] is StepState.WAITING


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        (None, StepState.CURRENT),
        (ApplicationState.DRAFT, StepState.CURRENT), (ApplicationState.RETURNED, StepState.CURRENT),
        (ApplicationState.SUBMITTED, StepState.DONE), (ApplicationState.IN_REVIEW, StepState.DONE),
        (ApplicationState.REJECTED, StepState.CURRENT),
    ],
)  # fmt: skip
def test_whose_turn_it_is(application: ApplicationState | None, expected: StepState) -> None:
    states = dict(steps_of(Facts(AgreementStanding.ACCEPTED, application, False, has_identity=True)))
    assert states[StepId.APPLICATION] is expected
    waits = application is not None and application.is_with_operator
    assert (states[StepId.REVIEW] is StepState.WAITING) == waits


def test_the_face_waits_for_an_operator_and_nobody_else() -> None:
    for face in FaceStanding:
        facts = Facts(AgreementStanding.ACCEPTED, ApplicationState.APPROVED, True, True, face)
        state = dict(steps_of(facts))[StepId.FACE]
        expected = {FaceStanding.VERIFIED: StepState.DONE, FaceStanding.PENDING: StepState.WAITING}
        assert state is expected.get(face, StepState.CURRENT)


def test_who_was_an_anchor_before_is_asked_for_what_came_new() -> None:
    states = dict(steps_of(Facts(AgreementStanding.ACCEPTED, ApplicationState.APPROVED, True, has_identity=False)))
    assert states[StepId.IDENTITY] is StepState.CURRENT
    assert states[StepId.APPLICATION] is states[StepId.REVIEW] is StepState.DONE
