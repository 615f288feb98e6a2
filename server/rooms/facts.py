"""Numbered facts of a room in the database: posting in a write, reading for resume. Store threads."""

from __future__ import annotations

import json
from dataclasses import dataclass

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.events import ChatPosted, Envelope
from app.domain.session import SessionState
from server.effects import FactPosted
from server.store.models import FactRow, MessageRow, SessionRow
from server.store.store import Tx


def post_fact(tx: Tx, row: SessionRow, kind: str, payload: msgspec.Struct, message_id: str | None = None) -> int:
    """Give the fact the room's next number, keep it, and let it be fanned out after the commit. Returns the number."""
    row.last_seq += 1
    body = msgspec.to_builtins(payload)
    tx.db.add(
        FactRow(
            session_id=row.id,
            seq=row.last_seq,
            kind=kind,
            at_ms=tx.now_ms,
            message_id=message_id,
            body=None if message_id else json.dumps(body, ensure_ascii=False),
        )
    )
    fact_id = message_id or f"{row.id}.{row.last_seq}"
    tx.effects.append(FactPosted(row.id, row.last_seq, kind, fact_id, tx.now_ms, body, row.message_count))
    return row.last_seq


def posted(message: MessageRow) -> ChatPosted:
    return ChatPosted(
        message_id=message.id,
        author_id=message.author_id,
        author_name=message.author_name,
        is_anchor=message.is_anchor,
        text=message.text,
    )


@dataclass(frozen=True, slots=True)
class Resume:
    """What a client that has everything up to a number is to be given."""

    anchor_id: str
    state: SessionState
    last_seq: int
    messages: int
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
        facts = [_envelope(fact, message) for fact, message in rows]
        # What was said long ago is not kept: who asks for it begins anew.
        is_reset = len(facts) < row.last_seq - after_seq
    return Resume(row.anchor_id, SessionState(row.state), row.last_seq, row.message_count, facts, is_reset)


def _envelope(fact: FactRow, message: MessageRow | None) -> Envelope:
    body = msgspec.to_builtins(posted(message)) if message is not None else json.loads(fact.body or "{}")
    return Envelope(
        t=fact.kind,
        id=fact.message_id or f"{fact.session_id}.{fact.seq}",
        seq=fact.seq,
        ts=fact.at_ms,
        room=fact.session_id,
        d=body,
    )
