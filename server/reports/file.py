"""Reporting a message, a person or a session, and taking it back. Store thread, inside a write."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.reports import MAX_REPORT_CHARS, Report, ReportTarget, ReportWish
from app.domain.reports import PENDING, ReportState, TargetKind
from server.accounts.presence import require_presence
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.once import done_before, remember
from server.reports import record, transcript
from server.rooms.people import standing_in
from server.secrets import FieldCipher, new_id
from server.sessions.acts import subject_of
from server.store.models import AccountRow, MessageRow, SessionRow
from server.store.report_models import ReportRow
from server.store.room_models import HeldRow
from server.store.store import Tx
from server.text import checked_block

MAX_A_DAY = 50
"""Of one person: each report keeps a transcript."""
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class _Target:
    account_id: str
    name: str
    pivot: MessageRow | None
    """The message around which the transcript is taken."""


def file(
    tx: Tx,
    person: Person,
    cipher: FieldCipher,
    session_id: str,
    wish: ReportWish,
    key: str,
    present: frozenset[str] = frozenset(),
) -> Report:
    """The report; the same key with the same wish gives the one that it made. ``present``: accounts in the room.

    Raises Refusal: not_found for a target that is not of this session, removed_from_room, already_reported while
    another of the same target is pending, input_invalid {field: target} for oneself, {field: evidence}, {field: text}.
    """
    require_presence(tx.db, person)
    session = tx.db.get(SessionRow, session_id)
    if session is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    request = f"report {session_id} {wish.model_dump_json()}"
    earlier = done_before(tx, person.account_id, key, request)
    if earlier is not None:
        return record.to_wire(tx.db, cipher, record.find(tx.db, earlier))
    room = standing_in(tx.db, session, person.account_id, tx.now_ms, person.roles)
    require(Act.REPORT, person, subject_of(session), room=room)
    target = _target(tx.db, session, wish.target, present)
    if target.account_id == person.account_id:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "target"})
    text = checked_block(wish.text, MAX_REPORT_CHARS, "text", min_chars=0)
    evidence = frozenset(wish.evidence)
    _require_evidence(tx.db, session_id, evidence)
    _require_first(tx, person, session_id, wish.target)
    _require_patience(tx, person)
    is_of_person = wish.target.kind is TargetKind.PERSON
    lines = transcript.taken_of(
        tx.db,
        session_id,
        target.pivot,
        evidence,
        message_id=wish.target.id if wish.target.kind is TargetKind.MESSAGE else "",
        author_id=target.account_id if is_of_person else "",
    )
    row = ReportRow(
        id=new_id(),
        session_id=session_id,
        reporter_id=person.account_id,
        target_kind=wish.target.kind.value,
        target_id=wish.target.id,
        account_id=target.account_id,
        target_name=target.name,
        category=wish.category.value,
        text_sealed=cipher.seal(text) if text else None,
        transcript_sealed=transcript.sealed(cipher, lines),
        state=ReportState.OPEN.value,
        at_ms=tx.now_ms,
        answer="",
    )
    tx.db.add(row)
    tx.db.flush()
    remember(tx, person.account_id, key, request, row.id)
    return record.to_wire(tx.db, cipher, row)


def withdraw(tx: Tx, person: Person, cipher: FieldCipher, report_id: str) -> Report:
    """Repeatable. Raises Refusal: not_found for somebody else's, state_conflict once an operator took it."""
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    row = record.find(tx.db, report_id)
    if row.reporter_id != person.account_id:
        raise Refusal(ErrorCode.NOT_FOUND)
    if row.state != ReportState.WITHDRAWN.value:
        record.become(tx, row, ReportState.WITHDRAWN, person.account_id)
    return record.to_wire(tx.db, cipher, row)


def _target(db: Db, session: SessionRow, wanted: ReportTarget, present: frozenset[str]) -> _Target:
    """Raises Refusal (not_found) for what is not of this session."""
    match wanted.kind:
        case TargetKind.MESSAGE:
            message = db.get(MessageRow, wanted.id)
            if message is not None and message.session_id == session.id:
                return _Target(message.author_id, message.author_name, message)
        case TargetKind.PERSON:
            account = db.get(AccountRow, wanted.id)
            if account is not None and _was_there(db, session, account.id, present):
                return _Target(account.id, account.nickname, _latest(db, session.id, account.id))
        case TargetKind.SESSION:
            if wanted.id == session.id:
                return _Target(session.anchor_id, session.title, None)
    raise Refusal(ErrorCode.NOT_FOUND)


def _was_there(db: Db, session: SessionRow, account_id: str, present: frozenset[str]) -> bool:
    """Whether somebody has to do with this session: it is not for looking up accounts."""
    if account_id == session.anchor_id or account_id in present or _latest(db, session.id, account_id) is not None:
        return True
    held = select(HeldRow.id).where(HeldRow.session_id == session.id, HeldRow.author_id == account_id)
    return db.scalar(held.limit(1)) is not None


def _latest(db: Db, session_id: str, account_id: str) -> MessageRow | None:
    said = select(MessageRow).where(MessageRow.session_id == session_id, MessageRow.author_id == account_id)
    return db.scalar(said.order_by(MessageRow.seq.desc()).limit(1))


def _require_evidence(db: Db, session_id: str, evidence: frozenset[str]) -> None:
    known = select(func.count()).select_from(MessageRow)
    known = known.where(MessageRow.session_id == session_id, MessageRow.id.in_(evidence))
    if db.scalar(known) != len(evidence):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "evidence"})


def _require_first(tx: Tx, person: Person, session_id: str, target: ReportTarget) -> None:
    """One that is pending says it; another one would be the same work twice."""
    known = select(ReportRow.id).where(
        ReportRow.reporter_id == person.account_id,
        ReportRow.session_id == session_id,
        ReportRow.target_kind == target.kind.value,
        ReportRow.target_id == target.id,
        ReportRow.state.in_([state.value for state in PENDING]),
    )
    if tx.db.scalar(known.limit(1)) is not None:
        raise Refusal(ErrorCode.ALREADY_REPORTED)


def _require_patience(tx: Tx, person: Person) -> None:
    mine = select(ReportRow.at_ms).where(
        ReportRow.reporter_id == person.account_id, ReportRow.at_ms > tx.now_ms - _DAY_MS
    )
    oldest_ms = tx.db.scalar(mine.order_by(ReportRow.at_ms.desc()).offset(MAX_A_DAY - 1).limit(1))
    if oldest_ms is not None:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=(oldest_ms + _DAY_MS - tx.now_ms) / 1000)
