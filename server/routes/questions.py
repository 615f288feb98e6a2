"""Questions of a room: asking, seconding, reading them, and what who moderates does with one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header

from app.contract.errors import ErrorCode
from app.contract.questions import AskQuestion, QuestionAct, QuestionItem
from app.contract.rest import API_PREFIX
from app.domain.room.questions import MAX_QUESTION_CHARS
from app.runtime.clock import utc_ms
from server.conduct.checker import Place
from server.errors import Refusal
from server.gate import Person
from server.limits import Buckets
from server.rooms import question_acts, questions
from server.rooms.chat import checked_text
from server.routes.deps import REFUSALS, Reading, SignedIn, SomeId, WithServices
from server.services import Services

router = APIRouter(prefix=f"{API_PREFIX}/sessions/{{session_id}}/questions", responses=REFUSALS, tags=["questions"])
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,64}$")]


@router.get("")
async def list_questions(session_id: SomeId, person: Reading, services: WithServices) -> list[QuestionItem]:
    """On screen first, then open ones by how many want to know, then answered ones."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: questions.listed(db, person, session_id, now_ms))


@router.post("", status_code=201)
async def ask_question(
    session_id: SomeId, wish: AskQuestion, person: SignedIn, services: WithServices, key: Key
) -> QuestionItem:
    """By the rules of the chat, of which it shares the slow mode. Repeatable with its Idempotency-Key."""
    text = checked_text(wish.text, MAX_QUESTION_CHARS)
    _take_turn(services.room.chat_rate, person)
    findings = services.checker.check(text, Place.CHAT)
    return await services.store.write(lambda tx: questions.ask(tx, person, session_id, text, key, findings))


@router.put("/{question_id}/second")
async def second_question(
    session_id: SomeId, question_id: SomeId, person: SignedIn, services: WithServices
) -> QuestionItem:
    """I want to know it as well. Repeatable."""
    return await _second(services, person, session_id, question_id, is_on=True)


@router.delete("/{question_id}/second")
async def unsecond_question(
    session_id: SomeId, question_id: SomeId, person: SignedIn, services: WithServices
) -> QuestionItem:
    """No longer. Repeatable."""
    return await _second(services, person, session_id, question_id, is_on=False)


@router.post("/{question_id}/{act}")
async def act_on_question(
    session_id: SomeId, question_id: SomeId, act: QuestionAct, person: SignedIn, services: WithServices
) -> QuestionItem:
    """Of who moderates. Repeatable."""
    _take_turn(services.rates.moderation, person)
    return await services.store.write(lambda tx: question_acts.act(tx, person, session_id, question_id, act))


async def _second(
    services: Services, person: Person, session_id: str, question_id: str, *, is_on: bool
) -> QuestionItem:
    _take_turn(services.rates.second, person)
    return await services.store.write(lambda tx: questions.second(tx, person, session_id, question_id, is_on=is_on))


def _take_turn(rate: Buckets, person: Person) -> None:
    wait_s = rate.take(person.account_id)
    if wait_s > 0:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)
