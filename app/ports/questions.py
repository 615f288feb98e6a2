"""Questions of a room as the platform keeps them. Part of ``Platform``; coroutines as in ports.platform."""

from __future__ import annotations

from typing import Protocol

from app.contract.questions import QuestionAct, QuestionItem


class QuestionsPort(Protocol):
    """What who moderates a room sees of its questions, and does with one."""

    async def questions(self, session_id: str) -> list[QuestionItem]:
        """In their order: on screen, open, answered."""

    async def act_on_question(self, session_id: str, question_id: str, act: QuestionAct) -> QuestionItem:
        """As it is afterwards; repeatable. ``forbidden``, ``not_found`` once it is hidden, ``state_conflict``."""
