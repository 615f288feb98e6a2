"""Questions of a room over REST; what changes goes out as events of its room (``question.…`` of contract.events).

Asked by ``POST /sessions/{id}/questions`` with an Idempotency-Key, seconded by ``PUT …/questions/{qid}/second`` and
taken back by ``DELETE`` there. Who moderates posts to ``…/questions/{qid}/{act}``; each can be repeated.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.contract.wire import Wire
from app.domain.room.questions import MAX_QUESTION_CHARS, QuestionState

MAX_LISTED = 300
"""The first so many in their order; open ones before answered ones."""


class QuestionAct(StrEnum):
    SHOW = "show"
    """On screen; the one that was there goes back into the row."""
    HIDE_CARD = "hide_card"
    """Off the screen, into the row again."""
    ANSWER = "answer"
    DELETE = "delete"


class AskQuestion(Wire):
    """1 … 100 characters after blanks are collapsed."""

    text: Annotated[str, Field(max_length=8 * MAX_QUESTION_CHARS)]


class QuestionItem(Wire):
    """``text`` and names of a hidden one are empty."""

    id: str
    author_id: str
    author_name: str
    text: str
    seconds: int
    state: QuestionState
    rev: int
    """Grows with every change: of two tellings the higher is newer."""
    asked_at: datetime
    is_seconded: bool = False
    """By who asks for it."""
