"""Measures and appeals as operators see them. Store threads; reading only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.measures import Measure
from app.domain.measures import HAPPENS_ONCE, AppealState, MeasureKind, MeasureState
from server.gate import Person, require
from server.gate_acts import Act
from server.measures import appeal, record
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.store.measure_models import MeasureRow
from server.store.models import AccountRow

SHOWN = ("appeals", "untold", "in_force", "all")
MAX_SHOWN = 100
_LASTING = tuple(kind.value for kind in MeasureKind if kind not in HAPPENS_ONCE)


@dataclass(frozen=True, slots=True)
class MeasureEntry:
    id: str
    account_id: str
    nickname: str
    kind: MeasureKind
    state: MeasureState
    appeal: AppealState
    at: datetime
    is_told: bool


@dataclass(frozen=True, slots=True)
class MeasureDetail:
    """``wire``: as the person reads it; beside it who did what."""

    entry: MeasureEntry
    wire: Measure = field(repr=False)
    taken_by: str
    ended_by: str
    decided_by: str
    may_decide: bool
    may_tell: bool
    """Whether its person is still to be told."""


def entries(
    db: Db, operator: Person, now_ms: int, show: str, about: str = "", *, limit: int = MAX_SHOWN, offset: int = 0
) -> list[MeasureEntry]:
    """The newest first; of open appeals those that wait longest. ``about``: the id of an account."""
    require(Act.TAKE_MEASURE, operator)
    query = select(MeasureRow).order_by(MeasureRow.at_ms.desc(), MeasureRow.id.desc())
    if show == "appeals":
        query = select(MeasureRow).where(MeasureRow.appeal == AppealState.OPEN.value)
        query = query.order_by(MeasureRow.appealed_ms, MeasureRow.id)
    elif show == "untold":
        query = query.where(MeasureRow.told_ms.is_(None))
    elif show == "in_force":
        is_running = MeasureRow.until_ms.is_(None) | (MeasureRow.until_ms > now_ms)
        query = query.where(MeasureRow.kind.in_(_LASTING), MeasureRow.ended_ms.is_(None), is_running)
    if about:
        query = query.where(MeasureRow.account_id == about.replace("\x00", ""))
    return [_entry(db, row, now_ms) for row in db.scalars(query.limit(min(limit, MAX_SHOWN)).offset(offset))]


def count_appeals(db: Db, operator: Person) -> int:
    """How many wait for a decision."""
    require(Act.DECIDE_APPEAL, operator)
    query = select(func.count()).select_from(MeasureRow).where(MeasureRow.appeal == AppealState.OPEN.value)
    return db.scalar(query) or 0


def detail(db: Db, operator: Person, cipher: FieldCipher, now_ms: int, measure_id: str) -> MeasureDetail:
    """Raises Refusal (not_found)."""
    require(Act.TAKE_MEASURE, operator)
    row = record.find(db, measure_id)
    return MeasureDetail(
        entry=_entry(db, row, now_ms),
        wire=record.to_wire(db, cipher, row, now_ms),
        taken_by=_name(db, row.taken_by),
        ended_by=_name(db, row.ended_by or ""),
        decided_by=_name(db, row.decided_by or ""),
        may_decide=row.appeal == AppealState.OPEN.value and appeal.may_decide(db, operator, row),
        may_tell=row.told_ms is None,
    )


def _entry(db: Db, row: MeasureRow, now_ms: int) -> MeasureEntry:
    measure = record.as_measure(row)
    return MeasureEntry(
        id=row.id,
        account_id=row.account_id,
        nickname=_name(db, row.account_id),
        kind=measure.kind,
        state=measure.state(now_ms),
        appeal=measure.appeal,
        at=moment(row.at_ms),
        is_told=row.told_ms is not None,
    )


def _name(db: Db, account_id: str) -> str:
    account = db.get(AccountRow, account_id) if account_id else None
    return account.nickname if account is not None else ""
