"""Reports as operators handle them: the queue, one with its transcript, taking and deciding. Store threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Case, case, func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.contract.rest import Role
from app.domain.measures import ConductCategory
from app.domain.reports import FINAL, PENDING, ReportState, TargetKind
from app.domain.session import SessionState
from server.accounts import people
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.reports import record, transcript
from server.reports.transcript import Line
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.store.models import SessionRow
from server.store.report_models import ReportRow
from server.store.store import Tx
from server.text import checked_line

SHOWN = ("waiting", "handled")
MAX_SHOWN = 100
MAX_OTHERS = 50
MAX_ANSWER_CHARS = 200
_STATES = {"waiting": PENDING, "handled": FINAL}


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """All reports of one target that wait, or that are handled; ``id`` is of the one to open first."""

    id: str
    target_kind: TargetKind
    target_name: str
    session_title: str
    category: ConductCategory
    state: ReportState
    """Of the one to open first."""
    count: int
    opens: int
    """How many of them nobody has taken up."""
    takens: int
    """How many an operator looks at."""
    at: datetime
    """Of the one to open first."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another report of the same target."""

    id: str
    category: ConductCategory
    state: ReportState
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportDetail:
    """One report with what an operator needs to decide on it."""

    group: ReportGroup
    session_id: str
    is_on_air: bool
    account_id: str
    account_name: str
    is_anchor: bool
    reporter_id: str
    reporter_name: str
    text: str = field(repr=False)
    lines: list[Line] = field(repr=False)
    taken_by: str
    taken_at: datetime | None
    handled_by: str
    handled_at: datetime | None
    answer: str
    others: list[Other]
    pending_others: int
    may_handle: bool
    """False for who reported or is reported."""


def queue(
    db: Db, operator: Person, show: str = SHOWN[0], *, limit: int = MAX_SHOWN, offset: int = 0
) -> list[ReportGroup]:
    """One line a target. Of what waits: what nobody took first, then what waits longest. Of the rest the newest."""
    require(Act.HANDLE_REPORT, operator)
    states = [state.value for state in _STATES[show]]
    key = (ReportRow.target_kind, ReportRow.target_id, ReportRow.session_id)
    numbers = [func.sum(case((ReportRow.state == one.value, 1), else_=0)) for one in PENDING]
    query = select(*key, func.count(), *numbers).where(ReportRow.state.in_(states)).group_by(*key)
    if show == SHOWN[0]:
        query = query.order_by(func.min(_rank()), func.min(ReportRow.at_ms), ReportRow.target_id)
    else:
        query = query.order_by(func.max(ReportRow.handled_ms).desc(), ReportRow.target_id)
    groups = db.execute(query.limit(min(limit, MAX_SHOWN)).offset(offset)).all()
    found = []
    for kind, target_id, session_id, count, opens, takens in groups:
        first = select(ReportRow).where(
            ReportRow.target_kind == kind,
            ReportRow.target_id == target_id,
            ReportRow.session_id == session_id,
            ReportRow.state.in_(states),
        )
        row = db.scalars(first.order_by(_rank(), ReportRow.at_ms, ReportRow.id).limit(1)).one()
        found.append(_group(db, row, count, opens, takens))
    return found


def count(db: Db, operator: Person) -> int:
    """How many targets wait."""
    require(Act.HANDLE_REPORT, operator)
    key = (ReportRow.target_kind, ReportRow.target_id, ReportRow.session_id)
    pending = ReportRow.state.in_([state.value for state in PENDING])
    return db.scalar(select(func.count()).select_from(select(*key).where(pending).distinct().subquery())) or 0


