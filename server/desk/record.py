"""The record of who did what (操作记录), for reading. Store threads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session as Db

from server.gate import Person, require
from server.gate_acts import Act
from server.sessions.views import moment
from server.store.models import AccountRow, AuditRow

PAGE = 100
FAMILIES = (
    "activity", "anchor", "application", "blocklist", "complaint", "desk", "device", "document", "face", "factor",
    "identity", "image", "measure", "operator", "refused", "report", "role", "room", "session",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    place: str
    """Where it stands, to go on from."""
    at: datetime
    actor: str
    action: str
    subject: str
    subject_id: str
    reason: str


def records(db: Db, operator: Person, *, family: str = "", about: str = "", after: str = "") -> list[Record]:
    """The newest first, ``PAGE`` at most, going on after the record whose ``place`` is given.

    ``family`` is the first word of the action, ``about`` the id of who did it or of what it was done to.
    """
    require(Act.READ_AUDIT, operator)
    query = select(AuditRow).order_by(AuditRow.at_ms.desc(), AuditRow.id.desc()).limit(PAGE)
    if family in FAMILIES:
        query = query.where(AuditRow.action.startswith(f"{family}.", autoescape=True))
    if about and "\x00" not in about:
        query = query.where(or_(AuditRow.subject_id == about, AuditRow.actor_id == about))
    ms_text, _, last_id = after.partition("-")
    if ms_text.isascii() and ms_text.isdigit() and len(ms_text) < 16 and last_id.isalnum():
        at_ms = int(ms_text)
        query = query.where(or_(AuditRow.at_ms < at_ms, and_(AuditRow.at_ms == at_ms, AuditRow.id < last_id)))
    rows = list(db.scalars(query))
    # Whom an application was assigned to is kept as the reason.
    names = _names(db, {one for row in rows for one in (row.actor_id, row.subject_id, row.reason)})
    return [
        Record(
            place=f"{row.at_ms}-{row.id}",
            at=moment(row.at_ms),
            actor=names.get(row.actor_id, ""),
            action=row.action,
            subject=names.get(row.subject_id, ""),
            subject_id=row.subject_id,
            reason=names.get(row.reason, row.reason),
        )
        for row in rows
    ]


def _names(db: Db, ids: set[str]) -> dict[str, str]:
    rows = db.execute(select(AccountRow.id, AccountRow.nickname).where(AccountRow.id.in_(ids)))
    return {row[0]: row[1] for row in rows}
