"""The rows of measures: what binds a person, one more, and reading them back. Store threads.

It knows no session and no device, so that whoever ends one may write down why.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.measures import MAX_PIECES_SHOWN, Appeal, AuthorityReport, DeletedPiece, Measure
from app.domain import measures as domain
from app.domain.measures import AppealState, ConductCategory, MeasureKind, MeasureState, PieceKind
from server.errors import Refusal
from server.gate import Limit, Person, require
from server.gate_acts import Act
from server.secrets import FieldCipher, new_id
from server.sessions.views import moment
from server.store.measure_models import MeasureRow, PieceRow
from server.store.models import SessionRow
from server.store.store import Tx

MAX_MINE = 200


def as_measure(row: MeasureRow) -> domain.Measure:
    return domain.Measure(
        id=row.id,
        account_id=row.account_id,
        kind=MeasureKind(row.kind),
        from_ms=row.at_ms,
        told_ms=row.told_ms,
        until_ms=row.until_ms,
        ended_ms=row.ended_ms,
        appeal=AppealState(row.appeal),
    )


def running(db: Db, account_id: str, now_ms: int, kinds: Iterable[MeasureKind] = MeasureKind) -> list[MeasureRow]:
    """Those in force against a person, of these kinds."""
    found = db.scalars(
        select(MeasureRow).where(
            MeasureRow.account_id == account_id,
            MeasureRow.kind.in_([kind.value for kind in kinds]),
            MeasureRow.ended_ms.is_(None),
            MeasureRow.until_ms.is_(None) | (MeasureRow.until_ms > now_ms),
        )
    )
    return [row for row in found if as_measure(row).state(now_ms) is MeasureState.IN_FORCE]


def limits_of(
    db: Db, account_id: str, now_ms: int, *kinds: MeasureKind, only_told: bool = False
) -> dict[MeasureKind, Limit]:
    """What is in force against a person: of each kind the one that lasts longest.

    ``only_told``: for what the person is shown without having tried anything.
    """
    found_rows = running(db, account_id, now_ms, kinds)
    rows = {row.id: row for row in found_rows if row.told_ms is not None or not only_told}
    found = {}
    for kind in kinds if rows else ():
        longest = domain.longest(as_measure(row) for row in rows.values() if row.kind == kind.value)
        if longest is not None:
            found[kind] = Limit(longest.until_ms, rows[longest.id].reason, longest.id)
    return found


def limits_of_all(db: Db, accounts: Collection[str], now_ms: int, kind: MeasureKind) -> dict[str, Limit]:
    """The same of one kind against several people, by account; who is under none is left out."""
    found = select(MeasureRow.account_id).where(
        MeasureRow.account_id.in_(accounts), MeasureRow.kind == kind.value, MeasureRow.ended_ms.is_(None)
    )
    limits = {account_id: limits_of(db, account_id, now_ms, kind).get(kind) for account_id in set(db.scalars(found))}
    return {account_id: limit for account_id, limit in limits.items() if limit is not None}


def refusal_of(db: Db, session_id: str) -> Limit | None:
    """The measure by which a session is not published, while it is in force."""
    found = select(MeasureRow).where(
        MeasureRow.session_id == session_id,
        MeasureRow.kind == MeasureKind.REFUSAL.value,
        MeasureRow.ended_ms.is_(None),
    )
    row = db.scalar(found.limit(1))
    return Limit(None, row.reason, row.id) if row is not None else None


def add(
    tx: Tx,
    operator: Person,
    account_id: str,
    kind: MeasureKind,
    category: ConductCategory | None,
    reason: str,
    *,
    until_ms: int | None = None,
    session_id: str | None = None,
    evidence_sealed: str | None = None,
    is_told_later: bool = False,
) -> MeasureRow:
    """One more; what may be taken, what follows from it and the notice are the caller's."""
    row = MeasureRow(
        id=new_id(),
        account_id=account_id,
        kind=kind.value,
        category=category.value if category is not None else None,
        reason=reason,
        evidence_sealed=evidence_sealed,
        session_id=session_id,
        taken_by=operator.account_id,
        at_ms=tx.now_ms,
        told_ms=None if is_told_later else tx.now_ms,
        until_ms=until_ms,
        end_reason="",
        appeal=AppealState.NONE.value,
        decision="",
    )
    tx.db.add(row)
    tx.db.flush()
    return row


