"""Questions (提问) of a room: who may ask and second, which of them is on screen, in which order they stand. Pure.

==========  ==================================================================
from        to
==========  ==================================================================
asked       on_screen, answered (it was answered without the card), hidden
on_screen   asked (the card is taken away), answered, hidden
answered    hidden
hidden      nothing: final
==========  ==================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

MAX_QUESTION_CHARS = 100
MOST_OPEN = 3
"""Of one person in one session."""


class QuestionState(StrEnum):
    ASKED = "asked"
    ON_SCREEN = "on_screen"
    ANSWERED = "answered"
    HIDDEN = "hidden"


_NEXT: dict[QuestionState, frozenset[QuestionState]] = {
    QuestionState.ASKED: frozenset({QuestionState.ON_SCREEN, QuestionState.ANSWERED, QuestionState.HIDDEN}),
    QuestionState.ON_SCREEN: frozenset({QuestionState.ASKED, QuestionState.ANSWERED, QuestionState.HIDDEN}),
    QuestionState.ANSWERED: frozenset({QuestionState.HIDDEN}),
    QuestionState.HIDDEN: frozenset(),
}
OPEN = (QuestionState.ASKED, QuestionState.ON_SCREEN)


@dataclass(frozen=True, slots=True)
class Question:
    """``seconds``: how many others want to know as well. ``rev`` grows with every change."""

    id: str
    author_id: str
    asked_ms: int
    state: QuestionState = QuestionState.ASKED
    seconds: int = 0
    rev: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its answer."""
        return self.state in OPEN


def may_follow(state: QuestionState, following: QuestionState) -> bool:
    """Whether ``following`` is a lawful next state of ``state``."""
    return following in _NEXT[state]


def moved(question: Question, to: QuestionState) -> Question:
    """In another state. Raises ValueError for an unlawful step."""
    if not may_follow(question.state, to):
        raise ValueError(f"{question.state} to {to}")
    return replace(question, state=to, rev=question.rev + 1)


def shown(questions: Iterable[Question], question_id: str) -> list[Question]:
    """What changes when this one goes on screen: itself, and the one before goes back into the row. The former first.

    Empty when it is on screen already. Raises ValueError for one that cannot, KeyError for one that is not there.
    """
    there = {one.id: one for one in questions}
    wanted = there[question_id]
    if wanted.state is QuestionState.ON_SCREEN:
        return []
    on_screen = moved(wanted, QuestionState.ON_SCREEN)
    former = [moved(one, QuestionState.ASKED) for one in there.values() if one.state is QuestionState.ON_SCREEN]
    return [*former, on_screen]


def may_ask(questions: Iterable[Question], account_id: str) -> bool:
    """Whether a person has room for another one."""
    return sum(1 for one in questions if one.author_id == account_id and one.is_open) < MOST_OPEN


def may_second(question: Question, account_id: str) -> bool:
    """An open one of somebody else."""
    return question.is_open and question.author_id != account_id


def seconded(question: Question, by: int) -> Question:
    """One person more (1) or less (−1) wants to know."""
    return replace(question, seconds=max(0, question.seconds + by), rev=question.rev + 1)


def place(state: QuestionState, seconds: int, asked_ms: int, id: str) -> tuple[int, int, int, str]:
    """To sort by: on screen, open, answered; of each what most want to know first, then the elder."""
    group = 0 if state is QuestionState.ON_SCREEN else 1 if state is QuestionState.ASKED else 2
    return group, -seconds, asked_ms, id


def ordered(questions: Iterable[Question]) -> list[Question]:
    """As they are shown; hidden ones are left out."""
    kept = [one for one in questions if one.state is not QuestionState.HIDDEN]
    return sorted(kept, key=lambda one: place(one.state, one.seconds, one.asked_ms, one.id))
