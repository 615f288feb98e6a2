"""Numbered facts of a room in the database: posting in a write, reading for resume. Store threads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.events import Envelope
from app.domain.room.attendance import Audience
from app.domain.session import SessionState
from server.effects import FactPosted
from server.measures import views
from server.rooms.counts import audience_of
from server.rooms.messages import Writing, all_restored, question_told
from server.store.models import FactRow, MessageRow, SessionRow
from server.store.question_models import QuestionRow
from server.store.store import Tx


def post_fact(
    tx: Tx,
    row: SessionRow,
    kind: str,
    payload: msgspec.Struct,
    message_id: str | None = None,
    *,
    kept: Mapping[str, Any] | None = None,
) -> int:
    """Give the fact the room's next number, keep it, and let it be fanned out after the commit. Returns the number.

    ``kept``: what is kept instead of the payload where that quotes messages, which may be hidden by the time that
    somebody resumes (``_FILL``).
    """
    fact = new_fact(tx, row, kind, payload, message_id, kept=kept)
    tx.db.add(fact)
    return fact.seq


def new_fact(
    tx: Tx,
    row: SessionRow,
    kind: str,
    payload: msgspec.Struct,
    message_id: str | None = None,
    *,
    kept: Mapping[str, Any] | None = None,
) -> FactRow:
    """``post_fact`` whose row the caller adds, within the same write."""
    row.last_seq += 1
    body = msgspec.to_builtins(payload)
    fact_id = message_id or f"{row.id}.{row.last_seq}"
    tx.effects.append(FactPosted(row.id, row.last_seq, kind, fact_id, tx.now_ms, body, row.message_count))
    return FactRow(
        session_id=row.id,
        seq=row.last_seq,
        kind=kind,
        at_ms=tx.now_ms,
        message_id=message_id,
        body=None if message_id else json.dumps(kept if kept is not None else body, ensure_ascii=False),
    )


@dataclass(frozen=True, slots=True)
class Resume:
    """What a client that has everything up to a number is to be given."""

    anchor_id: str
    state: SessionState
    last_seq: int
    messages: int
    audience: Audience | None
    """As it was written last."""
    facts: list[Envelope]
    is_reset: bool
    """True: it missed more than is replayed, or has a number that was never given; it must reload."""


def read_resume(db: Db, session_id: str, after_seq: int, limit: int) -> Resume | None:
    """None when there is no such room."""
    row = db.get(SessionRow, session_id)
    if row is None:
        return None
    is_reset = after_seq < 0 or after_seq > row.last_seq or row.last_seq - after_seq > limit
    facts: list[Envelope] = []
    if not is_reset and after_seq < row.last_seq:
        rows = db.execute(
            select(FactRow, MessageRow)
            .outerjoin(MessageRow, FactRow.message_id == MessageRow.id)
            .where(FactRow.session_id == session_id, FactRow.seq > after_seq, FactRow.seq <= row.last_seq)
            .order_by(FactRow.seq)
        )
        writing = Writing(db)
        title = views.public_title(db, row)
        facts = [_envelope(db, writing, fact, message, title) for fact, message in rows]
        # What was said long ago is not kept: who asks for it begins anew.
        is_reset = len(facts) < row.last_seq - after_seq
    audience = audience_of(db, session_id) if row.started_ms is not None else None
    state = SessionState(row.state)
    return Resume(row.anchor_id, state, row.last_seq, row.message_count, audience, facts, is_reset)


def _envelope(db: Db, writing: Writing, fact: FactRow, message: MessageRow | None, title: str) -> Envelope:
    """``title``: what the session is called to everybody now; an earlier one may have been deleted."""
    kind = fact.kind
    if message is None:
        body = json.loads(fact.body or "{}")
        if kind in _FILL:
            body = _FILL[kind](db, body)
        elif kind in _TITLED:
            body["title"] = title
    elif message.is_gone:
        kind, body = "chat.voided", {}
    else:
        body = msgspec.to_builtins(writing.posted(message))
    return Envelope(
        t=kind,
        id=fact.message_id or f"{fact.session_id}.{fact.seq}",
        seq=fact.seq,
        ts=fact.at_ms,
        room=fact.session_id,
        d=body,
    )


def _shown(db: Db, ids: Iterable[str]) -> list[Any]:
    found = (db.get(MessageRow, message_id) for message_id in ids)
    shown = [one for one in found if one is not None and not one.is_gone]
    return [msgspec.to_builtins(one) for one in all_restored(db, shown)]


def _fill_restored(db: Db, body: dict[str, Any]) -> dict[str, Any]:
    return {"messages": _shown(db, body["ids"])}


def _fill_rules(db: Db, body: dict[str, Any]) -> dict[str, Any]:
    pinned_id = body.pop("pinned_id", None)
    pinned = _shown(db, [pinned_id] if pinned_id else [])
    return {**body, "pinned": pinned[0] if pinned else None}


def _fill_question(db: Db, body: dict[str, Any]) -> dict[str, Any]:
    return dict(msgspec.to_builtins(question_told(db.get_one(QuestionRow, body["id"]))))


_FILL = {"chat.restored": _fill_restored, "room.rules": _fill_rules, "question.changed": _fill_question}
"""Facts that quote what people wrote: only what is shown now."""
_TITLED = frozenset({"session.changed", "session.planned"})
