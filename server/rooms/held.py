"""Messages that wait to be released. Store thread, inside a write; who moderates is told, and the author."""

from __future__ import annotations

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.events import ChatHeld
from app.domain.measures import CLOSES
from app.domain.session import SessionState
from server.effects import PersonToldInRoom
from server.errors import Refusal
from server.measures.record import limits_of
from server.rooms import hiding
from server.rooms.chat import add_message, tell_held
from server.rooms.people import standing_in, was_sent_out
from server.store.models import MessageRow, SessionRow
from server.store.room_models import HeldRow
from server.store.store import Tx

WAITING, RELEASED, REFUSED = "waiting", "released", "refused"


def release(tx: Tx, session: SessionRow, held_id: str | None) -> HeldRow:
    """It is in the room from now on. Raises Refusal: input_invalid, not_found, session_ended, state_conflict when its
    author may not be there or may not write by now."""
    row = _waiting(tx, session, held_id)
    if session.state == SessionState.ENDED.value:
        raise Refusal(ErrorCode.SESSION_ENDED)
    author = standing_in(tx.db, session, row.author_id, tx.now_ms)
    is_closed = bool(limits_of(tx.db, row.author_id, tx.now_ms, *CLOSES))
    if author.removal is not None or author.chat_limit is not None or is_closed:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    message = add_message(tx, session, row.author_id, row.author_name, row.request_id, row.text)
    row.message_id = message.id
    return _close(tx, row, RELEASED)


def refuse(tx: Tx, session: SessionRow, held_id: str | None) -> HeldRow:
    """It is never shown. Raises Refusal: input_invalid, not_found, state_conflict."""
    return _close(tx, _waiting(tx, session, held_id), REFUSED)


def refuse_all_of(tx: Tx, session: SessionRow, account_id: str) -> None:
    """What somebody who is sent out has waiting."""
    mine = select(HeldRow).where(
        HeldRow.session_id == session.id, HeldRow.author_id == account_id, HeldRow.state == WAITING
    )
    for row in tx.db.scalars(mine).all():
        _close(tx, row, REFUSED)


def take_back(tx: Tx, session: SessionRow, held_id: str) -> None:
    """It was released by mistake: it is shown no more, whatever else is taken back later."""
    row = tx.db.get(HeldRow, held_id)
    if row is None or row.session_id != session.id or row.state != RELEASED or row.message_id is None:
        return
    row.state = REFUSED
    tx.db.flush()
    hiding.hide(tx, session, [tx.db.get_one(MessageRow, row.message_id)])


def is_taken_back(tx: Tx, message_id: str) -> bool:
    """Whether it had been held, and its release was taken back."""
    query = select(HeldRow.id).where(HeldRow.message_id == message_id, HeldRow.state != RELEASED)
    return tx.db.scalar(query.limit(1)) is not None


def hold_again(tx: Tx, session: SessionRow, held_id: str) -> bool:
    """A refused one waits again. False: it does not stand as it was left."""
    row = tx.db.get(HeldRow, held_id)
    if row is None or row.session_id != session.id or row.state != REFUSED or row.message_id is not None:
        return False
    if was_sent_out(tx.db, session, row.author_id, row.sent_ms):
        return False
    _close(tx, row, WAITING)
    return True


def _waiting(tx: Tx, session: SessionRow, held_id: str | None) -> HeldRow:
    if held_id is None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "held_id"})
    row = tx.db.get(HeldRow, held_id)
    if row is None or row.session_id != session.id:
        raise Refusal(ErrorCode.NOT_FOUND)
    if row.state != WAITING:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return row


def _close(tx: Tx, row: HeldRow, state: str) -> HeldRow:
    row.state = state
    tx.db.flush()
    tell_held(tx, row)
    if state != RELEASED:
        told = ChatHeld(row.id, row.author_id, row.author_name, row.text, row.why, row.sent_ms, state)
        tx.effects.append(PersonToldInRoom(row.session_id, row.author_id, "chat.held", told))
    return row
