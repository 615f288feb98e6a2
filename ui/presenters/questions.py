"""Questions of the room as cards of the live page: who asks, how many others, what can be done. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.room.questions import QuestionState
from app.i18n import Translator
from app.usecases.state import DeskState
from ui.presenters.chat import MODERATING
from ui.presenters.common import count_text, error_sentence

MOST_CARDS = 24


@dataclass(frozen=True)
class QuestionCardView:
    id: str
    head: str
    """屿上有风 · 12 人也想问."""
    text: str
    is_on_screen: bool
    is_busy: bool
    can_act: bool


@dataclass(frozen=True)
class QuestionsView:
    """No ``cards``: nobody has asked anything that waits."""

    cards: tuple[QuestionCardView, ...]
    count: str
    hint: str
    refusal: str


def present_questions(state: DeskState, tr: Translator) -> QuestionsView:
    """Those that wait for an answer, the one on screen first."""
    desk, room = state.questions, state.moderation.room
    can_act = room is not None and room.role in MODERATING
    waiting = [one for one in desk.items if one.state in (QuestionState.ASKED, QuestionState.ON_SCREEN)]
    cards = []
    for one in waiting[:MOST_CARDS]:
        name = one.author_name or tr.text("chat.nobody")
        others = tr.text("questions.others", count=count_text(one.seconds)) if one.seconds else ""
        cards.append(
            QuestionCardView(
                id=one.id,
                head=tr.text("room.dot").join(filter(None, (name, others))),
                text=one.text,
                is_on_screen=one.state is QuestionState.ON_SCREEN,
                is_busy=one.id in desk.busy,
                can_act=can_act,
            )
        )
    return QuestionsView(
        cards=tuple(cards) if state.room.is_followed else (),
        count=count_text(len(waiting)),
        hint=tr.text("questions.hint"),
        refusal=error_sentence(desk.trouble.code, desk.trouble.detail, tr) if desk.trouble is not None else "",
    )
