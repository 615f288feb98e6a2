"""The rules of a room's chat in the database, its pinned message, and the anchor's own words. Store threads."""

from __future__ import annotations

import json
from dataclasses import asdict

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.events import RoomRulesChanged
from app.domain.room.rules import Policy, RoomRules, shielded, taken_back, unshielded
from server.rooms.facts import post_fact
from server.rooms.messages import restored
from server.store.models import MessageRow, SessionRow
from server.store.room_models import RoomRulesRow, RoomWordRow
from server.store.store import Tx


def rules_of(db: Db, session_id: str) -> RoomRules:
    """Those in force."""
    row = db.get(RoomRulesRow, session_id)
    return _rules(row) if row is not None else RoomRules()


def pinned_of(db: Db, session_id: str) -> MessageRow | None:
    """The pinned message, while it is shown."""
    row = db.get(RoomRulesRow, session_id)
    message = db.get(MessageRow, row.pinned_id) if row is not None and row.pinned_id else None
    return message if message is not None and not message.is_gone else None


def set_rules(tx: Tx, session: SessionRow, rules: RoomRules) -> None:
    """These are in force from now on, and the room is told."""
    row = _row(tx, session)
    for name, value in asdict(rules).items():
        setattr(row, name, value)
    row.revision += 1
    tx.db.flush()
    tell(tx, session)


def raise_shield(tx: Tx, session: SessionRow) -> bool:
    """False: it is up already."""
    row = _row(tx, session)
    rules = _rules(row)
    if rules.is_shielded:
        return False
    row.before_shield = to_json(rules)
    set_rules(tx, session, shielded(rules))
    return True


def lower_shield(tx: Tx, session: SessionRow) -> bool:
    """The rules of before, but for what was changed by hand meanwhile. False: it is down already."""
    row = _row(tx, session)
    rules = _rules(row)
    if not rules.is_shielded or row.before_shield is None:
        return False
    before = from_json(row.before_shield)
    row.before_shield = None
    set_rules(tx, session, unshielded(rules, before))
    return True


def take_back(tx: Tx, session: SessionRow, before: RoomRules, after: RoomRules) -> None:
    """What was set by hand is as before, also for when the shield comes down; but for what was changed since."""
    row = _row(tx, session)
    if row.before_shield is not None:
        row.before_shield = to_json(taken_back(from_json(row.before_shield), before, after))
    rules = _rules(row)
    wanted = taken_back(rules, before, after)
    if wanted != rules:
        set_rules(tx, session, wanted)


def unpin(tx: Tx, session: SessionRow, placed_id: str | None, before_id: str | None) -> None:
    """What was pinned before ``placed_id`` (None: nothing) is pinned again, unless another one is by now."""
    if _row(tx, session).pinned_id != placed_id:
        return
    before = tx.db.get(MessageRow, before_id) if before_id else None
    pin(tx, session, before.id if before is not None and not before.is_gone else None)


def pin(tx: Tx, session: SessionRow, message_id: str | None) -> str | None:
    """Pin a message, or (None) take the pinned one down. Returns the one that was pinned before."""
    row = _row(tx, session)
    before, row.pinned_id = row.pinned_id, message_id
    row.revision += 1
    tx.db.flush()
    tell(tx, session)
    return before


def tell(tx: Tx, session: SessionRow) -> None:
    """Post the rules as a fact."""
    rules, pinned = rules_of(tx.db, session.id), pinned_of(tx.db, session.id)
    payload = RoomRulesChanged(
        slow_s=rules.slow_s,
        followers_only=rules.followers_only,
        is_paused=rules.is_paused,
        is_shielded=rules.is_shielded,
        pinned=restored(tx.db, pinned) if pinned is not None else None,
    )
    kept = {**msgspec.to_builtins(payload), "pinned": None, "pinned_id": pinned.id if pinned is not None else None}
    post_fact(tx, session, "room.rules", payload, kept=kept)


def words_of(db: Db, anchor_id: str) -> list[str]:
    """The anchor's own words, as they were typed."""
    rows = db.scalars(select(RoomWordRow.word).where(RoomWordRow.anchor_id == anchor_id).order_by(RoomWordRow.added_ms))
    return list(rows)


def to_json(rules: RoomRules) -> str:
    return json.dumps(asdict(rules))


def from_json(text: str) -> RoomRules:
    """What ``to_json`` made."""
    data = json.loads(text)
    return RoomRules(**{**data, "contacts": Policy(data["contacts"]), "words": Policy(data["words"])})


def _rules(row: RoomRulesRow) -> RoomRules:
    return RoomRules(
        slow_s=row.slow_s,
        followers_only=row.followers_only,
        is_paused=row.is_paused,
        contacts=Policy(row.contacts),
        words=Policy(row.words),
        allows_guests=row.allows_guests,
        is_shielded=row.is_shielded,
    )


def _row(tx: Tx, session: SessionRow) -> RoomRulesRow:
    row = tx.db.get(RoomRulesRow, session.id)
    if row is None:
        row = RoomRulesRow(session_id=session.id, revision=0, **asdict(RoomRules()))
        tx.db.add(row)
        tx.db.flush()
    return row
