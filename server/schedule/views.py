"""The schedule as its anchor sees it: entries of a span of time, or what is to come. Store threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Session
from app.contract.schedule import Entry, Plan
from app.domain.china_time import DAY_MS
from app.domain.images import ImagePurpose, ImageState
from app.domain.schedule import MINUTE_MS, Span
from app.domain.session import SessionState
from server.errors import Attempt, Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.sessions.acts import BUSY
from server.sessions.views import SessionView, moment, view_of
from server.store.identity_models import ActivityRow
from server.store.models import SessionRow
from server.store.way_models import ImageRow

MAX_SPAN_DAYS = 100
MAX_SHOWN = 1000
_ENDS_MS = SessionRow.starts_ms + SessionRow.length_min * MINUTE_MS


@dataclass(frozen=True, slots=True)
class EntryView:
    """Plain values read from the store."""

    session: SessionView
    plan: Plan
    revision: int
    is_fixed: bool
    activity_note: str


def entry_of(db: Db, row: SessionRow) -> EntryView:
    activity = db.get(ActivityRow, row.activity_id) if row.activity_id is not None else None
    plan = Plan(
        title=row.title,
        category=Category(row.category),
        industry=row.industry,
        position=row.position,
        starts_at=moment(row.starts_ms),
        length_min=row.length_min,
        # One that was refused or replaced meanwhile is none any more: a form made of this can be sent back.
        cover_image_id=row.cover_image_id if is_cover_of(db, row.anchor_id, row.cover_image_id) else "",
        is_replay_on=row.is_replay_on,
        allows_guests=row.allows_guests,
        activity_id=row.activity_id or "",
    )
    return EntryView(view_of(db, row), plan, row.revision, activity is not None, activity.note if activity else "")


def to_wire(view: EntryView, session: Session) -> Entry:
    return Entry(
        session=session,
        plan=view.plan,
        revision=view.revision,
        is_fixed=view.is_fixed,
        activity_note=view.activity_note,
    )


def upcoming(db: Db, person: Person, now_ms: int) -> list[EntryView]:
    """What is to come, and the one that is being prepared or on air; the earliest first."""
    is_to_come = and_(
        SessionRow.state == SessionState.SCHEDULED.value, SessionRow.is_spot.is_(False), now_ms <= _ENDS_MS
    )
    return _entries(db, person, or_(SessionRow.state.in_(BUSY), is_to_come))


def touching(db: Db, person: Person, span: Span, now_ms: int) -> list[EntryView]:
    """All that were planned for some of the time, or ran in it; the earliest first.

    Of those made on the spot the ones that were begun. Raises Refusal (input_invalid) for a span that is none, or
    too long.
    """
    if not 0 < span.ends_ms - span.starts_ms <= MAX_SPAN_DAYS * DAY_MS:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "until"})
    was_planned = and_(SessionRow.starts_ms < span.ends_ms, span.starts_ms < _ENDS_MS)
    did_run = and_(
        SessionRow.started_ms < span.ends_ms, func.coalesce(SessionRow.ended_ms, now_ms + 1) > span.starts_ms
    )
    is_entry = or_(
        SessionRow.is_spot.is_(False),
        SessionRow.started_ms.is_not(None),
        SessionRow.state == SessionState.PREPARING.value,
    )
    return _entries(db, person, and_(is_entry, or_(was_planned, did_run)))


def one(db: Db, person: Person, session_id: str) -> EntryView:
    """Raises Refusal (not_found)."""
    require(Act.USE_ACCOUNT, person)
    return entry_of(db, own_row(db, person, session_id))


def own_row(db: Db, person: Person, session_id: str) -> SessionRow:
    """Raises Refusal (not_found), also for another person's and for one on the spot that was never begun."""
    row = db.get(SessionRow, session_id) if session_id.isascii() and session_id.isalnum() else None
    refusal = Refusal(ErrorCode.NOT_FOUND)
    if row is None:
        raise refusal
    if row.anchor_id != person.account_id:
        refusal.attempt = Attempt(person.account_id, Act.SCHEDULE.value, row.id)
        raise refusal
    if row.is_spot and row.started_ms is None and row.state != SessionState.PREPARING:
        raise refusal
    return row


def _entries(db: Db, person: Person, condition: ColumnElement[bool]) -> list[EntryView]:
    require(Act.USE_ACCOUNT, person)
    query = select(SessionRow).where(SessionRow.anchor_id == person.account_id, condition)
    rows: Sequence[SessionRow] = db.scalars(query.order_by(SessionRow.starts_ms, SessionRow.id).limit(MAX_SHOWN)).all()
    return [entry_of(db, row) for row in rows]


def is_cover_of(db: Db, account_id: str, image_id: str) -> bool:
    """Whether it is a cover of this person that is approved, or may still be."""
    # Anything may be named; PostgreSQL takes no NUL even to look for it.
    row = db.get(ImageRow, image_id) if image_id.isascii() and image_id.isalnum() else None
    if row is None or row.account_id != account_id or row.purpose != ImagePurpose.COVER.value:
        return False
    if row.deleted_ms is not None:
        return False
    return ImageState(row.state) in (ImageState.PENDING, ImageState.APPROVED)
