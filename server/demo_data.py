"""What a demo platform starts with: an approved anchor, some viewers, an operator. Data only; no rule knows of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sqlalchemy import select

from app.contract.rest import Role
from server.accounts import people
from server.secrets import FieldCipher
from server.sessions.acts import audit
from server.store.models import AccountRow
from server.store.store import Tx

ANCHOR_PHONE = "13800138000"
_VIEWERS = (("13800138001", "求职的小周"), ("13800138002", "产品新人阿木"), ("13800138003", "转行中的小雨"))
OPERATOR_NAME = "operator"


@dataclass(frozen=True, slots=True)
class FirstOperator:
    """Shown once, kept nowhere."""

    name: str
    password: str = field(repr=False)


def add_demo_people(tx: Tx, cipher: FieldCipher) -> FirstOperator | None:
    """Idempotent. The operator, when this is the first start."""
    for phone, nickname, role in (
        (ANCHOR_PHONE, "林晓", Role.ANCHOR),
        *((phone, nickname, Role.VIEWER) for phone, nickname in _VIEWERS),
    ):
        row = people.find_by_phone(tx.db, cipher, phone) or people.add_account(tx, cipher, phone, nickname)
        people.grant_role(tx, row.id, role, "demo data")
    if tx.db.scalar(select(AccountRow.id).where(AccountRow.operator_name == OPERATOR_NAME)) is not None:
        return None
    operator = FirstOperator(OPERATOR_NAME, secrets.token_urlsafe(12))
    people.add_operator(tx, operator.name, people.hash_password(operator.password), "平台运营")
    return operator


def renew_operator(tx: Tx) -> FirstOperator | None:
    """A new password for the demo operator, whose first one nobody took; None when there is no such operator."""
    row = tx.db.scalar(select(AccountRow).where(AccountRow.operator_name == OPERATOR_NAME))
    if row is None:
        return None
    operator = FirstOperator(OPERATOR_NAME, secrets.token_urlsafe(12))
    row.password_hash = people.hash_password(operator.password)
    audit(tx, people.SYSTEM, "operator.renewed", row.id, "the first password was never taken")
    return operator
