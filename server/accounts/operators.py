"""The operators themselves: who they are, adding one, a new password, a new second factor, the end. Store threads.

Each act is another operator's, audited with its reason: nobody gives themself a new factor, and nobody ends themself,
so that there is always one left.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from server.accounts import factors, people
from server.accounts.presence import require_presence
from server.accounts.tokens import end_device
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.sessions.views import moment
from server.store.models import AccountRow, DeviceRow, RoleRow
from server.store.store import Tx
from server.text import checked_line

NAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")
MAX_NICKNAME_CHARS = 40
MAX_REASON_CHARS = 200
_PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Operator:
    id: str
    operator_name: str
    nickname: str
    is_enrolled: bool
    is_active: bool
    """False: their rights were taken; what they did stays in the record under their name."""
    seen_at: datetime | None


def new_password() -> str:
    """96 random bits, for a person to type once."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def operators(db: Db, operator: Person) -> list[Operator]:
    """All there are and were, by name."""
    require(Act.MANAGE_OPERATORS, operator)
    seen = dict(
        db.execute(select(DeviceRow.account_id, func.max(DeviceRow.last_seen_ms)).group_by(DeviceRow.account_id)).all()
    )
    rows = db.scalars(
        select(AccountRow).where(AccountRow.operator_name.is_not(None)).order_by(AccountRow.operator_name)
    )
    return [
        Operator(
            id=row.id,
            operator_name=row.operator_name or "",
            nickname=row.nickname,
            is_enrolled=factors.is_enrolled(db, row.id),
            is_active=Role.OPERATOR in people.roles_of(db, row.id),
            seen_at=moment(seen[row.id]) if row.id in seen else None,
        )
        for row in rows
    ]


def add(tx: Tx, operator: Person, name: str, nickname: str, password_hash: str, reason: str) -> str:
    """Id of the new operator. Raises Refusal (state_conflict) when the name is taken."""
    _require(tx, operator)
    plain = name.strip().lower()
    if not NAME.fullmatch(plain):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "operator_name"})
    shown = checked_line(nickname, MAX_NICKNAME_CHARS, "nickname")
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    if tx.db.scalar(select(AccountRow.id).where(AccountRow.operator_name == plain)) is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"field": "operator_name"})
    row = people.add_operator(tx, plain, password_hash, shown, why)
    audit(tx, operator.account_id, "operator.added", row.id, why)
    return row.id


def renew_password(tx: Tx, operator: Person, account_id: str, password_hash: str, reason: str) -> str:
    """Another password; whoever is signed in with the old one is out. Their name to sign in with."""
    row = _other(tx, operator, account_id)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    row.password_hash = password_hash
    _end_devices(tx, row.id)
    audit(tx, operator.account_id, "operator.password_renewed", row.id, why)
    return row.operator_name or ""


def reset_factor(tx: Tx, operator: Person, account_id: str, reason: str) -> None:
    """They set up an authenticator anew at the next sign-in; whoever is signed in is out."""
    row = _other(tx, operator, account_id)
    factors.reset(tx, operator.account_id, row.id, checked_line(reason, MAX_REASON_CHARS, "reason"))
    _end_devices(tx, row.id)


def end(tx: Tx, operator: Person, account_id: str, reason: str) -> None:
    """Take the rights, the password and the factor. The name stays taken, as the record names it."""
    row = _other(tx, operator, account_id)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    row.password_hash = None
    tx.db.execute(delete(RoleRow).where(RoleRow.account_id == row.id, RoleRow.role == Role.OPERATOR.value))
    factors.reset(tx, operator.account_id, row.id, why)
    _end_devices(tx, row.id)
    audit(tx, operator.account_id, "operator.ended", row.id, why)


def _require(tx: Tx, operator: Person) -> None:
    require(Act.MANAGE_OPERATORS, operator)
    require_presence(tx.db, operator)


def _other(tx: Tx, operator: Person, account_id: str) -> AccountRow:
    _require(tx, operator)
    row = tx.db.get(AccountRow, account_id) if account_id.isascii() and account_id.isalnum() else None
    if row is None or Role.OPERATOR not in people.roles_of(tx.db, row.id):
        raise Refusal(ErrorCode.NOT_FOUND)
    if row.id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    return row


def _end_devices(tx: Tx, account_id: str) -> None:
    query = select(DeviceRow).where(DeviceRow.account_id == account_id, DeviceRow.ended_ms.is_(None))
    for device in tx.db.scalars(query).all():
        end_device(tx, device)
