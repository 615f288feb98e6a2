"""The states of applications and of images: the tables, and what holds after any sequence of tries."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from app.domain.application import ApplicationState, Side, may_step
from app.domain.images import ImagePurpose, ImageState, may_become

A, I = ApplicationState, ImageState  # noqa: E741
STEPS = {
    (A.DRAFT, A.SUBMITTED, Side.APPLICANT),
    (A.SUBMITTED, A.IN_REVIEW, Side.OPERATOR),
    (A.IN_REVIEW, A.APPROVED, Side.OPERATOR),
    (A.IN_REVIEW, A.RETURNED, Side.OPERATOR),
    (A.IN_REVIEW, A.REJECTED, Side.OPERATOR),
    (A.RETURNED, A.SUBMITTED, Side.APPLICANT),
}
CHANGES = {
    (I.PENDING, I.APPROVED), (I.PENDING, I.REFUSED), (I.PENDING, I.REPLACED),
    (I.APPROVED, I.REFUSED), (I.APPROVED, I.REPLACED), (I.REFUSED, I.REPLACED),
}  # fmt: skip
TRIES = st.lists(st.tuples(st.sampled_from(ApplicationState), st.sampled_from(Side)), max_size=60)


def test_an_application_makes_the_steps_of_its_table_and_no_other() -> None:
    found = {one for one in product(ApplicationState, ApplicationState, Side) if may_step(*one)}
    assert found == STEPS
    assert {one for one in ApplicationState if one.is_final} == {A.APPROVED, A.REJECTED}


def walk(tries: list[tuple[ApplicationState, Side]]) -> list[tuple[ApplicationState, Side]]:
    """The states that a draft comes to, each with who made the step."""
    made = [(A.DRAFT, Side.APPLICANT)]
    for following, side in tries:
        if may_step(made[-1][0], following, side):
            made.append((following, side))
    return made


@given(TRIES)
def test_whatever_is_tried_nobody_decides_alone_and_what_is_decided_stays(
    tries: list[tuple[ApplicationState, Side]],
) -> None:
    made = walk(tries)
    states = [state for state, _ in made]
    for place, (state, side) in enumerate(made):
        if state.is_final:
            assert side is Side.OPERATOR
            assert place == len(made) - 1
        if state in (A.APPROVED, A.REJECTED, A.RETURNED):
            # A consultant had it before, and the applicant had sent it.
            assert states[place - 2 : place] == [A.SUBMITTED, A.IN_REVIEW]
    for state in states:
        # It is always one's turn: of the applicant, of an operator, or of nobody.
        assert state.is_editable + state.is_with_operator + state.is_final == 1
    assert states.count(A.RETURNED) <= states.count(A.SUBMITTED)


@given(TRIES)
def test_what_is_not_decided_can_always_be_brought_to_an_end(tries: list[tuple[ApplicationState, Side]]) -> None:
    state = walk(tries)[-1][0]
    for _ in range(4):
        ways = [one for one in ApplicationState if any(may_step(state, one, side) for side in Side)]
        state = A.APPROVED if A.APPROVED in ways else ways[0] if ways else state
    assert state.is_final


def test_an_image_makes_the_changes_of_its_table_and_no_other() -> None:
    assert {one for one in product(ImageState, ImageState) if may_become(*one)} == CHANGES


@given(st.lists(st.sampled_from(ImageState), max_size=40))
def test_an_image_that_was_refused_or_replaced_is_never_shown_again(tries: list[ImageState]) -> None:
    made = [I.PENDING]
    for following in tries:
        if may_become(made[-1], following):
            made.append(following)
    hidden = [place for place, state in enumerate(made) if state in (I.REFUSED, I.REPLACED)]
    assert all(I.APPROVED not in made[place:] for place in hidden)
    assert made.count(I.REPLACED) <= 1


def test_papers_are_never_for_all() -> None:
    assert {one for one in ImagePurpose if one.is_public} == {ImagePurpose.AVATAR, ImagePurpose.COVER}
