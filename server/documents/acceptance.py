"""Who accepted which version, and how a person stands to the live agreement. Store threads."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.documents import Acceptance, VersionAccept
from app.contract.errors import ErrorCode
from app.contract.inbox import Concern
from app.domain.documents.model import DocumentKind
from app.domain.onboarding import AgreementStanding
from server.accounts.presence import require_presence
from server.audit import audit
from server.documents import versions
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.sessions.views import moment
from server.store.store import Tx
from server.store.way_models import AcceptanceRow, DocumentVersionRow
from server.text import plain_text


def accept(tx: Tx, person: Person, kind: DocumentKind, number: int, wish: VersionAccept) -> Acceptance:
    """Record it; the first acceptance of a version stands. Raises Refusal.

    That the text was read to its end is the client's word: it is asked for, and kept as ``read_s``, not proven.
    """
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    version = versions.get(tx.db, kind, number)
    if wish.sha256 != version.sha256:
        raise Refusal(ErrorCode.HASH_MISMATCH)
    row = tx.db.get(AcceptanceRow, (person.account_id, kind.value, number))
    if row is None:
        current = versions.in_force(tx.db, kind, tx.now_ms)
        if (current is not None and number < current.number) or number < _accepted(tx.db, person.account_id, kind):
            raise Refusal(ErrorCode.VERSION_SUPERSEDED)
        if not wish.was_shown_to_end:
            raise Refusal(ErrorCode.NOT_SHOWN_TO_END)
        row = AcceptanceRow(
            account_id=person.account_id,
            kind=kind.value,
            number=number,
            sha256=version.sha256,
            accepted_ms=tx.now_ms,
            client_version=plain_text(wish.client_version)[:40],
            read_s=wish.read_s,
        )
        tx.db.add(row)
        tx.db.flush()
        audit(tx, person.account_id, "document.accepted", person.account_id, f"{kind.value} {number}")
        tx.effects.append(PersonTold(person.account_id, Concern.DOCUMENTS))
    return _to_wire(row, version)


def acceptances_of(db: Db, account_id: str) -> list[Acceptance]:
    """The newest first."""
    found = db.execute(
        select(AcceptanceRow, DocumentVersionRow)
        .join(
            DocumentVersionRow,
            (AcceptanceRow.kind == DocumentVersionRow.kind) & (AcceptanceRow.number == DocumentVersionRow.number),
        )
        .where(AcceptanceRow.account_id == account_id)
        .order_by(AcceptanceRow.accepted_ms.desc(), AcceptanceRow.kind, AcceptanceRow.number.desc())
    )
    return [_to_wire(row, version) for row, version in found]


def agreement_standing(db: Db, account_id: str, now_ms: int) -> AgreementStanding:
    """How a person stands to the live agreement now."""
    kind = DocumentKind.LIVE_AGREEMENT
    if versions.in_force(db, kind, now_ms) is None:
        return AgreementStanding.UNPUBLISHED
    accepted = _accepted(db, account_id, kind)
    if accepted == 0:
        return AgreementStanding.MISSING
    is_current = accepted >= versions.material_number(db, kind, now_ms)
    return AgreementStanding.ACCEPTED if is_current else AgreementStanding.OUTDATED


def _accepted(db: Db, account_id: str, kind: DocumentKind) -> int:
    """Highest number that was accepted; 0: none."""
    query = select(func.max(AcceptanceRow.number))
    return db.scalar(query.where(AcceptanceRow.account_id == account_id, AcceptanceRow.kind == kind.value)) or 0


def _to_wire(row: AcceptanceRow, version: DocumentVersionRow) -> Acceptance:
    return Acceptance(
        kind=DocumentKind(row.kind),
        number=row.number,
        title=version.title,
        sha256=row.sha256,
        effective_at=moment(version.effective_ms),
        accepted_at=moment(row.accepted_ms),
        client_version=row.client_version,
        read_s=row.read_s,
    )
