"""Questions of a room: asked, seconded, read back, hidden with who asked them. Store threads, inside a write or a read.

The rules are ``app.domain.room.questions``. What moderators do is ``question_acts``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from sqlalchemy import case, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.questions import MAX_LISTED, QuestionItem
from app.domain.room.questions import OPEN, Question, QuestionState, may_ask, may_second, moved, ordered, seconded
from app.domain.session import SessionState
from server.accounts.presence import require_presence
from server.conduct.checker import Finding
from server.effects import QuestionSeconded
from server.errors import Refusal
from server.gate import Person, Subject, require
from server.gate_acts import Act
from server.once import done_before, remember
from server.rooms.chat import why_held
from server.rooms.facts import post_fact
from server.rooms.messages import question_told
from server.rooms.people import standing_in
from server.secrets import new_id
from server.store.models import AccountRow, SessionRow
from server.store.question_models import QuestionRow, QuestionSecondRow
from server.store.store import Tx

_OPEN = [state.value for state in OPEN]


def ask(
    tx: Tx, person: Person, session_id: str, text: str, key: str, findings: tuple[Finding, ...] = ()
) -> QuestionItem:
    """Once for each key. ``text`` is a checked one. What a message would wait for refuses a question.

    Raises Refusal: as a message does, and questions_full.
    """
    session = session_of(tx.db, session_id)
    request = f"question {session_id} {text}"
    earlier = done_before(tx, person.account_id, key, request)
    if earlier is not None:
        return item(tx.db, found(tx.db, session_id, earlier, with_hidden=True), person.account_id)
    require_presence(tx.db, person)
    room = standing_in(tx.db, session, person.account_id, tx.now_ms, person.roles)
    require(Act.CHAT, person, _subject(session), room=room)
    mine = select(QuestionRow).where(
        QuestionRow.session_id == session_id,
        QuestionRow.author_id == person.account_id,
        QuestionRow.state.in_(_OPEN),
        QuestionRow.deleted_ms.is_(None),
    )
    if not may_ask(map(as_question, tx.db.scalars(mine)), person.account_id):
        raise Refusal(ErrorCode.QUESTIONS_FULL)
    why = why_held(tx, session, person, room, text, findings)
    if why is not None:
        raise Refusal(ErrorCode.TEXT_REFUSED, detail={"field": "text", "label": why})
    row = QuestionRow(
        id=new_id(),
        session_id=session_id,
        author_id=person.account_id,
        author_name=tx.db.get_one(AccountRow, person.account_id).nickname,
        text=text,
        sent_ms=tx.now_ms,
        state=QuestionState.ASKED.value,
        seconds=0,
        rev=1,
    )
    tx.db.add(row)
    tx.db.flush()
    remember(tx, person.account_id, key, request, row.id)
    tell(tx, session, row)
    return item(tx.db, row, person.account_id)


def second(tx: Tx, person: Person, session_id: str, question_id: str, *, is_on: bool) -> QuestionItem:
    """Want to know it as well, or no longer. Repeatable.

    Raises Refusal: not_found, session_ended, removed_from_room, own_question, state_conflict once it was answered.
    """
    session = session_of(tx.db, session_id)
    row = found(tx.db, session_id, question_id)
    require_presence(tx.db, person)
    room = standing_in(tx.db, session, person.account_id, tx.now_ms, person.roles)
    require(Act.SECOND, person, _subject(session), room=room)
    if row.author_id == person.account_id:
        raise Refusal(ErrorCode.OWN_QUESTION)
    mine = tx.db.get(QuestionSecondRow, (question_id, person.account_id))
    if (mine is not None) is not is_on:
        if not may_second(as_question(row), person.account_id):
            raise Refusal(ErrorCode.STATE_CONFLICT)
        if mine is None:
            tx.db.add(QuestionSecondRow(question_id=question_id, account_id=person.account_id, at_ms=tx.now_ms))
        else:
            tx.db.delete(mine)
        keep(tx, row, seconded(as_question(row), 1 if is_on else -1))
        tx.effects.append(QuestionSeconded(session_id, row.id, row.seconds, row.rev))
    return item(tx.db, row, person.account_id)


def listed(db: Db, person: Person | None, session_id: str, now_ms: int) -> list[QuestionItem]:
    """All that are shown, in their order. Raises Refusal: not_found, removed_from_room."""
    session = session_of(db, session_id)
    account_id = person.account_id if person is not None else None
    if account_id is not None:
        require(Act.WATCH, person, _subject(session), room=standing_in(db, session, account_id, now_ms))
    is_last = case((QuestionRow.state == QuestionState.ANSWERED.value, 1), else_=0)
    query = (
        select(QuestionRow)
        .where(
            QuestionRow.session_id == session_id,
            QuestionRow.state != QuestionState.HIDDEN.value,
            QuestionRow.deleted_ms.is_(None),
        )
        .order_by(is_last, QuestionRow.seconds.desc(), QuestionRow.sent_ms, QuestionRow.id)
        .limit(MAX_LISTED)
    )
    rows = {row.id: row for row in (*_on_screen(db, session_id), *db.scalars(query))}
    mine = _seconded_by(db, account_id, rows)
    places = [one.id for one in ordered(as_question(row) for row in rows.values())]
    return [_item(rows[one], is_seconded=one in mine) for one in places]


def hide_all_of(tx: Tx, session: SessionRow, account_id: str) -> None:
    """What somebody who is sent out has asked."""
    mine = select(QuestionRow).where(
        QuestionRow.session_id == session.id,
        QuestionRow.author_id == account_id,
        QuestionRow.state != QuestionState.HIDDEN.value,
    )
    for row in tx.db.scalars(mine.order_by(QuestionRow.sent_ms, QuestionRow.id)).all():
        change(tx, session, row, moved(as_question(row), QuestionState.HIDDEN))


def delete(tx: Tx, session: SessionRow, row: QuestionRow) -> None:
    """As a measure does it: it is taken down and shown to nobody."""
    if row.state == QuestionState.ON_SCREEN.value:
        keep(tx, row, moved(as_question(row), QuestionState.ASKED))
    row.deleted_ms = tx.now_ms
    row.rev += 1
    tell(tx, session, row)


def undelete(tx: Tx, session: SessionRow, row: QuestionRow) -> None:
    """The measure is over: it stands in the row as before, unless who moderates has deleted it too."""
    row.deleted_ms = None
    if not row.is_gone:
        row.rev += 1
        tell(tx, session, row)


def take_down(tx: Tx, session: SessionRow) -> None:
    """The session is over: nothing is on screen any more."""
    for row in _on_screen(tx.db, session.id):
        change(tx, session, row, moved(as_question(row), QuestionState.ASKED))


def change(tx: Tx, session: SessionRow, row: QuestionRow, to: Question) -> None:
    """As the rules made it; the room is told."""
    keep(tx, row, to)
    tell(tx, session, row)


def keep(tx: Tx, row: QuestionRow, to: Question) -> None:
    row.state, row.seconds, row.rev = to.state.value, to.seconds, to.rev
    tx.db.flush()


def tell(tx: Tx, session: SessionRow, row: QuestionRow) -> None:
    """Post it as a fact. What was written is looked up when somebody resumes: it may be hidden by then."""
    payload: msgspec.Struct = question_told(row)
    post_fact(tx, session, "question.changed", payload, kept={"id": row.id})


def found(db: Db, session_id: str, question_id: str, *, with_hidden: bool = False) -> QuestionRow:
    """One of this room. Raises Refusal (not_found)."""
    row = db.get(QuestionRow, question_id)
    if row is None or row.session_id != session_id or (row.is_gone and not with_hidden):
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def session_of(db: Db, session_id: str) -> SessionRow:
    """Raises Refusal (not_found)."""
    row = db.get(SessionRow, session_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def as_question(row: QuestionRow) -> Question:
    return Question(row.id, row.author_id, row.sent_ms, QuestionState(row.state), row.seconds, row.rev)


def item(db: Db, row: QuestionRow, account_id: str) -> QuestionItem:
    """As this person gets it."""
    return _item(row, is_seconded=row.id in _seconded_by(db, account_id, [row.id]))


def _item(row: QuestionRow, *, is_seconded: bool) -> QuestionItem:
    told = question_told(row)
    return QuestionItem(
        id=told.id,
        author_id=told.author_id,
        author_name=told.author_name,
        text=told.text,
        seconds=told.seconds,
        state=QuestionState(told.state),
        rev=told.rev,
        asked_at=datetime.fromtimestamp(told.asked_ms / 1000, UTC),
        is_seconded=is_seconded,
    )


def _seconded_by(db: Db, account_id: str | None, ids: Iterable[str]) -> frozenset[str]:
    if account_id is None:
        return frozenset()
    mine = select(QuestionSecondRow.question_id).where(
        QuestionSecondRow.account_id == account_id, QuestionSecondRow.question_id.in_(list(ids))
    )
    return frozenset(db.scalars(mine))


def _on_screen(db: Db, session_id: str) -> list[QuestionRow]:
    query = select(QuestionRow).where(
        QuestionRow.session_id == session_id, QuestionRow.state == QuestionState.ON_SCREEN.value
    )
    return list(db.scalars(query))


def _subject(row: SessionRow) -> Subject:
    return Subject(row.anchor_id, SessionState(row.state), id=row.id)


def on_screen_or(db: Db, session_id: str, row: QuestionRow) -> dict[str, QuestionRow]:
    """This one and whatever is on screen, by id."""
    return {one.id: one for one in (*_on_screen(db, session_id), row)}
