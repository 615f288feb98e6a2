"""The rows of reports: finding one, changing its state, reading one's own. Store threads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern
from app.contract.reports import Report
from app.domain.measures import ConductCategory
from app.domain.reports import ReportState, TargetKind, may_become
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.store.models import AccountRow, SessionRow
from server.store.report_models import ComplaintRow, ReportClipRow, ReportRow
from server.store.store import Tx

MAX_MINE = 200


def find(db: Db, report_id: str) -> ReportRow:
    """Raises Refusal (not_found)."""
    row = db.get(ReportRow, report_id) if is_id(report_id) else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def become(tx: Tx, row: ReportRow | ComplaintRow, following: ReportState, by: str, answer: str = "") -> None:
    """The one place that changes the state. Raises Refusal (state_conflict) where the table has no such step."""
    if not may_become(ReportState(row.state), following):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
    row.state = following.value
    if following is ReportState.TAKEN:
        row.taken_ms, row.taken_by = tx.now_ms, by
    else:
        row.handled_ms, row.handled_by, row.answer = tx.now_ms, by, answer
    tx.db.flush()
    if isinstance(row, ReportRow):
        tx.effects.append(PersonTold(row.reporter_id, Concern.REPORTS))


def may_handle(operator: Person, row: ReportRow) -> bool:
    """Nobody judges what they reported themselves, or are reported for."""
    return operator.account_id not in (row.reporter_id, row.account_id)


def mine(db: Db, cipher: FieldCipher, person: Person) -> list[Report]:
    """What the person reported, the newest first."""
    require(Act.USE_ACCOUNT, person)
    rows = db.scalars(
        select(ReportRow)
        .where(ReportRow.reporter_id == person.account_id)
        .order_by(ReportRow.at_ms.desc(), ReportRow.id.desc())
        .limit(MAX_MINE)
    )
    return [to_wire(db, cipher, row) for row in rows]


def to_wire(db: Db, cipher: FieldCipher, row: ReportRow) -> Report:
    """As who reported reads it; which operator handled it is not told."""
    return Report(
        id=row.id,
        session_id=row.session_id,
        session_title=db.get_one(SessionRow, row.session_id).title,
        target_kind=TargetKind(row.target_kind),
        target_name=row.target_name,
        category=ConductCategory(row.category),
        text=cipher.open(row.text_sealed) if row.text_sealed else "",
        state=ReportState(row.state),
        at=moment(row.at_ms),
        handled_at=maybe_moment(row.handled_ms),
        answer=row.answer,
        has_clip=db.scalar(select(ReportClipRow.id).where(ReportClipRow.report_id == row.id)) is not None,
    )


def is_id(text: str) -> bool:
    return text.isascii() and text.isalnum()


def maybe_moment(at_ms: int | None) -> datetime | None:
    return moment(at_ms) if at_ms is not None else None


def name_of(db: Db, account_id: str | None) -> str:
    account = db.get(AccountRow, account_id) if account_id else None
    return account.nickname if account is not None else ""
