"""What may be done in a room: one act each, at once, written down with who, whom, what, why and until when.

Store thread, inside a write. Undoing is ``undoing``; the record is read by ``record``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.events import ModActed, RoleChanged
from app.contract.room import MAX_REASON_CHARS, ActionKind, ModerationWish
from app.domain.room.restrictions import OFFERED, Kind
from app.domain.room.roles import RoomRole
from server.accounts.presence import require_presence
from server.audit import audit
from server.effects import ModeratorsTold, PersonToldInRoom
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.once import done_before, remember
from server.rooms import binding, book, held, hiding, questions, rules, words
from server.rooms.people import role_of, standing_in
from server.rooms.wishes import rules_in, rules_text
from server.secrets import new_id
from server.sessions.acts import subject_of
from server.store.models import AccountRow, MessageRow, SessionRow
from server.store.room_models import ActionRow, ModeratorRow
from server.store.store import Tx
from server.text import plain_text

EXCERPT_CHARS = 80
MAX_MODERATORS = 50


@dataclass(slots=True)
class Done:
    """What an act did: what the record says of it, and what undoing it needs."""

    target_id: str | None = None
    excerpt: str = ""
    length: str = ""
    until_ms: int | None = None
    undo: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who acts, where, and what they wish."""

    tx: Tx
    session: SessionRow
    actor: Person
    role: RoomRole
    wish: ModerationWish
    reason: str

    def require_target(self, account_id: str | None) -> str:
        """Somebody who stands below. Raises Refusal: input_invalid, not_found, forbidden."""
        if account_id is None:
            raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "account_id"})
        if self.tx.db.get(AccountRow, account_id) is None:
            raise Refusal(ErrorCode.NOT_FOUND)
        room = standing_in(self.tx.db, self.session, self.actor.account_id, self.tx.now_ms)
        target = role_of(self.tx.db, self.session, account_id)
        require(Act.MODERATE, self.actor, subject_of(self.session), room=room, target=target)
        return account_id

    def require_message(self) -> MessageRow:
        """One of this room. Raises Refusal: input_invalid, not_found."""
        if self.wish.message_id is None:
            raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "message_id"})
        row = self.tx.db.get(MessageRow, self.wish.message_id)
        if row is None or row.session_id != self.session.id:
            raise Refusal(ErrorCode.NOT_FOUND)
        return row


def act(tx: Tx, actor: Person, session_id: str, wish: ModerationWish, key: str) -> str:
    """Do it, once for each key. Returns the id of its line in the record.

    Raises Refusal: not_found, forbidden, input_invalid {field}, state_conflict where there is nothing to change.
    """
    session = tx.db.get(SessionRow, session_id)
    if session is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    require_presence(tx.db, actor)
    room = standing_in(tx.db, session, actor.account_id, tx.now_ms)
    request = f"moderation {session_id} {wish.model_dump_json()}"
    earlier = done_before(tx, actor.account_id, key, request)
    if earlier is not None:
        return earlier
    require(Act.MODERATE, actor, subject_of(session), room=room)
    reason = plain_text(wish.reason)
    if len(reason) > MAX_REASON_CHARS:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "reason", "max_chars": MAX_REASON_CHARS})
    scene = Scene(tx, session, actor, room.role, wish, reason)
    book.forget(tx.db)
    try:
        done = _do(scene)
    finally:
        book.forget(tx.db)
    row = write_down(scene, done, key)
    remember(tx, actor.account_id, key, request, row.id)
    return row.id


def _do(scene: Scene) -> Done:
    if scene.wish.action not in _ACTS:  # what is done to questions has routes of its own
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "action"})
    return _ACTS[scene.wish.action](scene)


def write_down(scene: Scene, done: Done, key: str) -> ActionRow:
    """Its line in the record; who moderates is told that there is one."""
    tx = scene.tx
    target = tx.db.get(AccountRow, done.target_id) if done.target_id else None
    row = ActionRow(
        id=new_id(),
        session_id=scene.session.id,
        anchor_id=scene.session.anchor_id,
        at_ms=tx.now_ms,
        actor_id=scene.actor.account_id,
        actor_name=tx.db.get_one(AccountRow, scene.actor.account_id).nickname,
        actor_role=int(scene.role),
        kind=scene.wish.action.value,
        target_id=done.target_id,
        target_name=target.nickname if target is not None else "",
        excerpt=done.excerpt[:EXCERPT_CHARS],
        reason=scene.reason,
        length=done.length,
        until_ms=done.until_ms,
        undo=json.dumps(done.undo),
        request_id=key,
    )
    tx.db.add(row)
    tx.db.flush()
    audit(tx, scene.actor.account_id, f"room.{row.kind}", done.target_id or scene.session.id, scene.reason)
    tx.effects.append(ModeratorsTold(scene.session.id, "mod.acted", ModActed(action_id=row.id)))
    return row


# ---- messages ------------------------------------------------------------------------------------


def _delete_message(scene: Scene) -> Done:
    message = scene.require_message()
    if message.author_id != scene.actor.account_id:
        scene.require_target(message.author_id)
    if not hiding.hide(scene.tx, scene.session, [message]):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return Done(message.author_id, message.text, undo={"restore": [message.id]})


def _pin(scene: Scene) -> Done:
    message = scene.require_message()
    if message.is_gone:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    before = rules.pin(scene.tx, scene.session, message.id)
    return Done(message.author_id, message.text, undo={"pin": [message.id, before]})


def _unpin(scene: Scene) -> Done:
    pinned = rules.pinned_of(scene.tx.db, scene.session.id)
    if pinned is None:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    rules.pin(scene.tx, scene.session, None)
    return Done(pinned.author_id, pinned.text, undo={"pin": [None, pinned.id]})


