"""What people do with sessions: open, ask for keys, end, cut off; and what time does. Store thread, inside a write."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.contract.rest import Category, KeyRequest, SessionCreate
from app.domain.measures import ConductCategory, MeasureKind
from app.domain.schedule import DEFAULT_LENGTH_MIN, MINUTE_MS, START_EARLY_MIN, Span
from app.domain.session import EndReason, SessionState
from server.accounts import people
from server.accounts.presence import require_presence
from server.audit import audit
from server.conduct.checker import Checker, Place
from server.conduct_gate import require_clean
from server.effects import DeathCause
from server.errors import Refusal
from server.gate import Person, Subject, missing, require
from server.gate_acts import Act
from server.inbox.post import post
from server.measures import record as measures
from server.once import done_before, remember
from server.rooms.rules import rules_of
from server.secrets import FieldCipher, new_id
from server.sessions import keys
from server.sessions.transitions import grace_deadline_ms, move
from server.sessions.views import SessionView, moment, view_of
from server.standing import standing_of
from server.store.models import SessionRow
from server.store.store import Tx
from server.text import checked_line

MAX_TITLE_CHARS = 40
MAX_REASON_CHARS = 200
BUSY = (SessionState.PREPARING.value, SessionState.LIVE.value, SessionState.INTERRUPTED.value)


def find_current(db: Db, anchor_id: str) -> SessionRow | None:
    """The one that is being prepared or on air; else the one that was made on the spot and has not begun."""
    return find_busy(db, anchor_id) or next(iter(_unused_spots(db, anchor_id)), None)


def find_busy(db: Db, anchor_id: str) -> SessionRow | None:
    """The one that is being prepared or on air: an anchor has one at most."""
    return db.scalar(select(SessionRow).where(SessionRow.anchor_id == anchor_id, SessionRow.state.in_(BUSY)).limit(1))


def planned(db: Db, anchor_id: str, until_ms: int) -> list[SessionRow]:
    """What is on the schedule and has not begun, up to a moment; the earliest first."""
    query = select(SessionRow).where(
        SessionRow.anchor_id == anchor_id,
        SessionRow.state == SessionState.SCHEDULED.value,
        SessionRow.is_spot.is_(False),
        SessionRow.starts_ms <= until_ms,
    )
    return list(db.scalars(query.order_by(SessionRow.starts_ms, SessionRow.id)))


def span_of(row: SessionRow) -> Span:
    """The time that it is planned for."""
    return Span.of(row.starts_ms, row.length_min)


def get(db: Db, session_id: str) -> SessionRow:
    """Raises Refusal (not_found)."""
    row = db.get(SessionRow, session_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def subject_of(row: SessionRow) -> Subject:
    return Subject(
        row.anchor_id,
        SessionState(row.state),
        was_live=row.started_ms is not None,
        category=Category(row.category),
        # An official activity has its time; one's own session may begin whenever one likes.
        opens_ms=row.starts_ms - START_EARLY_MIN * MINUTE_MS if row.activity_id is not None else None,
        allows_guests=row.allows_guests,
        id=row.id,
    )


def guest_subject_of(db: Db, row: SessionRow, now_ms: int) -> Subject:
    """As who would be a guest is judged by: an anchor whose link-mic is limited has none, nor has a room whose rules
    say so, as with the shield up."""
    subject = subject_of(row)
    is_limited = bool(measures.limits_of(db, row.anchor_id, now_ms, MeasureKind.LIMIT_GUESTS))
    allows = rules_of(db, row.id).allows_guests
    return replace(subject, allows_guests=subject.allows_guests and allows and not is_limited)


def gift_subject_of(db: Db, cipher: FieldCipher, row: SessionRow, now_ms: int) -> Subject:
    """As who would give its anchor something is judged by."""
    anchor = Person(row.anchor_id, "", people.roles_of(db, row.anchor_id))
    code = missing(Act.RECEIVE_GIFT, anchor, standing=standing_of(db, cipher, row.anchor_id, now_ms))
    return replace(subject_of(row), takes_gifts=code is None)


def open_session(
    tx: Tx, person: Person, cipher: FieldCipher, checker: Checker, wish: SessionCreate, idempotency_key: str | None
) -> SessionView:
    """One on the spot: it takes the time up to the next planned one, an hour at most.

    The same key with the same wish gives the session it made. One that was made on the spot before and never begun
    gives way. Raises Refusal: session_busy, schedule_overlap with the planned session whose time it is.
    """
    _require(tx, Act.OPEN_SESSION, person, cipher, category=wish.category)
    request = wish.model_dump_json()
    made_before = done_before(tx, person.account_id, idempotency_key, request)
    if made_before is not None:
        return view_of(tx.db, get(tx.db, made_before))
    title = checked_line(wish.title, MAX_TITLE_CHARS, "title")
    require_clean(checker, title, Place.TITLE, "title")
    require_none_busy(tx.db, person.account_id)
    length_min = _spot_length_min(tx, person.account_id)
    for unused in _unused_spots(tx.db, person.account_id):
        _finish(tx, unused, EndReason.CANCELLED, DeathCause.ENDED)
    row = SessionRow(
        id=new_id(),
        anchor_id=person.account_id,
        title=title,
        category=wish.category.value,
        state=SessionState.SCHEDULED.value,
        created_ms=tx.now_ms,
        starts_ms=tx.now_ms,
        length_min=length_min,
        is_spot=True,
        last_seq=0,
        message_count=0,
    )
    tx.db.add(row)
    tx.db.flush()
    remember(tx, person.account_id, idempotency_key, request, row.id)
    return view_of(tx.db, row)


def issue_stream_key(
    tx: Tx, person: Person, cipher: FieldCipher, session_id: str, wish: KeyRequest, platform_tag: str
) -> keys.IssuedKey:
    row = get(tx.db, session_id)
    subject = replace(subject_of(row), refusal=measures.refusal_of(tx.db, row.id))
    _require(tx, Act.TAKE_KEY, person, cipher, subject)
    require_none_busy(tx.db, person.account_id, but=row.id)
    return keys.issue(tx, row, person.device_id, platform_tag, is_taking_over=wish.take_over)


def end(tx: Tx, person: Person, session_id: str) -> SessionView:
    """Idempotent: what has ended stays as it ended."""
    row = get(tx.db, session_id)
    require(Act.RUN_SESSION, person, subject_of(row))
    require_presence(tx.db, person)
    if row.state != SessionState.ENDED:
        is_unused = row.state == SessionState.SCHEDULED
        _finish(tx, row, EndReason.CANCELLED if is_unused else EndReason.ANCHOR, DeathCause.ENDED)
    return view_of(tx.db, row)


def cut_off(
    tx: Tx, person: Person, session_id: str, reason: str, category: ConductCategory | None = None
) -> SessionView:
    """A measure of its own: the anchor may read it again and appeal."""
    require(Act.CUT_OFF, person)
    require_presence(tx.db, person)
    row = get(tx.db, session_id)
    text = checked_line(reason, MAX_REASON_CHARS, "reason")
    taken = measures.add(tx, person, row.anchor_id, MeasureKind.CUT_OFF, category, text, session_id=row.id)
    stop(tx, person.account_id, row, text, taken.id)
    return view_of(tx.db, row)


def stop(tx: Tx, operator_id: str, row: SessionRow, text: str, measure_id: str) -> None:
    """It ends, the key dies, and the anchor is told why and led to the measure that did it."""
    _finish(tx, row, EndReason.CUT_OFF, DeathCause.CUT_OFF, text)
    audit(tx, operator_id, "session.cut_off", row.id, text)
    params = {"title": row.title, "comment": text}
    post(tx, row.anchor_id, InboxKind.SESSION_CUT_OFF, params, LinkPlace.MEASURES, measure_id)


def take_off(tx: Tx, row: SessionRow, reason: EndReason) -> None:
    """End one that has not begun: it was cancelled, called off or missed. Its keys die with it."""
    _finish(tx, row, reason, DeathCause.ENDED)


def withhold(tx: Tx, row: SessionRow, text: str) -> None:
    """End one that has not begun, as a measure does it; a device that holds its key is told why."""
    _finish(tx, row, EndReason.CALLED_OFF, DeathCause.CUT_OFF, text)


def require_none_busy(db: Db, anchor_id: str, *, but: str = "") -> None:
    """Raises Refusal (session_busy) while another session is being prepared or on air."""
    busy = find_busy(db, anchor_id)
    if busy is not None and busy.id != but:
        raise Refusal(ErrorCode.SESSION_BUSY, detail={"session_id": busy.id, "state": busy.state, "title": busy.title})


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


def _unused_spots(db: Db, anchor_id: str) -> list[SessionRow]:
    query = select(SessionRow).where(
        SessionRow.anchor_id == anchor_id,
        SessionRow.state == SessionState.SCHEDULED.value,
        SessionRow.is_spot.is_(True),
    )
    return list(db.scalars(query.order_by(SessionRow.created_ms.desc(), SessionRow.id)))


def _spot_length_min(tx: Tx, anchor_id: str) -> int:
    """Up to the next planned session, an hour at most. Raises Refusal (schedule_overlap) when one has its time now."""
    wanted = Span.of(tx.now_ms, DEFAULT_LENGTH_MIN)
    following = planned(tx.db, anchor_id, wanted.ends_ms)
    running = next((row for row in following if row.starts_ms <= tx.now_ms < span_of(row).ends_ms), None)
    if running is not None:
        raise overlap_with(running)
    next_ms = min((row.starts_ms for row in following if row.starts_ms > tx.now_ms), default=wanted.ends_ms)
    return max(1, min(DEFAULT_LENGTH_MIN, (next_ms - tx.now_ms) // MINUTE_MS))


def overlap_with(row: SessionRow) -> Refusal:
    """Names the session that has the time."""
    detail: dict[str, str | int | float | bool | None] = {
        "session_id": row.id,
        "title": row.title,
        "starts_at": moment(row.starts_ms).isoformat(),
        "length_min": row.length_min,
    }
    return Refusal(ErrorCode.SCHEDULE_OVERLAP, detail=detail)


def _require(
    tx: Tx,
    act: Act,
    person: Person,
    cipher: FieldCipher,
    subject: Subject | None = None,
    category: Category | None = None,
) -> None:
    """What the gate says, and that the device is still signed in at the moment of the write. Raises Refusal."""
    standing = standing_of(tx.db, cipher, person.account_id, tx.now_ms)
    require(act, person, subject, standing=standing, category=category)
    require_presence(tx.db, person)


def _finish(tx: Tx, row: SessionRow, reason: EndReason, cause: DeathCause, said: str = "") -> None:
    move(tx, row, SessionState.ENDED, reason)
    keys.kill_of_session(tx, row.id, cause, said)
