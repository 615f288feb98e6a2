"""Complaints of infringement: filed with proofs, opened with a reason, decided. Store threads.

Who complains, how to reach them, and what proves it is sealed; an operator gives a reason before any of it is opened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind
from app.contract.reports import (
    MAX_CLAIMANT_CHARS,
    MAX_COMPLAINT_CHARS,
    MAX_CONTACT_CHARS,
    MAX_LINK_CHARS,
    Complaint,
    ComplaintWish,
)
from app.domain.reports import FINAL, PENDING, ProofKind, ReportState, RightKind, are_proofs_whole
from server.accounts.presence import require_presence
from server.audit import audit, was_done
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.once import done_before, remember
from server.reports import record
from server.secrets import FieldCipher, new_id
from server.sessions.views import moment
from server.store.report_models import ComplaintRow, ProofRow
from server.store.store import Tx
from server.text import checked_block, checked_line

MAX_A_DAY = 10
"""Of one person."""
MAX_MINE = 100
MAX_SHOWN = 100
MAX_REASON_CHARS = 200
OPEN_FOR_MS = 15 * 60 * 1000
"""How long an operator who gave a reason is shown the proofs."""
SHOWN_ACTION = "complaint.shown"
SHOWN = ("waiting", "handled")
_STATES = {"waiting": PENDING, "handled": FINAL}
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class ComplaintEntry:
    id: str
    nickname: str
    right: RightKind
    state: ReportState
    at: datetime


@dataclass(frozen=True, slots=True)
class ProofShown:
    id: str
    kind: ProofKind
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class ComplaintShown:
    """What is sealed of one, in clear."""

    claimant: str = field(repr=False)
    contact: str = field(repr=False)
    description: str = field(repr=False)
    links: list[str] = field(repr=False)
    proofs: list[ProofShown]


@dataclass(frozen=True, slots=True)
class ComplaintDetail:
    entry: ComplaintEntry
    account_id: str
    proofs: int
    is_erased: bool
    taken_by: str
    taken_at: datetime | None
    handled_by: str
    handled_at: datetime | None
    answer: str
    may_handle: bool


def file(tx: Tx, person: Person, cipher: FieldCipher, wish: ComplaintWish, key: str) -> Complaint:
    """The complaint; the same key with the same wish gives the one that it made.

    Raises Refusal: input_invalid {field}, not_found for a proof that is not there, is not mine or goes with another.
    """
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    request = f"complaint {wish.model_dump_json()}"
    earlier = done_before(tx, person.account_id, key, request)
    if earlier is not None:
        return to_wire(tx.db, cipher, _find(tx.db, earlier))
    claimant = checked_line(wish.claimant, MAX_CLAIMANT_CHARS, "claimant")
    contact = checked_line(wish.contact, MAX_CONTACT_CHARS, "contact")
    description = checked_block(wish.description, MAX_COMPLAINT_CHARS, "description")
    links = [checked_line(link, MAX_LINK_CHARS, "links") for link in wish.links]
    proofs = _proofs(tx.db, person, wish.proofs)
    _require_patience(tx, person)
    row = ComplaintRow(
        id=new_id(),
        account_id=person.account_id,
        right=wish.right.value,
        claimant_sealed=cipher.seal(claimant),
        contact_sealed=cipher.seal(contact),
        description_sealed=cipher.seal(description),
        links_sealed=cipher.seal(json.dumps(links, ensure_ascii=False)),
        state=ReportState.OPEN.value,
        at_ms=tx.now_ms,
        answer="",
    )
    tx.db.add(row)
    tx.db.flush()
    mine = ProofRow.id.in_([proof.id for proof in proofs])
    tx.db.execute(update(ProofRow).where(mine).values(complaint_id=row.id))
    remember(tx, person.account_id, key, request, row.id)
    return to_wire(tx.db, cipher, row)


def mine(db: Db, cipher: FieldCipher, person: Person) -> list[Complaint]:
    """The newest first."""
    require(Act.USE_ACCOUNT, person)
    rows = db.scalars(
        select(ComplaintRow)
        .where(ComplaintRow.account_id == person.account_id)
        .order_by(ComplaintRow.at_ms.desc(), ComplaintRow.id.desc())
        .limit(MAX_MINE)
    )
    return [to_wire(db, cipher, row) for row in rows]


def queue(
    db: Db, operator: Person, show: str = SHOWN[0], *, limit: int = MAX_SHOWN, offset: int = 0
) -> list[ComplaintEntry]:
    """Of what waits the oldest first, of the rest the newest."""
    require(Act.HANDLE_REPORT, operator)
    query = select(ComplaintRow).where(ComplaintRow.state.in_([state.value for state in _STATES[show]]))
    if show == SHOWN[0]:
        query = query.order_by(ComplaintRow.at_ms, ComplaintRow.id)
    else:
        query = query.order_by(ComplaintRow.handled_ms.desc(), ComplaintRow.id)
    return [_entry(db, row) for row in db.scalars(query.limit(min(limit, MAX_SHOWN)).offset(offset))]


def count(db: Db, operator: Person) -> int:
    """How many wait."""
    require(Act.HANDLE_REPORT, operator)
    pending = ComplaintRow.state.in_([state.value for state in PENDING])
    return db.scalar(select(func.count()).select_from(ComplaintRow).where(pending)) or 0


def detail(db: Db, operator: Person, complaint_id: str) -> ComplaintDetail:
    """Nothing of it that is sealed. Raises Refusal (not_found)."""
    require(Act.HANDLE_REPORT, operator)
    row = _find(db, complaint_id)
    return ComplaintDetail(
        entry=_entry(db, row),
        account_id=row.account_id,
        proofs=len(_proofs_of(db, row)),
        is_erased=row.claimant_sealed is None,
        taken_by=record.name_of(db, row.taken_by),
        taken_at=record.maybe_moment(row.taken_ms),
        handled_by=record.name_of(db, row.handled_by),
        handled_at=record.maybe_moment(row.handled_ms),
        answer=row.answer,
        may_handle=operator.account_id != row.account_id,
    )


def reveal(tx: Tx, operator: Person, cipher: FieldCipher, complaint_id: str, reason: str) -> ComplaintShown:
    """In clear; who asked and why is in the record before it is seen. Raises Refusal: not_found, input_invalid."""
    require(Act.READ_COMPLAINT, operator)
    row = _handled(tx, operator, complaint_id)
    why = checked_line(reason, MAX_REASON_CHARS, "identity_reason")
    if row.claimant_sealed is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    audit(tx, operator.account_id, SHOWN_ACTION, row.id, why)
    return ComplaintShown(
        claimant=cipher.open(row.claimant_sealed),
        contact=cipher.open(row.contact_sealed or ""),
        description=cipher.open(row.description_sealed or ""),
        links=_links(cipher, row),
        proofs=[ProofShown(one.id, ProofKind(one.kind), one.width_px, one.height_px) for one in _proofs_of(tx.db, row)],
    )


def visible_proof(db: Db, operator: Person, now_ms: int, complaint_id: str, proof_id: str) -> str:
    """Id of the file. Raises Refusal: not_found, forbidden without a reason that was given a while ago at most."""
    require(Act.READ_COMPLAINT, operator)
    row = _find(db, complaint_id)
    if all(proof.id != proof_id for proof in _proofs_of(db, row)):
        raise Refusal(ErrorCode.NOT_FOUND)
    if not was_done(db, operator.account_id, SHOWN_ACTION, row.id, now_ms - OPEN_FOR_MS):
        raise Refusal(ErrorCode.FORBIDDEN)
    return proof_id


def take(tx: Tx, operator: Person, complaint_id: str) -> None:
    """Raises Refusal: not_found, forbidden for one's own, state_conflict."""
    require(Act.HANDLE_REPORT, operator)
    row = _handled(tx, operator, complaint_id)
    record.become(tx, row, ReportState.TAKEN, operator.account_id)
    audit(tx, operator.account_id, "complaint.taken", row.id, "")


