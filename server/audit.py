"""The record of changes of rights and of measures: who, what, whom, why. Store thread, within the write itself."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from server.errors import Attempt
from server.secrets import new_id
from server.store.models import AuditRow
from server.store.store import Tx

MAX_REASON_CHARS = 200
SAME_ATTEMPT_MS = 60_000
"""Within this time the same attempt of the same person is one: a program that asks and asks fills no disk."""


def audit(tx: Tx, actor_id: str, action: str, subject_id: str, reason: str) -> None:
    """``reason`` is cut to what the record holds; it carries no personal data."""
    tx.db.add(
        AuditRow(
            id=new_id(),
            at_ms=tx.now_ms,
            actor_id=actor_id,
            action=action,
            subject_id=subject_id,
            reason=reason[:MAX_REASON_CHARS],
        )
    )


def was_done(db: Db, actor_id: str, action: str, subject_id: str, after_ms: int) -> bool:
    """Whether the record says so, of later than then."""
    known = select(AuditRow.id).where(
        AuditRow.actor_id == actor_id,
        AuditRow.action == action,
        AuditRow.subject_id == subject_id,
        AuditRow.at_ms > after_ms,
    )
    return db.scalar(known.limit(1)) is not None


def audit_attempt(tx: Tx, attempt: Attempt, code: str) -> None:
    """That somebody tried what they may not."""
    action = f"refused.{attempt.act}"
    is_known = select(AuditRow.id).where(
        AuditRow.actor_id == attempt.actor_id,
        AuditRow.action == action,
        AuditRow.at_ms > tx.now_ms - SAME_ATTEMPT_MS,
        AuditRow.subject_id == attempt.subject_id,
        AuditRow.reason == code,
    )
    if tx.db.scalar(is_known.limit(1)) is None:
        audit(tx, attempt.actor_id, action, attempt.subject_id, code)
