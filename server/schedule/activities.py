"""Official activities (官方活动): what the platform sets and anchors join with a session. Store threads.

An activity does not change. One that was called off takes the sessions with it that joined and had not begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.contract.rest import Category
from app.contract.schedule import Activity
from app.domain.schedule import MAX_TITLE_CHARS, MINUTE_MS, ScheduleField, TimeFault, length_fault, start_fault
from app.domain.session import EndReason, SessionState
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.secrets import new_id
from server.sessions.acts import take_off
from server.sessions.views import moment
from server.store.identity_models import ActivityRow
from server.store.models import AccountRow, SessionRow
from server.store.store import Tx
from server.text import checked_line, plain_text

MAX_NOTE_CHARS = 200
MAX_REASON_CHARS = 200
MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """An activity as operators see it."""

    id: str
    title: str
    category: Category
    starts_at: datetime
    length_min: int
    note: str
    created_by: str
    joined: int
    """Sessions that joined and were not taken off."""
    called_off_at: datetime | None
    cancel_reason: str


def joinable(db: Db, person: Person, now_ms: int) -> list[Activity]:
    """What one can still join, the earliest first."""
    require(Act.USE_ACCOUNT, person)
    query = select(ActivityRow).where(ActivityRow.cancelled_ms.is_(None), ActivityRow.starts_ms > now_ms)
    rows = db.scalars(query.order_by(ActivityRow.starts_ms, ActivityRow.id).limit(MAX_LISTED))
    return [
        Activity(
            id=row.id,
            title=row.title,
            category=Category(row.category),
            starts_at=moment(row.starts_ms),
            length_min=row.length_min,
            note=row.note,
        )
        for row in rows
    ]


def entries(db: Db, operator: Person) -> list[ActivityEntry]:
    """The latest first, those of long ago too."""
    require(Act.MANAGE_ACTIVITIES, operator)
    query = select(ActivityRow).order_by(ActivityRow.starts_ms.desc(), ActivityRow.id).limit(MAX_LISTED)
    rows = list(db.scalars(query))
    counted = (
        select(SessionRow.activity_id, func.count())
        .where(SessionRow.activity_id.in_([row.id for row in rows]), _is_joined())
        .group_by(SessionRow.activity_id)
    )
    joined = {row[0]: row[1] for row in db.execute(counted)}
    return [_entry(db, row, joined.get(row.id, 0)) for row in rows]


def create(
    tx: Tx, operator: Person, title: str, category: Category, starts_ms: int, length_min: int, note: str = ""
) -> str:
    """Its id. A start is taken by its minute.

    Raises Refusal: input_invalid {field}, schedule_invalid {field, reason}.
    """
    require(Act.MANAGE_ACTIVITIES, operator)
    require_presence(tx.db, operator)
    said = plain_text(note)
    row = ActivityRow(
        id=new_id(),
        title=checked_line(title, MAX_TITLE_CHARS, "title"),
        category=category.value,
        starts_ms=starts_ms // MINUTE_MS * MINUTE_MS,
        length_min=length_min,
        note=checked_line(said, MAX_NOTE_CHARS, "note") if said else "",
        created_by=operator.account_id,
        created_ms=tx.now_ms,
    )
    fault = start_fault(row.starts_ms, tx.now_ms)
    if fault is None and row.starts_ms <= tx.now_ms:
        # What has begun can be joined by nobody.
        fault = TimeFault.PAST
    if fault is not None:
        raise _invalid(ScheduleField.STARTS_AT, fault)
    if (fault := length_fault(length_min)) is not None:
        raise _invalid(ScheduleField.LENGTH, fault)
    tx.db.add(row)
    tx.db.flush()
    audit(tx, operator.account_id, "activity.created", row.id, row.title)
    return row.id


def call_off(tx: Tx, operator: Person, activity_id: str, reason: str) -> None:
    """Whoever joined and has not begun is told; what is on air goes on. Raises Refusal (not_found, state_conflict)."""
    require(Act.MANAGE_ACTIVITIES, operator)
    require_presence(tx.db, operator)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    row = tx.db.get(ActivityRow, activity_id) if activity_id.isascii() and activity_id.isalnum() else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if row.cancelled_ms is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    row.cancelled_ms, row.cancel_reason = tx.now_ms, why
    audit(tx, operator.account_id, "activity.called_off", row.id, why)
    unbegun = (SessionState.SCHEDULED.value, SessionState.PREPARING.value)
    query = select(SessionRow).where(SessionRow.activity_id == row.id, SessionRow.state.in_(unbegun))
    for session in list(tx.db.scalars(query.order_by(SessionRow.id))):
        take_off(tx, session, EndReason.CALLED_OFF)
        params = {"title": session.title, "comment": why}
        post(tx, session.anchor_id, InboxKind.SESSION_CANCELLED, params, LinkPlace.SCHEDULE, session.id)


def _is_joined() -> ColumnElement[bool]:
    """It goes on, or has been on air."""
    return (SessionRow.state != SessionState.ENDED.value) | SessionRow.started_ms.is_not(None)


def _entry(db: Db, row: ActivityRow, joined: int) -> ActivityEntry:
    operator = db.get(AccountRow, row.created_by)
    return ActivityEntry(
        id=row.id,
        title=row.title,
        category=Category(row.category),
        starts_at=moment(row.starts_ms),
        length_min=row.length_min,
        note=row.note,
        created_by=operator.nickname if operator is not None else "",
        joined=joined,
        called_off_at=moment(row.cancelled_ms) if row.cancelled_ms is not None else None,
        cancel_reason=row.cancel_reason,
    )


def _invalid(field: ScheduleField, fault: TimeFault) -> Refusal:
    return Refusal(ErrorCode.SCHEDULE_INVALID, detail={"field": field.value, "reason": fault.value})
