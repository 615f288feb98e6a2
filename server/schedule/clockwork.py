"""What time does to the schedule: reminders before a session, and taking off what never began. Store threads.

Nothing is remembered between two looks but what stands in the rows: after days without the service the next look finds
what is due then, and of several reminders that were missed only the nearest is sent.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.inbox import InboxKind, LinkPlace
from app.domain.schedule import MINUTE_MS, MISSED_AFTER_MIN, REMIND_BEFORE_MIN, due_reminder
from app.domain.session import EndReason, SessionState
from server.inbox.post import post
from server.sessions.acts import span_of, take_off
from server.sessions.views import moment
from server.store.models import KeyRow, PublicationRow, SessionRow
from server.store.store import Tx

MAX_AT_ONCE = 200
"""How many are looked after with one look; the next one takes the others."""
_UNBEGUN = (SessionState.SCHEDULED.value, SessionState.PREPARING.value)


def due(db: Db, now_ms: int) -> list[str]:
    """Ids of sessions about which something is to be done now; the earliest first."""
    horizon_ms = now_ms + max(REMIND_BEFORE_MIN) * MINUTE_MS
    query = select(SessionRow).where(
        SessionRow.state.in_(_UNBEGUN), SessionRow.starts_ms <= horizon_ms, SessionRow.started_ms.is_(None)
    )
    found: list[str] = []
    for row in db.scalars(query.order_by(SessionRow.starts_ms, SessionRow.id)):
        if (_is_missed(row, now_ms) or _reminder(row, now_ms) is not None) and _is_waiting(db, row, now_ms):
            found.append(row.id)
            if len(found) == MAX_AT_ONCE:
                break
    return found


def attend(tx: Tx, session_id: str) -> None:
    """Do what is due with one of them, if it still is."""
    row = tx.db.get(SessionRow, session_id)
    if row is None or row.state not in _UNBEGUN or row.started_ms is not None or not _is_waiting(tx.db, row, tx.now_ms):
        return
    if _is_missed(row, tx.now_ms):
        take_off(tx, row, EndReason.MISSED)
        if not row.is_spot:
            post(tx, row.anchor_id, InboxKind.SESSION_MISSED, {"title": row.title}, LinkPlace.SCHEDULE, row.id)
        return
    before_min = _reminder(row, tx.now_ms)
    if before_min is None:
        return
    row.reminded = ",".join(str(one) for one in (*_reminded(row), before_min))
    params = {
        "title": row.title,
        # What is left, which after a time without the service is less than one is reminded of usually.
        "minutes": str(-((tx.now_ms - row.starts_ms) // MINUTE_MS)),
        "starts_at": moment(row.starts_ms).isoformat(),
    }
    post(tx, row.anchor_id, InboxKind.SESSION_REMINDER, params, LinkPlace.SCHEDULE, row.id)


def _is_missed(row: SessionRow, now_ms: int) -> bool:
    return now_ms >= span_of(row).ends_ms + MISSED_AFTER_MIN * MINUTE_MS


def _reminder(row: SessionRow, now_ms: int) -> int | None:
    """Minutes; None also for one on the spot, as that has no time."""
    return None if row.is_spot else due_reminder(row.starts_ms, row.created_ms, now_ms, _reminded(row))


def _reminded(row: SessionRow) -> tuple[int, ...]:
    return tuple(int(one) for one in row.reminded.split(",") if one)


def _is_waiting(db: Db, row: SessionRow, now_ms: int) -> bool:
    """Whether nobody is at it: one that is being prepared may go live at any moment, unless it was left."""
    if row.state == SessionState.SCHEDULED:
        return True
    newest_ms = db.scalar(select(func.max(KeyRow.created_ms)).where(KeyRow.session_id == row.id))
    if newest_ms is not None and newest_ms > now_ms - MISSED_AFTER_MIN * MINUTE_MS:
        return False
    is_connected = select(PublicationRow.connection_id).where(
        PublicationRow.session_id == row.id, PublicationRow.stopped_ms.is_(None)
    )
    return db.scalar(is_connected.limit(1)) is None
