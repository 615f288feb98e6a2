"""Taking back what was done in a room: each line of the record once. Store thread, inside a write.

What has changed since then stays as it is: a mute whose time is over does not begin anew, a message that was hidden by
somebody else meanwhile stays hidden. The messages of somebody who was sent out stay hidden in any case.
"""

from __future__ import annotations

import json
from typing import Any

from app.contract.errors import ErrorCode
from app.contract.events import ModActed
from app.contract.room import QUESTION_ACTS, ActionKind
from app.domain.room.roles import RoomRole, may_undo
from server.accounts.presence import require_presence
from server.audit import audit
from server.effects import ModeratorsTold
from server.errors import Attempt, Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.rooms import binding, book, held, hiding, moderation, rules, words
from server.rooms.people import role_of, standing_in, was_sent_out
from server.sessions.acts import subject_of
from server.store.models import MessageRow, SessionRow
from server.store.room_models import ActionRow, RestrictionRow
from server.store.store import Tx

FORGOTTEN = "{}"
"""In place of what undoing needs."""
ABOUT_MESSAGES = (
    ActionKind.DELETE_MESSAGE, ActionKind.PIN, ActionKind.UNPIN, ActionKind.RELEASE_HELD, ActionKind.REFUSE_HELD,
)  # fmt: skip
"""They cannot be undone once the messages are forgotten."""


def undo(tx: Tx, actor: Person, session_id: str, action_id: str) -> str:
    """Take it back; a repeat by the same person is done already. Returns its id.

    Raises Refusal: not_found, forbidden for what somebody of a higher role did, already_undone by another.
    """
    row, session = tx.db.get(ActionRow, action_id), tx.db.get(SessionRow, session_id)
    if row is None or session is None or row.session_id != session_id:
        raise Refusal(ErrorCode.NOT_FOUND)
    require_presence(tx.db, actor)
    room = standing_in(tx.db, session, actor.account_id, tx.now_ms)
    require(Act.MODERATE, actor, subject_of(session), room=room)
    if not may_undo(room.role, RoomRole(row.actor_role), is_own=row.actor_id == actor.account_id):
        refusal = Refusal(ErrorCode.FORBIDDEN)
        refusal.attempt = Attempt(actor.account_id, Act.MODERATE.value, session_id)
        raise refusal
    if not _can_be_undone(row):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    if row.undone_ms is not None:
        if row.undone_by == actor.account_id:
            return row.id
        raise Refusal(ErrorCode.ALREADY_UNDONE)
    row.undone_ms, row.undone_by = tx.now_ms, actor.account_id
    tx.db.flush()
    book.forget(tx.db)
    try:
        for name, value in json.loads(row.undo).items():
            _take_back(tx, session, name, value)
    finally:
        book.forget(tx.db)
    audit(tx, actor.account_id, "room.undone", row.target_id or session_id, row.kind)
    tx.effects.append(ModeratorsTold(session_id, "mod.acted", ModActed(action_id=row.id)))
    return row.id


def _take_back(tx: Tx, session: SessionRow, name: str, value: Any) -> None:
    match name:
        case "restore":
            hiding.show(tx, session, [one for one in value if not _stays_hidden(tx, session, one)])
        case "unrelease":
            held.take_back(tx, session, value)
        case "hold":
            held.hold_again(tx, session, value)
        case "pin":
            rules.unpin(tx, session, *value)
        case "lift":
            binding.revoke(tx, session, _restrictions(tx, value))
        case "bind":
            rows = [row for row in _restrictions(tx, value) if row.lifted_ms is not None]
            binding.set_lifted(tx, session, binding.held_again(tx, rows), is_lifted=False)
        case "appoint":
            moderation.appoint(tx, session, value)
        case "dismiss":
            moderation.dismiss(tx, session, value)
        case "rules":
            before, after = (rules.from_json(one) for one in value)
            rules.take_back(tx, session, before, after)
        case "shield":
            rules.raise_shield(tx, session) if value else rules.lower_shield(tx, session)
        case "add_word" | "remove_word":
            _word(tx, session, value, is_added=name == "add_word")


def _word(tx: Tx, session: SessionRow, word: str, *, is_added: bool) -> None:
    try:
        (words.add_word if is_added else words.remove_word)(tx, session, word)
    except Refusal as refusal:
        if refusal.reason not in (ErrorCode.STATE_CONFLICT, ErrorCode.NOT_FOUND):
            raise


def _stays_hidden(tx: Tx, session: SessionRow, message_id: str) -> bool:
    """Its author was sent out since, or it had been held and its release was taken back."""
    message = tx.db.get(MessageRow, message_id)
    if message is None:
        return False
    is_out = was_sent_out(tx.db, session, message.author_id, message.sent_ms)
    return is_out or held.is_taken_back(tx, message_id)


def _restrictions(tx: Tx, ids: list[str]) -> list[RestrictionRow]:
    return [row for one in ids if (row := tx.db.get(RestrictionRow, one)) is not None]


def is_undoable(row: ActionRow, role: RoomRole, account_id: str) -> bool:
    """Whether this person may take it back now."""
    is_own = row.actor_id == account_id
    return row.undone_ms is None and _can_be_undone(row) and may_undo(role, RoomRole(row.actor_role), is_own=is_own)


def _can_be_undone(row: ActionRow) -> bool:
    """What it needs is still known: of what was said it is forgotten with the chat."""
    return ActionKind(row.kind) not in QUESTION_ACTS and row.undo != FORGOTTEN


__all__ = ["is_undoable", "role_of", "undo"]
