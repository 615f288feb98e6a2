"""The blocklist (限制名单): who may not apply. Store threads.

A value is found by its keyed hash and shown masked; it is kept sealed, for a change of the key alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain import credit_code, identity_number
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.secrets import FieldCipher, masked_phone, new_id
from server.sessions.views import moment
from server.store.models import AccountRow
from server.store.store import Tx
from server.store.way_models import BlocklistRow
from server.text import checked_line

MAX_REASON_CHARS = 200
PHONE = re.compile(r"1[3-9][0-9]{9}")
_NOT_IN_A_NUMBER = re.compile(r"[\s\-()]+")


class BlockKind(StrEnum):
    """What is listed. The value is the purpose of the keyed hash; that of a phone is the one accounts are found by."""

    PHONE = "phone"
    ID_NUMBER = "id_number"
    CREDIT_CODE = "credit_code"


@dataclass(frozen=True, slots=True)
class BlockEntry:
    id: str
    kind: BlockKind
    value_masked: str
    reason: str
    added_at: datetime
    added_by: str
    """Name of the operator."""


def plain_phone(text: str) -> str:
    """The eleven digits of a mainland mobile number, however it is typed; what is none is given back without blanks."""
    digits = _NOT_IN_A_NUMBER.sub("", unicodedata.normalize("NFKC", text))
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    return digits


def plain_value(kind: BlockKind, text: str) -> str:
    """As it is compared. Raises Refusal (input_invalid, phone_invalid, credit_code_invalid)."""
    match kind:
        case BlockKind.PHONE:
            value = plain_phone(text)
            if not PHONE.fullmatch(value):
                raise Refusal(ErrorCode.PHONE_INVALID, detail={"field": "value"})
        case BlockKind.CREDIT_CODE:
            value = credit_code.cleaned(text)
            if not credit_code.is_valid(value):
                raise Refusal(ErrorCode.CREDIT_CODE_INVALID, detail={"field": "value"})
        case BlockKind.ID_NUMBER:
            value = identity_number.cleaned_number(text)
            if not isinstance(identity_number.parse(value, None), identity_number.IdentityNumber):
                raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "value"})
    return value


def masked(kind: BlockKind, value: str) -> str:
    """138****8000, 1101************3X, 9135**********0Y43"""
    match kind:
        case BlockKind.PHONE:
            return masked_phone(value)
        case BlockKind.ID_NUMBER:
            return identity_number.masked_number(value)
        case BlockKind.CREDIT_CODE:
            return f"{value[:4]}{'*' * 10}{value[-4:]}"


def add(tx: Tx, operator: Person, cipher: FieldCipher, kind: BlockKind, text: str, reason: str) -> BlockEntry:
    """Raises Refusal (state_conflict) when it is listed already."""
    require(Act.MANAGE_BLOCKLIST, operator)
    require_presence(tx.db, operator)
    value = plain_value(kind, text)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    if is_listed(tx.db, cipher, kind, value):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    row = BlocklistRow(
        id=new_id(),
        kind=kind.value,
        value_hash=cipher.lookup(kind.value, value),
        value_masked=masked(kind, value),
        value_sealed=cipher.seal(value),
        reason=why,
        added_by=operator.account_id,
        added_ms=tx.now_ms,
    )
    tx.db.add(row)
    tx.db.flush()
    audit(tx, operator.account_id, "blocklist.added", row.id, why)
    return _entry(tx.db, row)


def remove(tx: Tx, operator: Person, entry_id: str, reason: str) -> None:
    """The entry is kept with who took it off. Raises Refusal (not_found)."""
    require(Act.MANAGE_BLOCKLIST, operator)
    require_presence(tx.db, operator)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    row = tx.db.get(BlocklistRow, entry_id)
    if row is None or row.removed_ms is not None:
        raise Refusal(ErrorCode.NOT_FOUND)
    row.removed_ms, row.removed_by = tx.now_ms, operator.account_id
    audit(tx, operator.account_id, "blocklist.removed", row.id, why)


def entries(db: Db, operator: Person, limit: int = 200) -> list[BlockEntry]:
    """What is listed, the newest first."""
    require(Act.MANAGE_BLOCKLIST, operator)
    query = _listed().order_by(BlocklistRow.added_ms.desc(), BlocklistRow.id).limit(limit)
    return [_entry(db, row) for row in db.scalars(query)]


def find(db: Db, operator: Person, cipher: FieldCipher, kind: BlockKind, text: str) -> BlockEntry | None:
    """The entry of a value, if it is listed. Raises Refusal for what is no such value."""
    require(Act.MANAGE_BLOCKLIST, operator)
    row = _row(db, kind, cipher.lookups(kind.value, plain_value(kind, text)))
    return _entry(db, row) if row is not None else None


def is_listed(db: Db, cipher: FieldCipher, kind: BlockKind, value: str) -> bool:
    """``value`` is plain, as ``plain_value`` gives it."""
    return _row(db, kind, cipher.lookups(kind.value, value)) is not None


def is_account_listed(db: Db, cipher: FieldCipher, account: AccountRow) -> bool:
    """By the phone that the account signs in with."""
    return account.phone_sealed is not None and is_listed(
        db, cipher, BlockKind.PHONE, cipher.open(account.phone_sealed)
    )


def _listed() -> Select[BlocklistRow]:
    return select(BlocklistRow).where(BlocklistRow.removed_ms.is_(None))


def _row(db: Db, kind: BlockKind, value_hashes: Collection[str]) -> BlocklistRow | None:
    query = _listed().where(BlocklistRow.kind == kind.value, BlocklistRow.value_hash.in_(value_hashes))
    return db.scalar(query.limit(1))


def _entry(db: Db, row: BlocklistRow) -> BlockEntry:
    adder = db.get(AccountRow, row.added_by)
    return BlockEntry(
        id=row.id,
        kind=BlockKind(row.kind),
        value_masked=row.value_masked,
        reason=row.reason,
        added_at=moment(row.added_ms),
        added_by=adder.nickname if adder is not None else "",
    )
