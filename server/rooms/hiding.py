"""Messages that are shown no more, and shown again. Store thread, inside a write; the room is told.

Who moderates hides them, a measure deletes them: either is enough, and each is taken back by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.contract.events import ChatHidden, ChatRestored
from server.rooms import rules
from server.rooms.facts import post_fact
from server.rooms.messages import all_restored
from server.store.models import MessageRow, SessionRow
from server.store.room_models import RoomRulesRow
from server.store.store import Tx

IDS_A_FACT = 500
TEXTS_A_FACT = 50
"""So that a fact stays within a frame."""


def hide(tx: Tx, session: SessionRow, messages: Iterable[MessageRow]) -> list[str]:
    """Ids of those that were shown until now."""
    changed = [one for one in messages if one.hidden_ms is None]
    shown = [one.id for one in changed if not one.is_gone]
    for message in changed:
        message.hidden_ms = tx.now_ms
    tx.db.flush()
    return _tell_gone(tx, session, shown)


def delete(tx: Tx, session: SessionRow, messages: Iterable[MessageRow]) -> list[str]:
    """As a measure does it; ids of those that were shown until now."""
    changed = [one for one in messages if one.deleted_ms is None]
    shown = [one.id for one in changed if not one.is_gone]
    for message in changed:
        message.deleted_ms = tx.now_ms
    tx.db.flush()
    return _tell_gone(tx, session, shown)


def undelete(tx: Tx, session: SessionRow, messages: Iterable[MessageRow]) -> list[str]:
    """The measure is over; ids of those that are shown again: what who moderates has hidden stays hidden."""
    changed = [one for one in messages if one.deleted_ms is not None]
    for message in changed:
        message.deleted_ms = None
    tx.db.flush()
    return _tell_shown(tx, session, changed)


def _tell_gone(tx: Tx, session: SessionRow, ids: list[str]) -> list[str]:
    for start in range(0, len(ids), IDS_A_FACT):
        post_fact(tx, session, "chat.hidden", ChatHidden(ids[start : start + IDS_A_FACT]))
    _follow_pin(tx, session, ids)
    return ids


def hide_all_of(tx: Tx, session: SessionRow, account_id: str) -> list[str]:
    """Everything that a person said in this session."""
    mine = select(MessageRow).where(
        MessageRow.session_id == session.id, MessageRow.author_id == account_id, MessageRow.hidden_ms.is_(None)
    )
    return hide(tx, session, tx.db.scalars(mine.order_by(MessageRow.seq)).all())


def show(tx: Tx, session: SessionRow, ids: Sequence[str]) -> list[str]:
    """Ids of those that were hidden until now and are shown again: what a measure has deleted is not."""
    found = [one for message_id in ids if (one := tx.db.get(MessageRow, message_id)) is not None]
    changed = [one for one in found if one.hidden_ms is not None and one.session_id == session.id]
    for message in changed:
        message.hidden_ms = None
    tx.db.flush()
    return _tell_shown(tx, session, changed)


def _tell_shown(tx: Tx, session: SessionRow, changed: Sequence[MessageRow]) -> list[str]:
    shown = [one for one in changed if not one.is_gone]
    for start in range(0, len(shown), TEXTS_A_FACT):
        part = shown[start : start + TEXTS_A_FACT]
        payload = ChatRestored(all_restored(tx.db, part))
        post_fact(tx, session, "chat.restored", payload, kept={"ids": [one.id for one in part]})
    return [one.id for one in shown]


def _follow_pin(tx: Tx, session: SessionRow, ids: Sequence[str]) -> None:
    """A pinned message that is hidden is pinned no more."""
    row = tx.db.get(RoomRulesRow, session.id)
    if row is not None and row.pinned_id in ids:
        rules.pin(tx, session, None)
