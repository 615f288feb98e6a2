"""The states of a face check: who may make which step, and when a time may be wished for."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.china_time import CHINA
from app.domain.face_check import CALL_HOURS, MAX_AHEAD_DAYS, FaceSide, FaceState, may_step, time_fault

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=CHINA)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def test_one_operator_verifies_what_the_camera_saw_and_another_one_what_was_proposed() -> None:
    steps = [one for one in product(FaceState, FaceSide) if may_step(one[0], FaceState.VERIFIED, one[1])]
    assert steps == [(FaceState.EVIDENCE, FaceSide.OPERATOR), (FaceState.SECOND_LOOK, FaceSide.SECOND_OPERATOR)]


def test_what_is_final_stays_so() -> None:
    for state, following, side in product(FaceState, FaceState, FaceSide):
        if state.is_final:
            assert not may_step(state, following, side)
        if may_step(state, following, side) and following is FaceState.VOIDED:
            assert (state, side) == (FaceState.VERIFIED, FaceSide.SERVICE)
    assert {state for state in FaceState if state.is_final} == {
        FaceState.RETAKE, FaceState.REFUSED, FaceState.CANCELLED, FaceState.VOIDED,
    }  # fmt: skip


def test_the_person_takes_it_back_until_it_is_held() -> None:
    mine = {state for state in FaceState if may_step(state, FaceState.CANCELLED, FaceSide.PERSON)}
    assert mine == {FaceState.REQUESTED, FaceState.APPOINTED}
    assert mine == {state for state in FaceState if state.may_be_cancelled}
    by_service = {state for state in FaceState if may_step(state, FaceState.CANCELLED, FaceSide.SERVICE)}
    assert by_service == {state for state in FaceState if state.is_pending}


@given(st.lists(st.tuples(st.sampled_from(list(FaceState)), st.sampled_from(list(FaceSide))), max_size=12))
def test_no_sequence_of_steps_verifies_without_two_operators(wishes: list[tuple[FaceState, FaceSide]]) -> None:
    state, made = FaceState.REQUESTED, []
    for following, side in wishes:
        if may_step(state, following, side):
            state = following
            made.append((following, side))
    if FaceState.VERIFIED in {one for one, _ in made}:
        assert (FaceState.NOTED, FaceSide.OPERATOR) in made
        assert (FaceState.SECOND_LOOK, FaceSide.OPERATOR) in made
        assert (FaceState.VERIFIED, FaceSide.SECOND_OPERATOR) in made


@pytest.mark.parametrize(
    ("at", "fault"),
    [
        (NOW, "past"),
        (NOW - timedelta(days=1), "past"),
        (NOW + timedelta(minutes=1), None),
        (NOW.replace(hour=17, minute=59), None),
        (NOW.replace(hour=CALL_HOURS[1]), "hours"),
        (NOW.replace(hour=CALL_HOURS[0] - 1, minute=59) + timedelta(days=1), "hours"),
        (NOW.replace(hour=CALL_HOURS[0]) + timedelta(days=1), None),
        (NOW + timedelta(days=MAX_AHEAD_DAYS), None),
        (NOW + timedelta(days=MAX_AHEAD_DAYS, minutes=1), "too_far"),
    ],
)
def test_a_time_to_wish_for_lies_in_working_hours_of_the_next_days(at: datetime, fault: str | None) -> None:
    assert time_fault(ms(at), ms(NOW)) == fault