def find(db: Db, measure_id: str) -> MeasureRow:
    """Raises Refusal (not_found)."""
    row = db.get(MeasureRow, measure_id) if measure_id.isascii() and measure_id.isalnum() else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def mine(db: Db, cipher: FieldCipher, person: Person, now_ms: int) -> list[Measure]:
    """What was taken against the person and told to them, the newest first."""
    require(Act.OWN_MEASURES, person)
    rows = db.scalars(
        select(MeasureRow)
        .where(MeasureRow.account_id == person.account_id, MeasureRow.told_ms.is_not(None))
        .order_by(MeasureRow.at_ms.desc(), MeasureRow.id.desc())
        .limit(MAX_MINE)
    )
    return [to_wire(db, cipher, row, now_ms) for row in rows]


def evidence_of(cipher: FieldCipher, row: MeasureRow) -> list[str]:
    """Raises StorageError when the key is another one."""
    found: list[str] = json.loads(cipher.open(row.evidence_sealed)) if row.evidence_sealed else []
    return found


def details_of(cipher: FieldCipher, row: MeasureRow) -> dict[str, Any]:
    """What its kind has besides; empty where there is nothing."""
    found: dict[str, Any] = json.loads(cipher.open(row.details_sealed)) if row.details_sealed else {}
    return found


def keep_details(cipher: FieldCipher, row: MeasureRow, details: dict[str, Any]) -> None:
    row.details_sealed = cipher.seal(json.dumps(details, ensure_ascii=False))


def pieces_of(db: Db, measure_id: str) -> list[PieceRow]:
    """What it deleted, in order."""
    found = select(PieceRow).where(PieceRow.measure_id == measure_id)
    return list(db.scalars(found.order_by(PieceRow.number)))


def to_wire(db: Db, cipher: FieldCipher, row: MeasureRow, now_ms: int) -> Measure:
    """As the person reads it; who took it and who decided is not told.

    One that was not told is for operators: of an appeal there is nothing to say yet.
    """
    measure = as_measure(row)
    pieces = pieces_of(db, row.id)
    details = details_of(cipher, row) if row.kind == MeasureKind.AUTHORITIES.value else {}
    session = db.get(SessionRow, row.session_id) if row.session_id else None
    return Measure(
        id=row.id,
        kind=measure.kind,
        category=ConductCategory(row.category) if row.category is not None else None,
        reason=row.reason,
        evidence=evidence_of(cipher, row),
        session_id=row.session_id or "",
        session_title=session.title if session is not None else "",
        since=moment(row.at_ms),
        until=_moment(row.until_ms),
        state=measure.state(now_ms),
        ended_at=_moment(row.ended_ms),
        end_reason=row.end_reason,
        may_appeal=domain.why_no_appeal(measure, now_ms) is None,
        appeal_until=moment(domain.appeal_until_ms(measure) or row.at_ms),
        appeal=Appeal(
            state=measure.appeal,
            text=cipher.open(row.appeal_sealed) if row.appeal_sealed else "",
            at=_moment(row.appealed_ms),
            decided_at=_moment(row.decided_ms),
            decision=row.decision,
        ),
        told_at=moment(row.told_ms if row.told_ms is not None else row.at_ms),
        pieces=[_piece(cipher, one) for one in pieces[:MAX_PIECES_SHOWN]],
        pieces_count=len(pieces),
        report=_report(details) if details else None,
    )


def _piece(cipher: FieldCipher, row: PieceRow) -> DeletedPiece:
    return DeletedPiece(
        kind=PieceKind(row.kind),
        text=cipher.open(row.text_sealed) if row.text_sealed else "",
        at=_moment(row.written_ms),
    )


def _report(details: dict[str, Any]) -> AuthorityReport:
    return AuthorityReport(
        authority=details["authority"],
        reference=details["reference"],
        reported_at=moment(details["reported_ms"]),
    )


def _moment(at_ms: int | None) -> datetime | None:
    return moment(at_ms) if at_ms is not None else None