def decide(tx: Tx, operator: Person, complaint_id: str, answer: str, *, is_upheld: bool) -> None:
    """Who complained is told the answer. Raises Refusal: not_found, forbidden, state_conflict, input_invalid."""
    require(Act.HANDLE_REPORT, operator)
    row = _handled(tx, operator, complaint_id)
    said = checked_line(answer, MAX_REASON_CHARS, "answer")
    state = ReportState.UPHELD if is_upheld else ReportState.DISMISSED
    record.become(tx, row, state, operator.account_id, said)
    audit(tx, operator.account_id, f"complaint.{state.value}", row.id, said)
    kind = InboxKind.COMPLAINT_UPHELD if is_upheld else InboxKind.COMPLAINT_DISMISSED
    post(tx, row.account_id, kind, {"comment": said})


def to_wire(db: Db, cipher: FieldCipher, row: ComplaintRow) -> Complaint:
    """As who complained reads it."""
    return Complaint(
        id=row.id,
        right=RightKind(row.right),
        description=cipher.open(row.description_sealed) if row.description_sealed else "",
        links=_links(cipher, row),
        proofs=len(_proofs_of(db, row)),
        state=ReportState(row.state),
        at=moment(row.at_ms),
        handled_at=record.maybe_moment(row.handled_ms),
        answer=row.answer,
    )


def _links(cipher: FieldCipher, row: ComplaintRow) -> list[str]:
    found: list[str] = json.loads(cipher.open(row.links_sealed)) if row.links_sealed else []
    return found


def _find(db: Db, complaint_id: str) -> ComplaintRow:
    row = db.get(ComplaintRow, complaint_id) if record.is_id(complaint_id) else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def _handled(tx: Tx, operator: Person, complaint_id: str) -> ComplaintRow:
    require_presence(tx.db, operator)
    row = _find(tx.db, complaint_id)
    if operator.account_id == row.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    return row


def _proofs(db: Db, person: Person, ids: list[str]) -> list[ProofRow]:
    rows = [db.get(ProofRow, one) for one in dict.fromkeys(ids)]
    found = [row for row in rows if row is not None and row.account_id == person.account_id and not row.complaint_id]
    if len(found) != len(rows):
        raise Refusal(ErrorCode.NOT_FOUND, detail={"field": "proofs"})
    if not are_proofs_whole(ProofKind(row.kind) for row in found):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "proofs"})
    return found


def _proofs_of(db: Db, row: ComplaintRow) -> list[ProofRow]:
    query = select(ProofRow).where(ProofRow.complaint_id == row.id)
    return list(db.scalars(query.order_by(ProofRow.kind, ProofRow.uploaded_ms, ProofRow.id)))


def _require_patience(tx: Tx, person: Person) -> None:
    mine = select(func.count()).select_from(ComplaintRow)
    mine = mine.where(ComplaintRow.account_id == person.account_id, ComplaintRow.at_ms > tx.now_ms - _DAY_MS)
    if (tx.db.scalar(mine) or 0) >= MAX_A_DAY:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=3600)


def _entry(db: Db, row: ComplaintRow) -> ComplaintEntry:
    return ComplaintEntry(
        id=row.id,
        nickname=record.name_of(db, row.account_id),
        right=RightKind(row.right),
        state=ReportState(row.state),
        at=moment(row.at_ms),
    )
