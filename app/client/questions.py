"""Questions of a room on the wire. Owned by the I/O loop."""

from __future__ import annotations

from urllib.parse import quote

from app.client.api import parsed, parsed_all
from app.client.caller import Caller
from app.contract.questions import QuestionAct, QuestionItem

MAX_REPLY_BYTES = 1024 * 1024


class QuestionCalls(Caller):
    """See ports.questions."""

    async def questions(self, session_id: str) -> list[QuestionItem]:
        found = await self._signed("GET", _questions(session_id), max_reply_bytes=MAX_REPLY_BYTES)
        return parsed_all(QuestionItem, found)

    async def act_on_question(self, session_id: str, question_id: str, act: QuestionAct) -> QuestionItem:
        path = f"{_questions(session_id)}/{quote(question_id, safe='')}/{act.value}"
        return parsed(QuestionItem, await self._signed("POST", path))


def _questions(session_id: str) -> str:
    return f"/sessions/{quote(session_id, safe='')}/questions"
