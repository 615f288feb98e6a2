"""What an anchor plans: adding an entry, changing it, taking it off. Store thread, inside a write.

Invariant: what one anchor has planned does not overlap, neither with itself nor with the session that is busy. What is
on the schedule stays there whatever becomes of its anchor; whether it may begin is asked when it does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from app.contract.errors import ErrorCode
from app.contract.events import SessionPlanned
from app.contract.inbox import Concern
from app.contract.rest import Category
from app.contract.schedule import Plan, PlanChange
from app.domain.schedule import (
    MAX_INDUSTRY_CHARS,
    MAX_POSITION_CHARS,
    MAX_TITLE_CHARS,
    MAX_UPCOMING,
    MINUTE_MS,
    ScheduleField,
    Span,
    length_fault,
    past_reminders,
    start_fault,
)
from app.domain.session import EndReason, SessionState
from app.runtime.clock import utc_ms
from server.accounts.presence import require_presence
from server.conduct.checker import Checker, Place
from server.conduct_gate import require_clean
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.once import done_before, remember
from server.rooms.facts import post_fact
from server.schedule.views import EntryView, entry_of, is_cover_of, own_row
from server.secrets import FieldCipher, new_id
from server.sessions.acts import find_busy, get, overlap_with, planned, span_of, subject_of, take_off
from server.standing import standing_of
from server.store.identity_models import ActivityRow
from server.store.models import SessionRow
from server.store.store import Tx
from server.text import checked_line, plain_text


@dataclass(frozen=True, slots=True)
class _Content:
    """What a plan says, as the columns of a session take it."""

    title: str
    category: str
    industry: str
    position: str
    starts_ms: int
    length_min: int
    cover_image_id: str
    is_replay_on: bool
    allows_guests: bool

    @property
    def span(self) -> Span:
        return Span.of(self.starts_ms, self.length_min)


def plan(
    tx: Tx, person: Person, cipher: FieldCipher, checker: Checker, wish: Plan, idempotency_key: str | None
) -> EntryView:
    """Put a session on the schedule. The same key with the same wish gives the entry it made.

    A start is taken by its minute. Raises Refusal: see app.contract.schedule.Plan.
    """
    activity = _activity(tx, wish.activity_id)
    category = Category(activity.category) if activity is not None else wish.category
    _require(tx, person, cipher, category)
    request = f"schedule {wish.model_dump_json()}"
    made_before = done_before(tx, person.account_id, idempotency_key, request)
    if made_before is not None:
        return entry_of(tx.db, get(tx.db, made_before))
    if wish.activity_id and not _is_open(tx, activity):
        raise Refusal(ErrorCode.ACTIVITY_CLOSED, detail={"field": ScheduleField.ACTIVITY.value})
    content = _content(tx, person, checker, wish, activity)
    if activity is None:
        _require_time(tx, content)
    if _planned_count(tx, person.account_id) >= MAX_UPCOMING:
        raise Refusal(ErrorCode.SCHEDULE_FULL, detail={"most": MAX_UPCOMING})
    require_free(tx, person.account_id, content.span)
    row = SessionRow(
        id=new_id(),
        anchor_id=person.account_id,
        state=SessionState.SCHEDULED.value,
        created_ms=tx.now_ms,
        activity_id=activity.id if activity is not None else None,
        is_spot=False,
        revision=0,
        reminded="",
        last_seq=0,
        message_count=0,
        **asdict(content),
    )
    tx.db.add(row)
    tx.db.flush()
    remember(tx, person.account_id, idempotency_key, request, row.id)
    tx.effects.append(PersonTold(person.account_id, Concern.SCHEDULE))
    return entry_of(tx.db, row)


def change(
    tx: Tx, person: Person, cipher: FieldCipher, checker: Checker, session_id: str, wish: PlanChange
) -> EntryView:
    """Change an entry until it begins. What it says already is no change, so that one may be sent again.

    Raises Refusal: not_found, session_begun, schedule_conflict {revision}, and what ``plan`` raises.
    """
    row = own_row(tx.db, person, session_id)
    activity = tx.db.get(ActivityRow, row.activity_id) if row.activity_id is not None else None
    _require(tx, person, cipher, Category(activity.category) if activity is not None else wish.plan.category)
    _require_unbegun(row)
    if wish.plan.activity_id != (row.activity_id or ""):
        # One joins with a plan of its own: what is fixed and what is not never changes.
        raise _invalid(ScheduleField.ACTIVITY, "fixed")
    content = _content(tx, person, checker, wish.plan, activity)
    if all(getattr(row, name) == value for name, value in asdict(content).items()):
        return entry_of(tx.db, row)
    if wish.base_revision != row.revision:
        raise Refusal(ErrorCode.SCHEDULE_CONFLICT, detail={"revision": row.revision})
    if activity is None:
        _require_time(tx, content, row)
        if content.span != span_of(row):
            require_free(tx, person.account_id, content.span, but=row.id)
        if content.starts_ms != row.starts_ms:
            # Whoever moves it knows how near it is.
            row.reminded = ",".join(str(one) for one in past_reminders(content.starts_ms, tx.now_ms))
    before = _announced(row)
    for name, value in asdict(content).items():
        setattr(row, name, value)
    row.revision += 1
    if _announced(row) != before:
        # Whoever waits on its page has it open for hours.
        post_fact(tx, row, "session.planned", _announced(row))
    tx.db.flush()
    tx.effects.append(PersonTold(person.account_id, Concern.SCHEDULE))
    return entry_of(tx.db, row)


def cancel(tx: Tx, person: Person, session_id: str) -> EntryView:
    """Take it off; repeatable. Raises Refusal (not_found, session_begun). A measure keeps nobody from it."""
    row = own_row(tx.db, person, session_id)
    require(Act.RUN_SESSION, person, subject_of(row))
    require_presence(tx.db, person)
    if row.end_reason != EndReason.CANCELLED:
        _require_unbegun(row)
        take_off(tx, row, EndReason.CANCELLED)
    return entry_of(tx.db, row)


def _announced(row: SessionRow) -> SessionPlanned:
    """What its page tells of it."""
    return SessionPlanned(title=row.title, category=row.category, starts_ms=row.starts_ms)


def _require(tx: Tx, person: Person, cipher: FieldCipher, category: Category) -> None:
    """What the gate says, and that the device is still signed in at the moment of the write. Raises Refusal."""
    standing = standing_of(tx.db, cipher, person.account_id, tx.now_ms)
    require(Act.SCHEDULE, person, standing=standing, category=category)
    require_presence(tx.db, person)


def _require_unbegun(row: SessionRow) -> None:
    if row.state != SessionState.SCHEDULED:
        raise Refusal(ErrorCode.SESSION_BEGUN, detail={"state": row.state})


def _activity(tx: Tx, activity_id: str) -> ActivityRow | None:
    is_id = activity_id.isascii() and activity_id.isalnum()
    return tx.db.get(ActivityRow, activity_id) if is_id else None


def _is_open(tx: Tx, activity: ActivityRow | None) -> bool:
    return activity is not None and activity.cancelled_ms is None and activity.starts_ms > tx.now_ms


def _content(tx: Tx, person: Person, checker: Checker, wish: Plan, activity: ActivityRow | None) -> _Content:
    """Cleaned and looked at. What an activity fixes is the activity's, whatever was sent."""
    if wish.cover_image_id and not is_cover_of(tx.db, person.account_id, wish.cover_image_id):
        raise _invalid(ScheduleField.COVER, "unusable")
    industry = _words(checker, wish.industry, MAX_INDUSTRY_CHARS, ScheduleField.INDUSTRY)
    position = _words(checker, wish.position, MAX_POSITION_CHARS, ScheduleField.POSITION)
    if activity is not None:
        title, category = activity.title, activity.category
        starts_ms, length_min = activity.starts_ms, activity.length_min
    else:
        title = checked_line(wish.title, MAX_TITLE_CHARS, ScheduleField.TITLE.value)
        require_clean(checker, title, Place.TITLE, ScheduleField.TITLE.value)
        category = wish.category.value
        starts_ms, length_min = utc_ms(wish.starts_at) // MINUTE_MS * MINUTE_MS, wish.length_min
    return _Content(
        title=title,
        category=category,
        industry=industry,
        position=position,
        starts_ms=starts_ms,
        length_min=length_min,
        cover_image_id=wish.cover_image_id,
        is_replay_on=wish.is_replay_on,
        allows_guests=wish.allows_guests,
    )


