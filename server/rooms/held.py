"""Messages that wait to be released. Store thread, inside a write; who moderates is told, and the author."""

from __future__ import annotations

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.events import ChatHeld
from server.effects import PersonToldInRoom
from server.errors import Refusal
from server.rooms.chat import add_message, tell_held
from server.store.models import SessionRow
from server.store.room_models import HeldRow
from server.store.store import Tx

WAITING, RELEASED, REFUSED = "waiting", "released", "refused"


def release(tx: Tx, session: SessionRow, held_id: str | None) -> HeldRow:
    """It is in the room from now on. Raises Refusal: input_invalid, not_found, state_conflict."""
    row = _waiting(tx, session, held_id)
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


def hold_again(tx: Tx, session: SessionRow, held_id: str) -> bool:
    """A refused one waits again. False: it does not stand as it was left."""
    row = tx.db.get(HeldRow, held_id)
    if row is None or row.session_id != session.id or row.state != REFUSED:
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
