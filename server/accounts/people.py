"""Accounts and roles in the database. Store threads."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.rest import Account, Category, Role
from app.domain.images import ImagePurpose, ImageState
from server.audit import audit
from server.secrets import FieldCipher, masked_phone, new_id
from server.store.models import AccountRow, RoleRow
from server.store.store import Tx
from server.store.way_models import ImageRow, ScopeRow

SYSTEM = "system"
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))


def roles_of(db: Db, account_id: str) -> frozenset[Role]:
    return frozenset(Role(role) for role in db.scalars(select(RoleRow.role).where(RoleRow.account_id == account_id)))


def find_by_phone(db: Db, cipher: FieldCipher, phone: str) -> AccountRow | None:
    return db.scalar(select(AccountRow).where(AccountRow.phone_hash.in_(cipher.lookups("phone", phone))))


def add_account(tx: Tx, cipher: FieldCipher, phone: str, nickname: str) -> AccountRow:
    """A new account with the role viewer."""
    row = AccountRow(
        id=new_id(),
        nickname=nickname,
        phone_hash=cipher.lookup("phone", phone),
        phone_sealed=cipher.seal(phone),
        created_ms=tx.now_ms,
    )
    tx.db.add(row)
    tx.db.flush()
    grant_role(tx, row.id, Role.VIEWER, "signed up")
    return row


def add_operator(tx: Tx, name: str, password_hash: str, nickname: str, reason: str) -> AccountRow:
    row = AccountRow(
        id=new_id(), nickname=nickname, operator_name=name, password_hash=password_hash, created_ms=tx.now_ms
    )
    tx.db.add(row)
    tx.db.flush()
    grant_role(tx, row.id, Role.OPERATOR, reason)
    return row


def grant_role(tx: Tx, account_id: str, role: Role, reason: str) -> None:
    """Idempotent and audited."""
    if tx.db.get(RoleRow, (account_id, role.value)) is None:
        tx.db.add(RoleRow(account_id=account_id, role=role.value))
        audit(tx, SYSTEM, f"role.granted.{role.value}", account_id, reason)


def to_wire(db: Db, cipher: FieldCipher, row: AccountRow) -> Account:
    phone = cipher.open(row.phone_sealed) if row.phone_sealed else ""
    scopes = _scopes(db, row.id)
    return Account(
        id=row.id,
        nickname=row.nickname,
        phone_masked=masked_phone(phone),
        roles=sorted(roles_of(db, row.id)),
        scopes=[one for one in Category if one.value in scopes],
        avatar_image_id=_avatar_id(db, row.id),
    )


def _scopes(db: Db, account_id: str) -> frozenset[str]:
    return frozenset(db.scalars(select(ScopeRow.category).where(ScopeRow.account_id == account_id)))


def _avatar_id(db: Db, account_id: str) -> str:
    """The picture that everybody sees; empty when none is approved."""
    query = select(ImageRow.id).where(
        ImageRow.account_id == account_id,
        ImageRow.purpose == ImagePurpose.AVATAR.value,
        ImageRow.state == ImageState.APPROVED.value,
        ImageRow.deleted_ms.is_(None),
    )
    return db.scalar(query.limit(1)) or ""


def hash_password(password: str) -> str:
    """Argon2id; takes tens of milliseconds, never on the event loop."""
    return _hasher.hash(password)


def is_password_right(password_hash: str | None, password: str) -> bool:
    """As slow for a name that does not exist as for one that does."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
