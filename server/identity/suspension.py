"""Suspending an anchor's broadcasts (暂停直播): the measure taken most, in one step. Store thread, in a write."""

from __future__ import annotations

from datetime import datetime

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.contract.rest import Role
from app.domain.measures import ConductCategory, MeasureKind
from app.runtime.clock import utc_ms
from server.accounts import people
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.measures import record, take, telling
from server.store.models import AccountRow
from server.store.store import Tx
from server.text import checked_line

MAX_REASON_CHARS = 200


def suspend(
    tx: Tx,
    operator: Person,
    account_id: str,
    reason: str,
    until: datetime | None,
    category: ConductCategory | None = None,
) -> None:
    """From now on no broadcast begins; one that runs is cut off with the same reason. ``until`` None: until lifted.

    Raises Refusal: not_found, not_an_anchor, input_invalid for an end that is past.
    """
    _require(tx, operator, account_id)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    until_ms = utc_ms(until) if until is not None else None
    if until_ms is not None and until_ms <= tx.now_ms:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "until"})
    if Role.ANCHOR not in people.roles_of(tx.db, account_id):
        raise Refusal(ErrorCode.NOT_AN_ANCHOR)
    take.enforce(
        tx, operator, record.add(tx, operator, account_id, MeasureKind.SUSPENSION, category, why, until_ms=until_ms)
    )


def lift(tx: Tx, operator: Person, account_id: str, reason: str) -> None:
    """All that are in force. Raises Refusal (not_found) when there is none."""
    _require(tx, operator, account_id)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    rows = record.running(tx.db, account_id, tx.now_ms, (MeasureKind.SUSPENSION,))
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND)
    for row in rows:
        take.end(tx, operator, row, why)
    audit(tx, operator.account_id, "anchor.suspension_lifted", account_id, why)
    if any(row.told_ms is not None for row in rows):
        post(tx, account_id, InboxKind.SUSPENSION_LIFTED, {"comment": why}, LinkPlace.SCHEDULE)
        telling.ask_anew(tx, account_id)


def _require(tx: Tx, operator: Person, account_id: str) -> None:
    require(Act.SUSPEND, operator)
    require_presence(tx.db, operator)
    account = tx.db.get(AccountRow, account_id) if account_id.isascii() and account_id.isalnum() else None
    if account is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if account.id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
