"""Suspending an anchor's broadcasts (暂停直播), and lifting it. Store thread, inside a write; audited and told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.contract.rest import Role
from app.runtime.clock import utc_ms
from server.accounts import people
from server.accounts.presence import require_presence
from server.audit import audit
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Act, Person, require
from server.inbox.post import post
from server.secrets import new_id
from server.sessions.acts import find_busy, stop
from server.sessions.views import moment
from server.store.identity_models import SuspensionRow
from server.store.models import AccountRow
from server.store.store import Tx
from server.text import checked_line

MAX_REASON_CHARS = 200


def suspend(tx: Tx, operator: Person, account_id: str, reason: str, until: datetime | None) -> None:
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
    row = SuspensionRow(
        id=new_id(), account_id=account_id, reason=why, by=operator.account_id, at_ms=tx.now_ms, until_ms=until_ms
    )
    tx.db.add(row)
    tx.db.flush()
    audit(tx, operator.account_id, "anchor.suspended", account_id, why)
    busy = find_busy(tx.db, account_id)
    if busy is not None:
        stop(tx, operator.account_id, busy, why)
    params = {"comment": why, "until": moment(until_ms).isoformat() if until_ms is not None else ""}
    post(tx, account_id, InboxKind.SUSPENDED, params, LinkPlace.NONE)
    tx.effects.append(PersonTold(account_id, Concern.ACCOUNT))


def lift(tx: Tx, operator: Person, account_id: str, reason: str) -> None:
    """All that are in force. Raises Refusal (not_found) when there is none."""
    _require(tx, operator, account_id)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    rows = in_force(tx, account_id)
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND)
    for row in rows:
        row.lifted_ms, row.lifted_by, row.lift_reason = tx.now_ms, operator.account_id, why
    audit(tx, operator.account_id, "anchor.suspension_lifted", account_id, why)
    post(tx, account_id, InboxKind.SUSPENSION_LIFTED, {"comment": why}, LinkPlace.SCHEDULE)
    tx.effects.append(PersonTold(account_id, Concern.ACCOUNT))


def in_force(tx: Tx, account_id: str) -> list[SuspensionRow]:
    """Those that neither ran out nor were lifted."""
    rows = tx.db.scalars(
        select(SuspensionRow).where(
            SuspensionRow.account_id == account_id,
            SuspensionRow.lifted_ms.is_(None),
            SuspensionRow.until_ms.is_(None) | (SuspensionRow.until_ms > tx.now_ms),
        )
    )
    return list(rows)


def _require(tx: Tx, operator: Person, account_id: str) -> None:
    require(Act.SUSPEND, operator)
    require_presence(tx.db, operator)
    account = tx.db.get(AccountRow, account_id) if account_id.isascii() and account_id.isalnum() else None
    if account is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if account.id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
