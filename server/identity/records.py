"""What is known of a person's name and face, and whether they are on the blocklist. Store threads; reading only."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.domain.china_time import day_of, midnight_ms
from app.domain.face_check import FaceStanding, FaceState
from server import blocklist
from server.blocklist import BlockKind
from server.secrets import FieldCipher
from server.store.identity_models import FaceCheckRow, IdentityAttemptRow, IdentityRow
from server.store.models import AccountRow


def current_identity(db: Db, account_id: str) -> IdentityRow | None:
    """The one that counts."""
    query = select(IdentityRow).where(IdentityRow.account_id == account_id, IdentityRow.ended_ms.is_(None))
    return db.scalar(query.limit(1))


def number_of(cipher: FieldCipher, row: IdentityRow) -> str:
    """In clear. Raises StorageError when the key is another one."""
    return cipher.open(row.number_sealed) if row.number_sealed else ""


def name_of(cipher: FieldCipher, row: IdentityRow) -> str:
    """In clear. Raises StorageError when the key is another one."""
    return cipher.open(row.name_sealed) if row.name_sealed else ""


def newest_check(db: Db, account_id: str) -> FaceCheckRow | None:
    """The newest face check, whatever became of it."""
    query = select(FaceCheckRow).where(FaceCheckRow.account_id == account_id)
    return db.scalar(query.order_by(FaceCheckRow.created_ms.desc(), FaceCheckRow.id.desc()).limit(1))


def face_standing(db: Db, account_id: str) -> FaceStanding:
    """Of the newest check. One that was for another name or number counts for nothing."""
    row = newest_check(db, account_id)
    if row is None:
        return FaceStanding.MISSING
    identity = current_identity(db, account_id)
    state = FaceState(row.state)
    is_of_these_data = identity is not None and row.identity_id == identity.id
    match state:
        case FaceState.VERIFIED:
            return FaceStanding.VERIFIED if is_of_these_data else FaceStanding.VOIDED
        case FaceState.VOIDED:
            return FaceStanding.VOIDED
        case FaceState.REFUSED:
            return FaceStanding.REFUSED
        case FaceState.RETAKE:
            return FaceStanding.RETAKE
        case FaceState.CANCELLED:
            return FaceStanding.MISSING
        case _:
            return FaceStanding.PENDING


def is_blocklisted(db: Db, cipher: FieldCipher, account_id: str) -> bool:
    """By the phone of the account or the number that was checked."""
    account = db.get(AccountRow, account_id)
    if account is not None and blocklist.is_account_listed(db, cipher, account):
        return True
    identity = current_identity(db, account_id)
    return identity is not None and blocklist.is_listed(db, cipher, BlockKind.ID_NUMBER, number_of(cipher, identity))


def attempts_today(db: Db, account_id: str, now_ms: int) -> int:
    """Tries since midnight in Asia/Shanghai."""
    query = select(func.count()).select_from(IdentityAttemptRow)
    since_ms = midnight_ms(day_of(now_ms))
    found = query.where(IdentityAttemptRow.account_id == account_id, IdentityAttemptRow.at_ms >= since_ms)
    return db.scalar(found) or 0
