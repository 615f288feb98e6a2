"""Entries of the schedule that a measure takes off, and puts back when it ends. Store thread, inside a write.

A session that has ended stays ended. What is put back is a new entry with what the former one said.
"""

from __future__ import annotations

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.domain.schedule import past_reminders
from app.domain.session import SessionState
from server.effects import PersonTold
from server.errors import Refusal
from server.inbox.post import post
from server.schedule.plans import require_free
from server.secrets import new_id
from server.sessions.acts import span_of, withhold
from server.sessions.views import moment
from server.store.identity_models import ActivityRow
from server.store.models import SessionRow
from server.store.store import Tx

_COPIED = (
    "anchor_id", "title", "category", "industry", "position", "starts_ms", "length_min", "cover_image_id",
    "is_replay_on", "allows_guests", "activity_id",
)  # fmt: skip


def take_off(tx: Tx, row: SessionRow, reason: str) -> None:
    """It cannot begin any more. Raises Refusal (state_conflict) for one that has been on air or is over."""
    if row.state not in (SessionState.SCHEDULED, SessionState.PREPARING) or row.started_ms is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
    withhold(tx, row, reason)


def take_all_off(tx: Tx, account_id: str, reason: str) -> list[str]:
    """Whatever an anchor has planned or made on the spot; ids of it."""
    waiting = select(SessionRow).where(
        SessionRow.anchor_id == account_id, SessionRow.state == SessionState.SCHEDULED.value
    )
    rows = tx.db.scalars(waiting.order_by(SessionRow.starts_ms, SessionRow.id)).all()
    for row in rows:
        take_off(tx, row, reason)
    return [row.id for row in rows]


def put_back(tx: Tx, session_id: str) -> None:
    """On the schedule again, or told that it cannot be: its time is past or taken, its activity is called off.

    One on the spot was never there.
    """
    former = tx.db.get_one(SessionRow, session_id)
    if former.is_spot:
        return
    params = {"title": former.title, "starts_at": moment(former.starts_ms).isoformat()}
    if not _has_room(tx, former):
        post(tx, former.anchor_id, InboxKind.SESSION_NOT_PUT_BACK, params, LinkPlace.SCHEDULE)
        return
    row = SessionRow(
        id=new_id(),
        state=SessionState.SCHEDULED.value,
        created_ms=tx.now_ms,
        is_spot=False,
        revision=0,
        reminded=",".join(str(one) for one in past_reminders(former.starts_ms, tx.now_ms)),
        last_seq=0,
        message_count=0,
        **{name: getattr(former, name) for name in _COPIED},
    )
    tx.db.add(row)
    tx.db.flush()
    post(tx, row.anchor_id, InboxKind.SESSION_PUT_BACK, params, LinkPlace.SCHEDULE, row.id)
    tx.effects.append(PersonTold(row.anchor_id, Concern.SCHEDULE))


def _has_room(tx: Tx, former: SessionRow) -> bool:
    span = span_of(former)
    activity = tx.db.get(ActivityRow, former.activity_id) if former.activity_id is not None else None
    if span.ends_ms <= tx.now_ms or (activity is not None and activity.cancelled_ms is not None):
        return False
    try:
        require_free(tx, former.anchor_id, span)
    except Refusal:
        return False
    return True