def _words(checker: Checker, text: str, max_chars: int, field: ScheduleField) -> str:
    """A line that may be empty."""
    if not plain_text(text):
        return ""
    line = checked_line(text, max_chars, field.value)
    require_clean(checker, line, Place.TITLE, field.value)
    return line


def _require_time(tx: Tx, content: _Content, row: SessionRow | None = None) -> None:
    """A start that stays as it was may be past: whoever is late may still mend the title."""
    fault = length_fault(content.length_min)
    if fault is not None:
        raise _invalid(ScheduleField.LENGTH, fault.value)
    fault = start_fault(content.starts_ms, tx.now_ms)
    if fault is not None and (row is None or content.starts_ms != row.starts_ms):
        raise _invalid(ScheduleField.STARTS_AT, fault.value)


def require_free(tx: Tx, anchor_id: str, wanted: Span, *, but: str = "") -> None:
    """Raises Refusal (schedule_overlap) with the earliest session that has some of the time."""
    for row in planned(tx.db, anchor_id, wanted.ends_ms):
        if row.id != but and wanted.overlaps(span_of(row)):
            raise overlap_with(row)
    busy = find_busy(tx.db, anchor_id)
    if busy is not None and wanted.overlaps(_busy_span(tx, busy)):
        raise overlap_with(busy)


def _busy_span(tx: Tx, row: SessionRow) -> Span:
    """Its planned time; more where it began before it or is not over after it."""
    span = span_of(row)
    starts_ms = span.starts_ms if row.started_ms is None else min(span.starts_ms, row.started_ms)
    return Span(starts_ms, max(span.ends_ms, tx.now_ms + 1))


def _planned_count(tx: Tx, anchor_id: str) -> int:
    query = select(func.count()).select_from(SessionRow)
    is_planned = (SessionRow.state == SessionState.SCHEDULED.value) & SessionRow.is_spot.is_(False)
    return tx.db.scalar(query.where(SessionRow.anchor_id == anchor_id, is_planned)) or 0


def _invalid(field: ScheduleField, reason: str) -> Refusal:
    return Refusal(ErrorCode.SCHEDULE_INVALID, detail={"field": field.value, "reason": reason})
