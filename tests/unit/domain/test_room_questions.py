"""Questions: which step is lawful, one on screen at most, limits of a person, the order; by examples and any play."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.domain.room.questions import (
    MOST_OPEN,
    Question,
    QuestionState,
    may_ask,
    may_follow,
    may_second,
    moved,
    ordered,
    place,
    seconded,
    shown,
)

ASKED, ON_SCREEN, ANSWERED, HIDDEN = QuestionState
PEOPLE = ("a", "b", "c")
LAWFUL = {
    (ASKED, ON_SCREEN), (ASKED, ANSWERED), (ASKED, HIDDEN), (ON_SCREEN, ASKED), (ON_SCREEN, ANSWERED),
    (ON_SCREEN, HIDDEN), (ANSWERED, HIDDEN),
}  # fmt: skip


@pytest.mark.parametrize("state", list(QuestionState))
@pytest.mark.parametrize("following", list(QuestionState))
def test_a_step_is_taken_when_it_is_lawful(state: QuestionState, following: QuestionState) -> None:
    question = Question("q", "a", 0, state)
    assert may_follow(state, following) is ((state, following) in LAWFUL)
    if may_follow(state, following):
        assert moved(question, following) == Question("q", "a", 0, following, rev=2)
    else:
        with pytest.raises(ValueError, match=f"{state} to {following}"):
            moved(question, following)


def test_what_goes_on_screen_takes_the_place_of_what_was_there() -> None:
    first, second = Question("1", "a", 0, ON_SCREEN), Question("2", "b", 1)
    assert shown([first, second], "2") == [Question("1", "a", 0, ASKED, rev=2), Question("2", "b", 1, ON_SCREEN, rev=2)]
    assert shown([first, second], "1") == []
    with pytest.raises(KeyError):
        shown([first], "2")
    with pytest.raises(ValueError, match="answered"):
        shown([first, Question("3", "b", 1, ANSWERED)], "3")


def test_a_person_has_three_open_ones_at_most() -> None:
    mine = [Question(str(n), "a", n) for n in range(MOST_OPEN)]
    assert may_ask(mine[1:], "a")
    assert not may_ask(mine, "a")
    assert may_ask(mine, "b")
    assert may_ask([*mine[1:], Question("0", "a", 0, ANSWERED)], "a")
    assert not may_ask([*mine[1:], Question("0", "a", 0, ON_SCREEN)], "a")


def test_one_seconds_an_open_question_of_somebody_else() -> None:
    assert may_second(Question("q", "a", 0), "b")
    assert may_second(Question("q", "a", 0, ON_SCREEN), "b")
    assert not may_second(Question("q", "a", 0), "a")
    assert not may_second(Question("q", "a", 0, ANSWERED), "b")
    assert seconded(Question("q", "a", 0), 1) == Question("q", "a", 0, seconds=1, rev=2)
    assert seconded(Question("q", "a", 0), -1).seconds == 0


def test_the_order_is_screen_then_wanted_most_then_eldest_then_answered() -> None:
    found = ordered(
        [
            Question("answered", "a", 0, ANSWERED, seconds=99),
            Question("young", "a", 9, seconds=5),
            Question("hidden", "a", 0, HIDDEN, seconds=99),
            Question("old", "a", 1, seconds=5),
            Question("few", "a", 0, seconds=1),
            Question("screen", "a", 5, ON_SCREEN),
        ]
    )
    assert [one.id for one in found] == ["screen", "old", "young", "few", "answered"]


questions = st.builds(
    Question, st.uuids().map(str), st.sampled_from(PEOPLE), st.integers(0, 9), st.sampled_from(QuestionState),
    st.integers(0, 3),
)  # fmt: skip


@given(st.lists(questions, unique_by=lambda one: one.id))
def test_the_order_depends_on_nothing_else(found: list[Question]) -> None:
    assert ordered(reversed(found)) == ordered(found)
    places = [place(one.state, one.seconds, one.asked_ms, one.id) for one in ordered(found)]
    assert all(before < after for before, after in pairwise(places))


class QuestionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.there: dict[str, Question] = {}

    def pick(self, number: int) -> Question | None:
        found = list(self.there.values())
        return found[number % len(found)] if found else None

    @rule(who=st.sampled_from(PEOPLE))
    def ask(self, who: str) -> None:
        if may_ask(self.there.values(), who):
            name = f"q{len(self.there)}"
            self.there[name] = Question(name, who, len(self.there))

    @rule(number=st.integers(0, 50))
    def show(self, number: int) -> None:
        question = self.pick(number)
        if question is None:
            return
        try:
            changed = shown(self.there.values(), question.id)
        except ValueError:
            assert not question.is_open
            return
        self.there |= {one.id: one for one in changed}
        assert self.there[question.id].state is ON_SCREEN

    @rule(number=st.integers(0, 50), to=st.sampled_from([ASKED, ANSWERED, HIDDEN]))
    def move(self, number: int, to: QuestionState) -> None:
        question = self.pick(number)
        if question is not None and may_follow(question.state, to):
            self.there[question.id] = moved(question, to)
            assert self.there[question.id].rev == question.rev + 1

    @invariant()
    def one_is_on_screen_at_most(self) -> None:
        assert sum(one.state is ON_SCREEN for one in self.there.values()) <= 1

    @invariant()
    def nobody_has_more_than_three_open(self) -> None:
        for who in PEOPLE:
            assert sum(one.author_id == who and one.is_open for one in self.there.values()) <= MOST_OPEN


TestQuestionMachine = QuestionMachine.TestCase
