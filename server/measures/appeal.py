"""Appeals (申诉): made by the person, decided by another operator. Store thread, inside a write; audited and told."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.contract.measures import MAX_APPEAL_CHARS, AppealWish, Measure
from app.contract.rest import Role
from app.domain import measures as domain
from app.domain.measures import AppealBar, AppealState, MeasureState
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.measures import ending, record, telling
from server.measures.take import MAX_REASON_CHARS
from server.once import done_before, remember
from server.secrets import FieldCipher
from server.store.measure_models import MeasureRow
from server.store.models import RoleRow
from server.store.store import Tx
from server.text import checked_block, checked_line

_BARS = {
    AppealBar.APPEALED: ErrorCode.ALREADY_APPEALED,
    AppealBar.TOO_LATE: ErrorCode.APPEAL_TOO_LATE,
    AppealBar.NOT_TOLD: ErrorCode.NOT_FOUND,
}


def appeal(tx: Tx, person: Person, cipher: FieldCipher, measure_id: str, wish: AppealWish, key: str | None) -> Measure:
    """The measure with its appeal; it holds until that is decided.

    Raises Refusal: not_found for somebody else's and for what was not told, already_appealed, appeal_too_late,
    input_invalid.
    """
    require(Act.OWN_MEASURES, person)
    require_presence(tx.db, person)
    row = record.find(tx.db, measure_id)
    if row.account_id != person.account_id or row.told_ms is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    request = f"appeal {measure_id} {wish.text}"
    if done_before(tx, person.account_id, key, request) is None:
        text = checked_block(wish.text, MAX_APPEAL_CHARS, "text")
        bar = domain.why_no_appeal(record.as_measure(row), tx.now_ms)
        if bar is not None:
            raise Refusal(_BARS[bar])
        row.appeal = domain.appealed(record.as_measure(row), tx.now_ms).appeal.value
        row.appeal_sealed, row.appealed_ms = cipher.seal(text), tx.now_ms
        tx.db.flush()
        audit(tx, person.account_id, "measure.appealed", row.id, "")
        telling.ask_anew(tx, person.account_id)
        remember(tx, person.account_id, key, request, row.id)
    return record.to_wire(tx.db, cipher, row, tx.now_ms)


def decide(tx: Tx, operator: Person, cipher: FieldCipher, measure_id: str, reason: str, *, is_reversed: bool) -> None:
    """Uphold the measure, or reverse it: then it ends at once, and what it did is undone.

    Raises Refusal: not_found, state_conflict when no appeal is open, second_operator_required for who took it where
    there is another.
    """
    require(Act.DECIDE_APPEAL, operator)
    require_presence(tx.db, operator)
    row = record.find(tx.db, measure_id)
    if row.appeal != AppealState.OPEN.value:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.appeal})
    if row.account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    if not may_decide(tx.db, operator, row):
        raise Refusal(ErrorCode.SECOND_OPERATOR_REQUIRED)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    before = record.as_measure(row)
    after = domain.decided(before, is_reversed=is_reversed, now_ms=tx.now_ms)
    if after.ended_ms != row.ended_ms:
        row.ended_ms, row.ended_by = after.ended_ms, operator.account_id
    row.appeal = after.appeal.value
    row.decided_ms, row.decided_by, row.decision = tx.now_ms, operator.account_id, why
    tx.db.flush()
    if is_reversed and before.state(tx.now_ms) is MeasureState.IN_FORCE:
        ending.undo(tx, cipher, row)
    audit(tx, operator.account_id, f"measure.{row.appeal}", row.id, why)
    kind = InboxKind.APPEAL_REVERSED if is_reversed else InboxKind.APPEAL_UPHELD
    post(tx, row.account_id, kind, {"comment": why, "kind": row.kind}, LinkPlace.MEASURES, row.id)
    telling.ask_anew(tx, row.account_id)


def may_decide(db: Db, operator: Person, row: MeasureRow) -> bool:
    """Whether this operator may judge it: who took it only where nobody else can."""
    others = exists().where(RoleRow.role == Role.OPERATOR.value, RoleRow.account_id != row.taken_by)
    return domain.may_decide(operator.account_id, row.taken_by, has_another=bool(db.scalar(select(others))))
