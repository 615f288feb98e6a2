"""What people do with sessions: open, ask for keys, end, cut off; and what time does. Store thread, inside a write."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import KeyRequest, SessionCreate
from app.domain.session import EndReason, SessionState
from server.accounts.presence import require_presence
from server.effects import DeathCause
from server.errors import Refusal
from server.gate import Act, Person, Subject, require
from server.secrets import new_id
from server.sessions import keys
from server.sessions.transitions import grace_deadline_ms, move
from server.sessions.views import SessionView, view_of
from server.store.models import AuditRow, IdempotencyRow, SessionRow
from server.store.store import Tx
from server.text import checked_line

MAX_TITLE_CHARS = 40
MAX_REASON_CHARS = 200


def find_open(db: Db, anchor_id: str) -> SessionRow | None:
    return db.scalar(
        select(SessionRow).where(SessionRow.anchor_id == anchor_id, SessionRow.state != SessionState.ENDED.value)
    )


def get(db: Db, session_id: str) -> SessionRow:
    """Raises Refusal (not_found)."""
    row = db.get(SessionRow, session_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def subject_of(row: SessionRow) -> Subject:
    return Subject(row.anchor_id, SessionState(row.state))


def open_session(tx: Tx, person: Person, wish: SessionCreate, idempotency_key: str | None) -> SessionView:
    """One open session an anchor. The same key with the same wish gives the session it made. Raises Refusal."""
    _require(tx, Act.OPEN_SESSION, person)
    request_hash = hashlib.sha256(wish.model_dump_json().encode()).hexdigest()
    if idempotency_key is not None:
        done = tx.db.get(IdempotencyRow, (person.account_id, idempotency_key))
        if done is not None:
            if done.request_hash != request_hash:
                raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH)
            return view_of(tx.db, get(tx.db, done.subject_id))
    title = checked_line(wish.title, MAX_TITLE_CHARS, "title")
    existing = find_open(tx.db, person.account_id)
    if existing is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"session_id": existing.id, "state": existing.state})
    row = SessionRow(
        id=new_id(),
        anchor_id=person.account_id,
        title=title,
        category=wish.category.value,
        state=SessionState.SCHEDULED.value,
        created_ms=tx.now_ms,
        last_seq=0,
        message_count=0,
    )
    tx.db.add(row)
    if idempotency_key is not None:
        tx.db.add(
            IdempotencyRow(
                account_id=person.account_id,
                key=idempotency_key,
                request_hash=request_hash,
                subject_id=row.id,
                created_ms=tx.now_ms,
            )
        )
    tx.db.flush()
    return view_of(tx.db, row)


def issue_stream_key(tx: Tx, person: Person, session_id: str, wish: KeyRequest, platform_tag: str) -> keys.IssuedKey:
    row = get(tx.db, session_id)
    _require(tx, Act.RUN_SESSION, person, subject_of(row))
    return keys.issue(tx, row, person.device_id, platform_tag, is_probe=False, is_taking_over=wish.take_over)


def issue_probe_key(tx: Tx, person: Person, session_id: str, platform_tag: str) -> keys.IssuedKey:
    row = get(tx.db, session_id)
    _require(tx, Act.RUN_SESSION, person, subject_of(row))
    return keys.issue(tx, row, person.device_id, platform_tag, is_probe=True, is_taking_over=False)


def end(tx: Tx, person: Person, session_id: str) -> SessionView:
    """Idempotent: what has ended stays as it ended."""
    row = get(tx.db, session_id)
    _require(tx, Act.RUN_SESSION, person, subject_of(row))
    if row.state != SessionState.ENDED:
        is_unused = row.state == SessionState.SCHEDULED
        _finish(tx, row, EndReason.CANCELLED if is_unused else EndReason.ANCHOR, DeathCause.ENDED)
    return view_of(tx.db, row)


def cut_off(tx: Tx, person: Person, session_id: str, reason: str) -> SessionView:
    _require(tx, Act.CUT_OFF, person)
    row = get(tx.db, session_id)
    text = checked_line(reason, MAX_REASON_CHARS, "reason")
    _finish(tx, row, EndReason.CUT_OFF, DeathCause.CUT_OFF)
    audit(tx, person.account_id, "session.cut_off", row.id, text)
    return view_of(tx.db, row)


def run_out_grace(tx: Tx, session_id: str) -> None:
    """End the session if its grace period is over by now."""
    row = get(tx.db, session_id)
    deadline_ms = grace_deadline_ms(row)
    if deadline_ms is not None and tx.now_ms >= deadline_ms:
        _finish(tx, row, EndReason.GRACE_OVER, DeathCause.ENDED)


def waiting(db: Db) -> dict[str, int]:
    """Deadlines (ms) of the interrupted sessions: read at start."""
    rows = db.scalars(select(SessionRow).where(SessionRow.state == SessionState.INTERRUPTED.value))
    return {row.id: deadline_ms for row in rows if (deadline_ms := grace_deadline_ms(row)) is not None}


def audit(tx: Tx, actor_id: str, action: str, subject_id: str, reason: str) -> None:
    tx.db.add(
        AuditRow(
            id=new_id(), at_ms=tx.now_ms, actor_id=actor_id, action=action, subject_id=subject_id, reason=reason[:200]
        )
    )


def _require(tx: Tx, act: Act, person: Person, subject: Subject | None = None) -> None:
    """What the gate says, and that the device is still signed in at the moment of the write. Raises Refusal."""
    require(act, person, subject)
    require_presence(tx.db, person)


def _finish(tx: Tx, row: SessionRow, reason: EndReason, cause: DeathCause) -> None:
    move(tx, row, SessionState.ENDED, reason)
    keys.kill_of_session(tx, row.id, cause)