def _release_held(scene: Scene) -> Done:
    row = held.release(scene.tx, scene.session, scene.wish.held_id)
    return Done(row.author_id, row.text, undo={"unrelease": row.id})


def _refuse_held(scene: Scene) -> Done:
    row = held.refuse(scene.tx, scene.session, scene.wish.held_id)
    return Done(row.author_id, row.text, undo={"hold": row.id})


# ---- people --------------------------------------------------------------------------------------


def _restrict(scene: Scene, kind: Kind) -> Done:
    account_id = scene.require_target(scene.wish.account_id)
    length = scene.wish.length
    if length is None or length not in OFFERED[kind]:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "length"})
    row = binding.restrict(scene.tx, scene.session, account_id, kind, length, scene.reason, scene.role)
    done = Done(account_id, length=length.value, until_ms=row.until_ms, undo={"lift": [row.id]})
    if kind is Kind.REMOVE:
        hiding.hide_all_of(scene.tx, scene.session, account_id)
        held.refuse_all_of(scene.tx, scene.session, account_id)
        questions.hide_all_of(scene.tx, scene.session, account_id)
    return done


def _lift(scene: Scene, kind: Kind) -> Done:
    account_id = scene.require_target(scene.wish.account_id)
    rows = binding.lift(scene.tx, scene.session, account_id, kind, scene.role)
    if not rows:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return Done(account_id, undo={"bind": [row.id for row in rows]})


def _require_owner(scene: Scene) -> str:
    room = standing_in(scene.tx.db, scene.session, scene.actor.account_id, scene.tx.now_ms)
    require(Act.APPOINT, scene.actor, subject_of(scene.session), room=room)
    return scene.require_target(scene.wish.account_id)


def _appoint(scene: Scene) -> Done:
    account_id, anchor_id = _require_owner(scene), scene.session.anchor_id
    others = scene.tx.db.scalars(select(ModeratorRow.account_id).where(ModeratorRow.anchor_id == anchor_id)).all()
    if account_id in others:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    if len(others) >= MAX_MODERATORS:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "account_id", "max": MAX_MODERATORS})
    appoint(scene.tx, scene.session, account_id)
    return Done(account_id, undo={"dismiss": account_id})


def _dismiss(scene: Scene) -> Done:
    account_id = _require_owner(scene)
    if not dismiss(scene.tx, scene.session, account_id):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return Done(account_id, undo={"appoint": account_id})


def appoint(tx: Tx, session: SessionRow, account_id: str) -> None:
    """They moderate the rooms of this anchor from now on."""
    if tx.db.get(ModeratorRow, (session.anchor_id, account_id)) is None:
        tx.db.add(ModeratorRow(anchor_id=session.anchor_id, account_id=account_id, since_ms=tx.now_ms))
        tx.db.flush()
    _tell_role(tx, session, account_id)


def dismiss(tx: Tx, session: SessionRow, account_id: str) -> bool:
    """They do so no more. False: they did not."""
    row = tx.db.get(ModeratorRow, (session.anchor_id, account_id))
    if row is None:
        return False
    tx.db.delete(row)
    tx.db.flush()
    _tell_role(tx, session, account_id)
    return True


def _tell_role(tx: Tx, session: SessionRow, account_id: str) -> None:
    book.forget(tx.db)
    role = role_of(tx.db, session, account_id)
    for session_id in binding.open_rooms(tx, session):
        tx.effects.append(PersonToldInRoom(session_id, account_id, "mod.role", RoleChanged(role.wire), role))


# ---- rules ---------------------------------------------------------------------------------------


def _set_rules(scene: Scene) -> Done:
    before = rules.rules_of(scene.tx.db, scene.session.id)
    wanted = rules_in(scene.wish, before)
    if wanted == before:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    rules.set_rules(scene.tx, scene.session, wanted)
    return Done(excerpt=rules_text(before, wanted), undo={"rules": [rules.to_json(before), rules.to_json(wanted)]})


def _shield_on(scene: Scene) -> Done:
    if not rules.raise_shield(scene.tx, scene.session):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return Done(undo={"shield": False})


def _shield_off(scene: Scene) -> Done:
    if not rules.lower_shield(scene.tx, scene.session):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return Done(undo={"shield": True})


def _add_word(scene: Scene) -> Done:
    word = words.add_word(scene.tx, scene.session, scene.wish.word or "")
    return Done(excerpt=word, undo={"remove_word": word})


def _remove_word(scene: Scene) -> Done:
    word = words.remove_word(scene.tx, scene.session, scene.wish.word or "")
    return Done(excerpt=word, undo={"add_word": word})


_ACTS: dict[ActionKind, Callable[[Scene], Done]] = {
    ActionKind.DELETE_MESSAGE: _delete_message,
    ActionKind.MUTE: lambda scene: _restrict(scene, Kind.MUTE),
    ActionKind.UNMUTE: lambda scene: _lift(scene, Kind.MUTE),
    ActionKind.REMOVE: lambda scene: _restrict(scene, Kind.REMOVE),
    ActionKind.READMIT: lambda scene: _lift(scene, Kind.REMOVE),
    ActionKind.PIN: _pin,
    ActionKind.UNPIN: _unpin,
    ActionKind.SET_RULES: _set_rules,
    ActionKind.SHIELD_ON: _shield_on,
    ActionKind.SHIELD_OFF: _shield_off,
    ActionKind.RELEASE_HELD: _release_held,
    ActionKind.REFUSE_HELD: _refuse_held,
    ActionKind.APPOINT: _appoint,
    ActionKind.DISMISS: _dismiss,
    ActionKind.ADD_WORD: _add_word,
    ActionKind.REMOVE_WORD: _remove_word,
}