def detail(db: Db, operator: Person, cipher: FieldCipher, report_id: str) -> ReportDetail:
    """Raises Refusal (not_found)."""
    require(Act.HANDLE_REPORT, operator)
    row = record.find(db, report_id)
    session = db.get_one(SessionRow, row.session_id)
    others = _others(db, row)
    states = [ReportState(one.state) for one in (row, *others)]
    return ReportDetail(
        group=_group(db, row, len(states), *(states.count(one) for one in PENDING)),
        session_id=row.session_id,
        is_on_air=SessionState(session.state).is_on_air,
        account_id=row.account_id,
        account_name=record.name_of(db, row.account_id),
        is_anchor=Role.ANCHOR in people.roles_of(db, row.account_id),
        reporter_id=row.reporter_id,
        reporter_name=record.name_of(db, row.reporter_id),
        text=cipher.open(row.text_sealed) if row.text_sealed else "",
        lines=transcript.opened(cipher, row.transcript_sealed),
        taken_by=record.name_of(db, row.taken_by),
        taken_at=record.maybe_moment(row.taken_ms),
        handled_by=record.name_of(db, row.handled_by) if ReportState(row.state).is_decided else "",
        handled_at=record.maybe_moment(row.handled_ms),
        answer=row.answer,
        others=[
            Other(
                one.id,
                ConductCategory(one.category),
                ReportState(one.state),
                cipher.open(one.text_sealed) if one.text_sealed else "",
                moment(one.at_ms),
            )
            for one in others[:MAX_OTHERS]
        ],
        pending_others=len(_pending(operator, others)),
        may_handle=record.may_handle(operator, row),
    )


def take(tx: Tx, operator: Person, report_id: str) -> None:
    """From now on it cannot be withdrawn. Raises Refusal: not_found, forbidden, state_conflict."""
    row = _handled(tx, operator, report_id)
    record.become(tx, row, ReportState.TAKEN, operator.account_id)
    audit(tx, operator.account_id, "report.taken", row.id, "")


def decide(
    tx: Tx, operator: Person, report_id: str, answer: str, *, is_upheld: bool, with_others: bool = False
) -> None:
    """The reporter is told the answer; with ``with_others`` so is who else reported the same, be it not taken yet.

    Raises Refusal: not_found, forbidden, state_conflict for one that was not taken or is decided, input_invalid.
    """
    row = _handled(tx, operator, report_id)
    said = checked_line(answer, MAX_ANSWER_CHARS, "answer")
    _decide(tx, operator, row, said, is_upheld=is_upheld)
    for other in _pending(operator, _others(tx.db, row)) if with_others else ():
        if other.state == ReportState.OPEN.value:
            record.become(tx, other, ReportState.TAKEN, operator.account_id)
        _decide(tx, operator, other, said, is_upheld=is_upheld)


def _decide(tx: Tx, operator: Person, row: ReportRow, said: str, *, is_upheld: bool) -> None:
    state = ReportState.UPHELD if is_upheld else ReportState.DISMISSED
    record.become(tx, row, state, operator.account_id, said)
    audit(tx, operator.account_id, f"report.{state.value}", row.id, said)
    kind = InboxKind.REPORT_UPHELD if is_upheld else InboxKind.REPORT_DISMISSED
    post(tx, row.reporter_id, kind, {"comment": said, "name": row.target_name}, LinkPlace.REPORTS, row.id)


def _handled(tx: Tx, operator: Person, report_id: str) -> ReportRow:
    require(Act.HANDLE_REPORT, operator)
    require_presence(tx.db, operator)
    row = record.find(tx.db, report_id)
    if not record.may_handle(operator, row):
        raise Refusal(ErrorCode.FORBIDDEN)
    return row


def _others(db: Db, row: ReportRow) -> list[ReportRow]:
    """Of the same target, what waits first."""
    query = select(ReportRow).where(
        ReportRow.target_kind == row.target_kind,
        ReportRow.target_id == row.target_id,
        ReportRow.session_id == row.session_id,
        ReportRow.id != row.id,
    )
    return list(db.scalars(query.order_by(_rank(), ReportRow.at_ms, ReportRow.id)))


def _pending(operator: Person, rows: list[ReportRow]) -> list[ReportRow]:
    return [row for row in rows if not ReportState(row.state).is_final and record.may_handle(operator, row)]


def _rank() -> Case[int]:
    order = {ReportState.OPEN.value: 0, ReportState.TAKEN.value: 1}
    return case(order, value=ReportRow.state, else_=2)


def _group(db: Db, row: ReportRow, count: int, opens: int, takens: int) -> ReportGroup:
    return ReportGroup(
        id=row.id,
        target_kind=TargetKind(row.target_kind),
        target_name=row.target_name,
        session_title=db.get_one(SessionRow, row.session_id).title,
        category=ConductCategory(row.category),
        state=ReportState(row.state),
        count=count,
        opens=opens,
        takens=takens,
        at=moment(row.at_ms),
    )
